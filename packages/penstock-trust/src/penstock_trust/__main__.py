"""Let `python -m penstock_trust` be the `penstock-trust` command."""

from penstock_trust.cli import main

raise SystemExit(main())

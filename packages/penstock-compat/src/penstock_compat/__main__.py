"""Let `python -m penstock_compat` be the `penstock-compat` command."""

from penstock_compat.cli import main

raise SystemExit(main())

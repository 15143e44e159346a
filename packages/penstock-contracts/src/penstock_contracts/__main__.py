"""Let `python -m penstock_contracts` be the `penstock-contracts` command."""

from penstock_contracts.cli import main

raise SystemExit(main())

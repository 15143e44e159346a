"""Let `python -m penstock` be the `penstock` command."""

from penstock.cli import main

raise SystemExit(main())

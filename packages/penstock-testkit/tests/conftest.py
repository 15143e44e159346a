"""Put the zoo where it can be imported, as an installed pack would be."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "zoo" / "src"))

"""Let the tests of this folder find `adversary`, what they share with the laws."""

from __future__ import annotations

import sys
from pathlib import Path

LAWS = str(Path(__file__).resolve().parents[1] / "laws")
if LAWS not in sys.path:
    sys.path.insert(0, LAWS)

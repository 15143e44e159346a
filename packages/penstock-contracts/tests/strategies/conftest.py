"""Let the tests of this folder find `sampled`, which they share, and `adversary`, who draws schemas."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for folder in (str(HERE), str(HERE.parent / "laws")):
    if folder not in sys.path:
        sys.path.insert(0, folder)

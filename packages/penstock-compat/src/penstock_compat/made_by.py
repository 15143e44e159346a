"""Say which program made a file.

Gives:   `VERSION`, `MADE_BY`.
Ignores: what is in the file.
"""

from __future__ import annotations

VERSION = "0.1.0"
MADE_BY = f"penstock-compat {VERSION}"

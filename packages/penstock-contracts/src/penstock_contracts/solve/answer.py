"""What a search answers: a value, none, or unknown.

Takes:   nothing; these are facts.
Gives:   `Answer`: `(value,)`, `NO` (an empty tuple) or `UNKNOWN` (None).
Ignores: reasons; the search keeps those.
"""

from __future__ import annotations

from typing import Any

Answer = tuple[Any, ...] | None
NO: tuple[Any, ...] = ()
UNKNOWN: None = None

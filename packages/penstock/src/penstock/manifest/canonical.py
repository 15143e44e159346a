"""Write JSON so that equal values give equal bytes, on every platform, in every run.

Takes:   JSON values.
Gives:   `text_of`, for files that people read in a diff; `digest_of`, over the shortest form.
Ignores: what the values mean.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def text_of(value: Any) -> str:
    """Keys sorted by code point, two blanks a level, one LF at the end; `ValueError` for what JSON cannot say.

    >>> text_of({"b": [1, 2.0], "a": "ä"})
    '{\\n  "a": "ä",\\n  "b": [\\n    1,\\n    2.0\\n  ]\\n}\\n'
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=2) + "\n"


def digest_of(value: Any) -> str:
    """`sha256:` and 64 hex digits over the value as JSON with sorted keys and no blanks, in UTF-8."""
    from hashlib import sha256

    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

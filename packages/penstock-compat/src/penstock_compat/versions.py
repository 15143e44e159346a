"""Put versions in order, whatever they look like.

Takes:   texts.
Gives:   `in_order`, a key to sort by: PEP 440 where it applies, numbers as numbers elsewhere.
Ignores: ranges and specifiers.
"""

from __future__ import annotations

import re
from typing import Any


def in_order(text: str) -> tuple[Any, ...]:
    """A key that sorts version texts, oldest first; what is no version sorts before all that are.

    >>> sorted(["3.9", "3.13", "3.10"], key=in_order)
    ['3.9', '3.10', '3.13']
    >>> sorted(["1.0", "1.0rc1", "nightly"], key=in_order)
    ['nightly', '1.0rc1', '1.0']
    """
    from packaging.version import InvalidVersion, Version

    try:
        return 1, Version(text), text
    except InvalidVersion:
        words = re.findall(r"\d{1,18}|\D+", text)
        return 0, [(1, int(word), "") if word.isdecimal() else (0, 0, word) for word in words], text

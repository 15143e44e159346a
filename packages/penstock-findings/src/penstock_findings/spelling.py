"""Guess which known name a wrong one was meant to be, and say so.

Takes:   a word and the names that would have been right.
Gives:   `nearest`, a name or None; `hint_for`, a sentence for a finding's hint.
Ignores: where the names come from.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_MANY = 12  # names that a hint lists before it says "..."


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name most like `word`, or None when none is like it.

    >>> nearest("recrod", ["record", "rest"])
    'record'
    """
    from difflib import get_close_matches

    names = sorted(set(known))
    found = get_close_matches(word[:200], names, n=1)
    if found:
        return found[0]
    folded = {name.casefold(): name for name in reversed(names)}
    found = get_close_matches(word[:200].casefold(), folded, n=1)
    return folded[found[0]] if found else None


def hint_for(word: str, known: Iterable[str]) -> str | None:
    """What to write instead of `word`: the nearest name, else the choice there is; None when there is none.

    >>> hint_for("recrod", ["record", "rest"])
    'write `record`'
    >>> hint_for("zzz", ["b", "a"])
    'choose one of `a`, `b`'
    """
    names = sorted(set(known))
    near = nearest(word, names)
    if near is not None:
        return f"write `{near}`"
    if not names:
        return None
    shown = ", ".join(f"`{name}`" for name in names[:_MANY])
    return f"choose one of {shown}" + (", ..." if len(names) > _MANY else "")

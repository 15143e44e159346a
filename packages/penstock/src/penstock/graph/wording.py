"""Put names and choices of a user's file into sentences: short, on one line, in backticks.

Takes:   texts from the file, and the names that would have been right.
Gives:   `quoted`, `listed`, `suggestion`; `kind_of` for values.
Ignores: which mistake is spoken of.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 60  # characters of a user's text in a sentence of ours
MANY = 12  # names in a list before it ends in "..."

_KINDS = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}


def quoted(text: str) -> str:
    """The text in backticks, shortened.

    >>> quoted("a b")
    '`a b`'
    """
    line = " ".join(text.split())
    return f"`{line}`" if len(line) <= LONGEST else f"`{line[: LONGEST - 3]}...`"


def listed(names: Iterable[str]) -> str:
    """The names, sorted, in backticks; the first dozen of them."""
    names = sorted(set(names))
    return ", ".join(quoted(name) for name in names[:MANY]) + (", ..." if len(names) > MANY else "")


def suggestion(guess: str | None, known: Iterable[str]) -> str | None:
    """What to write instead: the guess, or the only choice, else the choice there is, else nothing."""
    names = sorted(set(known))
    if guess is None and len(names) == 1:
        guess = names[0]
    if guess is not None:
        return f"write {quoted(guess)}"
    return f"choose one of {listed(names)}" if names else None


def kind_of(value: object) -> str:
    """What a value of the file is, in words.

    >>> kind_of([]), kind_of(None), kind_of(True)
    ('a list', 'empty', 'true or false')
    """
    return "empty" if value is None else _KINDS.get(type(value), "a value")

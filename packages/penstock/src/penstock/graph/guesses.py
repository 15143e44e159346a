"""Guess which known name a wrong one was meant to be, within a bound on the work.

Takes:   a wrong name, what sort of name it is, and the names that would have been right.
Gives:   `Guesses.nearest`; the same wrong name is looked up once.
Ignores: likeness itself, which is `penstock_findings.spelling`; sentences, which are `wording`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

COMPARISONS = 100_000  # of names, for one file: about a second; beyond it, mistakes are told without a guess


class Guesses:
    """The guesses made for one file. After `COMPARISONS` comparisons it only says None."""

    __slots__ = ("_known", "_left")

    def __init__(self) -> None:
        self._left = COMPARISONS
        self._known: dict[tuple[str, str], str | None] = {}

    def nearest(self, sort: str, word: str, known: Collection[str]) -> str | None:
        """The name in `known` most like `word`, or None. `sort` says which names `known` holds, for the memory."""
        key = (sort, word)
        if key not in self._known:
            if len(known) > self._left:
                return None
            self._left -= len(known)
            from penstock_findings.spelling import nearest

            self._known[key] = nearest(word, known)
        return self._known[key]

"""Say what a check of graphs is: one question about one kind of thing, and the words for a bad answer.

Takes:   a draft, and where everything stands.
Gives:   `Check`, which turns a draft into findings.
Ignores: which checks there are; `checks` has a file for each.
"""

from __future__ import annotations

from penstock_findings.finding import Finding, Related, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, Generic, TypeVar

    from penstock.graph.draft import Draft
    from penstock.graph.places import Places

    T = TypeVar("T")
else:
    T = NotImplemented
    Generic = {T: object}  # spoken of as `Check[End]`; at run time, brackets are not worth the import of `typing`


def _pointer(thing: Any) -> str:
    return str(thing.pointer)


class Check(Generic[T]):
    """One question.

    `asks` gives the things in question, `finds` says which of them are bad (all, when it is not given), `says` the
    sentence about one.  `at` is the pointer to blame, `on_key` blames the key there and not its value.  `related`
    gives further places, each with why it matters.
    """

    __slots__ = ("asks", "at", "code", "finds", "hint", "on_key", "related", "says", "severity")

    def __init__(
        self,
        code: str,
        *,
        asks: Callable[[Draft], Iterable[T]],
        says: Callable[[T], str],
        finds: Callable[[T], bool] | None = None,
        at: Callable[[T], str] = _pointer,
        on_key: bool = False,
        hint: str | Callable[[T], str | None] | None = None,
        severity: Severity = Severity.ERROR,
        related: Callable[[T], Iterable[tuple[str, str]]] | None = None,
    ) -> None:
        self.code = code
        self.asks = asks
        self.finds = finds
        self.says = says
        self.at = at
        self.on_key = on_key
        self.hint = hint
        self.severity = severity
        self.related = related

    def findings(self, draft: Draft, places: Places) -> Iterator[Finding]:
        """One finding for each bad thing."""
        for thing in self.asks(draft):
            if self.finds is None or self.finds(thing):
                yield self._finding(thing, places)

    def _finding(self, thing: T, places: Places) -> Finding:
        pointer = self.at(thing)
        hint = self.hint(thing) if callable(self.hint) else self.hint
        related = self.related(thing) if self.related is not None else ()
        return Finding(
            self.code,
            self.says(thing),
            places.key(pointer) if self.on_key else places.value(pointer),
            self.severity,
            hint,
            [Related(why, places.key(place)) for why, place in related],
        )

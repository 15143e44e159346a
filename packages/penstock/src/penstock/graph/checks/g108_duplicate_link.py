"""G108: a link stands in the graph twice.

Why: every record would be handed over twice.
Bad:   `{from: zone, to: screen}` and `{from: zone.out, to: screen.in}`, which are the same link in two spellings.
Good:  one of them.
"""

from __future__ import annotations

from penstock.graph.check import Check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft, Join


def _again(draft: Draft) -> Iterator[tuple[Join, Join]]:
    """Each link that repeats another one, with the first of its kind."""
    first: dict[str, Join] = {}
    for join in draft.sound:
        known = first.setdefault(join.name, join)
        if known is not join:
            yield join, known


CHECK = Check(
    "G108",
    asks=_again,
    says=lambda pair: f"this link stands here twice: `{pair[0].name}`",
    at=lambda pair: pair[0].pointer,
    hint="remove one of the two",
    related=lambda pair: [("the first one", pair[1].pointer)],
)

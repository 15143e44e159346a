"""G116: links lead round in a circle.

Why: a record could go round for ever, and a full inbox would wait for itself. A channel does not open a circle: it only
     makes it slower.
Bad:   `scale -> cool -> scale`.
Good:  records that have to be tried again are kept by the failure policy; everything else flows one way.

One finding for each circle, at the link that was written last, until no circle is left or twenty have been named.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.cycles import cycles_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.graph.draft import Join

SHOWN = 8  # links of one circle; a longer one is cut in the middle


def _route(cycle: tuple[Join, ...]) -> str:
    """`a.out -> b.in -> b.out -> a.in`, beginning behind the link that closes it."""
    shown = cycle if len(cycle) <= SHOWN else (*cycle[: SHOWN // 2], None, *cycle[-SHOWN // 2 :])
    stops: list[str] = []
    for join in shown:
        if join is None:
            stops.append(f"... {len(cycle) - SHOWN} more links ...")
        elif join.start is not None and join.finish is not None:
            start = join.start.place
            stops += [join.finish.place] if stops and stops[-1] == start else [start, join.finish.place]
    return " -> ".join(stops)


CHECK = Check(
    "G116",
    asks=cycles_of,
    says=lambda cycle: f"these links go round in a circle: `{_route(cycle)}`",
    at=lambda cycle: cycle[-1].pointer,
    hint="remove one of them",
    related=lambda cycle: [("another link of the circle", join.pointer) for join in cycle[:-1][:SHOWN]],
)

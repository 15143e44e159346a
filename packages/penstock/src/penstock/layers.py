"""Say in which order policies stand around a node, and how many of a kind have room there.

Takes:   nothing.
Gives:   `LAYERS`, outermost first; `SEVERAL`; `layer_of`, for a policy that does not name its layer.
Ignores: which policies there are, and who is asked when (the engine).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LAYERS = (
    "dead-letter",  # where a record goes that is given up
    "admission",  # whether it is worth the work: staleness, dedup, sampling, budget
    "rate",  # how often
    "total-deadline",  # how long in all, attempts and waits together
    "retry",  # whether, and when, again
    "breaker",  # whether the other side is well
    "concurrency",  # how many at once
    "attempt-deadline",  # how long one attempt may take
    "hedge",  # a second attempt beside a slow first one
    "overflow",  # what a full channel does
    "settle",  # when finished work is committed
)
SEVERAL = frozenset({"dead-letter", "admission", "rate"})  # one policy of each type; elsewhere there is room for one

_BY_POINT = {
    "admit": "admission",
    "dispatch": "rate",
    "failure": "retry",
    "completion": "breaker",
    "overflow": "overflow",
    "settle": "settle",
}


def layer_of(points: Sequence[str]) -> str:
    """The layer of a policy that answers these decision points and does not name a layer.

    >>> layer_of(("dispatch", "completion")), layer_of(("overflow",))
    ('breaker', 'overflow')
    """
    if "completion" in points:
        return "breaker"
    return next((_BY_POINT[point] for point in _BY_POINT if point in points), "admission")

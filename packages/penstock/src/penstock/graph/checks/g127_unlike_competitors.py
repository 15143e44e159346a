"""G127: unlike nodes, or unlike ports, compete for the records of one group.

Why: in a group that competes, each record goes to one reader only. Between nodes of one type that shares the load; between
     a sender and an archive, half of the records are never archived.
Bad:   `{from: events, group: out, to: uplink}` and `{from: events, group: out, to: archive}`.
Good:  a group for each, or a group with the mode `broadcast`.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.wording import quoted
from penstock_findings.finding import Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft, Join


def _unlike(draft: Draft) -> Iterator[tuple[Join, Join]]:
    """Each link of a competing group that leads to another type or port than the first one, with the first one."""
    first: dict[tuple[str, str], Join] = {}
    for join in draft.sound:
        channel, finish = join.start.channel if join.start is not None else None, join.finish
        if channel is None or finish is None or join.group is None:
            continue
        declared = (channel.groups or {}).get(join.group)
        if declared is not None and declared.mode != "compete":
            continue
        known = first.setdefault((channel.name, join.group), join)
        if known.finish is not None and _kind(known) != _kind(join):
            yield join, known


def _kind(join: Join) -> tuple[str | None, str | None]:
    end = join.finish
    if end is None or end.node is None or end.port is None:
        return None, None
    return end.node.written.type, end.port.name


CHECK = Check(
    "G127",
    asks=_unlike,
    says=lambda pair: (
        f"{quoted(pair[1].finish.place if pair[1].finish else '')} and "
        f"{quoted(pair[0].finish.place if pair[0].finish else '')} compete for the records of group "
        f"{quoted(pair[0].group or '')}: each record reaches one of them only"
    ),
    at=lambda pair: pair[0].pointer,
    hint="give each of them a group of its own, or make the group `broadcast`",
    severity=Severity.WARNING,
    related=lambda pair: [("the other one", pair[1].pointer)],
)

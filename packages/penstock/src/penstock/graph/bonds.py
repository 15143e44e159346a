"""Decide what the links of a graph tie together: ports, channels and groups, and what records can reach.

Takes:   nodes, channels and links that were looked up.
Gives:   `bonds_of`: `Bonds`. A link with a mistake in it ties what it was probably meant to tie, so that one mistake is
         not told twice.
Ignores: whether everything that ought to be tied is (`checks`).
"""

from __future__ import annotations

from penstock.graph import draft as why
from penstock.graph.draft import Bonds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from penstock.graph.draft import DraftNode, End, Join

ANY_GROUP = "*"  # when it cannot be told for which group a link reads


def bonds_of(
    nodes: Mapping[str, DraftNode],
    joins: Sequence[Join],
    sound: Sequence[Join],
    group_guesses: Mapping[tuple[str, str], str],
) -> Bonds:
    """What the links tie together. `group_guesses`: channel and unknown group -> the group that was probably meant."""
    inputs: set[tuple[str, str]] = set()
    outputs: set[tuple[str, str]] = set()
    touched: set[str] = set()
    produced: set[str] = set()
    consumed: dict[str, set[str]] = {}
    for join in joins:
        for end in (join.start, join.finish):
            if end is None:
                continue
            if end.node is not None:
                touched.add(end.node.id)
                for port, is_output in _ports(end):
                    (outputs if is_output else inputs).add((end.node.id, port))
            elif end.channel is not None and end.is_start:
                group = join.group if join.group is not None else ANY_GROUP
                consumed.setdefault(end.channel.name, set()).add(group_guesses.get((end.channel.name, group), group))
            elif end.channel is not None:
                produced.add(end.channel.name)
    reaching = _reaching(nodes, joins, sound)
    return Bonds(inputs, outputs, touched, produced, consumed, reaching)


def _ports(end: End) -> list[tuple[str, bool]]:
    """The ports that an end ties, each with whether it is an output; all that it may have meant when none is certain."""
    facts = end.node.type if end.node is not None else None
    if facts is None:
        return []
    meant = [(port.name, end.is_start) for port in (facts.outputs if end.is_start else facts.inputs)]
    if end.port is None:
        return meant
    if end.problem == why.DIRECTION:  # either the port is wrong, or the whole link is the wrong way round
        return [(end.port.name, not end.is_start), *meant]
    return [(end.port.name, end.is_start)]


def _reaching(
    nodes: Mapping[str, DraftNode],
    joins: Iterable[Join],
    sound: Sequence[Join],
) -> set[str]:
    """The nodes from which records reach a sink, a channel, or something that nobody can tell; walked backwards."""
    certain = {join.pointer for join in sound}
    waiting = [id for id, node in nodes.items() if node.type is None or node.type.role == "sink"]
    before: dict[str, list[str]] = {}
    for join in joins:
        start, finish = join.start, join.finish
        if join.pointer not in certain:
            waiting += [end.node.id for end in (start, finish) if end is not None and end.node is not None]
        elif start is not None and finish is not None and start.node is not None:
            if finish.node is None:
                waiting.append(start.node.id)
            else:
                before.setdefault(finish.node.id, []).append(start.node.id)
    reached = set()
    while waiting:
        id = waiting.pop()
        if id not in reached:
            reached.add(id)
            waiting += before.get(id, ())
    return reached

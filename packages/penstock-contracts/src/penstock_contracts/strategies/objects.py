"""Draw an object: which properties it has, how the others are called, and each value.

Takes:   the atoms of a formula about objects.
Gives:   an object that satisfies it.
Ignores: choices (`drawing`). What some property must be that no name is given for, the search's witness shows.
"""

from __future__ import annotations

from typing import Any

from penstock_contracts.formula import (
    AND,
    ENUM,
    KEYS,
    MAXPROPS,
    MINPROPS,
    NENUM,
    OBJ,
    OR,
    PROP,
    REQ,
    SOMEKEY,
    STR,
    Node,
    Values,
)
from penstock_contracts.strategies.drawing import Drawing

_EACH = 8  # optional properties that are asked about one by one
_MORE = 3  # properties that no constraint names
_WORDS = 100  # names that are described without a constraint


class _Plan:
    """The constraints of one object, sorted."""

    def __init__(self, drawing: Drawing, atoms: list[Node]) -> None:
        self.drawing = drawing
        self.pool = drawing.pool
        self.required: dict[str, None] = {}
        self.named: dict[str, list[Node]] = {}
        self.keys: list[tuple[Node, Node]] = []
        self.demands: list[tuple[Node, Node]] = []
        self.least = 0
        self.most: int | None = None
        for atom in atoms:
            kind, args = atom.kind, atom.args
            if kind == REQ:
                self.required[args[0]] = None
            elif kind == PROP:
                self.named.setdefault(args[0], []).append(args[1])
            elif kind == KEYS:
                self.keys.append(args)
            elif kind == SOMEKEY:
                self.demands.append(args)
            elif kind == MINPROPS:
                self.least = max(self.least, args[0])
            elif kind == MAXPROPS:
                self.most = args[0] if self.most is None else min(self.most, args[0])

    def goal(self, name: str) -> Node:
        """All that is said about the value of a property."""
        search = self.drawing.subject.search
        return self.pool.conj(
            [*self.named.get(name, ()), *(so for names, so in self.keys if search.surely(names, name))]
        )

    def described(self) -> dict[str, None]:
        """The names that some constraint spells out, also as members of a set of names."""
        found = dict.fromkeys(self.named)
        stack = [names for names, _ in self.keys]
        while stack:
            names = stack.pop()
            if names.kind in (AND, OR):
                stack.extend(names.args)
            elif names.kind in (ENUM, NENUM):
                found.update((name, None) for name in names.args[0] if isinstance(name, str))
        return found

    def free(self, taken: int) -> int:
        """How many more properties there is room for."""
        return 1_000_000 if self.most is None else max(self.most - taken, 0)


def draw_object(drawing: Drawing, node: Node, atoms: list[Node], depth: int) -> dict[str, Any]:
    """See the module."""
    plan = _Plan(drawing, atoms)
    goals = {name: plan.goal(name) for name in plan.required}
    if plan.demands:
        _meet_demands(drawing, plan, node, goals)
    for name in _chosen(drawing, plan, plan.free(len(goals)), goals, depth):
        goals[name] = plan.goal(name)
    for _ in range(min(_MORE, plan.free(len(goals)))):
        if not drawing.perhaps():
            break
        _add_unnamed(drawing, plan, goals, depth)
    if len(goals) < plan.least:
        _fill(drawing, plan, node, goals, depth)
    return {name: drawing.value(goal, depth + 1) for name, goal in goals.items()}


def _meet_demands(drawing: Drawing, plan: _Plan, node: Node, goals: dict[str, Node]) -> None:
    subject = drawing.subject
    model = drawing.witness(drawing.of(OBJ, node))
    for names, so in plan.demands:
        for name, value in model.items():
            if subject.holds(names, name) and subject.holds(so, value):
                goals[name] = drawing.pool.conj([goals.get(name) or plan.goal(name), so])
                break


def _chosen(drawing: Drawing, plan: _Plan, free: int, taken: dict[str, Node], depth: int) -> list[str]:
    """Which of the optional properties to have."""
    described = plan.described()
    if depth == 0 or plan.named or taken:
        described.update(dict.fromkeys(drawing.subject.words[:_EACH]))
    optional = [name for name in described if name not in taken]
    if not optional or not free:
        return []
    if len(optional) <= _EACH:
        wanted = [name for name in optional if drawing.perhaps()]
        if len(wanted) > free:  # each of them has its turn
            start = drawing.below(len(wanted))
            wanted = (wanted[start:] + wanted[:start])[:free]
    else:
        wanted = []
        for _ in range(min(drawing.below(_EACH + 1), free)):
            wanted.append(optional.pop(drawing.below(len(optional))))
    return [name for name in wanted if drawing.possible(plan.goal(name))]


def _add_unnamed(drawing: Drawing, plan: _Plan, goals: dict[str, Node], depth: int) -> None:
    """A property that no constraint names, with a name that falls under as many sets of names as chance wants."""
    pool = drawing.pool
    spelled = {name: name for name in (*plan.described(), *goals)}
    names = pool.conj([pool.types[STR], pool.nenum(Values(spelled))])
    value = pool.true
    for which, so in plan.keys:
        inside = (pool.conj([names, which]), pool.conj([value, so]))
        outside = (pool.conj([names, pool.project(pool.neg(which), STR)]), value)
        ways = [way for way in (outside, inside) if drawing.possible(way[0]) and drawing.possible(way[1])]
        if not ways:
            return
        names, value = drawing.pick(ways)
    if drawing.possible(names) and drawing.possible(value):
        subject = drawing.subject
        words = [word for word in subject.words[:_WORDS] if word not in goals and subject.holds(names, word)]
        known = words and drawing.perhaps()
        goals[drawing.pick(words) if known else drawing.value(names, depth + 1)] = value


def _fill(drawing: Drawing, plan: _Plan, node: Node, goals: dict[str, Node], depth: int) -> None:
    """Have at least as many properties as must be: drawn ones first, then those of the witness."""
    pool = drawing.pool
    for _ in range(min(plan.least - len(goals), _EACH)):
        _add_unnamed(drawing, plan, goals, depth)
    required = [pool.atom(REQ, name) for name in goals]
    model = drawing.subject.witness(pool.conj([drawing.of(OBJ, node), *required])) or ({},)
    for name in [*plan.described(), *model[0]]:
        if len(goals) >= plan.least:
            return
        if name not in goals and drawing.possible(plan.goal(name)):
            goals[name] = plan.goal(name)

"""Draw an array: how long, which items are the counted ones, and each item.

Takes:   the atoms of a formula about arrays.
Gives:   an array that satisfies it.
Ignores: choices (`drawing`).

Where items are counted, or must differ, the search's own witness is the plan: its items say which position meets which
description, and each item is drawn afresh to meet the same ones. So whatever is drawn, the counts are right.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from penstock_contracts.formula import (
    ARR,
    COUNT,
    DUPLICATE,
    ITEM,
    ITEMS,
    MAXITEMS,
    MINITEMS,
    SOME,
    UNIQUE,
    Node,
    Values,
    freeze,
)
from penstock_contracts.strategies.drawing import Drawing

_MORE = 4  # items more than are needed
_LONG = 30  # items that are drawn; those after them are as in the witness


class _Plan:
    """The constraints of one array, sorted."""

    def __init__(self, drawing: Drawing, atoms: list[Node]) -> None:
        self.pool = drawing.pool
        self.least = 0
        self.most: int | None = None
        self.at: dict[int, list[Node]] = {}
        self.since: list[tuple[int, Node]] = []
        self.counted: list[tuple[int, Node, int, int]] = []  # first index, formula, least, most (-1: any)
        self.unique = self.duplicate = False
        self.prefix = 0
        for atom in atoms:
            kind, args = atom.kind, atom.args
            if kind == MINITEMS:
                self.least = max(self.least, args[0])
            elif kind == MAXITEMS:
                self.most = args[0] if self.most is None else min(self.most, args[0])
            elif kind == ITEM:
                self.at.setdefault(args[0], []).append(args[1])
                self.prefix = max(self.prefix, args[0] + 1)
            elif kind == ITEMS:
                self.since.append((args[0], args[1]))
                self.prefix = max(self.prefix, args[0])
            elif kind == SOME:
                self.counted.append((args[0], args[1], 1, -1))
                self.prefix = max(self.prefix, args[0])
            elif kind == COUNT:
                self.counted.append((0, *args))
            self.unique = self.unique or kind == UNIQUE
            self.duplicate = self.duplicate or kind == DUPLICATE

    def goal(self, index: int) -> Node:
        """All that is said about the item at an index."""
        return self.pool.conj([*self.at.get(index, ()), *(so for first, so in self.since if first <= index)])


def draw_array(drawing: Drawing, node: Node, atoms: list[Node], depth: int) -> list[Any]:
    """See the module."""
    plan = _Plan(drawing, atoms)
    wanted = plan.least + drawing.below(1 + _spare(plan))
    if plan.counted or plan.unique or plan.duplicate:
        return _planned(drawing, plan, node, wanted, depth)
    made: list[Any] = []
    for index in range(wanted):
        goal = plan.goal(index)
        if not drawing.possible(goal):
            break  # as long as it can be; the least that it must have it has
        made.append(drawing.value(goal, depth + 1) if index < _LONG else drawing.witness(goal))
    return made


def _spare(plan: _Plan) -> int:
    spare = max(plan.prefix - plan.least, 0) + _MORE
    return max(min(spare, _LONG), 0) if plan.most is None else max(min(spare, plan.most - plan.least, _LONG), 0)


def _planned(drawing: Drawing, plan: _Plan, node: Node, wanted: int, depth: int) -> list[Any]:
    model = _model(drawing, plan, node, wanted)
    twins = _twins(model) if plan.duplicate and not plan.unique else None
    made: list[Any] = []
    for index, example in enumerate(model):
        if twins and index == twins[1]:
            made.append(made[twins[0]])
            continue
        goals = [_goal(drawing, plan, index, example)]
        if twins and index == twins[0]:
            goals.append(_goal(drawing, plan, twins[1], example))
        if plan.unique:
            taken = [*made, *model[index + 1 :]]
            goals.append(drawing.pool.nenum(Values({freeze(value): value for value in taken})))
        goal = drawing.pool.conj(goals)
        fresh = index < _LONG and drawing.possible(goal)
        made.append(drawing.value(goal, depth + 1) if fresh else example)
    return made


def _model(drawing: Drawing, plan: _Plan, node: Node, wanted: int) -> list[Any]:
    """A witness of about the wanted length, with about as many counted items as chance wants, in the order it wants."""
    pool = drawing.pool
    here = drawing.of(ARR, node)
    longer = pool.conj([here, pool.least(MINITEMS, wanted)])
    if wanted and drawing.possible(longer):
        here = longer
    for _, so, least, most in plan.counted:
        more = least + drawing.below(1 + min(2, 2 if most < 0 else most - least))
        richer = pool.conj([here, pool.count(so, more, -1)])
        if more > least and drawing.possible(richer):
            here = richer
    model = list(drawing.witness(here))
    tail = model[plan.prefix :]
    if 1 < len(tail) <= _LONG:
        model[plan.prefix :] = [tail[place] for place in drawing.draw(st.permutations(range(len(tail))))]
    return model


def _goal(drawing: Drawing, plan: _Plan, index: int, example: Any) -> Node:
    """What is said about an item, and the counted descriptions that it meets or must not meet."""
    pool = drawing.pool
    parts = [plan.goal(index)]
    for first, so, _, most in plan.counted:
        if index >= first:
            if drawing.subject.holds(so, example):
                parts.append(so)
            elif most >= 0:
                parts.append(pool.neg(so))
    return pool.conj(parts)


def _twins(model: list[Any]) -> tuple[int, int] | None:
    seen: dict[Any, int] = {}
    for index, value in enumerate(model):
        before = seen.setdefault(freeze(value), index)
        if before != index:
            return before, index
    return None

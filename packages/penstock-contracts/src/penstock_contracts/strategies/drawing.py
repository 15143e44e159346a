"""Draw one value: decide each choice of a formula by chance, and hand what is left to the painter of its type.

Takes:   a subject, hypothesis' `draw`, and a painter for each type that has more than two values.
Gives:   `Drawing.value(node)`: a value with exact numbers that satisfies the formula.
Ignores: how schemas are read. Nothing is drawn and thrown away: a way is taken only if the search knows that it leads
         somewhere, and where chance has run out of room, the search's own witness is the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from hypothesis import strategies as st

from penstock_contracts.formula import (
    AND,
    ARR,
    BOOL,
    ENUM,
    FALSE,
    NOTONE,
    NULL,
    NUNEVAL,
    NUNEVALITEMS,
    OBJ,
    ONE,
    OR,
    TRUE,
    TYPES,
    UNEVAL,
    UNEVALITEMS,
    Node,
    Pool,
)
from penstock_contracts.strategies.subject import Subject

T = TypeVar("T")
Painter = Callable[["Drawing", Node, list[Node], int], Any]  # of a drawing, a formula of atoms, its atoms, the level
_SPLIT = frozenset((UNEVAL, NUNEVAL, UNEVALITEMS, NUNEVALITEMS))
_CHOICES = frozenset((OR, ONE, NOTONE)) | _SPLIT
_ROOM = 40  # values in one instance, before the plainest ones are taken
_DEEP = 6  # levels, likewise
_TOLD = 3  # times more often
_ALONE = 4  # times that one alternative is met for each time that a second one is met on purpose
_MANY = 12  # ways to be in two at once that are looked at


@lru_cache(maxsize=1024)
def _below(count: int) -> Any:
    return st.integers(0, count - 1)


class Dry(Exception):
    """There is no value here, or none that is known."""


class Drawing:
    """One value in the making."""

    def __init__(self, subject: Subject, draw: Callable[[Any], Any], painters: Mapping[int, Painter]) -> None:
        self.subject = subject
        self.pool: Pool = subject.pool
        self.draw = draw
        self.painters = painters
        self.room = _ROOM

    # ---- chance

    def below(self, count: int) -> int:
        """A number below `count`; 0 is the plainest."""
        return self.draw(_below(count)) if count > 1 else 0

    def pick(self, options: Sequence[T]) -> T:
        """One of several; the first is the plainest."""
        return options[self.below(len(options))]

    def perhaps(self) -> bool:
        """Whether to do more than is needed."""
        return self.below(2) == 1

    # ---- certainty

    def possible(self, node: Node) -> bool:
        """Whether there surely is such a value."""
        return node.kind != FALSE and bool(self.subject.witness(node))

    def witness(self, node: Node) -> Any:
        """The search's own value; raises `Dry` where there is none."""
        found = self.subject.witness(node)
        if not found:
            raise Dry
        return found[0]

    # ---- values

    def value(self, node: Node, depth: int = 0) -> Any:
        """A value that satisfies the formula."""
        self.room -= 1
        if self.room < 0 or depth > _DEEP:
            return self.witness(node)
        types = self.types(node)
        if node.kind == TRUE and depth > 1:
            types = [t for t in types if t not in (ARR, OBJ)]
        if not types:
            raise Dry
        t = self.pick(types)
        return self.of_type(self.pool.project(self.of(t, node), t), t, depth)

    def types(self, node: Node) -> list[int]:
        """The types that there surely is such a value of; those of which the formula says more come up more often."""
        known = self.subject.types.get(node.nid)
        if known is None:
            known = [t for t in TYPES if node.mask & t and self.possible(self.of(t, node))]
            known += [t for t in known if self.pool.project(node, t).kind != TRUE] * _TOLD if len(known) > 1 else []
            self.subject.types[node.nid] = known
        return known

    def of_type(self, node: Node, t: int, depth: int) -> Any:
        """A value of one type that satisfies a formula about that type."""
        settled = self.settled(node, t)
        parts = settled.args if settled.kind == AND else (settled,)
        for part in parts:
            if part.kind == ENUM:
                return self.pick([value for value in part.args[0] if self.subject.holds(settled, value)])
        atoms = [part for part in parts if part.kind != TRUE]
        if t in (NULL, BOOL):
            return self.pick(
                [value for value in ((None,) if t == NULL else (False, True)) if self.subject.holds(settled, value)]
            )
        made = self.painters[t](self, settled, atoms, depth)
        return made if self.subject.holds(settled, made) else self.witness(self.of(t, settled))

    def of(self, t: int, node: Node) -> Node:
        """The same formula for values of one type only."""
        return self.pool.conj([self.pool.types[t], node])

    # ---- choices

    def settled(self, node: Node, t: int) -> Node:
        """The formula with every choice in it made: nothing but atoms are left."""
        pool = self.pool
        while True:
            parts = node.args if node.kind == AND else (node,)
            choice = next((part for part in parts if part.kind in _CHOICES), None)
            if choice is None:
                return node
            rest = [part for part in parts if part is not choice]
            options = self.options(choice, t)
            while options:
                option = options.pop(self.below(len(options)))
                node = pool.project(pool.conj([*rest, option], t), t)
                if self.possible(self.of(t, node)):
                    if choice.kind == OR and options and self.below(_ALONE) == _ALONE - 1:
                        node = self.both(node, self.pick(options), t)
                    break
            else:
                raise Dry

    def both(self, node: Node, option: Node, t: int) -> Node:
        """The formula with one more option met, if that can be."""
        more = self.pool.project(self.pool.conj([node, option], t), t)
        return more if self.possible(self.of(t, more)) else node

    def options(self, choice: Node, t: int) -> list[Node]:
        """The ways in which a choice can be met."""
        pool = self.pool
        if choice.kind in _SPLIT:
            split = pool.split(choice)
            return list(split.args) if split.kind == OR else [split]
        children = list(choice.args)
        if choice.kind == OR:
            return children
        refused = [pool.project(pool.neg(child), t) for child in children]
        if choice.kind == ONE:
            return [
                pool.conj([child, *refused[:index], *refused[index + 1 :]], t) for index, child in enumerate(children)
            ]
        pairs = [(one, other) for index, one in enumerate(children) for other in children[index + 1 :]]
        return [pool.conj(refused, t), *(pool.conj(pair, t) for pair in pairs[:_MANY])]

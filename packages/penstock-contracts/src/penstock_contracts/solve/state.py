"""What is known about one value while it is being found, and what a theory may ask of the search that called it.

Takes:   nothing; the search fills a state in, and the theories of arrays and objects read it.
Gives:   `State`; `Asking`, the search as the theories see it.
Ignores: how choices are made (`search`).
"""

from __future__ import annotations

from typing import Any, Protocol

from penstock_contracts.budget import Budget
from penstock_contracts.formula import OBJ, Node, Pool
from penstock_contracts.solve.answer import Answer
from penstock_contracts.verdict import Reason


class Asking(Protocol):
    """The search, for who is asked by it and has questions about the parts of his value."""

    pool: Pool
    budget: Budget

    def sat(self, node: Node) -> Answer:
        """A value that satisfies the formula, `NO`, or `UNKNOWN`."""

    def several(self, node: Node, count: int, asker: Any) -> list[Any]:
        """Up to `count` distinct values of a formula; `asker.unknown` is set if there may be more."""

    def surely(self, names: Node, name: str) -> bool:
        """Whether a name belongs to a set; raises `CannotDecide` if that cannot be said."""

    def note(self, reason: Reason, detail: str) -> None:
        """Remember why something could not be decided; the first reason is told."""


class State:
    """What is certain, and what is still to be chosen, about one value of one type. `dep`: the decisions it depends on, as bits."""

    __slots__ = (
        "atoms",
        "banned",
        "choices",
        "enum",
        "enum_dep",
        "keys",
        "props",
        "req",
        "root",
        "t",
        "true",
        "values",
    )

    def __init__(self, t: int, root: Node) -> None:
        self.t = t
        self.root = root
        self.true: dict[int, int] = {}
        self.banned: dict[int, int] = {}
        self.atoms: list[tuple[Node, int]] = []
        self.choices: list[tuple[Node, int]] = []
        self.enum: Node | None = None
        self.enum_dep = 0
        self.req: dict[str, int] = {}
        self.props: dict[str, list[tuple[Node, int]]] = {}
        self.keys: list[tuple[Node, Node, int]] = []
        self.values: dict[str, tuple[Node, int]] = {}

    def copy(self) -> State:
        """A state to go on from."""
        made = State(self.t, self.root)
        made.true = self.true.copy()
        made.banned = self.banned.copy()
        made.atoms = self.atoms.copy()
        made.choices = self.choices.copy()
        made.enum, made.enum_dep = self.enum, self.enum_dep
        if self.t == OBJ:
            made.req = self.req.copy()
            made.props = {name: parts.copy() for name, parts in self.props.items()}
            made.keys = self.keys.copy()
            made.values = self.values.copy()
        return made

    def value(self, search: Asking, name: str) -> tuple[Node, int]:
        """All that is said about the value of one property, and the decisions behind it."""
        known = self.values.get(name)
        if known is None:
            parts = self.props.get(name, [])
            goals = [node for node, _ in parts]
            because = 0
            for _, dep in parts:
                because |= dep
            for names, so, dep in self.keys:
                if search.surely(names, name):
                    goals.append(so)
                    because |= dep
            known = self.values[name] = (search.pool.conj(goals), because)
        return known

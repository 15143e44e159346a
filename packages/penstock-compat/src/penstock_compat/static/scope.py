"""Hold what is known of the values in somebody's code while it is read.

Takes:   names and values.
Gives:   `Value` and its kinds, `Scope`, `Problem`, `Place`.
Ignores: how code is read (`uses`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from penstock_compat.static.surface import Thing
from penstock_compat.static.verdict import Reason, When


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the core."""

    of: Thing


@dataclass(frozen=True, slots=True)
class Own:
    """A module of the pack itself."""

    module: str


@dataclass(frozen=True, slots=True)
class Derived:
    """A class of the pack whose only base is a class of the core."""

    base: Thing
    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Plain:
    """A constant."""

    value: object


Value = Thing | Instance | Own | Derived | Plain | None  # None: anything


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that may go wrong where the reading is, with the exception that it would raise."""

    reason: Reason
    raises: str
    sure: bool  # it goes wrong as soon as the place is reached
    depth: int  # of the place


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reading is: in which module, under how many conditions that nobody decided, and when."""

    module: str
    depth: int = 0
    when: When = When.IMPORT
    lazy: bool = False  # annotations are not evaluated
    base: Thing | None = None  # what `super()` is about

    @property
    def certain(self) -> bool:
        """Whether the place is surely reached."""
        return self.depth == 0

    def perhaps(self) -> Place:
        """The same place, under one more condition."""
        return replace(self, depth=self.depth + 1)

    def within(self, module: str) -> Place:
        """The beginning of a module that is imported here."""
        return Place(module, self.depth, self.when)


@dataclass(slots=True)
class Scope:
    """Names and what is known of their values; a name that is looked up further out when it is not here."""

    names: dict[str, Value] = field(default_factory=dict)
    outer: Scope | None = None

    def get(self, name: str) -> Value:
        """What is known of a name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None

    @contextmanager
    def tentatively(self) -> Iterator[None]:
        """Forget, at the end, the value of every name that was bound inside."""
        before = dict(self.names)
        yield
        for name, value in self.names.items():
            if name not in before or before[name] != value:
                before[name] = None
        self.names = before


def locals_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """The names that a function binds for itself."""
    args = node.args
    found = {each.arg for each in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    found |= {each.arg for each in (args.vararg, args.kwarg) if each}
    queue: list[ast.AST] = list(node.body) if not isinstance(node, ast.Lambda) else []
    while queue:
        each = queue.pop()
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(each.name)
            continue
        if isinstance(each, ast.Lambda):
            continue
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            found.add(each.id)
        elif isinstance(each, ast.alias):
            found.add((each.asname or each.name).partition(".")[0])
        elif isinstance(each, ast.ExceptHandler) and each.name:
            found.add(each.name)
        queue.extend(ast.iter_child_nodes(each))
    return found

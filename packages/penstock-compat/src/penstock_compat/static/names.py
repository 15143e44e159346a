"""Read which names a module's body binds: surely, perhaps, or by means that a reading cannot follow.

Takes:   the syntax tree of a module or class body, and a target that decides its guards.
Gives:   `Names`: name -> what binds it, and whether that is sure.
Ignores: what the bound values are good for (`surface`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from penstock_compat.static.guards import dotted, truth
from penstock_compat.static.lazy import getter_of, lazy_words
from penstock_compat.static.target import Target


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that an import binds: a module, or a name of a module."""

    module: str
    name: str = ""  # empty for the module itself


Binding = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | Imported | None  # None: some value


@dataclass(slots=True)
class Names:
    """What a body binds. A name in `sure` is bound whenever the body has run to its end."""

    sure: dict[str, Binding] = field(default_factory=dict)
    maybe: set[str] = field(default_factory=set)
    stars: list[str] = field(default_factory=list)  # modules of `from x import *`
    loads: list[str] = field(default_factory=list)  # modules that are surely imported, in order
    dynamic: bool = False  # the body may bind any name
    typed: dict[str, Binding] = field(default_factory=dict)  # bound for type checkers only
    lazy: frozenset[str] | None = None  # words that a table of names may hold, which are bound when they are asked for

    def bind(self, name: str, what: Binding) -> None:
        """Bind a name for sure."""
        self.sure[name] = what
        self.maybe.discard(name)

    def all_of(self) -> set[str]:
        """Every name that may be bound."""
        return self.sure.keys() | self.maybe


def read(tree: ast.Module | ast.ClassDef, where: Target, package: str = "") -> Names:
    """The names of a body; `package` is what relative imports begin from."""
    found = Names()
    _block(tree.body, where, package, found)
    found.lazy = lazy_words(tree) if isinstance(tree, ast.Module) else None
    getter = getter_of(tree) if isinstance(tree, ast.Module) and found.lazy is not None else None
    found.dynamic = _writes_names([node for node in tree.body if node is not getter]) or (
        found.lazy is None and "__getattr__" in found.all_of()
    )
    for name in _globals(tree):
        if name not in found.sure:
            found.maybe.add(name)
        else:
            found.sure[name] = None
    return found


def absolute(node: ast.ImportFrom, package: str) -> str:
    """The module that an import statement means."""
    if not node.level:
        return node.module or ""
    base = package.split(".")[: len(package.split(".")) - (node.level - 1)]
    return ".".join([*base, *([node.module] if node.module else [])])


def targets(node: ast.expr) -> Iterable[str]:
    """The plain names that an assignment target binds."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, (ast.Tuple, ast.List)):
        for each in node.elts:
            yield from targets(each)
    elif isinstance(node, ast.Starred):
        yield from targets(node.value)


def leaves(body: list[ast.stmt]) -> bool:
    """Whether a block surely ends by raising or returning."""
    return any(isinstance(each, (ast.Raise, ast.Return, ast.Continue, ast.Break)) for each in body)


def _block(body: list[ast.stmt], where: Target, package: str, into: Names) -> None:
    for statement in body:
        _statement(statement, where, package, into)


def _statement(node: ast.stmt, where: Target, package: str, into: Names) -> None:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        into.bind(node.name, node)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        _import(node, package, into)
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        _assigned(node, into)
    elif isinstance(node, ast.If):
        _if(node, where, package, into)
    elif isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
        _try(node, where, package, into)  # type: ignore[arg-type]  # TryStar, of 3.11, has the same fields
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        for item in node.items:
            for name in targets(item.optional_vars) if item.optional_vars else ():
                into.bind(name, None)
        _block(node.body, where, package, into)
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.While, ast.Match)):
        _perhaps([node], where, package, into)
    elif isinstance(node, ast.Delete):
        for name in (each for target in node.targets for each in targets(target)):
            into.sure.pop(name, None)
            into.maybe.add(name)


def _import(node: ast.Import | ast.ImportFrom, package: str, into: Names) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            into.loads.append(alias.name)
            into.bind(
                alias.asname or alias.name.partition(".")[0],
                Imported(alias.name if alias.asname else alias.name.partition(".")[0]),
            )
        return
    module = absolute(node, package)
    into.loads.append(module)
    for alias in node.names:
        if alias.name == "*":
            into.stars.append(module)
        else:
            into.bind(alias.asname or alias.name, Imported(module, alias.name))


def _assigned(node: ast.Assign | ast.AnnAssign | ast.AugAssign, into: Names) -> None:
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        for name in targets(target):
            same = into.sure.get(node.value.id) if isinstance(node.value, ast.Name) else None
            into.bind(name, same)


def _if(node: ast.If, where: Target, package: str, into: Names) -> None:
    holds = truth(node.test, where)
    if dotted(node.test).rpartition(".")[2] == "TYPE_CHECKING":
        typed = Names()
        _block(node.body, where, package, typed)
        into.typed |= typed.sure
    if holds is not None:
        _block(node.body if holds else node.orelse, where, package, into)
        return
    _either([node.body, node.orelse], where, package, into)


def _try(node: ast.Try, where: Target, package: str, into: Names) -> None:
    ways = [[*node.body, *node.orelse], *(each.body for each in node.handlers if not leaves(each.body))]
    if len(ways) == 1:
        _block(ways[0], where, package, into)
    else:
        _either(ways, where, package, into)
    _block(node.finalbody, where, package, into)


def _either(ways: list[list[ast.stmt]], where: Target, package: str, into: Names) -> None:
    """Take one of several ways: only what each of them binds is sure, and what it is stays open."""
    found: list[Names] = []
    for way in ways:
        one = Names()
        _block(way, where, package, one)
        if not leaves(way):
            found.append(one)
        into.stars += one.stars
        into.dynamic = into.dynamic or one.dynamic
    everywhere = set.intersection(*(one.sure.keys() | set() for one in found)) if found else set()
    for name in everywhere:
        kinds = {id(one.sure[name]) for one in found}
        into.bind(name, found[0].sure[name] if len(kinds) == 1 else None)
    for name in set().union(*(one.all_of() for one in found)) - everywhere:
        if name in into.sure:
            into.sure[name] = None
        else:
            into.maybe.add(name)


def _perhaps(nodes: list[ast.stmt], where: Target, package: str, into: Names) -> None:
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in into.sure:
            into.maybe.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name not in into.sure:
            into.maybe.add(node.name)
        elif isinstance(node, ast.alias):
            into.maybe.add((node.asname or node.name).partition(".")[0])


def _globals(tree: ast.AST) -> set[str]:
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}


def _writes_names(body: list[ast.stmt]) -> bool:
    """Whether the code could bind names in a way that no assignment shows."""
    for node in (inner for outer in body for inner in ast.walk(outer)):
        if isinstance(node, ast.Name) and node.id in ("globals", "exec", "vars", "locals"):
            return True
        if isinstance(node, ast.Attribute) and dotted(node) == "sys.modules":
            return True
    return False

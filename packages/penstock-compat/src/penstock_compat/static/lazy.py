"""Recognise a module that looks its names up in a table of its own when they are first asked for.

Takes:   the syntax tree of a module.
Gives:   `lazy_words`: every word that its tables could hold; nothing where `__getattr__` may answer for other names.
Why so:  a table made of literals alone can hold no name that the module's text does not hold.
Ignores: in which module a name of the table lies; what stands under `TYPE_CHECKING` says that (`names`).
"""

from __future__ import annotations

import ast
import re

from penstock_compat.static.guards import dotted

_PLAIN_CALLS = frozenset(
    {"split", "items", "keys", "values", "dict", "set", "frozenset", "tuple", "list", "sorted", "zip", "strip"}
)


def lazy_words(tree: ast.Module) -> frozenset[str] | None:
    """The words in the tables that `__getattr__` looks names up in; None where it does more than that."""
    getter = getter_of(tree)
    if getter is None or len(getter.args.args) != 1 or not _refuses(getter):
        return None
    tables = _tables(getter, getter.args.args[0].arg)
    assigned = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    used: set[str] = set()
    if not tables or not all(_is_plain(name, assigned, used) for name in tables) or used & _changed(tree):
        return None
    texts = (node.value for value in assigned.values() for node in ast.walk(value) if isinstance(node, ast.Constant))
    return frozenset(word for text in texts if isinstance(text, str) for word in re.findall(r"\w+", text))


def getter_of(tree: ast.Module) -> ast.FunctionDef | None:
    """The `__getattr__` of a module."""
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "__getattr__"]
    return found[0] if len(found) == 1 else None


def _refuses(getter: ast.FunctionDef) -> bool:
    """Whether its first statement that decides anything refuses what is in no table."""
    for node in getter.body:
        if isinstance(node, ast.If):
            raised = [
                dotted(getattr(each.exc, "func", each.exc))
                for each in node.body
                if isinstance(each, ast.Raise) and each.exc
            ]
            return raised == ["AttributeError"]
        if not isinstance(node, (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign)):
            return False
    return False


def _tables(getter: ast.FunctionDef, asked: str) -> set[str]:
    """The tables whose lack of the name makes it refuse: `name not in TABLE`, or `TABLE.get(name)` that is None."""
    test = next(node.test for node in getter.body if isinstance(node, ast.If))
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotIn) and dotted(test.left) == asked:
        return {dotted(test.comparators[0])}
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is):
        held = dotted(test.left)
        return {
            dotted(node.value.func.value)
            for node in getter.body
            if isinstance(node, ast.Assign)
            and held in map(dotted, node.targets)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Attribute)
            and node.value.func.attr == "get"
            and len(node.value.args) == 1
        }
    return set()


def _is_plain(name: str, assigned: dict[str, ast.expr], seen: set[str]) -> bool:
    """Whether a table is made of literals, and of tables that are."""
    if name in seen:
        return True
    if name not in assigned:
        return False
    seen.add(name)
    own = {
        each.id for each in ast.walk(assigned[name]) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    for node in ast.walk(assigned[name]):
        if (
            isinstance(node, ast.Call)
            and dotted(node.func).rpartition(".")[2] not in _PLAIN_CALLS
            and not _is_method(node)
        ):
            return False
        if (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and node.id not in own | _PLAIN_CALLS
            and not _is_plain(node.id, assigned, seen)
        ):
            return False
    return True


def _changed(tree: ast.Module) -> set[str]:
    """Names whose value is changed, or bound again, after it was first made."""
    found: set[str] = set()
    bound: list[str] = [
        target for node in tree.body if isinstance(node, ast.Assign) for target in map(dotted, node.targets)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.AugAssign):
            found.add(dotted(node.target))
        elif (isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)) or (
            isinstance(node, ast.Attribute) and node.attr not in _PLAIN_CALLS | {"get"}
        ):
            found.add(dotted(node.value))
        elif isinstance(node, ast.Global):
            found |= set(node.names)
    return found | {name for name in bound if bound.count(name) > 1}


def _is_method(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr in _PLAIN_CALLS

"""Decide the tests by which code asks where it runs: `sys.version_info`, the platform, `TYPE_CHECKING`.

Takes:   the syntax tree of a test, a target, and a look-up for what else is known.
Gives:   True, False, or None where the tree does not tell.
Ignores: which statements the test guards (`names` and `uses` ask for that).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from penstock_compat.static.target import Target

Known = Callable[[ast.expr], "bool | None"]

_COMPARE: dict[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Lt: operator.lt,  # type: ignore[dict-item]  # only ever called with two values of one kind
    ast.LtE: operator.le,  # type: ignore[dict-item]  # as above
    ast.Gt: operator.gt,  # type: ignore[dict-item]  # as above
    ast.GtE: operator.ge,  # type: ignore[dict-item]  # as above
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_MIRROR: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}


def nothing_known(test: ast.expr) -> bool | None:
    """The look-up of somebody who knows nothing else."""
    return None


def truth(test: ast.expr, where: Target, known: Known = nothing_known) -> bool | None:
    """Whether the test holds on the target; None when that is not decided by the target alone."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = truth(test.operand, where, known)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        return _of_many(test, where, known)
    if dotted(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING", "MYPY"):
        return False
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(test.left, test.ops[0], test.comparators[0], where, known)
    if isinstance(test, ast.Call):
        return _called(test, where, known)
    return known(test)


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of names; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def _of_many(test: ast.BoolOp, where: Target, known: Known) -> bool | None:
    found = [truth(each, where, known) for each in test.values]
    decisive = isinstance(test.op, ast.Or)
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr, where: Target, known: Known) -> bool | None:
    if dotted(left) == "__name__" and isinstance(right, ast.Constant):
        return isinstance(op, ast.NotEq) if right.value == "__main__" else None
    if isinstance(left, (ast.Constant, ast.Tuple)) and type(op) in (*_MIRROR, ast.Eq, ast.NotEq):
        left, right, op = right, left, _MIRROR.get(type(op), type(op))()
    here = _fact(left, where)
    if here is None:
        return known(ast.Compare(left, [op], [right]))
    if isinstance(here, tuple):
        return _versions(here, op, _numbers(right))
    if isinstance(op, (ast.In, ast.NotIn)):
        among = _texts(right)
        return None if among is None else (here in among) is isinstance(op, ast.In)
    compare = _COMPARE.get(type(op))
    if compare is None or not isinstance(right, ast.Constant) or type(right.value) is not type(here):
        return None
    return compare(here, right.value)


def _called(test: ast.Call, where: Target, known: Known) -> bool | None:
    if isinstance(test.func, ast.Attribute) and test.func.attr == "startswith" and len(test.args) == 1:
        here = _fact(test.func.value, where)
        start = test.args[0]
        if isinstance(here, str) and isinstance(start, ast.Constant) and isinstance(start.value, str):
            return here.startswith(start.value)
    return known(test)


def _fact(node: ast.expr, where: Target) -> tuple[int, ...] | int | str | None:
    """What a name of `sys`, `os` or `platform` is on the target; `version_info` as its two known numbers."""
    if isinstance(node, ast.Subscript) and dotted(node.value) in ("sys.version_info", "version_info"):
        return _of_version(node.slice, where.python)
    if isinstance(node, ast.Call) and dotted(node.func) in ("platform.system", "system") and not node.args:
        return where.system and where.system[2]
    name = dotted(node)
    if name in ("sys.version_info", "version_info"):
        return where.python
    if name in ("sys.version_info.major", "sys.version_info.minor"):
        return where.python[name.endswith("minor")]
    if name in ("sys.platform", "os.name"):
        return where.system and where.system[name == "os.name"]
    return None


def _of_version(index: ast.expr, python: tuple[int, int]) -> tuple[int, ...] | int | None:
    if isinstance(index, ast.Constant) and isinstance(index.value, int):
        return python[index.value] if index.value in (0, 1) else None
    if isinstance(index, ast.Slice) and index.lower is None and isinstance(index.upper, ast.Constant):
        end = index.upper.value
        return (*python[:end], -1) if isinstance(end, int) and end in (1, 2) else python
    return None


def _numbers(node: ast.expr) -> tuple[int, ...] | None:
    if not isinstance(node, ast.Tuple):
        return None
    values = [each.value for each in node.elts if isinstance(each, ast.Constant) and isinstance(each.value, int)]
    return tuple(values) if len(values) == len(node.elts) else None


def _versions(here: tuple[int, ...], op: ast.cmpop, there: tuple[int, ...] | None) -> bool | None:
    """Compare as tuples do; `here` ends in -1 when it is whole, and goes on with unknown numbers when not."""
    compare = _COMPARE.get(type(op))
    if there is None or compare is None:
        return None
    if here[-1] == -1:
        return compare(here[:-1], there)
    if here[: len(there)] != there[: len(here)]:
        return compare(here, there)
    if len(there) <= len(here):
        return compare((*here, 0), there)  # all five numbers against fewer: never equal, always more
    return None


def _texts(node: ast.expr) -> tuple[str, ...] | None:
    if not isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return None
    values = [each.value for each in node.elts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return tuple(values) if len(values) == len(node.elts) else None

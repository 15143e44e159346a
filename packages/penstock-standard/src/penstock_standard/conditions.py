"""Decide whether a payload meets conditions: a field, an operator, a value; nothing is evaluated as code.

Takes:   conditions as they stand in a graph file.
Gives:   `Condition` (their shape), `judge_all`: all of these and any of those.
Ignores: what follows from the answer; `filter` and `route` decide that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from penstock_standard._pointers import MISSING, Pointer, PointerText
from penstock_standard.errors import BadSetting

Operator = Literal[
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "in",
    "not-in",
    "contains",
    "starts-with",
    "ends-with",
    "matches",
    "exists",
    "missing",
]
Test = Callable[[Any], bool]


class _Field(TypedDict):
    field: PointerText
    op: Operator


class Condition(_Field, total=False):
    """`{field: /speed, op: gt, value: 8}`. A field that is not there meets no condition but `missing`."""

    value: Any


def judge_all(every: Sequence[Condition], some: Sequence[Condition], setting: str = "all") -> Test:
    """A test that holds when all of `every` hold and, if there are any, at least one of `some`.

    Raises `BadSetting` or `BadPointer` for what no condition can be made of.

    >>> fast = judge_all([{"field": "/speed", "op": "gt", "value": 8}], [])
    >>> fast({"speed": 9}), fast({"speed": "9"}), fast({})
    (True, False, False)
    """
    if not every and not some:
        raise BadSetting(setting, "there is no condition at all")
    needed = [_judge(condition) for condition in every]
    choice = [_judge(condition) for condition in some]
    if len(needed) == 1 and not choice:
        return needed[0]
    return lambda payload: (
        all(test(payload) for test in needed) and (not choice or any(test(payload) for test in choice))
    )


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1 and 1.0 are equal, 1 and true are not, at any depth.

    >>> same([1], [1.0]), same({"a": 1}, {"a": True})
    (True, False)
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[name]) for name, value in left.items())
    return bool(left == right)


def _judge(condition: Condition) -> Test:
    name = condition["op"]
    find = Pointer(condition["field"]).find
    if name in ("exists", "missing"):
        if "value" in condition:
            raise BadSetting("op", f"`{name}` takes no value")
        wanted = name == "exists"
        return lambda payload: (find(payload) is not MISSING) is wanted
    if "value" not in condition:
        raise BadSetting("op", f"`{name}` needs a value")
    value = condition["value"]
    if name == "matches":
        return _pattern(find, value)
    holds = _OPERATORS[name]
    if name in ("in", "not-in") and not isinstance(value, list):
        raise BadSetting("op", f"`{name}` needs a list of values")

    def test(payload: Any) -> bool:
        found = find(payload)
        return found is not MISSING and holds(found, value)

    return test


def _pattern(find: Callable[[Any], Any], value: Any) -> Test:
    try:
        search = re.compile(value).search
    except (re.error, TypeError) as error:
        raise BadSetting("op", f"`matches` needs a regular expression: {error}") from error

    def test(payload: Any) -> bool:
        found = find(payload)
        return isinstance(found, str) and search(found) is not None

    return test


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Compare numbers with numbers and text with text; nothing else has an order."""

    def holds(found: Any, value: Any) -> bool:
        if isinstance(found, str) and isinstance(value, str):
            return compare(found, value)
        return _is_number(found) and _is_number(value) and compare(found, value)

    return holds


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _contains(found: Any, value: Any) -> bool:
    if isinstance(found, str):
        return isinstance(value, str) and value in found
    return isinstance(found, list) and any(same(item, value) for item in found)


def _both_text(compare: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda found, value: isinstance(found, str) and isinstance(value, str) and compare(found, value)


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": same,
    "ne": lambda found, value: not same(found, value),
    "lt": _ordered(lambda found, value: found < value),
    "le": _ordered(lambda found, value: found <= value),
    "gt": _ordered(lambda found, value: found > value),
    "ge": _ordered(lambda found, value: found >= value),
    "in": lambda found, value: any(same(found, item) for item in value),
    "not-in": lambda found, value: not any(same(found, item) for item in value),
    "contains": _contains,
    "starts-with": _both_text(str.startswith),
    "ends-with": _both_text(str.endswith),
}

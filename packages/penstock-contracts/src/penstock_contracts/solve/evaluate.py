"""Say whether a value satisfies a formula.

Takes:   a formula, and a value with exact numbers (`int`, `Fraction`).
Gives:   true or false; or `Opaque`, where a pattern cannot be read or a reference never ends.
Ignores: how values are found (`search`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from penstock_contracts.budget import Budget
from penstock_contracts.formula import (
    AND,
    ARR,
    COUNT,
    DUPLICATE,
    ENUM,
    FALSE,
    FORMAT,
    ITEM,
    ITEMS,
    KEYS,
    MAX,
    MAXITEMS,
    MAXLEN,
    MAXPROPS,
    MIN,
    MINITEMS,
    MINLEN,
    MINPROPS,
    MULT,
    NENUM,
    NFORMAT,
    NMULT,
    NOTONE,
    NPATTERN,
    NREF,
    NUNEVAL,
    NUNEVALITEMS,
    OBJ,
    ONE,
    OR,
    PATTERN,
    PROP,
    REF,
    REQ,
    SOME,
    SOMEKEY,
    TRUE,
    TYPE,
    UNEVAL,
    UNEVALITEMS,
    UNIQUE,
    Node,
    Pool,
    freeze,
    type_of,
)
from penstock_contracts.regular.budget import OutOfSteps
from penstock_contracts.regular.language import parse
from penstock_contracts.regular.pattern import Unsupported
from penstock_contracts.solve.text import Steps

_ROOM = 300_000  # answers that are remembered


class Opaque(Exception):
    """It cannot be said whether a text matches a pattern."""


class Evaluator:
    """Answers for one pool; `conforms(format, text)` is asked about formats that are assertions."""

    def __init__(self, pool: Pool, conforms: Callable[[str, str], bool], budget: Budget) -> None:
        self.pool = pool
        self.budget = budget
        self._known: dict[
            tuple[int, int], tuple[bool, Any]
        ] = {}  # (formula, id of a value) -> (answer, the value, kept alive)
        self._ordered: dict[int, list[Node]] = {}
        self._last: dict[int, Node] = {}  # AND -> the member that was false, OR -> the one that was true, the last time
        self._costs: dict[int, int] = {}
        self.conforms = conforms
        self._matches: dict[tuple[str, str], bool] = {}

    def matches(self, pattern: str, text: str) -> bool:
        """Whether a pattern is found in a text; raises `Opaque`."""
        known = self._matches.get((pattern, text))
        if known is None:
            try:
                known = parse(pattern).contains(text, Steps(self.budget, 100_000))
            except (Unsupported, OutOfSteps) as error:
                raise Opaque(str(error)) from error
            self._matches[pattern, text] = known
        return known

    def holds(self, node: Node, value: Any) -> bool:
        """Whether the value is so; raises `Opaque`. Values are never changed, so what was said of one is remembered."""
        kind = type(value)
        if kind is not dict and kind is not list:
            node = self.pool.project(node, type_of(value))
            return self._HOW[node.kind](self, node.args, value)
        key = (node.nid, id(value))
        known = self._known.get(key)
        if known is not None:
            return known[0]
        self.budget.step()
        if len(self._known) > _ROOM:
            self._known.clear()
        formula = self.pool.project(node, OBJ if kind is dict else ARR)
        if formula.kind == AND:
            answer = self._each(formula, value)
        elif formula.kind == OR:
            answer = self._either(formula, value)
        else:
            answer = self._HOW[formula.kind](self, formula.args, value)
        self._known[key] = (answer, value)
        return answer

    def _each(self, node: Node, value: Any) -> bool:
        """Whether all members of an AND hold; those that cost little are asked first."""
        how = self._HOW
        last = self._last.get(node.nid)  # what refused the last value often refuses the next
        if last is not None and not how[last.kind](self, last.args, value):
            return False
        for child in self._in_order(node):
            if not how[child.kind](self, child.args, value):
                self._last[node.nid] = child
                return False
        return True

    def _in_order(self, node: Node) -> list[Node]:
        known = self._ordered.get(node.nid)
        if known is None:
            known = self._ordered[node.nid] = sorted(node.args, key=self._cost)
        return known

    def _cost(self, node: Node) -> int:
        """A guess of what it costs to ask; references are dear."""
        known = self._costs.get(node.nid)
        if known is None:
            self._costs[node.nid] = 50  # while it is worked out
            kind = node.kind
            if kind in (AND, OR, ONE, NOTONE):
                known = 1 + sum(map(self._cost, node.args))
            elif kind in (PROP, ITEM):
                known = 1 + self._cost(node.args[1])
            elif kind in (KEYS, SOMEKEY, ITEMS, SOME, COUNT, UNEVAL, NUNEVAL, UNEVALITEMS, NUNEVALITEMS):
                known = 30
            else:
                known = 50 if kind in (REF, NREF) else 1
            self._costs[node.nid] = known = min(known, 1_000)
        return known

    def _either(self, node: Node, value: Any) -> bool:
        """Whether a member of an OR holds."""
        how = self._HOW
        last = self._last.get(node.nid)
        try:
            if last is not None and how[last.kind](self, last.args, value):
                return True
        except Opaque:
            pass
        opaque: Opaque | None = None
        for child in self._in_order(node):
            try:
                if self._each(child, value) if child.kind == AND else how[child.kind](self, child.args, value):
                    self._last[node.nid] = child
                    return True
            except Opaque as error:
                opaque = error
        if opaque:
            raise opaque
        return False

    def _all(self, args: Any, value: Any) -> bool:
        how = self._HOW
        return all(how[child.kind](self, child.args, value) for child in args)

    def _any(self, args: Any, value: Any) -> bool:
        how = self._HOW
        opaque: Opaque | None = None
        for child in args:
            try:
                if self._each(child, value) if child.kind == AND else how[child.kind](self, child.args, value):
                    return True
            except Opaque as error:
                opaque = error
        if opaque:
            raise opaque
        return False

    def _one(self, args: Any, value: Any) -> bool:
        how = self._HOW
        found = 0
        for child in args:
            if self._each(child, value) if child.kind == AND else how[child.kind](self, child.args, value):
                found += 1
                if found == 2:
                    return False
        return found == 1

    def _count(self, args: Any, value: Any) -> bool:
        formula, least, most = args
        found = sum(1 for item in value if self.holds(formula, item))
        return bool(found >= least and (most < 0 or found <= most))

    def _unique(self, args: Any, value: Any) -> bool:
        return len({freeze(item) for item in value}) == len(value)

    def _keys(self, args: Any, value: Any) -> bool:
        names, formula = args
        return all(not self.holds(names, name) or self.holds(formula, member) for name, member in value.items())

    def _somekey(self, args: Any, value: Any) -> bool:
        names, formula = args
        return any(self.holds(names, name) and self.holds(formula, member) for name, member in value.items())

    def _uneval(self, args: Any, value: Any) -> bool:
        known, maybe, formula = args
        names = [known, *(more for condition, more in maybe if self.holds(condition, value))]
        return all(
            any(self.holds(some, name) for some in names) or self.holds(formula, member)
            for name, member in value.items()
        )

    def _unevalitems(self, args: Any, value: Any) -> bool:
        first, held, maybe, formula = args
        holding = [formula, held]
        for condition, count, more in maybe:
            if self.holds(condition, value):
                if count < 0:
                    return True
                first = max(first, count)
                holding.append(more)
        return all(any(self.holds(some, item) for some in holding) for item in value[first:])

    _HOW: ClassVar[dict[int, Callable[[Evaluator, Any, Any], bool]]] = {
        TRUE: lambda self, args, value: True,
        FALSE: lambda self, args, value: False,
        TYPE: lambda self, args, value: bool(args[0] & type_of(value)),
        AND: _all,
        OR: _any,
        ONE: _one,
        NOTONE: lambda self, args, value: not self._one(args, value),
        ENUM: lambda self, args, value: freeze(value) in args[0].table,
        NENUM: lambda self, args, value: freeze(value) not in args[0].table,
        MIN: lambda self, args, value: value > args[0] or (value == args[0] and not args[1]),
        MAX: lambda self, args, value: value < args[0] or (value == args[0] and not args[1]),
        MULT: lambda self, args, value: value % args[0] == 0,
        NMULT: lambda self, args, value: value % args[0] != 0,
        MINLEN: lambda self, args, value: len(value) >= args[0],
        MAXLEN: lambda self, args, value: len(value) <= args[0],
        PATTERN: lambda self, args, value: self.matches(args[0], value),
        NPATTERN: lambda self, args, value: not self.matches(args[0], value),
        FORMAT: lambda self, args, value: self.conforms(args[0], value),
        NFORMAT: lambda self, args, value: not self.conforms(args[0], value),
        MINITEMS: lambda self, args, value: len(value) >= args[0],
        MAXITEMS: lambda self, args, value: len(value) <= args[0],
        ITEM: lambda self, args, value: len(value) <= args[0] or self.holds(args[1], value[args[0]]),
        ITEMS: lambda self, args, value: all(self.holds(args[1], item) for item in value[args[0] :]),
        SOME: lambda self, args, value: any(self.holds(args[1], item) for item in value[args[0] :]),
        COUNT: _count,
        UNIQUE: _unique,
        DUPLICATE: lambda self, args, value: not self._unique(args, value),
        UNEVALITEMS: _unevalitems,
        NUNEVALITEMS: lambda self, args, value: not self._unevalitems(args, value),
        MINPROPS: lambda self, args, value: len(value) >= args[0],
        MAXPROPS: lambda self, args, value: len(value) <= args[0],
        REQ: lambda self, args, value: args[0] in value,
        PROP: lambda self, args, value: args[0] not in value or self.holds(args[1], value[args[0]]),
        KEYS: _keys,
        SOMEKEY: _somekey,
        UNEVAL: _uneval,
        NUNEVAL: lambda self, args, value: not self._uneval(args, value),
    }

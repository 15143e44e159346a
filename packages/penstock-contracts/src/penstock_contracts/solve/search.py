"""Is there a value that satisfies a formula? Split choices, join what must hold, and ask the theory of each type.

Takes:   formulas of one pool, a budget.
Gives:   `Search.sat`: `(value,)`, `NO` or `UNKNOWN`; the value is made of plain types with exact numbers.
Ignores: schemas, verdicts, wording.

JSON values are finite trees. So a goal that comes up again while it is being answered has no smaller value there, and
is taken as unsatisfiable for the moment; what was concluded from that is kept only if the goal turns out to be so.

Choices are made lazily: the theory first proposes a value that meets what is certain, and only a choice that this value
violates is decided. A conflict says which decisions it depends on; others are not tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from penstock_contracts.budget import Budget, CannotDecide
from penstock_contracts.formula import (
    AND,
    ARR,
    BOOL,
    DUPLICATE,
    ENUM,
    FALSE,
    FORMAT,
    KEYS,
    MAXITEMS,
    MINITEMS,
    MULT,
    NENUM,
    NFORMAT,
    NMULT,
    NOTONE,
    NPATTERN,
    NULL,
    NUM,
    NUNEVAL,
    NUNEVALITEMS,
    OBJ,
    ONE,
    OR,
    PATTERN,
    PROP,
    REQ,
    TRUE,
    TYPE,
    TYPES,
    UNEVAL,
    UNEVALITEMS,
    UNIQUE,
    Node,
    Pool,
    Values,
    freeze,
)
from penstock_contracts.solve import array, number, object, text
from penstock_contracts.solve.answer import NO, UNKNOWN, Answer
from penstock_contracts.solve.evaluate import Evaluator, Opaque
from penstock_contracts.solve.state import State
from penstock_contracts.verdict import Reason

_DEEPEST = 400  # values within values that one witness may have
_NEVER = 1 << 60
_CHOICES = frozenset((OR, ONE, NOTONE, UNEVAL, NUNEVAL, UNEVALITEMS, NUNEVALITEMS))
_UNEVALUATED = frozenset((UNEVAL, NUNEVAL, UNEVALITEMS, NUNEVALITEMS))
_OPPOSITE = {
    UNIQUE: DUPLICATE, DUPLICATE: UNIQUE, MULT: NMULT, NMULT: MULT, PATTERN: NPATTERN, NPATTERN: PATTERN,
    FORMAT: NFORMAT, NFORMAT: FORMAT,
}  # fmt: skip


class Search:
    """Answers questions about the formulas of one pool, and remembers the answers."""

    def __init__(self, pool: Pool, budget: Budget, conforms: Callable[[str, str], bool]) -> None:
        self.pool = pool
        self.budget = budget
        self.conforms = conforms
        self.evaluator = Evaluator(pool, conforms, budget)
        self.final: dict[int, Answer] = {}
        self._reset()
        self._several: dict[int, tuple[list[Any], bool]] = {}

    def _reset(self) -> None:
        self.open: dict[int, int] = {}
        self.provisional: dict[int, int] = {}
        self.order: list[int] = []
        self.low = _NEVER
        self.why: tuple[Reason, str] = ("unsupported", "")

    def ask(self, node: Node) -> Answer:
        """Answer a question of its own; `why` then says why it is unknown."""
        self._reset()
        self.evaluator.budget = self.budget
        return self.sat(node)

    def note(self, reason: Reason, detail: str) -> None:
        """Remember why something could not be decided; the first reason is told."""
        if not self.why[1]:
            self.why = (reason, detail)

    def holds(self, node: Node, value: Any) -> bool | None:
        """Whether a value satisfies a formula; None if that cannot be said."""
        try:
            return self.evaluator.holds(node, value)
        except Opaque as error:
            self.note("unsupported", f"pattern: {error}")
            return None
        except CannotDecide as error:
            self._forgive(error)
            return None

    def _forgive(self, error: CannotDecide) -> None:
        """Go on without knowing; but not when the budget has run out."""
        if error.verdict.reason == "budget":
            raise error
        self.note(error.verdict.reason, error.verdict.detail)

    def surely(self, names: Node, name: str) -> bool:
        """Whether a name belongs to a set; raises `CannotDecide` if that cannot be said."""
        try:
            return self.evaluator.holds(names, name)
        except Opaque as error:
            raise CannotDecide("unsupported", f"pattern: {error}") from error

    # ------------------------------------------------------------ one value of any type

    def sat(self, node: Node) -> Answer:
        """A value that satisfies the formula, `NO`, or `UNKNOWN`."""
        nid = node.nid
        if nid in self.final:
            return self.final[nid]
        if node.kind == FALSE:
            return NO
        known = self.provisional.get(nid)
        if known is not None:
            self.low = min(self.low, known)
            return NO
        place = self.open.get(nid)
        if place is not None:
            self.low = min(self.low, place)
            return NO
        depth = len(self.open)
        if depth > _DEEPEST:
            raise CannotDecide("budget", f"a value nested more than {_DEEPEST} levels deep")
        self.budget.step()
        self.open[nid] = depth
        outer, self.low = self.low, _NEVER
        mark = len(self.order)
        answer: Answer = NO
        for t in TYPES:
            if node.mask & t:
                try:
                    formula = self.pool.project(node, t)
                    found = self._typed(formula, t) if formula.kind != FALSE else NO
                except CannotDecide as error:
                    self._forgive(error)
                    found = UNKNOWN
                if found:
                    answer = found
                    break
                if found is UNKNOWN:
                    answer = UNKNOWN
        del self.open[nid]
        low, self.low = self.low, outer
        if answer == NO:
            if low >= depth:  # depends on nothing that is still open: it and all that waited for it are settled
                for each in self.order[mark:]:
                    self.final[each] = NO
                    del self.provisional[each]
                del self.order[mark:]
                self.final[nid] = NO
            else:
                self.provisional[nid] = low
                self.order.append(nid)
                self.low = min(self.low, low)
            return NO
        for each in self.order[mark:]:
            del self.provisional[each]
        del self.order[mark:]
        if answer:
            self.final[nid] = answer
        return answer

    def several(self, node: Node, count: int, asker: Any) -> list[Any]:
        """Up to `count` distinct values of a formula; `asker.unknown` is set if there may be more."""
        found, ended = self._several.get(node.nid, ([], False))
        if len(found) < count and not ended:
            found = list(found)
            low = self.low
            self.low = _NEVER
            while len(found) < count:
                excluded = self.pool.nenum(Values({freeze(value): value for value in found}))
                answer = self.sat(self.pool.conj([node, excluded]))
                if not answer:
                    if answer is UNKNOWN:
                        asker.unknown = True
                    ended = answer is not UNKNOWN and self.low == _NEVER
                    break
                found.append(answer[0])
            self.low = min(low, self.low)
            self._several[node.nid] = (found, ended)
        return found[:count]

    # ------------------------------------------------------------ one type

    def _typed(self, formula: Node, t: int) -> Answer:
        if t in (NULL, BOOL):
            for value in (None,) if t == NULL else (True, False):
                if self.holds(formula, value):
                    return (value,)
            return NO
        state = State(t, formula)
        if self._add(state, formula, 0) is not None:
            return NO
        found = self._decide(state, 0)
        return found if type(found) is tuple or found is None else NO

    def _add(self, state: State, node: Node, dep: int) -> int | None:
        """Take a formula as certain. Returns a conflict, or None if there is none to be seen."""
        stack = [node]
        t = state.t
        true = state.true
        table = self.pool.table
        while stack:
            node = stack.pop()
            kind = node.kind
            nid = node.nid
            if kind == TRUE or nid in true:
                continue
            if kind == TYPE and node.mask & t:
                continue
            if kind in (FALSE, TYPE):
                return dep
            if nid in state.banned:
                return dep | state.banned[nid]
            true[nid] = dep
            if kind == AND:
                stack.extend(node.args)
                continue
            opposite = node._neg
            if opposite is not None:
                opposite = opposite.proj.get(t)
                if opposite is not None and opposite.nid in true:
                    return dep | true[opposite.nid]
            if kind in _CHOICES:
                state.choices.append((node, dep))
                if kind in _UNEVALUATED:
                    stack.append(self.pool.implied(node))
                continue
            if kind in _OPPOSITE:
                opposite = table.get((_OPPOSITE[kind], *node.args))
                if opposite is not None and opposite.nid in true:
                    return dep | true[opposite.nid]
            if kind == ENUM:
                if state.enum is None:
                    state.enum, state.enum_dep = node, dep
                else:
                    state.enum = self.pool.conj([state.enum, node])
                    state.enum_dep |= dep
                    if state.enum.kind != ENUM:
                        return state.enum_dep
                continue
            if kind == NENUM and t >= ARR:
                state.choices.append((node, dep))
            state.atoms.append((node, dep))
            if t == OBJ:
                if kind == REQ:
                    state.req[node.args[0]] = dep
                elif kind == PROP:
                    name = node.args[0]
                    state.props.setdefault(name, []).append((node.args[1], dep))
                    state.values.pop(name, None)
                elif kind == KEYS:
                    state.keys.append((*node.args, dep))
                    state.values.clear()
        return None

    def _decide(self, state: State, level: int) -> Any:
        """`(value,)`, `UNKNOWN`, or a conflict (an int: the decisions that it depends on)."""
        while True:
            self.budget.step()
            if state.enum is not None:
                return self._listed(state)
            proposed = self._theory(state)
            if type(proposed) is int:
                return proposed
            if proposed is None:
                violated = state.choices
                if not violated:
                    return UNKNOWN
            else:
                value = proposed[0]
                violated = [choice for choice in state.choices if not self.holds(choice[0], value)]
                if not violated:
                    return proposed
            best: tuple[list[Node], int] | None = None
            progress = False
            for node, dep in violated:
                options, because = self._options(state, node, proposed)
                if options is None:
                    continue
                if not options:
                    return dep | because
                if len(options) == 1:
                    before = len(state.true)
                    conflict = self._add(state, options[0], dep | because)
                    if conflict is not None:
                        return conflict
                    progress = progress or len(state.true) > before
                elif best is None or len(options) < len(best[0]):
                    best = (options, dep | because)
                    if len(options) == 2 and len(violated) > 20:
                        break
            if progress:
                continue
            if best is None:
                self.note("unsupported", "the choices cannot be told apart")
                return UNKNOWN
            return self._branch(state, best[0], best[1], level)

    def _branch(self, state: State, options: list[Node], conflict: int, level: int) -> Any:
        bit = 1 << level
        unknown = False
        for option in options:
            next_state = state.copy()
            found = self._add(next_state, option, bit)
            answer = found if found is not None else self._decide(next_state, level + 1)
            if type(answer) is tuple:
                return answer
            if answer is None:
                unknown = True
            else:
                if not answer & bit:
                    return answer
                state.banned[option.nid] = answer & ~bit
                conflict |= answer & ~bit
        return UNKNOWN if unknown else conflict

    def _listed(self, state: State) -> Any:
        """The value is one of a few: try each against the whole goal."""
        unknown = False
        for value in state.enum.args[0] if state.enum is not None else ():
            holds = self.holds(state.root, value)
            if holds:
                return (value,)
            unknown = unknown or holds is None
        return UNKNOWN if unknown else state.enum_dep

    def _theory(self, state: State) -> Any:
        """`(value,)`, `UNKNOWN` or a conflict, for what is certain alone."""
        t = state.t
        if t == OBJ:
            return object.solve(self, state)
        if t == ARR:
            return array.solve(self, state)
        atoms = [node for node, _ in state.atoms]
        if t == NUM:
            answer = number.solve(atoms, self.budget)
        else:
            answer = text.solve(atoms, self.budget, self.conforms, self.note)
        if answer == NO:
            together = 0
            for _, dep in state.atoms:
                together |= dep
            return together
        return answer

    # ------------------------------------------------------------ choices

    def _options(self, state: State, node: Node, proposed: Any) -> tuple[list[Node] | None, int]:
        """The ways in which a choice can still be met, and the decisions that rule out the others; None if it is met."""
        kind = node.kind
        if kind in _UNEVALUATED:
            node = self.pool.split(node)
            kind = node.kind
            if kind != OR:
                return [node], 0
        if kind == NENUM:
            return [self._differs(node, proposed, state.t)], 0
        open_: list[Node] = []
        met: list[Node] = []
        because = 0
        for child in node.args:
            holds, dep = self._status(state, child)
            if holds is True:
                if kind == OR:
                    return None, 0
                met.append(child)
                because |= dep
            elif holds is False:
                because |= dep
            else:
                open_.append(child)
        if kind == OR:
            return open_, because
        pool, t = self.pool, state.t
        if kind == ONE:
            if len(met) > 1:
                return [], because
            if met:
                others = [
                    child for child in node.args if child is not met[0]
                ]  # also those that are ruled out, but not yet said to be
                return [pool.conj([pool.project(pool.neg(child), t) for child in others], t)], because
            return open_, because
        if len(met) > 1:
            return None, 0
        if met:
            return [pool.disj(open_, t)], because
        none = pool.conj([pool.project(pool.neg(child), t) for child in node.args], t)
        return [none, *open_], because

    def _differs(self, node: Node, proposed: Any, t: int) -> Node:
        """A NENUM of arrays or objects, spelled out for the value that was proposed (or for all)."""
        pool = self.pool
        values = list(node.args[0])
        if proposed:
            key = freeze(proposed[0])
            values = [value for value in values if freeze(value) == key]
        parts = []
        for value in values:
            if t == ARR:
                ways = [pool.most(MAXITEMS, len(value) - 1), pool.least(MINITEMS, len(value) + 1)]
                ways += [pool.neg(pool.item(place, _only(pool, item))) for place, item in enumerate(value)]
            else:
                ways = [pool.prop(name, pool.false) for name in value]
                ways += [pool.neg(pool.prop(name, _only(pool, member))) for name, member in value.items()]
                ways.append(pool.neg(pool.keys(pool.nenum(Values({name: name for name in value})), pool.false)))
            parts.append(pool.disj([pool.project(way, t) for way in ways], t))
        return pool.conj(parts, t)

    def _status(self, state: State, node: Node) -> tuple[bool | None, int]:
        """Whether a formula is certain (True), ruled out (False) or neither (None), at a quick look."""
        nid = node.nid
        known = state.true.get(nid)
        if known is not None:
            return True, known
        known = state.banned.get(nid)
        if known is not None:
            return False, known
        kind = node.kind
        if kind == TRUE:
            return True, 0
        if kind == FALSE:
            return False, 0
        opposite = node._neg
        if opposite is not None:
            opposite = opposite.proj.get(state.t)
            if opposite is not None:
                known = state.true.get(opposite.nid)
                if known is not None:
                    return False, known
        if kind == AND:
            certain = True
            together = 0
            for child in node.args:
                holds, dep = self._status(state, child)
                if holds is False:
                    return False, dep
                if holds is None:
                    certain = False
                together |= dep
            if certain:
                return True, together
            if state.t == OBJ:
                return self._needed(state, node)
            return None, 0
        if kind == OR:
            together = 0
            for child in node.args:
                holds, dep = self._status(state, child)
                if holds is True:
                    return True, dep
                if holds is None:
                    return None, 0
                together |= dep
            return False, together
        if kind == PROP:
            name, so = node.args
            goal, because = state.value(self, name)
            if goal.kind == FALSE:
                return True, because
            both = self.pool.conj([goal, so])
            if both is goal:
                return True, because
            if name in state.req and self._impossible(both):
                return False, because | state.req[name]
            return None, 0
        if kind == REQ:
            name = node.args[0]
            if name in state.props or state.keys:
                goal, because = state.value(self, name)
                if self._impossible(goal):
                    return False, because
        return None, 0

    def _needed(self, state: State, node: Node) -> tuple[bool | None, int]:
        """An AND that needs a property whose value cannot be."""
        needs = {child.args[0] for child in node.args if child.kind == REQ}
        for child in node.args:
            if child.kind == PROP and child.args[0] in needs:
                goal, because = state.value(self, child.args[0])
                if self._impossible(self.pool.conj([goal, child.args[1]])):
                    return False, because
        return None, 0

    def _impossible(self, node: Node) -> bool:
        """Whether a formula is known to be unsatisfiable, without a search."""
        return node.kind == FALSE or self.final.get(node.nid, UNKNOWN) == NO


def _only(pool: Pool, value: Any) -> Node:
    return pool.enum({freeze(value): value})

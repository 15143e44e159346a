"""Decide a set of object constraints: an object that meets them all, or proof that none does.

Takes:   the atoms of a `State` of type object.
Gives:   `(object,)`, `UNKNOWN`, or a conflict: the set of decisions (as bits) that it depends on.
Ignores: choices that are still open (`search`).

Names fall into two kinds: those that some constraint spells out, each with all that is said about its value, and all
others, which are grouped into cells: the names that belong to the same sets. Whether a cell has a name at all is a
question about strings, and is asked like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock_contracts.formula import MAXPROPS, MINLEN, MINPROPS, SOMEKEY, STR, Node, Values
from penstock_contracts.solve.answer import UNKNOWN, Answer
from penstock_contracts.solve.state import Asking, State

_MOST = 5_000  # properties that a witness may need


def solve(search: Asking, state: State) -> Any:
    """See the module; the object is small, and its names are readable."""
    return _Objects(search, state).solve()


class _Objects:
    """One attempt: the constraints of one state, sorted."""

    def __init__(self, search: Asking, state: State) -> None:
        self.search = search
        self.state = state
        self.pool = search.pool
        self.least = self.most_dep = self.least_dep = 0
        self.most: int | None = None
        self.demands: list[tuple[Node, Node, int]] = []
        self.unknown = False
        self.every = 0
        for atom, dep in state.atoms:
            kind = atom.kind
            self.every |= dep
            if kind == SOMEKEY:
                self.demands.append((atom.args[0], atom.args[1], dep))
            elif kind == MINPROPS and atom.args[0] > self.least:
                self.least, self.least_dep = atom.args[0], dep
            elif kind == MAXPROPS and (self.most is None or atom.args[0] < self.most):
                self.most, self.most_dep = atom.args[0], dep

    def solve(self) -> Any:
        state, search = self.state, self.search
        if self.most is not None and self.least > self.most:
            return self.least_dep | self.most_dep
        if self.most is not None and len(state.req) > self.most:
            together = self.most_dep
            for dep in state.req.values():
                together |= dep
            return together
        chosen: dict[str, Any] = {}
        for name, dep in state.req.items():
            goal, because = state.value(search, name)
            answer = search.sat(goal)
            if answer:
                chosen[name] = answer[0]
            elif answer is UNKNOWN:
                self.unknown = True
            else:
                return dep | because
        if self.unknown and not self.demands and len(state.req) >= self.least:
            return UNKNOWN
        if not self.demands and len(chosen) >= self.least:
            return (chosen,)
        if self.least > _MOST:
            search.note("budget", f"an object of at least {self.least} properties")
            return UNKNOWN
        answer = self._place(0, {}, [], chosen)
        if answer:
            return UNKNOWN if self.unknown_required(chosen) else answer
        return UNKNOWN if self.unknown else self.every

    def unknown_required(self, chosen: dict[str, Any]) -> bool:
        """Whether some required property has a value that is not known."""
        return len(chosen) < len(self.state.req)

    # ------------------------------------------------------------ names

    def named(self) -> dict[str, str]:
        """Every name that a constraint spells out."""
        names = {name: name for name in self.state.req}
        names.update((name, name) for name in self.state.props)
        return names

    def cells(self, names: Node, value: Node) -> Iterator[tuple[Node, Node]]:
        """The ways in which a name that no constraint spells out can meet `names`, and what its value then is."""
        spelled = self.named()
        goal = self.pool.conj([names, self.pool.nenum(Values(spelled))], STR)
        yield from self._cells(goal, value, 0)

    def _cells(self, names: Node, value: Node, index: int) -> Iterator[tuple[Node, Node]]:
        search, pool = self.search, self.pool
        if value is pool.false:
            return
        answer = search.sat(pool.conj([pool.types[STR], names]))
        if answer == ():
            return
        if index == len(self.state.keys):
            if answer is UNKNOWN:
                self.unknown = True
                return
            known = search.sat(value)
            if known is UNKNOWN:
                self.unknown = True
            elif known:
                yield names, value
            return
        which, so, _ = self.state.keys[index]
        yield from self._cells(pool.conj([names, pool.neg(which)], STR), value, index + 1)
        yield from self._cells(pool.conj([names, which], STR), pool.conj([value, so]), index + 1)

    # ------------------------------------------------------------ demands

    def _place(self, index: int, extra: dict[str, Node], fresh: list[tuple[Node, Node]], chosen: dict[str, Any]) -> Any:
        """Give every demand, from `index` on, a name whose value meets it."""
        search, pool, state = self.search, self.pool, self.state
        search.budget.step()
        room = self.most is None or len(state.req.keys() | extra.keys()) + len(fresh) < self.most
        if index == len(self.demands):
            return self._finish(extra, fresh, chosen)
        names, value, _ = self.demands[index]
        for name in [*state.req, *(other for other in extra if other not in state.req)]:
            if self._belongs(name, names):
                goal = pool.conj([extra.get(name) or state.value(search, name)[0], value])
                if self._possible(goal):
                    found = self._place(index + 1, {**extra, name: goal}, fresh, chosen)
                    if found:
                        return found
        if room:
            for name in state.props:
                if name not in state.req and name not in extra and self._belongs(name, names):
                    goal = pool.conj([state.value(search, name)[0], value])
                    if self._possible(goal):
                        found = self._place(index + 1, {**extra, name: goal}, fresh, chosen)
                        if found:
                            return found
            for cell in self.cells(names, value):
                found = self._place(index + 1, extra, [*fresh, cell], chosen)
                if found:
                    return found
        for place, (their, so) in enumerate(fresh):
            both, goal = pool.conj([their, names], STR), pool.conj([so, value])
            if self._possible(goal) and self._possible(pool.conj([pool.types[STR], both])):
                found = self._place(index + 1, extra, [*fresh[:place], (both, goal), *fresh[place + 1 :]], chosen)
                if found:
                    return found
        return ()

    def _belongs(self, name: str, names: Node) -> bool:
        return self.search.surely(names, name)

    def _possible(self, goal: Node) -> bool:
        answer = self.search.sat(goal)
        if answer is UNKNOWN:
            self.unknown = True
        return bool(answer)

    def _finish(self, extra: dict[str, Node], fresh: list[tuple[Node, Node]], chosen: dict[str, Any]) -> Any:
        """The object, with as many more properties as it needs."""
        search, pool, state = self.search, self.pool, self.state
        made = dict(chosen)
        for name, goal in extra.items():
            answer = search.sat(goal)
            if not answer:
                return ()
            made[name] = answer[0]
        used = self.named()
        for names, goal in fresh:
            word = self._word(names, used)
            answer = search.sat(goal)
            if not word or not answer:
                self.unknown = True  # another choice of names might do
                return ()
            used[word[0]] = word[0]
            made[word[0]] = answer[0]
        missing = self.least - len(made) - (len(state.req) - len(chosen))
        if missing > 0:
            if self.most is not None and self.least > self.most:
                return ()
            for name in state.props:
                if missing > 0 and name not in made and name not in state.req:
                    answer = search.sat(state.value(search, name)[0])
                    if answer:
                        made[name] = answer[0]
                        missing -= 1
                    elif answer is UNKNOWN:
                        self.unknown = True
            if missing > 0:
                for names, goal in self.cells(pool.true, pool.true):
                    answer = search.sat(goal)
                    if not answer:
                        continue
                    while missing > 0:
                        word = self._word(names, used)
                        if not word:
                            self.unknown = self.unknown or word is UNKNOWN
                            break
                        used = {**used, word[0]: word[0]}
                        made[word[0]] = answer[0]
                        missing -= 1
                    if missing <= 0:
                        break
            if missing > 0:
                return ()
        return (made,)

    def _word(self, names: Node, used: dict[str, str]) -> Answer:
        """A name that is not used yet; not the empty one, if there is another."""
        pool = self.pool
        goal = pool.conj([pool.types[STR], names, pool.nenum(Values(used))])
        return self.search.sat(pool.conj([goal, pool.least(MINLEN, 1)])) or self.search.sat(goal)

"""Decide a set of array constraints: an array that meets them all, or proof that none does.

Takes:   the atoms of a `State` of type array.
Gives:   `(array,)`, `UNKNOWN`, or a conflict: the set of decisions (as bits) that it depends on.
Ignores: choices that are still open (`search`).

Every item from some position on is constrained alike. An item there that no demand needs can be left out, so only a
bounded number of lengths has to be tried; for one length, each item takes a role (which of the counted descriptions it
meets), and the roles are counted. Distinct items are a matching between positions and values.
"""

from __future__ import annotations

from typing import Any

from penstock_contracts.formula import (
    COUNT,
    DUPLICATE,
    ITEM,
    ITEMS,
    MAXITEMS,
    MINITEMS,
    SOME,
    UNIQUE,
    Node,
    freeze,
)
from penstock_contracts.solve.answer import NO, UNKNOWN
from penstock_contracts.solve.state import Asking, State

_LONGEST = 200_000  # items that a witness may need when they are all alike
_LONG = 400  # items that a witness may need when they have roles


def solve(search: Asking, state: State) -> Any:
    """See the module; the array is as short as may be."""
    return _Arrays(search, state).solve()


class _Arrays:
    """One attempt: the constraints of one state, sorted."""

    def __init__(self, search: Asking, state: State) -> None:
        self.search = search
        self.pool = search.pool
        self.least = 0
        self.most: int | None = None
        self.at: dict[int, list[Node]] = {}
        self.since: list[tuple[int, Node]] = []
        self.roles: list[tuple[int, Node, int, int]] = []  # first index, formula, least, most (-1: any)
        self.unique = self.duplicate = False
        self.unknown = False
        self.every = 0
        prefix = 0
        for atom, dep in state.atoms:
            kind, args = atom.kind, atom.args
            self.every |= dep
            if kind == MINITEMS:
                self.least = max(self.least, args[0])
            elif kind == MAXITEMS:
                self.most = args[0] if self.most is None else min(self.most, args[0])
            elif kind == ITEM:
                self.at.setdefault(args[0], []).append(args[1])
                prefix = max(prefix, args[0] + 1)
            elif kind == ITEMS:
                self.since.append((args[0], args[1]))
                prefix = max(prefix, args[0])
            elif kind == SOME:
                self.roles.append((args[0], args[1], 1, -1))
                prefix = max(prefix, args[0])
            elif kind == COUNT:
                self.roles.append((0, *args))
            elif kind == UNIQUE:
                self.unique = True
            elif kind == DUPLICATE:
                self.duplicate = True
        self.prefix = prefix
        self.widest = 0
        self.goals: dict[int, Node] = {}
        self.options: dict[tuple[Node, int], list[tuple[int, Node]]] = {}

    def solve(self) -> Any:
        search = self.search
        if self.most is not None and self.least > self.most:
            return self.every
        alike = not (self.roles or self.unique or self.duplicate)
        if self.least > (_LONGEST if alike else _LONG):
            blocked = self._blocked()
            if blocked is not None:
                return blocked
            search.note("budget", f"an array of at least {self.least} items")
            return UNKNOWN
        if alike:
            return self._alike()
        needs = sum(role[2] for role in self.roles) + (2 if self.duplicate else 0)
        if needs > _LONG or len(self.roles) > 12:
            search.note("budget", f"an array with {needs} counted items")
            return UNKNOWN
        options = [option for index in range(self.prefix + 1) for option in self._options(self.goal(index), index)]
        self.widest = max(
            (bin(bits).count("1") for bits, _ in options), default=0
        )  # roles that one item can take at once
        last = max(self.least, self.prefix + needs)
        if self.most is not None:
            last = min(last, self.most)
        for length in range(self.least, last + 1):
            if length > 0:
                answer = search.sat(self.goal(length - 1))
                if answer == NO:
                    break
                if answer is UNKNOWN:
                    self.unknown = True
            found = self._fill(length)
            if found:
                return found
        return UNKNOWN if self.unknown else self.every

    def goal(self, index: int) -> Node:
        """All that is said about the item at an index."""
        index = min(index, self.prefix)
        made = self.goals.get(index)
        if made is None:
            parts = [*self.at.get(index, ()), *(so for first, so in self.since if first <= index)]
            made = self.goals[index] = self.pool.conj(parts)
        return made

    def _blocked(self) -> int | None:
        """Whether some item that is needed cannot be."""
        for index in range(min(self.least, self.prefix + 1)):
            if self.search.sat(self.goal(index)) == NO:
                return self.every
        return None

    def _alike(self) -> Any:
        made = []
        for index in range(min(self.least, self.prefix + 1)):
            answer = self.search.sat(self.goal(index))
            if answer is UNKNOWN:
                self.unknown = True
            elif not answer:
                return self.every
            else:
                made.append(answer[0])
        if self.unknown:
            return UNKNOWN
        made += made[-1:] * (self.least - len(made))
        return (made,)

    # ------------------------------------------------------------ roles

    def _options(self, base: Node, index: int) -> list[tuple[int, Node]]:
        """The sets of roles that an item can take: (bits of the roles, all that is then said about the item)."""
        eligible = 0
        for place, (first, _, _, _) in enumerate(self.roles):
            if first <= index:
                eligible |= 1 << place
        known = self.options.get((base, eligible))
        if known is None:
            found: list[tuple[int, Node]] = []
            self._choose(base, eligible, 0, 0, found)
            found.sort(key=lambda option: -bin(option[0]).count("1"))
            known = self.options[base, eligible] = found
        return known

    def _choose(self, goal: Node, eligible: int, place: int, bits: int, found: list[tuple[int, Node]]) -> None:
        pool, search = self.pool, self.search
        search.budget.step()
        answer = search.sat(goal)
        if answer == NO:
            return
        if answer is UNKNOWN:
            self.unknown = True
            return
        if place == len(self.roles):
            found.append((bits, goal))
            return
        _, so, _, most = self.roles[place]
        if eligible >> place & 1:
            self._choose(pool.conj([goal, so]), eligible, place + 1, bits | 1 << place, found)
        if most >= 0:
            goal = pool.conj([goal, pool.neg(so)])
        self._choose(goal, eligible, place + 1, bits, found)

    def _fill(self, length: int) -> Any:
        needed = [role[2] for role in self.roles]
        allowed = [role[3] if role[3] >= 0 else length for role in self.roles]
        return self._position(0, length, needed, allowed, [], 0)

    def _position(
        self, index: int, length: int, needed: list[int], allowed: list[int], goals: list[Node], least: int
    ) -> Any:
        """Choose roles from `index` on; from the prefix on, in order, because positions there are alike."""
        self.search.budget.step()
        if max(needed, default=0) > length - index or sum(needed) > (length - index) * self.widest:
            return ()
        if index == length:
            return self._values(goals)
        options = self._options(self.goal(index), index)
        ordered = index > self.prefix
        # those that meet open needs first
        for place in range(least if ordered else 0, len(options)):
            bits, goal = options[place]
            if any(bits >> role & 1 and allowed[role] <= 0 for role in range(len(needed))):
                continue
            now = [max(need - (bits >> role & 1), 0) for role, need in enumerate(needed)]
            left = [room - (bits >> role & 1) for role, room in enumerate(allowed)]
            found = self._position(index + 1, length, now, left, [*goals, goal], place if index >= self.prefix else 0)
            if found:
                return found
        return ()

    # ------------------------------------------------------------ values

    def _values(self, goals: list[Node]) -> Any:
        search, pool = self.search, self.pool
        if self.unique:
            return self._distinct(goals)
        values = []
        for goal in goals:
            answer = search.sat(goal)
            if not answer:
                return ()
            values.append(answer[0])
        if not self.duplicate:
            return (values,)
        seen: set[tuple[int, int]] = set()
        for one in range(len(goals)):
            for other in range(one + 1, len(goals)):
                pair = (goals[one].nid, goals[other].nid)
                if pair in seen:
                    continue
                seen.add(pair)
                answer = search.sat(pool.conj([goals[one], goals[other]]))
                if answer:
                    values[one] = values[other] = answer[0]
                    return (values,)
                if answer is UNKNOWN:
                    self.unknown = True
        return ()

    def _distinct(self, goals: list[Node]) -> Any:
        """A matching between positions and values; a goal that has as many values as there are positions is no obstacle."""
        domains: dict[int, list[Any]] = {}
        for goal in goals:
            if goal.nid not in domains:
                domains[goal.nid] = self.search.several(goal, len(goals), self)
        owner: dict[Any, int] = {}
        taken: list[Any] = [None] * len(goals)

        def augment(position: int, visited: set[Any]) -> bool:
            for value in domains[goals[position].nid]:
                key = freeze(value)
                if key in visited:
                    continue
                visited.add(key)
                if key not in owner or augment(owner[key], visited):
                    owner[key] = position
                    taken[position] = value
                    return True
            return False

        for position in range(len(goals)):
            if not augment(position, set()):
                return ()
        return (taken,)

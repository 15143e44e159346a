"""Schemas as logic: hash-consed formulas over one JSON value, in simplest form.

Takes:   atoms (one constraint of one JSON type each), and formulas to join.
Gives:   `Pool.conj`, `disj`, `neg`, `project`: equal formulas are one object, so `is` compares them.
Ignores: keywords and drafts (`compile`), and whether a formula is unsatisfiable in secret (`solve`).

An atom of type T is true of every value of another type, as keywords are. So "not an atom" is "of type T, and the
opposite atom", and no atom needs a sign. `mask` bounds the types that a formula can hold for. A formula that was made
with a narrower `scope` may be used for values of that scope only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from penstock_contracts.budget import CannotDecide

NULL, BOOL, NUM, STR, ARR, OBJ = 1, 2, 4, 8, 16, 32
ALL = 63
TYPES = (NULL, BOOL, NUM, STR, ARR, OBJ)

(
    TRUE, FALSE, AND, OR, ONE, NOTONE, REF, NREF, TYPE, ENUM, NENUM,
    MIN, MAX, MULT, NMULT,
    MINLEN, MAXLEN, PATTERN, NPATTERN, FORMAT, NFORMAT,
    MINITEMS, MAXITEMS, ITEM, ITEMS, SOME, COUNT, UNIQUE, DUPLICATE, UNEVALITEMS, NUNEVALITEMS,
    MINPROPS, MAXPROPS, REQ, PROP, KEYS, SOMEKEY, UNEVAL, NUNEVAL,
) = range(39)  # fmt: skip

OF = (  # kind -> the one type that it speaks of; 0 if it speaks of all
    [0] * 11 + [NUM] * 4 + [STR] * 6 + [ARR] * 10 + [OBJ] * 8
)  # fmt: skip

_MANY = 600  # kinds of objects that are compared with each other
Number = Any  # int, or Fraction where it is not whole


class Node:
    """One formula; made by a `Pool` only, and never changed.

    `args` by kind: AND OR ONE NOTONE: formulas; REF: a key into `Pool.bodies`; ENUM NENUM: frozen key -> value, by an id;
    MIN MAX: (bound, exclusive); ITEM: (index, formula); ITEMS SOME: (first index, formula); COUNT: (formula, least, most or -1);
    PROP: (name, formula); KEYS SOMEKEY: (formula over names, formula over values).
    UNEVAL: (formula over evaluated names, ((condition, formula over names), ...), formula over values).
    """

    __slots__ = ("_neg", "args", "kind", "mask", "nid", "proj")

    kind: int
    args: tuple[Any, ...]
    nid: int
    mask: int
    _neg: Node | None
    proj: dict[int, Node]

    def __repr__(self) -> str:
        return f"<{self.kind} {self.args}>"


class Values:
    """A finite set of JSON values: frozen key -> value. Compared by its keys."""

    __slots__ = ("_hash", "of", "table")

    def __init__(self, table: dict[Any, Any]) -> None:
        self.table = table
        self._hash = hash(frozenset(table))
        self.of = 0
        for key in table:
            self.of |= type_of_key(key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Values) and self.table.keys() == other.table.keys()

    def __iter__(self) -> Any:
        return iter(self.table.values())


def type_of(value: Any) -> int:
    """The type bit of a JSON value."""
    kind = type(value)
    if kind is str:
        return STR
    if kind is dict:
        return OBJ
    if kind is list:
        return ARR
    if kind is bool:
        return BOOL
    if value is None:
        return NULL
    return NUM


def freeze(value: Any) -> Any:
    """A hashable key; two values have the same one if and only if they are equal as JSON.

    Numbers are `int` or `Fraction` here. 1 is 1.0, 1 is not true, and the order of keys is nothing.
    """
    kind = type(value)
    if kind is str or kind is int or kind is Fraction:
        return value
    if kind is bool:
        return ("b", value)
    if kind is list:
        return ("a", *map(freeze, value))
    if kind is dict:
        return ("o", frozenset((key, freeze(member)) for key, member in value.items()))
    if value is None:
        return None
    raise TypeError(kind)


def type_of_key(key: Any) -> int:
    """The type bit of a frozen value."""
    if type(key) is tuple:
        tag = key[0]
        return BOOL if tag == "b" else ARR if tag == "a" else OBJ
    if key is None:
        return NULL
    return STR if type(key) is str else NUM


_OPPOSITE = {
    UNIQUE: DUPLICATE, DUPLICATE: UNIQUE, MULT: NMULT, NMULT: MULT, PATTERN: NPATTERN, NPATTERN: PATTERN,
    FORMAT: NFORMAT, NFORMAT: FORMAT, UNEVAL: NUNEVAL, NUNEVAL: UNEVAL, UNEVALITEMS: NUNEVALITEMS, NUNEVALITEMS: UNEVALITEMS,
}  # fmt: skip
_TIGHTER = {  # kind -> whether the first bound is the tighter one
    MINLEN: max, MINITEMS: max, MINPROPS: max, MAXLEN: min, MAXITEMS: min, MAXPROPS: min,
}  # fmt: skip
_MERGED = frozenset((TRUE, FALSE, TYPE, ENUM, NENUM, MIN, MAX, *_TIGHTER))  # what an AND holds only one of
_NOTHING_MORE = (TRUE, TYPE)  # what the mask says already
_RANGES = {NUM: (MIN, MAX), STR: (MINLEN, MAXLEN), ARR: (MINITEMS, MAXITEMS), OBJ: (MINPROPS, MAXPROPS)}


class _Kind:
    """What is quickly seen about some objects: names that they have, what their values are, and which names are the only ones."""

    __slots__ = ("only", "props", "req")

    def __init__(self, parts: Iterable[Node]) -> None:
        self.req: set[str] = set()
        self.props: dict[str, Node] = {}
        self.only: Any = None
        for node in parts:
            if node.kind == REQ:
                self.req.add(node.args[0])
            elif node.kind == PROP:
                self.props[node.args[0]] = node.args[1]
            elif node.kind == KEYS and node.args[1].kind == FALSE and node.args[0].kind == NENUM:
                self.only = node.args[0].args[0].table


def _differ(one: _Kind, other: _Kind) -> bool:
    """Whether no object can be of both kinds."""
    for name in one.req | other.req:
        if (one.only is not None and name not in one.only) or (other.only is not None and name not in other.only):
            return True
        first, second = one.props.get(name), other.props.get(name)
        if first is not None and second is not None and first is not second:
            if not first.mask & second.mask:
                return True
            if (
                first.kind == ENUM
                and second.kind == ENUM
                and first.args[0].table.keys().isdisjoint(second.args[0].table)
            ):
                return True
    return False


class _Types(dict[int, Node]):
    """Mask of types -> the formula that says "of one of these types"; made when it is first needed."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        super().__init__({0: pool.false, ALL: pool.true})

    def __missing__(self, mask: int) -> Node:
        made = self[mask] = self.pool._make(TYPE, (mask,), mask)
        return made


class Pool:
    """The formulas of one question (or of many about the same documents)."""

    def __init__(self) -> None:
        self.table: dict[tuple[Any, ...], Node] = {}
        self.bodies: dict[Any, Callable[[], Node]] = {}  # key of a REF -> what compiles its definition
        self.expanded: dict[Any, Node] = {}
        self.expanding: set[Any] = set()
        self._excluded: dict[Any, tuple[int, Node | None] | None] = {}
        self._kinds_of: dict[int, list[_Kind]] = {}
        self.true = self._make(TRUE, (), ALL)
        self.false = self._make(FALSE, (), 0)
        self.true._neg = self.false
        self.false._neg = self.true
        self.types = _Types(self)

    def _make(self, kind: int, args: tuple[Any, ...], mask: int) -> Node:
        key = (kind, *args)
        node = self.table.get(key)
        if node is None:
            node = Node()
            node.kind = kind
            node.args = args
            node.mask = mask
            node._neg = None
            node.proj = {}
            node.nid = len(self.table)
            self.table[key] = node
        return node

    # ------------------------------------------------------------ atoms

    def atom(self, kind: int, *args: Any) -> Node:
        """An atom of one type, as it is; the functions below first make it simple."""
        return self._make(kind, args, ALL)

    def enum(self, table: dict[Any, Any]) -> Node:
        """One of these values; `table` is frozen key -> value."""
        if not table:
            return self.false
        mask = (NULL if None in table else 0) | (BOOL if ("b", True) in table and ("b", False) in table else 0)
        if mask and len(table) == (mask & 1) + (mask & 2):
            return self.types[mask]
        values = Values(table)
        return self._make(ENUM, (values,), values.of)

    def nenum(self, values: Values) -> Node:
        """None of these values."""
        table = values.table
        if None in table or (("b", True) in table and ("b", False) in table):
            return self.conj([self._make(NENUM, (values,), ALL)])
        return self._make(NENUM, (values,), ALL) if table else self.true

    def ref(self, key: Any) -> Node:
        """The definition with this key, to be looked up when it is needed."""
        return self._make(REF, (key,), ALL)

    def minimum(self, bound: Number, exclusive: bool = False) -> Node:
        return self._make(MIN, (bound, exclusive), ALL)

    def maximum(self, bound: Number, exclusive: bool = False) -> Node:
        return self._make(MAX, (bound, exclusive), ALL)

    def least(self, kind: int, count: int) -> Node:
        """MINLEN, MINITEMS or MINPROPS."""
        return self._make(kind, (count,), ALL) if count > 0 else self.true

    def most(self, kind: int, count: int) -> Node:
        """MAXLEN, MAXITEMS or MAXPROPS; a negative count lets nothing of that type through."""
        return self._make(kind, (count,), ALL) if count >= 0 else self.types[ALL ^ OF[kind]]

    def prop(self, name: str, value: Node) -> Node:
        """If the object has the property, its value is so. FALSE: it does not have it."""
        return self.true if value is self.true else self._make(PROP, (name, value), ALL)

    def keys(self, names: Node, value: Node) -> Node:
        """Every property whose name is so has a value that is so."""
        if value is self.true or not names.mask & STR:
            return self.true
        names = self.conj([names], STR)
        if names is self.false:
            return self.true
        if names.kind == ENUM:
            return self.conj([self.prop(name, value) for name in names.args[0]])
        return self._make(KEYS, (names, value), ALL)

    def uneval(self, known: Node, maybe: Iterable[tuple[Node, Node]], value: Node) -> Node:
        """Every property that is not evaluated has a value that is so.

        `known` are the names that surely are evaluated, `maybe` those that are if a condition holds for the object.
        """
        left: dict[Node, Node] = {}
        for condition, names in maybe:
            if condition is self.true:
                known = self.disj([known, names], STR)
            elif condition is not self.false:
                left[condition] = self.disj([left.get(condition, self.false), names], STR)
        if value is self.true or known is self.true:
            return self.true
        left = {condition: names for condition, names in left.items() if names is not known}
        if not left:
            return self.keys(self.neg(known), value)
        if known.kind in (FALSE, ENUM) and all(names.kind == ENUM for names in left.values()):
            return self._spelled(known, left, value)
        return self._make(UNEVAL, (known, tuple(left.items()), value), ALL)

    def _spelled(self, known: Node, left: dict[Node, Node], value: Node) -> Node:
        """The same where all names are spelled out: each of them is so, or one of its conditions holds."""
        surely = known.args[0].table if known.kind == ENUM else {}
        reasons: dict[str, list[Node]] = {}
        for condition, names in left.items():
            for name in names.args[0]:
                if name not in surely:
                    reasons.setdefault(name, []).append(condition)
        parts = [self.disj([self.prop(name, value), *why]) for name, why in reasons.items()]
        every = self.disj([known, self.enum({name: name for name in reasons})], STR)
        return self.conj([*parts, self.keys(self.neg(every), value)])

    def unevalitems(self, first: int, held: Node, maybe: Iterable[tuple[Node, int, Node]], value: Node) -> Node:
        """Every item that is not evaluated is so.

        The first items surely are evaluated (-1: all), and those that `held` describes; others if a condition holds.
        """
        left = []
        for condition, count, holding in maybe:
            if condition is self.true:
                first = -1 if count < 0 or first < 0 else max(first, count)
                held = self.disj([held, holding])
            elif condition is not self.false:
                left.append((condition, count, holding))
        if value is self.true or first < 0:
            return self.true
        left = [each for each in left if each[1] < 0 or each[1] > first or each[2] is not self.false]
        if not left:
            return self.items(first, self.disj([value, held]))
        if all(holding is self.false for _, _, holding in left):
            rest = self.disj([value, held])
            farthest = max([first, *(count for _, count, _ in left)])
            parts = [
                self.disj(
                    [self.item(index, rest), *(condition for condition, count, _ in left if count < 0 or count > index)]
                )
                for index in range(first, farthest)
            ]
            always = [condition for condition, count, _ in left if count < 0]
            return self.conj([*parts, self.disj([self.items(farthest, rest), *always])])
        return self._make(UNEVALITEMS, (first, held, tuple(left), value), ALL)

    def implied(self, node: Node) -> Node:
        """What an (N)UNEVAL or (N)UNEVALITEMS says whatever its conditions are."""
        kind, args = node.kind, node.args
        if kind == UNEVAL:
            return self.keys(self.neg(self.disj([args[0], *(names for _, names in args[1])], STR)), args[2])
        if kind == NUNEVAL:
            return self.project(self.neg(self.keys(self.neg(args[0]), args[2])), OBJ)
        first, held, more, value = args
        if kind == NUNEVALITEMS:
            return self.project(self.neg(self.items(first, self.disj([value, held]))), ARR)
        if any(count < 0 for _, count, _ in more):
            return self.true
        farthest = max([first, *(count for _, count, _ in more)])
        return self.items(farthest, self.disj([value, held, *(holding for _, _, holding in more)]))

    def split(self, node: Node) -> Node:
        """An (N)UNEVAL or (N)UNEVALITEMS with its first condition decided, as a choice of two."""
        kind, args = node.kind, node.args
        if kind in (UNEVAL, NUNEVAL):
            known, maybe, value = args
            condition = maybe[0][0]
            then = self.uneval(self.disj([known, maybe[0][1]], STR), maybe[1:], value)
            other = self.uneval(known, maybe[1:], value)
            t = OBJ
        else:
            first, held, more, value = args
            condition, count, holding = more[0]
            farther = -1 if count < 0 else max(first, count)
            then = self.unevalitems(farther, self.disj([held, holding]), more[1:], value)
            other = self.unevalitems(first, held, more[1:], value)
            t = ARR
        if kind in (NUNEVAL, NUNEVALITEMS):
            then, other = self.neg(then), self.neg(other)
        return self.disj(
            [self.project(self.conj([condition, then]), t), self.project(self.conj([self.neg(condition), other]), t)], t
        )

    def item(self, index: int, value: Node) -> Node:
        return self.true if value is self.true else self._make(ITEM, (index, value), ALL)

    def items(self, first: int, value: Node) -> Node:
        if value is self.false:
            return self.most(MAXITEMS, first)
        return self.true if value is self.true else self._make(ITEMS, (first, value), ALL)

    def some(self, first: int, value: Node) -> Node:
        if value is self.false:
            return self.types[ALL ^ ARR]
        if value is self.true:
            return self.least(MINITEMS, first + 1)
        return self._make(SOME, (first, value), ALL)

    def count(self, value: Node, least: int, most: int) -> Node:
        """The array has at least `least` and at most `most` (-1: any number of) items that are so."""
        if most >= 0 and least > most:
            return self.types[ALL ^ ARR]
        if value is self.true:
            return self.conj([self.least(MINITEMS, least), self.true if most < 0 else self.most(MAXITEMS, most)])
        if most == 0:
            return self.items(0, self.neg(value))
        if value is self.false:
            return self.types[ALL ^ ARR] if least > 0 else self.true
        if least <= 0 and most < 0:
            return self.true
        if least == 1 and most < 0:
            return self.some(0, value)
        return self._make(COUNT, (value, max(least, 0), most), ALL)

    # ------------------------------------------------------------ joining

    def conj(self, nodes: Iterable[Node], scope: int = ALL) -> Node:
        """All of them."""
        flat: dict[int, Node] = {}
        mask = scope
        enum: dict[Any, Any] | None = None
        lists: dict[int, Node] = {}
        outs: dict[int, Node] = {}
        bounds: dict[int, Node] | None = None
        false = self.false
        for each in nodes:
            for node in each.args if each.kind == AND else (each,):
                kind = node.kind
                mask &= node.mask
                if kind not in _MERGED:
                    flat[node.nid] = node
                elif kind == FALSE:
                    return false
                elif kind in _NOTHING_MORE:
                    continue
                elif kind == ENUM:
                    table = node.args[0].table
                    enum = table if enum is None else {key: enum[key] for key in enum if key in table}
                    lists[node.nid] = node
                elif kind == NENUM:
                    outs[node.nid] = node
                else:
                    bounds = {} if bounds is None else bounds
                    old = bounds.get(kind)
                    bounds[kind] = node if old is None or _tighter(node, old) else old
            if not mask:
                return false
        if bounds:
            for node in bounds.values():
                if OF[node.kind] & mask:
                    flat[node.nid] = node
            for of, (low, high) in _RANGES.items():
                if of & mask and low in bounds and high in bounds and _empty(bounds[low], bounds[high]):
                    flat.pop(bounds[low].nid)
                    flat.pop(bounds[high].nid)
                    mask &= ~of
                    if not mask:
                        return false
        if enum is not None:
            node = next(iter(lists.values()))
            if len(lists) > 1 or outs or node.mask & ~mask:  # else it stays as it is
                for other in outs.values():
                    excluded = other.args[0].table
                    enum = {key: value for key, value in enum.items() if key not in excluded}
                enum = {key: value for key, value in enum.items() if type_of_key(key) & mask}
                if not enum:
                    return false
                node = self.enum(enum)
            mask &= node.mask
            if node.kind != TYPE:
                flat[node.nid] = node
        elif outs:
            rest = self._excluding(outs, mask)
            if rest is None:
                return false
            mask, node = rest
            if node is not None:
                flat[node.nid] = node
        inner = scope
        drop: list[int] | None = None
        for nid, node in flat.items():
            of = OF[node.kind]
            if of:
                if not of & mask:
                    drop = drop or []
                    drop.append(nid)
                elif mask == of:
                    opposite = _OPPOSITE.get(node.kind)
                    if opposite is not None:
                        against = self.table.get((opposite, *node.args))
                        if against is not None and against.nid in flat:
                            return false
            else:
                inner &= node.mask
                if node._neg is not None and node._neg.nid in flat:
                    return false
        if drop:
            for nid in drop:
                del flat[nid]
        children = [flat[nid] for nid in sorted(flat)]
        if inner != mask:
            children.insert(0, self.types[mask])
        if not children:
            return self.true
        if len(children) == 1:
            return children[0]
        mask = ALL  # of the children alone: the same formula may be made again with another scope
        for node in children:
            mask &= node.mask
        return self._make(AND, tuple(children), mask)

    def _excluding(self, outs: dict[int, Node], mask: int) -> tuple[int, Node | None] | None:
        """Several NENUM as one, without the values of other types; and the types that are left. None if there are none."""
        key = (tuple(sorted(outs)), mask)
        if key in self._excluded:
            return self._excluded[key]
        values: Values
        if len(outs) == 1:
            values = next(iter(outs.values())).args[0]
        else:
            values = Values({name: value for node in outs.values() for name, value in node.args[0].table.items()})
        kept = values.table
        if values.of & ~mask or values.of & (NULL | BOOL):
            kept = {name: value for name, value in kept.items() if type_of_key(name) & mask}
            if mask & NULL and None in kept:
                mask &= ~NULL
                del kept[None]
            if mask & BOOL and ("b", True) in kept and ("b", False) in kept:
                mask &= ~BOOL
                del kept[("b", True)], kept[("b", False)]
            values = Values(kept)
        made = (mask, self._make(NENUM, (values,), ALL) if kept else None) if mask else None
        self._excluded[key] = made
        return made

    def disj(self, nodes: Iterable[Node], scope: int = ALL) -> Node:
        """At least one of them."""
        flat: dict[int, Node] = {}
        types = 0  # wholly covered by TYPE nodes
        by_atoms = 0  # wholly covered by the atoms that stay in
        enum: dict[Any, Any] | None = None
        true = self.true
        for each in nodes:
            for node in each.args if each.kind == OR else (each,):
                kind = node.kind
                if kind == FALSE:
                    continue
                if kind == TRUE:
                    return true
                if kind == TYPE:
                    types |= node.mask
                elif kind == ENUM:
                    table = node.args[0].table
                    enum = dict(table) if enum is None else {**enum, **table}
                else:
                    if OF[kind]:
                        by_atoms |= ALL ^ OF[kind]
                    flat[node.nid] = node
        if self._join(flat):
            return true
        cover = types | by_atoms
        if cover & scope == scope:
            return true
        if enum is not None:
            enum = {
                key: value for key, value in enum.items() if not type_of_key(key) & cover and type_of_key(key) & scope
            }
            if enum:
                few = types & scope & ~by_atoms & (NULL | BOOL)  # the types with few values go with the values
                if few & NULL:
                    enum[None] = None
                if few & BOOL:
                    enum[("b", True)], enum[("b", False)] = True, False
                types &= ~few
                node = self.enum(enum)
                if node.kind == TYPE:
                    types |= node.mask
                else:
                    flat[node.nid] = node
                cover = types | by_atoms | few
                if (types | by_atoms) & scope == scope:
                    return true
        drop = []
        for nid, node in flat.items():
            if not node.mask & scope & ~cover and not OF[node.kind] and node.kind != ENUM:
                drop.append(nid)
            elif node._neg is not None and node._neg.nid in flat:
                return true
        for nid in drop:
            del flat[nid]
        children = [flat[nid] for nid in sorted(flat)]
        types &= scope & ~by_atoms
        if types:
            children.insert(0, self.types[types])
        if not children:
            return self.false
        if len(children) == 1:
            return children[0]
        mask = 0
        for node in children:
            mask |= node.mask
        return self._make(OR, tuple(children), mask)

    def _join(self, flat: dict[int, Node]) -> bool:
        """Make one of the members of an OR that speak of the same property, or of the same item; whether it is true then."""
        places: dict[Any, Node] | None = None
        for node in list(flat.values()):
            if node.kind in (PROP, ITEM):
                places = {} if places is None else places
                before = places.get(node.args[0])
                if before is not None:
                    del flat[before.nid], flat[node.nid]
                    either = self.disj([before.args[1], node.args[1]])
                    if either is self.true:
                        return True
                    node = self._make(node.kind, (node.args[0], either), ALL)
                    flat[node.nid] = node
                places[node.args[0]] = node
        return False

    def one(self, nodes: Iterable[Node], scope: int = ALL) -> Node:
        """Exactly one of them."""
        nodes = list(nodes)
        twice = {node for node in nodes if nodes.count(node) > 1} if len(set(nodes)) < len(nodes) else ()
        if twice:
            never = [self.neg_within(node, scope) for node in twice]
            return self.conj([self.one([node for node in nodes if node not in twice], scope), *never], scope)
        children = sorted((node for node in nodes if node is not self.false), key=lambda node: node.nid)
        if not children:
            return self.false
        if len(children) == 1:
            return children[0]
        sure = [node for node in children if node is self.true]
        if len(sure) > 1:
            return self.false
        if sure:
            return self.conj([self.neg_within(node, scope) for node in children if node is not self.true], scope)
        masks = 0
        for node in children:
            if masks & node.mask:
                break
            masks |= node.mask
        else:
            return self.disj(children, scope)
        if scope == OBJ and len(children) <= _MANY and self._exclude_each_other(children):
            return self.disj(children, scope)
        if len(children) == 2 and scope == ALL:
            first, second = children
            if first is second:
                return self.false
            if self.neg(first) is second:
                return self.true
        mask = 0
        for node in children:
            mask |= node.mask
        return self._make(ONE, tuple(children), mask)

    def _exclude_each_other(self, children: list[Node]) -> bool:
        """Whether no object can be of two kinds, as the names that they need and the values of those show at a quick look."""
        kinds = []
        for child in children:
            kinds.append(self._kinds(child))
            if not kinds[-1] or len(kinds[-1]) > _MANY:
                return False
        seen: list[_Kind] = []
        for several in kinds:
            if any(not _differ(one, other) for one in several for other in seen):
                return False
            seen += several
        return True

    def _kinds(self, node: Node) -> list[_Kind]:
        """Kinds of objects, such that each object that the formula holds for is of one of them. None are given if nothing is known."""
        known = self._kinds_of.get(node.nid)
        if known is None:
            if node.kind in (OR, ONE):
                known = []
                for child in node.args:
                    inner = self._kinds(child)
                    if not inner or len(known) > _MANY:
                        known = []
                        break
                    known += inner
            else:
                known = [_Kind(node.args if node.kind == AND else (node,))]
            self._kinds_of[node.nid] = known
        return known

    def neg(self, node: Node) -> Node:
        """Not so."""
        made = node._neg
        if made is None:
            made = node._neg = self._negated(node)
            if made._neg is None:
                made._neg = node
        return made

    def neg_within(self, node: Node, scope: int) -> Node:
        """Not so, for values of a scope."""
        return self.project(self.neg(node), scope) if scope in TYPES else self.neg(node)

    def _negated(self, node: Node) -> Node:
        kind, args = node.kind, node.args
        if kind == AND:
            return self.disj([self.neg(child) for child in args])
        if kind == OR:
            return self.conj([self.neg(child) for child in args])
        if kind == TYPE:
            return self.types[ALL ^ node.mask]
        if kind == ENUM:
            return self.nenum(args[0])
        if kind == NENUM:
            return self.enum(args[0].table)
        if kind in (REF, ONE):
            return self._make(kind + 1, args, ALL)
        if kind in (NREF, NOTONE):
            return self._make(kind - 1, args, ALL)
        of = OF[kind]
        if kind == MIN:
            opposite = self.maximum(args[0], not args[1])
        elif kind == MAX:
            opposite = self.minimum(args[0], not args[1])
        elif kind in (MINLEN, MINITEMS, MINPROPS):
            opposite = self.most(kind + 1, args[0] - 1)
        elif kind in (MAXLEN, MAXITEMS, MAXPROPS):
            opposite = self.least(kind - 1, args[0] + 1)
        elif kind == REQ:
            opposite = self.prop(args[0], self.false)
        elif kind == PROP:
            opposite = self.conj([self._make(REQ, (args[0],), ALL), self.prop(args[0], self.neg(args[1]))])
        elif kind == ITEM:
            opposite = self.conj([self.least(MINITEMS, args[0] + 1), self.item(args[0], self.neg(args[1]))])
        elif kind == ITEMS:
            opposite = self.some(args[0], self.neg(args[1]))
        elif kind == SOME:
            opposite = self.items(args[0], self.neg(args[1]))
        elif kind == KEYS:
            opposite = self._make(SOMEKEY, (args[0], self.neg(args[1])), ALL)
        elif kind == SOMEKEY:
            opposite = self.keys(args[0], self.neg(args[1]))
        elif kind == COUNT:
            value, least, most = args
            fewer = self.count(value, 0, least - 1) if least > 0 else self.types[ALL ^ ARR]
            more = self.count(value, most + 1, -1) if most >= 0 else self.types[ALL ^ ARR]
            opposite = self.disj([self.conj([self.types[ARR], fewer]), self.conj([self.types[ARR], more])])
        else:
            opposite = self._make(_OPPOSITE[kind], args, ALL)
        return self.conj([self.types[of], opposite])

    # ------------------------------------------------------------ one type at a time

    def project(self, node: Node, t: int) -> Node:
        """What remains of the formula for values of one type; references at the top are looked up.

        Raises `CannotDecide` on a reference that leads back to itself without going into a value.
        """
        made = node.proj.get(t)
        if made is None:
            made = node.proj[t] = self._projected(node, t)
            made.proj[t] = made
        return made

    def _projected(self, node: Node, t: int) -> Node:
        kind, args = node.kind, node.args
        of = OF[kind]
        if of:
            return node if of == t else self.true
        if not node.mask & t:
            return self.false
        if kind in (AND, OR):
            settled = self.false if kind == AND else self.true
            parts = []
            for child in args:
                part = self.project(child, t)
                if part is settled:
                    return settled
                parts.append(part)
            return self.conj(parts, t) if kind == AND else self.disj(parts, t)
        if kind == TYPE:
            return self.true
        if kind in (REF, NREF):
            key = args[0]
            if key in self.expanding:
                raise CannotDecide("unsupported", "a reference leads back to itself without going into a value")
            self.expanding.add(key)
            try:
                body = self.body(key)
                return self.project(body if kind == REF else self.neg(body), t)
            finally:
                self.expanding.discard(key)
        if kind == ENUM:
            table = {key: value for key, value in args[0].table.items() if type_of_key(key) == t}
            made = self.enum(table)
            return self.true if made.kind == TYPE else made
        if kind == NENUM:
            table = {key: value for key, value in args[0].table.items() if type_of_key(key) == t}
            if t == NULL and table:
                return self.false
            return self.nenum(Values(table))
        if kind == ONE:
            return self.one([self.project(child, t) for child in args], t)
        if kind == NOTONE:
            one = self.one([self.project(child, t) for child in args], t)
            return self._make(NOTONE, one.args, one.mask | ALL) if one.kind == ONE else self.project(self.neg(one), t)
        return node

    def body(self, key: Any) -> Node:
        """The definition that a REF stands for."""
        made = self.expanded.get(key)
        if made is None:
            made = self.expanded[key] = self.bodies[key]()
        return made


def _tighter(node: Node, old: Node) -> bool:
    kind = node.kind
    if kind == MIN:
        return bool(node.args[0] > old.args[0] or (node.args[0] == old.args[0] and node.args[1]))
    if kind == MAX:
        return bool(node.args[0] < old.args[0] or (node.args[0] == old.args[0] and node.args[1]))
    return bool(_TIGHTER[kind](node.args[0], old.args[0]) != old.args[0])


def _empty(low: Node, high: Node) -> bool:
    if low.kind == MIN and low.args[0] == high.args[0]:
        return bool(low.args[1] or high.args[1])
    return bool(low.args[0] > high.args[0])

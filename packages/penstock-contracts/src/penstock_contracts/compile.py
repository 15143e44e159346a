"""Read schemas into formulas: every assertion keyword of every draft, normalised at the door.

Takes:   sub-schemas at their places (`resolve.Scope`).
Gives:   `Compiler.root(side)` and `Compiler.at(side, pointer)`: formulas of one pool, in which equal definitions of both
         documents, also recursive ones, are one object.
Ignores: annotations, unless an unknown dialect makes it impossible to tell; and whether a formula can hold (`solve`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

from penstock_contracts.budget import Budget, CannotDecide
from penstock_contracts.dialect import NAMED, SHAPES
from penstock_contracts.document import exact, number
from penstock_contracts.formula import (
    ALL,
    ARR,
    BOOL,
    FORMAT,
    MAXITEMS,
    MAXLEN,
    MAXPROPS,
    MINITEMS,
    MINLEN,
    MINPROPS,
    MULT,
    NULL,
    NUM,
    OBJ,
    PATTERN,
    REQ,
    STR,
    UNIQUE,
    Node,
    Pool,
    freeze,
)
from penstock_contracts.resolve import Scope, Side

_TYPES = {"null": NULL, "boolean": BOOL, "number": NUM, "integer": NUM, "string": STR, "array": ARR, "object": OBJ}
Handler = Callable[["Compiler", Any, dict[str, Any], Scope], Node]


class TwoWays(CannotDecide):
    """The specification and the reference validator read a schema differently."""


class Compiler:
    """Compiles the sub-schemas of the sides of one question into one pool.

    `asserted` are the formats that are assertions; all others are annotations.
    """

    def __init__(self, pool: Pool, budget: Budget, asserted: frozenset[str] = frozenset()) -> None:
        self.pool = pool
        self.budget = budget
        self.asserted = asserted
        self._roots: list[tuple[Any, Scope]] = []
        self._classes: dict[tuple[int, int], Any] = {}
        self._round = 0
        self._active: set[tuple[int, int]] = set()

    def root(self, side: Side) -> Node:
        """The formula of the whole document."""
        return self.at(side, "")

    def at(self, side: Side, pointer: str) -> Node:
        """The formula of the sub-schema at a JSON pointer."""
        schema, scope = side.at(pointer)
        return self.schema(schema, scope)

    def expect(self, side: Side, pointer: str = "") -> None:
        """Announce a sub-schema, so that its definitions and those of others announced are compared in one go."""
        self._roots.append(side.at(pointer))

    # ------------------------------------------------------------ references

    def same(self) -> bool:
        """Whether the sub-schemas that were announced look the same, references followed; asked where nothing else is known."""
        keys = [self._classes.get((id(schema), id(scope))) for schema, scope in self._roots]
        if None in keys:
            self._classify(self._roots[0])
            keys = [self._classes.get((id(schema), id(scope))) for schema, scope in self._roots]
        return len(set(keys)) == 1

    def reference(self, schema: Any, scope: Scope) -> Node:
        """The formula of a schema that a reference leads to."""
        if schema is True or schema is False:
            return self.pool.true if schema else self.pool.false
        key = self._classes.get((id(schema), id(scope)))
        if key is None:
            self._classify((schema, scope))
            key = self._classes[id(schema), id(scope)]
        return self.pool.ref(key)

    def _classify(self, more: tuple[Any, Scope]) -> None:
        """Find which definitions mean the same: refine by what they look like, and by what they refer to, until it is stable."""
        self._round += 1
        places: dict[tuple[int, int], int] = {}
        looks: list[int] = []
        slots: list[_Leads] = []
        queue = [*self._roots, more]
        where = []
        shapes: dict[Any, int] = {}
        while queue:
            schema, scope = queue.pop()
            key = (id(schema), id(scope))
            if key in places:
                continue
            places[key] = len(looks)
            where.append((schema, scope))
            leads = _Leads()
            look = _look(schema, scope, leads, self.asserted, True)
            looks.append(shapes.setdefault(look, len(shapes)))
            slots.append(leads)
            queue.extend(leads.to)
            self.budget.step()
        edges = [[places[id(schema), id(scope)] for schema, scope in leads.to] for leads in slots]
        if _circular([[to[index] for index in leads.here] for to, leads in zip(edges, slots, strict=True)]):
            raise CannotDecide("unsupported", "a reference leads back to itself without going into a value")
        colours = looks
        count = len(set(colours))
        while True:
            self.budget.look()
            table: dict[Any, int] = {}
            colours = [
                table.setdefault((colour, *[colours[to] for to in leads]), len(table))
                for colour, leads in zip(colours, edges, strict=True)
            ]
            if len(table) == count:
                break
            count = len(table)
        for key, place in places.items():
            name = (self._round, colours[place])
            self._classes.setdefault(key, name)
            if name not in self.pool.bodies:
                self.pool.bodies[name] = self._definition(*where[place])

    def _definition(self, schema: Any, scope: Scope) -> Callable[[], Node]:
        return lambda: self.schema(schema, scope)

    # ------------------------------------------------------------ schemas

    def schema(self, schema: Any, scope: Scope) -> Node:
        """The formula of one schema."""
        pool = self.pool
        if schema is True:
            return pool.true
        if schema is False:
            return pool.false
        if type(schema) is not dict:
            raise CannotDecide("invalid-schema", f"a schema is an object or a boolean, not {_shown(schema)}")
        self.budget.step()
        if not schema:
            return pool.true
        scope = scope.into(schema)
        keywords = scope.dialect.keywords
        if scope.dialect.number <= 7 and "$ref" in schema:
            return _ref(self, schema["$ref"], schema, scope)
        parts = []
        for keyword in schema:
            if keyword in keywords:
                handler = HANDLERS.get(keyword)
                if handler is not None:
                    parts.append(handler(self, schema[keyword], schema, scope))
        if len(parts) == 1:
            return parts[0]
        return pool.conj(parts)

    def opaque(self, key: Any, why: CannotDecide) -> Node:
        """A formula of which nothing is known but that it equals itself; looking into it raises `why`."""

        def refuse() -> Node:
            raise CannotDecide(why.verdict.reason, why.verdict.detail)

        self.pool.bodies[key] = refuse
        return self.pool.ref(key)

    def many(self, value: Any, keyword: str, scope: Scope) -> list[Node]:
        """The formulas of a list of schemas."""
        return [self.schema(each, scope) for each in _list(value, keyword)]

    # ------------------------------------------------------------ what is evaluated

    def evaluated_names(self, schema: Any, scope: Scope, *, own: bool = True) -> list[tuple[Node, Node]]:
        """Which properties a schema evaluates: pairs of a condition for the object and a formula over names.

        Without `own`, the schema's own `unevaluatedProperties` does not count.
        """
        return self._evaluated(schema, scope, own, _names_of, self._under_names)

    def evaluated_items(self, schema: Any, scope: Scope, *, own: bool = True) -> list[tuple[Node, int, Node]]:
        """Which items a schema evaluates: triples of a condition, a count of first items (-1: all), and what others are."""
        return self._evaluated(schema, scope, own, _items_of, self._under_items)

    def _under_names(self, condition: Node, entry: tuple[Node, Node]) -> tuple[Node, Node]:
        return (self.pool.conj([condition, entry[0]]), entry[1])

    def _under_items(self, condition: Node, entry: tuple[Node, int, Node]) -> tuple[Node, int, Node]:
        return (self.pool.conj([condition, entry[0]]), entry[1], entry[2])

    def _evaluated(self, schema: Any, scope: Scope, own: bool, here: Any, under: Any) -> list[Any]:
        if type(schema) is not dict:
            return []
        scope = scope.into(schema)
        key = (id(schema), id(scope))
        if key in self._active:
            raise CannotDecide("unsupported", "a reference leads back to itself without going into a value")
        self._active.add(key)
        try:
            found: list[Any] = []
            if scope.dialect.number <= 7 and "$ref" in schema:
                return self._evaluated(*scope.side.follow(_text(schema["$ref"], "$ref"), scope), True, here, under)
            found += here(self, schema, scope, own)
            for keyword, follow in _LEADS.items():
                if keyword in schema and keyword in scope.dialect.keywords:
                    found += self._evaluated(*follow(schema[keyword], scope), True, here, under)
            for child in _list(schema.get("allOf", []), "allOf"):
                found += self._evaluated(child, scope, True, here, under)
            for keyword in ("anyOf", "oneOf"):
                for child in _list(schema.get(keyword, []), keyword):
                    entries = self._evaluated(child, scope, True, here, under)
                    if entries:
                        condition = self.schema(child, scope)
                        found += [under(condition, entry) for entry in entries]
            if "if" in schema and "if" in scope.dialect.keywords:
                condition = self.schema(schema["if"], scope)
                both = self._evaluated(schema["if"], scope, True, here, under)
                both += self._evaluated(schema.get("then"), scope, True, here, under)
                found += [under(condition, entry) for entry in both]
                other = self._evaluated(schema.get("else"), scope, True, here, under)
                found += [under(self.pool.neg(condition), entry) for entry in other]
            if scope.dialect.number >= 2019:
                for name, child in _named(schema.get("dependentSchemas", {}), "dependentSchemas").items():
                    entries = self._evaluated(child, scope, True, here, under)
                    has = self.pool.conj([self.pool.types[OBJ], self.pool.atom(REQ, name)])
                    found += [under(has, entry) for entry in entries]
            return found
        finally:
            self._active.discard(key)


# ---------------------------------------------------------------- looks: what a definition is, up to its references


class _Leads:
    """Where the references of a definition lead, in order; `here` are those that are about the very same value."""

    __slots__ = ("here", "to")

    def __init__(self) -> None:
        self.to: list[tuple[Any, Scope]] = []
        self.here: list[int] = []

    def add(self, target: tuple[Any, Scope], here: bool) -> None:
        if here:
            self.here.append(len(self.to))
        self.to.append(target)


_HERE = frozenset(("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"))


def _lead(keyword: str, value: Any, scope: Scope, leads: _Leads, here: bool) -> Any:
    try:
        leads.add(_LEADS[keyword](value, scope), here)
    except CannotDecide as error:
        if error.verdict.reason != "remote-reference":
            raise
        return (keyword, urljoin(scope.resource.uri, value))
    return keyword


def _look(schema: Any, scope: Scope, leads: _Leads, asserted: frozenset[str], here: bool) -> Any:
    """A hashable picture of a schema without annotations; where references lead is added to `leads`, in order."""
    if type(schema) is not dict:
        return ("is", schema is True) if type(schema) is bool else ("bad", repr(schema)[:100])
    scope = scope.into(schema)
    dialect = scope.dialect
    if dialect.number <= 7 and "$ref" in schema:
        return _lead("$ref", schema["$ref"], scope, leads, here)
    picture: list[Any] = [dialect.number]
    if dialect.number == 4:
        picture.append((schema.get("exclusiveMinimum") is True, schema.get("exclusiveMaximum") is True))
    for keyword in sorted(schema.keys() & dialect.keywords):
        value = schema[keyword]
        shape = SHAPES.get(keyword)
        if shape is None:
            if keyword in _LEADS:
                picture.append(_lead(keyword, value, scope, leads, here))
            elif keyword != "format" or (type(value) is str and value in asserted):
                picture.append((keyword, _frozen(value)))
            continue
        if keyword in ("definitions", "$defs", "contentSchema"):
            continue
        still = here and keyword in _HERE
        if shape is NAMED and type(value) is dict:
            members = []
            for name in sorted(value):
                inner = value[name]
                look = _frozen(inner) if type(inner) is list else _look(inner, scope, leads, asserted, still)
                members.append((name, look))
            picture.append((keyword, tuple(members)))
        elif type(value) is list:
            picture.append((keyword, "list", tuple([_look(each, scope, leads, asserted, still) for each in value])))
        else:
            picture.append((keyword, _look(value, scope, leads, asserted, still)))
    return tuple(picture)


def _circular(edges: list[list[int]]) -> bool:
    """Whether a directed graph has a circle."""
    waiting = [0] * len(edges)
    for leads in edges:
        for to in leads:
            waiting[to] += 1
    free = [place for place, count in enumerate(waiting) if not count]
    done = 0
    while free:
        done += 1
        for to in edges[free.pop()]:
            waiting[to] -= 1
            if not waiting[to]:
                free.append(to)
    return done < len(edges)


def _frozen(value: Any) -> Any:
    return freeze(exact(value))


# ---------------------------------------------------------------- what keywords must be


def _shown(value: Any) -> str:
    return f"`{type(value).__name__}`"


def _invalid(keyword: str, wanted: str, value: Any) -> CannotDecide:
    return CannotDecide("invalid-schema", f"`{keyword}` must be {wanted}, not {_shown(value)}")


def _list(value: Any, keyword: str) -> list[Any]:
    if type(value) is not list:
        raise _invalid(keyword, "an array", value)
    return value


def _named(value: Any, keyword: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise _invalid(keyword, "an object", value)
    return value


def _text(value: Any, keyword: str) -> str:
    if type(value) is not str:
        raise _invalid(keyword, "a string", value)
    return value


def _texts(value: Any, keyword: str) -> list[str]:
    for each in _list(value, keyword):
        if type(each) is not str:
            raise _invalid(keyword, "an array of strings", value)
    return value  # type: ignore[no-any-return]  # every member was looked at


def _count(value: Any, keyword: str) -> int:
    if type(value) is not int:
        if not isinstance(value, float | Decimal) or type(number(value)) is not int:
            raise _invalid(keyword, "a whole number", value)
        value = number(value)
    if value < 0:
        raise CannotDecide("invalid-schema", f"`{keyword}` must not be negative")
    return int(value)


def _number(value: Any, keyword: str) -> Any:
    if type(value) is bool or not isinstance(value, int | float | Decimal):
        raise _invalid(keyword, "a number", value)
    return number(value)


# ---------------------------------------------------------------- keywords, each as a formula


def _ref(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    try:
        target = scope.side.follow(_text(value, "$ref"), scope)
    except CannotDecide as error:
        if error.verdict.reason != "remote-reference":
            raise
        return c.opaque(("elsewhere", urljoin(scope.resource.uri, value)), error)
    return c.reference(*target)


def _dynamic_ref(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.reference(*scope.side.follow_dynamic(_text(value, "$dynamicRef"), scope))


def _recursive_ref(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.reference(*scope.side.follow_recursive(scope))


def _type(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    names = [value] if type(value) is str else _texts(value, "type")
    mask = 0
    for name in names:
        if name not in _TYPES:
            raise CannotDecide("invalid-schema", f"`{name}` is no type")
        mask |= _TYPES[name]
    node = c.pool.types[mask]
    if "integer" in names and "number" not in names:
        return c.pool.conj([node, c.pool.atom(MULT, 1)])
    return node


def _enum(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    values = [exact(each) for each in _list(value, "enum")]
    return c.pool.enum({freeze(each): each for each in values})


def _const(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    value = exact(value)
    return c.pool.enum({freeze(value): value})


def _minimum(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.pool.minimum(
        _number(value, "minimum"), scope.dialect.number == 4 and schema.get("exclusiveMinimum") is True
    )


def _maximum(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.pool.maximum(
        _number(value, "maximum"), scope.dialect.number == 4 and schema.get("exclusiveMaximum") is True
    )


def _exclusive_minimum(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.pool.minimum(_number(value, "exclusiveMinimum"), True)


def _exclusive_maximum(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.pool.maximum(_number(value, "exclusiveMaximum"), True)


def _multiple_of(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    factor = _number(value, "multipleOf")
    if factor <= 0:
        raise CannotDecide("invalid-schema", "`multipleOf` must be greater than 0")
    return c.pool.atom(MULT, factor)


def _least(kind: int, keyword: str) -> Handler:
    return lambda c, value, schema, scope: c.pool.least(kind, _count(value, keyword))


def _most(kind: int, keyword: str) -> Handler:
    return lambda c, value, schema, scope: c.pool.most(kind, _count(value, keyword))


def _pattern(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.pool.atom(PATTERN, _text(value, "pattern"))


def _format(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    if type(value) is str and value in c.asserted:
        return c.pool.atom(FORMAT, value)
    return c.pool.true


def _items(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    pool = c.pool
    if scope.dialect.number >= 2020:
        first = len(_list(schema.get("prefixItems", []), "prefixItems"))
        return pool.items(first, c.schema(value, scope))
    if type(value) is list:
        return pool.conj([pool.item(index, node) for index, node in enumerate(c.many(value, "items", scope))])
    return pool.items(0, c.schema(value, scope))


def _additional_items(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    if type(schema.get("items")) is not list:
        return c.pool.true
    return c.pool.items(len(schema["items"]), c.schema(value, scope))


def _prefix_items(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    nodes = c.many(value, "prefixItems", scope)
    return c.pool.conj([c.pool.item(index, node) for index, node in enumerate(nodes)])


def _contains(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    least, most = 1, -1
    if scope.dialect.number >= 2019:
        least = _count(schema.get("minContains", 1), "minContains")
        most = _count(schema["maxContains"], "maxContains") if "maxContains" in schema else -1
    return c.pool.count(c.schema(value, scope), least, most)


def _unique(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    if type(value) is not bool:
        raise _invalid("uniqueItems", "a boolean", value)
    return c.pool.atom(UNIQUE) if value else c.pool.true


def _required(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.pool.conj([c.pool.atom(REQ, name) for name in _texts(value, "required")])


def _properties(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    pool = c.pool
    return pool.conj([pool.prop(name, c.schema(child, scope)) for name, child in _named(value, "properties").items()])


def _pattern_properties(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    pool = c.pool
    named = _named(value, "patternProperties")
    return pool.conj(
        [pool.keys(pool.atom(PATTERN, pattern), c.schema(child, scope)) for pattern, child in named.items()]
    )


def declared(c: Compiler, schema: dict[str, Any]) -> Node:
    """A formula over names: those that `properties` and `patternProperties` speak of."""
    pool = c.pool
    names = _named(schema.get("properties", {}), "properties")
    patterns = _named(schema.get("patternProperties", {}), "patternProperties")
    parts = [pool.atom(PATTERN, pattern) for pattern in patterns]
    if names:
        parts.append(pool.enum({name: name for name in names}))
    return pool.disj(parts, STR)


def _additional_properties(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.pool.keys(c.pool.neg(declared(c, schema)), c.schema(value, scope))


def _property_names(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.pool.keys(c.pool.neg(c.schema(value, scope)), c.pool.false)


def _needs(c: Compiler, name: str, names: Iterable[str]) -> Node:
    pool = c.pool
    absent = pool.prop(name, pool.false)
    return pool.conj([pool.disj([absent, pool.atom(REQ, other)]) for other in names if other != name])


def _dependent_required(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    named = _named(value, "dependentRequired")
    return c.pool.conj([_needs(c, name, _texts(names, "dependentRequired")) for name, names in named.items()])


def _depends(c: Compiler, name: str, child: Any, scope: Scope) -> Node:
    return c.pool.disj([c.pool.prop(name, c.pool.false), c.schema(child, scope)])


def _dependent_schemas(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    named = _named(value, "dependentSchemas")
    return c.pool.conj([_depends(c, name, child, scope) for name, child in named.items()])


def _dependencies(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    parts = []
    for name, child in _named(value, "dependencies").items():
        if type(child) is list:
            parts.append(_needs(c, name, _texts(child, "dependencies")))
        else:
            parts.append(_depends(c, name, child, scope))
    return c.pool.conj(parts)


def _all_of(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.pool.conj(c.many(value, "allOf", scope))


def _any_of(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.pool.disj(c.many(value, "anyOf", scope))


def _one_of(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.pool.one(c.many(value, "oneOf", scope))


def _not(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    return c.pool.neg(c.schema(value, scope))


def _if(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    pool = c.pool
    if "then" not in schema and "else" not in schema:
        return pool.true
    condition = c.schema(value, scope)
    then = c.schema(schema.get("then", True), scope)
    other = c.schema(schema.get("else", True), scope)
    return pool.conj([pool.disj([pool.neg(condition), then]), pool.disj([condition, other])])


def _unevaluated_properties(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    try:
        entries = c.evaluated_names(schema, scope, own=False)
    except TwoWays as error:
        return c.pool.disj([c.pool.types[ALL ^ OBJ], c.opaque(("names", _frozen(schema), id(scope)), error)])
    return c.pool.uneval(c.pool.false, entries, c.schema(value, scope))


def _unevaluated_items(c: Compiler, value: Any, schema: dict[str, Any], scope: Scope) -> Node:
    try:
        entries = c.evaluated_items(schema, scope, own=False)
    except TwoWays as error:
        return c.pool.disj([c.pool.types[ALL ^ ARR], c.opaque(("items", _frozen(schema), id(scope)), error)])
    return c.pool.unevalitems(0, c.pool.false, entries, c.schema(value, scope))


def _names_of(c: Compiler, schema: dict[str, Any], scope: Scope, own: bool) -> list[tuple[Node, Node]]:
    pool = c.pool
    if scope.dialect.number == 2019:
        for keyword in ("additionalProperties", *(["unevaluatedProperties"] if own else [])):
            if type(schema.get(keyword)) is dict:  # the specification counts these, the reference validator does not
                raise TwoWays("unsupported", f"what `{keyword}` of draft 2019-09 evaluates is read in two ways")
    if (own and "unevaluatedProperties" in schema and scope.dialect.number >= 2019) or "additionalProperties" in schema:
        return [(pool.true, pool.true)]
    names = declared(c, schema)
    return [] if names is pool.false else [(pool.true, names)]


def _items_of(c: Compiler, schema: dict[str, Any], scope: Scope, own: bool) -> list[tuple[Node, int, Node]]:
    pool = c.pool
    number = scope.dialect.number
    if own and "unevaluatedItems" in schema and number >= 2019:
        return [(pool.true, -1, pool.false)]
    found = []
    items = schema.get("items")
    if number >= 2020:
        found.append((pool.true, -1 if items is not None else len(schema.get("prefixItems", [])), pool.false))
        if "contains" in schema:
            found.append((pool.true, 0, c.schema(schema["contains"], scope)))
    elif "contains" in schema:  # the reference validator counts what it finds, the specification does not
        raise TwoWays("unsupported", "what `contains` of draft 2019-09 evaluates is read in two ways")
    elif type(items) is list:
        found.append((pool.true, -1 if "additionalItems" in schema else len(items), pool.false))
    elif items is not None:
        found.append((pool.true, -1, pool.false))
    return found


_LEADS: dict[str, Callable[[Any, Scope], tuple[Any, Scope]]] = {
    "$ref": lambda value, scope: scope.side.follow(_text(value, "$ref"), scope),
    "$dynamicRef": lambda value, scope: scope.side.follow_dynamic(_text(value, "$dynamicRef"), scope),
    "$recursiveRef": lambda value, scope: scope.side.follow_recursive(scope),
}

HANDLERS: dict[str, Handler] = {
    "$ref": _ref,
    "$dynamicRef": _dynamic_ref,
    "$recursiveRef": _recursive_ref,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _minimum,
    "maximum": _maximum,
    "exclusiveMinimum": _exclusive_minimum,
    "exclusiveMaximum": _exclusive_maximum,
    "multipleOf": _multiple_of,
    "minLength": _least(MINLEN, "minLength"),
    "maxLength": _most(MAXLEN, "maxLength"),
    "pattern": _pattern,
    "format": _format,
    "items": _items,
    "additionalItems": _additional_items,
    "prefixItems": _prefix_items,
    "contains": _contains,
    "minItems": _least(MINITEMS, "minItems"),
    "maxItems": _most(MAXITEMS, "maxItems"),
    "uniqueItems": _unique,
    "required": _required,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "propertyNames": _property_names,
    "minProperties": _least(MINPROPS, "minProperties"),
    "maxProperties": _most(MAXPROPS, "maxProperties"),
    "dependentRequired": _dependent_required,
    "dependentSchemas": _dependent_schemas,
    "dependencies": _dependencies,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
    "unevaluatedProperties": _unevaluated_properties,
    "unevaluatedItems": _unevaluated_items,
}

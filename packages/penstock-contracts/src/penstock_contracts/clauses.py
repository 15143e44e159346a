"""Find every way in which one schema is not inside another: one question for each clause of the second.

Takes:   a `Comparison`, such as that of `inclusion`.
Gives:   `breaks`: for each clause that refuses something, a `Refuted` with a witness of its own, or an `Undecided`.
Ignores: which changes between the documents these come from (`diff`).

A clause is one keyword of the second schema, at the end of a path of keywords that go into values (`properties`,
`items`, ...) or stay where they are (`allOf`, `$ref`). A path is followed only where the whole of what lies below
refuses something, so the cost grows with the number of breaks and not with the size of the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol

from penstock_contracts.budget import CannotDecide
from penstock_contracts.dialect import SHAPES
from penstock_contracts.formula import PATTERN, Node
from penstock_contracts.pair import Pair
from penstock_contracts.resolve import Scope
from penstock_contracts.verdict import Proven, Refuted, Undecided, Verdict

_DEEPEST = 40
Wrap = Callable[[Node], Node]


class Comparison(Protocol):
    """Two documents that can be asked about within limits; `pair` is None when they could not be read."""

    pair: Pair | None

    def includes(self, a_pointer: str = "", b_pointer: str = "") -> Verdict:
        """Whether the first document's sub-schema at a pointer lies inside the second's."""

    def asked(self, question: Callable[[Pair], Verdict]) -> Verdict:
        """The answer to a question about the pair; `Undecided` when time, stack or memory run out."""


def breaks(comparison: Comparison, a_pointer: str, b_pointer: str) -> Iterator[Refuted | Undecided]:
    """See the module; the answers come in the order of the second schema."""
    whole = comparison.includes(a_pointer, b_pointer)
    if isinstance(whole, Proven):
        return
    seen: set[str] = set()
    found = False
    for answer in _Walk(comparison, a_pointer, b_pointer).answers():
        key = repr((answer.b_pointer, answer.keyword)) if isinstance(answer, Refuted) else repr(answer)
        if key not in seen:
            seen.add(key)
            found = True
            yield answer
    if not found:
        yield whole


class _Walk:
    def __init__(self, comparison: Comparison, a_pointer: str, b_pointer: str) -> None:
        self.comparison = comparison
        self.a_pointer, self.b_pointer = a_pointer, b_pointer

    def answers(self) -> Iterator[Refuted | Undecided]:
        pair = self.comparison.pair
        if pair is None:
            return
        try:
            schema, scope = pair.b.at(self.b_pointer)
        except CannotDecide as error:
            yield error.verdict
            return
        yield from self._below(schema, scope, self.b_pointer, lambda node: node, frozenset(), 0)

    def _asks(self, make: Callable[[], Node]) -> Verdict:
        """Whether everything under the first schema meets a clause of the second."""
        pair = self.comparison.pair
        if pair is None:
            return Undecided("budget", "memory")

        def question(pair: Pair) -> Verdict:
            a = pair.compiler.at(pair.a, self.a_pointer)
            b = pair.compiler.at(pair.b, self.b_pointer)
            return pair.apart(a, b, self.a_pointer, self.b_pointer, make())

        return self.comparison.asked(question)

    def _below(
        self, schema: Any, scope: Scope, pointer: str, wrap: Wrap, above: frozenset[tuple[int, int]], depth: int
    ) -> Iterator[Refuted | Undecided]:
        """The clauses of one schema that refuse something."""
        pair = self.comparison.pair
        if pair is None:
            return
        _pool, compiler = pair.pool, pair.compiler
        whole = self._asks(lambda: wrap(compiler.schema(schema, scope)))
        if isinstance(whole, Proven):
            return
        key = (id(schema), id(scope))
        if not isinstance(schema, dict) or depth > _DEEPEST or key in above:
            yield self._placed(whole, pointer, "")
            return
        above = above | {key}
        scope = scope.into(schema)
        if scope.dialect.number <= 7 and "$ref" in schema:
            schema = {"$ref": schema["$ref"]}
        found = False
        for keyword in schema:
            if keyword not in scope.dialect.keywords:
                continue
            for answer in self._clause(schema, keyword, scope, pointer, wrap, above, depth):
                found = True
                yield answer
        if not found:
            yield self._placed(whole, pointer, "")

    def _clause(
        self,
        schema: dict[str, Any],
        keyword: str,
        scope: Scope,
        pointer: str,
        wrap: Wrap,
        above: frozenset[tuple[int, int]],
        depth: int,
    ) -> Iterator[Refuted | Undecided]:
        from penstock_contracts.compile import HANDLERS, declared

        handler = HANDLERS.get(keyword)
        pair = self.comparison.pair
        if handler is None or pair is None:
            return
        pool, compiler = pair.pool, pair.compiler
        value = schema[keyword]
        here = f"{pointer}/{keyword}"
        verdict = self._asks(lambda: wrap(handler(compiler, value, schema, scope)))
        if isinstance(verdict, Proven):
            return
        children: list[tuple[Any, Scope, str, Wrap]] = []
        if keyword == "$ref" and isinstance(value, str):
            try:
                target, there = scope.side.follow(value, scope)
            except CannotDecide:  # nothing below it can be looked at; the verdict says why
                yield self._placed(verdict, here, keyword)
                return
            local = value == "#" or value.startswith("#/")
            children.append((target, there, value[1:] if local else here, wrap))
        elif keyword == "properties":
            for name, child in value.items():
                children.append((child, scope, f"{here}/{_token(name)}", _into(wrap, partial(pool.prop, name))))
        elif keyword == "patternProperties":
            for name, child in value.items():
                inner = _into(wrap, partial(pool.keys, pool.atom(PATTERN, name)))
                children.append((child, scope, f"{here}/{_token(name)}", inner))
        elif keyword == "additionalProperties" and isinstance(value, dict):
            others = pool.neg(declared(compiler, schema))
            children.append((value, scope, here, _into(wrap, partial(pool.keys, others))))
        elif keyword == "allOf":
            children += [(child, scope, f"{here}/{index}", wrap) for index, child in enumerate(value)]
        elif keyword in ("items", "prefixItems") and isinstance(value, list):
            for index, child in enumerate(value):
                children.append((child, scope, f"{here}/{index}", _into(wrap, partial(pool.item, index))))
        elif keyword in ("items", "additionalItems") and isinstance(value, dict):
            listed = schema.get("prefixItems") if scope.dialect.number >= 2020 else schema.get("items")
            first = len(listed) if isinstance(listed, list) else 0
            children.append((value, scope, here, _into(wrap, partial(pool.items, first))))
        elif keyword == "required" and len(value) > 1:
            for index, name in enumerate(value):
                one = self._asks(partial(self._needs, wrap, handler, name, schema, scope))
                if not isinstance(one, Proven):
                    yield self._placed(one, f"{here}/{index}", keyword)
            return
        found = False
        for child, there, where, inner in children:
            if isinstance(child, dict | bool):
                for answer in self._below(child, there, where, inner, above, depth + 1):
                    found = True
                    yield answer
        if not found:
            yield self._placed(verdict, here, keyword)

    def _needs(self, wrap: Wrap, handler: Any, name: str, schema: dict[str, Any], scope: Scope) -> Node:
        pair = self.comparison.pair
        return wrap(handler(pair.compiler if pair else None, [name], schema, scope))

    def _placed(self, verdict: Verdict, pointer: str, keyword: str) -> Refuted | Undecided:
        if isinstance(verdict, Refuted):
            keyword = keyword or verdict.keyword
            tail = pointer.rsplit("/", 1)[-1]
            if not keyword and tail in SHAPES:
                keyword = tail
            return Refuted(verdict.witness, verdict.a_pointer, pointer, keyword, verdict.exotic)
        assert isinstance(verdict, Undecided)
        return Undecided(verdict.reason, verdict.detail, pointer)


def _into(wrap: Wrap, inner: Wrap) -> Wrap:
    return lambda node: wrap(inner(node))


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")

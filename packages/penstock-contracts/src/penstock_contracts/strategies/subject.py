"""Read a schema for drawing: its formula, the search that answers questions about it, and the reference validator.

Takes:   a schema as parsed JSON, the reading of formats, documents that references may lead to.
Gives:   `Subject`, which answers what can be: `witness`, `holds`, `valid`; raises `NoInstance` or `CannotDraw`.
Ignores: chance (`drawing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from penstock_contracts.budget import Budget, CannotDecide
from penstock_contracts.compile import Compiler
from penstock_contracts.dialect import DIALECTS, dialect_of
from penstock_contracts.document import exact, plain
from penstock_contracts.formula import Node, Pool
from penstock_contracts.regular import Language, Steps, Unsupported, format_language
from penstock_contracts.regular.formats import KNOWN
from penstock_contracts.resolve import ReadAgain, Side
from penstock_contracts.solve.answer import Answer
from penstock_contracts.solve.search import Search
from penstock_contracts.strategies.refusal import CannotDraw, NoInstance

_ASSERTING = frozenset().union(*(dialect.keywords for dialect in DIALECTS.values()))
_ROOM = 300_000  # formulas that are kept between draws


class Subject:
    """A schema that has an instance, and all that is known about it."""

    def __init__(
        self, schema: Any, *, formats: str, dialect: str, documents: Mapping[str, Any], seconds: float
    ) -> None:
        self.seconds = seconds
        self.words = sorted(
            _unconstrained(schema) | {word for each in documents.values() for word in _unconstrained(each)}
        )
        self.types: dict[
            int, list[int]
        ] = {}  # by the number of a formula: of which types it has values; kept by `drawing`
        self.languages: dict[int, list[Language]] = {}  # by the number of a formula about strings; kept by `texts`
        self.judge = Judge(schema, dialect, formats == "assertion", documents)
        self._asserted = self.judge.formats if formats == "assertion" else frozenset[str]()
        self._schema, self._dialect, self._documents = schema, dialect, documents
        try:
            self._read()
            answer = self.search.ask(self.root)
        except CannotDecide as error:
            why = error.verdict
            raise CannotDraw(why.reason, why.detail, why.pointer) from error
        if answer is None:
            raise CannotDraw(*self.search.why)
        if not answer:
            raise NoInstance()
        self.simplest = plain(answer[0])
        if self.judge.accepts(self.simplest) is False:
            raise CannotDraw("disagreement", f"the reference validator refuses {self.simplest!r}")

    def _read(self) -> None:
        default = dialect_of(self._dialect)
        if default is None:
            raise CannotDecide("unknown-dialect", self._dialect)
        try:
            self._compile(Side(self._schema, "", self._documents, default))
        except ReadAgain:
            self._compile(Side(self._schema, "", self._documents, default, dynamical=True))

    def _compile(self, side: Side) -> None:
        budget = Budget(self.seconds)
        self.types.clear()
        self.languages.clear()
        self.pool = Pool()
        self.compiler = Compiler(self.pool, budget, self._asserted)
        self.search = Search(self.pool, budget, self.judge.conforms)
        self.root: Node = self.compiler.root(side)

    def rested(self) -> None:
        """Begin a new draw with a new budget; what earlier ones left behind is cleared away now and then."""
        self.compiler.budget = self.search.budget = Budget(self.seconds)
        if len(self.pool.table) > _ROOM:
            self._read()

    def witness(self, node: Node) -> Answer:
        """`(value,)` with exact numbers; anything else means that there is none, or that none is known."""
        try:
            return self.search.ask(node)
        except CannotDecide:
            return None

    def holds(self, node: Node, value: Any) -> bool:
        """Whether a value with exact numbers surely satisfies a formula."""
        return self.search.holds(node, value) is True

    def valid(self, value: Any) -> bool:
        """Whether a plain value is an instance: to us, and to the reference validator as far as it can tell."""
        try:
            return self.holds(self.root, exact(value)) and self.judge.accepts(value) is not False
        except CannotDecide:
            return False


class Judge:
    """The reference validator of a schema."""

    def __init__(self, schema: Any, dialect: str, asserting: bool, documents: Mapping[str, Any]) -> None:
        from jsonschema import validators

        default = dialect_of(dialect)
        known = validators.validator_for(
            {"$schema": default.uri} if default else {}, default=validators.Draft202012Validator
        )
        if default is not None and default.number <= 7:
            known = validators.validator_for({"$schema": default.uri + "#"}, default=known)
        validator = validators.validator_for(schema, default=known)
        self.checker = validator.FORMAT_CHECKER if asserting else None
        self.formats = frozenset(KNOWN | set(validator.FORMAT_CHECKER.checkers))
        self.validator = validator(schema, format_checker=self.checker, **_registry(documents))

    def accepts(self, value: Any) -> bool | None:
        """Whether the value is valid; None where the validator cannot tell (a pattern that Python cannot read, a depth)."""
        try:
            return bool(self.validator.is_valid(value))
        except Exception:  # whatever a pattern or a reference makes it raise is no verdict about the value
            return None

    def conforms(self, name: str, text: str) -> bool:
        """Whether a text has a format, by its language and by the reference validator."""
        if self.checker is not None and not self.checker.conforms(text, name):
            return False
        try:
            language = _language(name)
        except Unsupported:
            return True
        return language is None or language.contains(text, Steps())


def _unconstrained(schema: Any) -> set[str]:
    """The names of properties that are described and may have any value; their formula is true, and forgets them."""
    words: set[str] = set()
    stack = [schema]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            named = part.get("properties")
            if isinstance(named, dict):
                words.update(
                    name
                    for name, one in named.items()
                    if one is True or (isinstance(one, dict) and _ASSERTING.isdisjoint(one))
                )
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)
    return words


@lru_cache(maxsize=64)
def _language(name: str) -> Any:
    return format_language(name)


def _registry(documents: Mapping[str, Any]) -> dict[str, Any]:
    if not documents:
        return {}
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012, specification_with

    resources = []
    for uri, document in documents.items():
        named = document.get("$schema") if isinstance(document, dict) else None
        specification = specification_with(named, default=DRAFT202012) if isinstance(named, str) else DRAFT202012
        resources.append((uri, specification.create_resource(document)))
    return {"registry": Registry().with_resources(resources)}

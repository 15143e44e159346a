"""Read two schemas, so that many questions can be asked about them: their sides, one pool, one compiler, one search.

Takes:   schemas as parsed JSON, and `Options`.
Gives:   `Options`, `DEFAULT`; `Pair`, which finds what satisfies one schema and not the other, and has it confirmed.
Ignores: what is done when time, stack or memory run out (`inclusion`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from penstock_contracts.budget import Budget, CannotDecide
from penstock_contracts.compile import Compiler
from penstock_contracts.dialect import dialect_of
from penstock_contracts.document import plain
from penstock_contracts.formula import Node, Pool
from penstock_contracts.regular.budget import OutOfSteps
from penstock_contracts.resolve import ReadAgain, Side
from penstock_contracts.solve.search import Search
from penstock_contracts.verdict import Proven, Refuted, Undecided, Verdict


@dataclass(frozen=True, slots=True)
class Options:
    """How schemas are read and how long may be thought.

    `formats`: whether `format` is an annotation or an assertion (then with the meaning that `jsonschema` gives it).
    `dialect`: of schemas without `$schema`: a URI, or 4, 6, 7, 2019-09, 2020-12.
    `seconds` holds inside the process; `memory` (bytes) only in a worker.
    `base_a`, `base_b`: URIs of the two documents; `store`: URI -> document, for references to other documents; nothing is
    ever fetched. `store_a` and `store_b` are looked up first, for two versions of the same set of documents.
    """

    formats: Literal["annotation", "assertion"] = "annotation"
    dialect: str = "https://json-schema.org/draft/2020-12/schema"
    seconds: float = 2.0
    memory: int = 512 * 1024 * 1024
    base_a: str = ""
    base_b: str = ""
    store: Mapping[str, Any] = field(default_factory=dict)
    store_a: Mapping[str, Any] = field(default_factory=dict)
    store_b: Mapping[str, Any] = field(default_factory=dict)


DEFAULT = Options()


class Pair:
    """Two documents that have been read: sides, pool, compiler and search."""

    def __init__(self, a: Side, b: Side, options: Options, pool: Pool, compiler: Compiler, search: Search) -> None:
        self.a, self.b, self.options = a, b, options
        self.pool, self.compiler, self.search = pool, compiler, search
        self.references: dict[tuple[int, str], Any] = {}
        self.problem: CannotDecide | None = None  # why a document cannot be understood; it still equals itself

    @classmethod
    def read(cls, a: Any, b: Any, options: Options, budget: Budget) -> Pair:
        """Read both documents; raises `CannotDecide`."""
        default = dialect_of(options.dialect)
        if default is None:
            raise CannotDecide("unknown-dialect", options.dialect)
        asserted: frozenset[str] = frozenset()
        conforms: Callable[[str, str], bool] = lambda name, text: True  # noqa: E731 - the default, for annotations
        if options.formats == "assertion":
            from penstock_contracts.witness import CHECKER
            from penstock_contracts.witness import conforms as really

            asserted, conforms = frozenset(CHECKER.checkers), really
        stores = [{**options.store, **own} for own in (options.store_a, options.store_b)]
        dynamical = False
        while True:
            pool = Pool()
            compiler = Compiler(pool, budget, asserted)
            one = Side(a, options.base_a, stores[0], default, dynamical=dynamical)
            other = Side(b, options.base_b, stores[1], default, dynamical=dynamical)
            made = cls(one, other, options, pool, compiler, Search(pool, budget, conforms))
            try:
                compiler.expect(one)
                compiler.expect(other)
                compiler.root(one)
                compiler.root(other)
            except ReadAgain:
                if dynamical:
                    raise CannotDecide("unsupported", "dynamic references") from None
                dynamical = True
                continue
            except CannotDecide as error:
                if error.verdict.reason != "unsupported":
                    raise
                made.problem = error
            return made

    def turned(self) -> Pair:
        """The other way round, with what was learnt."""
        made = Pair(self.b, self.a, self.options, self.pool, self.compiler, self.search)
        made.references = self.references
        made.problem = self.problem
        return made

    def start(self, budget: Budget) -> None:
        """Begin a question."""
        self.compiler.budget = self.search.budget = budget
        self.pool.expanding.clear()

    def includes(self, a_pointer: str, b_pointer: str) -> Verdict:
        if self.problem is not None and not a_pointer and not b_pointer:
            if self.compiler.same():
                return Proven()
            raise self.problem
        a = self.compiler.at(self.a, a_pointer)
        b = self.compiler.at(self.b, b_pointer)
        return self.apart(a, b, a_pointer, b_pointer)

    def apart(self, a: Node, b: Node, a_pointer: str = "", b_pointer: str = "", clause: Node | None = None) -> Verdict:
        """Find what satisfies `a` and not `b` (or not `clause`, which `b` implies)."""
        if a is b:
            return Proven()
        answer = self.search.ask(self.pool.conj([a, self.pool.neg(b if clause is None else clause)]))
        if answer:
            return self._confirmed(answer[0], a, b, a_pointer, b_pointer, clause)
        if answer is None:
            reason, detail = self.search.why
            return Undecided(reason, detail)
        return Proven()

    def reference(self, side: Side, pointer: str) -> Any:
        """The reference validator of a side; made once."""
        from penstock_contracts.witness import Reference

        key = (id(side), pointer)
        made = self.references.get(key)
        if made is None:
            made = Reference(side, pointer, assert_formats=self.options.formats == "assertion")
            self.references[key] = made
        return made

    def _confirmed(self, value: Any, a: Node, b: Node, a_pointer: str, b_pointer: str, clause: Node | None) -> Verdict:
        from referencing.exceptions import Unresolvable

        from penstock_contracts.witness import counterpart, shrink

        search = self.search
        refused = b if clause is None else clause

        def tells(candidate: Any) -> bool:
            return search.holds(a, candidate) is True and search.holds(refused, candidate) is False

        if type(value) in (dict, list) and value:
            value = shrink(value, tells)
        first, second = self.reference(self.a, a_pointer), self.reference(self.b, b_pointer)
        detail = ""
        for ecma in (False, True):
            try:
                refusal = second.refusal(value, ecma=ecma) if first.valid(value, ecma=ecma) else None
                if refusal is not None:
                    place, keyword, path = refusal
                    above = a_pointer if a_pointer else counterpart(self.a, path, keyword)
                    return Refuted(plain(value), above, place, keyword, exotic=ecma)
            except RecursionError:
                return Undecided("budget", "the reference validator nests too deeply")
            except OutOfSteps as error:
                return Undecided("budget", f"pattern: {error}")
            except Unresolvable as error:
                return Undecided("remote-reference", str(error))
            except Exception as error:  # the reference may raise anything; that is told, not hidden
                detail = f": {type(error).__name__}"
        return Undecided("disagreement", f"the reference validator does not confirm a witness{detail}: {value!r}"[:300])

"""Ask whether one schema lies inside another, and answer with proof, witness, or the reason why not.

Takes:   schemas as parsed JSON, and `Options`.
Gives:   `includes`, `breaks`, `satisfiable`, `equivalent`; `Comparison` for many questions about the same two documents.
Ignores: what changed and who is hurt by it (`diff`). A hard limit needs a process of its own (`worker`).
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from penstock_contracts.budget import Budget, CannotDecide
from penstock_contracts.compile import Compiler
from penstock_contracts.dialect import dialect_of
from penstock_contracts.document import plain
from penstock_contracts.formula import Node, Pool
from penstock_contracts.resolve import ReadAgain, Side
from penstock_contracts.solve.search import Search
from penstock_contracts.verdict import Found, Nothing, Proven, Refuted, Undecided, Verdict

_T = TypeVar("_T")
_STACK = 128 * 1024 * 1024  # bytes of stack for what nests deeply
_FRAMES = 15_000


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


def includes(a: Any, b: Any, *, options: Options = DEFAULT) -> Verdict:
    """Whether every instance that is valid under `a` is also valid under `b`.

    The schemas are parsed JSON: booleans or dictionaries; numbers may be `int`, `float` (read as the decimal that it prints
    as) or `Decimal`. Raises nothing: what cannot be read or decided is `Undecided`.

    >>> includes({"type": "integer"}, {"type": "number"})
    Proven()
    >>> includes({"type": "number"}, {"type": "integer"}).witness
    0.5
    """
    return Comparison(a, b, options).includes()


def equivalent(a: Any, b: Any, *, options: Options = DEFAULT) -> Verdict:
    """Whether both schemas accept the same instances. The witness of `Refuted` is valid under exactly one of them.

    Its pointers lead into `a` and `b` as they were given, whichever of the two refuses.
    """
    return Comparison(a, b, options).equivalent()


def satisfiable(schema: Any, *, options: Options = DEFAULT) -> Found | Nothing | Undecided:
    """Whether anything at all is valid under a schema: an instance, `Nothing()`, or why it is not known."""
    verdict = includes(schema, False, options=options)
    if isinstance(verdict, Refuted):
        return Found(verdict.witness)
    return Nothing() if isinstance(verdict, Proven) else verdict


def breaks(a: Any, b: Any, *, options: Options = DEFAULT) -> Iterator[Refuted | Undecided]:
    """Every way in which `a` is not inside `b`: one answer for each clause of `b` that refuses something, with its own witness.

    Nothing is given if `a` lies inside `b`.
    """
    return Comparison(a, b, options).breaks()


class Comparison:
    """Two documents, and what has been found out about them so far.

    Each question has `options.seconds` of its own; what one learns serves the next.
    """

    def __init__(self, a: Any, b: Any, options: Options = DEFAULT) -> None:
        self.a, self.b, self.options = a, b, options
        self._ready: _Ready | None = None
        self._failed: Undecided | None = None

    def turned(self) -> Comparison:
        """The same two documents the other way round."""
        made = Comparison(self.b, self.a, self.options)
        if self._ready is not None:
            made._ready = self._ready.turned()
        return made

    def includes(self, a_pointer: str = "", b_pointer: str = "") -> Verdict:
        """Whether the first document's sub-schema at a pointer lies inside the second's."""
        return self._guarded(lambda ready: ready.includes(a_pointer, b_pointer))

    def equivalent(self) -> Verdict:
        """See `equivalent`."""
        there = self.includes()
        if isinstance(there, Refuted):
            return there
        back = self.turned().includes()
        if isinstance(back, Refuted):
            return Refuted(back.witness, back.b_pointer, back.a_pointer, back.keyword, back.exotic)
        return there if isinstance(there, Undecided) else back

    def breaks(self, a_pointer: str = "", b_pointer: str = "") -> Iterator[Refuted | Undecided]:
        """See `breaks`; for the sub-schemas at two pointers."""
        from penstock_contracts.clauses import breaks as find

        return find(self, a_pointer, b_pointer)

    def _guarded(self, question: Callable[[_Ready], Verdict]) -> Verdict:
        budget = Budget(self.options.seconds)
        try:
            return self._answer(question, budget)
        except RecursionError:
            self._ready = None
            return _in_a_deep_thread(lambda: self._answer(question, budget))

    def _answer(self, question: Callable[[_Ready], Verdict], budget: Budget) -> Verdict:
        try:
            if self._ready is None:
                self._ready = _Ready.read(self.a, self.b, self.options, budget)
            self._ready.start(budget)
            return question(self._ready)
        except CannotDecide as error:
            return error.verdict
        except MemoryError:
            self._ready = None
            return Undecided("budget", "memory")


def _in_a_deep_thread(work: Callable[[], Verdict]) -> Verdict:
    """Do the work again with a deep stack of its own."""
    made: list[Verdict] = []

    def run() -> None:
        try:
            made.append(work())
        except RecursionError:
            made.append(Undecided("budget", "nested too deeply"))

    limit = sys.getrecursionlimit()
    try:
        size = threading.stack_size(_STACK)
    except (ValueError, RuntimeError):
        return Undecided("budget", "nested too deeply")
    try:
        sys.setrecursionlimit(max(limit, _FRAMES))
        thread = threading.Thread(target=run, name="penstock-contracts-deep")
        try:
            thread.start()
        except RuntimeError:
            return Undecided("budget", "nested too deeply")
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    return made[0] if made else Undecided("budget", "nested too deeply")


class _Ready:
    """Two documents that have been read: sides, pool, compiler and search."""

    def __init__(self, a: Side, b: Side, options: Options, pool: Pool, compiler: Compiler, search: Search) -> None:
        self.a, self.b, self.options = a, b, options
        self.pool, self.compiler, self.search = pool, compiler, search
        self.references: dict[tuple[int, str], Any] = {}
        self.problem: CannotDecide | None = None  # why a document cannot be understood; it still equals itself

    @classmethod
    def read(cls, a: Any, b: Any, options: Options, budget: Budget) -> _Ready:
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

    def turned(self) -> _Ready:
        """The other way round, with what was learnt."""
        made = _Ready(self.b, self.a, self.options, self.pool, self.compiler, self.search)
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
            except Unresolvable as error:
                return Undecided("remote-reference", str(error))
            except Exception as error:  # the reference may raise anything; that is told, not hidden
                detail = f": {type(error).__name__}"
        return Undecided("disagreement", f"the reference validator does not confirm a witness{detail}: {value!r}"[:300])

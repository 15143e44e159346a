"""Ask whether one schema lies inside another, and answer with proof, witness, or the reason why not.

Takes:   schemas as parsed JSON, and `Options`.
Gives:   `includes`, `breaks`, `satisfiable`, `equivalent`; `Comparison` for many questions about the same two documents.
Ignores: what changed and who is hurt by it (`diff`). A hard limit needs a process of its own (`worker`).
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from penstock_contracts.budget import Budget, CannotDecide
from penstock_contracts.pair import DEFAULT as DEFAULT
from penstock_contracts.pair import Options as Options
from penstock_contracts.pair import Pair
from penstock_contracts.verdict import Found, Nothing, Proven, Refuted, Undecided, Verdict

_STACK = 128 * 1024 * 1024  # bytes of stack for what nests deeply
_FRAMES = 15_000


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
        self.pair: Pair | None = None
        self._failed: Undecided | None = None

    def turned(self) -> Comparison:
        """The same two documents the other way round."""
        made = Comparison(self.b, self.a, self.options)
        if self.pair is not None:
            made.pair = self.pair.turned()
        return made

    def includes(self, a_pointer: str = "", b_pointer: str = "") -> Verdict:
        """Whether the first document's sub-schema at a pointer lies inside the second's."""
        return self.asked(lambda ready: ready.includes(a_pointer, b_pointer))

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

    def asked(self, question: Callable[[Pair], Verdict]) -> Verdict:
        """The answer to a question about the pair; `Undecided` when time, stack or memory run out."""
        budget = Budget(self.options.seconds)
        try:
            return self._answer(question, budget)
        except RecursionError:
            self.pair = None
            return _in_a_deep_thread(lambda: self._answer(question, budget))

    def _answer(self, question: Callable[[Pair], Verdict], budget: Budget) -> Verdict:
        try:
            if self.pair is None:
                self.pair = Pair.read(self.a, self.b, self.options, budget)
            self.pair.start(budget)
            return question(self.pair)
        except CannotDecide as error:
            return error.verdict
        except MemoryError:
            self.pair = None
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

"""Put questions about two contracts to the engine, within limits of time.

Takes:   contracts.
Gives:   `Engine`: `includes`, `breaks`, `equivalent`; `Asked`, one side of a question.
Ignores: what the answers mean for anybody (`diff`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from penstock_contracts.budget import CannotDecide
from penstock_contracts.verdict import Proven, Refuted, Undecided

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from penstock_contracts.contract import Contract
from penstock_contracts.verdict import Verdict

MANY_BREAKS = 200  # that one question is asked for; who has more knows enough


@dataclass(frozen=True, slots=True)
class Asked:
    """One side of a question: a schema, its base, and the documents that it refers to."""

    schema: Any
    base: str = ""
    dialect: str | None = None
    documents: Mapping[str, Any] = field(default_factory=dict)


def asked(contract: Contract) -> Asked:
    """The whole contract."""
    documents = {uri: known.value for uri, known in contract.documents.items()}
    return Asked(contract.schema, contract.base, contract.dialect, documents)


@dataclass(slots=True)
class Engine:
    """Asks the engine; `seconds` is for one question. `safely`: in a process that can be killed when it takes too long."""

    seconds: float = 2.0
    formats: str = "annotation"
    safely: bool = False
    heard: Callable[[int], None] | None = None  # told before each question how many there were
    questions: int = 0
    spent: float = 0.0

    def includes(self, a: Asked, b: Asked, *, seconds: float | None = None) -> Verdict:
        """Whether every instance of `a` is one of `b`."""
        from penstock_contracts import inclusion

        options = self._options(a, b, seconds)
        started = monotonic()
        self._count()
        try:
            if self.safely:
                from penstock_contracts import worker

                verdict: Verdict = worker.ask_safely("includes", a.schema, b.schema, options=options)
                return verdict
            return inclusion.includes(a.schema, b.schema, options=options)
        finally:
            self.spent += monotonic() - started

    def breaks(self, a: Asked, b: Asked, seconds: float | None) -> tuple[list[Refuted | Undecided], bool]:
        """Every way in which `a` is not inside `b`, as many as are worth telling; and whether these are all.

        With `seconds`, the search for more ends after so long; the first is always waited for.
        """
        from penstock_contracts import inclusion

        options = self._options(a, b, None)
        started = monotonic()
        self._count()
        found: list[Refuted | Undecided] = []
        try:
            for one in inclusion.breaks(a.schema, b.schema, options=options):
                found.append(one)
                late = seconds is not None and monotonic() - started > seconds
                if late or len(found) >= MANY_BREAKS:
                    return found, False
            return found, True
        except CannotDecide as error:
            return [*found, error.verdict], False
        finally:
            self.spent += monotonic() - started

    def satisfiable(self, a: Asked) -> Any:
        """Whether there is a payload at all: `Found`, `Nothing` or `Undecided`."""
        from penstock_contracts import inclusion

        self._count()
        options = self._options(a, Asked(True), None)
        if self.safely:
            from penstock_contracts import worker

            return worker.ask_safely("satisfiable", a.schema, options=options)
        return inclusion.satisfiable(a.schema, options=options)

    def _count(self) -> None:
        self.questions += 1
        if self.heard is not None:
            self.heard(self.questions)

    def _options(self, a: Asked, b: Asked, seconds: float | None) -> Any:
        from penstock_contracts.inclusion import Options

        known: dict[str, Any] = {
            "seconds": self.seconds if seconds is None else min(seconds, self.seconds),
            "formats": self.formats,
            "base_a": a.base,
            "base_b": b.base,
            "store": {**a.documents, **b.documents},
        }
        return Options(**known)


def verdict_of(found: list[Refuted | Undecided]) -> Verdict:
    """The verdict that a list of breaks amounts to."""
    first = next((one for one in found if isinstance(one, Refuted)), None)
    return first or (found[0] if found else Proven())

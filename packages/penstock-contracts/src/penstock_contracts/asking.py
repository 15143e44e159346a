"""Put questions about two contracts to the engine, within limits of time.

Takes:   contracts.
Gives:   `Engine`: `includes`, `breaks`, `equivalent`; `Asked`, one side of a question.
Ignores: what the answers mean for anybody (`compare`).
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
        started = self._started()
        verdict: Verdict = self._pair(a, b, seconds).includes()
        self.spent += monotonic() - started
        return verdict

    def breaks(self, a: Asked, b: Asked, seconds: float | None) -> tuple[list[Refuted | Undecided], bool]:
        """Every way in which `a` is not inside `b`, as many as are worth telling; and whether these are all.

        With `seconds`, the search for more ends after so long; the first is always waited for.
        """
        started = self._started()
        found: list[Refuted | Undecided] = []
        try:
            for one in self._pair(a, b, None).breaks():
                found.append(one)
                late = seconds is not None and monotonic() - started > seconds
                if late or len(found) >= MANY_BREAKS:
                    return found, False
            return found, True
        except CannotDecide as error:
            return [*found, error.verdict], False
        finally:
            self.spent += monotonic() - started

    def is_impossible(self, a: Asked) -> bool:
        """Whether it is proved that no payload at all can meet the schema."""
        return isinstance(self.includes(a, Asked(False)), Proven)

    def _pair(self, a: Asked, b: Asked, seconds: float | None) -> Any:
        options = self._options(a, b, seconds)
        if self.safely:
            from penstock_contracts.worker import SafeComparison

            return SafeComparison(a.schema, b.schema, options=options)
        from penstock_contracts.inclusion import Comparison

        return Comparison(a.schema, b.schema, options)

    def _started(self) -> float:
        self.questions += 1
        if self.heard is not None:
            self.heard(self.questions)
        return monotonic()

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

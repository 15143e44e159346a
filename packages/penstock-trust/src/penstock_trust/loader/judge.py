"""Decide whether a pack may load here, and in which way.

Takes:   who asks, and what holds on this machine.
Gives:   `Ruling`; `Judge`, which asks all questions about a case; `governed`, what an allowed pack becomes.
Ignores: who wants to know: the core (`admission`), an import (`finder`), or a person (`status`).
"""

from __future__ import annotations

import os
from hashlib import sha256

from penstock_findings.fact import Fact
from penstock_findings.finding import Finding, Location, Severity
from penstock_trust import receipt
from penstock_trust.loader import code
from penstock_trust.loader.beside import portions, wheel_of
from penstock_trust.loader.case import AGAIN, Case
from penstock_trust.loader.checks import CHECKS, FIRST
from penstock_trust.loader.governed import Governed
from penstock_trust.loader.source import Disk, Sealed
from penstock_trust.receipt import Receipt
from penstock_trust.refusal import Refusal
from penstock_trust.store import RECEIPT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from penstock_trust.keys import PublicKey
    from penstock_trust.loader.case import Asked, Terms
    from penstock_trust.loader.checks import Check
    from penstock_trust.loader.surroundings import Surroundings
    from penstock_trust.receipt import Reading


class Ruling(Fact):
    """Whether a pack may load. `case` is None where not even the policy could be read."""

    allowed: bool
    findings: tuple[Finding, ...]
    mode: str = ""
    case: Case | None = None

    @property
    def reason(self) -> str:
        """Why, in one sentence, with what to do when it is no."""
        if self.findings and not self.allowed:
            first = next(each for each in self.findings if each.severity is Severity.ERROR)
            more = f" (and {len(self.findings) - 1} more: `penstock trust status`)" if len(self.findings) > 1 else ""
            return f"{first.code}: {first.message}{more}" + (f"; {first.hint}" if first.hint else "")
        found = self.case.receipt if self.case is not None else None
        if found is None:
            return "the policy allows it without a receipt, and it is as it was installed"
        signers = sorted({name for each in found.signed for name in each.matched}) or ["nobody by name"]
        return f"accepted {found.at:%Y-%m-%d}, signed by {', '.join(signers)}; loads {self.mode}"


class Judge:
    """Asks all questions about packs; a receipt is read once."""

    def __init__(
        self,
        terms: Terms,
        keys: Sequence[PublicKey],
        surroundings: Surroundings,
        *,
        owns: Callable[[object], bool] = lambda module: False,
        checks: Mapping[str, Check] = CHECKS,
        reading: Mapping[str, Callable[[Reading], None]] = receipt.CHECKS,
    ) -> None:
        self.terms = terms
        self.surroundings = surroundings
        self._keys = keys
        self._owns = owns
        self.checks = checks
        self._reading = reading
        self._receipts: dict[str, Receipt | Finding | None] = {}
        self._bringing: dict[str, list[tuple[str, Receipt]]] | None = None

    def judge(self, asked: Asked) -> Ruling:
        """Whether it may load, and everything that speaks against it."""
        known = self.receipt_of(asked.installed.name)
        case = Case(asked, self.terms, self.surroundings, known, self._owns, self.bringing)
        found = self._ask(case, FIRST)
        if not _grave(found) and not case.is_working_copy:
            found += self._ask(case, [name for name in CHECKS if name not in FIRST])
        return Ruling(not _grave(found), tuple(found), case.mode, case)

    def receipt_of(self, name: str) -> Receipt | Finding | None:
        """The receipt of a project, why it cannot be believed, or None when there is none; read once."""
        if name not in self._receipts:
            self._receipts[name] = self._read(name)
        return self._receipts[name]

    def bringing(self, top: str) -> Sequence[tuple[str, Receipt]]:
        """The projects that bring this top-level name, each with its receipt."""
        if self._bringing is None:
            self._bringing = {}
            for name in self.terms.store.names():
                found = self.receipt_of(name)
                if not isinstance(found, Receipt):
                    continue
                for each in found.top_levels:
                    self._bringing.setdefault(each, []).append((name, found))
        return self._bringing.get(top, ())

    def _read(self, name: str) -> Receipt | Finding | None:
        store = self.terms.store
        at = Location(store.path(name, RECEIPT))
        try:
            data = store.read(name, RECEIPT, limit=2 * receipt.LIMIT)
            what = f"the receipt of `{name}`"
            return None if data is None else receipt.read(data, self._keys, what=what, checks=self._reading)
        except OSError as error:
            return Finding("T402", f"the receipt of `{name}` cannot be read: {error}", at, hint=AGAIN)
        except Refusal as refusal:
            found = refusal.findings[0]
            return Finding(found.code, found.message, at, hint=found.hint or AGAIN)

    def _ask(self, case: Case, names: Sequence[str]) -> list[Finding]:
        return [finding for name in names if name in self.checks for finding in self.checks[name](case)]


def governed(case: Case) -> Governed | None:
    """What the finder needs to run an allowed pack; None where Python may import it as always."""
    if case.mode == "off":
        return None
    data = wheel_of(case) if case.mode == "sealed" else None
    sealed = data is not None and case.receipt is not None
    store, name = case.terms.store, case.name
    source: Disk | Sealed = Disk(case.folder)
    if sealed and data is not None and case.receipt is not None:
        source = Sealed(data, store.path(name, case.receipt.subject.filename))
    elsewhere = tuple(map(os.path.dirname, portions(case))) if case.allows("namespace-portions") else ()
    return Governed(
        name,
        case.table,
        case.modules,
        source,
        case.folder,
        mode=case.mode,
        code=lambda: kept_code(case),
        portions=elsewhere,
    )


def kept_code(case: Case) -> dict[str, bytes]:
    """What was compiled when the pack was accepted, if the receipt names exactly these bytes."""
    if case.receipt is None:
        return {}
    tag = code.tag()
    try:
        data = case.terms.store.read(case.name, code.filename(tag)) if tag in case.receipt.code else None
    except OSError:
        return {}
    if data is None or sha256(data).hexdigest() != case.receipt.code[tag]:
        return {}
    return code.unpacked(data)


def _grave(findings: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)

"""Tell how every pack of an environment stands: may it load, how, who said so; and when not, which file differs.

Takes:   what holds on this machine, folders as in `sys.path`, the time.
Gives:   `status`: one `PackStatus` for each project that has a receipt or says that it is a pack.
Ignores: the screen; and this process's own imports, for it asks about the next one.
"""

from __future__ import annotations

import os
import sys

from penstock_findings.fact import Fact
from penstock_trust.admission import OWN
from penstock_trust.loader.case import Asked
from penstock_trust.loader.judge import Judge
from penstock_trust.loader.source import read_regular
from penstock_trust.loader.surroundings import INFO, Surroundings, installed_at
from penstock_trust.loader.terms import terms_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from penstock_findings.finding import Finding
    from penstock_trust.loader.judge import Ruling
    from penstock_trust.loader.surroundings import Installed
    from penstock_trust.receipt import Receipt
    from penstock_trust.site import Site

ACCEPTED, REFUSED, GONE = "accepted", "refused", "not installed"


class PackStatus(Fact):
    """How one pack stands: `verdict` is accepted, refused or not installed; `mode` is how it loads.

    `evidence` are sentences; `receipt` is None where there is none, or none that can be believed.
    """

    name: str
    version: str
    verdict: str
    mode: str
    findings: tuple[Finding, ...]
    evidence: tuple[str, ...]
    receipt: Receipt | None = None


def status(
    site: Site, *, now: datetime, path: Sequence[str] | None = None, prefix: str | None = None
) -> tuple[PackStatus, ...]:
    """Every pack, by name. Raises `PenstockError` when the policy cannot be read."""
    terms = terms_of(site, now, prefix=prefix)
    surroundings = Surroundings(sys.path if path is None else path, {})
    judge = Judge(terms, site.keys, surroundings)
    found = {each.name: each for each in reversed([*_packs(surroundings)]) if each.name != OWN}
    rows = [_row(judge.judge(Asked(each, _package(each))), each) for each in found.values()]
    rows += [_absent(judge, name) for name in terms.store.names() if name not in found]
    return tuple(sorted(rows, key=lambda row: row.name))


def _packs(surroundings: Surroundings) -> Iterator[Installed]:
    """What is installed and says that it is a pack, and what has a receipt here."""
    for folder in surroundings.folders:
        for entry in sorted(surroundings.listing(folder)):
            if entry.endswith(INFO):
                found = installed_at(os.path.join(folder, entry))
                if _package(found):
                    yield found


def _package(installed: Installed) -> str:
    """The package that its entry point names, "" when it is no pack."""
    from penstock_trust.hygiene.wheel import read_entry_points

    try:
        points, _ = read_entry_points(read_regular(os.path.join(installed.info, "entry_points.txt"), 1 << 18))
    except OSError:
        return ""
    return next((value for group, _, value in points if group == "penstock"), "")


def _row(ruling: Ruling, installed: Installed) -> PackStatus:
    receipt = ruling.case.receipt if ruling.case is not None else None
    verdict = ACCEPTED if ruling.allowed else REFUSED
    return PackStatus(
        installed.name, installed.version, verdict, ruling.mode, ruling.findings, evidence_of(receipt), receipt
    )


def _absent(judge: Judge, name: str) -> PackStatus:
    from penstock_findings.finding import Finding, Severity

    found = judge.surroundings.installed(name)
    if found:  # it has a receipt, and has lost the entry point by which it says that it is a pack
        return _row(judge.judge(Asked(found[0])), found[0])
    known = judge.receipt_of(name)
    receipt = None if known is None or isinstance(known, Finding) else known
    hint = f"install it, or run `penstock trust forget {name}`"
    why = Finding("T424", f"there is a receipt for `{name}`, which is not installed", severity=Severity.NOTE, hint=hint)
    version = receipt.subject.version if receipt is not None else ""
    return PackStatus(name, version, GONE, "", (why,), evidence_of(receipt), receipt)


def evidence_of(receipt: Receipt | None) -> tuple[str, ...]:
    """What a receipt says, in sentences."""
    if receipt is None:
        return ()
    said = [
        f"wheel {receipt.subject.filename}, sha256 {receipt.subject.digest}",
        f"accepted at {receipt.at:%Y-%m-%d %H:%M} UTC under the policy with sha256 {receipt.policy}",
    ]
    for signed in receipt.signed:
        identity = signed.identity
        who = identity.san or identity.key
        names = f" ({', '.join(signed.matched)})" if signed.matched else ""
        when = f" at {signed.time:%Y-%m-%d %H:%M} UTC" if signed.time is not None else ""
        what = f"attested {signed.predicate_type}" if signed.predicate_type else "signed"
        said.append(f"{what} by {who}{names}{when}, vouched for by `{identity.trust}`")
    said.append(f"receipt by key {receipt.by}")
    return tuple(said)

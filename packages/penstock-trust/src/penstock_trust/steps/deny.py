"""Step 9: nothing about the wheel is on the deny list.

Takes:   the list that the policy names, the subject, its files, the proofs.
Gives:   `case.deny`; findings T340 to T356.  A list that is missing or too old is a doubt, and refuses as such.
Ignores: how a list is read and matched (`penstock_trust.deny`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_findings.finding import Severity
from penstock_trust.deny import denied
from penstock_trust.deny.read import list_for
from penstock_trust.facts import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.finding import Finding
    from penstock_trust.case import Case


def deny(case: Case) -> Iterator[Evidence | Finding]:
    """Read the list, and hold everything against it."""
    read = list_for(case.policy, now=case.now, seen=case.seen.lists)
    if read is None:
        yield Evidence("deny", "the policy names no deny list")
        return
    yield from read.findings
    if read.listed is None:
        return
    case.deny = read.listed
    files = {path: fact.sha256 for path, fact in case.hygiene.table.items()} if case.hygiene is not None else {}
    hits = denied(read.listed, case.known, now=case.now, files=files, proofs=case.proofs)
    yield from hits
    if not any(hit.severity is Severity.ERROR for hit in hits):
        facts = {
            "name": read.listed.name,
            "sequence": read.listed.sequence,
            "sha256": read.listed.digest,
            "entries": len(read.listed.entries),
        }
        yield Evidence("deny", f"nothing of it is on the deny list {read.listed.sequence}", facts)

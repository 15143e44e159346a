"""Step 3: the wheel is one that may be unpacked, and brings nothing but its own.

Takes:   the bytes of the wheel, what its rule allows.
Gives:   `case.hygiene`; findings T201 and up.
Ignores: how each question is answered (`penstock_trust.hygiene`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_trust.facts import Evidence
from penstock_trust.hygiene import check_wheel, rules_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.finding import Finding
    from penstock_trust.case import Case


def hygiene(case: Case) -> Iterator[Evidence | Finding]:
    """Ask everything about the archive."""
    found, findings = check_wheel(case.data, case.known.filename, rules_of(case.rule))
    yield from findings
    case.hygiene = found
    if found is not None:
        facts = {"files": len(found.table), "top-levels": [*found.top_levels], "native": [*found.native]}
        yield Evidence("hygiene", f"the wheel is in order: {len(found.table)} files, each as its RECORD says", facts)

"""Step 7: what has to be attested is attested, by those who have to.

Takes:   the proofs, the rule.
Gives:   findings T150.
Ignores: what the statements say; a policy names types and signers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_trust.facts import Evidence
from penstock_trust.policy.judge import quorum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.finding import Finding
    from penstock_trust.case import Case


def attestations(case: Case) -> Iterator[Evidence | Finding]:
    """Look for every statement that the rule asks for."""
    rule = case.rule
    for wanted in rule.attestations if rule is not None else ():
        fitting = [proof for proof in case.proofs if proof.predicate_type == wanted.predicate_type]
        missing = quorum(wanted.signers, fitting, f"a statement of type `{wanted.predicate_type}`", code="T150")
        yield from missing
        if not missing:
            facts = {"type": wanted.predicate_type, "claims": [proof.source for proof in fitting]}
            yield Evidence("attestations", f"`{wanted.predicate_type}` is attested", facts)

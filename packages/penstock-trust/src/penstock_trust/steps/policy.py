"""Step 10: the policy is in force, has a rule for this pack, and enough of its signers have signed.

Takes:   the policy, the time, the proofs.
Gives:   findings T320 to T324.  What no rule names is refused.
Ignores: everything that was asked before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_findings.finding import Finding
from penstock_trust.facts import Evidence
from penstock_trust.policy.judge import in_force, quorum, rule_for
from penstock_trust.predicates import SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_trust.case import Case


def policy(case: Case) -> Iterator[Evidence | Finding]:
    """Decide."""
    stale = in_force(case.policy, case.now, seen=case.seen.policies)
    yield from stale
    rule = rule_for(case.policy, case.known.name)
    if isinstance(rule, Finding):
        yield rule
        return
    signed = [proof for proof in case.proofs if proof.predicate_type in SIGNATURES]
    missing = quorum(rule.signers, signed) if rule.signers is not None else ()
    yield from missing
    if not stale and not missing:
        facts = {"policy": case.policy.digest, "sequence": case.policy.sequence, "rule": rule.match}
        yield Evidence("policy", f"the rule for `{rule.match}` of `{case.policy.name}` accepts it", facts)

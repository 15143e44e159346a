"""Verify a wheel: take it through every step, in order, and say what came of it.

Takes:   the path of a wheel, a policy, the time; what was seen and accepted before.
Gives:   `verify`: a `Verdict`; `STEPS`, the steps by name, whose order is the design.
Ignores: printing, installing, remembering; whoever asks does that.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from penstock_findings.errors import PenstockError
from penstock_findings.finding import Finding, Severity
from penstock_trust.case import Case
from penstock_trust.claims import beside
from penstock_trust.deny.read import DOUBTS
from penstock_trust.facts import Accepted, Evidence, Hygiene, Refused, Unknown
from penstock_trust.keys import PublicKey
from penstock_trust.policy.model import SigstoreRoot
from penstock_trust.refusal import Doubt
from penstock_trust.roots import Roots, first_line
from penstock_trust.steps.attestations import attestations
from penstock_trust.steps.bundle import bundle
from penstock_trust.steps.deny import deny
from penstock_trust.steps.hygiene import hygiene
from penstock_trust.steps.identity import identity
from penstock_trust.steps.limits import limits
from penstock_trust.steps.policy import policy as policy_step
from penstock_trust.steps.strict import strict
from penstock_trust.steps.subject import subject
from penstock_trust.steps.versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from typing import TypeAlias

    from penstock_trust.claims import Found
    from penstock_trust.facts import Verdict
    from penstock_trust.policy.model import Policy
    from penstock_trust.seen import Seen

    Step: TypeAlias = "Callable[[Case], Iterable[Evidence | Finding]]"

STEPS: Mapping[str, Step] = {
    "limits": limits,
    "subject": subject,
    "hygiene": hygiene,
    "bundle": bundle,
    "strict": strict,
    "identity": identity,
    "attestations": attestations,
    "versions": versions,
    "deny": deny,
    "policy": policy_step,
}


def verify(
    path: str | os.PathLike[str],
    *,
    policy: Policy,
    now: datetime,
    claims: Iterable[Found] | None = None,
    roots: Roots | None = None,
    seen: Seen | None = None,
    installed: str | None = None,
    steps: Mapping[str, Step] = STEPS,
) -> Verdict:
    """What the policy says of the wheel at `now`. Raises nothing: what cannot be read is refused.

    `claims` are those beside the wheel unless they are given. `roots` may be kept for the next wheel of the same policy.
    `seen` are the policies and deny lists that were used before, `installed` is the highest version accepted before.
    `steps` is for tests, which leave one out to see what it is there for.
    """
    wheel = os.fsdecode(path)
    try:
        found = beside(wheel) if claims is None else tuple(claims)
    except PenstockError as error:
        return Refused(None, "limits", error.findings)
    case = Case(wheel, found, policy, now, roots or Roots(policy), seen=seen, installed=installed)
    return examine(case, steps)


def examine(case: Case, steps: Mapping[str, Step] = STEPS) -> Verdict:
    """Take one case through the steps; the first that finds an error ends it."""
    evidence: list[Evidence] = []
    warnings: list[Finding] = []
    for name, step in steps.items():
        findings: list[Finding] = []
        doubts: tuple[Finding, ...] = ()
        try:
            for said in step(case):
                if isinstance(said, Evidence):
                    evidence.append(said)
                else:
                    findings.append(said)
        except PenstockError as error:
            findings += error.findings
            doubts = error.findings if isinstance(error, Doubt) else ()
        except Exception as error:  # the last resort: what nobody foresaw is refused, and says so
            findings.append(_unforeseen(name, error))
        wrong = tuple(each for each in findings if each.severity is Severity.ERROR)
        if wrong:
            end = Unknown if all(each.code in DOUBTS or each in doubts for each in wrong) else Refused
            return end(case.subject, name, wrong, tuple(evidence))
        warnings += findings
    return _accepted(case, tuple(evidence), tuple(warnings))


def _unforeseen(step: str, error: Exception) -> Finding:
    from traceback import format_exception

    said = f"{type(error).__name__}: {first_line(error)}"
    cause = "".join(format_exception(type(error), error, error.__traceback__))
    message = f"the step `{step}` cannot make sense of what it was given: {said}"
    return Finding(
        "T100",
        message,
        hint="take it for a forgery; `--format json` tells the cause",
        evidence={"cause": cause},
    )


def _accepted(case: Case, evidence: tuple[Evidence, ...], warnings: tuple[Finding, ...]) -> Verdict:
    rule = case.rule
    if rule is None:
        message = f"no rule of the policy is for `{case.known.name}`"
        return Refused(case.subject, "policy", (Finding("T323", message),), evidence)
    roots = {proof.identity.trust: _root_digest(case, proof.identity.trust) for proof in case.proofs}
    return Accepted(
        subject=case.known,
        proofs=case.proofs,
        evidence=evidence,
        hygiene=case.hygiene or Hygiene({}),
        policy=case.policy.digest,
        at=case.now,
        deny=case.deny.digest if case.deny is not None else "",
        roots=roots,
        load=str(rule.load),
        findings=warnings,
    )


def _root_digest(case: Case, name: str) -> str:
    root = case.policy.roots[name]
    return root.sha256 if isinstance(root, SigstoreRoot) else PublicKey(root.public_key).id

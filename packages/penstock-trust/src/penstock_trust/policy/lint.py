"""Say what is unwise about a policy that can be used.

Takes:   a policy, the time.
Gives:   `lint`: findings T360 to T373, warnings and notes; T320 when it has ended.
Ignores: who can write the file; `doctor` looks at that.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from penstock_findings.finding import NOWHERE, Finding, Severity
from penstock_trust.policy.judge import in_force
from penstock_trust.policy.model import Load, SigstoreRoot
from penstock_trust.policy.moments import moment_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from penstock_findings.finding import Location
    from penstock_trust.policy.model import Identity, PackRule, Policy

SOON = timedelta(days=30)
FAR = timedelta(days=366)


def lint(policy: Policy, *, now: datetime) -> tuple[Finding, ...]:
    """Everything that somebody should look at again."""
    questions = (_time, _unused, _identities, _rules, _list)
    return (*in_force(policy, now), *(finding for ask in questions for finding in ask(policy, now)))


def _time(policy: Policy, now: datetime) -> Iterator[Finding]:
    left = policy.expires - now
    said = moment_text(policy.expires)
    if timedelta(0) < left < SOON:
        yield _warning("T362", f"the policy ends on {said}, in {left.days} days", None, "write the next one now")
    if left > FAR:
        message = f"the policy holds until {said}, longer than a year"
        yield _warning("T363", message, None, "choose a day on which somebody will look at it again")


def _unused(policy: Policy, now: datetime) -> Iterator[Finding]:
    wanted = {name for rule in policy.packs for name in _signers(rule)}
    trusted = {identity.trust for identity in policy.identities.values()}
    trusted |= set(policy.deny.signers) if policy.deny is not None else set()
    for identity in policy.identities.values():
        if identity.name not in wanted:
            yield _warning("T360", f"no rule wants the identity `{identity.name}`", identity.at, "remove it")
    for root in policy.roots.values():
        if root.name not in trusted:
            yield _warning("T361", f"no identity is vouched for by the root `{root.name}`", root.at, "remove it")


def _identities(policy: Policy, now: datetime) -> Iterator[Finding]:
    for identity in policy.identities.values():
        if not isinstance(policy.roots[identity.trust], SigstoreRoot):
            continue
        if identity.uri is not None:
            yield from _uri(identity, identity.uri)
        if identity.issuer is not None and identity.issuer.startswith("http://"):
            yield _warning(
                "T374", f"the issuer of `{identity.name}` is asked without encryption", identity.at, "write `https://`"
            )


def _uri(identity: Identity, uri: str) -> Iterator[Finding]:
    if identity.repository_id is None or identity.owner_id is None:
        message = f"the identity `{identity.name}` goes by names only, and names can be given to somebody else"
        yield _warning("T364", message, identity.at, "add `repository-id` and `owner-id`")
    if "{version}" not in uri and "@refs/" in uri:
        message = f"the identity `{identity.name}` may sign any version from one place"
        yield _warning("T365", message, identity.at, "name the tag of the version: `@refs/tags/v{version}`")


def _rules(policy: Policy, now: datetime) -> Iterator[Finding]:
    for rule in policy.packs:
        yield from _rule(rule)


def _rule(rule: PackRule) -> Iterator[Finding]:
    what = f"the rule for `{rule.match}`"
    if rule.allows("unsigned"):
        yield _warning("T366", f"{what} lets packs in that nobody signed", rule.at, "say who has to sign")
    if rule.allows("editable") or rule.allows("extra-files"):
        yield _warning(
            "T367", f"{what} lets files in that nobody signed", rule.at, "allow that on developers' machines only"
        )
    if rule.load is Load.OFF:
        yield _warning("T368", f"{what} loads code without looking at it again", rule.at, 'write `load = "verified"`')
    if rule.match == "*":
        yield _warning(
            "T369", f"{what} is for every pack there is", rule.at, "name the packs, or a beginning of theirs"
        )
    if rule.rollback:
        message = f"{what} lets old versions, with their holes, come back"
        yield _warning("T370", message, rule.at, "remove `rollback`, or set `min-version`")
    if rule.dependencies == "any":
        message = f"{what} does not look at what packs depend on"
        yield Finding("T373", message, rule.at or NOWHERE, Severity.NOTE, hint='write `dependencies = "listed"`')


def _list(policy: Policy, now: datetime) -> Iterator[Finding]:
    if policy.deny is None:
        yield _warning("T371", "there is no deny list, so nothing can be taken back in a hurry", None, "add `[deny]`")
    elif policy.deny.max_age is None or not policy.deny.refuse_stale:
        message = "an old deny list is as good as a new one, so it can be held back"
        yield _warning("T372", message, policy.deny.at, 'write `max-age = "7d"` and `stale = "refuse"`')


def _signers(rule: PackRule) -> set[str]:
    own = set(rule.signers.identities) if rule.signers is not None else set()
    return own | {name for wanted in rule.attestations for name in wanted.signers.identities}


def _warning(code: str, message: str, at: Location | None, hint: str) -> Finding:
    return Finding(code, message, at or NOWHERE, Severity.WARNING, hint=hint)

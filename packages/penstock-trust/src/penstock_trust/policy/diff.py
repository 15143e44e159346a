"""Say what changes when one policy takes the place of another, and above all what it lets in that was refused.

Takes:   the old policy and the new one.
Gives:   `diff`: findings T390 (wider), T391 (narrower), T392 (the sequence), T393 (neither).
Ignores: wheels; the rules are compared as they are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock_findings.finding import NOWHERE, Finding, Location, Severity
from penstock_trust.policy.model import Load, PackRule
from penstock_trust.policy.moments import moment_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_trust.policy.model import Identity, Policy, Root, Signers

WIDER, NARROWER, OTHER = "T390", "T391", "T393"
_NOBODY = "2b7e151628aed2a6abf7158809cf4f3c"  # no project is called so
_STRICTER = [Load.OFF, Load.CHECKED, Load.VERIFIED, Load.SEALED]


def diff(old: Policy, new: Policy) -> tuple[Finding, ...]:
    """Every change, as it matters to whoever has to approve it."""
    found = [*_sequence(old, new), *_time(old, new), *_roots(old, new), *_identities(old, new), *_rules(old, new)]
    return (*found, *_deny(old, new))


def _sequence(old: Policy, new: Policy) -> Iterator[Finding]:
    if old.digest != new.digest and new.sequence <= old.sequence:
        message = f"the sequence goes from {old.sequence} to {new.sequence}"
        yield Finding(
            "T392", message, Location(new.path), hint=f"write `sequence = {old.sequence + 1}`: lower ones are refused"
        )


def _time(old: Policy, new: Policy) -> Iterator[Finding]:
    if new.expires != old.expires:
        said = f"the policy ends at {moment_text(new.expires)} instead of {moment_text(old.expires)}"
        yield _said(OTHER if new.expires > old.expires else NARROWER, said, None)


def _roots(old: Policy, new: Policy) -> Iterator[Finding]:
    for name in [*old.roots, *(name for name in new.roots if name not in old.roots)]:
        before, after = old.roots.get(name), new.roots.get(name)
        if after is None:
            yield _said(NARROWER, f"the root `{name}` is believed no longer", None)
        elif before is None:
            yield _said(WIDER, f"the root `{name}` is new", after.at)
        elif _pin(before) != _pin(after):
            yield _said(WIDER, f"the root `{name}` is another one", after.at)


def _identities(old: Policy, new: Policy) -> Iterator[Finding]:
    for name, after in new.identities.items():
        before = old.identities.get(name)
        if before is not None and _marks(before) != _marks(after):
            loose = all(b is None or a == b for a, b in zip(_marks(before), _marks(after), strict=True))
            tight = all(a is None or a == b for a, b in zip(_marks(before), _marks(after), strict=True))
            code = NARROWER if tight and not loose else WIDER
            yield _said(code, f"the identity `{name}` is another signer than before", after.at)


def _rules(old: Policy, new: Policy) -> Iterator[Finding]:
    """What held and what holds now, for each set of names that any pattern tells apart from the others.

    The most particular pattern that fits a name says which others fit it too, so one name for each pattern of either
    policy stands for all names there are.
    """
    patterns = dict.fromkeys(rule.match for rule in (*old.packs, *new.packs))
    for match in patterns:
        before, after = old.rule_for(_like(match)), new.rule_for(_like(match))
        if before is None and after is not None:
            yield _said(WIDER, f"packs that fit `{match}` are accepted, and were not", after.at)
        elif before is not None and after is None:
            yield _said(NARROWER, f"packs that fit `{match}` are accepted no longer", None)
        elif before is not None and after is not None:
            yield from _rule(before, after, match)


def _like(match: str) -> str:
    """A name that fits the pattern, and no more particular one."""
    return f"{match[:-1]}{_NOBODY}" if match.endswith("*") else match


def _rule(old: PackRule, new: PackRule, match: str) -> Iterator[Finding]:
    what = (
        f"for `{match}`" if old.match == new.match else f"for `{match}`, under `{new.match}` instead of `{old.match}`"
    )
    yield from _signers(old.signers, new.signers, new, f"{what}, ")
    wanted = {one.predicate_type: one.signers for one in old.attestations}
    want = {one.predicate_type: one.signers for one in new.attestations}
    for kind in [*wanted, *(kind for kind in want if kind not in wanted)]:
        if kind not in want:
            yield _said(WIDER, f"{what}, `{kind}` is wanted no longer", new.at)
        elif kind not in wanted:
            yield _said(NARROWER, f"{what}, `{kind}` is wanted as well", new.at)
        else:
            yield from _signers(wanted[kind], want[kind], new, f"{what}, of `{kind}` ")
    yield from _version(old, new, what)
    if old.rollback != new.rollback:
        yield _said(
            WIDER if new.rollback else NARROWER,
            f"{what}, going back to older versions is {'allowed' if new.rollback else 'refused'}",
            new.at,
        )
    if old.load != new.load:
        code = NARROWER if _STRICTER.index(new.load) > _STRICTER.index(old.load) else WIDER
        yield _said(code, f"{what}, loading is `{new.load}` instead of `{old.load}`", new.at)
    for word in sorted(new.allow - old.allow):
        yield _said(WIDER, f"{what}, `{word}` is allowed", new.at)
    for word in sorted(old.allow - new.allow):
        yield _said(NARROWER, f"{what}, `{word}` is allowed no longer", new.at)
    if old.dependencies != new.dependencies:
        yield _said(_dependencies(old, new), f"{what}, other dependencies may be there", new.at)
    if old.top_levels != new.top_levels:
        yield _said(WIDER, f"{what}, its wheel may bring other packages", new.at)


def _signers(old: Signers | None, new: Signers | None, rule: PackRule, what: str) -> Iterator[Finding]:
    if old == new:
        return
    if new is None or old is None:
        yield _said(
            WIDER if new is None else NARROWER, f"{what}{'nobody' if new is None else 'somebody'} has to sign", rule.at
        )
        return
    for name in sorted(set(new.identities) - set(old.identities)):
        yield _said(WIDER, f"{what}`{name}` may sign", rule.at)
    for name in sorted(set(old.identities) - set(new.identities)):
        yield _said(NARROWER, f"{what}`{name}` may sign no longer", rule.at)
    if new.threshold != old.threshold:
        code = WIDER if new.threshold < old.threshold else NARROWER
        yield _said(code, f"{what}{new.threshold} have to sign instead of {old.threshold}", rule.at)


def _version(old: PackRule, new: PackRule, what: str) -> Iterator[Finding]:
    from packaging.version import Version

    if old.min_version == new.min_version:
        return
    low, lower = Version(old.min_version or "0.dev0"), Version(new.min_version or "0.dev0")
    code = OTHER if low == lower else WIDER if lower < low else NARROWER
    yield _said(
        code, f"{what}, the lowest version is {new.min_version or 'any'} instead of {old.min_version or 'any'}", new.at
    )


def _dependencies(old: PackRule, new: PackRule) -> str:
    if old.dependencies == "any":
        return NARROWER
    both = isinstance(old.dependencies, frozenset) and isinstance(new.dependencies, frozenset)
    return NARROWER if both and set(new.dependencies) < set(old.dependencies) else WIDER


def _deny(old: Policy, new: Policy) -> Iterator[Finding]:
    before, after = old.deny, new.deny
    if before is None or after is None:
        if before is not after:
            yield _said(
                WIDER if after is None else NARROWER, f"there is {'no' if after is None else 'a'} deny list", None
            )
        return
    for name in sorted(set(after.signers) - set(before.signers)):
        yield _said(WIDER, f"`{name}` may sign the deny list", after.at)
    for name in sorted(set(before.signers) - set(after.signers)):
        yield _said(NARROWER, f"`{name}` may sign the deny list no longer", after.at)
    ages = [
        rules.max_age if rules.max_age is not None and rules.refuse_stale else float("inf") for rules in (before, after)
    ]
    if ages[0] != ages[1]:
        yield _said(WIDER if ages[1] > ages[0] else NARROWER, "the deny list may be of another age", after.at)
    if before.name != after.name:
        code = WIDER if after.name is None else NARROWER if before.name is None else OTHER
        yield _said(code, f"the deny list is {f'`{after.name}`' if after.name else 'any that they sign'}", after.at)
    if before.file != after.file:
        yield _said(OTHER, "the deny list is another file", after.at)


def _pin(root: Root) -> object:
    return getattr(root, "sha256", None) or getattr(root, "public_key", None)


def _marks(identity: Identity) -> tuple[str | None, ...]:
    return (
        identity.trust, identity.issuer, identity.uri, identity.email,
        identity.repository, identity.repository_id, identity.owner_id,
    )  # fmt: skip  # who, and how narrowly


def _said(code: str, message: str, at: Location | None) -> Finding:
    severity = Severity.WARNING if code == WIDER else Severity.NOTE
    head = {WIDER: "wider", NARROWER: "narrower", OTHER: "different"}[code]
    return Finding(code, f"{head}: {message}", at or NOWHERE, severity)

"""Build the policies that hold, and make the set that a run is handed.

Takes:   a composition without errors, a catalog whose packs may be imported.
Gives:   `bind`: a `PolicySet`; `digest_of_policies`. Raises `PenstockError` with everything that could not be built.
Ignores: which policies hold (`compose`); what the engine does with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.bindings import Bound, Numbers, PolicySet
from penstock.decisions import FailureClass, FailureRule
from penstock.manifest.build import build_policy
from penstock.manifest.canonical import digest_of
from penstock.policies.compose import name_of
from penstock_findings.errors import PenstockError
from penstock_findings.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.policies.compose import Claim, Composed, Composition
    from penstock.policies.offers import Catalog


class NotBound(PenstockError):
    """Policies that a file names cannot be built. The file is at fault, or a pack."""

    code = "L119"
    exit_code = 1


def bind(composition: Composition, catalog: Catalog) -> PolicySet:
    """The set; each policy is built once, however many subjects it stands at."""
    builder = _Builder(catalog)
    bound = {
        composed.subject.id: points
        for composed in composition.subjects.values()
        if (points := builder.points(composed))
    }
    if builder.findings:
        sources = {file.path: file.text for file in composition.files}
        raise NotBound("the policies cannot be built", findings=builder.findings, sources=sources)
    return PolicySet(
        bound=bound,
        numbers=Numbers(
            capacity=_numbers(composition, "channel", "capacity"),
            concurrency=_numbers(composition, "node", "concurrency"),
        ),
        rules={
            composed.subject.id: tuple(_rule(claim.says) for claim in composed.failures)
            for composed in composition.subjects.values()
            if composed.failures
        },
        offered=offered_rules(catalog),
        digest=digest_of_policies(composition),
        provenance=composition,
    )


def offered_rules(catalog: Catalog) -> tuple[FailureRule, ...]:
    """How packs classify failures: packs in order of name, the rules of each in its own order."""
    packs = sorted((pack for pack in catalog.packs if pack.manifest is not None), key=lambda pack: pack.name)
    rules = [rule for pack in packs if pack.manifest is not None for rule in pack.manifest.failures]
    return tuple(
        FailureRule(FailureClass(rule.gives), rule.error, _range(rule.status), rule.retry_after) for rule in rules
    )


def digest_of_policies(composition: Composition) -> str:
    """`sha256:...` over what holds: policies with their configs, numbers and rules by subject; not over who said so."""
    held = {
        composed.subject.words: {
            "policies": [
                [name_of(one), one.layer, one.first.says.type, one.first.config]
                for one in composed.policies
                if not one.is_off
            ],
            "numbers": {one.layer: one.first.says.value for one in composed.numbers},
            "failures": [[*claim.says.condition, claim.says.gives] for claim in composed.failures],
        }
        for composed in composition.subjects.values()
    }
    return digest_of({subject: said for subject, said in held.items() if any(said.values())}) if held else ""


class _Builder:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._built: dict[tuple[str, str], Any] = {}
        self.findings: list[Finding] = []

    def points(self, composed: Composed) -> dict[str, tuple[Bound, ...]]:
        """Decision point -> the policies that stand there, outermost first."""
        points: dict[str, tuple[Bound, ...]] = {}
        for held in composed.policies:
            claim = held.first
            made = None if held.is_off else self._made(claim)
            if made is None or claim.facts is None:
                continue
            there = tuple(point for point in composed.subject.points if point in claim.facts.points)
            one = Bound(made, f"{name_of(held)}@{composed.subject.id}", there)
            for point in there:
                points[point] = (*points.get(point, ()), one)
        return points

    def _made(self, claim: Claim) -> Any:
        key = (claim.file.path, claim.at)
        if key not in self._built:
            try:
                self._built[key] = build_policy(
                    self._catalog.load_policy(claim.says.type), claim.config, claim.says.type
                )
            except PenstockError as error:
                self._built[key] = None
                self.findings += [_placed(finding, claim) for finding in error.findings]
        return self._built[key]


def _placed(finding: Finding, claim: Claim) -> Finding:
    """A finding about a config, at its place in the file; one about a pack stays where it is, but says who asked."""
    if finding.at.path is not None:
        return finding
    at = claim.file.places.value(claim.says.config_pointer + (finding.at.pointer or ""))
    if not claim.says.config:
        at = claim.file.places.value(claim.says.type_pointer)
    return Finding(finding.code, finding.message, at, finding.severity, finding.hint, finding.related, finding.evidence)


def _numbers(composition: Composition, kind: str, name: str) -> Mapping[str, int]:
    return {
        composed.subject.id: held.first.says.value
        for composed in composition.subjects.values()
        if composed.subject.kind == kind
        for held in composed.numbers
        if held.layer == name
    }


def _rule(says: Any) -> FailureRule:
    return FailureRule(FailureClass(says.gives), says.error, says.status, says.retry_after)


def _range(status: str | None) -> tuple[int, int] | None:
    if status is None:
        return None
    low, _, high = status.partition("-")
    return int(low), int(high or low) + 1

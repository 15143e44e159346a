"""Turn what the gate found into findings, for the formats that every Penstock tool shares.

Takes:   an `Outcome`.
Gives:   `report_of`; `finding_of`, the finding of one change.
Ignores: the formats (`penstock_findings.reporters`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_contracts.change import Effect
from penstock_contracts.reports.phrases import CLEARED, answered, answers_of, waived, witnessed
from penstock_findings import Finding, Related, Report, Severity

if TYPE_CHECKING:
    from penstock_contracts.change import Answer, Change, Comparison, Outcome

_LONG = 240  # characters; a longer payload is not quoted in a sentence


def report_of(outcome: Outcome) -> Report:
    """All changes and all other findings as one report."""
    changes = [finding_of(change, comparison) for comparison in outcome.comparisons for change in comparison.changes]
    return Report(f"penstock contracts {outcome.command}", [*outcome.findings, *changes], outcome.sources, version())


def finding_of(change: Change, comparison: Comparison) -> Finding:
    """One change as a finding: it stands where the candidate is, and names the place in the baseline."""
    return Finding(
        change.code,
        f"`{comparison.name}`: {_sentence(change, comparison)}",
        change.candidate.at,
        Severity.NOTE if change.waiver else change.severity,
        related=[Related(_before(change, comparison), change.baseline.at)],
        evidence=_evidence(change, comparison),
    )


def _before(change: Change, comparison: Comparison) -> str:
    if comparison.is_link:
        return f"what is written: {change.was}" if change.was else "what is written"
    return f"before: {change.was}" if change.was else "it was here"


def _sentence(change: Change, comparison: Comparison) -> str:
    """What changed, and what makes it more than a change."""
    said = [change.message]
    if change.breaking or change.undecided:
        told = (_told(answer, comparison) for answer in answers_of(change, comparison))
        said += [each for each in told if each]
    if change.cleared:
        said.append(CLEARED)
    if change.waiver is not None:
        said.append(f"waived {waived(change.waiver)}")
    return "; ".join(said)


def _told(answer: Answer, comparison: Comparison) -> str:
    payload = answer.witness
    if answer.effect is Effect.BREAKS and payload is not None and len(payload.text) <= _LONG:
        return f"`{payload.text}` {witnessed(answer.direction, comparison)}"
    return f"{answer.direction}: {answered(answer)}" if answer.effect in (Effect.BREAKS, Effect.UNDECIDED) else ""


def _evidence(change: Change, comparison: Comparison) -> dict[str, Any]:
    evidence: dict[str, Any] = {
        "contract": comparison.name,
        "digest": comparison.digest,
        "bump": str(change.bump),
        "effects": {answer.direction: str(answer.effect) for answer in change.answers},
        "witnesses": {answer.direction: answer.witness.text for answer in change.answers if answer.witness},
    }
    if change.waiver is not None:
        evidence["waiver"] = {"owner": change.waiver.owner, "expires": change.waiver.expires}
    return evidence


def version() -> str | None:
    """The version of this package, for formats that name the tool."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("penstock-contracts")
    except PackageNotFoundError:  # run from a folder of sources
        return None

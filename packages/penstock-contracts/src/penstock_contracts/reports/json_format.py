"""What the gate found, for programs: one line of JSON whose shape `report.schema.json` beside this file states.

Takes:   an `Outcome`.
Gives:   `render`; `FORMAT`, which grows by one when a reader would have to change; `schema`.
Ignores: people; they have `text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_contracts.exact import exactly, text_of
from penstock_contracts.reports.as_findings import version
from penstock_contracts.reports.phrases import Standing, counts, standing_of, standing_of_change
from penstock_contracts.verdict import Proven, Refuted
from penstock_findings import Severity
from penstock_findings.reporters import portable
from penstock_findings.reporters.json_format import finding_value, location_value

if TYPE_CHECKING:
    from penstock_contracts.change import Answer, Change, Comparison, Direction, Outcome, Place
    from penstock_contracts.verdict import Verdict

FORMAT = "penstock-contracts/1"


def render(outcome: Outcome) -> str:
    """The outcome as one line of JSON, keys sorted, numbers with all their digits."""
    return _ascii(text_of(exactly(_outcome(outcome)), sort_keys=True)) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of this format."""
    import json
    from pathlib import Path

    read: dict[str, Any] = json.loads(Path(__file__).with_name("report.schema.json").read_text(encoding="utf-8"))
    return read


def _ascii(text: str) -> str:
    """JSON text with all other characters as escapes, so that no stream has to know them."""
    if text.isascii():
        return text
    import json
    import re

    return re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], text)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    found = counts(outcome)
    return {
        "format": FORMAT,
        "tool": _known(name="penstock-contracts", version=version()),
        "command": outcome.command,
        "baseline": outcome.baseline,
        "candidate": outcome.candidate,
        "standing": str(standing_of(outcome)),
        "bump": None if outcome.bump is None else str(outcome.bump),
        "summary": {
            **{str(standing): found[standing] for standing in Standing},
            "errors": sum(finding.severity is Severity.ERROR for finding in outcome.findings),
        },
        "comparisons": [_comparison(comparison) for comparison in outcome.comparisons],
        "findings": [portable(finding_value(finding)) for finding in outcome.findings],
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return _known(
        name=comparison.name,
        baseline=_known(label=comparison.baseline, version=comparison.baseline_version),
        candidate=_known(label=comparison.candidate, version=comparison.candidate_version),
        digest=comparison.digest,
        positions=list(comparison.positions),
        mode=comparison.mode,
        content=comparison.content,
        standing=str(standing_of(comparison)),
        equivalent=comparison.equivalent,
        link=comparison.is_link,
        directions=[_direction(direction) for direction in comparison.directions],
        extra=[_direction(direction) for direction in comparison.extra],
        changes=[_change(change) for change in comparison.changes],
    ) | {"bump": None if comparison.bump is None else str(comparison.bump)}


def _direction(direction: Direction) -> dict[str, Any]:
    return _known(
        name=direction.name,
        needed=direction.needed,
        why=direction.why,
        producer=direction.producer,
        consumer=direction.consumer,
        verdict=_verdict(direction.verdict),
        declared=None if direction.declared is None else _verdict(direction.declared),
    )


def _verdict(verdict: Verdict) -> dict[str, Any]:
    if isinstance(verdict, Proven):
        return {"answer": "proven"}
    if isinstance(verdict, Refuted):
        return {
            "answer": "refuted",
            "witness": verdict.witness,
            "producer_pointer": verdict.a_pointer,
            "consumer_pointer": verdict.b_pointer,
            "keyword": verdict.keyword,
            "exotic": verdict.exotic,
        }
    return {"answer": "undecided", "reason": verdict.reason, "detail": verdict.detail, "pointer": verdict.pointer}


def _change(change: Change) -> dict[str, Any]:
    waiver = change.waiver
    return _known(
        code=change.code,
        keyword=change.keyword or None,
        message=change.message,
        was=change.was,
        now=change.now,
        baseline=_place(change.baseline),
        candidate=_place(change.candidate),
        answers=[_answer(answer) for answer in change.answers],
        severity=str(change.severity),
        standing=str(standing_of_change(change)),
        bump=str(change.bump),
        cleared=change.cleared,
        waiver=None if waiver is None else {"owner": waiver.owner, "expires": waiver.expires, "reason": waiver.reason},
    )


def _place(place: Place) -> dict[str, Any]:
    return _known(pointer=place.pointer, present=place.present, at=location_value(place.at) or None)


def _answer(answer: Answer) -> dict[str, Any]:
    told = _known(
        direction=answer.direction, effect=str(answer.effect), reason=answer.reason or None, exotic=answer.exotic
    )
    return told if answer.witness is None else {**told, "witness": answer.witness.value}


def _known(**members: Any) -> dict[str, Any]:
    """Those members that are not None: what is not known is not said."""
    return {name: value for name, value in members.items() if value is not None}

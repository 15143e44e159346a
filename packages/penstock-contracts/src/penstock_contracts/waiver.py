"""Let findings pass that somebody took upon themselves, until a day; and find waivers that are of no use any more.

Takes:   a `penstock-waivers.toml` as read, an outcome, the day.
Gives:   `read_waivers`: waivers, and findings about the file; `waived`: the outcome with waivers applied.
Ignores: the clock; whoever calls says which day it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from penstock_contracts.change import Bump, Waiver
from penstock_contracts.subjects.errors import CannotRead
from penstock_contracts.subjects.shape import Field, misfits
from penstock_findings.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from penstock_contracts.change import Change, Comparison, Outcome
    from penstock_contracts.contract import Source

NAME = "penstock-waivers.toml"
_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_LONGEST = 366  # days that a waiver may run; longer ones are forgotten by everybody

SHAPE = Field(
    "object",
    members={
        "format": Field("integer"),
        "waiver": Field(
            "list",
            items=Field(
                "object",
                members={
                    "code": Field("text", required=True, pattern=r"K\d{3}", like="K208"),
                    "pointer": Field("text", required=True, pattern=r"(/.*)?", like="/properties/track_id"),
                    "subject": Field("text", required=True, pattern=r"sha256:[0-9a-f]{12,64}", like="sha256:3f0a..."),
                    "reason": Field("text", required=True, pattern=r"(?s)(?!TODO\b).*\S.*", like="the only reader was switched off"),
                    "owner": Field("text", required=True, pattern=r"(?!TODO\b).*\S.*", like="ana@example.org"),
                    "expires": Field("text", required=True, pattern=_DAY, like="2026-01-31"),
                },
            ),
        ),
    },
)  # fmt: skip


def read_waivers(value: Any, source: Source) -> tuple[Waiver, ...]:
    """The waivers in the file. Raises `CannotRead` with everything that is wrong with it."""
    wrong = list(misfits(value, SHAPE, source))
    rows = value.get("waiver", []) if isinstance(value, dict) and not wrong else []
    for place, row in enumerate(rows):
        if not _is_day(row["expires"]):
            at = source.at(f"/waiver/{place}/expires")
            wrong.append(Finding("K403", f"there is no day `{row['expires']}`", at, hint="write it like 2026-01-31"))
    if wrong:
        raise CannotRead(f"`{source.path}` has mistakes", findings=wrong, sources={source.path: source.text})
    return tuple(
        Waiver(
            code=row["code"],
            subject=row["subject"],
            pointer=row["pointer"],
            reason=row["reason"],
            owner=row["owner"],
            expires=row["expires"],
            at=source.at(f"/waiver/{place}"),
        )
        for place, row in enumerate(rows)
    )


def waived(outcome: Outcome, waivers: Sequence[Waiver], today: date) -> Outcome:
    """The outcome with waivers beside what they let pass; those that are expired or of no use are findings."""
    used: set[Waiver] = set()
    alive = [waiver for waiver in waivers if waiver.expires >= today.isoformat()]
    comparisons = tuple(_waived(comparison, alive, used) for comparison in outcome.comparisons)
    findings = [_passed(finding, alive, used) for finding in outcome.findings]
    for waiver in waivers:
        if waiver not in alive:
            findings.append(_expired(waiver))
        elif waiver not in used:
            findings.append(_unused(waiver, outcome.comparisons))
        else:
            findings += _too_long(waiver, today)
    return replace(outcome, comparisons=comparisons, findings=tuple(findings), bump=_bump(outcome, comparisons))


def stanza(change: Change, comparison: Comparison, expires: str) -> str:
    """A waiver for the change, ready to be completed and put into the file."""
    return (
        "[[waiver]]\n"
        f'code = "{change.code}"\n'
        f'pointer = "{_pointers(change)[0]}"\n'
        f'subject = "{comparison.digest}"\n'
        f'reason = "TODO: {change.message.replace(chr(34), chr(39)).replace(chr(92), "/")}"\n'
        'owner = "TODO"\n'
        f'expires = "{expires}"\n'
    )


def _waived(comparison: Comparison, waivers: Iterable[Waiver], used: set[Waiver]) -> Comparison:
    changes = []
    for change in comparison.changes:
        mine = next((waiver for waiver in waivers if _fits(waiver, change, comparison)), None)
        if mine is not None and (change.breaking or change.undecided):
            used.add(mine)
            change = replace(change, waiver=mine)
        changes.append(change)
    return replace(comparison, changes=tuple(changes))


def _passed(finding: Finding, waivers: Iterable[Waiver], used: set[Waiver]) -> Finding:
    """A finding that is not about a schema, such as a port that is gone: as a note when it is waived."""
    digest = finding.evidence.get("digest")
    for waiver in waivers:
        fits = (
            isinstance(digest, str)
            and digest.startswith(waiver.subject)
            and waiver.pointer == (finding.at.pointer or "")
        )
        if fits and waiver.code == finding.code and finding.severity is not Severity.NOTE:
            used.add(waiver)
            hint = f"waived by {waiver.owner} until {waiver.expires}: {waiver.reason}"
            return Finding(finding.code, finding.message, finding.at, Severity.NOTE, hint, evidence=finding.evidence)
    return finding


def _fits(waiver: Waiver, change: Change, comparison: Comparison) -> bool:
    return (
        waiver.code == change.code
        and comparison.digest.startswith(waiver.subject)
        and waiver.pointer in _pointers(change)
    )


def _pointers(change: Change) -> list[str]:
    """How a waiver may name the place: in the candidate's file, its schema, or the baseline's schema."""
    known = [change.candidate.at.pointer, change.candidate.pointer, change.baseline.pointer]
    return list(dict.fromkeys(pointer for pointer in known if pointer is not None))


def _expired(waiver: Waiver) -> Finding:
    message = f"the waiver for {waiver.code} ended on {waiver.expires}"
    hint = f"ask {waiver.owner}: mend the contract, or give it a new day"
    return Finding("K401", message, waiver.at, Severity.ERROR, hint)


def _unused(waiver: Waiver, comparisons: Iterable[Comparison]) -> Finding:
    here = list(comparisons)
    same_place = any(
        change.code == waiver.code and waiver.pointer in _pointers(change) for one in here for change in one.changes
    )
    if same_place:
        message = f"the waiver for {waiver.code} was given to another version of this contract"
        now = next(one.digest for one in here for change in one.changes if waiver.pointer in _pointers(change))
        return Finding(
            "K404", message, waiver.at, Severity.WARNING, f'look again; if it still holds, write subject = "{now}"'
        )
    message = f"the waiver for {waiver.code} at `{waiver.pointer or '/'}` lets nothing pass any more"
    return Finding("K402", message, waiver.at, Severity.WARNING, "remove it")


def _too_long(waiver: Waiver, today: date) -> list[Finding]:
    from datetime import date as day

    if (day.fromisoformat(waiver.expires) - today).days <= _LONGEST:
        return []
    message = f"the waiver for {waiver.code} runs until {waiver.expires}, longer than a year"
    return [
        Finding("K405", message, waiver.at, Severity.WARNING, "choose a day on which somebody will look at it again")
    ]


def _bump(outcome: Outcome, comparisons: Iterable[Comparison]) -> Bump | None:
    """A waived doubt no longer hides the step; a waived break still needs the major one."""
    if outcome.bump is not None or any(comparison.undecided for comparison in comparisons):
        return outcome.bump
    return max((_settled(one) for one in comparisons), key=lambda bump: bump.rank, default=Bump.PATCH)


def _settled(comparison: Comparison) -> Bump:
    if comparison.bump is not None:
        return comparison.bump
    return max((change.bump for change in comparison.changes), key=lambda bump: bump.rank, default=Bump.MINOR)


def _is_day(text: str) -> bool:
    from datetime import date as day

    try:
        day.fromisoformat(text)
    except ValueError:
        return False
    return True

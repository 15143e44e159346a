"""Decide how each cell stands: which of its results counts, whether its evidence is stale, how it looks.

Takes:   results in any order, the time as of which is judged, and how old evidence may be.
Gives:   `Standing`, one for each cell; `standings`, `look_of`, `Freshness`.
Ignores: how results came together (`merge`), and what is asked of them (`questions`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone

from penstock_compat.facts import Cause, Cell, Result, Rung, State
from penstock_compat.looks import (
    BROKEN,
    DOOMED,
    FAULT,
    LEFT_OUT,
    NO_TESTS,
    PROVEN,
    STALE,
    UNKNOWN,
    UNTESTED,
    Look,
)
from penstock_findings.fact import EMPTY, Fact

STALE_AFTER = 30.0  # days
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAY = 86_400.0
_FINE = frozenset({State.PASSED, State.UNKNOWN})  # what speaks against nothing when it was not tested


class Freshness(Fact):
    """When evidence is fresh: not older than `days` before `as_of`, and of the builds that count today.

    `as_of` None judges by the newest evidence there is, so that the same results are judged the same on every day.
    `builds` maps `name==version` of a pack or of the core to the digests that count; what is not in it is compared
    with the newest evidence of the same platform.
    """

    as_of: datetime | None = None
    days: float = STALE_AFTER
    builds: Mapping[str, frozenset[str]] = EMPTY


class Standing(Fact):
    """How one cell stands: the result that counts, why its evidence is stale (empty when it is not), its look.

    `older` counts the results of this cell that count no more.
    """

    cell: Cell
    result: Result
    look: Look
    stale: tuple[str, ...] = ()
    older: int = 0


def instant(at: str) -> datetime:
    """The moment that an ISO text names; one without a zone is taken as UTC, one that is none as 1970.

    >>> instant("2026-11-22T12:00:00Z").isoformat()
    '2026-11-22T12:00:00+00:00'
    """
    try:
        read = datetime.fromisoformat(at.replace("Z", "+00:00"))
    except ValueError:
        return _EPOCH
    return read if read.tzinfo is not None else read.replace(tzinfo=timezone.utc)


def taken_at(result: Result) -> datetime:
    """When the evidence of a result was taken; 1970 when it has none."""
    return _EPOCH if result.evidence is None else instant(result.evidence.at)


def newest(results: Iterable[Result]) -> datetime:
    """When the newest evidence was taken; 1970 when there is none.

    What decides nothing counts only where nothing is decided: a merge leaves it out beside what does.
    """
    results = tuple(results)
    return max(map(taken_at, [result for result in results if is_decided(result)] or results), default=_EPOCH)


def is_measured(result: Result) -> bool:
    """Whether something was really tried in this cell: what is only implied by another cell was not."""
    return result.evidence is not None and (result.rung is Rung.TESTED or result.state not in _FINE)


def is_decided(result: Result) -> bool:
    """Whether something was tried, and says something of the pack rather than of the environment."""
    return is_measured(result) and result.state is not State.UNKNOWN and result.cause is not Cause.ENVIRONMENT


def standings(results: Iterable[Result], freshness: Freshness = Freshness()) -> tuple[Standing, ...]:  # noqa: B008 - a frozen fact
    """One standing for each cell, sorted by the cell's id."""
    results = tuple(results)
    cells: dict[str, list[Result]] = {}
    for result in results:
        cells.setdefault(result.cell.id, []).append(result)
    as_of = freshness.as_of or newest(results)
    builds = _newest_builds(results)
    found = []
    for name in sorted(cells):
        result = cells[name][0] if len(cells[name]) == 1 else max(cells[name], key=weight)
        stale = _why_stale(result, as_of, freshness, builds)
        found.append(Standing(result.cell, result, look_of(result, stale), stale, len(cells[name]) - 1))
    return tuple(found)


def look_of(result: Result, stale: tuple[str, ...] = ()) -> Look:
    """How a result is shown. Only what was tested, passed and is fresh is `PROVEN`."""
    if result.state is State.PASSED and result.rung is Rung.TESTED and result.evidence is not None:
        return STALE if stale else PROVEN
    if result.state is State.SKIPPED:
        return LEFT_OUT
    if result.state in _FINE:
        if is_measured(result):
            return FAULT
        return UNKNOWN if result.rung is Rung.UNKNOWN else UNTESTED
    if result.cause is Cause.ENVIRONMENT:
        return FAULT
    if result.state is State.NO_TESTS:
        return NO_TESTS
    return BROKEN if is_measured(result) else DOOMED


def weight(result: Result) -> tuple[int, datetime, int, bool, str]:
    """A total order of what is said of one cell; the heaviest counts.

    What was decided by trying, then what was foretold, then what failed to be tried, then beliefs; among equals the
    newer, the stronger, what speaks against.
    """
    return _kind(result), taken_at(result), result.rung.rank, result.state is not State.PASSED, said(result)


def says_something(result: Result) -> bool:
    """Whether anything is known at all, be it only a belief."""
    return _kind(result) > 0


def _kind(result: Result) -> int:
    if is_decided(result):
        return 4
    if result.state not in _FINE and not is_measured(result):
        return 3
    return 2 if is_measured(result) else int(result.rung is not Rung.UNKNOWN)


def said(result: Result) -> str:
    """Everything that a result says, as one text; where it comes from left out."""
    evidence, failure = result.evidence, result.failure
    told = evidence and [
        evidence.command,
        sorted((name, *what) for name, what in evidence.environment.items()),
        evidence.pack_digest,
        evidence.core_digest,
        sorted(evidence.interpreter.items()),
        evidence.seconds,
        evidence.log_digest,
        evidence.log,
        evidence.at,
        evidence.by,
    ]
    why = failure and [failure.kind, failure.summary, failure.detail, list(map(repr, failure.findings))]
    said = [result.cell.id, result.state, result.cause, result.rung, told, why, result.reasons]
    return json.dumps(said, sort_keys=True, default=str)


def _platform(result: Result, name: str, version: str) -> tuple[str, ...]:
    """Where one build of a distribution is expected: wheels with native code differ between platforms."""
    return name, version, result.cell.os, result.cell.arch, result.cell.python


def _builds_of(result: Result) -> list[tuple[str, str, str]]:
    """(name, version, digest) of the pack and of the core that were tested."""
    if result.evidence is None:
        return []
    cell, evidence = result.cell, result.evidence
    both = [(cell.pack, cell.version, evidence.pack_digest), ("penstock", cell.core, evidence.core_digest)]
    return [one for one in both if one[1] and one[2]]


def _newest_builds(results: Iterable[Result]) -> dict[tuple[str, ...], str]:
    """Of what was decided, the newest build on each platform; what decides nothing makes no build count."""
    found: dict[tuple[str, ...], tuple[datetime, str]] = {}
    for result in filter(is_decided, results):
        for name, version, digest in _builds_of(result):
            key = _platform(result, name, version)
            found[key] = max(found.get(key, (_EPOCH, "")), (taken_at(result), digest))
    return {key: digest for key, (_, digest) in found.items()}


def _why_stale(
    result: Result, as_of: datetime, freshness: Freshness, builds: Mapping[tuple[str, ...], str]
) -> tuple[str, ...]:
    if result.evidence is None:
        return ()
    reasons = []
    age = (as_of - taken_at(result)).total_seconds() / _DAY
    if age > freshness.days:
        reasons.append(f"the evidence is {age:.0f} days old; {freshness.days:g} are allowed")
    for name, version, digest in _builds_of(result):
        counting = freshness.builds.get(f"{name}=={version}") or {builds.get(_platform(result, name, version), digest)}
        if digest not in counting:
            reasons.append(f"the evidence is of another build of {name} {version}")
    return tuple(reasons)

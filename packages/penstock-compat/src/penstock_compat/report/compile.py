"""Compile a report from results: how each cell stands, what stands in the way of most, what changed.

Takes:   results, when evidence is fresh, the report before if there is one.
Gives:   `compile_report`, a pure function: the same inputs, the same report.
Ignores: the clock; who asks may hand in a moment, otherwise the newest evidence is now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timezone

from penstock_compat import history
from penstock_compat.facts import Cause, Results
from penstock_compat.looks import BROKEN, DOOMED, LEFT_OUT, NO_TESTS, PROVEN, STALE
from penstock_compat.report.model import Obstacle, Report
from penstock_compat.standing import Freshness, Standing, newest, standings
from penstock_compat.versions import in_order

_IN_NOBODYS_WAY = frozenset({PROVEN.key, LEFT_OUT.key, NO_TESTS.key})
_BAD = frozenset({BROKEN.key, DOOMED.key})
_DECK = ("newest", "locked", "lowest")  # how dependency sets are put beside each other; others follow by name


def compile_report(
    results: Results,
    *,
    freshness: Freshness = Freshness(),  # noqa: B008 - a frozen fact
    before: Report | None = None,
    label: str = "",
) -> Report:
    """The report; without a label it is called by the moment of its newest evidence."""
    moment = (freshness.as_of or newest(results.results)).astimezone(timezone.utc)
    as_of = moment.isoformat(timespec="seconds")
    name = label or as_of
    found = tuple(sorted(standings(results.results, replace(freshness, as_of=moment)), key=_row))
    past = history.past_of(name, as_of, found)
    return Report(
        label=name,
        made_by=results.made_by,
        as_of=as_of,
        days=freshness.days,
        standings=found,
        obstacles=obstacles(found),
        since=before.label if before is not None else "",
        changes=history.changes({s.cell.id: s.look.key for s in before.standings}, found) if before is not None else (),
        past=history.remembered(before.past if before is not None else (), past),
    )


def obstacles(found: Iterable[Standing]) -> tuple[Obstacle, ...]:
    """What keeps cells from being proven: first what shows that they do not work, then by how many cells."""
    groups: dict[tuple[str, str, str, str], list[Standing]] = {}
    for standing in found:
        if standing.look.key not in _IN_NOBODYS_WAY:
            groups.setdefault((why(standing), *_kinds(standing), standing.look.key), []).append(standing)
    made = [
        Obstacle(
            summary,
            cause,
            kind,
            look,
            tuple(sorted(s.cell.id for s in members)),
            tuple(sorted({s.cell.pack for s in members})),
        )
        for (summary, cause, kind, look), members in groups.items()
    ]
    return tuple(sorted(made, key=_gravest))


def _gravest(one: Obstacle) -> tuple[object, ...]:
    return one.look not in _BAD, -len(one.cells), one.summary, one.cause, one.kind, one.look


def why(standing: Standing) -> str:
    """The one sentence that says best why a cell is not proven."""
    result = standing.result
    if standing.look is STALE:
        return standing.look.says
    if result.failure is not None and result.failure.summary:
        return result.failure.summary
    return result.reasons[0] if result.reasons else standing.look.says


def _kinds(standing: Standing) -> tuple[str, str]:
    failure, cause = standing.result.failure, standing.result.cause
    return "" if cause is Cause.NONE else str(cause), failure.kind if failure is not None else ""


def _row(standing: Standing) -> tuple[object, ...]:
    """The order of reports: packs by name, their newest version first, then the columns."""
    cell = standing.cell
    return cell.pack, Backwards(in_order(cell.version)), *column_order(column_of(standing))


class Backwards:
    """Sorts the other way round."""

    __slots__ = ("key",)

    def __init__(self, key: object) -> None:
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Backwards) and self.key == other.key

    def __lt__(self, other: Backwards) -> bool:
        return bool(other.key < self.key)  # type: ignore[operator]  # keys of one kind compare


Column = tuple[str, str, str, str, str]  # core, os, arch, deps, python


def column_of(standing: Standing) -> Column:
    """The place that the cell is about, its pack left out."""
    cell = standing.cell
    return cell.core, cell.os, cell.arch, cell.deps, cell.python


def column_order(column: Column) -> tuple[object, ...]:
    """Cores newest first, then machines, dependency sets, Pythons oldest first."""
    core, system, arch, deps, python = column
    deck = _DECK.index(deps) if deps in _DECK else len(_DECK)
    return Backwards(in_order(core)), system, arch, deck, deps, in_order(python)


def columns_of(found: Iterable[Standing]) -> list[Column]:
    """Every place that any cell is about, in the order in which a table shows them."""
    return sorted({column_of(standing) for standing in found}, key=column_order)

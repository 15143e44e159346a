"""Decide what changed between two reports, and how a series of reports went.

Takes:   standings of today, and a report of before, which remembers the ones before it.
Gives:   `changes`, each with what it means; `Past`, one remembered report; `remembered`, the series with one more in it.
Ignores: where reports are kept: a report carries its own past, so the last one is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from penstock_compat.looks import BROKEN, DOOMED, LOOKS, PROVEN
from penstock_compat.standing import Standing
from penstock_findings.fact import EMPTY, Fact

LONGEST = 60  # reports that are remembered; the oldest is forgotten first

# What a step from one look to another means; the first that fits.
BROKE = "broke"  # it does not work any more, or now we know
MENDED = "mended"  # it is proven now, and did not work before
NEWLY_PROVEN = "newly proven"
LOST_PROOF = "lost its proof"  # nothing speaks against it, and nothing proves it any more
CAME = "came"  # a cell that the report before did not have
WENT = "went"
OTHERWISE = "otherwise"
KINDS = (BROKE, LOST_PROOF, MENDED, NEWLY_PROVEN, OTHERWISE, CAME, WENT)

_BAD = frozenset({BROKEN.key, DOOMED.key})


class Change(Fact):
    """One cell whose look is another one than before; `before` and `after` are keys of looks, "" where there is no cell."""

    cell: str
    kind: str
    before: str
    after: str


class Past(Fact):
    """What is remembered of one report: its label, when its newest evidence was taken, how many cells had which look.

    `packs` maps `name==version` to (cells that are proven, cells).
    """

    label: str
    as_of: str
    looks: Mapping[str, int] = EMPTY
    packs: Mapping[str, tuple[int, int]] = EMPTY


def changes(before: Mapping[str, str], now: Iterable[Standing]) -> tuple[Change, ...]:
    """What changed since `before` (cell id -> key of its look), the gravest first, then by cell."""
    after = {standing.cell.id: standing.look.key for standing in now}
    found = [
        Change(cell, kind_of(before.get(cell, ""), after.get(cell, "")), before.get(cell, ""), after.get(cell, ""))
        for cell in {*before, *after}
        if before.get(cell) != after.get(cell)
    ]
    return tuple(sorted(found, key=lambda change: (KINDS.index(change.kind), change.cell)))


def kind_of(before: str, after: str) -> str:
    """What it means when a cell looks like `after` and looked like `before`; "" is no cell.

    >>> kind_of("proven", "broken"), kind_of("broken", "proven"), kind_of("proven", "unknown")
    ('broke', 'mended', 'lost its proof')
    """
    if not after:
        return WENT
    if not before:
        return CAME
    if after in _BAD and before not in _BAD:
        return BROKE
    if after == PROVEN.key:
        return MENDED if before in _BAD else NEWLY_PROVEN
    return LOST_PROOF if before == PROVEN.key else OTHERWISE


def past_of(label: str, as_of: str, standings: Iterable[Standing]) -> Past:
    """What will be remembered of a report with these standings."""
    looks = dict.fromkeys((look.key for look in LOOKS), 0)
    packs: dict[str, tuple[int, int]] = {}
    for standing in standings:
        looks[standing.look.key] += 1
        name = f"{standing.cell.pack}=={standing.cell.version}"
        proven, cells = packs.get(name, (0, 0))
        packs[name] = (proven + (standing.look is PROVEN), cells + 1)
    return Past(label, as_of, looks, packs)


def remembered(past: Iterable[Past], last: Past) -> tuple[Past, ...]:
    """The series with the last report in it, oldest first; a report that is made again replaces itself."""
    kept = [one for one in past if one.label != last.label]
    return tuple([*kept, last][-LONGEST:])

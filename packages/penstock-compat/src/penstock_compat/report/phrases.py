"""Put a report into words that every format shares.

Takes:   a `Report`, its standings and changes.
Gives:   sentences and labels; `safe` makes text of any origin fit for one line.
Ignores: markup; each format escapes what it is handed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from penstock_compat import history
from penstock_compat.looks import BELIEVED, BROKEN, BY_KEY, DOOMED, LEFT_OUT, PROVEN, UNTESTED
from penstock_compat.report.compile import Column, why
from penstock_findings.reporters import visible

if TYPE_CHECKING:
    from penstock_compat.report.model import Report
    from penstock_compat.standing import Standing

AXES = ("core", "machine", "machine", "dependencies", "Python")  # of a column, in its order
_SYSTEM, _ARCH = 1, 2
_LEVELS = (0, _SYSTEM, 3, 4)  # in which columns are told apart; an architecture alone is no place
_KINDS = {
    history.BROKE: ("broke", "broke"),
    history.LOST_PROOF: ("lost its proof", "lost their proof"),
    history.MENDED: ("was mended", "were mended"),
    history.NEWLY_PROVEN: ("is newly proven", "are newly proven"),
    history.OTHERWISE: ("changed otherwise", "changed otherwise"),
    history.CAME: ("is new", "are new"),
    history.WENT: ("is gone", "are gone"),
}


def headline(report: Report) -> str:
    """The most important number, and what it must not be mistaken for.

    What its authors have left out is not counted: nobody asked for it.
    """
    counts = report.counts()
    meant = len(report.standings) - counts[LEFT_OUT.key]
    if not meant:
        return "no cells were meant to be tested"
    bad = counts[BROKEN.key] + counts[DOOMED.key]
    rest = meant - counts[PROVEN.key] - bad
    told = [f"{counts[PROVEN.key]:,} of {cells(meant)} proven"]
    told += [f"{bad:,} do not work"] if bad > 1 else ["1 does not work"] if bad else []
    told += [f"{rest:,} not known"] if rest else []
    return ", ".join(told)


def cells(count: int) -> str:
    """The count with its noun."""
    return f"{count:,} cell" + ("" if count == 1 else "s")


def changed(report: Report) -> str:
    """What changed, in numbers."""
    if not report.since:
        return ""
    kinds = [change.kind for change in report.changes]
    told = [f"{kinds.count(kind)} {_KINDS[kind][kinds.count(kind) > 1]}" for kind in history.KINDS if kind in kinds]
    return ", ".join(told) or "nothing changed"


def packs_of(report: Report, kind: str, most: int = 12) -> str:
    """The packs with changes of one kind, and how many cells of each."""
    counts: dict[str, int] = {}
    for change in report.changes:
        if change.kind == kind:
            pack = change.cell.partition("|")[0].replace("==", " ")
            counts[pack] = counts.get(pack, 0) + 1
    told = [f"{pack} ({cells(count)})" for pack, count in counts.items()]
    return ", ".join(told[:most]) + (f" and {len(told) - most} more packs" if len(told) > most else "")


def sign_of(standing: Standing) -> str:
    """The sign of a cell; one that nobody tested shows the letter of the best that is known."""
    if standing.look is UNTESTED:
        return BELIEVED.get(str(standing.result.rung), UNTESTED.sign)
    return standing.look.sign


def said_of(standing: Standing) -> str:
    """One sentence about a cell that is not proven."""
    reason = safe(why(standing))
    blamed = str(standing.result.cause)
    return reason if blamed in ("none", "unknown") else f"{reason} (cause: {blamed})"


def word_of(key: str) -> str:
    """The word for a look that is known by its key; no cell at all has none."""
    return BY_KEY[key].word if key else "not there"


def place_of(column: Column, axes: Sequence[int] = (0, 1, 2, 3, 4)) -> str:
    """A column in words: `core 0.1.0, linux x86_64, newest, Python 3.12`; only the named axes, if there are some."""
    words = (label_of(column, at) if at != 4 else f"Python {safe(column[4])}" for at in axes if at != _ARCH)
    return ", ".join(word for word in words if word)


def label_of(column: Column, axis: int) -> str:
    """One axis of a column in words; a machine is its system with its architecture."""
    if axis == _SYSTEM:
        return f"{safe(column[_SYSTEM])} {safe(column[_ARCH])}"
    if axis == 0:
        return f"core {safe(column[0])}" if column[0] else ""
    return safe(column[axis])


def varying_axes(columns: Iterable[Column]) -> tuple[int, ...]:
    """The axes in which two columns differ: core, machine, dependencies, Python; Python always counts."""
    columns = list(columns)

    def varies(axis: int) -> bool:
        return axis == 4 or len({label_of(column, axis) for column in columns}) > 1

    return tuple(axis for axis in _LEVELS if varies(axis))


def fixed_axes(columns: Iterable[Column]) -> tuple[int, ...]:
    """The axes that `varying_axes` leaves out."""
    varying = varying_axes(columns)
    return tuple(axis for axis in _LEVELS if axis not in varying)


def safe(text: str) -> str:
    """The text on one line, with nothing in it that could move, hide or turn around what stands beside it."""
    return visible(text.encode("utf-8", "replace").decode("utf-8"))

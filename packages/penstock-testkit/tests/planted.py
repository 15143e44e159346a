"""Each bad node with the check that has to catch it, its settings and the records that it is made for.

Takes:   nothing.
Gives:   `PLANTED`.
Ignores: why a node is bad; that stands beside it, in the zoo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bad_plugins import drifted, lives, sinks, transforms


@dataclass(frozen=True)
class Planted:
    """One bad node. `records` are good for it: whatever fails does so because of what was planted."""

    code: str
    node: type
    records: tuple[Any, ...] = ({"n": 1}, {"n": 2}, {"n": 3})
    config: Mapping[str, Any] | Callable[[Path], Mapping[str, Any]] | None = None
    effects: Callable[[Path], list[str]] | None = None


def lines(folder: Path) -> list[str]:
    path = folder / "seen"
    return path.read_text().split() if path.exists() else []


def sink(code: str, node: type) -> Planted:
    return Planted(code, node, config=lambda folder: {"folder": str(folder)}, effects=lines)


_T, _L = transforms, lives
PLANTED = [
    Planted("Q101", _L.ClosesOnce),
    Planted("Q101", _L.WantsARecord),
    Planted("Q102", _L.ClosesWhatItNeverOpened),
    Planted("Q102", _L.CannotCloseAfterABadRecord),
    Planted("Q103", _T.ChangesPayload),
    Planted("Q103", _T.SortsInPlace, ({"values": [3, 1]}, {"values": [2, 1]})),
    Planted("Q103", _T.TakesAway),
    Planted("Q103", _T.ChangesDeepInside, ({"inner": {"n": 1}},)),
    Planted("Q104", _T.NeedsAnOptionalField, ({"n": 1, "word": "a"},)),
    Planted("Q104", _T.DividesByWhatMayBeZero),
    Planted("Q104", _T.BelievesInSmallNumbers, ({"n": 0}, {"n": 1})),
    Planted("Q105", _T.GivesAHalf, ({"n": 4}, {"n": 8})),
    Planted("Q105", _T.ForgetsAField),
    Planted("Q105", _T.GivesNone),
    Planted("Q106", _T.NamesAPortItHasNot),
    Planted("Q106", _T.HandsBackAPayload),
    Planted("Q106", _T.HandsBackAPayloadSometimes),
    Planted("Q107", _T.CountsForItself),
    Planted("Q107", _T.TakesTurns),
    Planted("Q107", _T.HashesByAddress),
    Planted("Q108", _T.KeepsItsFirstKey),
    Planted("Q108", _T.SumsUntilItIsClosed),
    Planted("Q108", _T.RemembersKeysWhileItIsOpen, ({"n": 1},) * 5),
    Planted("Q109", _T.LooksAtTheClock),
    Planted("Q109", _T.AsksForToday),
    Planted("Q109", _T.AsksForNow),
    Planted("Q109", _T.ThrowsDice),
    Planted("Q109", _T.MakesNamesUp),
    Planted("Q110", _L.SwallowsCancellation, ({"n": 1},)),
    Planted("Q110", _L.SleepsOn, ({"n": 1},)),
    Planted("Q111", _T.GivesADate),
    Planted("Q111", _T.GivesATuple),
    Planted("Q111", _T.GivesNan),
    Planted("Q111", _T.GivesNumbersAsKeys),
    Planted("Q111", _T.GivesASet),
    Planted("Q112", _L.LeavesAThread),
    Planted("Q112", _L.LeavesATask),
    Planted("Q112", _L.LeavesAFile),
    Planted("Q112", _L.LeavesASocket),
    Planted("Q113", _L.ReadsASettingThatMayBeMissing, config={"fields": {"id": "x"}}),
    Planted("Q113", _L.DividesItsSettings),
    Planted("Q114", drifted.NapsElsewhere),
    Planted("Q114", drifted.NapsFor),
    Planted("Q114", drifted.NeverLocked),
    Planted("Q115", _L.StartsAgain, ()),
    Planted("Q115", _L.SkipsOne, ()),
    Planted("Q115", _L.TellsThePositionOfItsReading, ()),
    Planted("Q116", _T.FiltersOnlyAlone),
    Planted("Q116", _T.ReversesABatch),
    Planted("Q117", _L.Naps),
    Planted("Q117", _L.NapsInAsync),
    Planted("Q118", _L.WritesAFile),
    Planted("Q118", _L.StartsAProgram, ({"n": 1},)),
    Planted("Q118", _L.CallsHome, ({"n": 1},)),
    sink("Q201", sinks.WritesWhenItCloses),
    sink("Q201", sinks.WritesEverySecond),
    sink("Q202", sinks.AppendsAndSaysIdempotent),
    sink("Q202", sinks.WritesAndSaysNone),
    sink("Q203", sinks.BeginsWithAnEmptyFile),
    sink("Q203", sinks.KeepsOneFileForEachLife),
]

"""Let contenders take turns, and judge the ratios of their rates against bars.

Takes:   contenders, each with what it needs to be had here.
Gives:   `turns`: name -> turns, one a round; `Verdicts`: the tables, and how many bars were missed.
Why so:  all contenders take their turns of a fraction of a second one after the other, so that a slow moment of the
         machine hits all of them.  What counts is the median of the ratios within a round.
         Where others use the same processor, who computes gets slower and who waits for the disk does not.  So the
         pace of the processor is taken before and after each turn, and the median of the turns at full pace stands
         beside what counts.
Ignores: what a contender does.
"""

from __future__ import annotations

import gc
import importlib.util
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import machine

Go = Callable[[], int]  # lets all records through; how many arrived
Opens = Callable[[Path, int], AbstractContextManager[Go]]  # an empty directory, records -> ready to go; not measured
_FULL = 0.85  # of the quickest pace that was seen: more is as good as full


@dataclass(frozen=True, slots=True)
class Turn:
    """What one contender did in one round."""

    rate: float  # records a second
    pace: float  # of the processor, in additions a second: the slower one of before and after


Turns = Mapping[str, Sequence[Turn]]  # contender -> its turns, round by round


@dataclass(frozen=True, slots=True)
class Contender:
    """Who takes turns: how it is made ready, how many records it is given each time, what it cannot do without."""

    name: str
    opens: Opens
    records: int
    modules: tuple[str, ...] = ()
    program: str = ""

    def missing(self) -> str:
        """Why it cannot be had here; empty when it can."""
        absent = [name for name in self.modules if importlib.util.find_spec(name) is None]
        if absent:
            return f"Python has no module `{absent[0]}` here"
        if self.program and shutil.which(self.program) is None:
            return f"there is no program `{self.program}` here"
        return ""


@dataclass(frozen=True, slots=True)
class Bar:
    """How many times the rate of `peer` the rate of `ours` has to be."""

    ours: str
    peer: str
    wanted: float
    unit = "{:,.2f} x"

    @property
    def name(self) -> str:
        """For the table."""
        return f"{self.ours} / {self.peer}"

    def reached(self, found: Turns) -> float | None:
        """The median of the ratios within a round; None when one of the two was left out."""
        both = zip(found.get(self.ours, ()), found.get(self.peer, ()), strict=False)
        return median(ratios) if (ratios := [one.rate / other.rate for one, other in both]) else None

    def undisturbed(self, rates: Mapping[str, float]) -> float | None:
        """The ratio of what both did at full pace, if both had such turns."""
        one, other = rates.get(self.ours), rates.get(self.peer)
        return one / other if one and other else None


@dataclass(frozen=True, slots=True)
class Least:
    """How many records a second `ours` has to reach on a machine like that of the bar."""

    ours: str
    wanted: float
    unit = "{:,.0f}/s"

    @property
    def name(self) -> str:
        """For the table."""
        return self.ours

    def reached(self, found: Turns) -> float | None:
        """The median of its rates; None when it was left out."""
        return median(turn.rate for turn in of) if (of := found.get(self.ours)) else None

    def undisturbed(self, rates: Mapping[str, float]) -> float | None:
        """What it did at full pace, if it had such turns."""
        return rates.get(self.ours)


def rate(contender: Contender) -> float:
    """Records a second in one turn."""
    with tempfile.TemporaryDirectory() as here, contender.opens(Path(here), contender.records) as go:
        gc.collect()
        begun = time.perf_counter()
        n = go()
        took = time.perf_counter() - begun
    if n != contender.records:
        raise SystemExit(f"{contender.name}: records were lost or doubled, {n} of {contender.records} arrived")
    return contender.records / took


def pace() -> float:
    """How many small additions a second the processor does just now; finding out takes about a hundredth of a second."""
    n = 0
    begun = time.perf_counter()
    for each in range(200_000):
        n += each
    return 200_000 / (time.perf_counter() - begun)


def turns(contenders: Iterable[Contender], rounds: int) -> dict[str, list[Turn]]:
    """Turns of those that can be had; the first round warms everything up and does not count."""
    present = []
    for contender in contenders:
        if why := contender.missing():
            print(f"left out: {contender.name}, because {why}", flush=True)
        else:
            present.append(contender)
    found: dict[str, list[Turn]] = {contender.name: [] for contender in present}
    for number in range(rounds + 1):
        for contender in present:
            before = pace()
            measured = rate(contender)
            found[contender.name] += [Turn(measured, min(before, pace()))] if number else []
    return found


def at_full_pace(found: Turns) -> dict[str, float]:
    """Contender -> the median of its rates in turns during which nobody else used the processor; who had none is left out."""
    full = _FULL * max((turn.pace for of in found.values() for turn in of), default=0.0)
    quiet = {name: [turn.rate for turn in of if turn.pace >= full] for name, of in found.items()}
    return {name: median(rates) for name, rates in quiet.items() if rates}


class Verdicts:
    """Judges bar by bar, and keeps count."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def judge(self, what: str, found: Turns, bars: Sequence[Bar | Least]) -> None:
        """Print what was found, and then the bars; a bar whose peer was left out is not judged."""
        quiet = at_full_pace(found)
        rows = [(what, "records/s", "least", "most", "at full pace")]
        for name, of in found.items():
            rates = [turn.rate for turn in of]
            figures = (median(rates), min(rates), max(rates), quiet.get(name))
            rows.append((f"  {name}", *(_said(figure, "{:,.0f}") for figure in figures)))
        machine.table(rows)
        machine.table(
            [("bar", "found", "at full pace", "wanted", "verdict"), *(self._judged(bar, found, quiet) for bar in bars)]
        )

    def _judged(self, bar: Bar | Least, found: Turns, quiet: Mapping[str, float]) -> tuple[str, ...]:
        reached = bar.reached(found)
        verdict = "not judged" if reached is None else self.verdict(bar.name, reached >= bar.wanted)
        return bar.name, *(_said(figure, bar.unit) for figure in (reached, bar.undisturbed(quiet), bar.wanted)), verdict

    def verdict(self, name: str, holds: bool) -> str:
        """In a word; what is missed is remembered."""
        if not holds:
            self.missed.append(name)
        return "holds" if holds else "MISSED"

    def end(self) -> None:
        """Leave with 1 when a bar was missed."""
        raise SystemExit(1 if self.missed else 0)


def _said(figure: float | None, form: str) -> str:
    return "-" if figure is None else form.format(figure)

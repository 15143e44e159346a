"""Let contenders take turns, and judge the ratios of their rates against bars.

Takes:   contenders, each with what it needs to be had here.
Gives:   `turns`: name -> rate in each round; `Verdicts`: the tables, and how many bars were missed.
Why so:  all contenders take their turns of a fraction of a second one after the other, so that a slow moment of the
         machine hits all of them.  What counts is the median of the ratios within a round.
Ignores: what a contender does.
"""

from __future__ import annotations

import gc
import importlib.util
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import machine

Go = Callable[[], int]  # lets all records through; how many arrived
Opens = Callable[[Path, int], AbstractContextManager[Go]]  # an empty directory, records -> ready to go; not measured
Rates = dict[str, list[float]]  # contender -> records a second, round by round


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

    def reached(self, found: Rates) -> float | None:
        """The median of the ratios within a round; None when one of the two was left out."""
        both = zip(found.get(self.ours, ()), found.get(self.peer, ()), strict=False)
        return median(ratios) if (ratios := [one / other for one, other in both]) else None


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

    def reached(self, found: Rates) -> float | None:
        """The median of its rates; None when it was left out."""
        return median(rates) if (rates := found.get(self.ours)) else None


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


def turns(contenders: Iterable[Contender], rounds: int) -> Rates:
    """Rates of those that can be had; the first round warms everything up and does not count."""
    present = []
    for contender in contenders:
        if why := contender.missing():
            print(f"left out: {contender.name}, because {why}", flush=True)
        else:
            present.append(contender)
    found: Rates = {contender.name: [] for contender in present}
    for turn in range(rounds + 1):
        for contender in present:
            measured = rate(contender)
            found[contender.name] += [measured] if turn else []
    return found


class Verdicts:
    """Judges bar by bar, and keeps count."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def judge(self, what: str, found: Rates, bars: Sequence[Bar | Least]) -> None:
        """Print what was found, and then the bars; a bar whose peer was left out is not judged."""
        rates = [(what, "records/s", "least", "most")]
        rates += [
            (f"  {name}", f"{median(of):,.0f}", f"{min(of):,.0f}", f"{max(of):,.0f}") for name, of in found.items()
        ]
        machine.table(rates)
        machine.table([("bar", "found", "wanted", "verdict"), *(self._judged(bar, found) for bar in bars)])

    def _judged(self, bar: Bar | Least, found: Rates) -> tuple[str, str, str, str]:
        reached, wanted = bar.reached(found), bar.unit.format(bar.wanted)
        if reached is None:
            return bar.name, "", wanted, "not judged"
        return bar.name, bar.unit.format(reached), wanted, self.verdict(bar.name, reached >= bar.wanted)

    def verdict(self, name: str, holds: bool) -> str:
        """In a word; what is missed is remembered."""
        if not holds:
            self.missed.append(name)
        return "holds" if holds else "MISSED"

    def end(self) -> None:
        """Leave with 1 when a bar was missed."""
        raise SystemExit(1 if self.missed else 0)

"""What a run has counted, as of one moment, for whoever wants to show it.

Takes:   a driver, on its own event loop.
Gives:   `Watch`: `latest`, a `Snapshot` that any thread may read.
Ignores: how it is shown (`prometheus.py`, `otlp.py`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock._engine.partitions import folded, summed
from penstock._store.facts import Subject

if TYPE_CHECKING:
    from penstock._engine.driver import Driver

EVERY = 1.0  # seconds
RARELY = 15.0  # seconds, where it takes long
REASONS = 100  # of one measure of one subject that are told apart
OTHERS = "(others)"  # the reason of all that came later; a node may write what it likes into one
_SHARE = 0.02  # of the time of a run that looking may take at most
_log = logging.getLogger("penstock.run")


@dataclass(frozen=True, slots=True)
class Times:
    """How long the records of one node took in this process."""

    buckets: tuple[tuple[float, int], ...] = ()  # seconds, and how many records took at most so long
    seconds: float = 0.0  # of all records together

    @property
    def records(self) -> int:
        """How many there were."""
        return self.buckets[-1][1] if self.buckets else 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The counts of this process, and how full channels are for all."""

    graph: str = ""
    run: str = ""
    counts: Mapping[Subject, int] = field(default_factory=dict)  # (node or link, measure, reason) -> number
    in_flight: Mapping[str, int] = field(default_factory=dict)  # link or group -> records
    times: Mapping[str, Times] = field(default_factory=dict)  # node -> service times
    late: int = 0


class Watch:
    """Takes a snapshot a second (fewer when looking takes long), and one at the end, however the run ended; a reader has the last one whole."""

    def __init__(self, graph: str = "") -> None:
        self.latest = Snapshot(graph)
        self._driver: Driver | None = None
        self._next: asyncio.TimerHandle | None = None

    def start(self, driver: Driver) -> None:
        """Begin to look, on the loop that is running."""
        self._driver = driver
        self._look_on()

    def end(self) -> None:
        """The last look, while the store is open still: a run may be over, or have failed, before the first second is."""
        if self._next is not None:
            self._next.cancel()
        self._look()
        self._driver = None

    def _look_on(self) -> None:
        began = time.thread_time()  # a machine that others keep busy is no reason to look less often
        self._look()
        took = time.thread_time() - began
        self._next = asyncio.get_running_loop().call_later(min(max(EVERY, took / _SHARE), RARELY), self._look_on)

    def _look(self) -> None:
        """What cannot be read now is read the next time; to be watched must not cost the run anything."""
        if self._driver is not None:
            try:
                self.latest = _seen(self._driver)
            except Exception as error:  # of a store that is busy or broken; whoever works with it says so
                _log.warning("counts could not be looked at: %s", error)


def _seen(driver: Driver) -> Snapshot:
    times = {id: Times(tuple(meter.buckets()), meter.nanoseconds / 1e9) for id, meter in driver.meters().items()}
    graph = driver.plan.graph
    return Snapshot(
        graph.name, driver.run_id, told_apart(folded(driver.counts)), _in_flight(driver), times, driver.late
    )


def told_apart(counts: Mapping[Subject, int]) -> dict[Subject, int]:
    """The counts with the first reasons of each measure by themselves, and all later ones together.

    >>> counts = {("out", "dropped", f"late by {n} s"): 1 for n in range(1000)}
    >>> told_apart(counts)["out", "dropped", "(others)"]
    900
    """
    found: dict[Subject, int] = {}
    reasons: Counter[tuple[str, str]] = Counter()
    for (subject, measure, reason), n in counts.items():
        reasons[subject, measure] += 1
        name = (subject, measure, reason if reasons[subject, measure] <= REASONS else OTHERS)
        found[name] = found.get(name, 0) + n
    return found


def encodable(text: str) -> str:
    """The text, and what no encoding has a word for as an escape: one odd reason must not take all others away."""
    return text.encode("utf-8", "backslashreplace").decode()


def _in_flight(driver: Driver) -> dict[str, int]:
    """Link or group -> records of it that are neither handled nor given up, those included that wait for an attempt."""
    found = (
        dict.fromkeys((link.id for link in driver.plan.graph.links if link.from_node and link.to_node), 0)
        | driver.depth()
    )
    if driver.store.parked():
        found = {subject: n + driver.store.parked(subject) for subject, n in found.items()}
    return summed(found)

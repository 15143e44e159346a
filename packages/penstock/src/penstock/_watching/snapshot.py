"""What a run has counted, as of one moment, for whoever wants to show it.

Takes:   a driver, on its own event loop.
Gives:   `Watch`: `latest`, a `Snapshot` that any thread may read.
Ignores: how it is shown (`prometheus.py`, `otlp.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock._engine.partitions import folded, summed
from penstock._store.facts import Subject

if TYPE_CHECKING:
    from penstock._engine.driver import Driver
    from penstock._engine.report import RunReport

EVERY = 1.0  # seconds


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
    """Takes a snapshot a second, and one at the end; a reader has the last one whole.  It observes the run (`Observer`)."""

    def __init__(self) -> None:
        self.latest = Snapshot()
        self._driver: Driver | None = None
        self._next: asyncio.TimerHandle | None = None

    def start(self, driver: Driver) -> None:
        """Begin to look, on the loop that is running."""
        self._driver = driver
        self._look()

    def _look(self) -> None:
        driver = self._driver
        if driver is None:
            return
        self.latest = Snapshot(
            driver.plan.graph.name, driver.run_id, folded(driver.counts), summed(driver.depth()),
            {id: Times(tuple(meter.buckets()), meter.nanoseconds / 1e9) for id, meter in driver.meters().items()},
            driver.late,
        )  # fmt: skip  # in the order of the fields
        self._next = asyncio.get_running_loop().call_later(EVERY, self._look)

    def committed(self, counts: Mapping[Subject, int]) -> None:
        """A commit is no reason to look: they come by the hundred."""

    def ended(self, report: RunReport) -> None:
        """The last look: a run may be over before the first second is."""
        self._look()

    def end(self) -> None:
        """Look no more; what was seen last stays."""
        if self._next is not None:
            self._next.cancel()
        self._driver = None

"""The decision points: what a policy is told at each of them, and what its answer means there.

Takes:   nothing.
Gives:   `POINTS`; `Arrival`, `Overflow`, `Dispatch`, `Failure`, `Completion`, `Settlement`; `drawn`.
Ignores: the answers (`decisions.py`), which policy is bound to what (`bindings.py`), and who acts on them (the engine).

At every point `Proceed()` means "no opinion": the next policy is asked, outermost first, and the first answer that is
another one holds.  When all proceed, or a policy is at fault, the safe default of the point holds; it never drops.
A policy may use nothing but what it is told here, so that a run with the same seed decides the same.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec

from penstock.decisions import DeadLetter, FailureClass

if TYPE_CHECKING:
    from penstock.record import Record

POINTS = ("admit", "overflow", "dispatch", "failure", "completion", "settle")

# What a policy remembers, by key; JSON values when it is durable.  The runtime keeps it and says whose it is.
Memory = MutableMapping[str, Any]


def drawn(*names: object) -> float:
    """A number in [0, 1) that depends on these names and on nothing else: chance that a repeated run draws again.

    >>> drawn("sample", "record-1") == drawn("sample", "record-1") != drawn("sample", "record-2")
    True
    """
    seed = blake2b("\0".join(map(str, names)).encode("utf-8", "backslashreplace"), digest_size=8).digest()
    return int.from_bytes(seed, "big") / 2**64


def _size(record: Record) -> int:
    try:
        return len(msgspec.json.encode(record.payload))
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError, OverflowError):  # local to the process
        return len(repr(record.payload))


def _age(record: Record, now: float, of: str) -> float:
    when = record.event_time if of == "event" else record.admit_time
    return 0.0 if when is None else max(0.0, now - when.timestamp())


class Arrival(msgspec.Struct, frozen=True):
    """`admit`: a batch that a source has read and that is not in the graph yet.  Asked once for each batch.

    Delay stops reading: the batch stays in hand and is asked about again.  DropIt, Divert and DeadLetter concern all
    records or, by index, some.  FailRun stops the run; the batch will be read again.  Safe default: proceed.
    """

    source: str
    records: Sequence[Record]
    now: float  # seconds since the epoch, from the run's clock
    admitted: int  # records of this source that this run has admitted before
    elapsed: float  # seconds since this run began
    memory: Memory

    def draw(self, at: int) -> float:
        """Chance in [0, 1) for one record: the same whenever it is read again."""
        return drawn("admit", self.source, self.records[at].id)

    def size(self, at: int) -> int:
        """Bytes of one record's payload as JSON."""
        return _size(self.records[at])

    def age(self, at: int) -> float:
        """Seconds since one record happened (its event time); 0.0 when it does not say."""
        return _age(self.records[at], self.now, "event")


class Overflow(msgspec.Struct, frozen=True):
    """`overflow`: a channel has no room for all that it is offered.

    Asked for each group whose inbox is full (kind `memory`), or for the channel (durable kinds).
    `records` are those that wait, oldest first, and behind them those that are offered; for a durable channel only
    the latter are at hand, and none of them while it is asked whether anything shall be begun at all.
    Delay blocks: producers wait, nothing is lost.  DropIt, Divert and DeadLetter alone concern the newest that do not
    fit; by index, those that are named: `{at: DropIt("oldest") for at in facts.oldest()}`.  Of a durable channel the
    oldest are the negative indices: see `oldest`.  FailRun is the answer "error".  Safe default: block.
    """

    channel: str
    group: str | None  # of an inbox
    kind: str
    capacity: int
    waiting: int  # records that wait, of the slowest group
    records: Sequence[Record]
    offered: int  # how many of `records`, counted from the end, are offered and do not wait yet
    no_loss: bool
    now: float
    memory: Memory

    @property
    def excess(self) -> int:
        """How many records have to go, or wait, for the channel to be within its capacity."""
        return max(0, self.waiting + self.offered - self.capacity)

    def oldest(self) -> range:
        """Indices of the oldest records that have to go: of those that wait first, then of the offered.

        Those that wait in a durable channel are not at hand: they have the indices -1, -2 ... and may only be dropped.
        """
        hidden = self.waiting + self.offered - len(self.records)
        return range(-min(hidden, self.excess), self.excess - min(hidden, self.excess))

    def newest(self) -> range:
        """Indices of the newest records that have to go."""
        return range(max(0, len(self.records) - self.excess), len(self.records))

    def draw(self, at: int) -> float:
        """Chance in [0, 1) for one record."""
        return drawn("overflow", self.channel, self.records[at].id)


class Dispatch(msgspec.Struct, frozen=True):
    """`dispatch`: records are about to be given to a node.

    Asked once for each batch, and (`pulling`) before anything is taken from a source, a channel or the waiting
    deliveries that would lead to the node.
    While `pulling`, there are no records, and nothing is given yet: say what is possible, and take nothing off a
    budget.  `Proceed(at_most=...)` limits what is pulled, Delay pulls nothing for so long.
    With records, `Proceed(...)` may limit the node (see there), Delay lets all of them wait: durably, and without
    costing an attempt, and until you are asked again, a minute later at most.  DropIt, Divert, DeadLetter and Delay by
    index concern single records.  Safe default: proceed.
    """

    node: str
    pulling: bool
    records: Sequence[Record]
    wanted: int  # records: of the batch, or that would be pulled
    now: float
    in_flight: int  # calls of this node that are under way: those of an attempt that was given up and has not ended
    memory: Memory

    def age(self, at: int, of: str = "admit") -> float:
        """Seconds since one record was admitted (or, `of` "event", happened); 0.0 when that is not known."""
        return _age(self.records[at], self.now, of)

    def draw(self, at: int) -> float:
        """Chance in [0, 1) for one record."""
        return drawn("dispatch", self.node, self.records[at].id)

    def size(self, at: int) -> int:
        """Bytes of one record's payload as JSON."""
        return _size(self.records[at])


@dataclass(frozen=True, slots=True)
class Failure:
    """`failure`: one failed attempt: of a record at a node, of a source, or of an alarm.

    Delay attempts it again, durably; DeadLetter, DropIt and Divert give it up; FailRun stops the run.
    Safe default: retry, then dead-letter.  When the answer is DeadLetter, the policies that stand outside of the one
    that gave it are asked once more, innermost first, with that answer as `verdict`: they may send the record elsewhere.

    `attempt` counts from 1.  `elapsed` is seconds since the first attempt of this delivery began.
    `draw` is uniform in [0, 1), derived from record, node and attempt, so that a repeated run waits as long.
    """

    node: str
    record_id: str
    error: str  # "ValueError: no such unit"
    failure_class: FailureClass
    attempt: int
    elapsed: float
    draw: float
    status: int | None = None
    retry_after: float | None = None  # seconds, asked for by the other side
    previous_delay: float = 0.0  # seconds that the delivery waited for this attempt
    age: float = 0.0  # seconds since the record was admitted
    now: float = 0.0  # seconds since the epoch
    key: str | None = None  # of the record
    verdict: DeadLetter | None = None  # what was decided, when it may still be routed elsewhere
    memory: Memory | None = None


class Completion(msgspec.Struct, frozen=True):
    """`completion`: a node has worked on a batch.  Asked once for each batch; feeds breakers and adaptive limits.

    Proceed, or FailRun.  Safe default: proceed.
    """

    node: str
    ok: int
    failed: Mapping[FailureClass, int]
    seconds: float  # that the whole batch took
    latency: float  # mean seconds of one attempt
    slowest: float  # seconds of the slowest attempt; as `latency` where attempts are not timed one by one
    now: float
    memory: Memory


class Settlement(msgspec.Struct, frozen=True):
    """`settle`: units of work are finished and could become durable now.

    Proceed commits; Delay collects more for so long (group commit; bounded by the runtime, and by the end of a run).
    FailRun stops the run.  Safe default: commit.
    """

    units: int
    records: int
    waiting: float  # seconds since the oldest of them was finished
    now: float
    memory: Memory


Facts = Arrival | Overflow | Dispatch | Failure | Completion | Settlement

"""What a store keeps and what one transaction changes, as facts.

Takes:   nothing.
Gives:   `Lease`, `Claim`, `Parked`, `DeadLetter`, `Alarm`, `Append`, `Trim`, `Work` and what a commit answers; `Order`, `Note`.
Ignores: how they are kept (`memory.py`, `sqlite.py`) and who makes them (`_engine/`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from penstock.record import Record

Subject = tuple[str, str, str]  # what is counted: link, group or node; measure; reason ("" when there is none)


@dataclass(slots=True)
class ChannelSpec:
    """A durable channel as the store needs to know it: its cursors, and how long it remembers."""

    name: str
    cursors: tuple[str, ...]  # one per compete group, one per member of a broadcast group ("group/node")
    dedup_window: float = 0.0  # seconds
    retention: float = 0.0  # seconds


@dataclass(slots=True)
class Lease:
    """A range [start, end) of a channel handed to one holder of a cursor, until `until` or until settled."""

    channel: str
    cursor: str
    start: int
    end: int
    fence: int
    records: list[Record] = field(default_factory=list)
    lost: int = 0  # records of the range that could not be read back (quarantined blocks)


@dataclass(frozen=True, slots=True)
class Claim:
    """A resource that somebody holds alone."""

    resource: str
    owner: str
    fence: int  # later claims have greater ones


@dataclass(slots=True)
class Ahead:
    """A range that whoever commits would lease next, and would rather have at once than ask for it."""

    channel: str
    cursor: str
    limit: int  # records
    until: float


@dataclass(slots=True)
class Parked:
    """A delivery that waits in a row of its own for its next attempt at `node`."""

    node: str
    port: str
    subject: str  # the link or group that counts it as in flight
    record: Record
    attempts: int  # made so far
    first: float  # when the first attempt began, seconds since the epoch
    due: float
    causes: list[str] = field(default_factory=list)  # one per failed attempt, oldest first
    lane: str | None = None  # key whose order it keeps, on ordered nodes
    id: int = 0  # given by the store
    fence: int = 0
    delay: float = 0.0  # seconds that it was told to wait when it last failed; 0 when it waits for another reason


@dataclass(slots=True)
class Trim:
    """Let a cursor leave out the oldest records that nobody has taken, until at most `keep` are in flight on it."""

    channel: str
    cursor: str
    keep: int
    reason: str
    node: str = ""  # that would have been given them; it is counted there as well


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody outside wants of the processes that work on a store."""

    id: int  # from 1, in the order in which they were given
    kind: str  # "policies"
    body: str
    who: str
    time: float


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened in a run and not to a record: policies were exchanged, one of them was at fault."""

    id: int
    run: str
    time: float
    kind: str
    facts: dict[str, Any]


@dataclass(slots=True)
class DeadLetter:
    """A record that was given up: its bytes as they were, its attempts and their causes."""

    node: str
    subject: str
    record_id: str
    reason: str
    failure_class: str
    body: bytes  # the record as JSON, or the original bytes when it could not be decoded
    encoding: str  # record, or raw
    attempts: int
    causes: list[str]
    time: float
    correlation: str = ""
    port: str = "in"
    id: int = 0


@dataclass(slots=True)
class Alarm:
    """A durable timer of a node; `due` None cancels it."""

    node: str
    key: str
    due: float | None
    payload: Any = None
    parent: str = ""  # id of the record that set it: what its answer is derived from
    correlation: str = ""


@dataclass(slots=True)
class Append:
    """Records for a channel, from one producer port, in order."""

    channel: str
    producer: str  # id of the emitting node
    link: str  # subject of the appending link
    records: list[Record]
    payloads: list[bytes]  # the payload of each record as JSON text, proven portable by `codec.portable`
    copies: list[Any] = field(default_factory=list)  # what reading these texts gives, each for one reader; or nothing


@dataclass(slots=True)
class Position:
    """How far a source has been read: its own position, and the count of readings so far."""

    position: Any = None
    count: int = 0


@dataclass(slots=True)
class StepEntry:
    """The history of one step: where its inputs came from and what became of each."""

    stage: str
    intake: str  # "events@uplink", "source:cam", "parked", "timers"
    start: int  # first offset or reading count
    inputs: int
    time: float
    ids: bytes = b""  # 16 bytes an input, unless the intake is a channel that knows them
    outcomes: bytes = b""


@dataclass(slots=True)
class Work:
    """All that one transaction changes: one unit of work, or several that become durable together."""

    settle: list[Lease] = field(default_factory=list)
    append: list[Append] = field(default_factory=list)
    trim: list[Trim] = field(default_factory=list)  # after what is appended
    unpark: list[Parked] = field(default_factory=list)
    park: list[Parked] = field(default_factory=list)  # id 0: new; otherwise: wait again
    dead: list[DeadLetter] = field(default_factory=list)
    fired: list[Alarm] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    state: dict[tuple[str, str], bytes | None] = field(default_factory=dict)  # (node, key) -> JSON; None deletes
    positions: dict[str, Position] = field(default_factory=dict)
    claims: dict[str, int] = field(default_factory=dict)  # resource -> fence that must still hold
    counts: Counter[Subject] = field(default_factory=Counter)
    steps: list[StepEntry] = field(default_factory=list)
    # What to lease after everything else, in the same transaction, as `Store.lease` would; a store may leave it be.
    ahead: list[Ahead] = field(default_factory=list)
    leased: list[Lease] = field(default_factory=list)  # put there by the store, once the transaction is committed

    def merge(self, other: Work) -> None:
        """Take in what a later unit changes; where both speak of one thing, the later one holds."""
        self.settle += other.settle
        self.append += other.append
        self.trim += other.trim
        self.unpark += other.unpark
        self.park += other.park
        self.dead += other.dead
        self.fired += other.fired
        self.alarms += other.alarms
        self.state.update(other.state)
        self.positions.update(other.positions)
        self.claims.update(other.claims)
        self.counts.update(other.counts)
        self.steps += other.steps


@dataclass(slots=True)
class Depth:
    """How a cursor stands: records not yet handed out, handed out and not settled."""

    waiting: int
    leased: int

    @property
    def total(self) -> int:
        """Records that are in flight on this cursor."""
        return self.waiting + self.leased

"""What every store can do, and the two ways in which it can refuse.

Takes:   `Work`, the one transaction of a step.
Gives:   the `Store` protocol; `Sharing`, which a store may have beside; `LeaseLost`, `StoreError`.
Ignores: files and tables.  A new kind of store is put to `channel_suite` of the test kit; here, `tests/store/` asks more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

from penstock._store.codec import encode_record
from penstock._store.facts import (
    Alarm,
    Append,
    ChannelSpec,
    Claim,
    DeadLetter,
    Depth,
    Lease,
    Note,
    Order,
    Parked,
    Position,
    StepEntry,
    Subject,
    Work,
)  # fmt: skip  # a table of names reads better in two lines
from penstock.record import Record
from penstock_findings import Location, PenstockError
from penstock_findings.finding import NOWHERE


class LeaseLost(Exception):
    """Somebody else holds what this work was done under: it is refused as a whole and must be done again."""


class StoreError(PenstockError):
    """A store cannot be opened, read or written. The run stops; what was committed stays."""

    code = "S100"
    exit_code = 3


class Store(Protocol):
    """Durable (or pretended) memory of a graph. Not for use by more than one thread."""

    ack: str  # power, process or none: what a commit survives

    def open(self, graph: str, channels: Sequence[ChannelSpec]) -> None:
        """Make ready for a graph. Raises `StoreError` when it belongs to another one or cannot be used."""

    def attach(self) -> None:
        """Open what is there already, to read it and to leave orders, whatever graph it belongs to.

        Raises `StoreError`, with code S102 when there is nothing yet; then nothing is made either.
        """

    def close(self) -> None:
        """Let go of everything; safe to call twice."""

    def begin_run(self, run: str, digest: str, now: float) -> None:
        """Note that a run began; its id is the owner of leases and claims."""

    def end_run(self, run: str, outcome: str, now: float) -> None:
        """Note how a run ended, and give its leases and claims back."""

    def bury(self, now: float) -> list[str]:
        """Give back at once what runs hold whose process is gone; their ids."""

    def claim(self, resource: str, owner: str, now: float, until: float) -> int | None:
        """Become the only holder of a resource: the fence, or None while somebody else holds it.

        Who held it until its time was over, and did not give it back, is ousted: all that it holds is given back at once.
        """

    def renew(self, owner: str, now: float, until: float) -> None:
        """Extend every lease and claim of a holder."""

    def release(self, owner: str) -> None:
        """Give every lease and claim of a holder back at once; what was done under them is refused from now on."""

    def lease(self, channel: str, cursor: str, limit: int, owner: str, now: float, until: float) -> Lease | None:
        """Hand out the next range of at most `limit` records: one that expired first, else a new one.

        Raises `LeaseLost` for a holder that has lost a claim to somebody else since it last gave everything back.
        """

    def due(self, nodes: Sequence[str], limit: int, owner: str, now: float, until: float) -> list[Parked]:
        """Claim parked deliveries of these nodes whose time has come, oldest due first, heads of lanes only."""

    def alarms(self, nodes: Sequence[str], limit: int, before: float) -> list[Alarm]:
        """Alarms of these nodes that are due at or before a time, by due time, node and key."""

    def next_parked(self, nodes: Sequence[str]) -> float | None:
        """When the next parked delivery of these nodes can be had; None when there is none."""

    def next_alarm(self, nodes: Sequence[str]) -> float | None:
        """When the next alarm of these nodes is due; None when there is none."""

    def commit(self, work: Work, owner: str, now: float, *, safe: bool = True) -> Counter[str]:
        """Change everything in one transaction, or nothing. Gives the number of records appended by channel.

        What `work.ahead` asks for may be leased in the same transaction, and is then put into `work.leased`.  What the
        store has counted itself (what it appended, left out or trimmed) is put into `work.counts`, beside what was there.
        Only a commit that is `safe`, or the `flush` after it, makes what was committed survive what `ack` names; until
        then a power cut may take the last commits away, in the order from the last to the first, and nothing else.
        Raises `LeaseLost` when a lease, a claim or a parked row is no longer held with the fence it was taken
        with, `StoreError` when the outcome could not be made durable.
        """

    def flush(self) -> None:
        """Make everything that was committed so far survive what `ack` names."""

    def state(self, node: str, key: str) -> bytes | None:
        """One value of keyed state as JSON text."""

    def state_keys(self, node: str) -> list[str]:
        """All keys of a node, sorted."""

    def position(self, source: str) -> Position:
        """How far a source has been read."""

    def lanes(self, node: str) -> Counter[str]:
        """Keys of an ordered node with parked deliveries -> how many."""

    def depth(self, channel: str, cursor: str) -> Depth:
        """How a cursor stands."""

    def cursors(self) -> list[tuple[str, str]]:
        """Every channel and cursor that records are kept for, also those that the present graph has left out."""

    def moment(self) -> AbstractContextManager[None]:
        """Whatever is asked inside is answered as of one moment, whatever other processes do meanwhile."""

    def parked(self, subject: str | None = None) -> int:
        """Number of parked deliveries, of one link or group or of all."""

    def totals(self) -> Counter[Subject]:
        """Everything that was ever counted."""

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Dead letters, oldest first."""

    def ids(self) -> Iterator[bytes]:
        """All ids that channels and history know, many at a time: 16 bytes each."""

    def find(self, id: str) -> Iterator[tuple[str, int, Record]]:
        """Where a record, or what descends from it, is kept: channel, offset, record."""

    def block_time(self, channel: str, offset: int) -> float | None:
        """When the block of a record was appended, seconds since the epoch; None when it is gone."""

    def steps(self) -> Iterator[StepEntry]:
        """The history, oldest first."""

    def parked_rows(self) -> Iterator[Parked]:
        """Deliveries that wait, by id."""

    def retain(self, now: float, history: float) -> int:
        """Let settled records go whose time is over, and history older than `history` seconds; a bounded piece of work.

        Gives how many records and steps of the history went; as long as that is any, there may be more to go.
        """

    def runs(self) -> list[dict[str, Any]]:
        """Runs on this store, oldest first."""

    def spread(self, now: float) -> int:
        """Give every delivery that should have been attempted by now a new time, within its own last delay from now.

        What came due while nobody was there would otherwise be attempted all at once.  Gives how many were moved.
        """

    def give_order(self, kind: str, body: str, who: str, now: float) -> int:
        """Leave word for every process that works on this store, now or later; the order's id."""

    def orders(self, after: int = 0) -> list[Order]:
        """Orders with a greater id than `after`, oldest first."""

    def note(self, run: str, kind: str, facts: dict[str, Any], now: float) -> None:
        """Add to the history what happened in a run and not to a record."""

    def notes(self) -> Iterator[Note]:
        """All that was noted, oldest first."""


@runtime_checkable
class Sharing(Protocol):
    """What a store can do beside, so that living processes share claims evenly.

    On a store that cannot, whoever comes first holds what it has claimed until it ends.
    """

    def claims(self, prefix: str, now: float) -> list[Claim]:
        """Claims on resources that begin so and that somebody holds, by resource."""

    def let_go(self, resource: str, owner: str) -> None:
        """Give one claim back; nothing that was taken under it may still be held."""


def conflict(record: Record, append: Append, now: float) -> DeadLetter:
    """The dead letter of a record whose id was used before, by the same producer, for another body."""
    cause = f"`{append.producer}` has used this id for another body"
    return DeadLetter(
        append.producer, append.link, record.id, "conflict", "permanent", encode_record(record), "record", 1, [cause], now, record.correlation
    )  # fmt: skip  # one line a handful of fields


def foreign(owner: str, graph: str, at: Location = NOWHERE) -> StoreError:
    """The refusal of a store that belongs to another graph."""
    return StoreError(
        f"the store belongs to graph `{owner}`, not to `{graph}`",
        at=at, code="S103", hint="give this graph a directory of its own with `--store`",
    )  # fmt: skip  # what is wrong in one line, where and what to do in another

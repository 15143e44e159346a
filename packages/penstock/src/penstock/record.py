"""The record: one piece of data on its way through a graph, and how its identity is derived.

Takes:   a payload, and facts that the author owns (key, event time, attributes).
Gives:   `Record`, `Reading`, `Undecodable`, `Emission`, `Drop`: what nodes receive and hand back.
Ignores: deliveries. Attempts, leases and due times belong to the store, never to a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec
from msgspec.structs import force_setattr

T = TypeVar("T")

Lineage = tuple["Record | None", bytes, int]  # parent, salt of the emitting port, position among its emissions


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where and when a record entered the graph; shared by everything that descends from it."""

    source: str
    admit_time: datetime  # zone-aware


def derive_id(parent: str, salt: bytes, position: int) -> str:
    """The identity of an emission: 32 hex digits from parent, emitting port and position, and from nothing else.

    Two runs, two attempts and two machines give the same answer, which is what makes a redelivery recognisable.

    >>> derive_id("", b"source", 0) == derive_id("", b"source", 0)
    True
    """
    return blake2b(b"%b\0%b\0%d" % (parent.encode(), salt, position), digest_size=16).hexdigest()


class Record(msgspec.Struct, frozen=True, gc=False):
    """One piece of data: a payload, who it is, where it comes from.

    `payload` is JSON-portable (dict, list, str, int, float, bool, None); on memory links it may be any object.
    `key` names the entity that the record is about; order and keyed state hang on it.
    `attributes` are small and the author's own: the runtime copies them and never writes one.
    `hops` counts the nodes that the record and its ancestors have passed.

    Build one only by `derive`; sources hand over a `Reading` instead.
    """

    payload: Any
    key: str | None = None
    attributes: Mapping[str, str] | None = None
    event_time: datetime | None = None  # zone-aware: when it happened, by the author's word
    contract: str | None = None  # "name@version" of the port it last left, when that port has a contract
    origin: Origin | None = None
    hops: int = 0
    _id: str | None = None
    _lineage: Lineage | None = None
    _parents: tuple[str, ...] | None = None  # given by the author, or read back from a store
    _correlation: str | None = None
    _slot: int = 0  # which input of the present step this descends from

    @property
    def id(self) -> str:
        """32 hex digits; computed when first asked for, the same in every run and attempt."""
        known = self._id
        if known is None:
            if self._lineage is None:
                known = blake2b(b"unplaced\0" + repr(self.payload).encode(), digest_size=16).hexdigest()
            else:
                parent, salt, position = self._lineage
                known = derive_id("" if parent is None else parent.id, salt, position)
            force_setattr(self, "_id", known)
        return known

    @property
    def parents(self) -> tuple[str, ...]:
        """Ids of the records that this one was made from; empty for a record that a source admitted."""
        if self._parents is None:
            parent = self._lineage[0] if self._lineage else None
            force_setattr(self, "_parents", () if parent is None else (parent.id,))
        return self._parents or ()

    @property
    def correlation(self) -> str:
        """One id for everything that descends from one admitted record."""
        if self._correlation is None:
            parent = self._lineage[0] if self._lineage else None
            force_setattr(self, "_correlation", self.id if parent is None else parent.correlation)
        return self._correlation or ""

    @property
    def source(self) -> str:
        """Id of the source node that admitted the record, or its ancestor."""
        return self.origin.source if self.origin else ""

    @property
    def admit_time(self) -> datetime | None:
        """Zone-aware time at which the record, or its ancestor, was admitted."""
        return self.origin.admit_time if self.origin else None

    def slot(self, number: int) -> None:
        """For the runtime: which input of its step this is."""
        force_setattr(self, "_slot", number)

    def copy(self, slot: int) -> Record:
        """For the runtime: the same record as an input of another step."""
        return Record(
            self.payload, self.key, self.attributes, self.event_time, self.contract, self.origin, self.hops,
            self._id, self._lineage, self._parents, self._correlation, slot,
        )  # fmt: skip  # in the order of the fields

    def derive(
        self,
        payload: Any,
        *,
        key: str | None = None,
        event_time: datetime | None = None,
        attributes: Mapping[str, str] | None = None,
        parents: tuple[Record, ...] = (),
    ) -> Record:
        """A new record made from this one: same key, event time and attributes unless given.

        `parents` names further records that went into it; this one is always counted.
        Its id is known once it has been emitted.
        """
        return Record(
            payload,
            self.key if key is None else key,
            self.attributes if attributes is None else attributes,
            self.event_time if event_time is None else event_time,
            None,
            self.origin,
            self.hops,
            None,
            (self, b"", -1),
            (self.id, *(parent.id for parent in parents)) if parents else None,
            self._correlation,
            self._slot,
        )

    def at(self, pointer: str) -> Any:
        """The part of the payload that a JSON Pointer names; `KeyError` with the pointer when there is none.

        >>> Record({"a": [1, 2]}).at("/a/1")
        2
        """
        value = self.payload
        for token in pointer.split("/")[1:]:
            try:
                token = token.replace("~1", "/").replace("~0", "~")
                value = value[int(token)] if isinstance(value, list) else value[token]
            except (KeyError, IndexError, ValueError, TypeError):
                raise KeyError(pointer) from None
        return value

    def into(self, wanted: type[T]) -> T:
        """The payload as an instance of `wanted` (a msgspec Struct, dataclass or TypedDict).

        Raises `msgspec.ValidationError` when the payload does not fit; the runtime counts that as a permanent failure.
        """
        return msgspec.convert(self.payload, wanted)


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What a source hands over: a payload, and the position to resume from once it is safe.

    `position` is any JSON value that the source understands (a byte offset, an offset per partition, ...).
    `identity` is the producer's own unique name of this piece of data, when it has one: the record's id is then
    derived from it, so that a second reading of the same thing is recognised.  Otherwise ids are derived from
    the count of readings, which is stored with the position.
    """

    payload: Any
    position: Any = None
    key: str | None = None
    event_time: datetime | None = None
    attributes: Mapping[str, str] | None = None
    identity: str | None = None
    correlation: str | None = None


class Undecodable(msgspec.Struct, frozen=True, gc=False):
    """What a source hands over when it cannot make sense of its input: kept, byte for byte, as a dead letter."""

    data: bytes
    error: str
    position: Any = None


class Emission(msgspec.Struct, frozen=True, gc=False):
    """A record for a named output port."""

    port: str
    record: Record


class Drop(msgspec.Struct, frozen=True, gc=False):
    """A record given up on purpose; counted and shown under `reason`."""

    reason: str

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

    Build one only by `derive`; sources hand over a `Reading` instead.
    """

    payload: Any
    key: str | None = None
    attributes: Mapping[str, str] | None = None
    event_time: datetime | None = None  # zone-aware: when it happened, by the author's word
    # The rest is the runtime's. What is not known is asked of the parent, and a record on its way needs little of it.
    _parent: Record | None = None  # what it was derived from; None when a source admitted it or a store gave it back
    _slot: int = 0  # which input of the present step this descends from
    _salt: bytes | None = None  # the port that it left; None: derived just now, and not emitted yet
    _position: int = 0  # among the emissions of its parent at that port, or the readings of its source
    contract: str | None = None  # "name@version" of the port it last left, when that port has a contract
    _origin: Origin | None = None
    _hops: int = 0  # of a record without parent
    _id: str | None = None
    _parents: tuple[str, ...] | None = None  # given by the author, or read back from a store
    _correlation: str | None = None

    @property
    def id(self) -> str:
        """32 hex digits; computed when first asked for, the same in every run and attempt."""
        known = self._id
        if known is None:
            if self._salt is None:  # not emitted yet: what it will be called is not known
                return blake2b(b"unplaced\0" + repr(self.payload).encode(), digest_size=16).hexdigest()
            parent = self._parent
            if parent is None or parent._id is not None:  # as a rule
                known = derive_id("" if parent is None else parent._id or "", self._salt, self._position)
                force_setattr(self, "_id", known)
                return known
            nameless: list[Record] = [self]
            record: Record | None = parent
            while record is not None and record._id is None:  # no recursion: stages may be long
                nameless.append(record)
                record = record._parent
            known = "" if record is None else record._id or ""
            for record in reversed(nameless):
                known = derive_id(known, record._salt or b"", record._position)
                force_setattr(record, "_id", known)
        return known

    @property
    def parents(self) -> tuple[str, ...]:
        """Ids of the records that this one was made from; empty for a record that a source admitted."""
        if self._parents is None:
            force_setattr(self, "_parents", () if self._parent is None else (self._parent.id,))
        return self._parents or ()

    @property
    def correlation(self) -> str:
        """One id for everything that descends from one admitted record."""
        known = self._correlation
        if known is None:
            record = self
            while record._correlation is None and record._parent is not None:
                record = record._parent
            known = record._correlation or record.id
            force_setattr(self, "_correlation", known)
        return known

    @property
    def hops(self) -> int:
        """How many nodes the record and its ancestors have passed."""
        hops, record = 0, self
        while record._parent is not None:
            hops += record._salt is not None
            record = record._parent
        return hops + record._hops

    @property
    def origin(self) -> Origin | None:
        """Where and when the record, or its ancestor, was admitted; None for one that an author made on its own."""
        record = self
        while record._origin is None and record._parent is not None:
            record = record._parent
        return record._origin

    @property
    def source(self) -> str:
        """Id of the source node that admitted the record, or its ancestor."""
        origin = self.origin
        return origin.source if origin else ""

    @property
    def admit_time(self) -> datetime | None:
        """Zone-aware time at which the record, or its ancestor, was admitted."""
        origin = self.origin
        return origin.admit_time if origin else None

    def slot(self, number: int) -> None:
        """For the runtime: which input of its step this is."""
        force_setattr(self, "_slot", number)

    def copy(self, slot: int) -> Record:
        """For the runtime: the same record as an input of another step."""
        return Record(
            self.payload, self.key, self.attributes, self.event_time, self._parent, slot, self._salt, self._position,
            self.contract, self._origin, self._hops, self._id, self._parents, self._correlation,
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
        made = Record(
            payload,
            self.key if key is None else key,
            self.attributes if attributes is None else attributes,
            self.event_time if event_time is None else event_time,
            self,
            self._slot,
        )
        if parents:
            force_setattr(made, "_parents", (self.id, *[parent.id for parent in parents]))
        return made

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

"""What whoever writes a channel kind needs: the store that it has to be, and two that are there already.

A channel kind is a class with everything that `Store` says, decorated with `penstock.channel_kind`; most begin as a
`SqliteStore`, or keep one inside.  The test kit's `channel_suite` asks whether it keeps the promises.

Takes:   nothing.
Gives:   `Store`, and `Sharing`, which it may be as well; the facts that it is handed and gives, its two refusals, and what turns records into bytes and back.
Ignores: who calls: a step of the engine, and the commands that look into a store.
"""

from penstock._store.codec import Unportable, body_digest, decode_record, encode_record, packed_ids, portable
from penstock._store.facts import (
    Ahead,
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
    Trim,
    Work,
)
from penstock._store.interface import LeaseLost, Sharing, Store, StoreError, conflict, foreign
from penstock._store.memory import MemoryStore
from penstock._store.sqlite import SqliteStore

__all__ = [
    "Ahead",
    "Alarm",
    "Append",
    "ChannelSpec",
    "Claim",
    "DeadLetter",
    "Depth",
    "Lease",
    "LeaseLost",
    "MemoryStore",
    "Note",
    "Order",
    "Parked",
    "Position",
    "Sharing",
    "SqliteStore",
    "StepEntry",
    "Store",
    "StoreError",
    "Subject",
    "Trim",
    "Unportable",
    "Work",
    "body_digest",
    "conflict",
    "decode_record",
    "encode_record",
    "foreign",
    "packed_ids",
    "portable",
]

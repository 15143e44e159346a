"""Q402: a record comes back from a store as another one than went in.

Why: Ids, keys, times and where a record comes from decide what is dropped as a duplicate and what an effect is keyed by;
a payload that changes on the way changes what nodes compute.
Bad:   floats for large integers; naive times; an id that is made anew.
Good:  `encode_record` and `decode_record` of `penstock.stores`, or a form that says as much.
"""

from __future__ import annotations

from datetime import datetime, timezone

from penstock import Reading, Record
from penstock.testing import records
from penstock_testkit.keeping import Place, StoreCheck, appending, record, same

_FACTS = (
    "payload", "key", "attributes", "event_time", "contract", "origin", "hops", "id", "parents", "correlation", "source",
)  # fmt: skip  # a table of names reads better in two lines


def examine(place: Place) -> None:
    """Send one with everything that a record may have, and one that descends from another."""
    when = datetime(2024, 2, 29, 12, 30, 15, 123456, timezone.utc)
    payload = {"big": 2**70, "deep": [[{"x": [None, True, 1.5, "\u00fc"]}]], "small": -(2**63)}
    (whole,) = records([Reading(payload, 0, key="camera-1", attributes={"a": "b"}, event_time=when)], source="cam")
    child: Record = record(7).derive({"n": 11})
    one = place.process()
    one.commit(append=[appending([whole, child])])
    back = one.leased().records
    same("how many came back", len(back), 2)
    for sent, got in zip((whole, child), back, strict=True):
        for name in _FACTS:
            same(f"`{name}` of a record", getattr(got, name), getattr(sent, name))


CHECK = StoreCheck("Q402", "gives a record back as it was", examine)

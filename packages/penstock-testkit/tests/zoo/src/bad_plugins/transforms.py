"""Transforms that each break one promise: of purity, of contracts, of memory, of time."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, ClassVar, TypedDict

from penstock import Emission, In, Out, Portability, Record, node


class Number(TypedDict):
    n: int


class Parts(TypedDict, total=False):
    n: int
    word: str


class Halves(TypedDict):
    half: int


# -- Q103: leaves its input as it was


@node("changes-payload")
class ChangesPayload:
    """Marks what it was given."""

    def process(self, record: Record, ctx: Any) -> Record:
        record.payload["seen"] = True
        return record.derive(record.payload)


@node("sorts-in-place")
class SortsInPlace:
    """Sorts a list that is not its own."""

    def process(self, record: Record, ctx: Any) -> Record:
        record.payload["values"].sort()
        return record.derive({"least": record.payload["values"][0]})


@node("takes-away")
class TakesAway:
    """Takes a field out of what it was given."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"n": record.payload.pop("n", None)})


@node("changes-deep-inside")
class ChangesDeepInside:
    """Copies the outside, and changes the inside."""

    def process(self, record: Record, ctx: Any) -> Record:
        payload = dict(record.payload)
        payload["inner"]["n"] += 1
        return record.derive(payload)


# -- Q104: takes what its contract allows


@node("needs-an-optional-field")
class NeedsAnOptionalField:
    """Reads a field that its contract does not promise."""

    in_: In[Parts]

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"shout": record.payload["word"].upper()})


@node("divides-by-what-may-be-zero")
class DividesByWhatMayBeZero:
    """Works for every number but one."""

    in_: In[Number]

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"share": 100 // record.payload["n"]})


@node("believes-in-small-numbers")
class BelievesInSmallNumbers:
    """Makes a list as long as it is told to."""

    in_: In[Number]

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"letter": "abc"[record.payload["n"]]})


# -- Q105: gives what its contract says


@node("gives-a-half")
class GivesAHalf:
    """Promises whole numbers."""

    in_: In[Number]
    out: Out[Halves]

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"half": record.payload["n"] / 4})


@node("forgets-a-field")
class ForgetsAField:
    """Gives nothing of what it promises for zero."""

    in_: In[Number]
    out: Out[Halves]

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"half": 1} if record.payload["n"] else {})


@node("gives-none")
class GivesNone:
    """Gives null where a number was promised."""

    in_: In[Number]
    out: Out[Halves]

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"half": None if record.payload["n"] < 0 else 1})


# -- Q106: uses only its own ports


@node("names-a-port-it-has-not")
class NamesAPortItHasNot:
    """Speaks of an alarm port."""

    def process(self, record: Record, ctx: Any) -> Emission:
        return Emission("alarm", record.derive(1))


@node("hands-back-a-payload")
class HandsBackAPayload:
    """Forgets that records are derived."""

    def process(self, record: Record, ctx: Any) -> Any:
        return {"n": 1}


@node("hands-back-a-payload-sometimes")
class HandsBackAPayloadSometimes:
    """Derives a record, and gives something else besides."""

    def process(self, record: Record, ctx: Any) -> Iterator[Any]:
        yield record.derive(1)
        yield ("n", 1)


# -- Q107: gives the same answer again


@node("counts-for-itself")
class CountsForItself:
    """Numbers what it sees, and keeps the number in an attribute that a fresh instance takes from a class."""

    _n: ClassVar[list[int]] = [0]

    def process(self, record: Record, ctx: Any) -> Record:
        self._n[0] += 1
        return record.derive({"number": self._n[0]})


@node("takes-turns")
class TakesTurns:
    """Says yes and no by turns, whoever asks."""

    def process(self, record: Record, ctx: Any) -> Record:
        _TURNS.reverse()
        return record.derive({"turn": _TURNS[0]})


_TURNS = [True, False]


@node("hashes-by-address")
class HashesByAddress:
    """Names things by where they are in memory."""

    def process(self, record: Record, ctx: Any) -> Record:
        _KEPT.append(object())  # so that no address comes twice
        return record.derive({"name": id(_KEPT[-1])})


_KEPT: list[object] = []


# -- Q108: goes on after a crash


@node("keeps-its-first-key")
class KeepsItsFirstKey:
    """Passes only what has the key of the first record that this instance has seen since it was opened."""

    def open(self, ctx: Any) -> None:
        self.first: str | None = None

    def process(self, record: Record, ctx: Any) -> Record | None:
        self.first = self.first or record.key
        return record.derive({"first": self.first})


@node("sums-until-it-is-closed")
class SumsUntilItIsClosed:
    """Adds up, in an attribute."""

    def open(self, ctx: Any) -> None:
        self.sum = 0

    def process(self, record: Record, ctx: Any) -> Record:
        self.sum += 1
        return record.derive({"sum": self.sum})


@node("remembers-keys-while-it-is-open")
class RemembersKeysWhileItIsOpen:
    """Passes each key once, as long as nobody opens it again."""

    def open(self, ctx: Any) -> None:
        self.keys: set[str | None] = set()

    def process(self, record: Record, ctx: Any) -> Record | None:
        if record.key in self.keys:
            return None
        self.keys.add(record.key)
        return record.derive(1)


# -- Q109: asks nobody but ctx for time and chance


@node("looks-at-the-clock")
class LooksAtTheClock:
    """Depends on the wall clock, if only a little."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"late": time.time() > 4e9})


@node("asks-for-today")
class AsksForToday:
    """Depends on the day."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"old": date.today().year > 2200})  # noqa: DTZ011 - this is what is planted


@node("asks-for-now")
class AsksForNow:
    """Depends on the century."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"old": datetime.now().year > 2200})  # noqa: DTZ005 - this is what is planted


@node("throws-dice")
class ThrowsDice:
    """Throws dice that it hides."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"won": random.randint(1, 6) > 6})


@node("makes-names-up")
class MakesNamesUp:
    """Makes a name and keeps it to itself."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"long": len(str(uuid.uuid4()))})


# -- Q111: keeps its outputs portable


@node("gives-a-date")
class GivesADate:
    """JSON has no dates."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"at": ctx.time})


@node("gives-a-tuple")
class GivesATuple:
    """A tuple comes back as a list."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"pair": (1, 2)})


@node("gives-nan")
class GivesNan:
    """JSON has no NaN."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"mean": float("nan")})


@node("gives-numbers-as-keys")
class GivesNumbersAsKeys:
    """Keys of JSON objects are text."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({1: "one"})


@node("gives-a-set")
class GivesASet:
    """One of its ports is local, and the other one is not."""

    near: Out[Any] = Out("near", portability=Portability.LOCAL)
    far: Out[Any]

    def process(self, record: Record, ctx: Any) -> Iterator[Emission]:
        yield self.near(record.derive({"set": {1, 2}}))
        yield self.far(record.derive({"set": {1, 2}}))


# -- Q116: answers a batch like single records


@node("filters-only-alone")
class FiltersOnlyAlone:
    """Lets everything through that comes in a batch."""

    def process(self, record: Record, ctx: Any) -> Record | None:
        return None

    def process_batch(self, records: list[Record], ctx: Any) -> list[Record]:
        return [record.derive(1) for record in records]


@node("reverses-a-batch")
class ReversesABatch:
    """Numbers the records of a batch."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive({"n": 0})

    def process_batch(self, records: list[Record], ctx: Any) -> list[Record]:
        return [record.derive({"n": len(records)}) for record in records]

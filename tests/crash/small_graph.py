"""A small graph in which everything happens that a crash could spoil, always the same way.

    feed -> tally => events => uplink: enrich -> (memory channel) -> mark => alerts => ledger
                            => archive, broadcast: archive.jsonl and audit

It has readings that cannot be decoded, the same reading twice, keyed state, lanes, an alarm, retries, refusals, one
record made into two, a memory channel, a compete and a broadcast group, and three kinds of effects outside the store.

Takes:   a directory for what goes outside.
Gives:   `small_graph`; `simulated` and `running`, which run it; `small_remains`, what it leaves.
Ignores: how often it dies.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from remains import Remains, look

from penstock._engine.driver import Driver
from penstock._engine.failure import RetryThenDeadLetter
from penstock._store.sqlite import SqliteStore
from penstock.decisions import Answer, Decision, Delay, Proceed, Reject, Transient
from penstock.graph.model import Channel, Graph, Group
from penstock.points import Dispatch, Failure, Settlement
from penstock.record import Drop, Reading, Record, Undecodable
from penstock.running import Build, run, simulate
from penstock.sdk import Context, Out, Timer, node
from penstock.testing import graph_of, one_policy
from penstock_standard.nodes.jsonl_sink import JsonlSink

KEYS = ("ada", "bob", "cyd")
HOUR = 3600.0
BATCH = 6
COLLECTED = 3  # units that a policy waits for before they are committed
SOON = RetryThenDeadLetter(first=0.01)  # seconds; a longer wait would only be more turns of the loop
_NEVER = 4e9  # an alarm that is due then is only ever rung because there is nothing else to do


@node("crash-feed")
class Feed:
    """Counts; every eleventh reading cannot be decoded, every thirteenth was there before."""

    count: int

    def read(self, ctx: Context) -> Iterator[Reading | Undecodable]:
        for n in range(ctx.position or 0, self.count):
            if n % 11 == 10:
                yield Undecodable(b"\xff%d" % n, "not text", n + 1)
            else:
                same = n - 3 if n % 13 == 12 else n
                yield Reading({"n": same}, n + 1, KEYS[n % 3], identity=f"reading-{same}")


@node("crash-tally", stateful=True, ordered=True)
class Tally:
    """Numbers the records of a key; fails now and then, after it has written its state."""

    def process(self, record: Record, ctx: Context) -> Record | Drop | None:
        n, key = record.payload["n"], record.key
        ctx.state[key] = seen = ctx.state.get(key, 0) + 1
        if n % 7 == 5 and ctx.attempt < 3:
            raise Transient("come again")
        if n % 17 == 16:
            return Drop("seventeenth")
        if n % 8 == 7:
            return None
        if n % 6 == 3:
            ctx.timers.set(key, _NEVER + n)
        if key == "cyd":  # a reading that comes twice has the same body then, and another one elsewhere
            return record
        return record.derive({"n": n, "seen": seen})

    def on_timer(self, timer: Timer, ctx: Context) -> Record:
        return Record({"n": 1000 + int(timer.due - _NEVER), "seen": ctx.state[timer.key], "of": timer.key}, timer.key)


@node("crash-enrich")
class Enrich:
    """Makes two of some, refuses some for good and some at first."""

    twin: Out[Any]
    out: Out[Any]

    def process(self, record: Record, ctx: Context) -> Iterator[Any]:
        n = record.payload["n"]
        yield self.out(record.derive({**record.payload, "attempt": ctx.attempt if n % 9 != 1 else 0}))
        if n % 5 == 0:
            yield self.twin(record.derive({"n": n, "twin": True}))
            yield self.twin(record.derive({"n": n, "twin": False}))
        if n % 9 == 4:
            raise Reject("not this one")
        if n % 9 == 1 and ctx.attempt == 1:
            raise Transient("not yet")


@node("crash-mark", stateful=True)
class Mark:
    """Adds up what it sees, in whatever order it comes."""

    def process(self, record: Record, ctx: Context) -> Record:
        key = record.key or ""
        ctx.state[key] = ctx.state.get(key, 0) + record.payload["n"]
        return record.derive({**record.payload, "marked": True})


@node("crash-ledger", effect="idempotent")
class Ledger:
    """Writes down every effect, with its key, before it says that it was done; sometimes it then says otherwise."""

    path: str
    falters: bool = False

    def write(self, record: Record, ctx: Context) -> None:
        line = json.dumps({"effect": ctx.effect_key, "record": record.id, "key": record.key, "payload": record.payload})
        with open(self.path, "ab", buffering=0) as file:  # as safe from a kill as fsync
            file.write(line.encode() + b"\n")
        if self.falters and record.payload["n"] % 6 == 1 and ctx.attempt == 1:
            raise Transient("done, but the answer was lost")


def small_graph(outside: Path, *, count: int = 40, batch: int = BATCH, lease: float = 30.0) -> tuple[Graph, Build]:
    """The graph, with instances that write below `outside`."""
    nodes = {
        "feed": Feed(count),
        "tally": Tally(),
        "enrich": Enrich(),
        "mark": Mark(),
        "ledger": Ledger(str(outside / "ledger.jsonl"), falters=True),
        "archive": JsonlSink(str(outside / "archive.jsonl"), line="record", sync=False),
        "audit": Ledger(str(outside / "audit.jsonl")),
    }
    links = [
        "feed -> tally",
        "tally -> events",
        "events@uplink -> enrich",
        "enrich.out -> hand",
        "enrich.twin -> hand",
        "hand@mark -> mark",
        "mark -> alerts",
        "alerts@ledger -> ledger",
        "events@keep -> archive",
        "events@keep -> audit",
    ]
    channels = [
        Channel(
            "events", "sqlite", capacity=20, dedup_window=HOUR, retention=HOUR,
            groups={"uplink": Group("uplink"), "keep": Group("keep", "broadcast")},
        ),
        Channel("hand", "memory", capacity=5),
        Channel("alerts", "sqlite", retention=HOUR, groups={"ledger": Group("ledger")}),
    ]  # fmt: skip  # what bounds it in one line, who reads it in another
    return graph_of(nodes, links, channels, name="small", batch=batch, lease=lease)


class Holds:
    """Lets records wait that are none the worse for it, and collects work before it is committed.

    Half of the records wait in every other tenth of a second: `odd` says in which.
    """

    def __init__(self, odd: int) -> None:
        self.odd = odd

    def dispatch(self, facts: Dispatch) -> Answer:
        """A few at a time, and some of these not yet."""
        if facts.pulling:
            return Proceed(at_most=5)
        wait = [at for at in range(len(facts.records)) if facts.draw(at) < 0.5 and int(facts.now * 10) % 2 == self.odd]
        return {at: Delay(0.1) for at in wait}

    def failure(self, failure: Failure) -> Decision:
        """As ever."""
        return SOON.failure(failure)

    def settle(self, facts: Settlement) -> Answer:
        """A few units at a time, but soon."""
        return Delay(0.05 - facts.waiting) if facts.units < COLLECTED and facts.waiting < 0.05 else Proceed()


def simulated(
    directory: Path, seed: int, connection: type[sqlite3.Connection], count: int, *, policies: bool = False
) -> None:
    """Run the small graph to its end, here and now, in an order drawn from the seed; if asked, under changing policies."""
    graph, build = small_graph(directory, count=count, batch=BATCH)
    store = SqliteStore(directory / "store", ack="process", connection=connection)  # to a kill the same as `power`
    sets = [replace(one_policy(Holds(odd), graph), digest=f"set {odd}") for odd in (0, 1)]

    def exchange(driver: Driver) -> None:
        asyncio.get_running_loop().call_later(0.15, lambda: driver.rebind(sets[1], who="a test"))

    try:
        if policies:
            simulate(graph, build, seed, store=store, policies=sets[0], on_start=exchange)
        else:
            simulate(graph, build, seed, store=store, policies=one_policy(SOON, graph))
    finally:
        store.close()


def running(directory: Path, count: int, lease: float = 30.0) -> None:
    """Run the small graph to its end for real, with whoever else works on the same store."""
    graph, build = small_graph(directory, count=count, batch=BATCH, lease=lease)
    store = SqliteStore(directory / "store", ack="process")
    try:
        run(graph, build, store, until_idle=True, policies=one_policy(SOON, graph))
    finally:
        store.close()


def small_remains(directory: Path) -> Remains:
    """What a finished run of the small graph has left."""
    ledgers = [directory / "ledger.jsonl", directory / "audit.jsonl"]
    return look(directory / "store", ledgers, [directory / "archive.jsonl"])

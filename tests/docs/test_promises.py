"""The sentences of docs/explanation/promises.md that nothing else in the tree proves."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from penstock._store.interface import StoreError
from penstock._store.sqlite import SqliteStore
from penstock.decisions import Delay, Reject, Transient
from penstock.graph.model import Channel, Group
from penstock.record import Reading, Record, Undecodable
from penstock.running import simulate
from penstock.sdk import Out, Portability, Timer, node
from penstock.testing import Collect, MemoryStore, graph_of, run_node

HOUR = 3600.0


@node("feed")
class Feed:
    """Hands over payloads, or whatever else it was given."""

    items: list[Any]

    def read(self, ctx):
        for at, item in enumerate(self.items[ctx.position or 0 :], start=ctx.position or 0):
            yield item if isinstance(item, (Reading, Undecodable)) else Reading(item, at + 1)


@node("pass")
class Pass:
    """Does what a test wants done with a record."""

    do: Any = None

    def process(self, record, ctx):
        return self.do(record, ctx) if self.do else record


@node("keys", effect="idempotent")
class Keys:
    """Writes down the effect key of every call, and fails the first time when it is told to."""

    falters: bool = False

    def __post_init__(self):
        self.calls = []

    def write(self, record, ctx):
        self.calls.append((record.payload, ctx.attempt, ctx.effect_key))
        if self.falters and ctx.attempt == 1:
            raise Transient("no answer")


def numbers(count: int) -> Feed:
    return Feed([{"n": n} for n in range(count)])


# -- identity ---------------------------------------------------------------------------------------------------


def keys_of(
    items: list[Any], *, sink: str = "sink", falters: bool = False, seed: int = 0
) -> list[tuple[Any, int, str]]:
    made = Keys(falters)
    graph, build = graph_of(
        {"feed": Feed(items), sink: made}, ["feed -> events", f"events@{sink} -> {sink}"], [Channel("events")]
    )
    simulate(graph, build, seed)
    return made.calls


def test_the_effect_key_is_the_same_in_every_attempt_and_in_every_run():
    first, second = (Counter(key for *_, key in keys_of([1, 2], falters=True, seed=seed)) for seed in (1, 2))
    assert first == second
    assert set(first.values()) == {2}


def test_the_effect_key_is_another_for_each_record_and_each_node():
    keys = [key for *_, key in [*keys_of([1, 1]), *keys_of([1, 1], sink="other")]]
    assert len(set(keys)) == 4


def test_without_an_identity_the_same_place_of_another_input_has_the_same_key():
    assert [key for *_, key in keys_of(["monday"])] == [key for *_, key in keys_of(["tuesday"])]


def test_with_an_identity_keys_follow_the_piece_and_not_its_place():
    one, two = Reading("a", 1, identity="order-1"), Reading("b", 2, identity="order-2")
    first, second = ({payload: key for payload, _, key in keys_of(way)} for way in ([one, two], [two, one]))
    assert first == second


# -- failures ---------------------------------------------------------------------------------------------------


def test_a_good_record_is_not_done_again_because_of_a_bad_one_in_its_batch():
    seen: Counter[int] = Counter()

    def once(record: Record, ctx: Any) -> Record:
        seen[record.payload["n"]] += 1
        if record.payload["n"] == 3:
            raise Transient("not yet")
        return record

    graph, build = graph_of({"feed": numbers(10), "odd": Pass(once), "end": Collect()}, ["feed -> odd", "odd -> end"])
    simulate(graph, build, 0)
    assert seen == {**dict.fromkeys(range(10), 1), 3: 3}


def test_a_failed_record_is_tried_again_at_its_node_and_not_before():
    seen: Counter[str] = Counter()

    def count(name: str, fails: bool) -> Pass:
        def act(record: Record, ctx: Any) -> Record:
            seen[name] += 1
            if fails and ctx.attempt < 3:
                raise Transient("not yet")
            return record

        return Pass(act)

    nodes = {
        "feed": numbers(1),
        "a": count("a", False),
        "b": count("b", True),
        "c": count("c", False),
        "end": Collect(),
    }
    graph, build = graph_of(nodes, ["feed -> a", "a -> b", "a -> c", "b -> end", "c -> end"])
    report = simulate(graph, build, 0).report
    assert seen == {"a": 1, "b": 3, "c": 1}
    assert report.conserved


def test_a_record_that_fails_half_way_leaves_nothing_behind():
    @node("half-way", stateful=True)
    class HalfWay:
        def process(self, record, ctx):
            ctx.state["seen"] = ctx.state.get("seen", 0) + 1
            ctx.timers.set("bell", ctx.now)
            yield record
            raise Reject("after all")

        def on_timer(self, timer, ctx):
            return Record("rang")

    outcome = run_node(HalfWay(), [1, 2])
    assert outcome.payloads == []
    assert outcome.store.state_keys("node") == []
    assert len(outcome.dead) == 2


class Refused(Exception):
    status = 422


@pytest.mark.parametrize(
    ("error", "reason", "attempts"),
    [
        (ValueError("a bug"), "attempts", 3),
        (OSError("away"), "attempts", 3),
        (TimeoutError(), "attempts", 3),
        (Transient("busy"), "attempts", 3),
        (Reject("never"), "permanent", 1),
        (Refused(), "permanent", 1),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"), "decode", 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_what_is_raised_decides_on_further_attempts(error, reason, attempts):
    def act(record: Record, ctx: Any) -> Record:
        raise error

    graph, build = graph_of({"feed": numbers(1), "odd": Pass(act), "end": Collect()}, ["feed -> odd", "odd -> end"])
    (letter,) = simulate(graph, build, 0).store.dead_letters()
    assert (letter.reason, letter.attempts, len(letter.causes)) == (reason, attempts, attempts)


def test_an_outage_that_outlasts_the_attempts_makes_dead_letters_of_all_that_came_meanwhile():
    def away(record: Record, ctx: Any) -> Record:
        raise OSError("nobody there")

    graph, build = graph_of({"feed": numbers(200), "odd": Pass(away), "end": Collect()}, ["feed -> odd", "odd -> end"])
    made = simulate(graph, build, 0)
    assert len(list(made.store.dead_letters())) == 200


def test_what_cannot_be_read_is_kept_byte_for_byte():
    data = b"\xff\x00 not text"
    graph, build = graph_of({"feed": Feed([Undecodable(data, "no", 1)]), "end": Collect()}, ["feed -> end"])
    (letter,) = simulate(graph, build, 0).store.dead_letters()
    assert (letter.body, letter.encoding, letter.reason) == (data, "raw", "decode")


def test_what_cannot_leave_the_process_is_given_up_at_its_first_failure():
    @node("frames")
    class Frames:
        out: Out[Any] = Out(portability=Portability.LOCAL)

        def process(self, record, ctx):
            return record.derive(object())

    def busy(record: Record, ctx: Any) -> Record:
        raise Transient("busy")

    nodes = {"feed": numbers(1), "frames": Frames(), "odd": Pass(busy), "end": Collect()}
    graph, build = graph_of(nodes, ["feed -> frames", "frames -> odd", "odd -> end"])
    (letter,) = simulate(graph, build, 0).store.dead_letters()
    assert (letter.reason, letter.attempts, letter.encoding) == ("local", 1, "repr")
    assert letter.body.startswith(b"<object object")


@pytest.mark.parametrize("answer", [None, "wait", Delay(float("nan")), Delay(-1.0), ValueError("policy")])
def test_a_policy_that_raises_or_answers_nonsense_drops_nothing(answer):
    class Odd:
        def decide(self, failure):
            if isinstance(answer, Exception):
                raise answer
            return answer

    def fails(record: Record, ctx: Any) -> Record:
        raise Transient("busy")

    outcome = run_node(Pass(fails), [1], policy=Odd())
    assert [(letter.reason, letter.attempts) for letter in outcome.dead] == [("attempts", 3)]
    assert outcome.dropped == {}


def test_what_leaves_an_unbound_port_is_counted():
    graph, build = graph_of({"feed": numbers(3), "nowhere": Pass()}, ["feed -> nowhere"])
    (link,) = [link for link in simulate(graph, build, 0).report.links if link.id == "nowhere.out"]
    assert link.dropped == {"unbound": 3}
    assert link.conserved


# -- sources ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("error", "times"), [(OSError("away"), 3), (Reject("never"), 1)])
def test_a_source_that_goes_on_failing_stops_the_run_and_what_it_gave_is_safe(error, times):
    reads = []

    @node("failing")
    class Failing:
        def read(self, ctx):
            reads.append(ctx.position)
            if ctx.position is None:
                yield Reading("first", 1)
            raise error

    end = Collect()
    store = MemoryStore()
    graph, build = graph_of({"feed": Failing(), "end": end}, ["feed -> end"])
    with pytest.raises(Exception, match="failed") as caught:
        simulate(graph, build, 0, store=store)
    assert caught.value.code == "R203"
    assert [record.payload for record in end.records] == ["first"]
    assert store.position("feed").position == 1
    assert reads == [None, *[1] * (times - 1)]


# -- batches ----------------------------------------------------------------------------------------------------


def test_a_batch_that_raises_is_done_again_one_by_one():
    sizes = []

    @node("batch")
    class Batch:
        def process_batch(self, records, ctx):
            sizes.append(len(records))
            if any(record.payload == 2 for record in records):
                raise Reject("a two")
            return list(records)

    outcome = run_node(Batch(), [1, 2, 3])
    assert sizes == [3, 1, 1, 1]
    assert outcome.payloads == [1, 3]
    assert len(outcome.dead) == 1


def test_state_that_a_batch_has_changed_stays_when_one_of_its_records_does():
    @node("batch-sink", effect="none", stateful=True)
    class BatchSink:
        def write_batch(self, records, ctx):
            ctx.state["seen"] = len(records)
            return [Reject("no") if record.payload == 2 else None for record in records]

    outcome = run_node(BatchSink(), [1, 2, 3])
    assert outcome.store.state("node", "seen") == b"3"
    assert run_node(BatchSink(), [2]).store.state("node", "seen") is None


# -- channels ---------------------------------------------------------------------------------------------------


def test_a_full_channel_holds_its_producer_back():
    depths = []

    @node("slow-sink", effect="none")
    class Slow:
        async def write(self, record, ctx):
            depths.append(store.depth("events", "slow").total)
            await asyncio.sleep(1)

    store = MemoryStore()
    nodes = {"feed": numbers(300), "slow": Slow()}
    graph, build = graph_of(nodes, ["feed -> events", "events@slow -> slow"], [Channel("events", capacity=20)], batch=8)
    simulate(graph, build, 0, store=store)
    assert 20 <= max(depths) < 20 + 8  # as much as one batch more than the capacity


def test_waiting_deliveries_do_not_count_towards_the_capacity():
    waiting = []

    @node("waits", effect="none")
    class Waits:
        def write(self, record, ctx):
            waiting.append(store.parked())
            if ctx.attempt == 1:
                raise Transient("later")

    store = MemoryStore()
    graph, build = graph_of(
        {"feed": numbers(100), "end": Waits()}, ["feed -> events", "events@end -> end"], [Channel("events", capacity=5)]
    )
    simulate(graph, build, 0, store=store)
    assert max(waiting) > 50


def test_every_group_sees_all_records_and_its_members_share_or_copy_them():
    nodes = {"feed": numbers(40)} | {name: Collect() for name in ("one", "two", "first", "second")}
    links = [
        "feed -> events",
        "events@share -> one",
        "events@share -> two",
        "events@copy -> first",
        "events@copy -> second",
    ]
    channel = Channel("events", groups={"share": Group("share"), "copy": Group("copy", "broadcast")})
    graph, build = graph_of(nodes, links, [channel], batch=4)
    simulate(graph, build, 3)
    got = {
        name: sorted(record.payload["n"] for record in made.records) for name, made in nodes.items() if name != "feed"
    }
    assert got["first"] == got["second"] == list(range(40))
    assert sorted(got["one"] + got["two"]) == list(range(40))


def test_dedup_looks_at_the_payload_and_forgets_when_the_window_is_over():
    items = [Reading("a", 1, identity="x"), Reading("a", 2, identity="x", key="other"), Reading("b", 3, identity="x")]
    end = Collect()
    graph, build = graph_of(
        {"feed": Feed(items), "end": end},
        ["feed -> events", "events@end -> end"],
        [Channel("events", dedup_window=HOUR)],
    )
    made = simulate(graph, build, 0)
    (link,) = [link for link in made.report.links if link.id == "feed.out -> events"]
    assert (link.handled, link.dropped, link.dead) == (1, {"duplicate": 1}, 1)
    assert [letter.reason for letter in made.store.dead_letters()] == ["conflict"]


# -- time -------------------------------------------------------------------------------------------------------


def test_a_timer_rings_when_it_is_due_or_when_nothing_else_is_left_to_do():
    rang = []

    @node("ticking")
    class Ticking:
        async def read(self, ctx):
            for n in range(ctx.position or 0, 3):
                yield Reading(n, n + 1)
                await asyncio.sleep(100)

    @node("ringing", stateful=True, effect="none")
    class Ringing:
        def write(self, record, ctx):
            ctx.timers.set(f"soon-{record.payload}", ctx.now + 10)
            ctx.timers.set("moved", ctx.now + 1000)

        def on_timer(self, timer: Timer, ctx):
            rang.append((timer.key, round(ctx.now - timer.due)))

    graph, build = graph_of({"feed": Ticking(), "bell": Ringing()}, ["feed -> bell"])
    simulate(graph, build, 0)
    keys = [key for key, _ in rang]
    assert keys == ["soon-0", "soon-1", "soon-2", "moved"]
    late = dict(rang)
    assert all(0 <= late[f"soon-{n}"] <= 1 for n in range(3))
    assert late["moved"] < -500


def test_one_time_holds_for_a_whole_batch():
    times = set()

    def look(record: Record, ctx: Any) -> Record:
        times.add(ctx.now)
        return record

    run_node(Pass(look), list(range(50)))
    assert len(times) == 1


def test_chance_is_the_same_in_every_attempt_and_another_for_each_record():
    drawn: dict[int, list[float]] = {}

    def draw(record: Record, ctx: Any) -> Record:
        drawn.setdefault(record.payload["n"], []).append(ctx.random.random())
        if ctx.attempt < 3:
            raise Transient("again")
        return record

    graph, build = graph_of({"feed": numbers(3), "odd": Pass(draw), "end": Collect()}, ["feed -> odd", "odd -> end"])
    simulate(graph, build, 0)
    assert all(len(values) == 3 and len(set(values)) == 1 for values in drawn.values())
    assert len({values[0] for values in drawn.values()}) == 3


# -- damage -----------------------------------------------------------------------------------------------------


def test_a_damaged_block_is_counted_and_the_others_go_on(tmp_path):
    go(tmp_path, {"feed": numbers(30)}, ["feed -> events"])
    with closing(sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)) as db:
        db.execute("UPDATE blocks SET body=zeroblob(length(body)) WHERE seq=10")
    end = Collect()
    report = go(tmp_path, {"feed": numbers(30), "end": end}, ["feed -> events", "events@late -> end"], seed=1)
    assert [record.payload["n"] for record in end.records] == [*range(10), *range(20, 30)]
    (link,) = [link for link in report.links if link.id == "events@late"]
    assert link.dropped == {"corrupt": 10}
    assert report.conserved


class Forgets(sqlite3.Connection):
    """A file of which one commit of appended records raises, after it has landed or instead."""

    lands = True
    appends = False

    def execute(self, statement, *values):
        if statement.startswith(("BEGIN", "INSERT INTO blocks")):
            self.appends = not statement.startswith("BEGIN")
        if statement != "COMMIT" or self.told or not self.appends:
            return super().execute(statement, *values)
        type(self).told = True
        type(self).raised += 1
        if self.lands:
            super().execute(statement)
        raise sqlite3.OperationalError("disk I/O error")


def forgetful(lands: bool) -> type[sqlite3.Connection]:
    return type("Forgetful", (Forgets,), {"lands": lands, "told": True, "raised": 0})


def test_a_commit_that_raised_and_is_there_is_not_done_again(tmp_path):
    connection = forgetful(lands=True)
    end = Collect()
    nodes = {"feed": numbers(20), "arm": Pass(lambda record, ctx: arm(connection, record)), "end": end}
    report = go(tmp_path, nodes, ["feed -> arm", "arm -> events", "events@end -> end"], connection)
    assert connection.raised == 1
    assert [record.payload["n"] for record in end.records] == list(range(20))
    assert report.conserved


def test_a_commit_that_raised_and_is_not_there_stops_the_run_and_is_done_by_the_next(tmp_path):
    connection = forgetful(lands=False)
    links = ["feed -> arm", "arm -> events", "events@end -> end"]
    nodes = {"feed": numbers(20), "arm": Pass(lambda record, ctx: arm(connection, record)), "end": Collect()}
    with pytest.raises(StoreError) as caught:
        go(tmp_path, nodes, links, connection)
    assert (caught.value.code, connection.raised) == ("S105", 1)
    end = Collect()
    report = go(tmp_path, {"feed": numbers(20), "arm": Pass(), "end": end}, links, seed=1)
    assert [record.payload["n"] for record in end.records] == list(range(20))
    assert report.conserved


def arm(connection: Any, record: Record) -> Record:
    """Let the commit of the step with record 10 be the one that goes wrong."""
    if record.payload["n"] == 10:
        connection.told = False
    return record


def go(
    directory: Path,
    nodes: dict[str, Any],
    links: list[str],
    connection: type[sqlite3.Connection] = sqlite3.Connection,
    seed: int = 0,
) -> Any:
    """Run a graph until it is idle, on a file; ten records to a step."""
    store = SqliteStore(directory, ack="process", connection=connection)
    graph, build = graph_of(nodes, links, [Channel("events")], batch=10)
    try:
        return simulate(graph, build, seed, store=store).report
    finally:
        store.close()

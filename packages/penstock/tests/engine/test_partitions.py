"""A channel with partitions: order by key, state in one place, the same ids whatever their number, fair shares, no silent move."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock._engine.clock import LoopClock
from penstock._engine.partitions import copies, expanded, part_of, partition_of, told_apart
from penstock._engine.sharing import part, too_many
from penstock._engine.simulate import SimulatedLoop
from penstock._store.blocks import Block, decode_block
from penstock._store.facts import Work
from penstock._store.interface import Sharing, StoreError
from penstock._store.sqlite import SqliteStore
from penstock._store.sqlite_reading import BLOCK
from penstock.bindings import Bound, Numbers, PolicySet
from penstock.decisions import Divert, Reject
from penstock.graph.model import Channel, Group
from penstock.record import Reading
from penstock.running import run_async, simulate
from penstock.sdk import Out, Portability, node
from penstock.testing import Collect, MemoryStore, crashes, graph_of, record

BEGIN = 1_700_000_000.0
KEYS = st.lists(st.sampled_from([None, "a", "b", "c", "ä", "", "d", "e"]), max_size=40)


@node("keyed")
class Keyed:
    """Hands over what a test has drawn."""

    keys: list[str | None]

    def read(self, ctx):
        for n in range(ctx.position or 0, len(self.keys)):
            yield Reading(n, n + 1, self.keys[n])


@node("numbered", stateful=True, ordered=True)
class Numbered:
    """Numbers the records of each key; every so-manieth fails at first, or for ever."""

    fails: int = 0
    never: int = 0

    def process(self, record, ctx):
        n = record.payload if isinstance(record.payload, int) else record.payload[0]
        if self.fails and n % self.fails == 0 and ctx.attempt == 1:
            raise ValueError("not yet")
        if self.never and n % self.never == 0:
            raise Reject("never")
        name = f"k{record.key}"
        ctx.state[name] = nth = ctx.state.get(name, 0) + 1
        return record.derive([n, nth])


def channel(name: str, partitions: int = 1, *groups: str, **more: Any) -> Channel:
    return Channel(name, partitions=partitions, groups={name: Group(name) for name in groups}, **more)


def two_hops(keys: list[str | None], parts: tuple[int, int], batch: int, **how: Any) -> tuple[Any, Any, Collect]:
    """A feed, two ordered nodes that remember, each behind a channel, and an end."""
    end = Collect()
    graph, build = graph_of(
        {"feed": Keyed(keys), "first": Numbered(**how), "second": Numbered(), "end": end},
        ["feed -> a", "a@first -> first", "first -> b", "b@second -> second", "second -> done", "done@end -> end"],
        [channel("a", parts[0], "first"), channel("b", parts[1], "second"), channel("done", 1, "end")],
        batch=batch,
    )
    return graph, build, end


def of_each_key(end: Collect) -> dict[Any, list[Any]]:
    found = defaultdict(list)
    for each in end.records:
        found[each.key].append(each.payload)
    return found


def looped(keys: list[str | None], never: int = 0) -> dict[Any, list[Any]]:
    """What a plain loop gives."""
    found = defaultdict(list)
    for n, key in enumerate(keys):
        if not (never and n % never == 0):
            found[key].append([n, len(found[key]) + 1])
    return found


# -- what comes out ---------------------------------------------------------------------------------------------------


@given(KEYS, st.integers(1, 5), st.integers(1, 5), st.integers(1, 9), st.sampled_from([0, 2, 3]), st.integers(0, 99))
def test_the_order_and_the_state_of_a_key_are_those_of_a_plain_loop(keys, one, other, batch, fails, seed):
    graph, build, end = two_hops(keys, (one, other), batch, fails=fails, never=5)
    made = simulate(graph, build, seed)
    want = looped(keys, 5)
    got = of_each_key(end)
    assert {k: some for k, some in got.items() if k is not None} == {
        k: some for k, some in want.items() if k is not None and some
    }  # what has no key has no order either
    assert sorted(n for each in got.values() for n, _ in each) == sorted(n for each in want.values() for n, _ in each)
    assert made.report.conserved, made.report.links
    assert made.report.late == 0


@given(KEYS, st.tuples(st.integers(1, 5), st.integers(1, 5)), st.integers(1, 9))
def test_ids_do_not_know_the_number_of_partitions(keys, parts, batch):
    ends = []
    for these in ((1, 1), parts):
        graph, build, end = two_hops(keys, these, batch)
        simulate(graph, build, 1)
        ends.append(Counter(each.id for each in end.records))
    assert ends[0] == ends[1]


@given(KEYS, st.integers(1, 9), st.integers(0, 99))
def test_one_partition_is_none(keys, batch, seed):
    graph, build, _ = two_hops(keys, (1, 1), batch)
    plain = graph.__replace__(channels={name: Channel(name, groups=c.groups) for name, c in graph.channels.items()})
    assert expanded(graph) is graph
    assert simulate(graph, build, seed).history == simulate(plain, build, seed).history


def test_after_a_crash_at_any_commit_all_is_as_in_a_plain_loop():
    keys = ["a", "b", "c", "a", "b", "a", "d", "e", "a", "c"]

    def work(store: MemoryStore) -> tuple[Any, Any]:
        graph, build, end = two_hops(keys, (3, 2), 2, fails=4)
        return simulate(graph, build, 0, store=store), end

    places = 0
    for where, (made, _) in crashes(work):
        state: Counter[str] = Counter()
        for name in ("a", "b", "c", "d", "e"):
            held = [made.store.state(place, f"k{name}") for place in copies("second", 2)]
            assert sum(value is not None for value in held) == 1, where
            state[name] = sum(int(value) for value in held if value is not None)
        assert state == Counter(keys), where
        assert made.report.conserved, where
        places += 1
    assert places > 20


# -- where a key is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "of_four", "of_sixty_four"),
    [("", 0, 0), ("a", 3, 3), ("b", 1, 57), ("zone-1", 2, 54), ("ä", 3, 3), ("\ud800", 0, 40)],
)
def test_a_key_is_where_it_always_was(key, of_four, of_sixty_four):
    """This table never changes: what is in the stores of users was told apart by it."""
    assert (partition_of(key, 4), partition_of(key, 64)) == (of_four, of_sixty_four)


@given(KEYS, st.integers(1, 64))
def test_telling_apart_keeps_every_record_and_the_order_of_each_partition(keys, partitions):
    records = [record(n, key=key) for n, key in enumerate(keys)]
    found = dict(told_apart(records, partitions))
    assert sorted(at for some in found.values() for at in some) == list(range(len(records)))
    for number, some in found.items():
        assert some == sorted(some)
        assert {partition_of(records[at].key or "", partitions) for at in some if records[at].key is not None} <= {
            number
        }


# -- what has a name of its own ---------------------------------------------------------------------------------------


@node("says-who", stateful=True)
class SaysWho:
    """What a node is told about itself."""

    def process(self, record, ctx):
        return record.derive([ctx.node, ctx.effect_key, ctx.random.random()])


def test_a_node_does_not_see_which_copy_it_is():
    said = []
    for partitions in (1, 4):
        end = Collect()
        graph, build = graph_of(
            {"feed": Keyed(["a", "b", "c", "d"]), "who": SaysWho(), "end": end},
            ["feed -> a", "a@who -> who", "who -> end"],
            [channel("a", partitions, "who")],
        )
        simulate(graph, build, 0)
        said.append(sorted(each.payload for each in end.records))
    assert said[0] == said[1]
    assert {name for name, _, _ in said[1]} == {"who"}


@node("ringing", stateful=True)
class Ringing:
    """Sets an alarm for each key, and one that all keys share."""

    def process(self, record, ctx):
        ctx.timers.set(f"of {record.key}", ctx.now + 5, record.payload)
        ctx.timers.set("of all", ctx.now + 7)
        return record

    def on_timer(self, timer, ctx):
        ctx.state["rung"] = ctx.state.get("rung", 0) + 1
        yield record([timer.key, timer.payload])


def rung(partitions: int) -> tuple[list[Any], Any]:
    end = Collect()
    graph, build = graph_of(
        {"feed": Keyed(["a", "b", "c", "d", "a"]), "bell": Ringing(), "end": end},
        ["feed -> a", "a@bell -> bell", "bell -> rings", "rings@end -> end"],
        [channel("a", partitions, "bell"), channel("rings", 1, "end", dedup_window=3600.0)],
    )
    made = simulate(graph, build, 0)
    return [each for each in end.records if isinstance(each.payload, list)], made


def test_an_alarm_of_a_key_rings_once_whatever_the_number_of_partitions():
    whole, split = (
        sorted((each.payload, each.id) for each in rung(n)[0] if each.payload[0] != "of all") for n in (1, 4)
    )
    assert [payload for payload, _ in whole] == [["of a", 4], ["of b", 1], ["of c", 2], ["of d", 3]]
    assert whole == split


def test_each_copy_has_an_alarm_of_its_own_for_what_keys_share():
    rings, made = rung(4)
    used = {partition_of(key, 4) for key in "abcd"}
    assert len([each for each in rings if each.payload[0] == "of all"]) == len(used) > 1
    assert made.report.conserved


class Asked:
    """Remembers whom it was asked about, and diverts what fails for good."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()

    def failure(self, failure):
        self.seen.add(("failure", failure.node))
        return Divert("spill", "bad")

    def dispatch(self, facts):
        self.seen.add(("dispatch", facts.node))
        from penstock.decisions import Proceed

        return Proceed()

    def completion(self, facts):
        self.seen.add(("completion", facts.node))
        from penstock.decisions import Proceed

        return Proceed()


def test_policies_are_bound_to_what_was_written_and_may_divert_into_partitions():
    asked, end, spilled = Asked(), Collect(), Collect()
    graph, build = graph_of(
        {"feed": Keyed(list("abcdefgh")), "first": Numbered(never=2), "end": end, "spilled": spilled},
        ["feed -> a", "a@first -> first", "first -> end", "spill@spilled -> spilled"],
        [channel("a", 4, "first"), channel("spill", 3, "spilled")],
    )
    points = ("dispatch", "failure", "completion")
    bound = {"first": {point: (Bound(asked, "asked", points),) for point in points}}
    made = simulate(graph, build, 0, policies=PolicySet(bound))
    assert asked.seen == {(point, "first") for point in points}
    assert sorted(each.payload for each in spilled.records) == [0, 2, 4, 6]
    assert made.report.conserved, made.report.links
    (first,) = [one for one in made.report.nodes if one.id == "first"]
    assert (first.received, sum(first.diverted.values())) == (8, 4)


@node("odd-keys")
class OddKeys:
    """Hands a record on under a key that is no text."""

    def process(self, record, ctx):
        return record.derive(record.payload, key=record.payload) if record.payload else record


def test_a_key_that_is_no_text_is_the_record_s_own_failure_wherever_it_would_have_gone():
    graph, build = graph_of(
        {"feed": Keyed(["a", "b"]), "odd": OddKeys(), "other": OddKeys(), "first": Numbered(), "end": Collect()},
        ["feed -> odd", "odd -> a", "a@end -> end", "feed -> other", "other -> first"],
        [channel("a", 3, "end"), channel("spill", 3)],
    )
    bound = {"first": {"failure": (Bound(Asked(), "asked", ("failure",)),)}}
    made = simulate(graph, build, 0, policies=PolicySet(bound))
    assert made.report.conserved
    assert [letter.node for letter in made.store.dead_letters()] == ["odd", "first"]


@node("framing")
class Framing:
    """Makes what cannot leave the process."""

    out: Out[Any] = Out(portability=Portability.LOCAL)

    def process(self, record, ctx):
        return record.derive({record.payload})


@node("unframing", stateful=True)
class Unframing:
    """Takes it apart again."""

    def process(self, record, ctx):
        ctx.state["seen"] = ctx.state.get("seen", 0) + 1
        return record.derive(sorted(record.payload))


def test_within_a_copy_payloads_may_be_what_cannot_leave_the_process():
    end = Collect()
    graph, build = graph_of(
        {"feed": Keyed(list("abcdef")), "frame": Framing(), "unframe": Unframing(), "end": end},
        ["feed -> a", "a@frame -> frame", "frame -> unframe", "unframe -> b", "b@end -> end"],
        [channel("a", 4, "frame"), channel("b", 2, "end")],
    )
    made = simulate(graph, build, 0)
    assert sorted(each.payload for each in end.records) == [[n] for n in range(6)]
    assert sum(int(made.store.state(place, "seen") or 0) for place in copies("unframe", 4)) == 6


@given(st.integers(1, 100), st.integers(1, 64))
def test_the_parts_of_the_room_are_at_least_the_room(capacity, partitions):
    assert capacity <= part_of(capacity, partitions) * partitions < capacity + partitions


@pytest.mark.parametrize("says", ["the graph", "the policies"])
def test_a_full_partition_holds_its_producer_back(says):
    """Of room for four records each of two partitions has two, and no more than a batch is ever put on top of them."""
    deepest: Counter[str] = Counter()

    class Deep(MemoryStore):
        def commit(self, work, owner, now, *, safe=True):
            made = super().commit(work, owner, now, safe=safe)
            for name in copies("a", 2):
                deepest[name] = max(deepest[name], self.depth(name, "first").total)
            return made

    room = {"capacity": 4} if says == "the graph" else {}
    graph, build = graph_of(
        {"feed": Keyed(["a", "b"] * 30), "first": Numbered(), "end": Collect()},
        ["feed -> a", "a@first -> first", "first -> end"],
        [channel("a", 2, "first", **room)],
        batch=2,
    )
    numbers = Numbers(capacity={"a": 4}) if says == "the policies" else Numbers()
    assert simulate(graph, build, 0, store=Deep(), policies=PolicySet(numbers=numbers)).report.conserved
    assert 0 < max(deepest.values()) <= 4


def test_a_broadcast_group_reaches_every_member_once_for_each_record():
    ends = [Collect(), Collect()]
    events = Channel("a", partitions=3, groups={"all": Group("all", "broadcast")})
    graph, build = graph_of(
        {"feed": Keyed(list("abcde") * 4), "one": ends[0], "two": ends[1]},
        ["feed -> a", "a@all -> one", "a@all -> two"],
        [events],
        batch=3,
    )
    made = simulate(graph, build, 0)
    for end in ends:
        assert sorted(each.payload for each in end.records) == list(range(20))
        assert dict(of_each_key(end)) == {k: [n for n in range(20) if "abcde"[n % 5] == k] for k in "abcde"}
    assert {link.id: link.offered for link in made.report.links if "@" in link.id} == {"a@all/one": 20, "a@all/two": 20}


# -- who works on what ------------------------------------------------------------------------------------------------


@given(st.integers(1, 64), st.lists(st.text("abcdef", min_size=1), min_size=1, max_size=9, unique=True))
def test_parts_are_even_and_leave_nothing_over(copies, members):
    parts = [part(copies, members, who) for who in members]
    assert sum(parts) == copies
    assert max(parts) - min(parts) <= 1
    assert part(copies, members, "nobody") == 0


@given(st.lists(st.text("ab", min_size=1), unique=True), st.integers(0, 9))
def test_what_is_too_many_is_what_is_over_and_the_last_that_was_taken(held, mine):
    over = too_many(held, mine)
    assert len(held) - len(over) == min(len(held), mine)
    assert held[: len(held) - len(over)] + over == held


@node("slow", stateful=True, ordered=True)
class Slow:
    """Takes its (virtual) time, and says who has worked."""

    who: str

    async def process(self, record, ctx):
        await asyncio.sleep(0.05)
        ctx.state[record.key] = nth = ctx.state.get(record.key, 0) + 1
        return record.derive([record.payload, nth, self.who])


@node("last", effect="none", ordered=True)
class Last(Collect):
    """Keeps what it receives; in one run at a time, so that it is in the order of the channel."""


@dataclass
class Member:
    """A run that begins and, it may be, is stopped or dies, at a time."""

    begins: float
    ends: float | None = None
    dies: bool = False


@dataclass
class Company:
    """Several runs on one store, in one simulated world."""

    count: int
    partitions: int
    store: MemoryStore = field(default_factory=MemoryStore)
    late: int = 0

    def live(self, members: list[Member], seed: int) -> dict[str, list[Any]]:
        """What came out, by key and in order."""
        loop = SimulatedLoop(seed)
        end = Last()
        try:
            loop.run_until_complete(asyncio.wait_for(self._all(loop, members, end), 900))
        finally:
            loop.close()
        return of_each_key(end)

    async def _all(self, loop: SimulatedLoop, members: list[Member], end: Collect) -> None:
        tasks = [asyncio.ensure_future(self._one(loop, n, member, end)) for n, member in enumerate(members)]
        await asyncio.gather(*tasks)

    async def _one(self, loop: SimulatedLoop, n: int, member: Member, end: Collect) -> None:
        await asyncio.sleep(member.begins)
        keys = [f"k{n % 7}" for n in range(self.count)]
        graph, build = graph_of(
            {"feed": Keyed(keys), "slow": Slow(f"r{n}"), "end": end},
            ["feed -> a", "a@slow -> slow", "slow -> done", "done@end -> end"],
            [channel("a", self.partitions, "slow"), channel("done", 1, "end")],
            batch=3, lease=6.0,
        )  # fmt: skip  # what runs in one line, how in another
        store: Any = Mortal(self.store) if member.dies else self.store

        def started(driver: Any) -> None:
            if member.ends is not None:
                loop.call_later(member.ends, driver.stop)

        if member.dies and member.ends is not None:
            loop.call_later(member.ends, lambda: setattr(store, "dead", True))
            member = Member(member.begins)
        with suppress(Died):
            report = await run_async(
                graph, build, store, run_id=f"r{n}", until_idle=True, threads=False, budget=None,
                clock=LoopClock(loop, BEGIN), on_start=started,
            )  # fmt: skip  # what runs in one line, how in another
            self.late += report.late


class Died(StoreError):
    """The process is gone."""


class Mortal(MemoryStore):
    """A store as a process sees it that dies: from then on nothing it does reaches anybody."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.dead = False

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__(self, "__dict__")
        if name in ("store", "dead", "__dict__", "__class__", "ack"):
            return object.__getattribute__(self, name)
        if own["dead"]:
            raise Died("gone")
        return getattr(own["store"], name)


MEMBERS = st.builds(
    Member, st.floats(0, 6, width=16), st.none() | st.floats(0.5, 6, width=16), st.booleans()
)  # fmt: skip  # what is drawn, in one line


@given(st.lists(MEMBERS, max_size=3), st.integers(1, 5), st.integers(0, 999))
def test_whoever_comes_goes_or_dies_the_end_is_that_of_a_plain_loop(others, partitions, seed):
    company = Company(60, partitions)
    got = company.live([*others, Member(3.0)], seed)
    want = looped([f"k{n % 7}" for n in range(60)])
    assert {key: [each[:2] for each in some] for key, some in got.items()} == want
    if not any(member.dies for member in others):
        assert company.late == 0  # nobody hands over what is not durable


def test_a_newcomer_is_given_its_part_and_one_that_stops_gives_it_back():
    company = Company(400, 4)
    company.live([Member(0.0), Member(1.0, 4.0), Member(2.0)], 3)
    held: dict[str, set[str]] = defaultdict(set)
    most: Counter[str] = Counter()
    moves = [(note.time - BEGIN, note.run, note.kind, note.facts["stage"]) for note in company.store.notes()]
    ended = {run["run"]: run["ended"] - BEGIN for run in company.store.runs()}
    for time, run, kind, stage in moves:
        (held[run].add if kind == "taken" else held[run].discard)(stage)
        if time < min(
            ended["r0"], ended["r2"]
        ):  # who is the last to see that all is done has had everything at the end
            most[run] = max(most[run], len(held[run]))
        for other in held.keys() - {run}:
            assert stage not in held[other] or ended[other] <= time  # one at a time
    assert most == {"r0": 4, "r1": 2, "r2": 2}
    given = {run: min(time for time, who, kind, _ in moves if who == run) for run in ("r1", "r2")}
    assert given["r1"] < 1.0 + 1.5
    assert given["r2"] < 2.0 + 1.5
    assert company.late == 0


def test_on_a_store_that_cannot_share_whoever_comes_first_has_it():
    class Plain:
        """Only what every store can do."""

        def __init__(self) -> None:
            self.kept = MemoryStore()

        def __getattr__(self, name):
            if name in ("claims", "let_go"):
                raise AttributeError(name)
            return getattr(self.kept, name)

    graph, build, end = two_hops(list("abcabc"), (3, 2), 2)
    store: Any = Plain()
    assert not isinstance(store, Sharing)
    assert simulate(graph, build, 0, store=store).report.conserved
    assert of_each_key(end) == looped(list("abcabc"))


# -- the number stays -------------------------------------------------------------------------------------------------


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    made: Any = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path, ack="process")
    yield made
    made.close()


@pytest.mark.parametrize(("before", "after"), [(4, 2), (2, 4), (1, 4), (4, 1)])
def test_another_number_of_partitions_is_refused_and_the_old_one_goes_on(store, before, after):
    for number in (before, after):
        graph, build, _ = two_hops(["a", "b"], (number, 1), 2)
        if number == before:
            simulate(graph, build, 0, store=store)
        else:
            with pytest.raises(StoreError, match="the store has `a` in") as refused:
                simulate(graph, build, 1, store=store)
            assert refused.value.findings[0].code == "S115"
    graph, build, end = two_hops(["a", "b", "a"], (before, 1), 2)
    assert simulate(graph, build, 2, store=store).report.conserved
    assert [each.payload for each in end.records] == [[2, 2]]  # the third reading: its key was known


def test_a_number_of_partitions_that_is_none_is_a_store_that_cannot_be_read(store):
    store.open("test", ())
    store.begin_run("maker", "", 0.0)
    store.commit(Work(state={("partitions:", "a"): b'"four"'}), "maker", 0.0)
    store.end_run("maker", "idle", 0.0)
    graph, build, _ = two_hops(["a"], (4, 1), 2)
    with pytest.raises(StoreError, match="four") as refused:
        simulate(graph, build, 0, store=store)
    assert refused.value.code == "S108"


def test_a_channel_that_was_never_written_to_may_have_another_number(store):
    for seed, number in enumerate((4, 2, 1, 3, 1)):
        graph, build, _ = two_hops([], (number, 1), 2)
        assert simulate(graph, build, seed, store=store).report.conserved
    graph, build, _ = two_hops(["a"], (1, 1), 2)
    simulate(graph, build, 8, store=store)
    graph, build, _ = two_hops(["a"], (3, 1), 2)
    with pytest.raises(StoreError, match="the store has `a` in one part, and the graph in 3 partitions"):
        simulate(graph, build, 9, store=store)


def test_a_channel_that_nobody_reads_yet_has_been_written_to_all_the_same(store):
    for seed, number in enumerate((4, 2)):
        graph, build = graph_of({"feed": Keyed(["a", "b"])}, ["feed -> a"], [channel("a", number)])
        if number == 4:
            simulate(graph, build, seed, store=store)
        else:
            with pytest.raises(StoreError, match="the store has `a` in 4 partitions, and the graph in 2 partitions"):
                simulate(graph, build, seed, store=store)


def test_a_node_does_not_lose_its_state_because_another_channel_feeds_it(store):
    def fed_by(name: str, partitions: int) -> tuple[Any, Any]:
        return graph_of(
            {"feed": Keyed(["a", "b"]), "first": Numbered(), "end": Collect()},
            [f"feed -> {name}", f"{name}@first -> first", "first -> end"],
            [channel(name, partitions, "first")],
        )

    simulate(*fed_by("old", 1), 0, store=store)
    with pytest.raises(StoreError, match="the store has `first` in one part, and the graph in 4 partitions"):
        simulate(*fed_by("new", 4), 1, store=store)


# -- what a store has to be able to -----------------------------------------------------------------------------------


def test_claims_are_told_as_they_hold_and_one_is_given_back_alone(store):
    store.open("test", [])
    for run in ("one", "two"):
        store.begin_run(run, "", BEGIN)
    fences = {name: store.claim(name, "one", BEGIN, BEGIN + 10) for name in ("share:a:one", "share:b:one", "stage:a")}
    assert store.claim("share:a:two", "two", BEGIN, BEGIN + 2)
    there = store.claims("share:a:", BEGIN + 1)
    assert [(claim.resource, claim.owner) for claim in there] == [("share:a:one", "one"), ("share:a:two", "two")]
    assert there[0].fence == fences["share:a:one"] < there[1].fence
    assert [claim.owner for claim in store.claims("share:a:", BEGIN + 3)] == ["one"]
    store.let_go("stage:a", "two")  # not its own
    assert store.claim("stage:a", "two", BEGIN + 1, BEGIN + 5) is None
    store.let_go("stage:a", "one")
    assert store.claim("stage:a", "two", BEGIN + 1, BEGIN + 5) is not None
    assert [claim.owner for claim in store.claims("share:b:", BEGIN + 3)] == ["one"]


@node("down")
class Down:
    """Remembers nothing, and cannot do anything before it is up."""

    up: bool = False

    def process(self, record, ctx):
        if not self.up:
            raise OSError("nobody is there")
        return record


def test_what_waits_for_another_attempt_is_not_left_behind_because_copies_take_the_place_of_its_node(store):
    def fed(partitions: int, *, up: bool) -> tuple[Any, Any, Collect]:
        end = Collect()
        nodes = {"feed": Keyed(["a", "b"]), "mid": Down(up), "end": end}
        if partitions == 1:
            return *graph_of(nodes, ["feed -> mid", "mid -> end"], []), end
        links = ["feed -> new", "new@mid -> mid", "mid -> end"]
        return *graph_of(nodes, links, [channel("new", partitions, "mid")]), end

    def stop_soon(driver):
        asyncio.get_running_loop().call_later(0.05, driver.stop)

    graph, build, _ = fed(1, up=False)
    simulate(graph, build, 0, store=store, until_idle=False, on_start=stop_soon)
    graph, build, _ = fed(3, up=True)
    with pytest.raises(StoreError, match="the store has `mid` in one part, and the graph in 3 partitions"):
        simulate(graph, build, 1, store=store)
    graph, build, end = fed(1, up=True)
    simulate(graph, build, 2, store=store)
    assert len(end.records) == 2
    graph, build, _ = fed(3, up=True)  # nothing waits any more
    assert simulate(graph, build, 3, store=store).report.conserved


# -- a pause ----------------------------------------------------------------------------------------------------------


@node("late")
class Late:
    """Has nothing to say for some seconds."""

    seconds: float

    async def read(self, ctx):
        await asyncio.sleep(self.seconds)
        for n in range(ctx.position or 0, 8):
            yield Reading(n, n + 1, "k")


@node("leisurely", stateful=True, ordered=True)
class Leisurely:
    """Takes its time."""

    async def process(self, record, ctx):
        await asyncio.sleep(0.5)
        return record


class Stopped(SqliteStore):
    """Of a process that is stopped whenever it would have to renew what it holds."""

    def renew(self, owner, now, until):
        pass


def test_whoever_was_stopped_for_long_takes_nothing_in_front_of_whoever_works_in_its_place(tmp_path):
    async def work(loop, store, name):
        await asyncio.sleep(0.0 if name == "a" else 1.0)
        graph, build = graph_of(
            {"feed": Late(1000.0 if name == "a" else 10.0), "first": Leisurely(), "end": Collect()},
            ["feed -> a", "a@first -> first", "first -> done", "done@end -> end"],
            [channel("a", 1, "first"), channel("done", 1, "end", retention=1e9)],
            batch=1, lease=2.0,
        )  # fmt: skip  # what runs in one line, how in another
        clock = LoopClock(loop, BEGIN)
        return await run_async(graph, build, store, until_idle=True, clock=clock, run_id=name, threads=False)

    async def both(loop):
        stores = [Stopped(tmp_path, ack="process"), SqliteStore(tmp_path, ack="process")]
        await asyncio.gather(*(work(loop, store, name) for store, name in zip(stores, "ab", strict=True)))
        rows = stores[1].db.execute(f"SELECT {BLOCK} FROM blocks WHERE channel='done' ORDER BY seq").fetchall()
        for each in stores:
            each.close()
        return [record.payload for row in rows for record in decode_block(Block(*row))]

    loop = SimulatedLoop(1)
    try:
        assert loop.run_until_complete(both(loop)) == list(range(8))
    finally:
        loop.close()


class Interrupted:
    """A store; before its so-manieth use during the start of a run, something else happens, once."""

    def __init__(self, kept: SqliteStore, at: int, meanwhile: Any) -> None:
        self.kept, self.left, self.meanwhile = kept, at, meanwhile

    def __getattr__(self, name: str) -> Any:
        self.left -= 1
        if self.left == 0:
            self.meanwhile()
        return getattr(self.kept, name)


@node("waiting")
class Waiting:
    """Hands nothing over until it may end."""

    may_end: threading.Event

    def read(self, ctx):
        self.may_end.wait()
        yield from ()


def begun_in_a_thread(
    store: Any, number: int, may_end: threading.Event, digest: str = ""
) -> tuple[threading.Thread, list[str]]:
    """Begin a run and return as soon as it has begun, or was refused."""
    settled, outcome = threading.Event(), list[str]()
    graph, build = graph_of(
        {"feed": Waiting(may_end), "first": Numbered()},
        ["feed -> a", "a@first -> first"],
        [channel("a", number, "first")],
    )
    graph = replace(graph, digest=f"of {number}{digest}")

    def work() -> None:
        def started(driver: Any) -> None:
            outcome.append("begun")
            settled.set()
            may_end.wait()
            driver.stop()

        opened = store()
        try:
            asyncio.run(run_async(graph, build, opened, on_start=started))
        except StoreError as error:
            outcome.append(error.findings[0].code)
        opened.close()
        settled.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert settled.wait(30)
    return thread, outcome


def test_a_run_that_is_refused_takes_nothing_back_that_another_has_begun_with(tmp_path):
    """Both want four partitions, of graphs that differ in something else; one of them at least goes on, in four."""
    for at in range(1, 34):
        may_end = threading.Event()
        threads = []

        def fresh(place: Path = tmp_path / str(at)) -> SqliteStore:
            return SqliteStore(place, ack="process")

        def meanwhile() -> None:
            if not may_end.is_set():  # noqa: B023 - used up at once
                threads.append(begun_in_a_thread(fresh, 4, may_end, "other"))  # noqa: B023 - used up at once

        threads.append(begun_in_a_thread(lambda: Interrupted(fresh(), at, meanwhile), 4, may_end))  # noqa: B023 - used up at once
        may_end.set()
        for thread, _ in threads:
            thread.join()
        outcomes = [outcome[0] for _, outcome in threads]
        reader = fresh()
        reader.attach()
        noted = reader.state("partitions:", "a")
        reader.close()
        assert noted == (b"4" if "begun" in outcomes else None), (at, outcomes)


@pytest.mark.parametrize(("one", "other"), [(2, 4), (2, 1), (1, 2), (2, 2)])
def test_of_two_runs_that_begin_at_once_with_other_numbers_at_most_one_goes_on(tmp_path, one, other):
    outcomes = set()
    for at in range(1, 30):
        may_end = threading.Event()
        threads = []

        def fresh(place: Path = tmp_path / str(at)) -> SqliteStore:
            return SqliteStore(place, ack="process")

        def meanwhile() -> None:
            if not may_end.is_set():  # noqa: B023 - used up at once
                threads.append(begun_in_a_thread(fresh, other, may_end))  # noqa: B023 - used up at once

        def interrupted() -> Any:
            return Interrupted(fresh(), at, meanwhile)  # noqa: B023 - used up at once

        threads.append(begun_in_a_thread(interrupted, one, may_end))
        may_end.set()
        for thread, _ in threads:
            thread.join()
        both = tuple(outcome[0] for _, outcome in reversed(threads))
        outcomes.add(both)
        assert one == other or both != ("begun", "begun"), at
        if "begun" in both and one != other:
            number = one if both[0] == "begun" else other
            reader = fresh()
            reader.attach()
            noted = reader.state("partitions:", "a")
            reader.close()
            assert noted == (None if number == 1 else str(number).encode()), (
                f"not what whoever went on has begun with: {at}"
            )
    assert (("begun", "begun") in outcomes) == (one == other)
    assert ("begun", "S115") in outcomes or one == other

"""Laws that hold for every graph: nothing is lost, nothing is doubled, a seed can be repeated, an end in the middle harms nothing.

A graph is drawn as a list of steps, each fed by earlier ones.  What has to come out of it is computed a second time,
by `expected`: a plain recursion over payloads that knows nothing of batches, stages, channels, retries or commits.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from penstock._engine.partitions import copies, folded, logical
from penstock._store.codec import decode_record
from penstock._store.interface import StoreError
from penstock.decisions import Reject
from penstock.graph.model import Channel, Group
from penstock.record import Drop, Reading
from penstock.running import Simulation, simulate
from penstock.sdk import node
from penstock.testing import MemoryStore, graph_of

ATTEMPTS = 3  # of the policy that a run has when it names none
BEGIN = 1_700_000_000.0  # when simulated time begins
PATIENCE = 300.0  # simulated seconds after which a run hangs

# -- what is drawn ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Input:
    """Where a step takes records from: a node directly, or a channel, by a group of its own or the one for all."""

    of: str
    broadcast: bool = False


@dataclass(frozen=True)
class Drawn:
    """One step of a drawn graph."""

    name: str
    kind: str  # source, transform, channel or sink
    inputs: tuple[Input, ...] = ()
    act: str = "pass"
    style: str = "plain"
    count: int = 0  # a source's records
    fails: int = 0  # attempts that a flaky node fails
    channel: str = "sqlite"
    capacity: int = 100_000
    twins: bool = False  # two nodes that compete for one group

    @property
    def members(self) -> list[str]:
        return [self.name, f"{self.name}-twin"] if self.twins else [self.name]


ACTS = ["pass", "filter", "fan", "flaky", "reject", "drop"]


@st.composite
def drawn_graphs(draw: st.DrawFn) -> list[Drawn]:
    """Sources, then transforms and channels in any order, then sinks; each is fed by some that came before it.

    Durable channels are small only in graphs without two ways to one place.
    """
    narrow = draw(st.booleans())
    steps = [Drawn(f"s{at}", "source", count=draw(st.integers(0, 12))) for at in range(draw(st.integers(1, 2)))]
    kinds = draw(st.lists(st.sampled_from(["transform", "channel"]), max_size=7).filter(_has_a_transform))
    for at, kind in enumerate([*kinds, *["sink"] * draw(st.integers(1, 2))]):
        before = [step for step in steps if kind != "channel" or step.kind != "channel"]
        feeders = draw(
            st.lists(st.sampled_from(before), min_size=1, max_size=1 if narrow else 2, unique_by=lambda step: step.name)
        )
        inputs = tuple(Input(step.name, step.kind == "channel" and draw(st.booleans())) for step in feeders)
        step = Drawn(f"{kind[0]}{at}", kind, inputs)
        if kind == "channel":
            if draw(st.booleans()):
                step = Drawn(step.name, kind, inputs, channel="memory", capacity=draw(st.integers(1, 5)))
            elif narrow:
                step = Drawn(step.name, kind, inputs, capacity=draw(st.integers(1, 5)))
        else:
            alone = len(feeders) == 1 and feeders[0].kind == "channel" and not inputs[0].broadcast
            step = Drawn(
                f"{'k' if kind == 'sink' else 't'}{at}", kind, inputs,
                act=draw(st.sampled_from(ACTS)) if kind == "transform" else "pass",
                style=draw(st.sampled_from(["plain", "async", "ordered", "batch", "stateful"] if kind == "transform" else ["plain"])),
                fails=draw(st.integers(1, ATTEMPTS)),
                twins=alone and draw(st.booleans()),
            )  # fmt: skip  # one line for each thing that is drawn
        steps.append(step)
    return steps


def _has_a_transform(kinds: list[str]) -> bool:
    return 1 <= kinds.count("transform") <= 5


# -- what is run ------------------------------------------------------------------------------------------------------


@node("counts-up")
class CountsUp:
    name: str
    count: int

    def read(self, ctx):
        for n in range(ctx.position or 0, self.count):
            yield Reading({"n": n, "way": f"{self.name}:{n}"}, n + 1, key=f"k{n % 3}")


def acted(step: Drawn, record: Any, attempt: int) -> Any:
    """What a transform does with a record; its output says which way it came."""
    n, way = record.payload["n"], record.payload["way"]
    if step.act == "filter" and n % 2:
        return []
    if step.act == "flaky" and n % 3 == 0 and attempt <= step.fails:
        raise ValueError("not yet")
    if step.act == "reject" and n % 4 == 1:
        raise Reject("never")
    if step.act == "drop" and n % 4 == 2:
        return Drop("unwanted")
    return [record.derive({"n": n, "way": f"{way}/{step.name}.{at}"}) for at in range(2 if step.act == "fan" else 1)]


@node("plain")
class Plain:
    step: Drawn

    def process(self, record, ctx):
        return acted(self.step, record, ctx.attempt)


@node("async", concurrency=3)
class Async:
    step: Drawn

    async def process(self, record, ctx):
        return acted(self.step, record, ctx.attempt)


@node("ordered", ordered=True)
class Ordered:
    step: Drawn

    def process(self, record, ctx):
        return acted(self.step, record, ctx.attempt)


@node("batch")
class Batch:
    step: Drawn

    def process_batch(self, records, ctx):
        for record in records:
            made = acted(self.step, record, ctx.attempt)
            yield from [made] if isinstance(made, Drop) else made


@node("stateful", stateful=True)
class Stateful:
    """Counts what it has seen, also what it drops; what it counts for a record that fails is undone."""

    step: Drawn

    def process(self, record, ctx):
        ctx.state["seen"] = ctx.state.get("seen", 0) + 1
        return acted(self.step, record, ctx.attempt)


@dataclass
class World:
    """What the sinks have brought about; it outlives them, as the outside world does."""

    deliveries: Counter[tuple[str, str]] = field(default_factory=Counter)  # sink, way
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)  # effect key -> sink, way


@node("into-the-world", effect="idempotent")
class IntoTheWorld:
    step: Drawn
    world: World

    def write(self, record, ctx):
        what = (self.step.name, record.payload["way"])
        self.world.deliveries[what] += 1
        assert self.world.keys.setdefault(ctx.effect_key, what) == what


STYLES: dict[str, Any] = {
    "plain": Plain, "async": Async, "ordered": Ordered, "batch": Batch, "stateful": Stateful,
}  # fmt: skip  # a table of names reads better in one line


class PluggedOut(StoreError):
    """The break-down that a test has asked for."""


class Watched:
    """A store that ends a run which hangs, and breaks down at a commit if it is told to."""

    def __init__(
        self, store: MemoryStore, breaks_at: int | None = None, *, applied: bool = False, killed: bool = False
    ):
        self.store = store
        self.left = breaks_at
        self.applied = applied
        self.killed = killed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def renew(self, owner, now, until):
        if now > BEGIN + PATIENCE:
            raise StoreError("the run hangs")
        self.store.renew(owner, now, until)

    def commit(self, work, owner, now):
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                if self.applied and self.left == 0:
                    self.store.commit(work, owner, now)
                raise PluggedOut("pulled the plug")
        return self.store.commit(work, owner, now)

    def end_run(self, run, outcome, now):
        if not self.killed:  # who is killed gives nothing back
            self.store.end_run(run, outcome, now)


def divisible(steps: list[Drawn]) -> set[str]:
    """The channels that may have partitions: durable, and feeding nothing that hangs together with what has none."""
    by_name = {step.name: step for step in steps}
    stage = {step.name: {step.name} for step in steps if step.kind != "channel"}
    for step in steps:
        for name in (one.of for one in step.inputs):
            if name in stage and step.name in stage:
                joined = stage[name] | stage[step.name]
                stage.update(dict.fromkeys(joined, joined))
    feeds = {id(some): {one.of for name in some for one in by_name[name].inputs} - some for some in stage.values()}
    fills = {
        id(some): {s.name for s in steps if s.kind == "channel" and some & {i.of for i in s.inputs}}
        for some in stage.values()
    }
    left = {step.name for step in steps if step.kind == "channel" and step.channel != "memory"}
    while True:
        bad = {
            channel
            for some in stage.values()
            for channel in feeds[id(some)]
            if any(by_name[name].kind == "source" for name in some)
            or not feeds[id(some)] <= left
            or any(by_name[name].channel == "memory" for name in fills[id(some)])
        }
        if not bad & left:
            return left
        left -= bad


def run_drawn(steps: list[Drawn], seed: int, world: World, store: Any, partitions: int = 1) -> Simulation:
    by_name = {step.name: step for step in steps}
    nodes: dict[str, Any] = {}
    channels, links = [], []
    split = divisible(steps)
    for step in steps:
        if step.kind == "channel":
            groups = {"all": Group("all", "broadcast")}
            parts = partitions if step.name in split else 1
            channels.append(Channel(step.name, step.channel, step.capacity, groups=groups, partitions=parts))
            links += [f"{member} -> {step.name}" for one in step.inputs for member in by_name[one.of].members]
            continue
        for member in step.members:
            if step.kind == "source":
                nodes[member] = CountsUp(step.name, step.count)
            elif step.kind == "sink":
                nodes[member] = IntoTheWorld(step, world)
            else:
                nodes[member] = STYLES[step.style](step)
            for one in step.inputs:
                if by_name[one.of].kind == "channel":
                    links.append(f"{one.of}@{'all' if one.broadcast else step.name} -> {member}")
                else:
                    links += [f"{feeder} -> {member}" for feeder in by_name[one.of].members]
    graph, build = graph_of(nodes, links, channels, batch=4)
    return simulate(graph, build, seed, store=store)


# -- what must come out -----------------------------------------------------------------------------------------------


@dataclass
class Outcomes:
    """Everything that becomes of what the sources have."""

    deliveries: Counter[tuple[str, str]] = field(default_factory=Counter)  # sink, way
    dead: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # node, way, reason
    drops: Counter[str] = field(default_factory=Counter)  # node
    seen: Counter[str] = field(default_factory=Counter)  # stateful node -> records that did not fail there


def expected(steps: list[Drawn]) -> Outcomes:
    """The same, by a recursion that follows one payload after the other."""
    out = Outcomes()

    def follow(name: str, n: int, way: str) -> None:
        for step in steps:
            for one in step.inputs:
                if one.of == name:
                    arrive(step, n, way)

    def arrive(step: Drawn, n: int, way: str) -> None:
        if step.kind == "channel":
            follow(step.name, n, way)
        elif step.kind == "sink":
            out.deliveries[step.name, way] += 1
        elif step.act == "flaky" and n % 3 == 0 and step.fails >= ATTEMPTS:
            out.dead[step.name, way, "attempts"] += 1
        elif step.act == "reject" and n % 4 == 1:
            out.dead[step.name, way, "permanent"] += 1
        elif step.act == "drop" and n % 4 == 2:
            out.drops[step.name] += 1
            out.seen[step.name] += step.style == "stateful"
        else:
            out.seen[step.name] += step.style == "stateful"
            if not (step.act == "filter" and n % 2):
                for at in range(2 if step.act == "fan" else 1):
                    follow(step.name, n, f"{way}/{step.name}.{at}")

    for step in steps:
        for n in range(step.count):
            follow(step.name, n, f"{step.name}:{n}")
    return out


def found(steps: list[Drawn], world: World, store: MemoryStore) -> Outcomes:
    """What the world and the store say."""
    known = {member: step for step in steps for member in step.members}
    out = Outcomes(Counter(world.deliveries))
    for letter in store.dead_letters():
        way = decode_record(letter.body).payload["way"]
        out.dead[known[logical(letter.node)].name, way, letter.reason] += 1
    for (subject, measure, _), n in folded(store.totals()).items():
        if measure == "dropped" and subject in known and n:
            out.drops[known[subject].name] += n
    for member, step in known.items():
        for place in (member, *copies(member, 3)):
            seen = store.state(place, "seen")
            if seen is not None:
                out.seen[step.name] += int(seen)
    return out


def nothing_is_left(made: Simulation, store: MemoryStore, steps: list[Drawn]) -> None:
    """The conservation law, on every link and in total."""
    report = made.report
    assert report.outcome == "idle"
    assert report.conserved, [link for link in report.links if not link.conserved]
    assert sum(link.in_flight for link in report.links) == 0
    assert store.parked() == 0
    assert report.admitted == sum(step.count for step in steps)
    by_link = sum(link.dead for link in report.links)
    assert by_link == sum(sum(one.dead.values()) for one in report.nodes) == len(list(store.dead_letters()))


# -- the laws ---------------------------------------------------------------------------------------------------------


@given(drawn_graphs(), st.integers(0, 1000))
def test_every_record_ends_where_a_plain_recursion_says_and_every_link_adds_up(steps, seed):
    world, store = World(), MemoryStore()
    made = run_drawn(steps, seed, world, Watched(store))
    nothing_is_left(made, store, steps)
    assert found(steps, world, store) == expected(steps)
    if not any(step.twins for step in steps):
        assert len(world.keys) == len(world.deliveries)  # one effect key for each way to each sink
    event("twins" if any(step.twins for step in steps) else "no twins")


@given(drawn_graphs(), st.integers(0, 1000))
def test_a_seed_gives_one_history_and_another_seed_the_same_outcomes(steps, seed):
    worlds, stores = [World() for _ in range(3)], [MemoryStore() for _ in range(3)]
    seeds = [seed, seed, seed + 1]
    histories = [
        run_drawn(steps, seed, world, Watched(store)).history
        for seed, world, store in zip(seeds, worlds, stores, strict=True)
    ]
    assert histories[0] == histories[1]
    assert found(steps, worlds[0], stores[0]) == found(steps, worlds[2], stores[2])


@given(
    drawn_graphs(), st.integers(0, 1000), st.lists(st.integers(1, 12), min_size=1, max_size=2), st.booleans(), st.booleans()
)  # fmt: skip  # what is drawn, in one line
def test_a_run_that_breaks_down_at_a_commit_goes_on_as_if_nothing_had_happened(steps, seed, breaks, applied, killed):
    world, store = World(), MemoryStore()
    broke = 0
    for at, commits in enumerate(breaks):
        try:
            run_drawn(steps, seed + at, world, Watched(store, commits, applied=applied, killed=killed))
        except PluggedOut:
            broke += 1
    made = run_drawn(steps, seed + len(breaks), world, Watched(store))
    event(f"broke down {broke} times")
    nothing_is_left(made, store, steps)
    wanted, got = expected(steps), found(steps, world, store)
    assert set(got.deliveries) == set(wanted.deliveries)  # the outside may be told again, under the same effect key
    if not any(step.twins for step in steps):
        assert len(world.keys) == len(wanted.deliveries)
    assert (got.dead, got.drops, got.seen) == (wanted.dead, wanted.drops, wanted.seen)


@given(drawn_graphs(), st.integers(0, 1000), st.integers(2, 3))
def test_partitions_change_nothing_of_what_comes_out(steps, seed, partitions):
    world, store = World(), MemoryStore()
    made = run_drawn(steps, seed, world, Watched(store), partitions)
    event(f"{len(divisible(steps))} channels with partitions")
    nothing_is_left(made, store, steps)
    assert found(steps, world, store) == expected(steps)
    if not any(step.twins for step in steps):  # which of two that compete gets a record is nobody's promise
        whole = World()
        run_drawn(steps, seed, whole, Watched(MemoryStore()))
        assert world.keys == whole.keys


@given(drawn_graphs(), st.integers(0, 1000), st.lists(st.integers(1, 12), min_size=1, max_size=2), st.booleans())
def test_with_partitions_too_a_run_that_breaks_down_goes_on(steps, seed, breaks, applied):
    world, store = World(), MemoryStore()
    for at, commits in enumerate(breaks):
        with suppress(PluggedOut):
            run_drawn(steps, seed + at, world, Watched(store, commits, applied=applied, killed=True), 3)
    made = run_drawn(steps, seed + len(breaks), world, Watched(store), 3)
    nothing_is_left(made, store, steps)
    wanted, got = expected(steps), found(steps, world, store)
    assert set(got.deliveries) == set(wanted.deliveries)
    assert (got.dead, got.drops, got.seen) == (wanted.dead, wanted.drops, wanted.seen)


def test_these_laws_can_fail():
    """The reference tells a wrong graph from a right one."""
    right = [
        Drawn("s0", "source", count=5),
        Drawn("t1", "transform", (Input("s0"),), "fan"),
        Drawn("k2", "sink", (Input("t1"),)),
    ]
    wrong = [right[0], Drawn("t1", "transform", (Input("s0"),)), right[2]]
    world, store = World(), MemoryStore()
    run_drawn(wrong, 0, world, Watched(store))
    assert found(wrong, world, store) == expected(wrong) != expected(right)
    with pytest.raises(PluggedOut):
        run_drawn(right, 0, World(), Watched(MemoryStore(), 1))

"""Random graphs, failures, policies, exchanges of policies in the middle of a run, and crashes: nothing is lost by accident.

A chain of one to three transforms with channels of either kind between them is fed ever more readings.  Between and
during runs the policies are exchanged, nodes begin and cease to fail, and the store breaks down at some commit, with or
without having committed.  After every run each reading that was read has exactly one end that can be named: delivered,
dropped for a reason that a policy gave, a dead letter, diverted, or waiting.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from penstock._engine import step
from penstock._engine.driver import Driver
from penstock._engine.ledger import Ledger
from penstock._store.blocks import decode_block
from penstock._store.codec import decode_record
from penstock._store.interface import StoreError
from penstock.bindings import Bound, Numbers, PolicySet
from penstock.decisions import DeadLetter, Delay, Divert, DropIt, Proceed
from penstock.graph.model import Channel
from penstock.record import Reading
from penstock.running import simulate
from penstock.sdk import node
from penstock.testing import MemoryStore, graph_of

PATIENCE = 300.0  # simulated seconds after which a run hangs
STEPS = Counter[str]()  # what machines have done, for the bar of the deep session


class PluggedOut(StoreError):
    """The break-down that a test has asked for."""


# -- policies ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """One drawn policy; which records it means depends on their number and on nothing else."""

    point: str
    kind: str
    of: int = 3  # every `of`-th record
    wait: float = 0.5
    n: int = 2

    def means(self, record: Any) -> bool:
        return bool(record.payload["n"] % self.of == 0)

    def end(self) -> Any:
        return {"drop": DropIt("unwanted"), "divert": Divert("aside", "unwanted"), "dead": DeadLetter("unwanted")}[
            self.kind
        ]

    def admit(self, facts: Any) -> Any:
        if self.kind == "wait":
            return Delay(self.wait) if int(facts.now) % 3 == 0 else Proceed()
        return {at: self.end() for at, record in enumerate(facts.records) if self.means(record)}

    def overflow(self, facts: Any) -> Any:
        if self.kind == "wait":
            return Delay(self.wait)
        if self.kind == "drop":
            return {at: DropIt("full") for at in facts.oldest()}
        if self.of == 2:
            return self.end()
        return {at: self.end() for at in facts.newest()}

    def dispatch(self, facts: Any) -> Any:
        if self.kind == "wait":
            return Delay(self.wait) if int(facts.now) % 3 == 0 else Proceed()
        if self.kind == "limit":
            return Proceed(at_most=self.n, concurrency=self.n, deadline=5.0, hedge_after=2.0)
        if self.kind == "hold":  # some records, now and then
            return {
                at: Delay(self.wait)
                for at, record in enumerate(facts.records)
                if self.means(record) and int(facts.now * 2) % 2
            }
        return {at: self.end() for at, record in enumerate(facts.records) if self.means(record)}

    def failure(self, facts: Any) -> Any:
        if facts.verdict is not None:
            return self.end() if self.kind == "divert" else Proceed()
        if self.kind in ("drop", "dead"):
            return self.end()
        return Delay(self.wait) if facts.attempt < 5 else Proceed()

    def completion(self, facts: Any) -> Any:
        facts.memory["seen"] = facts.memory.get("seen", 0) + facts.ok
        return Proceed()

    def settle(self, facts: Any) -> Any:
        return Delay(self.wait) if facts.units < self.n else Proceed()

    def faulty(self, facts: Any) -> Any:
        if self.n == 1:
            raise RuntimeError("a policy with a bug")
        return {10_000: DropIt("nobody")} if self.n == 2 else DropIt(None)  # type: ignore[arg-type]  # nonsense on purpose


KINDS = {
    "admit": ("wait", "drop", "divert", "dead", "faulty"),
    "overflow": ("wait", "drop", "divert", "dead", "faulty"),
    "dispatch": ("wait", "limit", "hold", "drop", "divert", "dead", "faulty"),
    "failure": ("wait", "drop", "divert", "dead", "faulty"),
    "completion": ("wait", "faulty"),
    "settle": ("wait", "faulty"),
}


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    point = draw(st.sampled_from(sorted(KINDS)))
    kind = draw(st.sampled_from(KINDS[point]))
    return Rule(point, kind, draw(st.integers(2, 5)), draw(st.sampled_from([0.02, 0.3, 1.5])), draw(st.integers(1, 3)))


def is_asked(subject: str, point: str) -> bool:
    """Whether a policy that is bound to a subject is ever asked at a point: what is bound elsewhere tests nothing."""
    if point in ("overflow", "settle"):
        return subject[0] == {"overflow": "c", "settle": "*"}[point]
    if point == "admit":
        return subject == "feed"
    return subject[0] in ("t", "e") or (subject == "feed" and point == "failure")


bindings = st.lists(st.tuples(st.integers(0, 9), rules()), max_size=6)
capacities = st.dictionaries(st.integers(0, 3), st.integers(1, 6), max_size=1)


# -- nodes ------------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """What outlives every run: how much there is to read, who fails, what was delivered."""

    count: int = 0
    failing: dict[str, int] = field(default_factory=dict)  # node -> every how many-th record fails there
    attempts: int = 1  # failed ones for each of them
    deliveries: list[int] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)


@node("feed")
class Feed:
    world: World

    def read(self, ctx):
        for n in range(ctx.position or 0, self.world.count):
            yield Reading({"n": n}, n + 1, key=f"k{n % 3}")


def acted(name: str, world: World, record: Any, attempt: int) -> Any:
    every = world.failing.get(name)
    if every and record.payload["n"] % every == 0 and attempt <= world.attempts:
        raise ConnectionError("away")
    return record.derive(record.payload)


@node("plain")
class Plain:
    name: str
    world: World

    def process(self, record, ctx):
        return acted(self.name, self.world, record, ctx.attempt)


@node("waiting", concurrency=3)
class Waiting:
    name: str
    world: World

    async def process(self, record, ctx):
        await asyncio.sleep(0.01 * (record.payload["n"] % 4))
        return acted(self.name, self.world, record, ctx.attempt)


@node("ordered", ordered=True)
class Ordered:
    name: str
    world: World

    def process(self, record, ctx):
        return acted(self.name, self.world, record, ctx.attempt)


@node("batch")
class Batch:
    name: str
    world: World

    def process_batch(self, records, ctx):
        return [acted(self.name, self.world, record, ctx.attempt) for record in records]


@node("stateful", stateful=True)
class Stateful:
    name: str
    world: World

    def process(self, record, ctx):
        ctx.state["seen"] = ctx.state.get("seen", 0) + 1
        return acted(self.name, self.world, record, ctx.attempt)


@node("end", effect="idempotent", ordered=True)
class End:
    world: World

    def write(self, record, ctx):
        n = record.payload["n"]
        if ctx.effect_key in self.world.keys:  # told again after a crash
            assert self.world.keys[ctx.effect_key] == n
            return
        self.world.keys[ctx.effect_key] = n
        self.world.deliveries.append(n)


STYLES: dict[str, Any] = {"plain": Plain, "waiting": Waiting, "ordered": Ordered, "batch": Batch, "stateful": Stateful}
CHANNELS = ("none", "memory", "sqlite")


class Watched:
    """A store that ends a run which hangs, and breaks down at a commit if it is told to."""

    def __init__(self, store: MemoryStore, begun: float, breaks_at: int | None, applied: bool, killed: bool):
        self.store = store
        self.until = begun + PATIENCE
        self.left = breaks_at
        self.applied = applied
        self.killed = killed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def renew(self, owner, now, until):
        assert now < self.until, "the run hangs"
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


class PolicyMachine(RuleBasedStateMachine):
    """One graph and one store, and everything that may happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.store = MemoryStore()
        self.policies = PolicySet()
        self.reads: Counter[int] = Counter()
        self.runs = 0
        self.crashed = False

    @initialize(
        steps=st.lists(st.tuples(st.sampled_from(CHANNELS), st.sampled_from(sorted(STYLES))), min_size=1, max_size=3),
        last=st.sampled_from(CHANNELS),
        capacity=st.integers(1, 6),
        no_loss=st.booleans(),
    )
    def a_graph(self, steps: list[tuple[str, str]], last: str, capacity: int, no_loss: bool) -> None:
        self.steps, self.last, self.capacity, self.no_loss = steps, last, capacity, no_loss
        self.subjects = [
            "feed",
            *(f"t{at}" for at in range(len(steps))),
            "end",
            *(f"c{at}" for at in range(len(steps) + 1)),
            "*",
        ]

    @rule(n=st.integers(1, 12))
    def more_comes(self, n: int) -> None:
        STEPS["more"] += 1
        self.world.count += n

    @rule(at=st.integers(0, 2), every=st.integers(2, 5), attempts=st.sampled_from([1, 2, 99]), well=st.booleans())
    def somebody_fails(self, at: int, every: int, attempts: int, well: bool) -> None:
        STEPS["fails"] += 1
        self.world.attempts = attempts
        if well:
            self.world.failing.clear()
        else:
            self.world.failing[f"t{at}"] = every

    @rule(drawn=bindings, capacity=capacities)
    def other_policies_at_the_next_start(self, drawn: Any, capacity: Any) -> None:
        STEPS["policies"] += 1
        self.policies = self._set(drawn, capacity)

    @rule(seed=st.integers(0, 1000))
    def a_run(self, seed: int) -> None:
        STEPS["run"] += 1
        self._run(seed)

    @rule(seed=st.integers(0, 1000), after=st.sampled_from([0.0, 0.4, 1.0, 3.0]), drawn=bindings, capacity=capacities)
    def a_run_with_an_exchange(self, seed: int, after: float, drawn: Any, capacity: Any) -> None:
        STEPS["swap"] += 1
        self._run(seed, swap=(after, self._set(drawn, capacity)))

    @rule(
        seed=st.integers(0, 1000), at=st.integers(1, 10), applied=st.booleans(), killed=st.booleans(),
        after=st.sampled_from([0.0, 0.4, 1.0]), drawn=bindings,
    )  # fmt: skip  # the crash in one line, the exchange before it in another
    def a_crash(self, seed: int, at: int, applied: bool, killed: bool, after: float, drawn: Any) -> None:
        STEPS["crash"] += 1
        self.crashed = True
        self._run(seed, swap=(after, self._set(drawn, {})), breaks_at=at, applied=applied, killed=killed)

    # -- how ------------------------------------------------------------------------------------------------------

    def _set(self, drawn: Any, capacity: Any) -> PolicySet:
        bound: dict[str, dict[str, tuple[Bound, ...]]] = {}
        for number, (at, each) in enumerate(drawn):
            suited = [subject for subject in self.subjects if is_asked(subject, each.point)]
            subject = suited[at % len(suited)]
            answer = each.faulty if each.kind == "faulty" else getattr(each, each.point)
            policy = type("Drawn", (), {each.point: staticmethod(answer)})()
            mine = bound.setdefault(subject, {})
            mine[each.point] = (*mine.get(each.point, ()), Bound(policy, f"p{number}", (each.point,)))
        wanted = {f"c{at}": n for at, n in capacity.items() if at <= len(self.steps)}
        return PolicySet(bound, Numbers(capacity=wanted), digest=str(hash(tuple(drawn))))

    def _graph(self) -> Any:
        nodes: dict[str, Any] = {"feed": Feed(self.world)}
        channels = [Channel("aside", "sqlite")]
        links = []
        before = "feed"
        for at, (kind, style) in enumerate([*self.steps, (self.last, "end")]):
            name = "end" if style == "end" else f"t{at}"
            nodes[name] = End(self.world) if style == "end" else STYLES[style](name, self.world)
            channels.append(
                Channel(f"c{at}", "sqlite" if kind == "none" else kind, self.capacity, no_loss=self.no_loss)
            )
            links += [f"{before} -> {name}"] if kind == "none" else [f"{before} -> c{at}", f"c{at}@{name} -> {name}"]
            before = name
        return graph_of(nodes, links, channels, batch=4)

    def _run(
        self, seed: int, swap: Any = None, *, breaks_at: int | None = None, applied: bool = False, killed: bool = False
    ) -> None:
        self.runs += 1
        graph, build = self._graph()
        store = Watched(self.store, 1_700_000_000.0, breaks_at, applied, killed)

        def start(driver: Any) -> None:
            if swap is not None:
                asyncio.get_running_loop().call_later(swap[0], lambda: driver.rebind(swap[1], who="a machine"))

        # each run begins when time does, so what waits from the last one would be in the future: it is given back first
        for run in self.store.runs():
            self.store.release(run["run"])
        try:
            made = simulate(graph, build, seed, store=store, policies=self.policies, on_start=start)
        except PluggedOut:
            made = None
        if swap is not None:
            self.policies = swap[1]
        self._look(made)

    def _look(self, made: Any) -> None:
        """Every reading that was read has an end."""
        store = self.store
        totals = store.totals()
        dropped = {k: n for k, n in totals.items() if k[1] == "dropped" and k[0] in self.subjects and n}
        diverted = [record.payload["n"] for block in store._logs["aside"].blocks for record in decode_block(block.kept)]
        dead = [decode_record(letter.body).payload["n"] for letter in store.dead_letters()]
        waiting = [row.record.payload["n"] for row in store.parked_rows()]
        inside = [n for name in sorted(store._logs) if name != "aside" for n in self._unsettled(name)]
        read = store.position("feed").count
        known = Counter([*diverted, *dead, *waiting, *inside])
        assert all(n == 1 for n in known.values()), f"one record in two places: {known}"
        if made is not None:
            assert made.report.conserved, [link for link in made.report.links if not link.conserved]
            assert not waiting, "idle, and something waits"
            assert not inside
            kind, at = self.last, len(self.steps)
            before = f"c{at}@end" if kind != "none" else f"t{at - 1}.out -> end.in"
            elsewhere = sum(
                n for (subject, measure, _), n in totals.items() if (subject, measure) == ("end", "diverted")
            )
            delivered = totals[before, "handled", ""] - elsewhere
            assert delivered + len(known) + sum(dropped.values()) == read == self.world.count, (known, dropped)
            assert len(self.world.deliveries) >= delivered
            if not self.crashed:  # what a crash has taken back, the world may have seen all the same
                assert len(self.world.deliveries) == delivered
                assert not {*self.world.deliveries} & {*known}
        if self.no_loss:
            shielded = {
                name
                for at, name in enumerate([*(f"t{at}" for at in range(len(self.steps))), "end"])
                if self._is_shielded(at)
            }
            assert not {subject for (subject, _, _) in dropped} & shielded, dropped
        assert len({*self.world.deliveries}) == len(self.world.deliveries)
        if all(style == "ordered" for _, style in self.steps):
            for key in range(3):
                mine = [n for n in self.world.deliveries if n % 3 == key]
                assert mine == sorted(mine), "out of order"

    def _is_shielded(self, at: int) -> bool:
        """Whether the records of a node come out of a channel of which nothing may be lost."""
        kinds = [kind for kind, _ in self.steps] + [self.last]
        return any(kind != "none" for kind in kinds[: at + 1])

    def _unsettled(self, name: str) -> list[int]:
        log = self.store._logs[name]
        records = [record.payload["n"] for block in log.blocks for record in decode_block(block.kept)]
        start = log.blocks[0].seq if log.blocks else log.next
        found = []
        for cursor, at in log.cursors.items():
            found += records[at - start :]
            for begin, held in log.leases[cursor].items():
                found += records[begin - start : held.stop - start]
        return found


quick = settings()
deep = quick.max_examples > 1000
TestPolicies = PolicyMachine.TestCase
TestPolicies.settings = settings(
    max_examples=300 if deep else 30, stateful_step_count=50 if deep else 20, suppress_health_check=list(HealthCheck)
)


@pytest.mark.deep
def test_no_violation_in_twenty_thousand_steps():
    STEPS.clear()
    run_state_machine_as_test(
        PolicyMachine,
        settings=settings(
            max_examples=1000, stateful_step_count=50, database=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert sum(STEPS.values()) >= 20_000, STEPS
    assert min(STEPS[kind] for kind in ("run", "swap", "crash", "policies", "fails", "more")) >= 1000, STEPS


# -- the machine notices what it is for -------------------------------------------------------------------------------


def diverts_and_keeps(self, place, record, decision):
    """A diverted record is in the other channel, and counts as not diverted."""
    return DIVERT(self, place, record, decision) and record.payload["n"] % 2 == 0


def forgets_what_an_inbox_lets_go(self, unit, group, records, decisions, by):
    """It is gone, and nobody has counted it."""


def keeps_the_oldest_out_of_the_books(self, place, route, records):
    """What does not fit is left out, and nobody has counted it."""
    return SHED(self, place, route, records)[:2]


def attempts_what_is_held(self, place, chunk, held):
    """Who has to wait is forgotten."""


DIVERT, SHED = Ledger._divert, Ledger.shed
PLANTED = [
    (Ledger, "_divert", diverts_and_keeps),
    (Driver, "let_go", forgets_what_an_inbox_lets_go),
    (Ledger, "shed", keeps_the_oldest_out_of_the_books),
    (step.Step, "_hold", attempts_what_is_held),
]


@pytest.mark.deep
@pytest.mark.parametrize(("where", "name", "bug"), PLANTED, ids=[bug.__name__ for _, _, bug in PLANTED])
def test_the_machine_catches_a_planted_bug(where, name, bug, monkeypatch):
    monkeypatch.setattr(where, name, bug)  # the engine makes its own steps: there is no place to hand a broken one in
    hunt = settings(
        max_examples=1500, stateful_step_count=15, phases=[Phase.generate], derandomize=True, database=None,
        report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
    )  # fmt: skip  # how long in one line, how in another
    with pytest.raises(AssertionError):
        run_state_machine_as_test(PolicyMachine, settings=hunt)

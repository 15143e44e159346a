"""What a run makes of the answers of policies before and after an attempt, at a source, at a commit; and of an exchange."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import Any

import pytest

from penstock._engine.driver import Driver, RunFailed
from penstock._store.codec import decode_record
from penstock.bindings import NO_POLICIES, Bound, Numbers, PolicySet
from penstock.decisions import DeadLetter, Delay, Divert, DropIt, FailRun, FailureClass, FailureRule, Proceed, Reject
from penstock.graph.model import Channel
from penstock.points import Dispatch, Failure
from penstock.record import Reading
from penstock.running import run_async, simulate
from penstock.sdk import Out, Portability, node, policy
from penstock.testing import Collect, MemoryStore, graph_of, run_node

BEGIN = 1_700_000_000.0


@node("feed")
class Feed:
    count: int
    pause: float = 0.0  # seconds before each

    async def read(self, ctx):
        for n in range(ctx.position or 0, self.count):
            await asyncio.sleep(self.pause)
            yield Reading({"n": n}, n + 1, key=f"k{n % 3}")


@node("work", effect="none")
class Work:
    """Notes when it was given what; fails as long as `fails` says so."""

    fails: Any = None
    takes: float = 0.0

    def __post_init__(self):
        self.got: list[tuple[float, int, int]] = []  # time, record, attempt
        self.most = self.now = 0

    async def process(self, record, ctx):
        n = record.payload["n"]
        self.got.append((asyncio.get_running_loop().time(), n, ctx.attempt))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if self.takes:
                await asyncio.sleep(self.takes)
            if self.fails and self.fails(n, ctx.attempt):
                raise ConnectionError("away")
        finally:
            self.now -= 1
        return record.derive(record.payload)


class Says:
    """Answers at some points what a test wants, and keeps what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.asked: list[tuple[str, Any]] = []
        for point, answer in answers.items():
            setattr(self, point, lambda facts, point=point, answer=answer: self._answer(point, answer, facts))

    def _answer(self, point: str, answer: Any, facts: Any) -> Any:
        self.asked.append((point, facts))
        return answer(facts) if callable(answer) else answer


def bind(subject: str, *policies: Any, **numbers: Any) -> PolicySet:
    points: dict[str, tuple[Bound, ...]] = {}
    for at, each in enumerate(policies):
        spec = getattr(each, "__penstock_policy__", None)
        for point in spec.points if spec else ("admit", "overflow", "dispatch", "failure", "completion", "settle"):
            if hasattr(each, point):
                points[point] = (*points.get(point, ()), Bound(each, f"p{at}", (point,)))
    return PolicySet({subject: points}, Numbers(**numbers))


def through(
    work: Work, policies: PolicySet, *, count: int = 10, durable: bool = True, pause: float = 0.0, **more: Any
) -> Any:
    """feed -> (a channel) -> work -> end; the law holds at the end."""
    end = Collect()
    links = ["feed -> events", "events@work -> work"] if durable else ["feed -> work"]
    channels = [Channel("events", no_loss=more.pop("no_loss", False)), Channel("aside")]
    store = more.pop("store", None) or MemoryStore()
    start = more.pop("on_start", None)
    graph, build = graph_of(
        {"feed": Feed(count, pause), "work": work, "end": end}, [*links, "work -> end"], channels, **more
    )
    made = simulate(graph, build, 0, policies=policies, store=store, on_start=start)
    assert made.report.conserved, made.report.links
    assert (
        sum(link.in_flight for link in made.report.links) == store.depth("events", "work").total if durable else 0 == 0
    )
    return made, [record.payload["n"] for record in end.records]


def of(made: Any, node_id: str) -> Any:
    return next(each for each in made.report.nodes if each.id == node_id)


# -- dispatch ---------------------------------------------------------------------------------------------------------


def ten_a_second(facts: Dispatch) -> Any:
    """A rate limit as simple as it gets: whole seconds."""
    second = int(facts.now)
    used = facts.memory.get("used", 0) if facts.memory.get("second") == second else 0
    free = 10 - used
    if free <= 0:
        return Delay(second + 1 - facts.now)
    if not facts.pulling:
        facts.memory["second"], facts.memory["used"] = second, used + min(free, len(facts.records))
    return Proceed(at_most=free)


@pytest.mark.parametrize("durable", [True, False])
def test_a_rate_limit_costs_no_attempt_and_loses_nothing(durable):
    work = Work()
    made, arrived = through(work, bind("work", Says(dispatch=ten_a_second)), count=95, durable=durable)
    assert sorted(arrived) == list(range(95))
    assert {attempt for _, _, attempt in work.got} == {1}
    by_second = Counter(int(BEGIN + at) for at, _, _ in work.got)
    assert max(by_second.values()) <= 10
    assert made.report.seconds >= 8
    assert of(made, "work").retried == 0


def test_what_may_not_be_attempted_is_not_even_taken_after_the_first_time():
    """A limit is pull credit: nothing waits in rows of its own, once it is known that something is held back."""
    work = Work()
    made, _ = through(work, bind("work", Says(dispatch=ten_a_second)), count=95)
    assert of(made, "work").delayed == {"p0": 54}  # of the first batch of 64, before anything had been held back


def test_an_open_breaker_stops_pulling_until_it_lets_a_probe_through():
    state = {"open": True, "probes": 0}

    def breaker(facts: Dispatch) -> Any:
        if not state["open"]:
            return Proceed()
        if facts.now < BEGIN + 30:
            return Delay(BEGIN + 30 - facts.now)
        return Proceed(at_most=1)

    def watched(facts: Any) -> Any:
        state["probes"] += 1
        state["open"] = state["open"] and not facts.ok
        return Proceed()

    work = Work()
    _, arrived = through(work, bind("work", Says(dispatch=breaker, completion=watched)), count=200)
    assert sorted(arrived) == list(range(200))
    assert min(at for at, _, _ in work.got) > 29.9
    assert state["probes"] >= 2
    assert {attempt for _, _, attempt in work.got} == {1}


def test_concurrency_is_limited():
    for limit in (1, 3):
        work = Work(takes=0.1)
        through(work, bind("work", Says(dispatch=Proceed(concurrency=limit))), count=20)
        assert work.most == limit
    work = Work(takes=0.1)
    through(work, bind("work", concurrency={"work": 2}), count=20)
    assert work.most == 2


def test_an_attempt_is_given_up_at_its_deadline_and_the_others_are_not():
    work = Work(takes=0.5)
    work.process = _slow_for(work, {3, 7})  # type: ignore[method-assign]  # of this one instance
    policies = bind(
        "work",
        Says(dispatch=Proceed(deadline=2.0)),
        Says(failure=lambda f: Delay(1.0) if f.attempt < 2 else DeadLetter("slow")),
    )
    made, arrived = through(work, policies)
    assert sorted(arrived) == [0, 1, 2, 4, 5, 6, 8, 9]
    letters = list(made.store.dead_letters())
    assert {decode_record(letter.body).payload["n"] for letter in letters} == {3, 7}
    assert {letter.failure_class for letter in letters} == {"timeout"}
    assert all("no end within 2.0 s" in cause for letter in letters for cause in letter.causes)
    assert made.report.seconds < 10


def _slow_for(work: Work, slow: set[int]) -> Any:
    async def process(record, ctx):
        await asyncio.sleep(3600 if record.payload["n"] in slow else 0.01)
        return record.derive(record.payload)

    return process


@node("stuck", blocking=True, effect="none", concurrency=2)
class Stuck:
    """Blocks its thread for some records until somebody lets it go."""

    slow: Any

    def __post_init__(self):
        self.free = threading.Event()
        self.got: list[int] = []

    def write(self, record, ctx):
        if record.payload["n"] in self.slow:
            self.free.wait()
        self.got.append(record.payload["n"])


def test_a_thread_that_never_comes_back_is_given_up_and_harms_nobody_else():
    stuck = Stuck({0, 1, 2, 3, 4, 5})
    graph, build = graph_of(
        {"feed": Feed(40), "stuck": stuck}, ["feed -> events", "events@stuck -> stuck"], [Channel("events")]
    )
    policies = bind("stuck", Says(dispatch=Proceed(deadline=0.05), failure=DeadLetter("stuck")))
    seen: list[Driver] = []
    try:
        report = asyncio.run(
            run_async(graph, build, MemoryStore(), until_idle=True, policies=policies, on_start=seen.append)
        )
        assert seen[0].places["stuck"].runner.abandoned == 6
    finally:
        stuck.free.set()
    assert report.conserved
    assert sorted(set(stuck.got) - {0, 1, 2, 3, 4, 5}) == list(range(6, 40))
    assert next(each for each in report.nodes if each.id == "stuck").dead == {"stuck": 6}


def test_a_slow_attempt_is_hedged_and_the_first_success_counts():
    calls: Counter[int] = Counter()
    work = Work()

    async def process(record, ctx):
        n = record.payload["n"]
        calls[n] += 1
        await asyncio.sleep(100 if n % 5 == 0 and calls[n] == 1 else 0.1)
        return record.derive(record.payload)

    work.process = process  # type: ignore[method-assign]  # of this one instance
    made, arrived = through(work, bind("work", Says(dispatch=Proceed(hedge_after=1.0))), count=20)
    assert sorted(arrived) == list(range(20))
    assert {n for n, calls in calls.items() if calls == 2} == {0, 5, 10, 15}
    assert of(made, "work").hedged == 4
    assert made.report.seconds < 10


@node("outside", effect="external")
class Outside:
    """Must not be repeated silently."""

    def __post_init__(self):
        self.calls: Counter[int] = Counter()

    async def write(self, record, ctx):
        self.calls[record.payload["n"]] += 1
        await asyncio.sleep(5)


def test_what_must_not_be_repeated_is_not_hedged():
    outside = Outside()
    graph, build = graph_of({"feed": Feed(5), "outside": outside}, ["feed -> outside"])
    simulate(graph, build, 0, policies=bind("outside", Says(dispatch=Proceed(hedge_after=0.5))))
    assert set(outside.calls.values()) == {1}


@pytest.mark.parametrize(
    ("decision", "measure", "reason"),
    [
        (DropIt("stale"), "dropped", "stale"),
        (DeadLetter("stale"), "dead", "stale"),
        (Divert("aside", "stale"), "diverted", "aside: stale"),
        (Divert("nowhere", "stale"), "dead", "no channel `nowhere`"),
    ],
)
@pytest.mark.parametrize("durable", [True, False])
def test_single_records_may_be_given_up_before_an_attempt(decision, measure, reason, durable):
    def stale(facts: Dispatch) -> Any:
        return {at: decision for at, record in enumerate(facts.records) if record.payload["n"] % 4 == 1}

    work = Work()
    made, arrived = through(work, bind("work", Says(dispatch=stale)), count=20, durable=durable)
    assert sorted(arrived) == [n for n in range(20) if n % 4 != 1]
    assert getattr(of(made, "work"), measure) == {reason: 5}


def test_where_nothing_may_be_lost_a_drop_before_an_attempt_becomes_a_dead_letter():
    made, arrived = through(Work(), bind("work", Says(dispatch=DropIt("stale"))), no_loss=True)
    assert arrived == []
    assert of(made, "work").dead == {"stale": 10}
    assert not of(made, "work").dropped


def test_policies_are_asked_from_the_outside_in_about_what_is_left_and_the_strictest_limit_holds():
    outer = Says(dispatch=lambda facts: {0: DropIt("first")} if facts.records else Proceed())
    middle = Says(dispatch=Proceed(at_most=5, concurrency=4, deadline=9.0))
    inner = Says(dispatch=Proceed(at_most=7, concurrency=2, deadline=12.0))
    work = Work(takes=0.1)
    made, _ = through(work, bind("work", outer, middle, inner), count=8)
    first = [
        [record.payload["n"] for record in facts.records]
        for _, facts in (*outer.asked, *middle.asked, *inner.asked)
        if not facts.pulling
    ]
    assert first[0] == list(range(8))
    middle_first = next(facts for _, facts in middle.asked if not facts.pulling)
    assert [record.payload["n"] for record in middle_first.records] == list(range(1, 8))
    inner_first = next(facts for _, facts in inner.asked if not facts.pulling)
    assert [record.payload["n"] for record in inner_first.records] == [1, 2, 3, 4, 5]
    assert work.most == 2
    assert of(made, "work").dropped["first"] >= 1


@node("in-order", ordered=True, effect="none")
class InOrder:
    def __post_init__(self):
        self.got: list[tuple[str, int]] = []

    def write(self, record, ctx):
        self.got.append((record.key, record.payload["n"]))


def test_a_limit_keeps_the_order_of_a_key():
    end = InOrder()
    graph, build = graph_of(
        {"feed": Feed(60), "end": end}, ["feed -> events", "events@end -> end"], [Channel("events")], batch=16
    )

    def now_and_then(facts: Dispatch) -> Any:
        if facts.pulling:
            return Proceed()
        if int(facts.now * 10) % 3 == 0:
            return Delay(0.15)
        return {
            at: Delay(0.2)
            for at in range(len(facts.records))
            if facts.records[at].payload["n"] % 7 == 2 and facts.draw(at) < 0.9 and facts.now < BEGIN + 5
        }

    made = simulate(graph, build, 0, policies=bind("end", Says(dispatch=now_and_then)))
    assert made.report.conserved
    assert len(end.got) == 60
    for key in ("k0", "k1", "k2"):
        mine = [n for k, n in end.got if k == key]
        assert mine == sorted(mine)


@node("makes-objects")
class MakesObjects:
    out: Out[Any] = Out(portability=Portability.LOCAL)

    def process(self, record, ctx):
        return record.derive(object())


@node("takes-objects", effect="none")
class TakesObjects:
    def __post_init__(self):
        self.n = 0

    def write(self, record, ctx):
        self.n += 1


def test_a_payload_that_cannot_wait_is_attempted_after_all():
    end = TakesObjects()
    graph, build = graph_of({"feed": Feed(5), "makes": MakesObjects(), "end": end}, ["feed -> makes", "makes -> end"])
    made = simulate(
        graph, build, 0, policies=bind("end", Says(dispatch=lambda f: Proceed() if f.pulling else Delay(5.0)))
    )
    assert end.n == 5
    assert made.report.conserved


# -- failure ----------------------------------------------------------------------------------------------------------


def test_a_failure_says_how_long_the_delivery_waited_before_and_how_old_everything_is():
    says = Says(failure=lambda failure: Delay(failure.attempt * 2.0) if failure.attempt < 4 else DeadLetter("enough"))
    made, _ = through(Work(fails=lambda n, attempt: True), bind("work", says), count=1)
    failures: list[Failure] = [facts for _, facts in says.asked]
    assert [f.previous_delay for f in failures] == [0.0, 2.0, 4.0, 6.0]
    assert [f.attempt for f in failures] == [1, 2, 3, 4]
    assert [round(f.elapsed) for f in failures] == [0, 2, 6, 12]
    assert [round(f.age) for f in failures] == [0, 2, 6, 12]
    assert [round(f.now - BEGIN) for f in failures] == [0, 2, 6, 12]
    assert {f.key for f in failures} == {"k0"}
    assert of(made, "work").retried_by_reason == {"transient": 3}


def test_a_retry_goes_on_for_an_hour_and_survives_runs_in_between():
    says = Says(failure=lambda f: Delay(600.0) if f.elapsed < 3600 else DeadLetter("an hour"))
    made, _ = through(Work(fails=lambda n, attempt: True), bind("work", says), count=2)
    assert of(made, "work").dead == {"an hour": 2}
    assert 3600 <= made.report.seconds < 4300


def test_a_dead_letter_may_be_routed_by_whoever_stands_outside_of_its_verdict():
    route = Says(failure=lambda f: Divert("aside", f.verdict.reason) if f.verdict else Proceed())
    never = Says(failure=lambda f: FailRun("asked about its own verdict") if f.verdict else DeadLetter("never"))
    made, arrived = through(Work(fails=lambda n, attempt: n % 2), bind("work", route, never))
    assert sorted(arrived) == [0, 2, 4, 6, 8]
    assert of(made, "work").diverted == {"aside: never": 5}
    assert not of(made, "work").dead
    inside = Says(failure=lambda f: FailRun("an inner one was asked") if f.verdict else Proceed())
    made, _ = through(Work(fails=lambda n, attempt: n % 2), bind("work", Says(failure=DeadLetter("outer")), inside))
    assert of(made, "work").dead == {"outer": 5}


def test_the_default_decides_when_nobody_does_and_its_dead_letter_may_be_routed_too():
    route = Says(failure=lambda f: Divert("aside", f.verdict.reason) if f.verdict else Proceed())
    made, _ = through(Work(fails=lambda n, attempt: n == 3), bind("work", route))
    assert of(made, "work").diverted == {"aside: attempts": 1}
    assert of(made, "work").retried == 2


def test_where_nothing_may_be_lost_a_drop_after_a_failure_becomes_a_dead_letter():
    made, _ = through(Work(fails=lambda n, attempt: n == 3), bind("work", Says(failure=DropIt("bored"))), no_loss=True)
    assert of(made, "work").dead == {"bored": 1}
    made, _ = through(Work(fails=lambda n, attempt: n == 3), bind("work", Says(failure=DropIt("bored"))))
    assert of(made, "work").dropped == {"bored": 1}


def test_the_operator_classifies_and_a_pack_does():
    rules = (FailureRule(FailureClass.PERMANENT, error="ConnectionError"),)
    for policies in (PolicySet(rules={"work": rules}), PolicySet(offered=rules)):
        made, _ = through(Work(fails=lambda n, attempt: n == 3), policies)
        assert of(made, "work").dead == {"permanent": 1}
        assert of(made, "work").retried == 0

    class Refuses:
        def process(self, record, ctx):
            raise Reject("no")

    outcome = run_node(
        node("refuses")(Refuses)(), [1], policy=Says(failure=lambda f: DeadLetter(f.failure_class.value))
    )
    assert [letter.reason for letter in outcome.dead] == ["permanent"]


# -- completion -------------------------------------------------------------------------------------------------------


def test_completion_says_how_a_batch_went():
    says = Says(completion=Proceed())
    through(
        Work(fails=lambda n, attempt: n % 4 == 1 and attempt == 1, takes=0.5), bind("work", says), count=12, batch=12
    )
    first = says.asked[0][1]
    assert (first.node, first.ok, first.failed) == ("work", 9, {FailureClass.TRANSIENT: 3})
    assert first.latency == pytest.approx(0.5)
    assert first.slowest == pytest.approx(0.5)
    assert first.seconds == pytest.approx(0.5)
    assert sum(facts.ok for _, facts in says.asked) == 12


def test_nobody_is_asked_about_a_batch_of_which_nothing_came_so_far():
    none = Says(admit=lambda facts: dict.fromkeys(range(len(facts.records)), DropIt("unwanted")))
    says = Says(completion=Proceed())
    end = Collect()
    graph, build = graph_of({"feed": Feed(4), "work": Work(), "end": end}, ["feed -> work", "work -> end"])
    made = simulate(graph, build, 1, policies=PolicySet(bind("feed", none).bound | bind("work", says).bound))
    assert made.report.conserved
    assert says.asked == end.records == []


def test_completion_may_stop_the_run_and_nothing_is_lost():
    work = Work(fails=lambda n, attempt: n == 5)
    store = MemoryStore()
    with pytest.raises(RunFailed, match="too many"):
        through(
            work,
            bind("work", Says(completion=lambda facts: FailRun("too many") if facts.failed else Proceed())),
            store=store,
            batch=2,
        )
    made, _ = through(Work(), PolicySet(), store=store, batch=2)
    assert made.report.conserved


# -- admit ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "measure", "reason"),
    [
        (DropIt("sampled"), "dropped", "sampled"),
        (DeadLetter("odd"), "dead", "odd"),
        (Divert("aside", "later"), "diverted", "aside: later"),
    ],
)
def test_what_is_not_admitted_is_accounted_for(decision, measure, reason):
    says = Says(
        admit=lambda facts: {at: decision for at, record in enumerate(facts.records) if record.payload["n"] % 3 == 0}
    )
    made, arrived = through(Work(), bind("feed", says), count=20)
    assert sorted(arrived) == [n for n in range(20) if n % 3]
    feed = of(made, "feed")
    assert getattr(feed, measure) == {reason: 7}
    assert feed.received == 20 == feed.emitted + 7
    assert made.store.position("feed").position == 20


def test_a_batch_that_is_delayed_stays_in_hand_and_is_admitted_later():
    says = Says(admit=lambda facts: Delay(10.0) if facts.now < BEGIN + 25 else Proceed())
    made, arrived = through(Work(), bind("feed", says), count=20)
    assert arrived == list(range(20))
    assert made.report.seconds >= 25
    assert of(made, "feed").delayed["p0"] > 0


def test_who_has_answered_is_not_asked_again_while_another_delays():
    """Otherwise one that remembers what it has seen would take the batch for a repetition."""
    seen: set[str] = set()

    def once(facts: Any) -> Any:
        again = {at: DropIt("again") for at, record in enumerate(facts.records) if record.id in seen}
        seen.update(record.id for record in facts.records)
        return again

    later = Says(admit=lambda facts: Delay(1.0) if facts.now < BEGIN + 5 else Proceed())
    _, arrived = through(Work(), bind("feed", Says(admit=once), later), count=10)
    assert arrived == list(range(10))


def test_admission_says_how_much_there_was_before():
    says = Says(admit=Proceed())
    through(Work(), bind("feed", says), count=10, pause=1.0, batch=4)
    assert [facts.admitted for _, facts in says.asked] == list(range(10))
    assert [round(facts.elapsed) for _, facts in says.asked] == list(range(1, 11))


# -- settle -----------------------------------------------------------------------------------------------------------


class CountsCommits(MemoryStore):
    commits = 0

    def commit(self, work, owner, now):
        self.commits += 1
        return super().commit(work, owner, now)


def test_finished_work_is_collected_before_it_is_committed():
    commits = {}
    for name, policies in {
        "at once": PolicySet(),
        "interval": PolicySet(numbers=Numbers(commit_interval=1.0)),
        "policy": bind(
            "*",
            Says(
                settle=lambda facts: (
                    Delay(1.0 - facts.waiting) if facts.waiting < 1 and facts.records < 40 else Proceed()
                )
            ),
        ),
    }.items():
        store = CountsCommits()
        _, arrived = through(Work(), policies, count=100, pause=0.1, batch=4, store=store)
        assert sorted(arrived) == list(range(100))
        commits[name] = store.commits
    assert commits["interval"] < commits["at once"] / 3
    assert commits["policy"] < commits["at once"] / 3


def test_collecting_has_an_end_whatever_a_policy_says():
    made, arrived = through(Work(), bind("*", Says(settle=Delay(1e6))), count=5)
    assert sorted(arrived) == list(range(5))
    assert made.report.seconds < 60


# -- what policies remember -------------------------------------------------------------------------------------------


@policy("counts-to", durable=True)
class CountsTo:
    """Lets a number of records pass, ever."""

    most: int

    def admit(self, facts):
        left = self.most - facts.memory.get("n", 0)
        facts.memory["n"] = min(self.most, self.most - left + len(facts.records))
        return {at: DropIt("budget") for at in range(max(0, left), len(facts.records))}


def test_what_is_durable_is_remembered_by_the_next_run():
    store = MemoryStore()
    made, arrived = through(Work(), bind("feed", CountsTo(7)), count=5, store=store, batch=2)
    assert len(arrived) == 5
    made, arrived = through(Work(), bind("feed", CountsTo(7)), count=10, store=store, batch=2)
    assert len(arrived) == 2
    assert of(made, "feed").dropped == {"budget": 3}
    assert store.state("policy:p0@feed", "n") == b"7"


@policy("shares")
class Shares:
    """Counts in a memory that has a name."""

    name: str | None = None

    def memory_name(self, subject):
        return self.name

    def completion(self, facts):
        facts.memory["n"] = facts.memory.get("n", 0) + facts.ok
        seen.append((facts.node, facts.memory["n"]))
        return Proceed()


seen: list[tuple[str, int]] = []


@pytest.mark.parametrize(("name", "sums"), [("all", {"work": 3, "end": 6}), (None, {"work": 3, "end": 3})])
def test_a_memory_is_shared_by_name_or_everybody_has_their_own(name, sums):
    seen.clear()
    both = {point: (Bound(Shares(name), "s", ("completion",)),) for point in ("completion",)}
    through(Work(), PolicySet({"work": both, "end": both}), count=3, batch=3)
    assert dict(seen) == sums


# -- exchange ---------------------------------------------------------------------------------------------------------


def later(seconds: float, do: Any) -> Any:
    """Do something to the driver while the run goes on."""

    def start(driver: Driver) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            do(driver)

        driver.waiting_for = asyncio.ensure_future(wait())  # type: ignore[attr-defined]  # so that it is not collected

    return start


def test_policies_are_exchanged_while_a_run_goes_on_and_the_history_says_so():
    forever = bind("work", Says(failure=Delay(5.0)))
    give_up = bind("work", Says(failure=DeadLetter("given up")))
    give_up = PolicySet(give_up.bound, digest="sha256:new")
    forever = PolicySet(forever.bound, digest="sha256:old")
    made, arrived = through(
        Work(fails=lambda n, attempt: n == 3),
        forever,
        on_start=later(22.0, lambda driver: driver.rebind(give_up, who="ada")),
    )
    assert sorted(arrived) == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert of(made, "work").dead == {"given up": 1}
    assert of(made, "work").retried == 5
    notes = [(note.kind, note.facts) for note in made.store.notes()]
    assert notes == [
        ("policies", {"old": "", "new": "sha256:old", "who": "start"}),
        ("policies", {"old": "sha256:old", "new": "sha256:new", "who": "ada"}),
    ]
    assert b"sha256:new" in made.history


def test_an_exchange_wakes_whoever_waits_for_a_policy():
    closed = bind("work", Says(dispatch=Delay(1e6)))
    made, arrived = through(Work(), closed, on_start=later(10.0, lambda driver: driver.rebind(PolicySet(), who="ada")))
    assert sorted(arrived) == list(range(10))
    stopped = bind("feed", Says(admit=Delay(1e6)))
    made, arrived = through(Work(), stopped, on_start=later(10.0, lambda driver: driver.rebind(PolicySet(), who="ada")))
    assert sorted(arrived) == list(range(10))
    assert made.report.seconds < 90


def test_bindings_that_keep_their_name_keep_their_memory():
    numbers: list[int] = []

    def count(facts: Any) -> Any:
        facts.memory["n"] = facts.memory.get("n", 0) + 1
        numbers.append(facts.memory["n"])
        return Proceed()

    def renamed() -> PolicySet:
        return PolicySet({"work": {"completion": (Bound(Says(completion=count), "other", ("completion",)),)}})

    one, same = bind("work", Says(completion=count)), bind("work", Says(completion=count))
    through(Work(), one, count=20, pause=1.0, on_start=later(10.5, lambda driver: driver.rebind(same, who="ada")))
    assert numbers == list(range(1, 21))
    numbers.clear()
    through(Work(), one, count=20, pause=1.0, on_start=later(10.5, lambda driver: driver.rebind(renamed(), who="ada")))
    assert numbers == [*range(1, 11), *range(1, 11)]


def test_an_order_in_the_store_is_taken_up_once_and_by_the_next_run_as_well():
    from penstock_findings import PenstockError

    sets = {"drop": bind("work", Says(dispatch=DropIt("ordered")))}

    def on_order(order: Any) -> PolicySet:
        if order.body not in sets:
            raise PenstockError(f"what is `{order.body}`?")
        return PolicySet(sets[order.body].bound, digest=order.body)

    store = MemoryStore()
    end = Collect()
    graph, build = graph_of(
        {"feed": Feed(20, 1.0), "work": Work(), "end": end}, ["feed -> work", "work -> end"], [Channel("events")]
    )

    def order(driver: Driver) -> None:
        store.give_order("policies", "nonsense", "bob", BEGIN)
        store.give_order("another kind", "drop", "bob", BEGIN)

    def start(driver: Driver) -> None:
        later(5.5, order)(driver)
        later(10.5, lambda driver: store.give_order("policies", "drop", "ada", BEGIN))(driver)
        driver.both = driver.waiting_for  # type: ignore[attr-defined]  # the second one; the first is done by then

    made = simulate(graph, build, 0, store=store, on_order=on_order, on_start=start)
    assert 10 <= len(end.records) <= 12
    assert made.report.conserved
    kinds = [(note.kind, note.facts.get("order"), note.facts["who"]) for note in store.notes()]
    assert kinds == [("order-refused", 1, "bob"), ("policies", 3, "ada")]
    again = MemoryStore()
    again._orders = list(store._orders)
    made = simulate(graph, build, 1, store=again, on_order=on_order)
    assert next(each for each in made.report.nodes if each.id == "work").dropped == {"ordered": 20}


def test_numbers_hold_from_the_next_step_on():
    sizes: list[int] = []
    says = Says(completion=lambda facts: sizes.append(facts.ok) or Proceed())
    policies = bind("work", says)
    small = PolicySet(policies.bound, Numbers(batch=3))
    through(
        Work(takes=1.0),
        policies,
        count=100,
        batch=20,
        on_start=later(2.5, lambda driver: driver.rebind(small, who="ada")),
    )
    assert sizes[0] == 20
    assert sizes[-2] == 3


def test_the_topology_keeps_its_digest():
    graph, build = graph_of({"feed": Feed(3), "end": Collect()}, ["feed -> end"])
    before = graph.digest
    store = MemoryStore()
    simulate(
        graph,
        build,
        0,
        store=store,
        on_start=later(0.0, lambda driver: driver.rebind(bind("end", Says(dispatch=Proceed())), who="a")),
    )
    assert [run["digest"] for run in store.runs()] == [before] == [graph.digest]


@pytest.mark.parametrize("bound", [False, True])
def test_nothing_is_leased_ahead_where_a_policy_may_want_less(bound):
    class Noting(MemoryStore):
        ahead = 0

        def commit(self, work, owner, now, *, safe=True):
            self.ahead += len(work.ahead)
            return super().commit(work, owner, now, safe=safe)

    graph, build = graph_of(
        {"feed": Feed(40), "end": Collect()}, ["feed -> events", "events@end -> end"], [Channel("events")], batch=4
    )
    store = Noting()
    policies = bind("end", Says(dispatch=Proceed())) if bound else NO_POLICIES
    simulate(graph, build, 0, store=store, policies=policies)
    assert (store.ahead == 0) is bound

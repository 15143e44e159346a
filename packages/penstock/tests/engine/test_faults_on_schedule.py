"""Whatever goes wrong on schedule, the engine keeps its promises; and where somebody does not, the shortest schedule shows it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock._engine.failure import RetryThenDeadLetter
from penstock._simulation.faults import (
    CALLS,
    COMMITS,
    BadSchedule,
    Extent,
    Fault,
    Schedule,
    drawn,
    parsed,
    read,
    written,
)
from penstock._simulation.play import EXPECTATIONS, NotSilent, ShakenStore, disappointments, play
from penstock._simulation.shrink import shortest
from penstock.cli import main
from penstock.graph.model import Channel, Group
from penstock.record import Reading
from penstock.running import simulate
from penstock.sdk import node
from penstock.testing import Collect, graph_of, one_policy

ALWAYS = ("conserved", "finished")


@node("numbers")
class Numbers:
    def read(self, ctx: Any) -> Any:
        for n in range(ctx.position or 0, 24):
            yield Reading(n, n + 1, f"key-{n % 3}")


@node("counts", stateful=True)
class Counts:
    def process(self, record: Any, ctx: Any) -> Any:
        ctx.state[record.key] = ctx.state.get(record.key, 0) + 1
        return record.derive([record.payload, ctx.state[record.key]])


@node("waits")
class Waits:
    async def process(self, record: Any, ctx: Any) -> Any:
        return record.derive(record.payload)


def plant(attempts: int = 50) -> tuple[Any, ...]:
    """A graph with a durable and a memory channel, keyed state, a node that waits; its nodes made anew for each life."""
    channels = [Channel("events", "sqlite", groups={"waits": Group("waits")}), Channel("near", "memory", capacity=9)]
    made: dict[str, Any] = {"read": Numbers(), "counts": Counts(), "waits": Waits(), "end": Collect()}
    links = ["read -> counts", "counts -> events", "events@waits -> waits", "waits -> near", "near@end -> end"]
    graph, _ = graph_of(made, links, channels, batch=4)
    policies = one_policy(RetryThenDeadLetter(attempts=attempts, first=0.5), graph)
    new = {"read": Numbers, "counts": Counts, "waits": Waits, "end": Collect}
    return graph, lambda use: new[use.id](), policies


def played(schedule: Schedule, attempts: int = 50, **more: Any) -> Any:
    graph, build, policies = plant(attempts)
    return play(graph, build, schedule, policies=policies, real_sinks=False, **more)


EXTENT = played(Schedule(0)).extent
faults = st.builds(Fault, st.sampled_from(COMMITS), st.integers(1, EXTENT.commits + 5)) | st.builds(
    Fault, st.sampled_from(CALLS), st.integers(1, 30), st.sampled_from(sorted(EXTENT.calls))
)
schedules = st.builds(Schedule, st.integers(0, 5), st.lists(faults, max_size=8, unique=True).map(tuple))


@given(schedules)
@settings(deadline=None)
def test_no_schedule_costs_a_record(schedule):
    outcome = played(schedule)
    assert disappointments(outcome, ALWAYS) == []
    assert outcome.report.admitted == 24
    assert {key: outcome.store.state("counts", key) for key in ("key-0", "key-1", "key-2")} == dict.fromkeys(
        ("key-0", "key-1", "key-2"), b"8"
    )


@given(schedules)
@settings(deadline=None, max_examples=20)
def test_the_same_schedule_gives_the_same_history_byte_for_byte(schedule):
    assert played(schedule).history == played(schedule).history


def test_each_fault_has_the_effect_that_its_name_says():
    lives = {kind: played(Schedule(0, (Fault(kind, 3),))).lives for kind in COMMITS}
    assert lives == {"crash-before": 2, "crash-inside": 2, "crash-after": 2, "refuse": 2, "lose": 1, "jump": 1}
    assert played(Schedule(0, (Fault("lose", 3),))).report.late >= 1
    assert played(Schedule(0, (Fault("jump", 3),))).report.seconds >= 30
    assert played(Schedule(0, (Fault("slow", 3, "waits"),))).report.seconds >= 30
    assert played(Schedule(0, (Fault("raise", 3, "waits"),))).store.totals()["waits", "retried", "transient"] == 1


# -- what somebody did not reckon with ----------------------------------------------------------------------------------------


def test_too_few_attempts_are_found_and_shrunk_to_one_more_failure_than_there_are_attempts():
    def fails(schedule: Schedule) -> bool:
        return bool(disappointments(played(schedule, attempts=1), ("no-dead",)))

    found = next(
        schedule for seed in range(50) if fails(schedule := Schedule(seed, drawn(seed, 6, EXTENT), ("no-dead",)))
    )
    assert [fault.kind for fault in shortest(found, fails).faults] == ["raise"]


class ForgetsParked(ShakenStore):
    """Loses, in a crash, whatever was waiting for another attempt."""

    def reopened(self) -> Any:
        store = super().reopened()
        for name in ("_parked", "_waiting", "_lanes"):
            getattr(store, name).clear()
        return store


class ForgetsPositions(ShakenStore):
    """Loses, in a crash, how far sources were read."""

    def reopened(self) -> Any:
        store = super().reopened()
        store._positions.clear()
        return store


def admitted_once(outcome: Any) -> bool:
    return outcome.report is not None and outcome.report.admitted == 24


@pytest.mark.parametrize(
    ("bug", "is_well", "kinds"),
    [
        (ForgetsParked, lambda outcome: not disappointments(outcome, ALWAYS), {"crash", "raise"}),
        (ForgetsPositions, admitted_once, {"crash"}),
    ],
    ids=["parked-rows-are-lost-in-a-crash", "positions-are-lost-in-a-crash"],
)
def test_a_planted_bug_is_found_by_a_drawn_schedule_and_shrunk_to_what_it_takes(bug, is_well, kinds):
    def fails(schedule: Schedule) -> bool:
        return not is_well(played(schedule, new_store=bug))

    found = next(schedule for seed in range(100) if fails(schedule := Schedule(seed, drawn(seed, 10, EXTENT))))
    least = shortest(found, fails)
    assert fails(least)
    assert {fault.kind.partition("-")[0].replace("refuse", "crash") for fault in least.faults} == kinds
    assert len(least.faults) == len(kinds)
    assert shortest(found, fails) == least


@pytest.mark.parametrize("how_many", [3, 17, 28, 40, 150, 900])
@pytest.mark.parametrize("needed", [(), (0,), (0, -1), (0, 1, -1), (0, 2, 5, -3, -1)])
def test_however_many_faults_there_are_the_needed_ones_are_what_is_left(how_many, needed):
    faults = [Fault("jump", 1000 + n) for n in range(how_many)]
    wanted = {faults[at % how_many] for at in needed}
    kinds = {replace(fault, kind="lose") for fault in wanted}
    whole = tuple(replace(fault, kind="lose") if fault in wanted else fault for fault in faults)

    def fails(schedule: Schedule) -> bool:
        return kinds <= {*schedule.faults}

    assert {*shortest(Schedule(0, whole), fails).faults} == kinds


def test_a_fault_that_only_moves_others_is_not_needed():
    def fails(schedule: Schedule) -> bool:
        """The same record fails twice: its second call comes 12 calls later, and one more for each jump of the clock."""
        raised = {fault.at for fault in schedule.faults if fault.kind == "raise"}
        later = 12 + sum(fault.kind == "jump" for fault in schedule.faults)
        return any(at + later in raised for at in raised)

    found = parsed("raise:waits@3; raise:waits@17; jump@4; jump@9", ["waits"])
    assert fails(Schedule(0, found))
    assert str(shortest(Schedule(0, found), fails)) == "raise:waits@3; raise:waits@15"


def test_all_that_is_to_go_wrong_at_one_place_does():
    assert played(Schedule(0, (Fault("crash-before", 3), Fault("jump", 3)))).lives == 2
    together = played(Schedule(0, (Fault("jump", 3), Fault("lose", 3)))).report
    assert (together.late >= 1, together.seconds >= 30) == (True, True)
    both = played(Schedule(0, (Fault("raise", 3, "waits"), Fault("slow", 3, "waits"))))
    assert both.store.totals()["waits", "retried", "transient"] == 1
    assert both.report.seconds >= 30


@node("threads")
class Threads:
    async def process(self, record: Any, ctx: Any) -> Any:
        thread = await asyncio.to_thread(threading.get_ident)
        await asyncio.sleep(1.0)
        return record.derive([record.payload, thread])


@node("connects")
class Connects:
    async def process(self, record: Any, ctx: Any) -> Any:
        here, there = socket.socketpair()
        with here, there:
            here.setblocking(False)
            return record.derive(await asyncio.get_running_loop().sock_recv(here, 1))


def with_(middle: Any) -> Any:
    end = Collect()
    graph, _ = graph_of({"read": Numbers(), "middle": middle(), "end": end}, ["read -> middle", "middle -> end"])
    nodes = {"read": Numbers, "middle": middle, "end": lambda: end}
    return play(
        graph, lambda use: nodes[use.id](), Schedule(3), policies=one_policy(RetryThenDeadLetter(1), graph)
    ), end


def test_what_is_meant_for_a_thread_is_done_in_the_only_one_that_there_is():
    (one, end), (two, _) = with_(Threads), with_(Threads)
    assert {record.payload[1] for record in end.records} == {threading.get_ident()}
    assert one.history == two.history


def test_a_node_that_waits_for_a_socket_is_told_that_there_is_none_instead_of_waiting_for_ever():
    outcome, end = with_(Connects)
    assert end.records == []
    assert "a simulation has no sockets" in str(next(iter(outcome.store.dead_letters())).causes)


def interrupt() -> None:
    """What Ctrl-C does, between any two things that the loop does."""
    raise KeyboardInterrupt


@node("interrupted")
class Interrupted:
    closed: list[str]

    async def process(self, record: Any, ctx: Any) -> Any:
        if record.payload == 0:
            asyncio.get_running_loop().call_soon(interrupt)
        await asyncio.sleep(100)

    def close(self, ctx: Any) -> None:
        self.closed.append("closed")


@pytest.mark.parametrize("run", [lambda g, b: play(g, b, Schedule(0)), lambda g, b: simulate(g, b, 0)])
@pytest.mark.filterwarnings("error")
def test_a_simulation_that_is_interrupted_ends_what_it_has_begun(run):
    closed: list[str] = []
    graph, _ = graph_of(
        {"read": Numbers(), "middle": Interrupted(closed), "end": Collect()}, ["read -> middle", "middle -> end"]
    )
    nodes = {"read": Numbers, "middle": lambda: Interrupted(closed), "end": Collect}
    with pytest.raises(KeyboardInterrupt):
        run(graph, lambda use: nodes[use.id]())
    assert closed == ["closed"]


class Derivable:
    """Refuses whoever derives from it without a reason."""

    def __init_subclass__(cls, *, reason: str = "") -> None:
        if not reason:
            raise TypeError("give a reason")


@node("guarded")
class Guarded(Derivable, reason="for a test"):
    wrote: list[Any]

    def write(self, record: Any, ctx: Any) -> None:
        self.wrote.append(record)


@node("chooses")
class Chooses:
    wrote: list[Any]

    def __post_init__(self) -> None:
        self.write = self._other

    def write(self, record: Any, ctx: Any) -> None: ...

    def _other(self, record: Any, ctx: Any) -> None:
        self.wrote.append(record)


@pytest.mark.parametrize("sink", [Guarded, Chooses])
@pytest.mark.parametrize("real", [False, True])
def test_faults_reach_every_sink_and_it_writes_only_when_it_is_asked_to(sink, real):
    wrote: list[Any] = []
    graph, _ = graph_of({"read": Numbers(), "end": sink(wrote)}, ["read -> end"])
    nodes = {"read": Numbers, "end": lambda: sink(wrote)}
    outcome = play(graph, lambda use: nodes[use.id](), Schedule(0, (Fault("raise", 1, "end"),)), real_sinks=real)
    assert len(wrote) == (24 if real else 0)
    assert outcome.extent.calls["end"] == 25


def test_a_sink_that_cannot_be_kept_from_writing_is_refused_before_it_is_opened():
    @node("stubborn")
    class Stubborn(Derivable, reason="for a test"):
        def write(self, record: Any, ctx: Any) -> None:
            raise AssertionError("it writes")

        def __getattribute__(self, name: str) -> Any:
            return partial(Stubborn.write, self) if name == "write" else object.__getattribute__(self, name)

    graph, _ = graph_of({"read": Numbers(), "end": Stubborn()}, ["read -> end"])
    nodes = {"read": Numbers, "end": Stubborn}
    with pytest.raises(NotSilent, match="sink `end`"):
        play(graph, lambda use: nodes[use.id](), Schedule(0), real_sinks=False)


# -- schedules as text and as files --------------------------------------------------------------------------------------------


@given(schedules)
def test_a_schedule_is_read_as_it_was_written(tmp_path_factory, schedule):
    file = tmp_path_factory.mktemp("schedule") / "s.faults.json"
    file.write_text(written(schedule))
    assert read(str(file), sorted(EXTENT.calls), tuple(EXPECTATIONS)) == schedule


@given(schedules)
def test_the_text_of_faults_means_the_same_faults(schedule):
    text = "; ".join(map(str, schedule.faults))
    assert parsed(text, sorted(EXTENT.calls)) == tuple(sorted(schedule.faults))


@given(st.integers(0, 1000), st.integers(0, 12))
def test_what_is_drawn_is_drawn_again_and_lies_where_a_run_comes_by(seed, how_many):
    found = drawn(seed, how_many, EXTENT)
    assert found == drawn(seed, how_many, EXTENT)
    assert len(found) <= how_many
    assert all(fault.at <= EXTENT.commits for fault in found if fault.kind in COMMITS)


def test_a_graph_without_calls_has_faults_at_commits_only():
    assert {fault.kind for fault in drawn(1, 50, Extent(10, {}))} <= {*COMMITS}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rase:end@3", "write `raise`"),
        ("crash@2", "write `crash-"),
        ("raise:ned@1", "write `end`"),
        ("raise@1", "`counts`, `end`, `waits`"),
        ("jump:end@1", "write `jump@1`"),
        ("lose@0", "write `crash-inside@7`"),
        ("nonsense", "write `crash-inside@7`"),
    ],
)
def test_text_that_is_no_fault_is_told(text, told):
    with pytest.raises(BadSchedule) as caught:
        parsed(f"lose@1; {text}", sorted(EXTENT.calls))
    (finding,) = caught.value.findings
    assert told in str(finding.hint)


@pytest.mark.parametrize(
    ("content", "how_many"),
    [
        ("[]", 1),
        ("{", 1),
        ('{"format": 2, "seed": 1}', 1),
        ('{"format": 1, "seed": true}', 1),
        ('{"format": true, "seed": 1}', 1),
        ('{"format": 1, "seed": 1, "fautls": []}', 1),
        ('{"format": 1, "seed": 1, "expect": ["luck"]}', 1),
        ('{"format": 1, "seed": 1, "faults": 3}', 1),
        (
            '{"format": 1, "seed": 1, "faults": [{"kind": "lose"}, {"kind": "lose", "at": -1}, {"kind": "loose", "at": 1}]}',
            3,
        ),
        ('{"format": 1, "seed": 1, "faults": [{"kind": "raise", "at": 1, "node": "nobody", "why": 1}]}', 1),
    ],
)
def test_a_file_that_is_no_schedule_is_refused_with_everything_that_is_wrong(tmp_path, content, how_many):
    file = tmp_path / "s.faults.json"
    file.write_text(content)
    with pytest.raises(BadSchedule) as caught:
        read(str(file), sorted(EXTENT.calls), tuple(EXPECTATIONS))
    assert len(caught.value.findings) == how_many
    assert all(finding.at.path == str(file) for finding in caught.value.findings)


# -- from the shell ------------------------------------------------------------------------------------------------------------

GRAPH = """\
format: 1
name: tries
packs: {penstock-standard: ">=0.1"}
nodes:
  read: {type: generator, config: {template: {n: 1}, count: 5}}
  out: {type: jsonl-sink, config: {path: out.jsonl}}
links:
  - {from: read, to: out}
"""


@pytest.fixture
def tries(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.graph.yaml").write_text(GRAPH)
    return tmp_path


def test_a_disappointment_is_saved_and_can_be_seen_again(tries, capsys):
    many = "; ".join(f"raise:out@{n}" for n in range(1, 17))
    words = ("--faults", f"{many}; jump@1", "--expect", "no-dead")
    assert main(["simulate", "g.graph.yaml", *words]) == 1
    told = capsys.readouterr().err
    assert "R403" in told
    saved = json.loads((tries / "tries.faults.json").read_text())
    assert {fault["kind"] for fault in saved["faults"]} == {"raise"}
    assert len(saved["faults"]) == 4  # the batch as a whole, and one record at each of its three attempts
    assert main(["simulate", "g.graph.yaml", "--replay", "tries.faults.json"]) == 1
    assert "no-dead" in capsys.readouterr().err
    assert not (tries / "out.jsonl").exists()


def test_a_graph_that_bears_everything_says_so(tries, capsys):
    assert main(["simulate", "g.graph.yaml", "--faults", "4", "--tries", "5", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["admitted"] == 5
    assert said.err == "5 seeds, 0 to 4, and none has disappointed; this was the last one\n"
    assert sorted(path.name for path in tries.iterdir()) == ["g.graph.yaml"]


def test_the_same_seed_writes_the_same_history(tries):
    for name in ("one", "two"):
        assert main(["simulate", "g.graph.yaml", "--seed", "3", "--faults", "6", "--history", name]) == 0
    assert (tries / "one").read_bytes() == (tries / "two").read_bytes() != b""


def test_a_replay_brings_its_own_faults(tries, capsys):
    assert main(["simulate", "g.graph.yaml", "--replay", "x.json", "--faults", "3"]) == 2


@pytest.mark.parametrize("option", ["--save", "--history"])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_played(tries, capsys, option):
    assert main(["simulate", "g.graph.yaml", "--faults", "2", option, "nowhere/file.json"]) == 2
    said = capsys.readouterr()
    assert ("R405" in said.err, said.out) == (True, "")


@pytest.mark.parametrize("number", ["1001", "9" * 5000, "\u0669" * 5])
def test_more_faults_than_anybody_can_play_are_refused(tries, capsys, number):
    assert main(["simulate", "g.graph.yaml", "--faults", number]) == 2
    assert "draw at most 1000" in capsys.readouterr().err


def test_no_try_is_made_up_before_its_turn(tries, capsys):
    many = "; ".join(f"raise:out@{n}" for n in range(1, 17))
    words = ("--tries", "1000000000", "--expect", "no-dead", "--faults", many)
    assert main(["simulate", "g.graph.yaml", *words]) == 1


def test_several_tries_write_nothing_unless_they_are_asked_to(tries, capsys):
    assert main(["simulate", "g.graph.yaml", "--tries", "3"]) == 0
    assert not (tries / "out.jsonl").exists()
    assert main(["simulate", "g.graph.yaml", "--faults", "1", "--real-sinks"]) == 0
    assert len((tries / "out.jsonl").read_text().splitlines()) == 5


def test_what_is_saved_can_be_replayed(tries, capsys):
    assert main(["simulate", "g.graph.yaml", "--faults", "2", "--save", "found"]) == 2
    assert "name it found.json" in capsys.readouterr().err


POLICY = """\
format: 1
name: stop
description: Stop the run rather than give a record up.
rules:
  - for: {node: out}
    use:
      - {type: dead-letter, config: {then: fail-run}}
"""


def test_a_run_that_a_policy_stops_is_a_disappointment_and_is_saved(tries, capsys):
    (tries / "stop.policy.yaml").write_text(POLICY)
    many = "; ".join(f"raise:out@{n}" for n in range(1, 17))
    assert main(["simulate", "g.graph.yaml", "--policy", "stop.policy.yaml", "--faults", f"{many}; jump@1"]) == 1
    assert "R403: finished: " in capsys.readouterr().err.replace("error ", "")
    replay = ("--replay", "tries.faults.json", "--policy", "stop.policy.yaml")
    assert main(["simulate", "g.graph.yaml", *replay]) == 1


def test_a_replay_expects_what_its_file_says_and_what_is_asked_for(tries, capsys):
    many = [{"kind": "raise", "node": "out", "at": n} for n in range(1, 17)]
    (tries / "s.json").write_text(json.dumps({"format": 1, "seed": 0, "expect": ["conserved"], "faults": many}))
    assert main(["simulate", "g.graph.yaml", "--replay", "s.json"]) == 0
    assert main(["simulate", "g.graph.yaml", "--replay", "s.json", "--expect", "no-dead"]) == 1

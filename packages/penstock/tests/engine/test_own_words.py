"""What a node says for itself reaches the user, and what ids are made of does not depend on the clock."""

from __future__ import annotations

import pytest

from penstock import Reading, Record, node
from penstock._engine.lifecycle import LifecycleErrors
from penstock.graph.model import Channel
from penstock.history import complete
from penstock.running import simulate
from penstock.testing import Collect, MemoryStore, graph_of, run_node
from penstock_findings import PenstockError


class NotOurs(PenstockError):
    """Somebody has to mend something first."""

    code = "X901"


@node("three")
class Three:
    def read(self, ctx):
        for at in range(ctx.position or 0, 3):
            yield Reading(at, position=at + 1)


@node("refuses-to-open")
class RefusesToOpen:
    def open(self, ctx):
        raise NotOurs("the file is another's", hint="name another file")

    def write(self, record, ctx):
        """Never reached."""


@node("cannot-go-on")
class CannotGoOn:
    def write(self, record, ctx):
        if record.payload == 1:
            raise NotOurs("the file was exchanged")


@node("reminds", stateful=True)
class Reminds:
    late: float = 5.0

    def process(self, record, ctx):
        ctx.timers.set("again", ctx.now + self.late)

    def on_timer(self, timer, ctx):
        return [Record("one"), Record("two")]


def test_a_node_that_fails_to_open_keeps_its_code_and_its_hint():
    with pytest.raises(LifecycleErrors) as caught:
        run_node(RefusesToOpen(), [1])
    (finding,) = caught.value.findings
    assert (finding.code, finding.hint) == ("X901", "name another file")
    assert finding.message == "node `node` failed to open: the file is another's"


def test_what_somebody_has_to_mend_stops_the_run_and_costs_no_record():
    graph, build = graph_of(
        {"read": Three(), "write": CannotGoOn()}, ["read -> events", "events@write -> write"], [Channel("events")]
    )
    store = MemoryStore()
    with pytest.raises(PenstockError) as caught:
        simulate(graph, build, 0, store=store)
    assert caught.value.findings[0].code == "X901"
    assert list(store.dead_letters()) == []
    assert store.depth("events", "write").total == 3


def test_the_answer_to_an_alarm_has_the_same_id_whenever_it_rings():
    early, late = (run_node(Reminds(late), [1, 2]).emitted["out"] for late in (5.0, 500.0))
    assert [record.id for record in early] == [record.id for record in late]
    assert len({record.id for record in early}) == 2


def test_sources_of_one_id_in_two_graphs_give_different_ids():
    def ids(name):
        sink = Collect()
        graph, build = graph_of({"read": Three(), "keep": sink}, ["read -> keep"], name=name)
        simulate(graph, build, 0)
        return {record.id for record in sink.records}

    assert ids("one") == ids("one")
    assert not ids("one") & ids("two")


def test_the_first_digits_of_an_id_are_completed_from_everything_that_the_store_knows():
    outcome = run_node(Reminds(), [1, 2])
    known = complete(outcome.store, "")
    assert len(known) >= 2
    assert complete(outcome.store, known[0][:12]) == [known[0]]
    assert complete(outcome.store, "zz") == []


@node("twice")
class Twice:
    def process(self, record, ctx):
        return [record.derive(record.payload), record.derive(-record.payload)]


@pytest.mark.parametrize("seed", range(4))
def test_a_stage_that_drains_a_full_channel_which_it_fills_does_not_wait_for_itself(seed):
    narrow = [Channel("c", capacity=1), Channel("d", capacity=1)]
    kept = Collect()
    links = ["read -> c", "c@twice -> twice", "twice -> d", "d@keep -> keep", "read -> keep"]
    graph, build = graph_of({"read": Three(), "twice": Twice(), "keep": kept}, links, narrow, batch=2)
    report = simulate(graph, build, seed).report
    assert report.conserved
    assert len(kept.records) == 3 + 2 * 3

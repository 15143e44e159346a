"""What `penstock.testing` offers to authors: crashes in memory, snapshots, built records, what a class declares."""

from __future__ import annotations

import pytest

import penstock.testing
from penstock import Context, Contract, In, Out, Reading, Record, node, policy
from penstock.testing import (
    Crashed,
    CrashingStore,
    FakeClock,
    crashes,
    drifted,
    payload_schema,
    policy_spec_of,
    record,
    records,
    run_node,
    same_as,
    settings_schema,
    simulate,
    snapshot,
)


@node("sum", stateful=True)
class Sum:
    """Add up what comes, in its state."""

    in_: In[float]
    out: Out[float]

    start: float = 0

    def process(self, record: Record, ctx: Context) -> Record:
        ctx.state["sum"] = ctx.state.get("sum", self.start) + record.payload
        return record.derive(ctx.state["sum"])


@node("forgetful", stateful=True)
class Forgetful:
    """Add up what comes, in itself."""

    def __post_init__(self) -> None:
        self.sum = 0

    def process(self, record: Record, ctx: Context) -> Record:
        self.sum += record.payload
        ctx.state["sum"] = self.sum
        return record.derive(self.sum)


def test_a_node_that_keeps_its_state_in_ctx_goes_on_after_every_crash():
    seen = []
    for where, outcome in crashes(lambda store: run_node(Sum(), [1, 2, 3], store=store, batch=1)):
        assert outcome.store.state("node", "sum") == b"6", where
        seen.append(where)
    assert seen[:3] == ["before commit 1", "inside commit 1", "after commit 1"]
    assert len(seen) >= 9  # three records, one commit each, three moments


def test_a_node_that_keeps_its_state_in_itself_is_caught_by_a_crash():
    sums = {
        where: outcome.store.state("node", "sum")
        for where, outcome in crashes(lambda store: run_node(Forgetful(), [1, 2, 3], store=store, batch=1))
    }
    assert sums["before commit 1"] == b"6"
    assert {sums[where] for where in sums} - {b"6"}


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("inside", 0), ("after", 1)])
def test_only_what_was_committed_is_kept(when, kept):
    store = CrashingStore(1, when)
    with pytest.raises(Crashed):
        run_node(Sum(), [5], store=store)
    assert store.crashed
    reopened = store.reopened()
    assert len(list(reopened.steps())) == kept
    assert reopened.state("node", "sum") == (b"5" if kept else None)
    assert run_node(Sum(), [5], store=reopened).store.state("node", "sum") == b"5"


def test_a_store_that_is_not_reached_at_that_commit_is_like_any_other():
    store = CrashingStore(1000)
    assert run_node(Sum(), [1, 2], store=store).payloads == [1, 3]
    assert not store.crashed
    assert store.reopened().state("node", "sum") == b"3"
    with pytest.raises(ValueError, match="before or inside or after"):
        CrashingStore(1, "never")


def test_work_without_an_end_is_told():
    with pytest.raises(RuntimeError, match="more than 2 commits"):
        list(crashes(lambda store: run_node(Sum(), range(9), store=store, batch=1), most=2))


def test_records_are_built_as_a_source_would_make_them():
    one, two = records([{"n": 1}, Reading({"n": 2}, 7, "k", None, {"unit": "bar"})], source="plc")
    again = records([{"n": 1}, {"n": 2}], source="plc")
    assert (one.id, two.id) == (again[0].id, again[1].id)
    assert one.id != two.id != records([{"n": 2}])[0].id
    assert (two.key, dict(two.attributes), two.source) == ("k", {"unit": "bar"}, "plc")
    assert one.admit_time.timestamp() == FakeClock().now()
    assert record({"a": [1]}, key="k").at("/a/0") == 1


def test_a_snapshot_says_the_same_for_the_same_facts_and_tells_a_difference(tmp_path, monkeypatch):
    path = tmp_path / "kept" / "sum.json"
    outcome = run_node(Sum(), [1, 2])
    with pytest.raises(AssertionError, match="there is no snapshot"):
        same_as(path, outcome)
    monkeypatch.setenv("PENSTOCK_RENEW_SNAPSHOTS", "1")
    same_as(path, outcome)
    monkeypatch.delenv("PENSTOCK_RENEW_SNAPSHOTS")
    same_as(path, run_node(Sum(), [1, 2], seed=7))
    with pytest.raises(AssertionError, match=r'(?s)-.*"payload": 3.*\+.*"payload": 4'):
        same_as(path, run_node(Sum(), [1, 3]))
    assert (
        snapshot({"b": 1, "a": (record(2, key="k"),)})
        == '{\n  "a": [\n    {\n      "key": "k",\n      "payload": 2\n    }\n  ],\n  "b": 1\n}\n'
    )


def test_a_snapshot_of_a_simulation_is_its_history():
    from penstock.testing import Collect, graph_of

    graph, build = graph_of({"a": _Numbers(), "b": Collect()}, ["a.out -> b.in"])
    assert snapshot(simulate(graph, build, 3)) == snapshot(simulate(graph, build, 3))


@node("simulators-numbers")
class _Numbers:
    """Two numbers."""

    def read(self, ctx):
        yield from (Reading(n, n + 1) for n in range(ctx.position or 0, 2))


@policy("patient")
class Patient:
    """Wait."""

    attempts: int = 3

    def failure(self, failure):
        return None


@node("typed")
class Typed:
    """Has contracts."""

    in_: In[float] = In(contract=Contract("acme/number", type=float))
    limit: float = 1.0

    def write(self, record, ctx):
        pass


def test_what_a_class_declares_can_be_asked(tmp_path):
    assert payload_schema(Typed, "in")["type"] == "number"
    assert payload_schema(Typed, "nowhere") is None
    assert payload_schema(Forgetful, "in") is None
    assert set(settings_schema(policy_spec_of(Patient))["properties"]) == {"attempts"}
    with pytest.raises(TypeError, match="is not a policy type"):
        policy_spec_of(Typed)
    manifest = tmp_path / "penstock-pack.json"
    manifest.write_text('{"format": 1, "pack": "acme", "version": "1", "sdk": 1}')
    assert drifted(Typed, manifest) == [f"node type `typed` is not in {manifest}"]
    manifest.write_text("{")
    assert "cannot be read" in drifted(Typed, manifest)[0]


def test_every_simulator_has_a_sentence_and_stands_in_the_how_to():
    from pathlib import Path

    page = next(p for p in Path(__file__).parents if (p / "noxfile.py").is_file()) / "docs/how-to/test-a-node.md"
    text = page.read_text()
    for name in penstock.testing.__all__:
        assert (getattr(penstock.testing, name).__doc__ or "").strip() or name == "Facts", name
        assert f"`{name}`" in text or f"{name}(" in text, name

"""What a new version of a pack owes to graphs that use the old one."""

from __future__ import annotations

import copy
import json

import pytest

from penstock_contracts.asking import Engine
from penstock_contracts.change import Bump
from penstock_contracts.gate import Gate
from penstock_contracts.subjects.open import open_candidate

ALERT = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
PACK = {
    "format": 1,
    "pack": "site-pack",
    "version": "0.2.0",
    "sdk": 1,
    "capabilities": ["network"],
    "nodes": [
        {
            "id": "zone",
            "role": "transform",
            "effect": "idempotent",
            "import_path": "site:Zone",
            "ordered": True,
            "config": {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False},
            "inputs": [{"name": "in", "contract": "detection@1.0"}],
            "outputs": [{"name": "out", "contract": "alert@0.2", "portability": "ref"}, {"name": "rest"}],
        }
    ],
    "policies": [
        {
            "id": "slow",
            "points": ["admit", "dispatch"],
            "drops": "never",
            "import_path": "site:Slow",
            "config": {"type": "object"},
        }
    ],
    "profiles": [{"name": "careful", "value": {}}],
    "contracts": [
        {"name": "alert", "version": "0.2", "digest": "sha256:0", "schema": ALERT},
        {"name": "detection", "version": "1.0", "digest": "sha256:0", "schema": {"type": "object"}},
        {"name": "memory", "version": "1.0", "digest": "sha256:0", "schema": ALERT, "positions": ["state"]},
    ],
}


@pytest.fixture
def judged(tmp_path):
    def judge(edit, **gate):
        new = copy.deepcopy(PACK)
        edit(new)
        sides = []
        for name, value in (("old", PACK), ("new", new)):
            path = tmp_path / name / "penstock-pack.json"
            path.parent.mkdir()
            path.write_text(json.dumps(value, indent=1), encoding="utf-8")
            sides.append(open_candidate(str(path)))
        return Gate(Engine(20.0), **gate).diff([sides[0]], sides[1])

    return judge


def codes(outcome):
    changes = [change for comparison in outcome.comparisons for change in comparison.changes]
    told = [(finding.code, str(finding.severity)) for finding in outcome.findings]
    return sorted([*told, *((change.code, str(change.severity)) for change in changes)])


def node(pack):
    return pack["nodes"][0]


@pytest.mark.parametrize(
    ("edit", "found", "step"),
    [
        (lambda pack: None, [], Bump.PATCH),
        (lambda pack: pack.update(nodes=[]), [("K501", "error")], Bump.MAJOR),
        (lambda pack: node(pack)["outputs"].pop(1), [("K502", "error")], Bump.MAJOR),
        (lambda pack: node(pack).update(role="sink"), [("K503", "error")], Bump.MAJOR),
        (lambda pack: node(pack)["outputs"][0].update(portability="local"), [("K504", "error")], Bump.MAJOR),
        (lambda pack: node(pack)["outputs"][0].update(portability="json"), [("K504", "note")], Bump.MINOR),
        (lambda pack: node(pack).update(effect="external"), [("K505", "error")], Bump.MAJOR),
        (lambda pack: node(pack).update(effect="none"), [("K505", "note")], Bump.MINOR),
        (lambda pack: pack["contracts"].pop(2), [("K508", "error")], Bump.MAJOR),
        (lambda pack: pack.update(policies=[]), [("K509", "error")], Bump.MAJOR),
        (lambda pack: pack["policies"][0].update(points=["admit"]), [("K510", "error")], Bump.MAJOR),
        (lambda pack: pack["policies"][0].update(drops="sometimes"), [("K511", "error")], Bump.MAJOR),
        (lambda pack: pack.update(profiles=[]), [("K517", "error")], Bump.MAJOR),
        (lambda pack: node(pack)["inputs"].append({"name": "more"}), [("K512", "note")], Bump.MINOR),
        (lambda pack: pack["capabilities"].append("secrets"), [("K513", "warning")], Bump.MINOR),
        (lambda pack: node(pack).update(ordered=False), [("K514", "error")], Bump.MAJOR),
        (lambda pack: node(pack).update(stateful=True), [("K514", "note")], Bump.MINOR),
    ],
)  # fmt: skip
def test_what_is_promised_beside_schemas(judged, edit, found, step):
    outcome = judged(edit)
    assert codes(outcome) == found
    assert outcome.bump is step


def test_a_config_is_an_input_of_whoever_writes_graphs(judged):
    outcome = judged(lambda pack: node(pack)["config"].update(required=["n"]))
    assert codes(outcome) == [("K208", "error")]
    (changed,) = [one for one in outcome.comparisons if one.changes]
    assert (changed.name, changed.positions, changed.mode) == ("zone config", ("input",), "backward")


def test_an_output_may_promise_more_and_not_less(judged, tmp_path):
    def narrower(pack):
        pack["contracts"][0].update(version="0.3", schema={**ALERT, "required": ["id", "at"]})
        node(pack)["outputs"][0]["contract"] = "alert@0.3"

    outcome = judged(narrower)
    assert codes(outcome) == [("K208", "note")]
    assert outcome.bump is Bump.MINOR


def test_an_output_that_gives_less_breaks_its_readers(judged):
    def wider(pack):
        pack["contracts"][0].update(version="0.3", schema={"type": "object"})
        node(pack)["outputs"][0]["contract"] = "alert@0.3"

    outcome = judged(wider)
    assert ("K209", "error") in codes(outcome)
    assert outcome.bump is Bump.MAJOR


def test_an_output_that_drops_its_contract_promises_nothing(judged):
    outcome = judged(lambda pack: node(pack)["outputs"][0].pop("contract"))
    assert outcome.bump is Bump.MAJOR
    assert any(comparison.breaking for comparison in outcome.comparisons)


def test_an_output_that_gains_a_contract_breaks_nobody(judged):
    assert judged(lambda pack: node(pack)["outputs"][1].update(contract="alert@0.2")).bump is Bump.MINOR


def test_an_input_that_narrows_its_contract_breaks_who_writes(judged):
    def edit(pack):
        pack["contracts"][1].update(version="1.1", schema={"type": "object", "required": ["at"]})
        node(pack)["inputs"][0]["contract"] = "detection@1.1"

    assert judged(edit).bump is Bump.MAJOR


def test_state_is_read_by_the_new_version(judged):
    outcome = judged(lambda pack: pack["contracts"][2].update(version="1.1", schema={**ALERT, "required": ["id", "x"]}))
    (changed,) = [one for one in outcome.comparisons if one.changes]
    assert (changed.positions, changed.mode, changed.breaking) == (("state",), "backward", True)


def test_one_version_with_two_schemas_is_told(judged):
    outcome = judged(lambda pack: pack["contracts"][1].update(schema={}))
    assert ("K507", "warning") in codes(outcome)


def test_a_renamed_port_is_guessed(judged):
    outcome = judged(lambda pack: node(pack)["outputs"][1].update(name="rests"))
    gone = next(finding for finding in outcome.findings if finding.code == "K502")
    assert gone.hint is not None
    assert "renamed to `rests`" in gone.hint
    assert gone.related[0].at.line is not None


def test_an_explicit_mode_holds_for_all_contracts(judged):
    def narrower(pack):
        pack["contracts"][0].update(version="0.3", schema={**ALERT, "required": ["id", "at"]})
        node(pack)["outputs"][0]["contract"] = "alert@0.3"

    assert judged(narrower, mode="full").bump is Bump.MAJOR


@pytest.mark.parametrize(("doc", "code"), [(None, []), ("What it does.", ["K530"])])
def test_only_a_pack_that_changed_needs_a_new_version(tmp_path, doc, code):
    sides = []
    for name, more in (("old", {}), ("new", {"doc": doc} if doc else {})):
        path = tmp_path / name / "penstock-pack.json"
        path.parent.mkdir()
        path.write_text(json.dumps({**PACK, "nodes": [{**PACK["nodes"][0], **more}]}), encoding="utf-8")
        sides.append(open_candidate(str(path)))
    gate = Gate(Engine(20.0))
    outcome = gate.bump(gate.diff([sides[0]], sides[1]), *sides, (None, None))
    assert [finding.code for finding in outcome.findings] == code

"""Who reads what: modes, positions, versions in the window, queued records and known consumers."""

from __future__ import annotations

import pytest

from penstock_contracts.asking import Engine
from penstock_contracts.contract import Contract, Source
from penstock_contracts.direction import MODES, needs
from penstock_contracts.exact import text_of
from penstock_contracts.gate import Gate
from penstock_contracts.subjects.errors import NoBaseline
from penstock_contracts.subjects.open import Subject

INTEGER, NUMBER, TEXT = {"type": "integer"}, {"type": "number"}, {"type": "string"}


def subject(schema, label="one", name="c", positions=(), single=True):
    source = Source(f"{label}.json", text_of(schema).encode())
    return Subject(
        label, (Contract(name, schema, source, label, positions=positions, base=f"urn:{label}"),), single=single
    )


def gate(**options):
    return Gate(Engine(20.0), **options)


@pytest.mark.parametrize(
    ("mode", "positions", "asked"),
    [
        (None, (), {"backward"}),
        (None, ("input",), {"backward"}),
        (None, ("output",), {"forward"}),
        (None, ("state",), {"backward"}),
        (None, ("input", "output"), {"backward", "forward"}),
        (None, ("output", "state"), {"backward", "forward"}),
        ("full", ("input",), {"backward", "forward"}),
        ("forward-transitive", ("input",), {"forward"}),
    ],
)
def test_mode_and_position_decide_what_is_asked(mode, positions, asked):
    assert set(needs(mode, positions).why) == asked


def test_there_are_six_modes():
    assert MODES == ("backward", "forward", "full", "backward-transitive", "forward-transitive", "full-transitive")


@pytest.mark.parametrize(
    ("old", "new", "position", "breaks"),
    [
        (INTEGER, NUMBER, "input", False),
        (NUMBER, INTEGER, "input", True),
        (INTEGER, NUMBER, "output", True),
        (NUMBER, INTEGER, "output", False),
        (NUMBER, INTEGER, "state", True),
        (INTEGER, NUMBER, "state", False),
    ],
)
def test_an_input_widens_an_output_narrows_and_state_is_kept_readable(old, new, position, breaks):
    outcome = gate(positions=(position,)).diff([subject(old, "old")], subject(new, "new"))
    assert outcome.comparisons[0].breaking == breaks


def test_the_position_that_a_contract_states_goes_before_the_option():
    found = gate(positions=("input",)).diff([subject(NUMBER, "old", positions=("output",))], subject(INTEGER, "new"))
    assert not found.comparisons[0].breaking


def test_an_older_version_in_the_window_counts_and_is_named():
    versions = [subject(INTEGER, "v2"), subject({"type": ["integer", "string"]}, "v1")]
    found = gate(mode="backward-transitive").diff(versions, subject(NUMBER, "new"))
    assert [(one.baseline, one.breaking) for one in found.comparisons] == [("v2", False), ("v1", True)]


def test_an_older_version_that_is_no_trouble_stands_beside():
    found = gate(mode="backward-transitive").diff(
        [subject(INTEGER, "v2"), subject(INTEGER, "v1")], subject(NUMBER, "new")
    )
    (one,) = found.comparisons
    assert [(extra.producer, extra.needed) for extra in one.extra] == [("v1", True)]


def test_records_that_are_still_queued_are_read_by_the_new_version():
    outcome = gate(mode="forward").diff([subject(NUMBER, "old")], subject(INTEGER, "new"))
    assert not any(one.breaking for one in outcome.comparisons)
    queued = gate(mode="forward").diff(
        [subject(NUMBER, "old")], subject(INTEGER, "new"), queued=[subject(NUMBER, "old")]
    )
    broken = [one for one in queued.comparisons if one.breaking]
    assert [direction.why for direction in broken[0].directions if direction.needed] == [
        "records of it are still queued"
    ]


def test_known_consumers_stand_in_for_the_old_version_of_an_output():
    options = {"positions": ("output",)}
    alone = gate(**options).diff([subject(INTEGER, "old")], subject(NUMBER, "new"))
    assert alone.comparisons[0].breaking
    known = gate(**options).diff(
        [subject(INTEGER, "old")], subject(NUMBER, "new"), consumers=[subject(NUMBER, "reader")]
    )
    assert not any(one.breaking for one in known.comparisons)
    strict = gate(**options).diff(
        [subject(INTEGER, "old")], subject(NUMBER, "new"), consumers=[subject(INTEGER, "reader")]
    )
    assert [one.baseline for one in strict.comparisons if one.breaking] == ["reader"]


def test_a_contract_may_have_a_content_policy_of_its_own():
    from dataclasses import replace

    old, new = ({"type": "object", "properties": named} for named in ({"a": {}}, {"a": {}, "b": INTEGER}))
    declared = subject(new, "new")
    own = replace(declared, contracts=(replace(declared.contracts[0], content="declared"),))
    assert gate().diff([subject(old, "old")], declared).comparisons[0].breaking
    found = gate().diff([subject(old, "old")], own).comparisons[0]
    assert (found.breaking, found.content) == (False, "declared")


def test_folders_are_matched_by_name():
    def folder(label, **schemas):
        every = [subject(schema, label, name, single=False).contracts[0] for name, schema in schemas.items()]
        return Subject(label, tuple(every))

    outcome = gate().diff([folder("old", a=INTEGER, alert=TEXT)], folder("new", a=NUMBER, alerts=TEXT))
    assert [one.name for one in outcome.comparisons] == ["a"]
    assert [(finding.code, finding.hint) for finding in outcome.findings] == [
        ("K508", "was it renamed to `alerts`?"),
        ("K512", None),
    ]
    assert str(outcome.bump) == "major"


def test_one_contract_is_found_among_many_and_a_missing_one_is_no_pass():
    many = Subject("lock", tuple(subject(INTEGER, "lock", name).contracts[0] for name in ("alert", "other")))
    outcome = gate().diff([many], subject(NUMBER, "new", "events/alert.json"))
    assert [one.name for one in outcome.comparisons] == ["events/alert.json"]
    with pytest.raises(NoBaseline) as caught:
        gate().diff([many], subject(NUMBER, "new", "alrt"))
    assert caught.value.findings[0].hint == "write `alert`"


def test_the_gate_says_how_far_it_is():
    heard = []
    gate(progress=lambda done, of, what: heard.append((done, of, what))).diff(
        [subject(INTEGER, "a")], subject(NUMBER, "b")
    )
    assert heard == [(0, 1, "c"), (1, 1, "")]


def test_a_contract_that_nothing_can_meet_is_told():
    outcome = gate().alone(subject({"type": "object", "required": ["a"], "maxProperties": 0}))
    assert [finding.code for finding in outcome.findings] == ["K516"]

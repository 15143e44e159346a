"""What is true of every comparison: it agrees with the engine, and its witnesses with the reference validator."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from penstock_contracts.asking import Engine
from penstock_contracts.change import Bump, Effect
from penstock_contracts.compare import compare
from penstock_contracts.contract import Contract, Source
from penstock_contracts.declared import closed
from penstock_contracts.direction import needs
from penstock_contracts.exact import NotPlain, digest_of, parse, same, text_of
from penstock_contracts.inclusion import Options, includes
from penstock_contracts.inquiry import Judging
from penstock_contracts.sides import Side
from penstock_contracts.verdict import Proven, Refuted

NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = st.sampled_from([0, 1, 2, -3, "x", "yy", None, True, False])
LEAVES = st.one_of(
    st.just({}),
    st.sampled_from(["integer", "number", "string", "null", "boolean"]).map(lambda name: {"type": name}),
    st.lists(SCALARS, min_size=1, max_size=3, unique_by=repr).map(lambda values: {"enum": values}),
    st.builds(lambda low: {"type": "integer", "minimum": low}, st.integers(-2, 2)),
    st.builds(lambda long: {"type": "string", "maxLength": long}, st.integers(0, 3)),
)
PARTS = st.recursive(
    st.one_of(LEAVES, st.just({"$ref": "#/$defs/d"})),
    lambda inner: st.one_of(
        st.builds(
            lambda named, needed, closed: (
                {"type": "object", "properties": named, "required": needed}
                | ({"additionalProperties": False} if closed else {})
            ),
            st.dictionaries(NAMES, inner, max_size=3),
            st.lists(NAMES, unique=True, max_size=2),
            st.booleans(),
        ),
        inner.map(lambda one: {"type": "array", "items": one, "maxItems": 2}),
        st.lists(inner, min_size=1, max_size=3).map(lambda many: {"anyOf": many}),
        st.lists(inner, min_size=1, max_size=2).map(lambda many: {"allOf": many}),
    ),
    max_leaves=6,
)
SCHEMAS = st.builds(lambda whole, part: {**whole, "$defs": {"d": part}}, PARTS, LEAVES)
PATIENT = Options(seconds=20.0)  # these questions take microseconds; a busy machine may take its time
few = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def edits(draw, schema):
    """One part of the schema replaced, as a release would do."""
    if isinstance(schema, dict) and schema and draw(st.integers(0, 2)):
        key = draw(st.sampled_from(sorted(schema)))
        value = schema[key]
        if isinstance(value, dict) and key in ("properties", "$defs") and value:
            name = draw(st.sampled_from(sorted(value)))
            return {**schema, key: {**value, name: draw(edits(value[name]))}}
        if key in ("anyOf", "allOf"):
            return {**schema, key: [draw(edits(value[0])), *value[1:]]}
        if key == "items":
            return {**schema, key: draw(edits(value))}
        if key == "required":
            return {**schema, key: draw(st.lists(NAMES, unique=True, max_size=2))}
    return draw(LEAVES)


@st.composite
def pairs(draw):
    old = draw(SCHEMAS)
    return (old, draw(edits(old))) if draw(st.integers(0, 3)) else (old, draw(SCHEMAS))


def contract(schema, label):
    return Contract("c", schema, Source(f"{label}.json", text_of(schema).encode()), label, base=f"file:///{label}.json")


def compared(old, new, mode="full", content="open"):
    return compare(contract(old, "old"), contract(new, "new"), Judging(needs(mode, ()), content), Engine(20.0))


def accepts(schema, value):
    return Draft202012Validator(schema).is_valid(value)


@few
@given(pairs())
def test_a_comparison_breaks_exactly_when_the_engine_says_so_and_each_witness_tells(pair):
    old, new = pair
    found = compared(old, new)
    for name, producer, consumer in (("backward", old, new), ("forward", new, old)):
        verdict = includes(producer, consumer, options=PATIENT)
        broken = [change.answer(name) for change in found.changes if change.answer(name).effect is Effect.BREAKS]
        assert bool(broken) == isinstance(verdict, Refuted), name
        for answer in broken:
            assert answer.witness is not None
            assert accepts(producer, answer.witness.value)
            assert not accepts(consumer, answer.witness.value)


@few
@given(pairs())
def test_a_patch_is_asked_for_exactly_when_both_sides_are_proved_equal(pair):
    old, new = pair
    equal = isinstance(includes(old, new, options=PATIENT), Proven) and isinstance(
        includes(new, old, options=PATIENT), Proven
    )
    found = compared(old, new)
    assert found.equivalent == equal
    assert (found.bump is Bump.PATCH) == equal


@few
@given(pairs())
def test_the_other_way_round_the_directions_change_places(pair):
    old, new = pair
    there, back = compared(old, new), compared(new, old)
    assert [type(one.verdict) for one in there.directions] == [type(one.verdict) for one in reversed(back.directions)]


@few
@given(SCHEMAS)
def test_nothing_differs_from_itself(schema):
    found = compared(schema, parse(text_of(schema)))
    assert found.changes == ()
    assert found.equivalent


@few
@given(pairs())
def test_declared_contents_are_a_part_of_open_ones(pair):
    old, new = pair
    side = Side(contract(old, "old"))
    part = closed(side)
    engine = Engine(20.0)
    whole = engine.includes(part, engine_side(old))
    assert isinstance(whole, Proven)
    if not compared(old, new, "backward").breaking:
        assert not compared(old, new, "backward", "declared").breaking


@few
@given(pairs(), st.sampled_from(["backward", "forward", "full"]), st.sampled_from(["open", "declared"]))
def test_the_gate_fails_exactly_when_a_needed_question_was_answered_with_no(pair, mode, content):
    found = compared(*pair, mode, content)
    answers = [
        one.declared if content == "declared" and one.declared else one.verdict
        for one in found.directions
        if one.needed
    ]
    assert found.breaking == any(isinstance(answer, Refuted) for answer in answers)
    assert not found.undecided


def test_a_break_that_belongs_to_several_changes_at_once_leaves_none_of_them_undecided():
    def grid(of):
        return {"type": "array", "items": {"type": "array", "items": {"anyOf": [of]}, "maxItems": 2}, "maxItems": 2}

    found = compared(grid({"enum": [0]}), grid({"type": "integer"}), "forward")
    assert found.breaking
    assert not found.undecided


def engine_side(schema):
    from penstock_contracts.asking import asked

    return asked(contract(schema, "old"))


@given(SCHEMAS)
def test_text_keeps_values_and_equal_values_have_one_digest(schema):
    again = parse(text_of(schema))
    assert same(schema, again)
    assert digest_of(schema) == digest_of(again)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (0, -0.0, True),
        ([1, {"a": None}], [1.0, {"a": None}], True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ([1, 2], [2, 1], False),
        ("1", 1, False),
    ],
)
def test_equality_is_that_of_json(one, other, equal):
    assert same(one, other) == equal


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', "[NaN]", "[" * 500 + "]" * 500])
def test_what_is_no_plain_json_is_refused(text):
    with pytest.raises(NotPlain):
        parse(text)

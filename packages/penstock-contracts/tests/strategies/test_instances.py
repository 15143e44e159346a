"""What a strategy promises besides reach: only valid values, plain ones after shrinking, and a reason where there are none."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from random import Random

import pytest
from adversary.draw import Drawer
from hypothesis import find, settings
from sampled import drawn, refused

from penstock_contracts.regular import format_language
from penstock_contracts.strategies import CannotDraw, NoInstance, instances

AS_ASKED = settings().max_examples  # by the profile of the run: 50 quick, 2000 deep
DRAFTS = ("4", "6", "7", "2019-09", "2020-12")


@pytest.mark.parametrize("draft", DRAFTS)
def test_no_value_of_any_schema_is_invalid(draft):
    """Schemas by chance, of every keyword; hypothesis' health checks are on, so that filtering would show."""
    asked = 0
    for seed in range(AS_ASKED // 2):
        rng = Random(f"{draft} {seed}")
        schema = json.loads(json.dumps(Drawer(rng, draft).root(rng.choice([1, 2])), default=float))
        try:
            strategy = instances(schema)
        except NoInstance:
            continue
        asked += 1
        assert refused(schema, drawn(strategy, 8)) == [], schema
    assert asked > AS_ASKED // 10


@pytest.mark.parametrize(
    ("schema", "test", "plainest"),
    [
        (True, lambda v: True, None),
        ({"type": "integer", "minimum": 3}, lambda v: True, 3),
        ({"type": "integer"}, lambda v: v > 100, 101),
        ({"type": "integer", "maximum": -7, "multipleOf": 5}, lambda v: True, -10),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, lambda v: True, 0.5),
        ({"type": "string"}, lambda v: True, ""),
        ({"type": "string", "minLength": 2}, lambda v: True, "00"),
        ({"type": "string", "pattern": "^(?:x+y|[0-9]{3})$"}, lambda v: True, "xy"),
        ({"type": "string", "pattern": "^(?:x+y|[0-9]{3})$"}, lambda v: v[0] != "x", "000"),
        ({"type": "array", "items": {"type": "integer"}}, lambda v: sum(v) > 9, [10]),
        ({"type": "array", "contains": {"const": 1}}, lambda v: True, [1]),
        ({"type": "object", "properties": {"a": {"type": "integer"}}}, lambda v: True, {}),
        ({"type": "object", "properties": {"a": {"type": "integer"}}}, lambda v: "a" in v, {"a": 0}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, lambda v: True, None),
        ({"enum": ["b", "a"]}, lambda v: True, "b"),
    ],
)
def test_a_failing_example_shrinks_to_a_plain_one(schema, test, plainest):
    found = find(instances(schema), test, settings=settings(max_examples=1_000, database=None, derandomize=True))
    assert found == plainest
    assert type(found) is type(plainest)


def test_numbers_keep_all_their_digits():
    assert drawn(instances({"const": 9007199254740993}), 3)[0] == 9007199254740993
    assert drawn(instances({"enum": [0.1]}), 3)[0] == 0.1
    hundredths = drawn(instances({"type": "number", "multipleOf": 0.01, "minimum": 1000, "maximum": 1001}), 60)
    assert all(re.fullmatch(r"\d+(\.\d\d?)?", repr(value)) for value in hundredths)


def test_whoever_changes_an_instance_changes_no_other():
    strategy = instances({"const": {"a": [1]}})
    for value in drawn(strategy, 5):
        assert value == {"a": [1]}
        value["a"].append(2)
    assert drawn(strategy, 1) == [{"a": [1]}]


def test_long_values_are_drawn_without_drawing_each_character():
    text = drawn(instances({"type": "string", "minLength": 5_000}), 5)
    assert all(len(value) >= 5_000 for value in text)
    array = drawn(instances({"type": "array", "minItems": 300, "items": {"enum": ["a", "b"]}}), 5)
    assert all(len(value) >= 300 for value in array)
    word = drawn(instances({"type": "string", "pattern": "^[a-z]{3000}$"}), 5)
    assert all(len(value) == 3_000 for value in word)


# ---------------------------------------------------------------- formats


@pytest.mark.parametrize("name", ["date", "date-time", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "json-pointer"])  # fmt: skip
def test_an_asserted_format_is_kept_and_varies(name):
    schema = {"type": "string", "format": name}
    values = drawn(instances(schema, formats="assertion"), 40)
    assert refused(schema, values, formats=True) == []
    assert all(format_language(name).contains(value) for value in values)
    assert len(set(values)) > 10


def test_an_annotated_format_says_nothing():
    values = drawn(instances({"type": "string", "format": "date"}), 40)
    assert any(not format_language("date").contains(value) for value in values)


def test_a_format_and_a_pattern_are_met_together():
    values = drawn(instances({"type": "string", "format": "date", "pattern": "^2024-02"}, formats="assertion"), 60)
    assert all(value.startswith("2024-02-") for value in values)
    assert len(set(values)) > 10


# ---------------------------------------------------------------- references


def test_documents_are_given_and_nothing_is_fetched():
    schema = {"type": "array", "minItems": 1, "items": {"$ref": "https://example.org/point"}}
    point = {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}}
    with pytest.raises(CannotDraw, match="remote-reference"):
        instances(schema)
    values = drawn(instances(schema, documents={"https://example.org/point": point}), 20)
    assert all(isinstance(item["x"], int) for value in values for item in value)


def test_a_schema_without_a_dialect_is_read_in_the_one_that_is_named():
    schema = {"items": [{"type": "integer"}], "type": "array", "minItems": 1}  # draft 7: the first item only
    assert any(not isinstance(item, int) for value in drawn(instances(schema, dialect="draft7"), 60) for item in value)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "string", "const": 1},
        {"type": "object", "required": ["a"], "properties": {"a": False}},
        {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 3},
        {"type": "string", "pattern": "^a", "not": {"pattern": "a"}},
        {"$defs": {"deep": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/$defs/deep"}}}}, "$ref": "#/$defs/deep"},
    ],
)  # fmt: skip
def test_a_schema_without_instances_is_refused(schema):
    with pytest.raises(NoInstance) as refused:
        instances(schema)
    assert refused.value.findings[0].code == "K190"


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$ref": "https://example.org/elsewhere"}, "remote-reference"),
        ({"$ref": "#/$defs/none"}, "invalid-schema"),
        ({"$schema": "https://example.org/own-dialect"}, "unknown-dialect"),
        ({"type": "string", "pattern": r"^(a+)b\1$"}, "back-reference"),
        ({"type": "strin"}, "invalid-schema"),
    ],
)
def test_a_schema_that_cannot_be_worked_out_is_refused_with_the_reason(schema, reason):
    with pytest.raises(CannotDraw, match=reason) as refused:
        instances(schema)
    assert refused.value.findings[0].code == "K191"


def test_without_hypothesis_it_is_said_what_to_install():
    script = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from penstock_contracts.strategies import NoHypothesis\n"
        "try:\n    from penstock_contracts.strategies import instances\n"
        "except NoHypothesis as error:\n    print(error.findings[0].hint)"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "pip install penstock-contracts[hypothesis]"

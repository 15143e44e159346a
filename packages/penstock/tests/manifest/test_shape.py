"""Our own check of our own schemas says what a validator for all of JSON Schema says."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import penstock.manifest.read
from penstock.manifest.shape import compiled

SCHEMA = json.loads(Path(penstock.manifest.read.SCHEMA).read_text(encoding="utf-8"))
REFERENCE = jsonschema_rs.Draft202012Validator(SCHEMA)
OURS = compiled(SCHEMA)

DIGEST = "sha256:" + "0" * 64
CONFIG = {"type": "object", "properties": {"window": {"type": "number"}}, "additionalProperties": False}
FULL = {
    "format": 1,
    "pack": "acme-vision",
    "version": "1.2.3",
    "sdk": 1,
    "capabilities": ["network"],
    "hooks": ["penstock_run_observers"],
    "channels": [{"id": "acme-vault", "ack": ["power"], "import_path": "acme.kept:Vault", "doc": "Keep it."}],
    "deprecations": {"node old": "new"},
    "nodes": [
        {
            "id": "zone",
            "role": "transform",
            "effect": "none",
            "import_path": "acme.nodes:Zone",
            "config": CONFIG,
            "doc": "Keep what is in the zone.",
            "inputs": [{"name": "in", "contract": "detection@1.0", "portability": "json"}],
            "outputs": [{"name": "out"}, {"name": "frames", "portability": "local"}],
            "stateful": True,
            "ordered": False,
            "capabilities": ["filesystem", "external-effects"],
            "deprecated": "use `area`",
        }
    ],
    "policies": [{"id": "patient", "points": ["failure"], "import_path": "acme:Patient", "config": {}, "doc": ""}],
    "contracts": [
        {"name": "detection", "version": "1.0", "digest": DIGEST, "schema": {"type": "object"}, "positions": ["input"]},
        {"name": "acme/any", "version": "2", "digest": DIGEST, "schema": True},
    ],
    "commands": [{"name": "tool", "import_path": "acme.cli:main", "doc": "A tool."}],
}
ODD = [
    None, True, False, 0, 1, 1.0, 1.5, -1, 2**70, "", "a", "A", "a\n", "zone\n", "é", "none", "a:b", "a@1", "1.0\n",
    DIGEST + "\n", [], ["network"], [1], [None], {}, {"a": 1}, {"name": "x"},
]  # fmt: skip  # a table of values reads better in few lines


def places(value, at=()):
    """Every place in a JSON value, the whole of it first."""
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in inner:
        yield from places(member, (*at, key))


def edited(value, at, edit):
    if not at:
        return edit(value)
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = edited(copy[at[0]], at[1:], edit)
    return copy


def without(key):
    def edit(value):
        return {k: v for k, v in value.items() if k != key} if isinstance(value, dict) else value[:-1]

    return edit


def agree(value):
    complaints = OURS(value)
    assert (not complaints) == REFERENCE.is_valid(value), (value, [c.message for c in complaints])
    return complaints


def test_a_manifest_with_everything_in_it_is_valid():
    assert agree(FULL) == []


@pytest.mark.parametrize("at", list(places(FULL)), ids=lambda at: "/".join(map(str, at)) or "all")
def test_any_odd_value_in_any_place_is_judged_alike(at):
    for odd in ODD:
        agree(edited(FULL, at, lambda _, odd=odd: odd))


@pytest.mark.parametrize("at", [at for at in places(FULL) if at], ids=lambda at: "/".join(map(str, at)))
def test_without_any_member_it_is_judged_alike(at):
    agree(edited(FULL, at[:-1], without(at[-1])))


@pytest.mark.parametrize("at", list(places(FULL)), ids=lambda at: "/".join(map(str, at)) or "all")
def test_with_an_unknown_member_anywhere_it_is_judged_alike(at):
    agree(edited(FULL, at, lambda value: {**value, "flavour": 1} if isinstance(value, dict) else value))


@given(st.data())
def test_several_edits_at_once_are_judged_alike(data):
    value = FULL
    for _ in range(data.draw(st.integers(1, 4), label="edits")):
        at = data.draw(st.sampled_from(list(places(value))), label="place")
        odd = data.draw(st.sampled_from(ODD) | st.text() | st.integers(), label="value")
        value = edited(value, at, lambda _, odd=odd: odd)
    agree(value)


def test_every_complaint_is_made_in_one_pass_with_its_place():
    value = edited(FULL, ("nodes", 0, "role"), lambda _: "tranform")
    value = edited(value, ("nodes", 0, "inputs", 0), lambda port: {**port, "portabilty": "json"})
    value = edited(value, ("policies", 0), without("points"))
    value = edited(value, ("sdk",), lambda _: "1")
    assert sorted((c.kind, c.pointer, c.hint) for c in OURS(value)) == [
        ("missing", "/policies/0", "add `points`"),
        ("type", "/sdk", None),
        ("unknown", "/nodes/0/inputs/0/portabilty", "write `portability`"),
        ("value", "/nodes/0/role", "write `transform`"),
    ]


def test_an_unknown_key_is_compared_with_those_that_are_not_there_yet():
    value = edited(FULL, ("nodes", 0), lambda node: {**without("effect")(node), "efect": "none"})
    (missing, unknown) = sorted(OURS(value), key=lambda c: c.kind)
    assert (missing.kind, unknown.kind) == ("missing", "unknown")
    assert unknown.hint == "write `effect`"
    assert unknown.pointer == "/nodes/0/efect"


def test_a_key_with_a_slash_has_a_pointer_that_leads_to_it():
    (complaint,) = OURS({**FULL, "a/b": 1})
    assert complaint.pointer == "/a~1b"


@pytest.mark.parametrize(
    "schema", [{"type": "string", "minLength": 1}, {"type": "string", "pattern": "a"}, {"type": "object", "oneOf": []}]
)
def test_a_schema_that_says_more_than_we_check_is_refused(schema):
    with pytest.raises(ValueError, match="ours"):
        compiled(schema)


def test_the_schema_itself_is_valid():
    jsonschema_rs.meta.validate(SCHEMA)

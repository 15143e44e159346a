"""A manifest that is read is whole, and one that is not says everything that is wrong with it, with places."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.layers import LAYERS
from penstock.manifest.canonical import digest_of
from penstock.manifest.model import (
    CommandFacts,
    ContractFacts,
    FailureFacts,
    Manifest,
    NodeFacts,
    PolicyFacts,
    PortFacts,
    ProfileFacts,
)
from penstock.manifest.read import read_manifest
from penstock.manifest.write import text_of_manifest

IDS = st.from_regex(r"[a-z][a-z0-9_-]{0,10}", fullmatch=True)
TEXT = st.text(max_size=10)
SCHEMAS = st.dictionaries(TEXT, st.integers() | st.booleans() | TEXT | st.lists(st.integers(), max_size=2), max_size=3)
PATHS = st.just("acme.nodes:Zone")
CAPABILITIES = st.lists(st.sampled_from(["network", "secrets"]), unique=True).map(tuple)


def contracts():
    made = st.builds(
        lambda name, schema, positions: ContractFacts(name, "1.0", digest_of(schema), schema, positions),
        IDS,
        SCHEMAS | st.booleans(),
        st.lists(st.sampled_from(["input", "output", "state"]), unique=True).map(tuple),
    )
    return st.lists(made, max_size=3, unique_by=lambda one: one.ref).map(tuple)


def nodes(refs):
    port = st.builds(
        PortFacts,
        IDS,
        st.none() | st.sampled_from(refs) if refs else st.none(),
        st.sampled_from(["json", "local", "ref"]),
    )
    ports = st.lists(port, max_size=2, unique_by=lambda one: one.name).map(tuple)
    made = st.builds(
        NodeFacts,
        IDS,
        st.sampled_from(["source", "transform", "sink"]),
        ports,
        ports,
        SCHEMAS,
        st.sampled_from(["none", "idempotent", "external"]),
        PATHS,
        TEXT,
        st.booleans(),
        st.booleans(),
        CAPABILITIES,
        st.none() | TEXT,
    )
    return st.lists(made, max_size=3, unique_by=lambda one: one.id).map(tuple)


@st.composite
def manifests(draw):
    agreed = draw(contracts())
    policy = st.builds(
        PolicyFacts,
        IDS,
        st.lists(st.sampled_from(["failure", "admit"])).map(tuple),
        SCHEMAS,
        PATHS,
        TEXT,
        st.sampled_from(["", *LAYERS]),
        st.sampled_from(["unknown", "always", "sometimes", "never"]),
        st.dictionaries(TEXT, st.lists(TEXT | st.booleans() | st.integers(), max_size=2).map(tuple), max_size=2),
    )
    failure = st.builds(
        FailureFacts,
        st.sampled_from(["permanent", "timeout"]),
        st.none() | st.just("acme.Refused"),
        st.none() | st.sampled_from(["429", "500-599"]),
        st.none() | st.booleans(),
    )
    profile = st.builds(ProfileFacts, IDS, st.dictionaries(TEXT, TEXT, max_size=2))
    command = st.builds(CommandFacts, IDS, TEXT, PATHS)
    return Manifest(
        pack=draw(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True)),
        version=draw(st.sampled_from(["0.1.0", "2024.1rc1", "1!2.0+local"])),
        capabilities=draw(CAPABILITIES),
        nodes=draw(nodes([one.ref for one in agreed])),
        policies=draw(st.lists(policy, max_size=2, unique_by=lambda one: one.id).map(tuple)),
        failures=draw(st.lists(failure, max_size=2).map(tuple)),
        profiles=draw(st.lists(profile, max_size=2, unique_by=lambda one: one.name).map(tuple)),
        contracts=agreed,
        commands=draw(st.lists(command, max_size=2, unique_by=lambda one: one.name).map(tuple)),
        hooks=draw(st.lists(st.just("penstock_graph_checks"), max_size=1).map(tuple)),
        deprecations=draw(st.dictionaries(TEXT, TEXT, max_size=2)),
    )


@given(manifests())
def test_every_manifest_that_is_written_is_read_as_it_was(manifest):
    text = text_of_manifest(manifest)
    read, findings = read_manifest(text.encode(), "penstock-pack.json")
    assert findings == []
    assert read == manifest
    assert text_of_manifest(read) == text


@given(manifests(), st.data())
def test_no_damage_to_the_file_makes_the_reader_raise(manifest, data):
    text = text_of_manifest(manifest).encode()
    start = data.draw(st.integers(0, len(text)), label="start")
    end = data.draw(st.integers(start, len(text)), label="end")
    damaged = text[:start] + data.draw(st.binary(max_size=5), label="put there") + text[end:]
    read, findings = read_manifest(damaged, "penstock-pack.json")
    assert (read is None) == bool(findings)


MINIMAL = {"format": 1, "pack": "acme", "version": "1.0", "sdk": 1}
NODE = {"id": "a", "role": "sink", "effect": "none", "import_path": "acme:A", "config": {}}


def found(value):
    text = json.dumps(value, indent=1)
    read, findings = read_manifest(text.encode(), "p.json")
    assert (read is None) == bool(findings)
    return [(f.code, f.at.pointer, text.splitlines()[f.at.line - 1].strip()) for f in findings]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (MINIMAL, []),
        ({**MINIMAL, "format": 1.0}, []),
        ({**MINIMAL, "format": True}, [("M101", "/format", '"format": true,')]),
        ({**MINIMAL, "format": 0}, [("M104", "/format", '"format": 0,')]),
        ({**MINIMAL, "format": 2, "nodes": 7}, [("M105", "/format", '"format": 2,')]),
        ({**MINIMAL, "sdk": 2, "nodes": 7}, [("M106", "/sdk", '"sdk": 2,')]),
        ({**MINIMAL, "nods": []}, [("M102", "/nods", '"nods": []')]),
        ({"format": 1, "sdk": 1, "pack": "acme"}, [("M103", "", "{")]),
        ({**MINIMAL, "nodes": [NODE, NODE]}, [("M107", "/nodes/1/id", '"id": "a",')]),
        (
            {**MINIMAL, "commands": [{"name": "x", "import_path": "a:b"}] * 2},
            [("M107", "/commands/1/name", '"name": "x",')],
        ),
        (
            {**MINIMAL, "nodes": [{**NODE, "inputs": [{"name": "in"}, {"name": "in"}]}]},
            [("M107", "/nodes/0/inputs/1/name", '"name": "in"')],
        ),
        (
            {**MINIMAL, "nodes": [{**NODE, "inputs": [{"name": "in", "contract": "x@1"}]}]},
            [("M108", "/nodes/0/inputs/0/contract", '"contract": "x@1"')],
        ),
        (
            {**MINIMAL, "contracts": [{"name": "x", "version": "1", "schema": {}, "digest": "sha256:" + "0" * 64}]},
            [("M109", "/contracts/0/digest", f'"digest": "sha256:{"0" * 64}"')],
        ),
    ],
)
def test_what_is_wrong_has_its_code_and_its_place(value, expected):
    assert found(value) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "F112"),
        ('{"format": 1,}', "F104"),
        ('{"format": Infinity}', "F107"),
        ('{"format": 1, "format": 1}', "F105"),
        ('{"nodes": {"a": 1, "a": 2}}', "F105"),
        ('{"format": 1, "pack": "acme", "version": "1.0", "sdk": 1, "sdk": 1}', "F105"),
        ('{"format": 1, "pack": "acme", "version": "1.0", "sdk": 1, "nodes": [], "nodes": []}', "F105"),
        ("[" * 200_000 + "]" * 200_000, "F110"),
        ('{"a": "\\ud800"}', None),
    ],
)
def test_what_is_no_json_says_so(text, code):
    read, findings = read_manifest(text.encode("utf-8", "surrogatepass"), "p.json")
    assert read is None
    assert code in (None, findings[0].code)


def test_numbers_of_any_size_survive():
    schema = {"maximum": 2**200, "minimum": 5e-324}
    value = {**MINIMAL, "nodes": [{**NODE, "config": schema}]}
    read, _ = read_manifest(json.dumps(value).encode(), "p.json")
    assert read.nodes[0].config == schema


def test_what_only_the_careful_way_can_read_is_read_all_the_same():
    read, findings = read_manifest(b"\xef\xbb\xbf" + json.dumps(MINIMAL).encode(), "p.json")
    assert findings == []
    assert read.pack == "acme"


def test_facts_have_the_face_of_a_dataclass():
    port = PortFacts("in")
    assert dataclasses.replace(port, contract="a@1") == PortFacts("in", "a@1")
    assert dataclasses.asdict(port) == {"name": "in", "contract": None, "portability": "json"}
    assert [f.name for f in dataclasses.fields(PortFacts)] == ["name", "contract", "portability"]
    with pytest.raises(AttributeError, match="frozen"):
        port.name = "out"

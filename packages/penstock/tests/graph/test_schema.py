"""The schema for editors: it is what is packaged, and it says what the reader says, as far as a schema can."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from penstock.graph.schema import graph_schema
from penstock.manifest.canonical import text_of
from penstock_findings.load import parse_yaml

# What the shape of a value alone can show.
SEEN = {"G001", "G002", "G003", "G004", "G005", "G006", "G007", "G008", "G009", "G011", "G016", "G025"}
BEYOND = {
    "G001-format-decimal",  # 1.0 is 1, to a schema
    "G008-retention-for-ever",  # a text has no size; and G024, `${X}` in a name, may or may not be a bad name as well
}

VALIDATOR = jsonschema.Draft202012Validator(graph_schema())


def test_the_packaged_schema_is_the_present_one() -> None:
    packaged = files("penstock.graph").joinpath("graph.schema.json").read_text(encoding="utf-8")
    assert packaged == text_of(graph_schema()), "run: python -m penstock.graph.schema > .../graph/graph.schema.json"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(graph_schema())


def test_right_graphs_fit_the_schema(good_case: Any) -> None:
    assert list(VALIDATOR.iter_errors(parse_yaml(good_case.data, "x").document.value)) == []


def test_wrong_graphs_fit_the_schema_unless_their_shape_is_wrong(bad_case: Any) -> None:
    document = parse_yaml(bad_case.data, "x").document
    codes = {said.split()[0] for said in bad_case.expected if "--set" not in said}
    if document is None or any(code[0] == "F" or code == "G024" for code in codes) or bad_case.name in BEYOND:
        pytest.skip("a schema has nothing to say here")
    assert VALIDATOR.is_valid(document.value) == (not codes & SEEN)


def test_every_section_is_described() -> None:
    assert all(section["description"] for section in graph_schema()["properties"].values())

"""The schemas for editors: they are what is packaged, and say what the readers say, as far as a schema can."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from penstock.manifest.canonical import text_of
from penstock.policies.schema import policy_schema
from penstock.profiles.schema import profile_schema
from penstock_findings.load import parse_yaml

# What the shape of a value alone can show.
SEEN = {f"L{number:03}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)}
BEYOND = {
    "L008-lease-no-time.profile",  # a text has no size
    "L011-status-turned-round.policy",  # nor has a pattern an idea of more and less
}
PACKAGED = [("policies", "policy", policy_schema), ("profiles", "profile", profile_schema)]
VALIDATORS = {made: jsonschema.Draft202012Validator(schema()) for _, made, schema in PACKAGED}


@pytest.mark.parametrize(("room", "name", "made"), PACKAGED)
def test_the_packaged_schema_is_the_present_one(room: str, name: str, made: Any) -> None:
    packaged = files(f"penstock.{room}").joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    assert packaged == text_of(made()), f"run: python -m penstock.{room}.schema > .../{room}/{name}.schema.json"


@pytest.mark.parametrize("made", [policy_schema, profile_schema])
def test_the_schema_is_a_schema(made: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(made())


def validator(case: Any) -> Any:
    return VALIDATORS["profile" if case.is_profile else "policy"]


def test_right_files_fit_the_schema(good_case: Any) -> None:
    assert list(validator(good_case).iter_errors(parse_yaml(good_case.data, "x").document.value)) == []


def test_wrong_files_fit_the_schema_unless_their_shape_is_wrong(bad_case: Any) -> None:
    document = parse_yaml(bad_case.data, "x").document
    codes = {said.split()[0] for said in bad_case.expected}
    if document is None or any(code[0] == "F" for code in codes) or codes & {"L013", "L024"} or bad_case.name in BEYOND:
        pytest.skip("a schema has nothing to say here")
    assert validator(bad_case).is_valid(document.value) == (not codes & SEEN)


@pytest.mark.parametrize("made", [policy_schema, profile_schema])
def test_every_section_is_described(made: Any) -> None:
    assert all(section["description"] for section in made()["properties"].values())

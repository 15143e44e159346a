"""What a type allows, its schema allows, and nothing else: for configs a law, for payloads a table."""

from __future__ import annotations

import datetime
import enum
from dataclasses import MISSING, dataclass, field
from typing import Annotated, Any, Literal, Optional, TypedDict

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.manifest.build import build_node
from penstock.manifest.schemas import BadDefault, NoSchema, config_schema, payload_schema
from penstock.sdk import ConfigField, node, spec_of
from penstock_findings import PenstockError


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    """A place.

    In metres.
    """

    x: float
    y: float = 0.0


class Box(msgspec.Struct):
    corner: Point
    names: list[str] = msgspec.field(default_factory=list)


class Options(TypedDict, total=False):
    depth: int


@node("everything")
class Everything:
    """All kinds of fields that a config may have."""

    required: int
    number: Annotated[float, msgspec.Meta(ge=0, lt=10, description="of things")] = 3
    word: Annotated[str, msgspec.Meta(min_length=1, pattern="^[a-z]+$")] = "a"
    flag: bool = False
    mode: Literal["fast", "slow", 3] = "fast"
    color: Color = Color.RED
    maybe: Optional[int] = None  # noqa: UP045 - the older notation is what is tried here
    either: int | str = 1
    several: list[int] = field(default_factory=lambda: [1, 2])
    once: set[str] = field(default_factory=set)
    table: dict[str, float] = field(default_factory=dict)
    point: Point = field(default_factory=lambda: Point(1.0))
    box: Box | None = None
    options: Options = field(default_factory=dict)
    pair: tuple[int, str] = (1, "a")
    anything: Any = None

    def process(self, record, ctx):
        return record


FIELDS = {f.name: f for f in spec_of(Everything).config}
SCHEMA = config_schema(spec_of(Everything).config)
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 3, 10, 2**70, 1.0, 1.5, 9.99, "", "a", "A", "red", "fast", "slow", [], [1], [1, 2], ["a"],
    [1, "a"], ["a", "a"], [1.0, "b"], [True, "a"], {}, {"a": 1}, {"a": "b"}, {"x": 1}, {"x": 1, "y": 2.5}, {"x": "1"}, {"x": 1, "z": 1},
    {"corner": {"x": 1}}, {"corner": {"x": 1, "q": 1}}, {"corner": {"x": 1}, "names": ["a"]}, {"corner": 1}, {"depth": 2}, {"dept": 2},
    {"depth": None},
]  # fmt: skip  # a table of values reads better in few lines


def built(config):
    try:
        return build_node(Everything, config, "n")
    except PenstockError as error:
        foreign = [finding for finding in error.findings if finding.code not in ("P231", "P232", "P233")]
        if foreign or not error.findings:
            raise
        return None


@pytest.mark.parametrize("name", FIELDS)
def test_a_config_is_accepted_by_the_schema_exactly_when_a_node_can_be_made_of_it(name):
    for odd in ODD:
        config = {"required": 1, name: odd}
        assert VALIDATOR.is_valid(config) == (built(config) is not None), odd


@given(
    st.dictionaries(
        st.sampled_from([*FIELDS, "unknown"]),
        st.sampled_from(ODD) | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_that_holds_for_many_fields_at_once(config):
    assert VALIDATOR.is_valid(config) == (built(config) is not None)


def test_every_default_fits_its_own_field():
    assert VALIDATOR.is_valid(
        {"required": 1, **{n: s["default"] for n, s in SCHEMA["properties"].items() if "default" in s}}
    )


def test_values_arrive_as_their_types():
    made = built({"required": 5.0, "color": "blue", "once": ["b", "a"], "box": {"corner": {"x": 1}}, "pair": [2, "b"]})
    assert (made.required, type(made.required)) == (5, int)
    assert made.color is Color.BLUE
    assert made.once == {"a", "b"}
    assert made.box == Box(Point(1.0))
    assert made.pair == (2, "b")


def test_defaults_are_made_afresh_for_each_node():
    one, other = built({"required": 1}), built({"required": 1})
    one.several.append(3)
    one.point.x = 7
    assert (other.several, other.point) == ([1, 2], Point(1.0))


def test_the_schema_of_a_config_is_pinned():
    fields = [
        ConfigField("window", Annotated[float, msgspec.Meta(gt=0, description="seconds")], 300),
        ConfigField("key", str, MISSING),
        ConfigField("at", Point, Point(1.0)),
    ]
    assert config_schema(fields) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "window": {"type": "number", "exclusiveMinimum": 0, "description": "seconds", "default": 300},
            "key": {"type": "string"},
            "at": {"$ref": "#/$defs/Point", "default": {"x": 1.0, "y": 0.0}},
        },
        "required": ["key"],
        "additionalProperties": False,
        "$defs": {
            "Point": {
                "title": "Point",
                "description": "A place.\n\nIn metres.",
                "type": "object",
                "properties": {"x": {"type": "number"}, "y": {"type": "number", "default": 0.0}},
                "required": ["x"],
                "additionalProperties": False,
            }
        },
    }


def test_without_fields_only_the_empty_config_fits():
    assert jsonschema_rs.is_valid(config_schema([]), {})
    assert not jsonschema_rs.is_valid(config_schema([]), {"a": 1})


def test_a_set_has_its_default_in_one_order():
    schema = config_schema([ConfigField("once", set[str], {"c", "a", "b"})])
    assert schema["properties"]["once"]["default"] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", [object, complex, type, range])
def test_a_type_without_json_form_is_named(kind):
    with pytest.raises(NoSchema, match=r"`second`.*has no JSON form"):
        config_schema([ConfigField("first", int, MISSING), ConfigField("second", kind, MISSING)])


@pytest.mark.parametrize(
    ("kind", "default"), [(int, None), (int, "1"), (str, 1), (list[int], ["a"]), (Literal["a"], "b"), (int, object())]
)
def test_a_default_that_does_not_fit_is_named(kind, default):
    with pytest.raises(BadDefault, match="default of `field`"):
        config_schema([ConfigField("field", kind, default)])


class Detection(msgspec.Struct):
    camera: str
    score: float = 0.0


@pytest.mark.parametrize(
    ("payload", "fits", "misfits"),
    [
        (Detection, {"camera": "a", "more": 1}, {"score": 1}),
        (Point, {"x": 1}, {"y": 1}),
        (Options, {"depth": 1}, {"depth": "1"}),
        (list[Detection], [{"camera": "a"}], [{"camera": 1}]),
        (dict[str, int], {"a": 1}, {"a": "1"}),
        (datetime.date, "2024-01-01", 3),
        (Color, "red", "green"),
    ],
)
def test_the_schema_of_a_payload_is_as_open_as_its_type(payload, fits, misfits):
    schema = payload_schema(payload)
    assert jsonschema_rs.is_valid(schema, fits)
    assert not jsonschema_rs.is_valid(schema, misfits)


def test_a_model_of_pydantic_describes_itself():
    """Whatever has its method is one; the library is not needed to find out."""

    class Model:
        @staticmethod
        def model_json_schema():
            return {"type": "object", "title": "Model"}

    assert payload_schema(Model)["title"] == "Model"


def test_a_model_that_cannot_describe_itself_is_named():
    class Model:
        @staticmethod
        def model_json_schema():
            raise RuntimeError("no schema for callables")

    with pytest.raises(NoSchema, match="no schema for callables"):
        payload_schema(Model)


def test_descriptions_do_not_depend_on_how_python_keeps_docstrings():
    assert payload_schema(list[Point])["$defs"]["Point"]["description"] == "A place.\n\nIn metres."

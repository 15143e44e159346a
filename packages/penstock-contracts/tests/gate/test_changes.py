"""What each kind of change is called, where it is found, and what it does in each direction."""

from __future__ import annotations

import pytest

from penstock_contracts.asking import Engine
from penstock_contracts.change import Bump, Comparison, Effect
from penstock_contracts.compare import compare, diff
from penstock_contracts.contract import Contract, Known, Source
from penstock_contracts.direction import needs
from penstock_contracts.exact import text_of
from penstock_contracts.inquiry import Judging


def contract(schema, label="one"):
    text = text_of(schema, indent=2)
    return Contract("c", schema, Source(f"{label}.json", text.encode()), label, base=f"file:///{label}.json")


def compared(old, new, mode="full", content="open") -> Comparison:
    return compare(contract(old, "old"), contract(new, "new"), Judging(needs(mode, ()), content), Engine(20.0))


def effects(old, new):
    return [
        (change.code, str(change.answer("backward").effect), str(change.answer("forward").effect))
        for change in compared(old, new).changes
    ]


def holding(name, schema):
    return {"type": "object", "properties": {name: schema}}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"type": "integer"}, {"type": "number"}, [("K201", "fits", "breaks")]),
        ({"type": "string"}, {"type": ["string", "null"]}, [("K201", "fits", "breaks")]),
        ({"enum": ["a", "b"]}, {"enum": ["b", "c"]}, [("K202", "breaks", "breaks")]),
        ({"const": 1}, {"enum": [1, 2]}, [("K202", "fits", "breaks")]),
        ({"type": "number", "minimum": 0}, {"type": "number", "minimum": 1}, [("K203", "breaks", "fits")]),
        ({"type": "number", "maximum": 9}, {"type": "number"}, [("K203", "fits", "breaks")]),
        ({"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 4}, [("K204", "breaks", "fits")]),
        ({"type": "string", "maxLength": 4}, {"type": "string", "maxLength": 3}, [("K205", "breaks", "fits")]),
        ({"type": "string", "minLength": 4}, {"type": "string"}, [("K205", "fits", "breaks")]),
        ({"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^ab"}, [("K206", "breaks", "fits")]),
        ({"required": ["a"]}, {"required": ["a", "b"]}, [("K208", "breaks", "fits")]),
        ({"required": ["a", "b"]}, {"required": ["b"]}, [("K209", "fits", "breaks")]),
        (holding("a", {}), {**holding("a", {}), "additionalProperties": False}, [("K212", "breaks", "fits")]),
        ({"propertyNames": {"maxLength": 3}}, {"propertyNames": {"maxLength": 2}}, [("K205", "breaks", "fits")]),
        ({"propertyNames": {"maxLength": 3}}, {}, [("K213", "fits", "breaks")]),
        ({"minProperties": 1}, {"minProperties": 2}, [("K214", "breaks", "fits")]),
        ({}, {"dependentRequired": {"a": ["b"]}}, [("K215", "breaks", "fits")]),
        ({}, {"dependentSchemas": {"a": {"required": ["b"]}}}, [("K215", "breaks", "fits")]),
        ({"items": {"type": "integer"}}, {"items": {"type": "number"}}, [("K201", "fits", "breaks")]),
        ({"items": {"type": "integer"}}, {}, [("K216", "fits", "breaks")]),
        ({"prefixItems": [{"type": "null"}]}, {"prefixItems": [{}]}, [("K201", "fits", "breaks")]),
        ({"maxItems": 3}, {"maxItems": 2}, [("K217", "breaks", "fits")]),
        ({"type": "array"}, {"type": "array", "uniqueItems": True}, [("K218", "breaks", "fits")]),
        ({"contains": {"const": 1}}, {"contains": {"const": 1}, "minContains": 2}, [("K219", "breaks", "fits")]),
        ({"anyOf": [{"const": 1}]}, {"anyOf": [{"const": 1}, {"const": 2}]}, [("K220", "fits", "breaks")]),
        ({"allOf": [{"minimum": 1}]}, {"allOf": [{"minimum": 1}, {"maximum": 5}]}, [("K221", "breaks", "fits")]),
        ({"not": {"const": 1}}, {"not": {"enum": [1, 2]}}, [("K222", "breaks", "fits")]),
        ({"if": {"const": 1}, "else": False}, {}, [("K223", "fits", "breaks")]),
        ({"type": "integer"}, False, [("K225", "breaks", "fits")]),
        ({"title": "a", "const": 1}, {"title": "b", "const": 1}, [("K226", "fits", "fits")]),
    ],
    ids=lambda one: (
        text_of(one)[:50] if not isinstance(one, list) or not one or isinstance(one[0], dict) else one[0][0]
    ),
)
def test_each_change_has_its_code_and_its_directions(old, new, found):
    assert effects(old, new) == found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"enum": [1, 2]}, {"enum": [2, 1]}),
        ({"required": ["a", "b"]}, {"required": ["b", "a"]}),
        ({"anyOf": [{"const": 1}, {"type": "null"}]}, {"anyOf": [{"type": "null"}, {"const": 1}]}),
        ({"const": 1}, {"enum": [1.0]}),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, {"type": "null", "$defs": {"b": {}}}),
        (holding("a", {"$ref": "#/$defs/x"}) | {"$defs": {"x": True}}, holding("a", True)),
    ],
    ids=str,
)
def test_what_is_only_written_in_another_way_is_no_change(old, new):
    found = compared(old, new)
    assert found.equivalent
    assert found.bump is Bump.PATCH
    assert not [change for change in found.changes if change.breaking]
    assert {str(answer.effect) for change in found.changes for answer in change.answers} <= {"fits"}


def test_alternatives_that_changed_places_are_matched_by_what_they_are_called():
    def shapes(*tagged):
        return {"anyOf": [{"type": "object", "properties": {"kind": {"const": kind}, "size": size}, "required": ["kind", "size"]} for kind, size in tagged]}  # fmt: skip

    old = shapes(("disc", {"maximum": 5}), ("box", {"maximum": 7}))
    new = shapes(("box", {"maximum": 7}), ("disc", {"maximum": 6}), ("cone", {}))
    found = [(change.code, change.candidate.pointer) for change in compared(old, new, "backward").changes]
    assert found == [("K203", "/anyOf/1/properties/size/maximum"), ("K220", "/anyOf/2")]


def test_a_break_in_another_file_is_told_where_it_stands():
    def version(label, kind):
        other = {"$defs": {"id": {"type": kind}}}
        source = Source(f"{label}/ids.json", text_of(other, indent=2).encode())
        return Contract(
            "c",
            {"properties": {"a": {"$ref": "ids.json#/$defs/id"}}},
            Source(f"{label}/c.json"),
            label,
            base=f"file:///{label}/c.json",
            documents={f"file:///{label}/ids.json": Known(other, source)},
        )

    found = compare(version("old", "number"), version("new", "integer"), Judging(needs("backward", ())), Engine(20.0))
    (change,) = found.changes
    assert (change.code, change.breaking, change.candidate.at.path, change.candidate.at.line) == (
        "K201",
        True,
        "new/ids.json",
        4,
    )


def test_equal_texts_whose_definitions_differ_are_followed():
    old = holding("a", {"$ref": "#/$defs/x"}) | {"$defs": {"x": {"type": "integer"}, "unused": {"type": "null"}}}
    new = holding("a", {"$ref": "#/$defs/x"}) | {"$defs": {"x": {"type": "number"}, "unused": {"type": "string"}}}
    (change,) = compared(old, new).changes
    assert (change.code, change.candidate.pointer) == ("K201", "/$defs/x/type")
    assert "`a`" in change.message


def test_a_definition_that_two_properties_use_is_told_once():
    shared = {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}, "b": {"$ref": "#/$defs/x"}}}
    found = compared(shared | {"$defs": {"x": {"maximum": 1}}}, shared | {"$defs": {"x": {"maximum": 2}}})
    assert [change.code for change in found.changes] == ["K203"]


def test_recursive_schemas_are_walked_once():
    tree = {"type": "object", "properties": {"v": {"type": "integer"}, "next": {"$ref": "#"}}}
    wide = {"type": "object", "properties": {"v": {"type": "number"}, "next": {"$ref": "#"}}}
    assert effects(tree, wide) == [("K201", "fits", "breaks")]


def test_every_break_is_told_and_has_a_witness():
    names = [f"p{n}" for n in range(12)]
    old = {"type": "object", "properties": {name: {"type": "number"} for name in names}}
    new = {"type": "object", "properties": {name: {"type": "integer"} for name in names}}
    found = compared(old, new, "backward")
    assert [change.message.split("`")[1] for change in found.changes] == names
    for change in found.changes:
        assert change.breaking
        assert change.witness is not None
        assert isinstance(change.witness.value, dict)


def test_what_matters_alone_and_not_here_is_harmless_and_says_why():
    old = {"type": "object", "properties": {"a": {"type": "integer", "maximum": 9}}, "additionalProperties": False, "maxProperties": 0}  # fmt: skip
    new = {"type": "object", "properties": {"a": {"type": "integer", "maximum": 5}}, "additionalProperties": False, "maxProperties": 0}  # fmt: skip
    found = compared(old, new)
    (change,) = found.changes
    assert change.answer("backward").effect is Effect.HARMLESS
    assert "no payload of the whole contract gets to it" in change.answer("backward").reason
    assert found.equivalent
    assert found.bump is Bump.PATCH


def test_a_clause_that_became_unconditional_blames_what_became_required():
    old = {"required": ["class"], "if": {"properties": {"class": {"const": "PERSON"}}}, "then": {"required": ["track"]}}
    new = {"required": ["class", "track"]}
    found = compared(old, new, "backward")
    assert [change.code for change in found.changes if change.breaking] == ["K208"]
    assert [change.code for change in found.changes if not change.breaking] == ["K223"]


def test_an_alternative_that_widens_until_it_meets_its_neighbour_is_blamed():
    old = {"oneOf": [{"type": "integer"}, {"type": "string"}]}
    new = {"oneOf": [{"type": "integer"}, {"type": ["string", "integer"]}]}
    (change,) = compared(old, new, "backward").changes
    assert (change.code, change.breaking) == ("K201", True)
    assert isinstance(change.witness.value, int)


def test_of_many_suspects_in_one_union_each_is_judged_by_itself():
    def union(first, second):
        return {"anyOf": [{"type": "object", "properties": {"k": {"const": 1}, "a": first}}, {"type": "object", "properties": {"k": {"const": 2}, "b": second}}], "required": ["k"], "unevaluatedProperties": False}  # fmt: skip

    found = compared(union({"maximum": 5}, {"maximum": 5}), union({"maximum": 9}, {"maximum": 3}), "backward")
    assert [(change.message.split("`")[1], change.breaking) for change in found.changes] == [("a", False), ("b", True)]


class Hurried(Engine):
    """An engine whose questions cost so much that there is time for the first one only."""

    def includes(self, a, b, *, seconds=None):
        self.spent += 1000
        return super().includes(a, b, seconds=seconds)


def test_what_could_not_be_looked_at_in_time_is_undecided_and_the_break_is_told_all_the_same():
    old = {"anyOf": [{"properties": {"k": {"const": n}, f"p{n}": {"maximum": 5}}, "required": ["k"]} for n in range(3)]}
    new = {"anyOf": [{"properties": {"k": {"const": n}, f"p{n}": {"maximum": 3}}, "required": ["k"]} for n in range(3)]}
    found = compare(contract(old, "old"), contract(new, "new"), Judging(needs("backward", ())), Hurried(20.0))
    assert found.breaking
    assert found.undecided
    assert str(found.bump) == "major"
    assert {str(change.answer("backward").effect) for change in found.changes if not change.undecided} == {"breaks"}


def test_more_breaks_than_are_told_are_not_taken_for_harmless():
    names = [f"p{n}" for n in range(230)]
    found = compared(
        *({"properties": {name: {"type": kind} for name in names}} for kind in ("number", "integer")), "backward"
    )
    assert len(found.changes) >= len(names)
    assert all(change.breaking or change.undecided for change in found.changes)


def test_questions_about_one_change_bring_the_definitions_that_it_needs():
    def holding_part(**more):
        part = {"type": "object", "properties": {"p": {"$ref": "#/$defs/x"}}, **more}
        known = {"x": {"$ref": "#/$defs/y"}, "y": {"type": "integer"}, "z": {"type": "null"}}
        return {"maxProperties": 0, "properties": {"w": part}, "$defs": known}

    (change,) = compared(holding_part(), holding_part(required=["p"])).changes
    assert change.answer("backward").effect is Effect.HARMLESS
    assert "`{}`" in change.answer("backward").reason


def test_places_of_both_sides_have_lines_and_columns():
    (change,) = compared(holding("a", {"minimum": 1}), holding("a", {"minimum": 2})).changes
    assert (change.baseline.at.path, change.baseline.at.line, change.baseline.at.column) == ("old.json", 5, 7)
    assert (change.candidate.at.path, change.candidate.at.line) == ("new.json", 5)
    assert (change.was, change.now) == ("at least 1", "at least 2")


def test_a_side_without_the_keyword_shows_the_nearest_place():
    (change,) = compared({"minimum": 1}, {"title": "t"} | {}, "backward").changes[:1]
    assert not change.candidate.present
    assert change.candidate.at.line == 1


def test_drafts_are_read_each_by_its_own_rules():
    old = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "number",
        "minimum": 0,
        "exclusiveMinimum": True,
    }
    new = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "number", "exclusiveMinimum": 0}
    found = compared(old, new)
    assert found.equivalent
    assert "K227" in [change.code for change in found.changes]


def test_big_and_exact_numbers_stay_exact():
    found = compared({"maximum": 9007199254740993}, {"maximum": 9007199254740992}, "backward")
    assert found.changes[0].witness is not None
    assert found.changes[0].witness.text == "9007199254740993"
    assert found.changes[0].was == "at most 9007199254740993"


# -- content policies


def test_a_new_optional_property_breaks_open_contents_and_is_marked_as_cleared():
    old = {"type": "object", "properties": {"a": {"type": "integer"}}}
    new = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
    (opened,) = compared(old, new, "backward").changes
    assert opened.breaking
    assert opened.cleared
    declared = compared(old, new, "backward", "declared")
    assert not declared.breaking
    assert declared.content == "declared"
    assert declared.changes[0].cleared
    assert declared.bump is Bump.MINOR


def test_declared_contents_clear_nothing_that_really_breaks():
    old = {"type": "object", "properties": {"a": {"type": "number"}}}
    new = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
    found = compared(old, new, "backward", "declared")
    assert [(change.code, change.breaking, change.cleared) for change in found.changes] == [
        ("K201", True, False),
        ("K210", False, True),
    ]


@pytest.mark.parametrize(
    "old",
    [
        {"type": "object"},  # nothing is declared, so anything may be there
        {"type": "object", "properties": {"a": {}}, "additionalProperties": True},  # the author says that it is open
        {"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "boolean"}},
        {"type": "object", "properties": {"a": {}}, "patternProperties": {"^b": {}}},
        {"anyOf": [{"type": "object"}, {"type": "object", "properties": {"a": {}}}]},
    ],
    ids=str,
)
def test_declared_contents_close_only_what_is_closed_in_spirit(old):
    new = {**old, "properties": {**old.get("properties", {}), "b": {"type": "integer"}}}
    new.pop("patternProperties", None)
    assert compared(old, new, "backward", "declared").breaking


def test_halves_of_an_all_of_do_not_forbid_each_other_when_closed():
    old = {"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"properties": {"b": {"type": "number"}}}]}  # fmt: skip
    new = {"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"properties": {"b": {"type": "integer"}}}]}  # fmt: skip
    (change,) = compared(old, new, "backward", "declared").changes
    assert change.breaking
    assert not change.cleared


def test_closing_goes_through_references_lists_and_recursion():
    old = {"$ref": "#/$defs/n", "$defs": {"n": {"type": "object", "properties": {"kids": {"items": {"$ref": "#/$defs/n"}}}}}}  # fmt: skip
    new = {"$ref": "#/$defs/n", "$defs": {"n": {"type": "object", "properties": {"kids": {"items": {"$ref": "#/$defs/n"}}, "b": {"const": 1}}}}}  # fmt: skip
    assert compared(old, new, "backward").breaking
    found = compared(old, new, "backward", "declared")
    assert not found.breaking
    assert not found.undecided


def test_what_a_pattern_declares_beside_a_name_stays_declared():
    loose = {"^x": {"type": "object", "properties": {"p": {}}}}
    old = {
        "type": "object",
        "properties": {"xa": {"type": "object", "properties": {"q": {}}}},
        "patternProperties": loose,
    }
    new = {**old, "properties": {"xa": {"type": "object", "properties": {"q": {}, "p": {"const": 1}}}}}
    (change,) = compared(old, new, "backward", "declared").changes
    assert change.breaking
    assert not change.cleared


def test_draft_7_is_closed_too():
    old = {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/n", "definitions": {"n": {"properties": {"a": {}}}}}  # fmt: skip
    new = {**old, "definitions": {"n": {"properties": {"a": {}, "b": {"const": 1}}}}}
    assert compared(old, new, "backward").breaking
    assert not compared(old, new, "backward", "declared").breaking


# -- version steps


@pytest.mark.parametrize(
    ("old", "new", "mode", "step"),
    [
        ({"const": 1}, {"const": 1, "title": "x"}, "backward", Bump.PATCH),
        ({"type": "integer", "minimum": 1}, {"type": "integer", "exclusiveMinimum": 0}, "full", Bump.PATCH),
        ({"type": "integer"}, {"type": "number"}, "backward", Bump.MINOR),
        ({"type": "integer"}, {"type": "number"}, "forward", Bump.MAJOR),
        ({"type": "number"}, {"type": "integer"}, "backward", Bump.MAJOR),
    ],
)
def test_a_patch_is_proved_and_a_break_is_major(old, new, mode, step):
    assert compared(old, new, mode).bump is step


def test_undecided_is_told_with_its_reason_and_has_no_step():
    old = {"properties": {"a": {"$ref": "https://example.org/elsewhere.json"}}}
    new = {"properties": {"a": {"$ref": "https://example.org/other.json"}}}
    found = compared(old, new, "backward")
    assert found.undecided
    assert not found.breaking
    assert found.bump is None
    doubt = next(change for change in found.changes if change.undecided)
    assert doubt.code == "K301"
    assert "remote-reference" in doubt.message


# -- the function for programs


def test_programs_get_a_report_of_two_parsed_schemas():
    report = diff({"type": "number", "multipleOf": 0.1}, {"type": "number", "multipleOf": 0.2}, position="input")
    assert [(finding.code, str(finding.severity)) for finding in report.findings] == [("K204", "error")]
    assert report.exit_code() == 1
    assert diff({"type": "integer"}, {"type": "number"}, "backward").exit_code() == 0
    assert diff({"type": "integer"}, {"type": "number"}, "full").exit_code() == 1


def test_a_schema_without_a_bottom_is_undecided_and_no_error_of_ours():
    deep = {}
    for _ in range(5000):
        deep = {"not": deep}
    assert [finding.code for finding in diff(deep, {}).findings] == ["K301"]

"""The same schema in other words: whatever an engine says about one it must not deny of the other.

Takes:   a document, and a source of chance.
Gives:   `rewritten(document, rng)`: a document with the same instances, and what was done to it.
Ignores: documents where annotations decide (`unevaluated*`): there only rewrites that keep them are done.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

from adversary.edit import found_at, places, put
from adversary.exact import dumps
from adversary.judge import draft_of

_ROOT = ("$schema", "$defs", "definitions", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor")
_TOGETHER = (  # keywords that look at each other
    ("properties", "patternProperties", "additionalProperties"),
    ("items", "prefixItems", "additionalItems"),
    ("contains", "minContains", "maxContains"),
    ("if", "then", "else"),
    ("minimum", "exclusiveMinimum"),  # draft 4
    ("maximum", "exclusiveMaximum"),
)
Rewrite = Callable[[dict[str, Any], Random, str], Any]


def rewritten(document: dict[str, Any], rng: Random, times: int = 2) -> tuple[dict[str, Any], list[str]]:
    """The document in other words, and the names of what was done."""
    done: list[str] = []
    draft = draft_of(document)
    sees = '"unevaluated' in dumps(document)
    for _ in range(times * 8):
        if len(done) >= times:
            break
        place = rng.choice(list(places(document)))
        schema = found_at(document, place)
        if not isinstance(schema, dict) or "$ref" in schema or "$dynamicRef" in schema:
            continue
        rewrite = rng.choice(_KEEPING if sees else _REWRITES)
        kept = {word: schema[word] for word in _ROOT if word in schema}
        body = {word: copy.deepcopy(value) for word, value in schema.items() if word not in _ROOT}
        changed = rewrite(body, rng, draft)
        if changed is None:
            continue
        document = put(document, place, {**kept, **changed} if kept or isinstance(changed, dict) else changed)
        done.append(rewrite.__name__.strip("_"))
    return document, done


def _all_of_one(body: dict[str, Any], _rng: Random, _draft: str) -> Any:
    return {"allOf": [body]}


def _any_of_one(body: dict[str, Any], rng: Random, draft: str) -> Any:
    never = {"not": {}} if draft == "4" else False
    return {"anyOf": rng.choice([[body], [body, never], [never, body]])}


def _one_of_one(body: dict[str, Any], _rng: Random, draft: str) -> Any:
    return {"oneOf": [{"not": {}} if draft == "4" else False, body]}


def _not_not(body: dict[str, Any], _rng: Random, _draft: str) -> Any:
    return {"not": {"not": body}}


def _split(body: dict[str, Any], rng: Random, _draft: str) -> Any:
    groups: dict[Any, dict[str, Any]] = {}
    for word, value in body.items():
        group = next((each for each in _TOGETHER if word in each), word)
        groups.setdefault(group, {})[word] = value
    parts = list(groups.values())
    rng.shuffle(parts)
    return {"allOf": parts} if len(parts) > 1 else None


def _shuffled(body: dict[str, Any], rng: Random, _draft: str) -> Any:
    items = list(body.items())
    rng.shuffle(items)
    made = dict(items)
    for word in ("type", "enum", "required", "anyOf", "allOf", "oneOf"):
        if isinstance(made.get(word), list):
            made[word] = rng.sample(made[word], len(made[word]))
    return made


def _annotated(body: dict[str, Any], rng: Random, _draft: str) -> Any:
    return {**body, rng.choice(["title", "description", "$comment", "x-note"]): "other words"}


def _types_apart(body: dict[str, Any], _rng: Random, _draft: str) -> Any:
    listed = body.get("type")
    if not isinstance(listed, list):
        return None
    rest = {word: value for word, value in body.items() if word != "type"}
    return {"anyOf": [{"type": each, **copy.deepcopy(rest)} for each in listed]}


def _type_beside(body: dict[str, Any], _rng: Random, _draft: str) -> Any:
    if "type" not in body:
        return None
    rest = {word: value for word, value in body.items() if word != "type"}
    return {"allOf": [{"anyOf": [{"type": each} for each in _listed(body["type"])]}, rest]}


def _enum_apart(body: dict[str, Any], _rng: Random, draft: str) -> Any:
    if "enum" not in body:
        return None
    rest = {word: value for word, value in body.items() if word != "enum"}
    word = (lambda value: {"enum": [value]}) if draft == "4" else (lambda value: {"const": value})
    return {"allOf": [rest, {"anyOf": [word(value) for value in body["enum"]]}]}


def _const_listed(body: dict[str, Any], _rng: Random, draft: str) -> Any:
    if "const" not in body or "enum" in body or draft == "4":
        return None
    made = {word: value for word, value in body.items() if word != "const"}
    return {**made, "enum": [body["const"]]}


def _number_doubled(body: dict[str, Any], _rng: Random, _draft: str) -> Any:
    if body.get("type") != "number":
        return None
    return {**body, "type": ["integer", "number"]}


def _integer_as_step(body: dict[str, Any], _rng: Random, _draft: str) -> Any:
    if body.get("type") != "integer" or "multipleOf" in body:
        return None
    return {**body, "type": "number", "multipleOf": 1}


def _conditions(body: dict[str, Any], _rng: Random, draft: str) -> Any:
    if "if" not in body or draft in ("4", "6"):
        return None
    rest = {word: value for word, value in body.items() if word not in ("if", "then", "else")}
    then, other = body.get("then", True), body.get("else", True)
    return {"allOf": [rest, {"anyOf": [{"not": body["if"]}, then]}, {"anyOf": [body["if"], other]}]}


def _de_morgan(body: dict[str, Any], _rng: Random, _draft: str) -> Any:
    if "anyOf" not in body:
        return None
    rest = {word: value for word, value in body.items() if word != "anyOf"}
    return {"allOf": [rest, {"not": {"allOf": [{"not": each} for each in body["anyOf"]]}}]}


def _one_of_spelled(body: dict[str, Any], _rng: Random, _draft: str) -> Any:
    listed = body.get("oneOf")
    if not listed or len(listed) > 3:
        return None
    rest = {word: value for word, value in body.items() if word != "oneOf"}
    ways = [
        {"allOf": [each, *({"not": other} for number, other in enumerate(listed) if number != at)]}
        for at, each in enumerate(listed)
    ]
    return {"allOf": [rest, {"anyOf": copy.deepcopy(ways)}]}


def _required_apart(body: dict[str, Any], _rng: Random, _draft: str) -> Any:
    if not body.get("required"):
        return None
    rest = {word: value for word, value in body.items() if word != "required"}
    return {"allOf": [rest, *({"required": [key]} for key in body["required"])]}


def _counts_negated(body: dict[str, Any], _rng: Random, draft: str) -> Any:
    for low, high in (("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties")):
        kind = {"minLength": "string", "minItems": "array", "minProperties": "object"}[low]
        if body.get(low):
            rest = {word: value for word, value in body.items() if word != low}
            return {"allOf": [rest, {"not": {"type": kind, high: body[low] - 1}}]}
    if "maximum" in body and draft != "4":
        rest = {word: value for word, value in body.items() if word != "maximum"}
        return {"allOf": [rest, {"not": {"type": "number", "exclusiveMinimum": body["maximum"]}}]}
    return None


def _split_in_two(body: dict[str, Any], rng: Random, _draft: str) -> Any:
    asked = rng.choice(
        [{"type": "string"}, {"required": ["a"]}, {"minimum": 2}, {"type": ["array", "null"]}, {"minItems": 1}]
    )
    return {"anyOf": [{"allOf": [body, asked]}, {"allOf": [copy.deepcopy(body), {"not": asked}]}]}


def _doubled(body: dict[str, Any], _rng: Random, _draft: str) -> Any:
    return {"allOf": [body, copy.deepcopy(body)]}


def _items_negated(body: dict[str, Any], _rng: Random, draft: str) -> Any:
    """All items are such: none is not."""
    if "items" not in body or isinstance(body["items"], list) or "prefixItems" in body or draft == "4":
        return None
    rest = {word: value for word, value in body.items() if word not in ("items", "additionalItems")}
    return {"allOf": [rest, {"not": {"type": "array", "contains": {"not": body["items"]}}}]}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_KEEPING: tuple[Rewrite, ...] = (
    _all_of_one,
    _any_of_one,
    _shuffled,
    _annotated,
    _number_doubled,
    _integer_as_step,
    _const_listed,
)
_REWRITES: tuple[Rewrite, ...] = (
    *(_all_of_one, _any_of_one, _one_of_one, _not_not, _split, _shuffled, _annotated, _types_apart, _type_beside),
    *(_enum_apart, _const_listed, _number_doubled, _integer_as_step, _conditions, _de_morgan, _one_of_spelled),
    *(_required_apart, _counts_negated, _split_in_two, _doubled, _items_negated),
)

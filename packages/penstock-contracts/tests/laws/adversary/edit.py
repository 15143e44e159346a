"""One thing of a schema changed, as releases do.

Takes:   a document, a source of chance, and a drawer of the same draft.
Gives:   `edited(document, drawer)`: another document; `places(document)`: where its schemas are.
Ignores: whether the change matters.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from typing import Any

from adversary.draw import CONSTANTS, KEYS, TYPES, Drawer

ONE = ("not", "if", "then", "else", "items", "additionalItems", "contains", "additionalProperties", "propertyNames")
ONE += ("unevaluatedItems", "unevaluatedProperties")
LIST = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
MAP = ("properties", "patternProperties", "dependentSchemas", "dependencies", "definitions", "$defs")
NUMERIC = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
COUNTS = (
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minContains",
    "maxContains",
)

_NAMING = ("$schema", "$defs", "definitions", "$id", "id", "$anchor", "$dynamicAnchor")  # others may refer to them

Place = tuple[Any, ...]


def places(schema: Any, at: Place = ()) -> Iterator[Place]:
    """The path of every schema in a document, its own, which is empty, first."""
    yield at
    if not isinstance(schema, dict):
        return
    for word, value in schema.items():
        if word in ONE and isinstance(value, (dict, bool)):
            yield from places(value, (*at, word))
        if word in LIST and isinstance(value, list):
            for number, each in enumerate(value):
                yield from places(each, (*at, word, number))
        if word in MAP and isinstance(value, dict):
            for key, each in value.items():
                if isinstance(each, (dict, bool)):
                    yield from places(each, (*at, word, key))


def found_at(document: Any, place: Place) -> Any:
    """The schema at a place."""
    for step in place:
        document = document[step]
    return document


def put(document: Any, place: Place, schema: Any) -> Any:
    """A copy of the document with another schema at a place."""
    if not place:
        return schema
    document = copy.deepcopy(document)
    found_at(document, place[:-1])[place[-1]] = schema
    return document


def edited(document: dict[str, Any], drawer: Drawer) -> dict[str, Any]:
    """The document with one thing changed; now and then that changes nothing."""
    rng = drawer.rng
    drawer.names = list(document.get(drawer.word, {}))  # what a reference may lead to
    for _ in range(20):
        place = rng.choice(list(places(document)))
        schema = copy.deepcopy(found_at(document, place))
        change = rng.choice(_CHANGES)
        changed = change(schema, rng, drawer)
        if changed is None or (not place and not isinstance(changed, dict)):
            continue
        if not place and "$schema" not in changed:
            continue
        return put(document, place, changed)
    return document


def _drop(schema: Any, rng: Random, _drawer: Drawer) -> Any:
    words = [word for word in schema if word not in _NAMING] if isinstance(schema, dict) else []
    if words:
        del schema[rng.choice(words)]
        return schema
    return None


def _add(schema: Any, rng: Random, drawer: Drawer) -> Any:
    if not isinstance(schema, dict) or "$ref" in schema:
        return None
    drawer.exits = False
    schema.update(drawer.about(rng.choice(TYPES), 1) if rng.random() < 0.7 else drawer.combined(1))
    return schema


def _replace(_schema: Any, _rng: Random, drawer: Drawer) -> Any:
    drawer.exits = False
    return drawer.schema(1)


def _nudge(schema: Any, rng: Random, _drawer: Drawer) -> Any:
    if not isinstance(schema, dict):
        return None
    words = [word for word in (*NUMERIC, *COUNTS) if word in schema and not isinstance(schema[word], bool)]
    if not words:
        return None
    word = rng.choice(words)
    if word in COUNTS:
        schema[word] = max(0, schema[word] + rng.choice([1, -1]))
    elif word == "multipleOf":
        schema[word] = rng.choice([schema[word] * 2, schema[word] * 3, 1])
    else:
        schema[word] = schema[word] + rng.choice([1, -1, Decimal("0.5"), Decimal("-0.5")])
    return schema


def _require(schema: Any, rng: Random, _drawer: Drawer) -> Any:
    if not isinstance(schema, dict) or "$ref" in schema:
        return None
    required = list(schema.get("required", []))
    key = rng.choice(KEYS)
    if key in required:
        required.remove(key)
    else:
        required.append(key)
    schema["required"] = required
    if not required:
        del schema["required"]
    return schema


def _enumerate(schema: Any, rng: Random, _drawer: Drawer) -> Any:
    if not isinstance(schema, dict) or "enum" not in schema:
        return None
    listed = list(schema["enum"])
    if len(listed) > 1 and rng.random() < 0.5:
        listed.pop(rng.randrange(len(listed)))
    else:
        listed.append(rng.choice(CONSTANTS))
    schema["enum"] = listed
    return schema


def _retype(schema: Any, rng: Random, _drawer: Drawer) -> Any:
    if not isinstance(schema, dict) or "type" not in schema:
        return None
    listed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    other = rng.choice(TYPES)
    schema["type"] = (
        [each for each in listed if each != other] if other in listed and len(listed) > 1 else sorted({*listed, other})
    )
    return schema


def _open_or_close(schema: Any, rng: Random, drawer: Drawer) -> Any:
    if not isinstance(schema, dict) or "$ref" in schema or drawer.draft == "4":
        return None
    word = rng.choice(["additionalProperties", "items"])
    if word in schema:
        del schema[word]
    else:
        schema[word] = rng.choice([False, {"type": rng.choice(TYPES)}])
    return schema


def _property(schema: Any, rng: Random, drawer: Drawer) -> Any:
    if not isinstance(schema, dict) or "properties" not in schema:
        return None
    drawer.exits = False
    key = rng.choice(KEYS)
    if key in schema["properties"] and rng.random() < 0.5:
        del schema["properties"][key]
    else:
        schema["properties"][key] = drawer.schema(0)
    return schema


_CHANGES: tuple[Callable[[Any, Random, Drawer], Any], ...] = (
    *(_drop, _drop, _add, _add, _replace, _nudge, _nudge, _nudge),
    *(_require, _enumerate, _retype, _open_or_close, _property),
)

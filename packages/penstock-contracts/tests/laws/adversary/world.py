"""Small worlds: so few values that the truth about any two schemas can be found by trying every one.

Takes:   a source of chance and a draft.
Gives:   `WORLDS`: each a schema that confines values by keywords (never by listing them), and all of its values;
         `confined(world, schema)`, `truth(world, a, b)`.
Ignores: the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

from adversary.draw import Drawer
from adversary.judge import Judge


@dataclass(frozen=True, slots=True)
class World:
    """A schema with few values, all of them known, and what to say about them."""

    name: str
    schema: dict[str, Any]
    values: tuple[Any, ...]
    speak: Callable[[Drawer], dict[str, Any]]


def _arrays() -> Iterator[list[Any]]:
    for size in range(4):
        for items in product((1, 2, "a"), repeat=size):
            yield list(items)


def _objects() -> Iterator[dict[str, Any]]:
    for values in product((None, 1, "a"), repeat=3):
        yield {key: value for key, value in zip("abc", values, strict=True) if value is not None}


def _texts() -> Iterator[str]:
    for size in range(4):
        for letters in product("ab0", repeat=size):
            yield "".join(letters)


def _about(kind: str) -> Callable[[Drawer], dict[str, Any]]:
    return lambda drawer: {**drawer.about(kind, 1), **(drawer.about(kind, 1) if drawer.rng.random() < 0.5 else {})}


WORLDS = (
    World(
        "numbers",
        {"type": "number", "multipleOf": Decimal("0.5"), "minimum": 0, "maximum": 7},
        tuple(number // 2 if number % 2 == 0 else Decimal(number) / 2 for number in range(15)),
        _about("number"),
    ),
    World("texts", {"type": "string", "pattern": "^[ab0]{0,3}$"}, tuple(_texts()), _about("string")),
    World(
        "arrays", {"type": "array", "maxItems": 3, "items": {"enum": [1, 2, "a"]}}, tuple(_arrays()), _about("array")
    ),
    World(
        "objects",
        {"type": "object", "patternProperties": {"^[abc]$": {"enum": [1, "a"]}}, "additionalProperties": False},
        tuple(_objects()),
        _about("object"),
    ),
)


def spoken(world: World, drawer: Drawer) -> Any:
    """Something to say about the values of a world: keywords of their type, sometimes combined."""
    rng = drawer.rng
    first = world.speak(drawer)
    if rng.random() < 0.5:
        return first
    word = rng.choice(
        ["allOf", "anyOf", "oneOf", "not", "if"] if drawer.draft not in ("4", "6") else ["anyOf", "oneOf", "not"]
    )
    if word == "not":
        return {**first, "not": world.speak(drawer)}
    if word == "if":
        return {**first, "if": world.speak(drawer), "then": world.speak(drawer), "else": world.speak(drawer)}
    return {**first, word: [world.speak(drawer) for _ in range(rng.choice([2, 2, 3]))]}


def confined(world: World, schema: Any, uri: str) -> dict[str, Any]:
    """The schema, about values of the world only."""
    return {"$schema": uri, "allOf": [world.schema, schema]}


def truth(world: World, a: Any, b: Any) -> bool:
    """Whether every value of the world that is valid under `a` is valid under `b`."""
    judges = Judge(a), Judge(b)
    return all(judges[1].accepts(value) for value in world.values if judges[0].accepts(value))

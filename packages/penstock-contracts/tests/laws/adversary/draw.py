"""Schemas by chance, from a small stock of words and numbers, so that two of them have something to do with each other.

Takes:   a source of chance and a draft.
Gives:   `Drawer(rng, draft).root(depth)`: a schema that says its draft; every keyword of the draft comes up.
Ignores: whether it makes sense, or can be fulfilled. References never go in a circle without a step into a value.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from adversary.judge import DRAFTS

KEYS = ("a", "b", "c")
WORDS = ("", "a", "b", "ab", "abc", "x1", "é")
PATTERNS = (
    "^a",
    "b$",
    "^[ab]*$",
    "^.{2}$",
    "[0-9]",
    "^(a|bc)+$",
    "^x?$",
    "a",
    "^[^a]",
    "^$",
    "^(?!a)",
    "^a|b$",
    r"^\w+$",
)
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
NUMBERS = (0, 1, 2, 3, 4, 5, -1, 7, 10, Decimal("0.5"), Decimal("1.5"), Decimal("2.5"), Decimal("0.1"))
LARGE = (2**53, 2**53 + 1, 10**30, -(10**30), Decimal("1E+400"), Decimal("1E-30"), Decimal("0.30000000000000004"))
STEPS = (1, 2, 3, 4, 6, Decimal("0.5"), Decimal("1.5"), Decimal("0.1"))
CONSTANTS = (
    *(None, True, False, 0, 1, 2, 3, Decimal("0.5"), -1, "", "a", "b", "ab", [], {}, [1], [True], ["a", 1]),
    *({"a": 1}, {"a": True}, {"b": "a"}, {"a": 1, "b": 2}, [[]], [0, 0], {"a": {}}, {"a": "a", "c": None}),
)


class Drawer:
    """Draws schemas of one draft."""

    def __init__(self, rng: Random, draft: str = "2020-12") -> None:
        self.rng, self.draft = rng, draft
        self.old = draft in ("4", "6", "7")
        self.word = "definitions" if self.old else "$defs"
        self.names: list[str] = []
        self.exits = False  # whether references may be drawn here
        self.named = False  # whether the root has an `$id`, and definitions names of their own

    def root(self, depth: int = 2) -> dict[str, Any]:
        """A whole document."""
        rng = self.rng
        self.names = ["d0", "d1"][: rng.choice([0, 0, 0, 1, 2])]
        definitions = {}
        for name in self.names:
            self.exits = False
            definitions[name] = self.schema(depth - 1)
            if self.named and isinstance(definitions[name], dict) and "$ref" not in definitions[name]:
                word, anchor = self._anchor(name)
                definitions[name] = {word: anchor, **definitions[name]}
        self.exits = True
        body = self.schema(depth)
        if not isinstance(body, dict):
            body = {"not": {}} if body is False else {}
        if definitions:
            body = {"allOf": [body], self.word: definitions} if "$ref" in body else {**body, self.word: definitions}
        own = {"id" if self.draft == "4" else "$id": "https://example.org/root.json"} if self.named else {}
        return {"$schema": DRAFTS[self.draft], **own, **body}

    def _anchor(self, name: str) -> tuple[str, str]:
        """How a definition gets a name of its own, or an address, in this draft."""
        if self.old:
            return "id" if self.draft == "4" else "$id", self.rng.choice([f"#{name}", f"{name}.json"])
        return self.rng.choice(
            [("$anchor", name), ("$id", f"{name}.json"), ("$dynamicAnchor", name)][
                : 3 if self.draft == "2020-12" else 2
            ]
        )

    def reference(self) -> str:
        """A reference to a definition; by its address, which is always right, or by where it stands in the file."""
        name = self.rng.choice(self.names)
        return f"{self.rng.choice(['', 'root.json', 'https://example.org/root.json']) if self.named else ''}#/{self.word}/{name}"

    def schema(self, depth: int) -> Any:
        """A schema; at depth 0 it has none inside."""
        rng = self.rng
        chance = rng.random()
        if self.draft != "4" and chance < 0.06:
            return rng.random() < 0.7
        if self.exits and self.names and chance < 0.16:
            return {"$ref": self.reference()}
        made: dict[str, Any] = {}
        if chance < 0.28:
            made.update(self.listed())
        kinds = rng.sample(TYPES, rng.choice([1, 1, 1, 2]))
        if rng.random() < 0.65:
            made["type"] = kinds if len(kinds) > 1 else kinds[0]
        for kind in kinds:
            if rng.random() < 0.85:
                made.update(self.about(kind, depth))
        if depth > 0 and rng.random() < 0.3:
            made.update(self.combined(depth))
        items = list(made.items())
        rng.shuffle(items)
        return dict(items)

    def inner(self, depth: int) -> Any:
        """A schema for a part of a value: here references are safe."""
        before, self.exits = self.exits, True
        made = self.schema(depth - 1)
        self.exits = before
        return made

    def listed(self) -> dict[str, Any]:
        """`enum` or `const`."""
        rng = self.rng
        if self.draft != "4" and rng.random() < 0.4:
            return {"const": rng.choice(CONSTANTS)}
        chosen = rng.sample(range(len(CONSTANTS)), rng.choice([1, 2, 3, 4]))
        return {"enum": [CONSTANTS[at] for at in chosen]}

    def about(self, kind: str, depth: int) -> dict[str, Any]:
        """A keyword or two about one type."""
        table = {
            "integer": self.numeric,
            "number": self.numeric,
            "string": self.textual,
            "array": self.listing,
            "object": self.mapping,
        }
        return table[kind](depth) if kind in table else {}

    def numeric(self, _depth: int) -> dict[str, Any]:
        rng, made = self.rng, {}
        for _ in range(rng.choice([1, 1, 2])):
            word = rng.choice(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"])
            if word == "multipleOf":
                made[word] = rng.choice(STEPS)
            elif self.draft == "4" and word.startswith("exclusive"):
                made[word.replace("exclusiveM", "m")] = rng.choice(NUMBERS)
                made[word] = rng.random() < 0.7
            else:
                made[word] = rng.choice(NUMBERS if rng.random() < 0.95 else LARGE)
        return made

    def textual(self, _depth: int) -> dict[str, Any]:
        rng, made = self.rng, {}
        for _ in range(rng.choice([1, 1, 2])):
            word = rng.choice(["minLength", "maxLength", "pattern", "pattern"])
            made[word] = rng.choice(PATTERNS) if word == "pattern" else rng.choice([0, 1, 2, 3])
        if rng.random() < 0.05:
            made["format"] = rng.choice(["email", "date"])
        return made

    def listing(self, depth: int) -> dict[str, Any]:
        rng, made = self.rng, {}
        words = ["minItems", "maxItems", "uniqueItems"]
        if depth > 0:
            words += ["items", "items", "prefix", "contains", "contains"]
            words += ["counts", "unevaluatedItems"] if not self.old else []
        for _ in range(rng.choice([1, 2, 2, 3])):
            word = rng.choice(words)
            if word in ("minItems", "maxItems"):
                made[word] = rng.choice([0, 1, 2, 3])
            elif word == "uniqueItems":
                made[word] = rng.random() < 0.85
            elif word == "prefix":
                listed = [self.inner(depth) for _ in range(rng.choice([1, 2]))]
                made["prefixItems" if self.draft == "2020-12" else "items"] = listed
                if self.draft != "2020-12" and rng.random() < 0.5:
                    made["additionalItems"] = self.inner(depth)
            elif word == "contains" and self.draft != "4":
                made["contains"] = self.inner(depth)
            elif word == "counts":
                made["contains"] = self.inner(depth)
                if rng.random() < 0.7:
                    made["minContains"] = rng.choice([0, 1, 2, 3])
                if rng.random() < 0.6:
                    made["maxContains"] = rng.choice([0, 1, 2])
            elif word == "unevaluatedItems" and self.draft == "2020-12":
                made["unevaluatedItems"] = rng.choice([False, self.inner(depth)])
            elif word == "items":
                made["items"] = self.inner(depth)
        return made

    def mapping(self, depth: int) -> dict[str, Any]:
        rng, made = self.rng, {}
        words = ["required", "minProperties", "maxProperties"]
        if not self.old:
            words += ["dependentRequired"]
        if depth > 0:
            words += ["properties", "properties", "patternProperties", "additionalProperties", "additionalProperties"]
            words += ["propertyNames"] if self.draft != "4" else []
            words += ["dependencies"] if self.old else ["dependentSchemas"]
            words += ["unevaluatedProperties"] if self.draft == "2020-12" else []
        for _ in range(rng.choice([1, 2, 2, 3])):
            word = rng.choice(words)
            some = rng.sample(KEYS, rng.choice([1, 1, 2]))
            if word in ("minProperties", "maxProperties"):
                made[word] = rng.choice([0, 1, 2, 3])
            elif word == "required":
                made[word] = some
            elif word == "dependentRequired":
                made[word] = {rng.choice(KEYS): some}
            elif word == "dependentSchemas":
                made[word] = {rng.choice(KEYS): self.schema(depth - 1)}
            elif word == "dependencies":
                made[word] = {rng.choice(KEYS): some if rng.random() < 0.5 else self.schema(depth - 1)}
            elif word == "properties":
                made[word] = {key: self.inner(depth) for key in some}
            elif word == "patternProperties":
                made[word] = {rng.choice(PATTERNS): self.inner(depth) for _ in some}
            elif word == "propertyNames":
                made[word] = rng.choice([{"enum": list(some)}, {"pattern": rng.choice(PATTERNS)}, {"maxLength": 1}])
                if rng.random() < 0.2:
                    made[word] = self.inner(1)
            else:
                made[word] = False if rng.random() < 0.5 and self.draft != "4" else self.inner(depth)
        return made

    def combined(self, depth: int) -> dict[str, Any]:
        rng = self.rng
        words = ["allOf", "anyOf", "oneOf", "not"]
        words += ["if"] if self.draft not in ("4", "6") else []
        word = rng.choice(words)
        if word == "not":
            return {"not": self.schema(depth - 1)}
        if word == "if":
            made = {"if": self.schema(depth - 1)}
            if rng.random() < 0.8:
                made["then"] = self.schema(depth - 1)
            if rng.random() < 0.6:
                made["else"] = self.schema(depth - 1)
            return made
        return {word: [self.schema(depth - 1) for _ in range(rng.choice([1, 2, 2, 3]))]}

"""Close a schema: payloads then hold only the properties that it declares.

Takes:   a contract.
Gives:   `closed`: a question side that accepts what the contract accepts, less everything with undeclared properties;
         `Cover.fits`: whether a payload of the contract has declared properties only.
Why so:  schemas are open by default, so a consumer that gains an optional property breaks payloads that carry, by
         chance, another thing under that name; nobody sends those.
Ignores: places where nothing is declared, or where the author says what others may be; those stay as they are.

Per place in a payload, the properties declared by all schemas that are applied there together count, so that two halves
of an `allOf` do not forbid each other's. Where that cannot be told, the place stays open: less is then cleared, never more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_contracts.asking import Asked, asked
from penstock_contracts.keywords import URIS

if TYPE_CHECKING:
    from penstock_contracts.sides import Side

_HERE = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("then", "else", "if")
_OTHERS = ("additionalProperties", "unevaluatedProperties")
_UNTOLD = frozenset({"$dynamicRef", "$recursiveRef"})
_MANY = 2_000  # places of a payload; a larger contract stays open below that


def closed(side: Side, cover: Cover | None = None) -> Asked:
    """The contract with undeclared properties forbidden."""
    contract = side.contract
    whole = asked(contract)
    cover = cover or Cover(side)
    top = cover.top
    home = "definitions" if side.draft <= 7 else "$defs"
    schema = {
        "$schema": URIS[side.draft],
        "allOf": [{"$ref": side.address("")}, {"$ref": top}],
        home: cover.made,
    }
    base = f"{contract.base or 'urn:penstock:contract'}?declared"
    return Asked(schema, base, whole.dialect, {**whole.documents, contract.base: contract.schema})


class Cover:
    """One schema for each place of a payload: which properties may be there, and what is beneath them."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._home = "definitions" if side.draft <= 7 else "$defs"
        self._known: dict[frozenset[str], str] = {}
        self._reached: dict[str, tuple[set[str], bool]] = {}
        self.made: dict[str, Any] = {}
        self.top = self.place([side.contract.start])

    def fits(self, value: Any, reference: str | None = None) -> bool:
        """Whether the value has declared properties only; False also when that cannot be told."""
        cover = self.made[(reference or self.top).rpartition("/")[2]]
        if isinstance(value, list):
            inner = cover.get("items")
            return inner is None or all(self.fits(one, inner["$ref"]) for one in value)
        if not isinstance(value, dict) or "properties" not in cover:
            return True
        return all(self._fits_one(cover, name, one) for name, one in value.items())

    def _fits_one(self, cover: dict[str, Any], name: str, value: Any) -> bool:
        named = cover["properties"].get(name)
        others = cover["additionalProperties"]
        if cover.get("patternProperties"):
            return False  # whether the name is found by a pattern is for the engine to say
        if named is not None:
            return self.fits(value, named["$ref"])
        return others is not False and self.fits(value, others["$ref"])

    def place(self, keys: list[str]) -> str:
        """A reference to the schema for the place at which these sub-schemas are applied together."""
        applied, told = self._applied(keys)
        mark = frozenset(applied)
        if mark not in self._known:
            name = f"place-{len(self._known)}"
            self._known[mark] = f"#/{self._home}/{name}"
            self.made[name] = {}
            if told and len(self._known) <= _MANY:
                self.made[name] = self._cover(sorted(applied))
        return self._known[mark]

    def _applied(self, keys: list[str]) -> tuple[set[str], bool]:
        """Every sub-schema that is applied to the same value, and whether all of them could be found."""
        each = [self._from(key) for key in keys]
        return {key for found, _ in each for key in found}, all(told for _, told in each)

    def _from(self, start: str) -> tuple[set[str], bool]:
        if start not in self._reached:
            self._reached[start] = self._reach(start)
        return self._reached[start]

    def _reach(self, start: str) -> tuple[set[str], bool]:
        found: set[str] = set()
        told = True
        stack = [start]
        while stack:
            key = stack.pop()
            if key in found:
                continue
            found.add(key)
            schema = self._get(key)
            if not isinstance(schema, dict):
                continue
            told = told and not (_UNTOLD & schema.keys())
            if "$ref" in schema:
                target = self._side.follow(schema)
                told = told and target is not None
                stack += [target] if target is not None else []
                if self._side.draft <= 7:
                    continue
            stack += [f"{key}/{word}/{at}" for word in _HERE for at in range(len(_listed(schema.get(word))))]
            told = told and not any(_is_free(one) for word in ("anyOf", "oneOf") for one in _listed(schema.get(word)))
            stack += [f"{key}/{word}" for word in _BRANCHES if word in schema]
            for word in ("dependentSchemas", "dependencies"):
                members = schema.get(word)
                names = members if isinstance(members, dict) else {}
                stack += [
                    f"{key}/{word}/{_token(name)}" for name, inner in names.items() if isinstance(inner, (dict, bool))
                ]
        return found, told

    def _cover(self, keys: list[str]) -> dict[str, Any]:
        schemas = [
            (key, schema)
            for key in keys
            if isinstance(schema := self._get(key), dict) and not (self._side.draft <= 7 and "$ref" in schema)
        ]
        cover = self._properties(schemas)
        elements = [
            f"{key}/{word}" for key, schema in schemas for word in ("items", "additionalItems", "contains", "unevaluatedItems")
            if isinstance(schema.get(word), (dict, bool))
        ]  # fmt: skip
        elements += [
            f"{key}/{word}/{at}" for key, schema in schemas for word in ("items", "prefixItems")
            for at in range(len(_listed(schema.get(word))))
        ]  # fmt: skip
        if elements:
            cover["items"] = {"$ref": self.place(elements)}
        return cover

    def _properties(self, schemas: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
        named: dict[str, list[str]] = {}
        loose: list[str] = []
        patterns: dict[str, None] = {}
        others: list[str] = []
        is_open = False
        for key, schema in schemas:
            for name in _named(schema.get("properties")):
                named.setdefault(name, []).append(f"{key}/properties/{_token(name)}")
            for pattern in _named(schema.get("patternProperties")):
                patterns[pattern] = None
                loose.append(f"{key}/patternProperties/{_token(pattern)}")
            for word in _OTHERS:
                inner = schema.get(word)
                if inner is True or isinstance(inner, dict):
                    is_open = True
                    others.append(f"{key}/{word}")
        if not named and not patterns and not others:
            return {}
        cover: dict[str, Any] = {"properties": {}}
        beside = loose + others
        everyone = [key for keys in named.values() for key in keys] + beside
        for name, keys in named.items():
            cover["properties"][name] = {"$ref": self.place(keys + beside)}
        if patterns:
            cover["patternProperties"] = {pattern: {"$ref": self.place(everyone)} for pattern in patterns}
        cover["additionalProperties"] = {"$ref": self.place(beside)} if is_open else False
        return cover

    def _get(self, key: str) -> Any:
        try:
            return self._side.get(key)
        except (LookupError, ValueError):
            return None


def _is_free(schema: Any) -> bool:
    """Whether an alternative takes objects of any kind."""
    if not isinstance(schema, dict):
        return schema is True
    types = schema.get("type", "object")
    return "object" in types and not (_SAYS_MORE & schema.keys())


_SAYS_MORE = frozenset(
    {"$ref", "allOf", "anyOf", "const", "else", "enum", "oneOf", "patternProperties", "properties", "then"}
    | {"additionalProperties", "unevaluatedProperties", "dependencies", "dependentSchemas", "required", "not"}
)


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _named(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

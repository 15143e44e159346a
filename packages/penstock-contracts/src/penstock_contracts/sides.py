"""Find one's way in one side of a comparison: what stands at a key, and where a reference leads.

Takes:   a contract.
Gives:   `Side`: `get`, `follow`, `landing`, `absolute`. A key is a pointer into the contract's schema, or `uri#pointer`.
Ignores: the other side (`walk`), and what schemas accept (`inclusion`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from penstock_contracts.keywords import draft_of
from penstock_contracts.uris import joined, parted_uri
from penstock_findings.pointers import join, split

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock_contracts.contract import Contract

_HOMES = frozenset({"$defs", "definitions"})
_MOVABLE = frozenset({"$id", "id", "$anchor", "$schema"})  # what a part of a schema loses when it is copied elsewhere
_FIXED = frozenset({"$dynamicRef", "$recursiveRef"})  # what means something else when it is copied elsewhere


class NotMovable(Exception):
    """A part of a schema that means something only where it stands."""


class Side:
    """One contract, with an index of its names."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        fallback = draft_of({"$schema": contract.dialect}) if contract.dialect else None
        self.draft = draft_of(contract.schema, fallback or 2020) or 2020
        self._names: dict[str, str] = {contract.base: ""}
        self._bases: dict[int, str] = {}
        self._index(contract.schema, "", contract.base)
        for uri, known in contract.documents.items():
            self._names[uri] = f"{uri}#"
            self._index(known.value, f"{uri}#", uri)

    def get(self, key: str) -> Any:
        """What stands at the key. Raises `LookupError`."""
        uri, mark, pointer = parted(key)
        value = self.contract.documents[uri].value if mark else self.contract.schema
        for token in split(pointer):
            if isinstance(value, list):
                value = value[int(token)] if token.isdecimal() else None
            elif isinstance(value, dict):
                value = value[token]
            else:
                raise LookupError(key)
        return value

    def follow(self, schema: dict[str, Any]) -> str | None:
        """The key of what the `$ref` of the schema leads to; None when that is not here."""
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return None
        uri, fragment = parted_uri(self._uri(schema, reference))
        if fragment and not fragment.startswith("/"):
            return self._names.get(f"{uri}#{fragment}")
        home = self._names.get(uri)
        if home is None:
            return None
        key = join_key(home, unquote(fragment))
        try:
            self.get(key)
        except (LookupError, ValueError):
            return None
        return key

    def landing(self, pointer: str) -> str:
        """The key of what a pointer of the engine names: it may go through a `$ref`, or begin at an inner `$id`."""
        key = ""
        try:
            for token in split(pointer):
                schema = self.get(key)
                followed = self.follow(schema) if token == "$ref" and isinstance(schema, dict) else None
                key = join(key, token) if followed is None else followed
            self.get(key)
            return key
        except (LookupError, ValueError):
            pass
        for home in self._names.values():
            try:
                self.get(join_key(home, pointer))
                return join_key(home, pointer)
            except (LookupError, ValueError):
                continue
        return pointer

    def absolute(self, schema: Any) -> Any:
        """A copy that means the same anywhere: references carry their whole address. Raises `NotMovable`."""
        if isinstance(schema, list):
            return [self.absolute(member) for member in schema]
        if not isinstance(schema, dict):
            return schema
        if _FIXED & schema.keys():
            raise NotMovable
        copy = {key: value for key, value in schema.items() if key not in _MOVABLE}
        for keyword, value in copy.items():
            if keyword in _MAPS:
                copy[keyword] = (
                    {name: self.absolute(inner) for name, inner in value.items()} if isinstance(value, dict) else value
                )
            elif keyword not in ("enum", "const", "default", "examples", "required"):
                copy[keyword] = self.absolute(value)
        if isinstance(schema.get("$ref"), str):
            copy["$ref"] = self._uri(schema, schema["$ref"])
        return copy

    def excerpt(self, keys: Iterable[str]) -> dict[str, Any]:
        """The documents with no more definitions than those places need, by URI; whole where that cannot be told."""
        wanted: set[tuple[str, str, str]] = set()  # document, home of definitions, name
        whole: set[str] = set()
        stack = list(keys)
        while stack:
            uri, _, pointer = parted(stack.pop())
            tokens = split(pointer)
            if len(tokens) < 2 or tokens[0] not in _HOMES:
                whole.add(uri)
                continue
            mark = (uri, tokens[0], tokens[1])
            if mark not in wanted:
                wanted.add(mark)
                stack += self.targets(self.get(join_key(f"{uri}#" if uri else "", join("", *tokens[:2]))))
        found: dict[str, Any] = {}
        for uri in {uri for uri, _, _ in wanted} | whole:
            document = self.contract.documents[uri].value if uri else self.contract.schema
            if uri not in whole:
                kept = {key: value for key, value in document.items() if key in _MOVABLE}
                homes = {home for one, home, _ in wanted if one == uri}
                parts = {
                    home: {name: document[home][name] for one, at, name in wanted if (one, at) == (uri, home)}
                    for home in homes
                }
                document = {**kept, **parts}
            found[uri or self.contract.base] = document
        return found

    def targets(self, schema: Any) -> list[str]:
        """The keys that references in the schema lead to."""
        found: list[str] = []
        stack = [schema]
        while stack:
            value = stack.pop()
            if isinstance(value, list):
                stack += value
            elif isinstance(value, dict):
                target = self.follow(value) if isinstance(value.get("$ref"), str) else None
                found += [target] if target is not None else []
                stack += [inner for inner in value.values() if isinstance(inner, (dict, list))]
        return found

    def address(self, key: str) -> str:
        """The URI of what stands at the key."""
        uri, mark, pointer = parted(key)
        return f"{uri if mark else self.contract.base}#{quote(pointer, safe='/~')}"

    def _uri(self, schema: dict[str, Any], reference: str) -> str:
        base = self._bases.get(id(schema), self.contract.base)
        if reference.startswith("#"):
            return base + reference
        return joined(base, reference)

    def _index(self, root: Any, key: str, base: str) -> None:
        """Remember every `$id` and anchor, and the base that references in each schema are resolved against."""
        stack: list[tuple[Any, str, str, bool]] = [(root, key, base, False)]
        while stack:
            value, here, base, is_map = stack.pop()
            if isinstance(value, list):
                stack += [(inner, join(here, place), base, False) for place, inner in enumerate(value)]
            elif isinstance(value, dict) and is_map:
                stack += [(inner, join(here, name), base, False) for name, inner in value.items()]
            elif isinstance(value, dict):
                base = self._named(value, here, base)
                self._bases[id(value)] = base
                stack += [
                    (inner, join(here, name), base, name in _MAPS)
                    for name, inner in value.items()
                    if name not in _DATA and isinstance(inner, (dict, list))
                ]

    def _named(self, schema: dict[str, Any], here: str, base: str) -> str:
        """The base inside of the schema; its names are remembered."""
        said = schema.get("$id", schema.get("id") if self.draft == 4 else None)
        if isinstance(said, str) and not said.startswith("#") and not (self.draft <= 7 and "$ref" in schema):
            base = parted_uri(joined(base, said))[0]
            self._names.setdefault(base, here)
        own = said[1:] if isinstance(said, str) and said.startswith("#") else None
        for name in (schema.get("$anchor"), schema.get("$dynamicAnchor"), own):
            if isinstance(name, str):
                self._names.setdefault(f"{base}#{name}", here)
        return base


_DATA = frozenset({"enum", "const", "default", "examples", "required", "type", "title", "description"})
_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"})


def parted(key: str) -> tuple[str, str, str]:
    """The URI of the document, `#` or nothing, and the pointer inside of it."""
    return ("", "", key) if key.startswith("/") or not key else key.partition("#")


def join_key(key: str, pointer: str) -> str:
    """The key of what the pointer leads to from there.

    >>> join_key("file:///a.json#", "/x"), join_key("", "/x")
    ('file:///a.json#/x', '/x')
    """
    return key + pointer

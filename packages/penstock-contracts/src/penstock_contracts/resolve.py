"""Where a reference leads: resources, anchors, pointers and the dynamic scope.

Takes:   the documents of one side of a question (nothing is ever fetched).
Gives:   `Side`, and `Scope`: what must be known to read a sub-schema at its place.
Ignores: what schemas mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from penstock_contracts.budget import CannotDecide
from penstock_contracts.dialect import DIALECTS, MANY, NAMED, SHAPES, Dialect, dialect_of
from penstock_contracts.document import survey


class ReadAgain(Exception):
    """A document that was found late has dynamic references: the side must be read again with `dynamical`."""


class Resource:
    """One schema resource: a root schema with a base URI, in one dialect. Anchors are found when they are first needed."""

    __slots__ = ("_anchors", "_dynamic", "dialect", "root", "uri")

    def __init__(self, uri: str, root: Any, dialect: Dialect) -> None:
        self.uri = uri
        self.root = root
        self.dialect = dialect
        self._anchors: dict[str, Any] | None = None
        self._dynamic: dict[str, Any] = {}

    @property
    def anchors(self) -> dict[str, Any]:
        """Name -> sub-schema."""
        if self._anchors is None:
            self._index()
        return self._anchors or {}

    @property
    def dynamic(self) -> dict[str, Any]:
        """Name of a `$dynamicAnchor` -> sub-schema; for `$recursiveAnchor` the name is empty."""
        if self._anchors is None:
            self._index()
        return self._dynamic

    def _index(self) -> None:
        found: dict[str, Any] = {}
        number = self.dialect.number
        for schema in parts(self.root, self.dialect):
            if number >= 2019:
                if isinstance(schema.get("$anchor"), str):
                    found.setdefault(schema["$anchor"], schema)
                if number >= 2020 and isinstance(schema.get("$dynamicAnchor"), str):
                    found.setdefault(schema["$dynamicAnchor"], schema)
                    self._dynamic.setdefault(schema["$dynamicAnchor"], schema)
            else:
                name = schema.get(self.dialect.id)
                if isinstance(name, str) and name.startswith("#"):
                    found.setdefault(name[1:], schema)
                elif isinstance(name, str) and "#" in name:
                    found.setdefault(name.split("#", 1)[1], schema)
        if number == 2019 and isinstance(self.root, dict) and self.root.get("$recursiveAnchor") is True:
            self._dynamic[""] = self.root
        self._anchors = found


class Scope:
    """The place of a sub-schema: its resource, its dialect, and the dynamic scope. Equal scopes are one object."""

    __slots__ = ("dialect", "dynamic", "resource", "side")

    def __init__(
        self, side: Side, resource: Resource, dialect: Dialect, dynamic: tuple[tuple[str, Resource], ...]
    ) -> None:
        self.side = side
        self.resource = resource
        self.dialect = dialect
        self.dynamic = dynamic

    def into(self, schema: dict[str, Any]) -> Scope:
        """The scope inside a sub-schema, which may be a resource of its own or of another dialect."""
        side = self.side
        if not side.marked and "$schema" not in schema:
            return self
        dialect = self.dialect
        named = schema.get("$schema")
        if isinstance(named, str) and schema is not self.resource.root:
            dialect = side.dialect(named)
        name = schema.get(dialect.id)
        if (
            isinstance(name, str)
            and schema is not self.resource.root
            and not (dialect.number <= 7 and "$ref" in schema)
        ):
            uri = urldefrag(urljoin(self.resource.uri, name))[0]
            if not name.startswith("#") and uri != "":
                return side.scope(side.resource(uri, schema, dialect), self.dynamic)
        if dialect is not self.dialect:
            return side.scope(self.resource, self.dynamic, dialect)
        return self


class Side:
    """The documents of one side of a question."""

    def __init__(
        self, root: Any, base: str, store: Mapping[str, Any], default: Dialect, *, dynamical: bool = False
    ) -> None:
        self.survey = survey(root)
        self.store = store
        self.default = default
        self.marks = self.survey.marks
        self.marked = bool(self.marks & {"$id", "id"})
        self.dynamical = dynamical or bool(self.marks & {"$dynamicRef", "$recursiveRef"})
        self._scopes: dict[Any, Scope] = {}
        self._resources: dict[int, Resource] = {}
        self._by_uri: dict[str, Resource] = {}
        self._indexed: set[int] = set()
        self.aliases: dict[str, Any] = {}  # URIs that were found under another name
        self.root = self._document(root, base)

    def _document(self, root: Any, base: str) -> Scope:
        dialect = self.default
        uri = base
        if isinstance(root, dict):
            if isinstance(root.get("$schema"), str):
                dialect = self.dialect(root["$schema"])
            name = root.get(dialect.id)
            if isinstance(name, str) and not (dialect.number <= 7 and "$ref" in root):
                uri = urldefrag(urljoin(base, name))[0]
        resource = self.resource(uri, root, dialect)
        if base:
            self._by_uri.setdefault(urldefrag(base)[0], resource)
        return self.scope(resource, ())

    def dialect(self, name: str) -> Dialect:
        """The dialect of a `$schema`; raises `CannotDecide` if it is unknown."""
        found = dialect_of(name)
        if found is None:
            raise CannotDecide("unknown-dialect", name)
        return found

    def resource(self, uri: str, root: Any, dialect: Dialect) -> Resource:
        """The resource with this root schema; made once."""
        made = self._resources.get(id(root)) if isinstance(root, dict) else None
        if made is None:
            made = self._resources[id(root)] = Resource(uri, root, dialect)
            self._by_uri.setdefault(uri, made)
        return made

    def scope(
        self, resource: Resource, dynamic: tuple[tuple[str, Resource], ...], dialect: Dialect | None = None
    ) -> Scope:
        """The scope of a resource that is entered while `dynamic` holds: the outermost resource of each dynamic anchor."""
        dialect = dialect or resource.dialect
        if self.dynamical and dialect.number >= 2019:
            known = {name for name, _ in dynamic}
            more = [(name, resource) for name in sorted(resource.dynamic) if name not in known]
            if more:
                dynamic = tuple(sorted([*dynamic, *more], key=lambda pair: pair[0]))
        key = (id(resource), dialect.number, tuple((name, id(one)) for name, one in dynamic))
        made = self._scopes.get(key)
        if made is None:
            made = self._scopes[key] = Scope(self, resource, dialect, dynamic)
        return made

    # ------------------------------------------------------------ references

    def follow(self, reference: str, scope: Scope) -> tuple[Any, Scope]:
        """The schema that a `$ref` leads to, and the scope there."""
        if reference.startswith("#"):
            resource, fragment = scope.resource, reference[1:]
        else:
            try:
                uri, fragment = urldefrag(urljoin(scope.resource.uri, reference))
            except ValueError as error:
                raise CannotDecide("invalid-schema", f"the reference `{reference}` is no URI") from error
            resource = scope.resource if uri == scope.resource.uri else self._found(uri, reference)
        there = self.scope(resource, scope.dynamic)
        if resource is scope.resource and scope.dialect is not resource.dialect:
            there = self.scope(resource, scope.dynamic, scope.dialect)
        if not fragment:
            return resource.root, there
        fragment = unquote(fragment)
        if fragment.startswith("/"):
            return self._at(resource.root, there, fragment, reference)
        found = resource.anchors.get(fragment)
        if found is None:
            raise CannotDecide("invalid-schema", f"the reference `{reference}` names an anchor that is not there")
        return found, there.into(found) if found is not resource.root else there

    def follow_dynamic(self, reference: str, scope: Scope) -> tuple[Any, Scope]:
        """The schema that a `$dynamicRef` leads to."""
        schema, there = self.follow(reference, scope)
        name = urldefrag(reference)[1]
        if isinstance(schema, dict) and schema.get("$dynamicAnchor") == name and name:
            for known, resource in scope.dynamic:
                if known == name:
                    return resource.dynamic[name], self.scope(resource, scope.dynamic)
        return schema, there

    def follow_recursive(self, scope: Scope) -> tuple[Any, Scope]:
        """The schema that a `$recursiveRef` leads to."""
        resource = scope.resource
        if isinstance(resource.root, dict) and resource.root.get("$recursiveAnchor") is True:
            for known, outermost in scope.dynamic:
                if known == "":
                    resource = outermost
        return resource.root, self.scope(resource, scope.dynamic)

    def at(self, pointer: str) -> tuple[Any, Scope]:
        """The sub-schema of the main document at a JSON pointer, and its scope."""
        if not pointer:
            return self.root.resource.root, self.root
        return self._at(self.root.resource.root, self.root, pointer, pointer)

    def _at(self, schema: Any, scope: Scope, pointer: str, reference: str) -> tuple[Any, Scope]:
        for token in pointer.split("/")[1:]:
            token = token.replace("~1", "/").replace("~0", "~")
            if isinstance(schema, dict) and token in schema:
                schema = schema[token]
            elif isinstance(schema, list) and token.isdecimal() and int(token) < len(schema):
                schema = schema[int(token)]
            else:
                raise CannotDecide("invalid-schema", f"the reference `{reference}` leads nowhere")
            if isinstance(schema, dict):
                scope = scope.into(schema)
        if not isinstance(schema, dict | bool):
            raise CannotDecide("invalid-schema", f"the reference `{reference}` leads to no schema")
        return schema, scope

    def _found(self, uri: str, reference: str) -> Resource:
        found = self._by_uri.get(uri)
        if found is None:
            for resource in list(self._resources.values()):
                self._name_parts(resource)
            found = self._by_uri.get(uri)
        if found is None:
            document = self._given(uri)
            if document is None:
                raise CannotDecide("remote-reference", reference)
            seen = survey(document)
            self.marks |= seen.marks
            self.marked = self.marked or bool(seen.marks & {"$id", "id"})
            if not self.dynamical and seen.marks & {"$dynamicRef", "$recursiveRef"}:
                raise ReadAgain
            found = self._document(document, uri).resource
            self._by_uri.setdefault(uri, found)
        return found

    def _given(self, uri: str) -> Any:
        for name in (uri, uri + "#"):
            if name in self.store:
                return self.store[name]
        if uri.startswith("file://") and "/" not in uri[7:]:  # meant as a file beside this one, and often written so
            beside = urljoin(self.root.resource.uri, uri[7:])
            if beside in self.store:
                self.aliases[uri] = self.store[beside]
                return self.store[beside]
        if uri in DIALECTS or uri.startswith(("http://json-schema.org/draft", "https://json-schema.org/draft")):
            from jsonschema_specifications import REGISTRY

            known = REGISTRY.get(uri) or REGISTRY.get(uri + "#")
            return known.contents if known is not None else None
        return None

    def _name_parts(self, resource: Resource) -> None:
        """Register the resources inside a resource."""
        if id(resource) in self._indexed:
            return
        self._indexed.add(id(resource))
        queue = [self.scope(resource, ())]
        while queue:
            scope = queue.pop()
            for schema in parts(scope.resource.root, scope.dialect, inner=True):
                inner = scope.into(schema)
                if inner.resource is not scope.resource and id(inner.resource) not in self._indexed:
                    self._indexed.add(id(inner.resource))
                    queue.append(inner)


def parts(root: Any, dialect: Dialect, *, inner: bool = False) -> Iterator[dict[str, Any]]:
    """Every sub-schema object of a resource, itself first; with `inner` also the roots of the resources right inside it."""
    stack = [root]
    while stack:
        schema = stack.pop()
        if not isinstance(schema, dict):
            continue
        if schema is not root:
            name = schema.get(dialect.id)
            if isinstance(name, str) and not name.startswith("#") and not (dialect.number <= 7 and "$ref" in schema):
                if inner:
                    yield schema
                continue
        yield schema
        for keyword, shape in SHAPES.items():
            if keyword in schema:
                held = schema[keyword]
                if shape is NAMED:
                    stack.extend(held.values() if isinstance(held, dict) else ())
                elif shape is MANY or isinstance(held, list):
                    stack.extend(held if isinstance(held, list) else ())
                else:
                    stack.append(held)

"""Say the shape of graph files as a JSON Schema, for editors that complete and underline while somebody types.

Takes:   the tables of `fields`, and the rules of `grammar`.
Gives:   `graph_schema`, and its parts for other files of ours; `python -m penstock.graph.schema` prints it as `graph.schema.json` keeps it.
Ignores: everything that takes a look at a second place: which node types exist, where links lead. Checks do that.
"""

from __future__ import annotations

from penstock.graph import fields
from penstock.graph.fields import Choice, Duration, Flag, Named, Whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.graph.fields import Kind

ID = {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,62}$"}
_VARIABLE = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
_END = {"type": "string", "pattern": "^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)?$"}
_SECRET_NAME = {"pattern": "^[A-Za-z][A-Za-z0-9_-]{0,62}$"}
_REFERENCE = {"type": "string", "pattern": "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:.+/[^/]+|cmd:.+)$"}

_SAYS = {
    "format": "The format of this file.",
    "name": "The name of the graph; its store is called so as well.",
    "description": "What the graph is for.",
    "requires": "Features without which the graph would run wrongly.",
    "packs": "Packs that the graph uses, each with a range of versions as pip knows them.",
    "environment": "Environment names that configs may use as ${NAME}; a mapping gives defaults.",
    "settings": "How the graph runs.",
    "channels": "Named, ordered logs between nodes.",
    "nodes": "What works on records; the keys are ids.",
    "links": "Where records go.",
}


def graph_schema() -> dict[str, Any]:
    """The schema (2020-12) of graph files of format 1."""
    sections: dict[str, Any] = {
        "format": {"const": 1},
        "name": ID,
        "description": {"type": "string"},
        "requires": {"type": "array", "items": {"enum": list(fields.FEATURES)}},
        "packs": {"type": "object", "additionalProperties": {"type": "string"}},
        "environment": {
            "anyOf": [
                {"type": "array", "items": _VARIABLE},
                {
                    "type": "object",
                    "propertyNames": {"pattern": _VARIABLE["pattern"]},
                    "additionalProperties": {"type": ["string", "null"]},
                },
            ]
        },
        "settings": object_schema({name: kind_schema(kind) for name, kind in fields.SETTINGS.items()}),
        "channels": _named({"$ref": "#/$defs/channel"}),
        "nodes": {**_named({"$ref": "#/$defs/node"}), "minProperties": 1},
        "links": {"type": "array", "items": {"$ref": "#/$defs/link"}},
    }
    described = {name: {"description": _SAYS[name], **sections[name]} for name in fields.TOP}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Penstock graph, format 1",
        **object_schema(described, ("format", *fields.TOP_REQUIRED)),
        "$defs": {"channel": _channel(), "node": _node(), "link": _link()},
    }


def object_schema(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """A mapping with these members and no others."""
    made = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**made, "required": list(required)} if required else made


def _named(member: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "propertyNames": {"pattern": ID["pattern"]}, "additionalProperties": member}


def _channel() -> dict[str, Any]:
    mode = kind_schema(fields.MODES)
    group = {"anyOf": [mode, object_schema({"mode": mode})]}
    kinds = {name: _named(group) if kind is None else kind_schema(kind) for name, kind in fields.CHANNEL.items()}
    return object_schema(kinds)


def _node() -> dict[str, Any]:
    secrets = {"type": "object", "propertyNames": _SECRET_NAME, "additionalProperties": _REFERENCE}
    members: dict[str, Any] = {
        "type": {"type": "string"},
        "config": {"type": "object"},
        "secrets": secrets,
        "tags": {"type": "array", "items": ID},
    }
    return object_schema({name: members[name] for name in fields.NODE}, fields.NODE_REQUIRED)


def _link() -> dict[str, Any]:
    members: dict[str, Any] = {"from": _END, "to": _END, "group": ID}
    return object_schema({name: members[name] for name in fields.LINK}, fields.LINK_REQUIRED)


def kind_schema(kind: Kind) -> dict[str, Any]:
    """A plain setting."""
    if isinstance(kind, Whole):
        return {"type": "integer", "minimum": kind.low, "maximum": kind.high}
    if isinstance(kind, Duration):
        text = {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$"}
        return {"anyOf": [{"type": "number", "minimum": kind.low, "maximum": kind.high}, text]}
    if isinstance(kind, Choice):
        return {"enum": list(kind.options)}
    if isinstance(kind, Named):
        return {"anyOf": [{"enum": list(kind.own)}, ID]}
    assert isinstance(kind, Flag)
    return {"type": "boolean"}


if __name__ == "__main__":
    import sys

    from penstock.manifest.canonical import text_of

    sys.stdout.write(text_of(graph_schema()))

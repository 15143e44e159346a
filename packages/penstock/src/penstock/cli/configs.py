"""Describe a config schema as a table of fields, for people.

Takes:   the JSON Schema of a config, as manifests hold it.
Gives:   `config_table`: text.
Ignores: whether a config fits (`graph/`, `manifest/build.py`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from penstock.cli.tables import table

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMITS = {
    "minimum": ">= {}",
    "exclusiveMinimum": "> {}",
    "maximum": "<= {}",
    "exclusiveMaximum": "< {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "like {}",
}


def config_table(schema: Mapping[str, Any]) -> str:
    """One line a field: its type, its default or that it must be given, and what it is for, if its author said so."""
    required = set(schema.get("required", ()))
    fields = schema.get("properties", {})
    if not fields:
        return "  (none)\n"
    rows = [
        (
            f"  {name}",
            type_word(field, schema.get("$defs", {})),
            "required" if name in required else json.dumps(field.get("default"), ensure_ascii=False),
            str(field.get("description", "")),
        )
        for name, field in sorted(fields.items(), key=lambda item: (item[0] not in required, item[0]))
    ]
    return table(("  field", "type", "default", ""), rows)


def type_word(schema: Any, definitions: Mapping[str, Any]) -> str:
    """A type as one would say it.

    >>> type_word({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}, {})
    'integer >= 1 or null'
    """
    if not isinstance(schema, dict):
        return "anything"
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        target = definitions.get(name, {})
        return type_word(target, {}) if "enum" in target else name
    if "enum" in schema:
        return " | ".join(json.dumps(one, ensure_ascii=False) for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(type_word(one, definitions) for one in schema["anyOf"])
    kind = schema.get("type", "anything")
    word = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if word == "array" and "items" in schema:
        word = f"list of {type_word(schema['items'], definitions)}"
    if word == "object" and isinstance(schema.get("additionalProperties"), dict):
        word = f"text -> {type_word(schema['additionalProperties'], definitions)}"
    limits = [said.format(schema[key]) for key, said in _LIMITS.items() if key in schema]
    return " ".join([word, ", ".join(limits)]).strip()

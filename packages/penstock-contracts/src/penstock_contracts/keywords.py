"""List the keywords of JSON Schema: what each one holds, and which drafts know it.

Takes:   nothing.
Gives:   `KINDS`, `SCHEMA`, `SCHEMAS`, `NAMED_SCHEMAS`, `ANNOTATIONS`, `DRAFTS`, `draft_of`.
Ignores: what they mean; the engine knows that.
"""

from __future__ import annotations

from typing import Any

DRAFTS = {
    "http://json-schema.org/draft-04/schema": 4,
    "http://json-schema.org/draft-06/schema": 6,
    "http://json-schema.org/draft-07/schema": 7,
    "https://json-schema.org/draft/2019-09/schema": 2019,
    "https://json-schema.org/draft/2020-12/schema": 2020,
}
URIS = {draft: uri for uri, draft in DRAFTS.items()}

SCHEMA = frozenset(
    {
        "additionalItems",
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
SCHEMAS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
NAMED_SCHEMAS = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})

KINDS: dict[str, str] = {
    **dict.fromkeys(SCHEMA, "schema"),
    **dict.fromkeys(SCHEMAS, "schemas"),
    **dict.fromkeys(NAMED_SCHEMAS, "named schemas"),
    "items": "schema or schemas",  # a list up to draft 2019-09
    "dependencies": "dependencies",
    "dependentRequired": "named names",
    "required": "names",
    "type": "types",
    "enum": "list",
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "number",  # a boolean in draft 4
    "exclusiveMaximum": "number",
    "multipleOf": "positive number",
    **dict.fromkeys(
        (
            "maxContains",
            "maxItems",
            "maxLength",
            "maxProperties",
            "minContains",
            "minItems",
            "minLength",
            "minProperties",
        ),
        "count",
    ),
    "uniqueItems": "boolean",
    "pattern": "text",
    "format": "text",
    **dict.fromkeys(("$ref", "$dynamicRef", "$recursiveRef", "$id", "$schema", "$anchor", "$dynamicAnchor"), "text"),
    "const": "anything",
}
ANNOTATIONS = frozenset(
    {
        "$comment",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "default",
        "deprecated",
        "description",
        "examples",
        "readOnly",
        "title",
        "writeOnly",
    }
)
NAMES = frozenset({"$anchor", "$defs", "$dynamicAnchor", "$id", "$recursiveAnchor", "$vocabulary", "definitions", "id"})
KNOWN = frozenset(KINDS) | ANNOTATIONS | NAMES
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")


def draft_of(schema: Any, fallback: int = 2020) -> int | None:
    """The draft that a schema says it is written in; None when it names another dialect.

    >>> draft_of({"$schema": "http://json-schema.org/draft-07/schema#"}), draft_of({}), draft_of({"$schema": "x"})
    (7, 2020, None)
    """
    said = schema.get("$schema") if isinstance(schema, dict) else None
    if said is None:
        return fallback
    return DRAFTS.get(str(said).rstrip("#")) if isinstance(said, str) else None

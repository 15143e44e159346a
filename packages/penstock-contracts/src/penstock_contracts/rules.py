"""List the codes of changes, and which keywords of JSON Schema are one rule.

Takes:   nothing.
Gives:   `GROUPS`: name of a group -> its keywords and its code; `code_of_keyword`; the codes that are not of one keyword.
Ignores: what the codes mean in words; `codes/` documents them.
"""

from __future__ import annotations

from dataclasses import dataclass

REQUIRED = "K208"  # a property became required
OPTIONAL = "K209"  # a property need no longer be there
ADDED = "K210"  # a property is now described
REMOVED = "K211"  # a property is no longer described
CLOSED = "K212"  # what other properties may be
ALTERNATIVES = "K220"
REFERENCE = "K224"
WHOLE = "K225"
ANNOTATION = "K226"
DIALECT = "K227"
CONTRACT = "K228"  # a break that no single place explains
OTHER = "K229"
UNDECIDED = "K301"


@dataclass(frozen=True, slots=True)
class Group:
    """Keywords that say one thing together, so that a change of any is one change."""

    code: str
    keywords: tuple[str, ...]


GROUPS: dict[str, Group] = {
    "type": Group("K201", ("type",)),
    "values": Group("K202", ("enum", "const")),
    "least": Group("K203", ("minimum", "exclusiveMinimum")),
    "most": Group("K203", ("maximum", "exclusiveMaximum")),
    "multipleOf": Group("K204", ("multipleOf",)),
    "minLength": Group("K205", ("minLength",)),
    "maxLength": Group("K205", ("maxLength",)),
    "pattern": Group("K206", ("pattern",)),
    "format": Group("K207", ("format",)),
    "additionalProperties": Group(CLOSED, ("additionalProperties",)),
    "unevaluatedProperties": Group(CLOSED, ("unevaluatedProperties",)),
    "propertyNames": Group("K213", ("propertyNames",)),
    "minProperties": Group("K214", ("minProperties",)),
    "maxProperties": Group("K214", ("maxProperties",)),
    "dependentRequired": Group("K215", ("dependentRequired",)),
    "dependencies": Group("K215", ("dependencies",)),
    "items": Group("K216", ("items",)),
    "prefixItems": Group("K216", ("prefixItems",)),
    "additionalItems": Group("K216", ("additionalItems",)),
    "unevaluatedItems": Group("K216", ("unevaluatedItems",)),
    "minItems": Group("K217", ("minItems",)),
    "maxItems": Group("K217", ("maxItems",)),
    "uniqueItems": Group("K218", ("uniqueItems",)),
    "contains": Group("K219", ("contains", "minContains", "maxContains")),
    "allOf": Group("K221", ("allOf",)),
    "anyOf": Group(ALTERNATIVES, ("anyOf",)),
    "oneOf": Group(ALTERNATIVES, ("oneOf",)),
    "not": Group("K222", ("not",)),
    "condition": Group("K223", ("if", "then", "else")),
    "dynamic reference": Group(REFERENCE, ("$dynamicRef", "$recursiveRef", "$recursiveAnchor", "$dynamicAnchor")),
}
_OF_KEYWORD = {keyword: group.code for group in GROUPS.values() for keyword in group.keywords}
_OF_KEYWORD |= {"required": REQUIRED, "properties": ADDED, "patternProperties": CLOSED, "dependentSchemas": "K215"}
_OF_KEYWORD |= {"$ref": REFERENCE}


def code_of_keyword(keyword: str) -> str:
    """The code of a change of that keyword."""
    return _OF_KEYWORD.get(keyword, OTHER)

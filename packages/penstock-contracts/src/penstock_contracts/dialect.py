"""The drafts: which keywords speak, and where schemas are inside a schema.

Takes:   the text of a `$schema`.
Gives:   `Dialect` and `dialect_of`; `SHAPES`, which says what kind of sub-schemas a keyword holds.
Ignores: what a keyword means (`compile`).
"""

from __future__ import annotations

from dataclasses import dataclass

ONE, MANY, NAMED = "one", "many", "named"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHAPES = {
    "additionalItems": ONE, "additionalProperties": ONE, "allOf": MANY, "anyOf": MANY, "contains": ONE,
    "definitions": NAMED, "$defs": NAMED, "dependencies": NAMED, "dependentSchemas": NAMED, "else": ONE, "if": ONE,
    "items": ONE, "not": ONE, "oneOf": MANY, "patternProperties": NAMED, "prefixItems": MANY, "properties": NAMED,
    "propertyNames": ONE, "then": ONE, "unevaluatedItems": ONE, "unevaluatedProperties": ONE, "contentSchema": ONE,
}  # fmt: skip

_SINCE_4 = _words(
    "$ref additionalItems additionalProperties allOf anyOf definitions dependencies enum format items maxItems maxLength"
    " maxProperties maximum minItems minLength minProperties minimum multipleOf not oneOf pattern patternProperties properties"
    " required type uniqueItems"
)
_SINCE_6 = _SINCE_4 | _words("const contains exclusiveMaximum exclusiveMinimum propertyNames")
_SINCE_7 = _SINCE_6 | _words("if then else")
_SINCE_2019 = (_SINCE_7 - {"dependencies"}) | _words(
    "$defs $recursiveRef dependentRequired dependentSchemas minContains maxContains unevaluatedItems unevaluatedProperties"
    " contentSchema"
)
_SINCE_2020 = (_SINCE_2019 - {"$recursiveRef", "additionalItems"}) | {"$dynamicRef", "prefixItems"}


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """One draft: its number (4, 6, 7, 2019, 2020), its URI, its keywords that matter, and the keyword that names a resource."""

    number: int
    uri: str
    keywords: frozenset[str]
    id: str


DRAFT4 = Dialect(4, "http://json-schema.org/draft-04/schema", _SINCE_4, "id")
DRAFT6 = Dialect(6, "http://json-schema.org/draft-06/schema", _SINCE_6, "$id")
DRAFT7 = Dialect(7, "http://json-schema.org/draft-07/schema", _SINCE_7, "$id")
DRAFT2019 = Dialect(2019, "https://json-schema.org/draft/2019-09/schema", _SINCE_2019, "$id")
DRAFT2020 = Dialect(2020, "https://json-schema.org/draft/2020-12/schema", _SINCE_2020, "$id")

DIALECTS = {dialect.uri: dialect for dialect in (DRAFT4, DRAFT6, DRAFT7, DRAFT2019, DRAFT2020)}
_BY_NAME = {
    "4": DRAFT4, "draft4": DRAFT4, "draft-04": DRAFT4, "6": DRAFT6, "draft6": DRAFT6, "draft-06": DRAFT6,
    "7": DRAFT7, "draft7": DRAFT7, "draft-07": DRAFT7, "2019-09": DRAFT2019, "draft2019-09": DRAFT2019,
    "2020-12": DRAFT2020, "draft2020-12": DRAFT2020,
}  # fmt: skip


def dialect_of(name: str) -> Dialect | None:
    """The dialect with this URI (with or without an empty fragment) or short name, such as `2020-12`; None if unknown."""
    if name.endswith("#"):
        name = name[:-1]
    found = DIALECTS.get(name) or _BY_NAME.get(name)
    if found is None and name.startswith(("http://json-schema.org/draft", "https://json-schema.org/draft")):
        other = (
            name.replace("https://", "http://", 1)
            if name.startswith("https://")
            else name.replace("http://", "https://", 1)
        )
        found = DIALECTS.get(other)
    return found

"""Say the shape of profile files as a JSON Schema, for editors that complete and underline while somebody types.

Takes:   the tables of `fields`.
Gives:   `profile_schema`; `python -m penstock.profiles.schema` prints it as `profile.schema.json` keeps it.
Ignores: whether the profiles and policy files that one names exist.
"""

from __future__ import annotations

from penstock.graph.schema import ID, kind_schema, object_schema
from penstock.profiles import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SAYS = {
    "format": "The format of this file.",
    "name": "The name of the profile; a run records it.",
    "description": "For which machine or work it is meant, and what it costs.",
    "inherits": "One profile whose settings hold where this one is silent: a name, or a path relative to this file.",
    "settings": "Settings of a run; a graph, a selector and a flag win over them.",
    "policies": "Policy files that come with it, relative to this file; those of `--policy` win over them.",
    "accept_loss": "Settings whose lossy value is accepted on durable channels.",
}


def profile_schema() -> dict[str, Any]:
    """The schema (2020-12) of profile files of format 1."""
    texts = {"type": "array", "items": {"type": "string"}}
    members: dict[str, Any] = {
        "format": {"const": 1},
        "name": ID,
        "description": {"type": "string"},
        "inherits": {"type": "string"},
        "settings": object_schema({name: kind_schema(kind) for name, kind in fields.SETTINGS.items()}),
        "policies": texts,
        "accept_loss": {"type": "array", "items": kind_schema(fields.ACCEPTABLE)},
    }
    said = {name: {"description": SAYS[name], **members[name]} for name in fields.TOP}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Penstock profile, format 1",
        **object_schema(said, ("format", *fields.TOP_REQUIRED)),
    }


if __name__ == "__main__":
    import sys

    from penstock.manifest.canonical import text_of

    sys.stdout.write(text_of(profile_schema()))

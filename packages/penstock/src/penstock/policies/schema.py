"""Say the shape of policy files as a JSON Schema, for editors that complete and underline while somebody types.

Takes:   the tables of `fields`, and the rules of `patterns`.
Gives:   `policy_schema`; `python -m penstock.policies.schema` prints it as `policy.schema.json` keeps it.
Ignores: everything that takes a look at a graph or a pack: which policies exist, what their configs hold.
"""

from __future__ import annotations

from penstock.graph.schema import ID, kind_schema, object_schema
from penstock.policies import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NAMES = {"type": "string", "pattern": "^[A-Za-z0-9_*?-]+$", "maxLength": 200}
_END = "\\s*[A-Za-z0-9_*?-]+([.@][A-Za-z0-9_*?-]+)?\\s*"
_LINK = {"type": "string", "pattern": f"^{_END}->{_END}$"}
_STATUS = {
    "anyOf": [
        {"type": "integer", "minimum": 100, "maximum": 999},
        {"type": "string", "pattern": "^\\s*[1-9][0-9]{2}\\s*(-\\s*[1-9][0-9]{2}\\s*)?$"},
    ]
}
_ERROR = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*$"}
_FLAG = {"type": "boolean"}
_TEXT = {"type": "string"}

SAYS = {
    "format": "The format of this file.",
    "name": "The name of the file; the history and `explain-policy` speak of it.",
    "description": "What it is for.",
    "rules": "What holds where. Within one file the more particular selector wins; a later file wins over an earlier one.",
    "for": "What the rule is for: nodes, channels or links, by name or pattern; or `run`, the run as a whole.",
    "use": "The policies that stand there.",
    "set": "Settings of what the rule is for.",
    "classify": "What kind of failure something is, at these nodes; the first line that fits decides.",
    "accept_loss": "Whether a policy may drop records of a durable channel.",
    "optional": "Whether the graph may have nothing of the kind.",
    "note": "Why the rule is there.",
    "type": "Id of a policy type that an installed pack offers; `penstock policies` lists them.",
    "as": "A place of its own in a layer that has room for several.",
    "config": "What the policy type lets you set; durations may be written `500ms`, sizes `64KiB`.",
    "off": "Take away what a broader rule or an earlier file put there.",
    "concurrency": "Calls of the node in flight at most.",
    "capacity": "Records that the channel holds. Fewer than it holds now stop intake; nothing is deleted.",
    "error": "Name of an exception or of one that it inherits from, alone or behind its module.",
    "status": "What the exception has as `status`: one, or both ends of a range.",
    "retry_after": "Whether the other side asked for a pause.",
}


def policy_schema() -> dict[str, Any]:
    """The schema (2020-12) of policy files of format 1."""
    top = {
        "format": {"const": 1},
        "name": ID,
        "description": _TEXT,
        "rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Penstock policies, format 1",
        **object_schema(_said(top), ("format", *fields.TOP_REQUIRED)),
        "$defs": {"rule": _rule(), "selector": _selector(), "use": _use(), "failure": _failure()},
    }


def _said(members: dict[str, Any]) -> dict[str, Any]:
    return {name: {"description": SAYS[name], **member} for name, member in members.items()}


def _rule() -> dict[str, Any]:
    members = {
        "for": {"anyOf": [{"const": fields.RUN}, {"$ref": "#/$defs/selector"}]},
        "use": {"type": "array", "items": {"$ref": "#/$defs/use"}},
        "set": object_schema(_said({name: kind_schema(kind) for name, kind in fields.SET.items()})),
        "classify": {"type": "array", "items": {"$ref": "#/$defs/failure"}},
        "accept_loss": _FLAG,
        "optional": _FLAG,
        "note": _TEXT,
    }
    made = object_schema(_said(members), fields.RULE_REQUIRED)
    return {**made, "anyOf": [{"required": [name]} for name in ("use", "set", "classify")]}


def _selector() -> dict[str, Any]:
    def some(one: dict[str, Any]) -> dict[str, Any]:
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}

    kinds = {"role": kind_schema(fields.ROLES), "link": _LINK}
    members = {name: some(kinds.get(name, _NAMES)) for name in fields.SELECTOR}
    nodes = {name: members[name] for name in fields.OF_NODES}
    return {
        "anyOf": [
            {**object_schema(nodes), "minProperties": 1},
            object_schema({"channel": members["channel"]}, ("channel",)),
            object_schema({"link": members["link"]}, ("link",)),
        ]
    }


def _use() -> dict[str, Any]:
    members = {"type": _TEXT, "as": ID, "config": {"type": "object"}, "off": _FLAG}
    return object_schema(_said({name: members[name] for name in fields.USE}), fields.USE_REQUIRED)


def _failure() -> dict[str, Any]:
    members = {"error": _ERROR, "status": _STATUS, "retry_after": _FLAG}
    said = {**_said(members), "as": {"description": "The class of the failure.", **kind_schema(fields.CLASSES)}}
    made = object_schema(said, fields.CLASSIFY_REQUIRED)
    return {**made, "anyOf": [{"required": [name]} for name in members]}


if __name__ == "__main__":
    import sys

    from penstock.manifest.canonical import text_of

    sys.stdout.write(text_of(policy_schema()))

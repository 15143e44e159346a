"""Read a manifest: bytes to facts, or everything that is wrong with it.

Takes:   the bytes of a `penstock-pack.json`, and its path for places.
Gives:   `read_manifest`: a `Manifest`, or None and findings with line and column.
Ignores: whose manifest it is (`_plugins/discovery`) and whether it still fits the code (`manifest/drift`).
"""

from __future__ import annotations

import json
import os

from penstock.manifest.canonical import digest_of
from penstock.manifest.model import (
    FORMAT,
    SDK_LEVEL,
    ChannelFacts,
    CommandFacts,
    ContractFacts,
    FailureFacts,
    Manifest,
    NodeFacts,
    PolicyFacts,
    PortFacts,
    ProfileFacts,
)
from penstock.manifest.shape import Complaint, compiled
from penstock_findings.finding import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from penstock_findings.document import Document

SCHEMA = os.path.join(os.path.dirname(__file__), "penstock-pack.schema.json")
LIMIT = 16 << 20  # bytes

NEWER = frozenset({"M105", "M106"})  # the codes that say: not wrong, but made for a newer Penstock
_CODES = {"type": "M101", "unknown": "M102", "missing": "M103", "value": "M104"}


def read_manifest(data: bytes, path: str) -> tuple[Manifest | None, list[Finding]]:
    """The manifest, and no findings; or None, and all that is wrong.

    The usual case, a sound file, takes a quick way without positions; whatever is wrong is found again with them.
    """
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError):
        document, findings = _with_places(data, path)
        if document is None or findings:
            return None, findings
        value = document.value  # the careful way can read more, such as a number of a million digits
    complaints = _complaints(value)
    if not complaints:
        return _manifest(value), []
    document, findings = _with_places(data, path)
    if document is not None:
        findings += [_finding(code, one, document) for code, one in complaints]
    return None, findings


class _NotPlain(ValueError):
    """JSON that the standard parser reads and that is none: a key twice, NaN."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NotPlain("a key is there twice")
    return members


def _no_constant(name: str) -> Any:
    raise _NotPlain(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_no_constant)


def _with_places(data: bytes, path: str) -> tuple[Document | None, list[Finding]]:
    """The file parsed again, now that there is something to say: with the place of every value."""
    from penstock_findings.load import parse_json

    parsed = parse_json(data, path, limit=LIMIT)
    return parsed.document, list(parsed.findings)


def _complaints(value: Any) -> list[tuple[str, Complaint]]:
    """Everything that is wrong with the value, each with its code; of a newer format, only that it is one."""
    newer = _newer(value)
    if newer is not None:
        return [newer]
    return [(_CODES[one.kind], one) for one in _shape()(value)] or list(_sense(value))


_compiled: Callable[[Any], list[Complaint]] | None = None


def _shape() -> Callable[[Any], list[Complaint]]:
    global _compiled
    if _compiled is None:
        with open(SCHEMA, encoding="utf-8") as file:
            _compiled = compiled(json.load(file))
    return _compiled


def _finding(code: str, one: Complaint, document: Document) -> Finding:
    at = document.key_at(one.pointer) if one.kind in ("unknown", "missing") else document.at(one.pointer)
    if not one.pointer:
        at = document.at("")
    return Finding(code, one.message, at, hint=one.hint)


def _newer(value: Any) -> tuple[str, Complaint] | None:
    """Whether this was made for a newer Penstock: then nothing else in it is for us to judge."""
    if not isinstance(value, dict):
        return None
    form, level = value.get("format"), value.get("sdk")
    if isinstance(form, int) and form > FORMAT:
        message = f"this manifest is of format {form}, this Penstock reads format {FORMAT}"
        return "M105", Complaint("value", "/format", message, "upgrade `penstock`")
    if isinstance(level, int) and level > SDK_LEVEL:
        message = f"this pack needs level {level} of the SDK, this Penstock has level {SDK_LEVEL}"
        return "M106", Complaint("value", "/sdk", message, "upgrade `penstock`")
    return None


def _sense(value: Any) -> Iterator[tuple[str, Complaint]]:
    """What a schema cannot say: names once, references that lead somewhere, digests that are true."""
    refs = {f"{one['name']}@{one['version']}" for one in value.get("contracts", ())}
    yield from _once(value, "nodes", lambda one: one["id"], "id")
    yield from _once(value, "policies", lambda one: one["id"], "id")
    yield from _once(value, "channels", lambda one: one["id"], "id")
    yield from _once(value, "profiles", lambda one: one["name"], "name")
    yield from _once(value, "commands", lambda one: one["name"], "name")
    yield from _once(value, "contracts", lambda one: f"{one['name']}@{one['version']}", "name")
    for place, node in enumerate(value.get("nodes", ())):
        for side in ("inputs", "outputs"):
            yield from _once(node, side, lambda one: one["name"], "name", f"/nodes/{place}")
            for inner, port in enumerate(node.get(side, ())):
                contract = port.get("contract")
                if contract is not None and contract not in refs:
                    pointer = f"/nodes/{place}/{side}/{inner}/contract"
                    yield "M108", Complaint("value", pointer, f"there is no contract `{contract}` in this manifest")
    for place, contract in enumerate(value.get("contracts", ())):
        if digest_of(contract["schema"]) != contract["digest"]:
            message = f"the digest of contract `{contract['name']}` is not that of its schema"
            hint = "do not edit the manifest; run `penstock pack lock`"
            yield "M109", Complaint("value", f"/contracts/{place}/digest", message, hint)


def _once(
    value: Any, part: str, name: Callable[[Any], str], key: str, pointer: str = ""
) -> Iterator[tuple[str, Complaint]]:
    seen: set[str] = set()
    for place, one in enumerate(value.get(part, ())):
        if name(one) in seen:
            yield "M107", Complaint("value", f"{pointer}/{part}/{place}/{key}", f"`{name(one)}` is there twice")
        seen.add(name(one))


def _manifest(value: Any) -> Manifest:
    return Manifest(
        pack=value["pack"],
        version=value["version"],
        sdk=int(value["sdk"]),
        capabilities=tuple(value.get("capabilities", ())),
        nodes=tuple(map(_node, value.get("nodes", ()))),
        policies=tuple(map(_policy, value.get("policies", ()))),
        channels=tuple(
            ChannelFacts(one["id"], tuple(one["ack"]), one["import_path"], one.get("doc", ""))
            for one in value.get("channels", ())
        ),
        failures=tuple(
            FailureFacts(one["gives"], one.get("error"), one.get("status"), one.get("retry_after"))
            for one in value.get("failures", ())
        ),
        profiles=tuple(ProfileFacts(one["name"], one["value"]) for one in value.get("profiles", ())),
        contracts=tuple(
            ContractFacts(one["name"], one["version"], one["digest"], one["schema"], tuple(one.get("positions", ())))
            for one in value.get("contracts", ())
        ),
        commands=tuple(
            CommandFacts(one["name"], one.get("doc", ""), one["import_path"]) for one in value.get("commands", ())
        ),
        hooks=tuple(value.get("hooks", ())),
        deprecations=value.get("deprecations", {}),
    )


def _node(one: Any) -> NodeFacts:
    return NodeFacts(
        id=one["id"],
        role=one["role"],
        inputs=tuple(map(_port, one.get("inputs", ()))),
        outputs=tuple(map(_port, one.get("outputs", ()))),
        config=one["config"],
        effect=one["effect"],
        import_path=one["import_path"],
        doc=one.get("doc", ""),
        stateful=one.get("stateful", False),
        ordered=one.get("ordered", False),
        capabilities=tuple(one.get("capabilities", ())),
        deprecated=one.get("deprecated"),
    )


def _port(one: Any) -> PortFacts:
    return PortFacts(one["name"], one.get("contract"), one.get("portability", "json"))


def _policy(one: Any) -> PolicyFacts:
    return PolicyFacts(
        id=one["id"],
        points=tuple(one["points"]),
        config=one["config"],
        import_path=one["import_path"],
        doc=one.get("doc", ""),
        layer=one.get("layer", ""),
        drops=one.get("drops", "unknown"),
        drops_when={field: tuple(values) for field, values in one.get("drops_when", {}).items()},
    )

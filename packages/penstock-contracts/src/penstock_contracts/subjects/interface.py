"""Read the schemas that descriptions of interfaces hold: OpenAPI 3.1 and AsyncAPI 2 and 3.

Takes:   a document that was read, perhaps a JSON pointer to one schema in it.
Gives:   `is_interface`, `interface_contracts`: contracts whose pointers are those of the whole document.
Ignores: paths, operations and servers; only payloads are compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_contracts.keywords import DRAFTS, URIS
from penstock_contracts.subjects.errors import CannotRead, NoSuchPointer
from penstock_contracts.subjects.reading import contract_of
from penstock_findings.finding import Finding
from penstock_findings.pointers import join, split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_contracts.contract import Contract, Source
    from penstock_contracts.subjects.trees import Tree

_OAS_DIALECT = "https://spec.openapis.org/oas/3.1/dialect/base"  # 2020-12 and annotations


def is_interface(value: Any) -> bool:
    """Whether the document says that it describes an interface."""
    return isinstance(value, dict) and (
        isinstance(value.get("openapi", value.get("asyncapi")), str) or isinstance(value.get("swagger"), str)
    )


def interface_contracts(
    tree: Tree, name: str, value: dict[str, Any], source: Source, pointer: str | None
) -> tuple[list[Contract], list[Finding]]:
    """The contract at the pointer; without one, every component schema and every payload of a message.

    Raises `CannotRead` when the version is none that holds JSON Schemas, `NoSuchPointer` when nothing is there.
    """
    dialect = _dialect(value, source)
    places = dict(_places(value))
    wanted = {name: at for name, at in places.items() if pointer in (None, at)}
    if pointer is not None and not wanted:
        if _at(value, pointer) is None:
            raise NoSuchPointer(source.path, pointer, places.values())
        wanted = {pointer: pointer}
    said = value.get("info", {}).get("version") if isinstance(value.get("info"), dict) else None
    contracts: list[Contract] = []
    findings: list[Finding] = []
    for called, at in wanted.items():
        contract, wrong = contract_of(
            tree,
            name,
            _whole(value, at, dialect),
            source,
            called=called,
            version=said if isinstance(said, str) else None,
            start=at,
        )
        contracts.append(contract)
        findings += [finding for finding in wrong if finding not in findings]
    return contracts, findings


def _dialect(value: dict[str, Any], source: Source) -> str:
    key = next(key for key in ("openapi", "asyncapi", "swagger") if key in value)
    version = value[key]
    if key == "openapi" and version.startswith("3.1"):
        said = value.get("jsonSchemaDialect", _OAS_DIALECT)
        if said == _OAS_DIALECT:
            return URIS[2020]
        if isinstance(said, str) and said.rstrip("#") in DRAFTS:
            return said
        message = f"the schemas here are written in the dialect `{said}`, which is not known here"
        raise CannotRead(message, findings=[Finding("K105", message, source.at("/jsonSchemaDialect"))])
    if key == "asyncapi" and version[:2] in ("2.", "3."):
        return URIS[7]
    message = f"{key} {version} does not hold JSON Schemas"
    hint = "OpenAPI 3.1 and AsyncAPI 2 and 3 do"
    finding = Finding("K114", message, source.at(f"/{key}"), hint=hint)
    raise CannotRead(message, findings=[finding], sources={source.path: source.text})


def _whole(value: dict[str, Any], pointer: str, dialect: str) -> dict[str, Any]:
    """The document as a schema: the one at the pointer, and beside it what it may refer to."""
    kept = {key: member for key, member in value.items() if key in ("components", "channels", "operations", "paths")}
    top = split(pointer)[0] if pointer else ""
    if top and top in value:
        kept[top] = value[top]
    return {"$schema": dialect, "allOf": [{"$ref": _fragment(pointer)}], **kept}


def _fragment(pointer: str) -> str:
    from urllib.parse import quote

    return "#" + quote(pointer, safe="/~!$&'()*+,;=:@")


def _places(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The name of each contract in the document and its pointer."""
    components = _members(value.get("components"))
    for name in _members(components.get("schemas")):
        yield name, join("/components/schemas", name)
    if "asyncapi" not in value:
        return
    for name, message in _members(components.get("messages")).items():
        yield from _payload(f"message {name}", message, join("/components/messages", name))
    for channel, facts in _members(value.get("channels")).items():
        at = join("/channels", channel)
        for name, message in _members(_members(facts).get("messages")).items():
            yield from _payload(f"{channel} {name}", message, join(at, "messages", name))
        for verb in ("publish", "subscribe"):
            message = _members(_members(facts).get(verb)).get("message")
            yield from _payload(f"{channel} {verb}", message, join(at, verb, "message"))


def _payload(called: str, message: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """The payload of a message that is written out here, when it is in a JSON Schema."""
    facts = _members(message)
    said = facts.get("schemaFormat", "")
    payload = facts.get("payload")
    if isinstance(payload, dict) and "schemaFormat" in payload:
        said, inner = payload["schemaFormat"], "schema"
        if isinstance(payload.get(inner), (dict, bool)) and _is_json_schema(said):
            yield called, join(pointer, "payload", inner)
    elif isinstance(payload, (dict, bool)) and _is_json_schema(said):
        yield called, join(pointer, "payload")


def _is_json_schema(said: Any) -> bool:
    return isinstance(said, str) and (not said or "aai.asyncapi" in said or "schema+" in said)


def _members(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _at(value: Any, pointer: str) -> Any:
    try:
        for token in split(pointer):
            value = value[int(token)] if isinstance(value, list) else value[token]
    except (LookupError, ValueError, TypeError):
        return None
    return value

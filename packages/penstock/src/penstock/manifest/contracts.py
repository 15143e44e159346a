"""Say which contract a port carries: its name, and its schema.

Takes:   a port's declaration (`PortSpec`), the node and the distribution that it belongs to.
Gives:   `contract_ref`, cheap; `contract_of`, with the schema.
Ignores: positions (`compile` knows both sides) and whether two contracts agree.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from penstock.manifest.canonical import digest_of
from penstock.manifest.model import ContractFacts
from penstock.manifest.schemas import DIALECT, NoSchema, is_record_like, payload_schema
from penstock.record import Record
from penstock.sdk import Portability
from penstock_findings.errors import PenstockError

if TYPE_CHECKING:
    from penstock.sdk import NodeSpec, PortSpec

DERIVED = "1.0"  # version of a contract that nobody named


class BadContract(PenstockError):
    """A port's contract cannot be made of what the port declares. The node's author is at fault."""

    code = "M207"


def contract_ref(port: PortSpec, node: NodeSpec, distribution: str) -> str | None:
    """`name@version` of the contract, None when the port carries anything or nothing that leaves the process.

    A contract without a name of its own is named after its payload's type, or the port, within the distribution.
    """
    if port.contract is not None:
        return f"{port.contract.name}@{port.contract.version}"
    if port.type is None or port.portability is Portability.LOCAL:
        return None
    word = _kebab(port.type.__name__) if is_record_like(port.type) else f"{node.id}.{port.name}"
    return f"{distribution}/{word}@{DERIVED}"


def contract_of(port: PortSpec, node: NodeSpec, distribution: str) -> ContractFacts | None:
    """The contract with its schema; raises `BadContract` when there cannot be one."""
    ref = contract_ref(port, node, distribution)
    if ref is None:
        return None
    name, _, version = ref.rpartition("@")
    schema = _schema(port, node)
    try:
        return ContractFacts(name, version, digest_of(schema), schema)
    except ValueError as error:
        raise BadContract(f"{_where(port, node)}: its schema holds what JSON cannot say: {error}") from error


def _schema(port: PortSpec, node: NodeSpec) -> Any:
    declared = port.contract
    if declared is not None and declared.file is not None:
        return _from_file(declared.file, port, node)
    payload = declared.type if declared is not None and declared.type is not None else port.type
    if payload is None:
        raise BadContract(
            f"{_where(port, node)}: contract `{declared.name if declared else ''}` has neither a file nor a type",
            hint='give it one: `Contract("name", file="name.schema.json")`',
        )
    if isinstance(payload, type) and issubclass(payload, Record):
        raise BadContract(
            f"{_where(port, node)}: a port is typed by its payload, and `Record` is not one",
            hint="write `In[Detection]`, or leave the type out",
        )
    try:
        return payload_schema(payload)
    except NoSchema as error:
        raise BadContract(
            f"{_where(port, node)}: {error}",
            hint="give the port a contract, or say `portability=Portability.LOCAL` if payloads stay in the process",
        ) from error


def _from_file(file: str, port: PortSpec, node: NodeSpec) -> Any:
    """The schema in a file beside the code of the node; how it must be written is JSON Schema's business."""
    from penstock_findings.load import load

    home = os.path.dirname(getattr(sys.modules.get(node.cls.__module__), "__file__", None) or "")
    path = os.path.join(_package_folder(node.cls.__module__) or home, file)
    parsed = load(path)
    if parsed.document is None or parsed.findings:
        raise BadContract(
            f"{_where(port, node)}: `{file}` cannot be read", findings=parsed.findings, sources={path: parsed.text}
        )
    schema = parsed.document.value
    if not isinstance(schema, (dict, bool)):
        raise BadContract(f"{_where(port, node)}: `{file}` is not a JSON Schema", at=parsed.document.at(""))
    from jsonschema_rs import ValidationError, meta

    try:
        meta.validate({"$schema": DIALECT, **schema} if isinstance(schema, dict) else schema)
    except (ValidationError, ValueError) as error:
        where = parsed.document.at("".join(f"/{token}" for token in getattr(error, "instance_path", ())))
        message = str(getattr(error, "message", error)).partition("\n")[0]
        raise BadContract(f"{_where(port, node)}: `{file}` is not a JSON Schema: {message}", at=where) from error
    return schema


def _package_folder(module: str) -> str | None:
    """The folder of the package that holds the module."""
    package = getattr(sys.modules.get(module), "__package__", None) or module
    file = getattr(sys.modules.get(package), "__file__", None)
    return os.path.dirname(file) if file else None


def _kebab(name: str) -> str:
    """`HTTPReply2` -> `http-reply2`: a name in Python as a name in files."""
    words = ""
    for before, char, after in zip(" " + name, name, name[1:] + " ", strict=False):
        starts = char.isupper() and (before.islower() or before.isdigit() or (before.isupper() and after.islower()))
        words += ("-" if starts else "") + char.lower()
    return words.replace("_", "-").strip("-")


def _where(port: PortSpec, node: NodeSpec) -> str:
    return f"port `{port.name}` of node type `{node.id}`"

"""Find the contracts in a tree of files, or in one file of it.

Takes:   a tree.
Gives:   `contracts_in`: those of all its files; `contracts_of_file`: those of one; `manifest_in`.
Ignores: where the tree comes from.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from penstock_contracts.keywords import TYPES
from penstock_contracts.subjects import interface, lock, manifest
from penstock_contracts.subjects.errors import CannotRead, NoSuchPointer, NotASubject
from penstock_contracts.subjects.reading import contract_of, language_of, read_document
from penstock_contracts.subjects.shape import Field, misfits
from penstock_findings.finding import Severity
from penstock_findings.pointers import split

if TYPE_CHECKING:
    from penstock_contracts.contract import Contract, Source
    from penstock_contracts.subjects.trees import Tree
    from penstock_findings.finding import Finding

_ABOUT = "x-penstock"  # what a schema may say about its own use
_ABOUT_SHAPE = Field(
    "object",
    members={
        "positions": Field("list", items=Field("text", choices=("input", "output", "state"))),
        "content": Field("text", choices=("open", "declared")),
        "version": Field("text"),
    },
)
_META = ("$schema", "$id", "$defs", "definitions", "title", "description")


def contracts_in(tree: Tree, what: str) -> tuple[list[Contract], list[Finding]]:
    """Every contract in the files of the tree. Raises `CannotRead` with all mistakes of all files."""
    contracts: list[Contract] = []
    findings: list[Finding] = []
    sources: dict[str, str] = {}
    for name in tree.names():
        if language_of(name) is None or name.rpartition("/")[2] in (manifest.NAME, lock.NAME):
            continue
        try:
            value, source = read_document(tree, name)
            if not (looks_like_schema(value) or interface.is_interface(value)):
                continue
            found, wrong = _of_document(tree, name, value, source, None, name)
        except CannotRead as error:
            findings += error.findings
            sources.update(error.sources)
            continue
        contracts += found
        findings += wrong
        if any(finding.severity is Severity.ERROR for finding in wrong):
            sources[source.path] = source.text
    _refuse(what, findings, sources)
    return contracts, findings


def contracts_of_file(tree: Tree, name: str, pointer: str | None) -> tuple[list[Contract], list[Finding]]:
    """The contract in the file, or the one at the pointer; several when the file describes an interface.

    Raises `CannotRead` with all mistakes, `NoSuchPointer`, `NotASubject`.
    """
    value, source = read_document(tree, name)
    if pointer is None and not isinstance(value, (dict, bool)):
        raise NotASubject(source.path, "holds no JSON Schema")
    contracts, findings = _of_document(tree, name, value, source, pointer, None)
    _refuse(source.path, findings, {source.path: source.text})
    return contracts, findings


def manifest_in(tree: Tree) -> list[str]:
    """The names of the manifests in the tree; those of tests and examples count only when there is no other."""
    found = [name for name in tree.names() if name.rpartition("/")[2] == manifest.NAME]
    real = [name for name in found if not {"tests", "test", "examples", "docs"} & set(name.split("/")[:-1])]
    return real or found


def looks_like_schema(value: Any) -> bool:
    """Whether a file that nobody named is meant to be a JSON Schema, and not one of the payloads that lie beside them."""
    if not isinstance(value, dict):
        return False
    said = value.get("$schema")
    if isinstance(said, str):
        return "json-schema.org" in said
    if any(_is_telling(value.get(keyword), kind) for keyword, kind in _TELLING.items() if keyword in value):
        return True
    types = value.get("type")
    return types in TYPES if isinstance(types, str) else all(key in _META for key in value) and bool(value)


_TELLING = {
    "properties": dict,
    "patternProperties": dict,
    "$defs": dict,
    "definitions": dict,
    "allOf": list,
    "anyOf": list,
    "oneOf": list,
    "$ref": str,
    "additionalProperties": bool,
}


def _is_telling(value: Any, kind: type) -> bool:
    """Whether the keyword holds what it would hold in a schema."""
    if not isinstance(value, kind):
        return False
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(isinstance(member, (dict, bool)) for member in members)


def _of_document(
    tree: Tree, name: str, value: Any, source: Source, pointer: str | None, called: str | None
) -> tuple[list[Contract], list[Finding]]:
    """The contracts of one document; `called` is its name among others, None when it stands alone."""
    if interface.is_interface(value):
        contracts, findings = interface.interface_contracts(tree, name, value, source, pointer)
        return ([replace(one, name=f"{called} {one.name}") for one in contracts] if called else contracts), findings
    if pointer:
        if not isinstance(_at(value, source.path, pointer), (dict, bool)):
            raise NotASubject(f"{source.path}#{pointer}", "is no JSON Schema")
        value = _entered(value, pointer)
    about = value.get(_ABOUT, {}) if isinstance(value, dict) else {}
    wrong = list(misfits(about, _ABOUT_SHAPE, source, f"/{_ABOUT}"))
    about = {} if wrong else about
    contract, findings = contract_of(
        tree,
        name,
        value,
        source,
        called=called or name.rpartition("/")[2],
        version=about.get("version", _version(value)),
        positions=tuple(about.get("positions", ())),
        content=about.get("content"),
        start=pointer or "",
    )
    return [contract], [*wrong, *findings]


def _entered(value: Any, pointer: str) -> Any:
    """A schema for a part of a document: a reference to it, and the document around it."""
    if not isinstance(value, dict):
        return value
    from urllib.parse import quote

    said = {"$schema": value["$schema"]} if isinstance(value.get("$schema"), str) else {}
    top = split(pointer)[0]
    kept = {key: member for key, member in value.items() if key in ("$defs", "definitions", top)}
    return {**said, "allOf": [{"$ref": "#" + quote(pointer, safe="/~!$&'()*+,;=:@")}], **kept}


def _at(value: Any, path: str, pointer: str) -> Any:
    whole = value
    try:
        for token in split(pointer):
            value = value[int(token)] if isinstance(value, list) else value[token]
    except (LookupError, ValueError, TypeError):
        known = _defined(whole)
        raise NoSuchPointer(path, pointer, known) from None
    return value


def _defined(value: Any) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [f"/{home}/{name}" for home in ("$defs", "definitions", "properties") for name in value.get(home) or ()]


def _version(value: Any) -> str | None:
    """The version that a schema says it has: `version` or `x-version`, which no draft gives a meaning."""
    if isinstance(value, dict):
        for key in ("version", "x-version"):
            if isinstance(value.get(key), str):
                said: str = value[key]
                return said
    return None


def _refuse(what: str, findings: list[Finding], sources: dict[str, str]) -> None:
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise CannotRead(f"`{what}` has mistakes", findings=findings, sources=sources)

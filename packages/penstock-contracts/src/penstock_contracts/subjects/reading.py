"""Read one file of a tree as a document, and a schema in it as a contract with the files that it refers to.

Takes:   a tree, the name of a file in it, perhaps a pointer.
Gives:   `read_document`; `contract_of`.
Ignores: which files hold contracts (`folder`, `pack`, `interface`).  Nothing is ever fetched.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from penstock_contracts.contract import Contract, Known, Source
from penstock_contracts.exact import exactly, parse, parse_released
from penstock_contracts.keywords import draft_of
from penstock_contracts.lint import lint, subschemas
from penstock_contracts.subjects.errors import CannotRead
from penstock_contracts.subjects.trees import plain
from penstock_contracts.uris import joined, parted_uri
from penstock_findings import load
from penstock_findings.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from penstock_contracts.subjects.trees import Tree

SUFFIXES = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml"}
_ROOMS = ("channels", "components", "messages", "payload", "schemas")  # of descriptions of interfaces
_TWICE = "F105"  # a key stands there a second time
_MANY_FILES = 500  # that one schema may refer to


def language_of(name: str) -> str | None:
    """The language that a file's name promises; None when it is none of ours."""
    return next((language for suffix, language in SUFFIXES.items() if name.lower().endswith(suffix)), None)


def read_document(tree: Tree, name: str) -> tuple[Any, Source]:
    """The value in a file, with exact numbers. Raises `CannotRead` with all that is wrong with the text.

    The caller knows that the file is there.
    """
    data = tree.read(name)
    language = language_of(name) or "json"
    source = Source(tree.shown(name), data or b"", language)
    if language == "json":
        try:
            return parse((data or b"").decode("utf-8").removeprefix("\ufeff")), source
        except ValueError:
            pass  # read again, to say where and why
    limit = max(len(source.data), 1)
    reading = {"json": load.parse_json, "yaml": load.parse_yaml, "toml": load.parse_toml}[language]
    parsed = reading(source.data, source.path, limit=limit)
    if language == "json" and tree.is_released and {one.code for one in parsed.findings} == {_TWICE}:
        remarks = tuple(_mild(one) for one in parsed.findings)
        return parse_released(parsed.text), replace(source, remarks=remarks)
    if parsed.findings or parsed.document is None:
        what = f"`{source.path}` cannot be read"
        raise CannotRead(what, findings=parsed.findings, sources={source.path: parsed.text})
    return exactly(parsed.document.value), source


def contract_of(
    tree: Tree,
    name: str,
    value: Any,
    source: Source,
    *,
    called: str,
    version: str | None = None,
    positions: tuple[str, ...] = (),
    content: str | None = None,
    prefix: str = "",
    start: str = "",
    dialect: str | None = None,
) -> tuple[Contract, list[Finding]]:
    """The schema as a contract, and everything that is wrong with it."""
    base = base_of(tree, name, prefix)
    documents = dict(_referred(tree, value, base))
    label = source.path if not version or version in source.path else f"{source.path} {version}"
    contract = Contract(
        name=called,
        schema=value,
        source=source,
        label=label,
        version=version,
        positions=positions,
        content=content,
        prefix=prefix,
        start=start,
        base=base,
        dialect=dialect,
        documents=documents,
    )
    findings = [*source.remarks, *lint(contract)]
    return contract, [_mild(one) for one in findings] if tree.is_released else findings


def _mild(finding: Finding) -> Finding:
    """The finding as a warning: what was released stays as it is, and is undecided where it matters."""
    if finding.severity is not Severity.ERROR:
        return finding
    return Finding(finding.code, finding.message, finding.at, Severity.WARNING, finding.hint, finding.related)


def base_of(tree: Tree, name: str, prefix: str = "") -> str:
    """The URI of a file for the engine: a name for it, never an address to go to."""
    embedded = f"?at={quote(prefix, safe='')}" if prefix else ""
    return f"{_root_of(tree)}{quote(name)}{embedded}"


def _root_of(tree: Tree) -> str:
    return f"file:///{quote(tree.home)}/" if tree.home else "file:///"


def _referred(tree: Tree, root: Any, base: str) -> Iterator[tuple[str, Known]]:
    """Every document that references lead to, directly and through each other, by the URI that they use."""
    found: set[str] = {base}
    waiting = [(uri, written, base) for uri, written in references(root, base)]
    while waiting and len(found) < _MANY_FILES:
        uri, written, from_file = waiting.pop()
        name = None if uri in found else _file_for(tree, uri, written, from_file)
        if name is None:
            continue
        found.add(uri)
        value, source = read_document(tree, name)
        yield uri, Known(value, source)
        waiting += [(inner, text, base_of(tree, name)) for inner, text in references(value, uri)]


def _file_for(tree: Tree, uri: str, written: str, from_file: str) -> str | None:
    """The name of the file that holds the document of that URI: by its address, or by its own `$id`."""
    direct = _named(tree, uri) if uri.startswith("file:") else None
    if direct is not None:
        return direct
    if uri.startswith("file://") and not uri.startswith(
        "file:///"
    ):  # `file://name.json`, which many mean as a neighbour
        return _named(tree, joined(from_file, uri[len("file://") :]))
    beside = _named(tree, parted_uri(joined(from_file, written))[0])
    if beside is None:
        return None
    value, _ = read_document(tree, beside)
    said = value.get("$id", value.get("id")) if isinstance(value, dict) else None
    return beside if isinstance(said, str) and said.rstrip("#") == uri else None


def _named(tree: Tree, uri: str) -> str | None:
    """The name in the tree of the file with that URI, when there is one."""
    start = _root_of(tree)
    if not uri.startswith(start):
        return None
    name = plain(unquote(uri[len(start) :].partition("?")[0]))
    if not name or language_of(name) is None:
        return None
    return name if tree.read(name) is not None else None


def references(root: Any, base: str) -> Iterator[tuple[str, str]]:
    """The URI of every other document that a schema refers to, with the reference as written."""
    stack: list[tuple[Any, str]] = [(root, base)]
    while stack:
        schema, here = stack.pop()
        if isinstance(schema, list):
            stack += [(inner, here) for inner in schema]
            continue
        if not isinstance(schema, dict):
            continue
        said = schema.get("$id", schema.get("id") if draft_of(schema, 4) == 4 else None)
        if isinstance(said, str) and not said.startswith("#"):
            here = parted_uri(joined(here, said))[0]
        for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
            written = schema.get(keyword)
            if isinstance(written, str) and not written.startswith("#"):
                uri = parted_uri(joined(here, written))[0]
                if uri != here:
                    yield uri, written
        stack += [(inner, here) for inner, _ in subschemas(schema)]
        stack += [(inner, here) for key, inner in schema.items() if key in _ROOMS and isinstance(inner, dict)]


def documents_of(contract: Contract) -> Mapping[str, Any]:
    """What the engine may look up."""
    return {uri: known.value for uri, known in contract.documents.items()}

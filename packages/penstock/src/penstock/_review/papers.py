"""Ask what is written about a pack: docs, readme, changelog, examples, and the contracts of its ports.

Takes:   a `Material` with a manifest.
Gives:   `said_of_papers`: findings M531 to M536 and M541; `versions_told`, those of the changelog.
Ignores: whether what is written is true; a reader has to judge that.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock._review.quality import severity_of
from penstock_findings.finding import Finding, Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock._review.material import Material
    from penstock.manifest.model import ChannelFacts, Manifest, NodeFacts, PolicyFacts

_CHANGELOGS = ("changelog", "changes", "history", "news", "releases")
_VERSION = re.compile(r"^(?:#+\s*|\*\*|=+\s*)?\[?(?:version |v)?(\d+(?:\.\d+)+[\w.+-]*)", re.IGNORECASE | re.MULTILINE)
_SHORTEST = 80  # characters of a readme that says something


def said_of_papers(material: Material) -> Iterator[Finding]:
    """Everything, in order of code."""
    manifest = material.manifest
    if manifest is not None:
        yield from _lines(material, manifest)
        if material.of == "folder":
            yield from _pages(material, manifest)
            yield from _examples(material, manifest)
        yield from _ports(material, manifest)
    readme = material.metadata.readme
    if len(readme.strip()) < _SHORTEST and "readme" not in material.metadata.unsaid:
        what = "says almost nothing" if readme.strip() else "is missing"
        hint = "say what the pack is for, how to install it, and show a graph; name the file in `readme`"
        yield _found("M534", f"the readme {what}", material.metadata.at("readme"), hint)
    if material.of == "folder":
        yield from _changelog(material)


def versions_told(folder: Path) -> tuple[Path | None, list[str]]:
    """The changelog of a project, and the versions that have a heading in it, as they stand there."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.stem.lower() in _CHANGELOGS and path.suffix.lower() in (".md", ".rst", ".txt", ""):
            return path, _VERSION.findall(path.read_text("utf-8", "replace"))
    return None, []


def _offers(manifest: Manifest) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    return ("node type", manifest.nodes), ("policy type", manifest.policies), ("channel kind", manifest.channels)


def _lines(material: Material, manifest: Manifest) -> Iterator[Finding]:
    for kind, offers in _offers(manifest):
        for offer in offers:
            if len(offer.doc) < 8 or offer.doc.lower().startswith(("todo", "fixme")):
                message = f"{kind} `{offer.id}` does not say what it does"
                hint = "begin the docstring of its class with one sentence that could stand in a list"
                yield _found("M531", message, _at(material, offer), hint)


def _pages(material: Material, manifest: Manifest) -> Iterator[Finding]:
    """A page is the file `docs/ID.md`, or a heading with the id in a file of `docs`; without docs, in the readme."""
    docs = material.top / "docs"
    texts = {
        path: path.read_text("utf-8", "replace") for path in sorted(docs.rglob("*")) if path.suffix in (".md", ".rst")
    }
    for kind, offers in _offers(manifest):
        for offer in offers:
            own = [path for path, text in texts.items() if path.stem == offer.id or _has_heading(text, offer.id)]
            page = own[0] if own else None
            if page is None and not _has_heading(material.metadata.readme, offer.id):
                hint = f"write `docs/{offer.id}.md`: what it does, its settings, its ports"
                yield _found("M532", f"{kind} `{offer.id}` has no page of docs", _at(material, offer), hint)
                continue
            text = texts[page] if page else material.metadata.readme
            left_out = [
                name
                for name in getattr(offer, "config", {}).get("properties", {})
                if not re.search(rf"\b{re.escape(name)}\b", text)
            ]
            if left_out:
                named = ", ".join(f"`{name}`" for name in left_out)
                at = Location(str(page)) if page else material.metadata.at("readme")
                yield _found(
                    "M533", f"the page of `{offer.id}` does not tell of {named}", at, "add a line for each setting"
                )


def _has_heading(text: str, id: str) -> bool:
    return any(
        re.search(rf"(?<![\w-]){re.escape(id)}(?![\w-])", line) for line in text.splitlines() if line.startswith("#")
    )


def _examples(material: Material, manifest: Manifest) -> Iterator[Finding]:
    graphs = [
        *material.top.rglob("*.graph.yaml"),
        *material.top.rglob("*.graph.yml"),
        *material.top.rglob("*.graph.json"),
    ]
    text = "\n".join(path.read_text("utf-8", "replace") for path in graphs if ".venv" not in path.parts)
    for node in manifest.nodes:
        if not re.search(rf"\btype[\"']?:\s*[\"']?{re.escape(node.id)}(?![\w-])", text):
            hint = f"put a graph with `type: {node.id}` into `examples`, and run it in the tests"
            yield _found("M536", f"node type `{node.id}` stands in no example graph", _at(material, node), hint)

    for kind in manifest.channels:
        if not re.search(rf"\bkind[\"']?:\s*[\"']?{re.escape(kind.id)}(?![\w-])", text):
            hint = f"put a graph with a channel of `kind: {kind.id}` into `examples`, and run it in the tests"
            yield _found("M536", f"channel kind `{kind.id}` stands in no example graph", _at(material, kind), hint)


def _ports(material: Material, manifest: Manifest) -> Iterator[Finding]:
    for node in manifest.nodes:
        for port in (*node.inputs, *node.outputs):
            if port.contract is None and port.portability != "local":
                message = (
                    f"port `{port.name}` of node type `{node.id}` has no contract, so nobody knows what it carries"
                )
                hint = "type it, `In[Detection]`, or give it `contract=Contract(...)`; a schema may allow anything, and say so"
                yield _found("M541", message, _at(material, node), hint)


def _changelog(material: Material) -> Iterator[Finding]:
    path, told = versions_told(material.top)
    version = material.metadata.version
    if path is None:
        hint = "write CHANGELOG.md with a heading for each version"
        yield _found("M535", "there is no changelog", Location(str(material.top)), hint)
    elif not any(_same(one, version) for one in told):
        hint = f"write `## {version}` and what changed for users"
        yield _found("M535", f"`{path.name}` does not tell of version {version}", Location(str(path)), hint)


def _same(told: str, version: str) -> bool:
    return told.rstrip(".") == version or (version.startswith(f"{told}.") and version.endswith(".0"))


def _at(material: Material, offer: NodeFacts | PolicyFacts | ChannelFacts) -> Location:
    """Where the class is written, as far as its source tells."""
    module, _, word = offer.import_path.partition(":")
    name = material.modules.get(module)
    if name is None:
        return Location(material.project.manifest)
    text = material.file(name).read_text("utf-8", "replace")
    found = re.search(rf"^class {re.escape(word)}\b", text, re.MULTILINE)
    return material.at(name, text.count("\n", 0, found.start()) + 1 if found else None)


def _found(code: str, message: str, at: Location, hint: str) -> Finding:
    return Finding(code, message, at, severity_of(code), hint)

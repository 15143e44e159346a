"""Hold what the code of a pack needs of the world against what it declares.

Takes:   a `Material` with a manifest.
Gives:   `said_of_capabilities`: findings M521 to M523, each where the code stands.
Ignores: what an operator allows, and what only shows when the code is run (Q118 of the test kit).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock._review.quality import severity_of
from penstock._review.touching import STRANGE, Code, Touch, read_code
from penstock_findings.finding import Finding, Location, Related

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock._review.material import Material
    from penstock.manifest.model import NodeFacts

_OUTSIDE = "external-effects"


def said_of_capabilities(material: Material) -> Iterator[Finding]:
    """For each node what it lacks and what it has too much of; for each policy what it should leave alone."""
    if material.manifest is None:
        return
    texts = {
        module: (name, material.file(name).read_text("utf-8", "replace")) for module, name in material.modules.items()
    }
    code = read_code(texts)
    for node in material.manifest.nodes:
        yield from _of_node(material, node, code)
    for policy in material.manifest.policies:
        told: set[str] = set()
        for touch in _touches(code, policy.import_path):
            if touch.sure and touch.capability not in told:
                told.add(touch.capability)
                message = f"policy type `{policy.id}` needs `{touch.capability}` (`{touch.what}`), and a policy depends on nothing but what it is told"
                hint = "decide by the facts alone; what has to be fetched is the business of a node"
                yield Finding("M523", message, _at(material, touch), severity_of("M523"), hint)


def _of_node(material: Material, node: NodeFacts, code: Code) -> Iterator[Finding]:
    needs: dict[str, list[Touch]] = {}
    for touch in _touches(code, node.import_path):
        needs.setdefault(touch.capability, []).append(touch)
    for capability in needs:
        touches = [touch for touch in needs[capability] if touch.sure]
        if touches and capability not in node.capabilities:
            message = f"node type `{node.id}` needs `{capability}` (`{touches[0].what}`) and does not declare it"
            hint = f'add "{capability}" to `capabilities` in `@node(...)`, and run `penstock pack lock`'
            related = [Related(f"`{touch.what}` as well", _at(material, touch)) for touch in touches[1:4]]
            yield Finding("M521", message, _at(material, touches[0]), severity_of("M521"), hint, related)
    here = Location(material.project.manifest)
    if node.effect != "none" and _OUTSIDE not in node.capabilities:
        message = f"node type `{node.id}` has effects outside (its class is `{node.effect}`) and does not declare `{_OUTSIDE}`"
        hint = f'add "{_OUTSIDE}" to `capabilities` in `@node(...)`, and run `penstock pack lock`'
        yield Finding("M521", message, here, severity_of("M521"), hint)
    if STRANGE in needs or node.import_path.partition(":")[0] in _unread(material):
        return  # nobody knows what it does not need
    for capability in node.capabilities:
        unused = node.effect == "none" if capability == _OUTSIDE else capability not in needs
        if unused:
            message = f"node type `{node.id}` declares `{capability}`, and nothing in its code needs it"
            hint = "take it away, so that operators need not allow it, and run `penstock pack lock`"
            yield Finding("M522", message, here, severity_of("M522"), hint)


def _touches(code: Code, import_path: str) -> list[Touch]:
    module, _, word = import_path.partition(":")
    return code.reached((module, word.split(".")[0]))


def _unread(material: Material) -> Iterator[str]:
    """Modules that cannot be read as Python."""
    import ast

    for module, name in material.modules.items():
        try:
            ast.parse(material.file(name).read_bytes())
        except (SyntaxError, ValueError):
            yield module


def _at(material: Material, touch: Touch) -> Location:
    return material.at(touch.file, touch.line, touch.column)

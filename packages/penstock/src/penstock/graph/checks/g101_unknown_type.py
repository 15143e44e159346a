"""G101: no installed pack offers this node type.

Why: a node is made from a type that a pack offers; without it there is nothing to run.
Bad:   `type: jsonl-sorce`; a type that two packs claim, so that neither may have it.
Good:  `type: jsonl-source`. `penstock nodes` lists what there is.

While a pack that the graph names is missing, unknown types are not reported: they may well be its own.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.wording import quoted, suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft, DraftNode, PackUse


def _unknown(draft: Draft) -> Iterator[tuple[DraftNode, Draft]]:
    if any(_is_lost(use) for use in draft.packs):
        return
    for node in draft.nodes.values():
        if node.offer is None and node.written.type is not None:
            yield node, draft


def _is_lost(use: PackUse) -> bool:
    return use.guess is None if use.pack is None else use.pack.manifest is None


def _says(pair: tuple[DraftNode, Draft]) -> str:
    node, draft = pair
    claimed = [pack.distribution for pack in draft.clashes.get(node.written.type or "", ())]
    if claimed:
        return f"node type {quoted(node.written.type or '')} is claimed by {' and '.join(map(quoted, claimed))}"
    return f"no installed pack offers a node type {quoted(node.written.type or '')}"


def _hint(pair: tuple[DraftNode, Draft]) -> str | None:
    node, draft = pair
    if (node.written.type or "") in draft.clashes:
        return "uninstall one of them"
    return suggestion(node.guess, draft.type_names)


CHECK = Check("G101", asks=_unknown, says=_says, at=lambda pair: pair[0].written.type_pointer, hint=_hint)

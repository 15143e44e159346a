"""G113: nothing is linked to an input of a node.

Why: a node with an open input waits for ever, or does half of its work.
Bad:   a `join` of which only `left` is linked.
Good:  a link to `join.right` as well.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.wording import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft, DraftNode


def _open(draft: Draft) -> Iterator[tuple[DraftNode, str]]:
    for node in draft.nodes.values() if draft.links_known else ():
        if node.type is not None and node.id in draft.bonds.nodes:
            for port in node.type.inputs:
                if (node.id, port.name) not in draft.bonds.inputs:
                    yield node, port.name


CHECK = Check(
    "G113",
    asks=_open,
    says=lambda pair: f"nothing is linked to {quoted(f'{pair[0].id}.{pair[1]}')}",
    at=lambda pair: pair[0].pointer,
    on_key=True,
    hint=lambda pair: f"add `{{from: ..., to: {pair[0].id}.{pair[1]}}}`",
)

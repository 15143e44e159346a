"""G114: an output of a node leads nowhere.

Why: what leaves there is counted and gone. That may be meant; often a link was forgotten.
Bad:   a `route` of which only `match` is linked.
Good:  a link from `route.rest` as well, or a node that has no such output.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.wording import quoted
from penstock_findings.finding import Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft, DraftNode


def _open(draft: Draft) -> Iterator[tuple[DraftNode, str]]:
    for node in draft.nodes.values() if draft.links_known else ():
        if node.type is not None and node.id in draft.bonds.nodes:
            for port in node.type.outputs:
                if (node.id, port.name) not in draft.bonds.outputs:
                    yield node, port.name


CHECK = Check(
    "G114",
    asks=_open,
    says=lambda pair: f"{quoted(f'{pair[0].id}.{pair[1]}')} is linked to nothing",
    at=lambda pair: pair[0].pointer,
    on_key=True,
    hint=lambda pair: f"add `{{from: {pair[0].id}.{pair[1]}, to: ...}}`",
    severity=Severity.WARNING,
)

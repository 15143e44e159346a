"""G034: a node's type comes from a pack that the graph does not name, though it names others.

Why: `packs` says which versions the graph was written for. A pack that is not there may be of any version.
Bad:   `packs: {penstock-standard: ">=0.1"}`, and a node of a type that `acme-vision` offers.
Good:  add `acme-vision` with a range. A graph without any `packs` is not asked.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.resolve import normalised
from penstock.graph.wording import quoted
from penstock_findings.finding import Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft, DraftNode, Pack


def _unlisted(draft: Draft) -> Iterator[tuple[DraftNode, Pack]]:
    listed = {normalised(use.wish.name) for use in draft.packs} | {use.guess for use in draft.packs}
    for node in draft.nodes.values() if draft.packs else ():
        if node.offer is not None and node.offer.pack.distribution not in listed:
            yield node, node.offer.pack


CHECK = Check(
    "G034",
    asks=_unlisted,
    says=lambda pair: (
        f"type {quoted(pair[0].written.type or '')} is from pack {quoted(pair[1].distribution)}, which is not listed"
    ),
    at=lambda pair: pair[0].written.type_pointer,
    hint=lambda pair: f'add `{pair[1].distribution}: ">={pair[1].version}"` to `packs`',
    severity=Severity.WARNING,
)

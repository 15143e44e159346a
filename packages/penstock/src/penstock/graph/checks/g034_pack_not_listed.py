"""G034: a node's type, or a channel's kind, comes from a pack that the graph does not name, though it names others.

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

    from penstock.graph.draft import Draft, Pack


def _unlisted(draft: Draft) -> Iterator[tuple[str, str, Pack]]:
    """What it is, where it stands, and the pack that it is from."""
    listed = {normalised(use.wish.name) for use in draft.packs} | {use.guess for use in draft.packs}
    for node in draft.nodes.values() if draft.packs else ():
        if node.offer is not None and node.offer.pack.distribution not in listed:
            yield f"type {quoted(node.written.type or '')}", node.written.type_pointer, node.offer.pack
    for channel in draft.written.channels.values() if draft.packs else ():
        offer = draft.kinds.get(channel.kind)
        if offer is not None and offer.pack.distribution not in listed:
            yield f"channel kind {quoted(channel.kind)}", channel.kind_pointer, offer.pack


CHECK = Check(
    "G034",
    asks=_unlisted,
    says=lambda found: f"{found[0]} is from pack {quoted(found[2].distribution)}, which is not listed",
    at=lambda found: found[1],
    hint=lambda found: f'add `{found[2].distribution}: ">={found[2].version}"` to `packs`',
    severity=Severity.WARNING,
)

"""G130: a channel kind cannot give the acknowledgement level that the graph wants.

Why: `ack` says what a commit survives; a store that does not wait for the disk cannot promise to survive a power cut.
Bad:   `kind: acme-quick`, which gives `process`, in a graph that leaves `ack` at `power`.
Good:  `settings: {ack: process}`, or a kind that gives `power`.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.wording import listed, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft
    from penstock.graph.written import WrittenChannel


def _beyond(draft: Draft) -> Iterator[tuple[WrittenChannel, str, tuple[str, ...]]]:
    wanted = str(draft.written.settings.get("ack", "power"))  # as `Settings` has it, which a check does not import
    for channel in draft.written.channels.values():
        offer = draft.kinds.get(channel.kind)
        if offer is not None and wanted not in offer.facts.ack:
            yield channel, wanted, offer.facts.ack


CHECK = Check(
    "G130",
    asks=_beyond,
    says=lambda found: f"channel kind {quoted(found[0].kind)} cannot give `ack: {found[1]}`, only {listed(found[2])}",
    at=lambda found: found[0].kind_pointer,
    hint=lambda found: f"write `settings: {{ack: {found[2][0]}}}`" if found[2] else None,
)

"""G128: no installed pack offers this kind of channel.

Why: a channel is kept by `sqlite`, by `memory`, or by a store that a pack offers; without the pack there is nobody to keep it.
Bad:   `kind: sqlit`; a kind that two packs claim, so that neither may have it.
Good:  `kind: sqlite`, or the kind of a pack that is installed.

While a pack that the graph names is missing, unknown kinds are not reported: they may well be its own.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.wording import quoted, suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft, PackUse
    from penstock.graph.written import WrittenChannel


def _unknown(draft: Draft) -> Iterator[tuple[WrittenChannel, Draft]]:
    if any(_is_lost(use) for use in draft.packs):
        return
    for channel in draft.written.channels.values():
        if channel.kind in draft.kinds and draft.kinds[channel.kind] is None:
            yield channel, draft


def _is_lost(use: PackUse) -> bool:
    return use.guess is None if use.pack is None else use.pack.manifest is None


def _says(pair: tuple[WrittenChannel, Draft]) -> str:
    channel, draft = pair
    claimed = [pack.distribution for pack in draft.kind_clashes.get(channel.kind, ())]
    if claimed:
        return f"channel kind {quoted(channel.kind)} is claimed by {' and '.join(map(quoted, claimed))}"
    return f"`kind` of channel {quoted(channel.name)} cannot be {quoted(channel.kind)}: no installed pack offers it"


def _hint(pair: tuple[WrittenChannel, Draft]) -> str | None:
    channel, draft = pair
    if channel.kind in draft.kind_clashes:
        return "uninstall one of them"
    return suggestion(draft.kind_guesses.get(channel.kind), draft.kind_names)


CHECK = Check("G128", asks=_unknown, says=_says, at=lambda pair: pair[0].kind_pointer, hint=_hint)

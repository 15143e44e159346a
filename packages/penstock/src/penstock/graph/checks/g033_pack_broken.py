"""G033: a pack that the graph names is installed, and cannot be used.

Why: its manifest is missing or damaged, or is for another version of Penstock; what the pack offers is unknown.
Bad:   a pack whose `penstock-pack.json` was left out of the wheel.
Good:  install the pack again; `penstock packs` says what is wrong with it.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G033",
    asks=lambda draft: draft.packs,
    finds=lambda use: use.pack is not None and use.pack.manifest is None,
    says=lambda use: f"pack {quoted(use.wish.name)} is installed, and cannot be used",
    at=lambda use: use.wish.pointer,
    on_key=True,
    hint="`penstock packs` says what is wrong with it",
)

"""G030: a pack that the graph names is not installed.

Why: its node types are unknown here, so nothing that uses them can be checked or run.
Bad:   `packs: {penstock-kafka: ">=1"}` on a machine that has no such distribution.
Good:  `pip install penstock-kafka`. Packs are named by their distribution, as pip knows it.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G030",
    asks=lambda draft: draft.packs,
    finds=lambda use: use.pack is None,
    says=lambda use: f"pack {quoted(use.wish.name)} is not installed",
    at=lambda use: use.wish.pointer,
    on_key=True,
    hint=lambda use: f"write {quoted(use.guess)}" if use.guess else f"install {quoted(use.wish.name)}",
)

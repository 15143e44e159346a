"""G031: the installed version of a pack is not in the range that the graph asks for.

Why: the graph was written for other versions; nodes may behave otherwise in this one.
Bad:   `packs: {penstock-standard: ">=0.5"}`, and 0.4.1 is installed. Pre-releases come before their release.
Good:  install a version in the range, or widen the range after a look at the pack's news.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G031",
    asks=lambda draft: draft.packs,
    finds=lambda use: use.verdict in ("no", "bad-version"),
    says=lambda use: (
        f"pack {quoted(use.wish.name)} is installed as {use.pack.version if use.pack else '?'}, "
        + (f"not {use.wish.range}" if use.verdict == "no" else "which cannot be compared with any range")
    ),
    at=lambda use: use.wish.pointer,
    hint=lambda use: f"install a version {use.wish.range}, or change the range" if use.verdict == "no" else None,
)

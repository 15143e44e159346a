"""G023: a text begins to take a value from the environment, and cannot be read to its end.

Why: guessing would put half a name into a path.
Bad:   `"${SITE_DATA/in.jsonl"`, and `"${SITE_DATA:-/srv}"`, which is the notation of shells.
Good:  `"${SITE_DATA}/in.jsonl"`, with defaults in `environment`; `$${` for a literal `${`.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G023",
    asks=lambda draft: draft.texts,
    finds=lambda text: text.broken is not None,
    says=lambda text: f"cannot read {quoted(text.broken or '')}",
    hint="write `${NAME}`, or `$${` for a literal `${`; defaults stand in `environment`",
)

"""G106: a link starts where nothing comes out, or ends where nothing goes in.

Why: links go from an output to an input.
Bad:   `from: zone.in`; `from: screen`, when `screen` is a sink; `to: camera`, when `camera` is a source.
Good:  `from: zone.out`.
"""

from __future__ import annotations

from penstock.graph import draft as why
from penstock.graph.check import Check
from penstock.graph.wording import quoted, suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.graph.draft import End


def _says(end: End) -> str:
    if end.port is not None:
        return (
            f"{quoted(end.text)} is an input, not an output"
            if end.is_start
            else f"{quoted(end.text)} is an output, not an input"
        )
    id = quoted(end.node.id if end.node else end.text)
    return f"node {id} is a sink and has no output" if end.is_start else f"node {id} is a source and has no input"


CHECK = Check(
    "G106",
    asks=lambda draft: draft.ends,
    finds=lambda end: end.problem == why.DIRECTION,
    says=_says,
    hint=lambda end: suggestion(None, end.known),
)

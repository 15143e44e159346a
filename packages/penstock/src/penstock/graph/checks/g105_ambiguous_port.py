"""G105: a link names a node that has several ports in this direction, and does not say which.

Why: a node alone stands for its only port. Where there are several, guessing would lead records the wrong way.
Bad:   `from: route`, when `route` has the outputs `match` and `rest`.
Good:  `from: route.match`.
"""

from penstock.graph import draft as why
from penstock.graph.check import Check
from penstock.graph.wording import quoted, suggestion

CHECK = Check(
    "G105",
    asks=lambda draft: draft.ends,
    finds=lambda end: end.problem == why.AMBIGUOUS,
    says=lambda end: f"node {quoted(end.text)} has several {'outputs' if end.is_start else 'inputs'}",
    hint=lambda end: suggestion(None, end.known),
)

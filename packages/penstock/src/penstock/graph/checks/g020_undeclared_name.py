"""G020: a config uses an environment name that the graph does not declare.

Why: everything that a graph takes from its surroundings stands in one list, where whoever deploys it can see it.
Bad:   `path: "${SITE_DATA}/in.jsonl"` without `environment: [SITE_DATA]`.
Good:  the same with it. A literal `${` is written `$${`.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted

CHECK = Check(
    "G020",
    asks=lambda draft: (
        (text, name, draft.name_guesses.get(name))
        for text in draft.texts
        for name in dict.fromkeys(text.names)
        if name not in draft.written.environment
    ),
    says=lambda use: f"the environment name {quoted(use[1])} is not declared",
    at=lambda use: use[0].pointer,
    hint=lambda use: f"write `${{{use[2]}}}`" if use[2] else f"add {quoted(use[1])} to `environment`",
)

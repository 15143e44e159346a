"""G026: a literal text looks like a secret.

Why: graph files are committed, copied and printed. A password in one is everybody's.
Bad:   `headers: {Authorization: "Bearer 0123..."}`, `url: "https://robot:pass@host"`, or `token: ...` in a config.
Good:  `secrets: {token: "env:UPLINK_TOKEN"}`; the node asks for it by name when it runs.

The text itself is never printed, also not in the excerpt of the file.
"""

from penstock.graph.check import Check
from penstock.graph.wording import quoted
from penstock_findings.finding import Severity

CHECK = Check(
    "G026",
    asks=lambda draft: draft.literals,
    says=lambda literal: f"the text under {quoted(literal.name)} looks like a secret",
    hint="give it to the node as a secret: `secrets: {name: env:NAME}`",
    severity=Severity.WARNING,
)

"""G022: a declared environment name is used by no config.

Why: whoever deploys the graph would set it for nothing; more often, the text that should use it is misspelt.
Bad:   `environment: [SITE_DATA]`, and no `${SITE_DATA}` in any config.
Good:  remove the name, or use it.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.wording import quoted
from penstock_findings.finding import Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft
    from penstock.graph.written import Declared


def _unused(draft: Draft) -> Iterator[Declared]:
    used = {name for text in draft.texts for name in text.names}
    used |= {draft.name_guesses.get(name, name) for name in used} | draft.written.used
    used |= {name for text in draft.texts for name in draft.written.environment if name in (text.broken or "")}
    return (declared for name, declared in draft.written.environment.items() if name not in used)


CHECK = Check(
    "G022",
    asks=_unused,
    says=lambda declared: f"the environment name {quoted(declared.name)} is declared, and no config uses it",
    on_key=True,
    hint="remove it",
    severity=Severity.WARNING,
)

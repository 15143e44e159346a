"""The commands `penstock explain` and `penstock completion`.

Takes:   codes; the name of a shell.
Gives:   `explain`, `completion`, the click commands.
Ignores: how they do it (`penstock_findings.cli`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.cli.tables import table
from penstock_findings.cli.completion import completing
from penstock_findings.cli.explain import explaining

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock_findings.codebook import Explanation


def _with_owners(known: Iterable[Explanation]) -> str:
    return table(("code", "what it means", "from"), [(one.code, one.title, one.owner) for one in known])


explain = explaining("penstock", "G104", unknown="P240", listed=_with_owners)
completion = completing("penstock")

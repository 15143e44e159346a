"""The commands `penstock-compat explain` and `penstock-compat completion`.

Takes:   codes; the name of a shell.
Gives:   `explain`, `completion`, the click commands.
Ignores: how they do it (`penstock_findings.cli`).
"""

from penstock_findings.cli.completion import completing
from penstock_findings.cli.explain import explaining

explain = explaining("penstock-compat", "C301", unknown="C901")
completion = completing("penstock-compat")

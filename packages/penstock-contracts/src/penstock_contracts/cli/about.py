"""The commands `penstock-contracts explain` and `penstock-contracts completion`.

Takes:   codes; the name of a shell.
Gives:   `explain`, `completion`, the click commands.
Ignores: how they do it (`penstock_findings.cli`).
"""

from penstock_findings.cli.completion import completing
from penstock_findings.cli.explain import explaining

explain = explaining("penstock-contracts", "K208", unknown="K107")
completion = completing("penstock-contracts")

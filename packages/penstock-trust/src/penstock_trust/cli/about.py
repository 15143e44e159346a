"""The commands `penstock-trust explain` and `penstock-trust completion`.

Takes:   codes; the name of a shell.
Gives:   `explain`, `completion`, the click commands.
Ignores: how they do it (`penstock_findings.cli`).
"""

from penstock_findings.cli.completion import completing
from penstock_findings.cli.explain import explaining

explain = explaining("penstock-trust", "T324", unknown="T901")
completion = completing("penstock-trust")

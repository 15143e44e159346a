"""Look at a wheel before anything of it is installed.

`archive` reads it as a list of claims, `wheel` says what there is to look at; `structure`, `names`, `record` and
`contents` ask one question each per function; `check` asks them all.
"""

from penstock_trust.hygiene.check import CHECKS as CHECKS
from penstock_trust.hygiene.check import check_wheel as check_wheel
from penstock_trust.hygiene.check import rules_of as rules_of
from penstock_trust.hygiene.wheel import Rules as Rules

__all__ = ["CHECKS", "Rules", "check_wheel", "rules_of"]

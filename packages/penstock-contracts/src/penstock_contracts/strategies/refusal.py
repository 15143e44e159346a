"""Say why no instances can be drawn.

Takes:   what was found out about a schema.
Gives:   errors with one finding each.
Ignores: printing.
"""

from __future__ import annotations

from penstock_findings.errors import PenstockError
from penstock_findings.finding import Location


class NoInstance(PenstockError):
    """No value at all is valid under the schema, so there is nothing to draw. The schema is at fault."""

    code = "K190"

    def __init__(self) -> None:
        super().__init__(
            "no value is valid under the schema",
            at=Location(pointer=""),
            hint="look for keywords that contradict each other, such as a `const` outside of its `enum`",
        )


class CannotDraw(PenstockError):
    """It cannot be worked out what is valid under the schema, and why."""

    code = "K191"
    exit_code = 3

    def __init__(self, reason: str, detail: str, pointer: str = "") -> None:
        super().__init__(
            f"no instances can be drawn: {reason}" + (f": {detail}" if detail else ""), at=Location(pointer=pointer)
        )


class NoHypothesis(PenstockError):
    """The strategies need hypothesis, which is not installed."""

    code = "K192"

    def __init__(self) -> None:
        super().__init__(
            "`penstock_contracts.strategies` needs hypothesis, which is not installed",
            hint="pip install penstock-contracts[hypothesis]",
        )

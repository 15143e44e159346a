"""Let some records pass.

Takes:   conditions on fields.
Gives:   `Filter`.
Ignores: what happens to the others; to send them elsewhere use `route`.
"""

from __future__ import annotations

from dataclasses import field

from penstock import Context, Record, node
from penstock_standard.conditions import Condition, judge_all


@node("filter")
class Filter:
    """Pass a record that meets all conditions of `all` and, if there are any, at least one of `any`.

    Ports:   in -> out, 0 or 1 record out for each one in, order kept.
    State:   none.
    Effects: none, so replay may run it again.
    Errors:  none while running; N104 or N105 at the start when a condition cannot be understood.
    Notes:   a condition is `{field: /speed, op: gt, value: 8}`. Operators: eq, ne, lt, le, gt, ge, in, not-in, contains,
             starts-with, ends-with, matches (a regular expression, anywhere in the text), exists, missing. A field that
             is not there meets no condition but `missing`. 1 and true are different, 1 and 1.0 are not.
    """

    all: list[Condition] = field(default_factory=list)
    any: list[Condition] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._passes = judge_all(self.all, self.any)

    def process(self, record: Record, ctx: Context) -> Record | None:
        """Give the record back, or nothing."""
        return record if self._passes(record.payload) else None

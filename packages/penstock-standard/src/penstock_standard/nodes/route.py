"""Send each record one of two ways.

Takes:   conditions on fields.
Gives:   `Route`.
Ignores: more than two ways: ports belong to a node type, so chain routes by `else`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any

from penstock import Context, Emission, In, Out, Record, node
from penstock_standard.conditions import Condition, judge_all


@node("route")
class Route:
    """Send a record that meets the conditions to `match`, every other one to `else`.

    Ports:   in -> match or else, 1 record out for each one in, order kept on each way.
    State:   none.
    Effects: none, so replay may run it again.
    Errors:  none while running; N104 or N105 at the start when a condition cannot be understood.
    Notes:   conditions are those of `filter`: all of `all`, and at least one of `any` if there are any.
    """

    in_: In[Any]
    match: Out[Any]
    else_: Out[Any]

    all: list[Condition] = field(default_factory=list)
    any: list[Condition] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._matches = judge_all(self.all, self.any)

    def process(self, record: Record, ctx: Context) -> Emission:
        """Name the port that the record leaves by."""
        return self.match(record) if self._matches(record.payload) else self.else_(record)

"""Durations as people write them on a command line.

Takes:   a number and its unit.
Gives:   `Duration`, a click type.
Ignores: durations in files; their readers say where in the file one is wrong.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
DAYS = {"m": 1 / 1440, "h": 1 / 24, "d": 1.0}


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4
    """`90d`, `12h`, `500ms`: a number of one of the units, as so many of what the units are counted in."""

    name = "duration"

    def __init__(self, units: Mapping[str, float] = SECONDS, *, like: str = "`7d`, `12h` or `30s`") -> None:
        self.units = units
        self.like = like

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The duration as a number; click is told when it is none."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(rf"(\d+(?:\.\d+)?)({'|'.join(self.units)})", str(value))
        if found is None:
            self.fail(f"`{value}` is no duration; write it like {self.like}", param, ctx)
        return float(found[1]) * self.units[found[2]]

"""The options that several commands share, so that they mean the same everywhere.

Takes:   nothing.
Gives:   decorators for click commands; `Judge`, what the judging options say.
Ignores: options of one command only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock_contracts.direction import MODES, POSITIONS
from penstock_contracts.reports import NAMES
from penstock_findings.cli.durations import Duration

if TYPE_CHECKING:
    from collections.abc import Callable


class Day(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4
    """A day, as 2026-01-31."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The day; click is told when there is none like it."""
        from datetime import date

        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"`{value}` is no day; write it like `2026-01-31`", param, ctx)


against = click.option(
    "--against",
    metavar="BASELINE",
    multiple=True,
    help="The older version: a git ref (`main`, `v1.2.0:path/in/it.json`), a file, a folder, a wheel or sdist, "
    "`installed:NAME`, or a lock file. More than one: the first is compared, the others count for -transitive modes.",
)
mode = click.option(
    "--mode",
    type=click.Choice(MODES),
    help="Who reads what. backward: the new version reads what the old one wrote; forward: the other way round; full: "
    "both; -transitive: with every version inside of --retention. Default: what the position needs, else backward.",
)
position = click.option(
    "--position",
    type=click.Choice(POSITIONS),
    multiple=True,
    help='Where the contract stands, if its file does not say so (a schema can: "x-penstock": {"positions": ["output"]}).',
)
content = click.option(
    "--content",
    type=click.Choice(("open", "declared")),
    default="open",
    show_default=True,
    help="open: schemas as they are written. declared: payloads hold only the properties that their schema declares. "
    'A schema can say it for itself: "x-penstock": {"content": "declared"}.',
)
formats = click.option(
    "--formats",
    type=click.Choice(("annotate", "assert")),
    default="annotate",
    show_default=True,
    help="Whether `format` says what a text has to be, or is a remark.",
)
seconds = click.option(
    "--seconds",
    type=click.FloatRange(0.01, 3600),
    default=2.0,
    show_default=True,
    help="Time for one question; what takes longer is undecided.",
)
retention = click.option(
    "--retention",
    type=Duration(),
    default="7d",
    show_default=True,
    help="For -transitive modes: how long records are kept, so that older versions can still be read.",
)
report_format = click.option(
    "--format", "fmt", type=click.Choice(NAMES), default="text", show_default=True, help="How to print what was found."
)
as_json = click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
output = click.option(
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write it to FILE; a line that sums up still goes to the screen.",
)
reports = click.option(
    "--report",
    "reports",
    metavar="FORMAT=FILE",
    multiple=True,
    help="Write it to a file as well, such as sarif=contracts.sarif or html=contracts.html; may be repeated.",
)
waivers = click.option(
    "--waivers",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="What may pass, and until when. Default: penstock-waivers.toml, if it is here.",
)
today = click.option(
    "--today", type=Day(), metavar="DAY", help="The day on which waivers are judged. Default: today, in UTC."
)


def judging(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how contracts are judged and how the outcome is printed."""
    for option in (today, waivers, reports, output, as_json, report_format, seconds, formats, content, position, mode):
        command = option(command)
    return command

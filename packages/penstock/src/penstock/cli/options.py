"""The options that several commands share, so that they mean the same everywhere.

Takes:   nothing.
Gives:   `as_json`, `report_format`, `print_report`.
Ignores: options of one command only.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from penstock_findings.reporters import NAMES, write

if TYPE_CHECKING:
    from penstock_findings.report import Report


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
report_format = click.option(
    "--format",
    "fmt",
    type=click.Choice(NAMES),
    default="text",
    show_default=True,
    help="How to print findings.",
)


def print_report(report: Report, fmt: str = "text", *, to_errors: bool = False) -> int:
    """Print the report and give its exit code; a clean one prints nothing as text."""
    write(report, fmt, sys.stderr if to_errors else sys.stdout)
    return report.exit_code()

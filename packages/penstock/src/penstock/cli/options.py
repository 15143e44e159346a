"""The options that several commands share, so that they mean the same everywhere.

Takes:   nothing.
Gives:   `as_json`, `report_format`, `print_report`; `wished`, for what may stand beside a graph.
Ignores: options of one command only.
"""

from __future__ import annotations

import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.wishes import Wishes
from penstock.profiles.fields import ACCEPTABLE
from penstock_findings.reporters import NAMES, write

if TYPE_CHECKING:
    from collections.abc import Callable

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


_policy = click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="FILE",
    help="A policy file; may be repeated, and later ones win.",
)
_profile = click.option(
    "--profile", metavar="NAME|FILE", help="Named settings: built in, of a pack, or a `*.profile.yaml`."
)
_setting = click.option(
    "--setting",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Override one setting: `batch=10`, `NODE.concurrency=2`, `CHANNEL.capacity=50`; may be repeated.",
)
_accepted = click.option(
    "--accept-loss",
    "accepted",
    multiple=True,
    type=click.Choice(ACCEPTABLE.options),
    help="Accept the lossy value that a profile gives to this setting, such as `ack`; may be repeated.",
)


def wished(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options for policies and profiles; the command is handed them as `wishes`."""

    @_policy
    @_profile
    @_setting
    @_accepted
    @wraps(command)
    def asked(
        *words: Any,
        policies: tuple[str, ...],
        profile: str | None,
        settings: tuple[str, ...],
        accepted: tuple[str, ...],
        **more: Any,
    ) -> Any:
        return command(*words, wishes=Wishes(policies, profile, settings, accepted), **more)

    return asked


def print_report(report: Report, fmt: str = "text", *, to_errors: bool = False) -> int:
    """Print the report and give its exit code; a clean one prints nothing as text."""
    write(report, fmt, sys.stderr if to_errors else sys.stdout)
    return report.exit_code()

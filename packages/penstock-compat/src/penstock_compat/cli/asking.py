"""The options that commands about results share, so that they mean the same everywhere.

Takes:   nothing.
Gives:   decorators for click commands; `Asked`, what the shared options say, and the standings that follow from it.
Ignores: options of one command only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from penstock_compat.standing import STALE_AFTER, Freshness
from penstock_findings.cli.durations import DAYS, Duration

if TYPE_CHECKING:
    from penstock_compat.place import Place
    from penstock_compat.standing import Standing


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4
    """A day or a moment with its offset, as `2026-01-31` or `2026-01-31T12:00:00Z`; `now` is the clock's."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment, in UTC where it names no offset; click is told when there is none like it."""
        if isinstance(value, datetime):
            return value
        if value == "now":
            return datetime.now(timezone.utc)
        try:
            read = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        except ValueError:
            self.fail(f"`{value}` is no moment; write it like `2026-01-31` or `2026-01-31T12:00:00Z`", param, ctx)
        return read if read.tzinfo is not None else read.replace(tzinfo=timezone.utc)


class Build(click.ParamType):  # type: ignore[type-arg]  # the same
    """`NAME==VERSION=sha256:DIGEST`: the build of a distribution that counts."""

    name = "build"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The name with its version, and the digest; click is told when it is not written like that."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"([^=]+==[^=]+)=(sha256:[0-9a-f]{64})", str(value))
        if found is None:
            self.fail(f"`{value}` names no build; write it like `site==1.0=sha256:3f...`", param, ctx)
        return found[1], found[2]


results = click.option(
    "--results",
    "files",
    metavar="FILE|DIR",
    multiple=True,
    help="Result files, or folders of `*.compat.json`; may be repeated. Default: compat/reports, else this folder.",
)
stale_after = click.option(
    "--stale-after",
    "days",
    type=Duration(DAYS, like="`30d` or `12h`"),
    default=STALE_AFTER,
    show_default=f"{STALE_AFTER:g}d",
    help="Evidence that is older proves nothing any more.",
)
builds = click.option(
    "--build",
    "builds",
    type=Build(),
    metavar="NAME==VERSION=sha256:...",
    multiple=True,
    help="The build that counts; evidence of another one of this version is stale. May be repeated.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
_AXES = (
    click.option("--python", metavar="3.X", help="The Python, such as 3.13."),
    click.option("--core", metavar="VERSION", help="The version of the core."),
    click.option("--os", metavar="NAME", help="The system: linux, darwin, windows, or the name of a root file system."),
    click.option("--arch", metavar="NAME", help="The architecture, such as x86_64."),
    click.option("--deps", metavar="SET", help="The dependency set: newest, locked, lowest, or a named one."),
    click.option(
        "--here", is_flag=True, help="This machine and this Python, with what is installed for it; the others override."
    ),
)


def as_of(default: str | None) -> Callable[[Any], Any]:
    """The moment as of which evidence is judged: the clock's for questions, the newest evidence for reports."""
    said = "now" if default else "the newest evidence, so that the same results give the same report"
    return click.option(
        "--as-of", "moment", type=Moment(), default=default, show_default=said, help="Judge evidence as of this moment."
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What the shared options of a question say."""

    words: tuple[str, ...]  # names of packs
    files: tuple[str, ...]
    place: Place
    freshness: Freshness

    def standings(self) -> tuple[Standing, ...]:
        """How the cells of all results stand."""
        from penstock_compat.opening import opened
        from penstock_compat.standing import standings

        return standings(opened(self.files).results, self.freshness)


def asking(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a question; the command is handed `asked` instead of them.

    Among the words of the command, those that end with `.json` are result files.
    """
    from functools import wraps

    @wraps(command)
    def asked(
        words: Sequence[str],
        files: tuple[str, ...],
        days: float,
        builds: tuple[tuple[str, str], ...],
        moment: datetime,
        here: bool,
        **more: Any,
    ) -> Any:
        from penstock_compat.place import Place
        from penstock_compat.place import here as this_place

        named = {name: more.pop(name) for name in ("python", "core", "os", "arch", "deps")}
        base = this_place() if here else Place()
        place = Place(**{n: named.get(n) or getattr(base, n) for n in Place.__match_args__})
        found = tuple(word for word in words if word.endswith(".json"))
        packs = tuple(word for word in words if not word.endswith(".json"))
        return command(Asked(packs, (*files, *found), place, Freshness(moment, days, counting(builds))), **more)

    for option in (as_json, as_of("now"), builds, stale_after, results, *reversed(_AXES)):
        asked = option(asked)
    return asked


def counting(builds: Sequence[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """`name==version` -> the digests that count."""
    found: dict[str, frozenset[str]] = {}
    for name, digest in builds:
        found[name] = found.get(name, frozenset()) | {digest}
    return found

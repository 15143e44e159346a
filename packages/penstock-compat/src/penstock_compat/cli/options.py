"""The options that several commands share, so that they mean the same everywhere.

Takes:   nothing.
Gives:   decorators for click commands; `planned`, the plan that the words of a command name.
Ignores: options of one command only.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock_compat.facts import Cell, Plan

AXES = "compat/axes.toml"

axes = click.option(
    "--axes",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help=f"The axes of the matrix. Default: {AXES}, if it is here; else Python 3.10 to 3.13 and all dependency sets.",
)
python = click.option(
    "--python", "pythons", metavar="VERSION", multiple=True, help="Only cells of this Python, such as 3.12."
)
deps = click.option("--deps", metavar="SET", multiple=True, help="Only cells of this dependency set.")
core = click.option("--core", "cores", metavar="VERSION", multiple=True, help="Only cells of this core version.")
only = click.option(
    "--only", metavar="PATTERN", multiple=True, help="Only cells whose id fits, such as 'site==*|3.12|newest'."
)
interpreter = click.option(
    "--interpreter",
    "interpreters",
    metavar="VERSION=PATH",
    multiple=True,
    help="Where an interpreter is. Default: what the axes say, then PATH, pyenv, uv.",
)
wheels = click.option(
    "--wheels",
    metavar="FOLDER",
    multiple=True,
    type=click.Path(file_okay=False, exists=True),
    help="A folder of wheels; a package that is in it is taken from nowhere else.",
)
offline = click.option("--offline", is_flag=True, help="Take packages from --wheels only.")
_CHOOSING = (offline, wheels, interpreter, only, core, deps, python, axes)


def choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which cells there are."""
    for option in _CHOOSING:
        command = option(command)
    return command


def planned(
    packs: tuple[str, ...],
    *,
    axes: str | None,
    pythons: tuple[str, ...],
    deps: tuple[str, ...],
    cores: tuple[str, ...],
    only: tuple[str, ...],
    interpreters: tuple[str, ...],
    wheels: tuple[str, ...],
    offline: bool,
    seconds: dict[str, float] | None = None,
) -> Plan:
    """The plan for the packs: one that was written before, or one made of axes; without what was not asked for."""
    from dataclasses import replace

    from penstock_compat.axes import Axes, read_axes
    from penstock_compat.formats import read_plan
    from penstock_compat.packs import read_pack
    from penstock_compat.plan import plan
    from penstock_compat.run.interpreters import find_pythons, this_platform

    given = _interpreters(interpreters)
    if len(packs) == 1 and packs[0].endswith(".json"):
        made = read_plan(packs[0])
        made = replace(made, pythons={**made.pythons, **given}, offline=made.offline or offline)
    else:
        path = axes or (AXES if os.path.exists(AXES) else None)
        read = read_axes(path) if path else Axes()
        more = tuple(os.path.abspath(one) for one in wheels)
        read = replace(read, wheels=(*more, *read.wheels), offline=read.offline or offline)
        wanted = tuple(one for one in pythons if one not in read.pythons)
        read = replace(read, pythons=(*read.pythons, *wanted))
        found = find_pythons(read.pythons, {**read.interpreters, **given})
        made = plan([read_pack(one) for one in packs], read, platform=this_platform(), pythons=found, seconds=seconds)
    cells = tuple(cell for cell in made.cells if _is_wanted(cell, pythons, deps, cores, only))
    return replace(made, cells=cells)


def _is_wanted(cell: Cell, pythons: Any, deps: Any, cores: Any, only: Any) -> bool:
    from fnmatch import fnmatchcase

    return (
        (not pythons or cell.python in pythons)
        and (not deps or cell.deps in deps)
        and (not cores or cell.core in cores)
        and (not only or any(fnmatchcase(cell.id, pattern) for pattern in only))
    )


def _interpreters(words: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for word in words:
        version, equals, path = word.partition("=")
        if not equals or not re.fullmatch(r"3\.\d+", version):
            raise click.UsageError(f"`{word}` names no interpreter; write it like `3.12=/usr/bin/python3.12`")
        found[version] = os.path.abspath(path)
    return found


def state_folder(given: str | None) -> str:
    """Where wheels, trees and the ledger are kept between runs."""
    from penstock_compat.run.workshop import kept_in

    return kept_in(given)

"""The command `penstock-compat static`.

Takes:   a pack, releases of a core, Pythons.
Gives:   what their sources say of each other, in findings, without running anything.
Ignores: how it is judged (`static`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from penstock_compat.static.verdict import Static


@click.command("static")
@click.argument("pack", metavar="PACK", type=click.Path(exists=True))
@click.option(
    "--core",
    "cores",
    metavar="PATH",
    multiple=True,
    type=click.Path(exists=True),
    help="A wheel, sdist or folder of the core.",
)
@click.option(
    "--python", "pythons", metavar="VERSION", multiple=True, help="Such as 3.12. Default: the one this runs on."
)
@click.option("--os", "system", default="linux", show_default=True, help="linux, darwin or windows.")
@click.option("--arch", default="x86_64", show_default=True, help="The architecture, such as aarch64.")
@click.option(
    "--format", "fmt", default="text", show_default=True, help="text, json, sarif, junit, github or markdown."
)
def static(pack: str, cores: tuple[str, ...], pythons: tuple[str, ...], system: str, arch: str, fmt: str) -> int:
    """Say what the sources of a PACK and of a core's releases promise: exit 0 it fits, 1 it cannot work, 3 a run must tell.

    \b
    Example:
      penstock-compat static dist/site-1.0-py3-none-any.whl --core wheels/penstock-0.1.0-py3-none-any.whl
      penstock-compat static packs/site --python 3.10 --python 3.13
    """
    from penstock_compat.made_by import VERSION
    from penstock_findings import reporters
    from penstock_findings.report import Report

    here = "{}.{}".format(*sys.version_info[:2])
    judged = [
        (python, core, _judged(pack, core, python, system, arch))
        for python in pythons or (here,)
        for core in cores or ("",)
    ]
    findings = {reason.finding(): None for _, _, said in judged for reason in said.reasons}
    reporters.write(Report("penstock-compat", tuple(findings), version=VERSION), fmt, sys.stdout)
    if fmt == "text":
        sys.stdout.write(
            "".join(f"Python {python}{_of(core)}: {said.verdict.value}\n" for python, core, said in judged)
        )
    verdicts = {said.verdict.value for _, _, said in judged}
    return 1 if "broken" in verdicts else 3 if "unknown" in verdicts else 0


def _judged(pack: str, core: str, python: str, system: str, arch: str) -> Static:
    from penstock_compat.errors import Misuse
    from penstock_compat.facts import Cell
    from penstock_compat.static.judging import judge, said_of

    name, version = said_of(core) if core else ("", "")
    try:
        return judge(Cell("pack", "", version, system, arch, python, ""), pack, core or None, core=name)
    except ValueError as error:
        raise Misuse(f"`{python}` is no Python such as 3.12") from error


def _of(core: str) -> str:
    from os.path import basename

    return f", {basename(core.rstrip('/'))}" if core else ""

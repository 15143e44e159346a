"""Make environments with venv and pip, where uv is not: slower, and the same evidence.

Takes:   the environment variables of tools.
Gives:   `PipEngine`.
Why so:  pip has no lowest resolution; the lower bounds that the pack states are taken for it, as they stand.
Ignores: what the environments are for.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from penstock_compat.run.child import Ended, see_to_end
from penstock_compat.run.engine import BUILD, INSTALL, RESOLVE, python_in, scrubbed
from penstock_compat.run.interpreters import Identity
from penstock_compat.run.materials import Pin, Question, Resolution
from penstock_compat.run.source import normal_name
from penstock_compat.run.tools import TOOLS, needs_of, tools_wheel

_LOWER = (">=", "~=", "==")


class PipEngine:
    """The engine that needs nothing but pip beside our own interpreter."""

    name = "pip"

    def __init__(self, env: Mapping[str, str], program: str = sys.executable) -> None:
        self._env = dict(env)
        self._pip = [program, "-m", "pip"]
        self._version = ""

    @property
    def version(self) -> str:
        """What pip says that it is."""
        if not self._version:
            ended = see_to_end([*self._pip, "--version"], cwd=os.getcwd(), env=self._env, timeout=30)
            self._version = " ".join(ended.log.split()[:2])
        return self._version

    def build(self, source: str, python: str, target: str, version: str) -> Ended:
        """Build the wheel of the tree into the folder, in an environment of its own."""
        env = {**self._env, "SETUPTOOLS_SCM_PRETEND_VERSION": version, "SOURCE_DATE_EPOCH": "315532800"}
        words = [*self._with(python), "wheel", "--quiet", "--no-deps", "--wheel-dir", target, source]
        return _told(see_to_end(words, cwd=source, env=env, timeout=BUILD))

    def resolve(self, question: Question, scratch: str) -> Resolution | Ended:
        """Choose versions with pip's resolver, installing nothing."""
        answer, limits = os.path.join(scratch, "report.json"), os.path.join(scratch, "limits.txt")
        asked, lowered = _asked(question, scratch)
        with open(limits, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in (*question.constraints, *lowered, *_local(question.offer)))
        words = [*self._with(question.python), "install", "--quiet", "--dry-run", "--ignore-installed"]
        words += ["--report", answer, "--constraint", limits, *asked]
        words += [] if question.sdists else ["--only-binary", ":all:"]
        words += ["--pre"] if question.prereleases else []
        words += _offers(question.offer, question.offline)
        ended = _told(see_to_end(words, cwd=scratch, env=self._env, timeout=RESOLVE))
        if not ended.well:
            return ended
        with open(answer, encoding="utf-8") as file:
            pins = [_pin(row) for row in json.load(file)["install"]]
        ours = (question.pack.name, TOOLS)
        return Resolution(tuple(sorted((one for one in pins if one.name not in ours), key=_by_name)), time.time())

    def environment(
        self, python: Identity, pins: Sequence[Pin], offer: str, offline: bool, target: str, copies: bool
    ) -> Ended:
        """Make the environment with venv, and install with a pip that stays outside of it."""
        where = os.path.dirname(target)
        words = [python.path, "-I", "-m", "venv", "--without-pip", target]
        ended = see_to_end(words, cwd=where, env=self._env, timeout=INSTALL)
        if not ended.well:
            return ended
        wanted = os.path.join(where, "wanted.txt")
        with open(wanted, "w", encoding="utf-8") as file:
            file.writelines(f"{_line(pin)}\n" for pin in pins)
        words = [*self._with(python_in(target)), "install", "--quiet", "--no-deps", "--requirement", wanted]
        words += _offers(offer, offline)
        return _told(see_to_end(words, cwd=where, env=self._env, timeout=INSTALL))

    def spoiled(self, target: str) -> bool:
        """Nothing is shared."""
        return False

    def close(self) -> None:
        """There is nothing that only this run needed."""

    def _with(self, python: str) -> list[str]:
        return [*self._pip, "--python", python, "--no-input"]


def _asked(question: Question, scratch: str) -> tuple[list[str], list[str]]:
    """What to ask for, and limits that take the place of a lowest resolution."""
    pack = question.pack
    direct, behind = needs_of(pack.requires, question.extras)
    tools = [*question.tools, *behind]
    asked = [pack.path, *([question.core] if question.core else [])]
    asked += [tools_wheel(tools, scratch)] if tools else []
    return asked, lower_bounds(direct) if question.resolution == "lowest" else []


def lower_bounds(lines: Sequence[str]) -> list[str]:
    """The lowest version that each line states, as a limit; a line that states none says nothing.

    >>> lower_bounds(["click>=8.1,<9", "attrs", "numpy>1"])
    ['click==8.1']
    """
    from packaging.requirements import Requirement
    from packaging.version import Version

    found = []
    for line in lines:
        wanted = Requirement(line)
        stated = [one.version for one in wanted.specifier if one.operator in _LOWER and "*" not in one.version]
        if stated and wanted.url is None:
            marker = f" ; {wanted.marker}" if wanted.marker else ""
            found.append(f"{wanted.name}=={max(stated, key=Version)}{marker}")
    return found


def _local(offer: str) -> list[str]:
    """What stands in local folders is taken from there: pip itself would take a newer stranger of the same name."""
    if not offer:
        return []
    found: dict[str, list[str]] = {}
    for project in sorted(os.listdir(offer)):
        for name in sorted(os.listdir(os.path.join(offer, project))):
            if name.endswith(".whl"):
                found.setdefault(project, []).append(name.split("-")[1])
    return [f"{project}<={max(versions, key=_version)}" for project, versions in found.items()]


def _version(text: str) -> Any:
    from packaging.version import Version

    return Version(text)


def _offers(offer: str, offline: bool) -> list[str]:
    if not offer:
        return ["--no-index"] if offline else []
    folders = [word for project in sorted(os.listdir(offer)) for word in ("-f", os.path.join(offer, project))]
    return [*(["--no-index"] if offline else []), *folders]


def _line(pin: Pin) -> str:
    from pathlib import Path

    wanted = f"{pin.name} @ {Path(pin.where).as_uri()}" if pin.where else f"{pin.name}=={pin.version}"
    return f"{wanted} --hash={pin.digest}" if pin.digest else wanted


def _pin(row: Mapping[str, Any]) -> Pin:
    hashes = row.get("download_info", {}).get("archive_info", {}).get("hashes", {})
    digest = f"sha256:{hashes['sha256']}" if "sha256" in hashes else ""
    return Pin(normal_name(row["metadata"]["name"]), row["metadata"]["version"], digest)


def _by_name(pin: Pin) -> str:
    return pin.name


def _told(ended: Ended) -> Ended:
    return replace(ended, log=scrubbed(ended.log))

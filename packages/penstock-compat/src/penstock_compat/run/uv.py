"""Make environments with uv: wheels are unpacked and compiled once for each interpreter, and linked from then on.

Takes:   uv's path, a store of trees, the environment variables of tools.
Gives:   `UvEngine`, `find_uv`.
Ignores: what the environments are for.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from penstock_compat.run import compiling
from penstock_compat.run.child import Ended, see_to_end
from penstock_compat.run.engine import BUILD, INSTALL, RESOLVE, python_in, scrubbed
from penstock_compat.run.interpreters import Identity
from penstock_compat.run.materials import Pin, Question, Resolution
from penstock_compat.run.source import normal_name
from penstock_compat.run.store import Store, Tree, is_whole, lend
from penstock_compat.run.tools import TOOLS, needs_of, tools_wheel


def find_uv() -> str:
    """Say where uv is: beside our own interpreter or on PATH, as an absolute path; empty when there is none."""
    beside = os.path.join(os.path.dirname(sys.executable), "uv")
    found = beside if os.access(beside, os.X_OK) else shutil.which("uv")
    return os.path.abspath(found) if found else ""


class UvEngine:
    """The fast engine."""

    name = "uv"

    def __init__(self, program: str, store: Store, env: Mapping[str, str]) -> None:
        self._uv = program
        self._store = store
        self._env = dict(env)
        self._lent: dict[str, tuple[str, list[Tree]]] = {}
        self._version = ""
        self._guard = threading.Lock()

    @property
    def version(self) -> str:
        """What uv says that it is."""
        if not self._version:
            done = subprocess.run([self._uv, "--version"], capture_output=True, text=True, check=False)
            self._version = " ".join(done.stdout.split()[:2])
        return self._version

    def build(self, source: str, python: str, target: str, version: str) -> Ended:
        """Build the wheel of the tree into the folder, in an environment of its own."""
        # a tree without its repository cannot compute its version, and need not
        env = {**self._env, "SETUPTOOLS_SCM_PRETEND_VERSION": version, "SOURCE_DATE_EPOCH": "315532800"}
        words = [self._uv, "build", "--wheel", "--no-progress", "--python", python, "--out-dir", target, source]
        return _told(see_to_end(words, cwd=source, env=env, timeout=BUILD))

    def resolve(self, question: Question, scratch: str) -> Resolution | Ended:
        """Choose versions with uv's resolver."""
        asked, limits, answer = (os.path.join(scratch, name) for name in ("asked.in", "limits.in", "pylock.toml"))
        _write(asked, _lines(question, scratch))
        _write(limits, question.constraints)
        words = [self._uv, "pip", "compile", asked, "--constraints", limits, "--python", question.python]
        words += ["--format", "pylock.toml", "--output-file", answer, "--no-header", "--no-progress"]
        words += ["--resolution", "lowest-direct" if question.resolution == "lowest" else "highest"]
        words += [] if question.sdists else ["--only-binary", ":all:"]
        words += ["--prerelease", "allow"] if question.prereleases else []
        words += _offers(question.offer, question.offline)
        ended = _told(see_to_end(words, cwd=scratch, env=self._env, timeout=RESOLVE))
        if not ended.well:
            return ended
        with open(answer, encoding="utf-8") as file:
            pins = pins_of(file.read())
        ours = (question.pack.name, TOOLS)
        return Resolution(tuple(pin for pin in pins if pin.name not in ours), time.time())

    def environment(
        self, python: Identity, pins: Sequence[Pin], offer: str, offline: bool, target: str, copies: bool
    ) -> Ended:
        """Make the environment of links into the store, or of copies."""

        def install(missing: Sequence[Pin], stage: str) -> Ended:
            return self._installed(python, missing, offer, offline, stage)

        trees = self._store.trees(python.tag, pins, install)
        if isinstance(trees, Ended):
            return trees
        ended = self._empty(python, target)
        if ended.well:
            lend(trees, target, copies=copies)
            self._lent[target] = (python.tag, [] if copies else trees)
        return ended

    def spoiled(self, target: str) -> bool:
        """Whether a file that the environment shares was changed; the trees at fault are dropped."""
        tag, trees = self._lent.pop(target, ("", []))
        broken = [tree for tree in trees if not is_whole(tree)]
        for tree in broken:
            self._store.drop(tree, tag)
        return bool(broken)

    def _empty(self, python: Identity, target: str) -> Ended:
        """An empty environment of that interpreter: made once by uv, and copied, as it is a few links and a short file."""
        with self._guard:
            blank = os.path.join(self._scratch(), python.tag)
            if not os.path.isdir(blank):
                os.makedirs(os.path.dirname(blank), exist_ok=True)
                ended = self._venv(python.path, blank)
                if not ended.well:
                    return ended
        shutil.copytree(blank, target, symlinks=True, ignore=shutil.ignore_patterns("*activate*", "*.bat", ".lock"))
        return Ended(0)

    def _scratch(self) -> str:
        return os.path.join(self._store.folder, f"blank-{os.getpid()}")

    def close(self) -> None:
        """Remove what only this run needed."""
        shutil.rmtree(self._scratch(), ignore_errors=True)

    def _venv(self, python: str, target: str) -> Ended:
        words = [self._uv, "venv", "--quiet", "--no-project", "--python", python, target]
        return _told(see_to_end(words, cwd=os.path.dirname(target), env=self._env, timeout=INSTALL))

    def _installed(self, python: Identity, pins: Sequence[Pin], offer: str, offline: bool, stage: str) -> Ended:
        os.makedirs(os.path.dirname(stage), exist_ok=True)
        ended = self._empty(python, stage)
        if not ended.well:
            return ended
        wanted = f"{stage}.in"
        _write(wanted, [line_of(pin) for pin in pins])
        words = [self._uv, "pip", "install", "--quiet", "--no-deps", "--link-mode", "copy"]
        words += ["--python", python_in(stage), "--requirements", wanted, "--no-progress", *_offers(offer, offline)]
        try:
            ended = _told(see_to_end(words, cwd=os.path.dirname(stage), env=self._env, timeout=INSTALL))
        finally:
            os.unlink(wanted)
        if ended.well:
            compile_ = [python.path, "-I", os.path.abspath(compiling.__file__), stage]
            see_to_end(compile_, cwd=stage, env=self._env, timeout=INSTALL)  # it is faster with, and works without
        return ended


def line_of(pin: Pin) -> str:
    """The pin as a line of a requirements file; with its digest, so that nothing else can come."""
    wanted = f"{pin.name} @ {_as_uri(pin.where)}" if pin.where else f"{pin.name}=={pin.version}"
    return f"{wanted} --hash={pin.digest}" if pin.digest else wanted


def pins_of(text: str) -> list[Pin]:
    """The versions in a pylock.toml as uv writes it for one interpreter."""
    pins = []
    for part in re.split(r"^\[\[packages\]\]\s*$", text, flags=re.MULTILINE)[1:]:
        name = re.search(r'^name = "([^"]+)"', part, re.MULTILINE)
        version = re.search(r'^version = "([^"]+)"', part, re.MULTILINE)
        digest = ""
        for kind in ("wheels", "archive", "sdist"):
            found = re.search(rf'^{kind} = .*?sha256 = "([0-9a-f]{{64}})"', part, re.MULTILINE | re.DOTALL)
            if found:
                digest = f"sha256:{found[1]}"
                break
        if name:
            pins.append(Pin(normal_name(name[1]), version[1] if version else "", digest))
    return sorted(pins, key=lambda pin: pin.name)


def _lines(question: Question, scratch: str) -> list[str]:
    """What to ask for: the pack, its needs where they count as our own, and what the tests need behind one name.

    For the lowest versions uv lowers what is asked for directly: so the pack's needs are, and those of the tests are not.
    """
    pack = question.pack
    extras = f"[{','.join(question.extras)}]" if question.extras and question.resolution != "lowest" else ""
    lines = [f"{pack.name}{extras} @ {_as_uri(pack.path)}"]
    tools = list(question.tools)
    if question.resolution == "lowest":
        direct, behind = needs_of(pack.requires, question.extras)
        lines += direct
        tools += behind
    if tools:
        lines.append(f"{TOOLS} @ {_as_uri(tools_wheel(tools, scratch))}")
    return [*lines, question.core] if question.core else lines


def _offers(offer: str, offline: bool) -> list[str]:
    words = ["--index", _as_uri(offer)] if offer else []  # what it holds is looked for nowhere else
    if offline:
        words = ["--default-index", _as_uri(offer)] if offer else ["--no-index"]
    return words


def _as_uri(path: str) -> str:
    from pathlib import Path

    return Path(path).as_uri()


def _write(path: str, lines: Sequence[str]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def _told(ended: Ended) -> Ended:
    return replace(ended, log=scrubbed(ended.log))

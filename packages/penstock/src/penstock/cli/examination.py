"""Look at the machine as a graph would find it: interpreter, SQLite, disk, clock, configuration, packs.

Takes:   the folder in which stores would be.
Gives:   `examine`: one `Sign` for each thing looked at.
Ignores: repairs, and printing (`doctor`).
"""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import time
from typing import TYPE_CHECKING

from penstock._version import VERSION
from penstock_findings.errors import PenstockError
from penstock_findings.fact import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD, DOUBTFUL, BAD = "ok", "doubtful", "bad"

_OLDEST_PYTHON = (3, 10)
_OLDEST_SQLITE = (3, 31)
_SLOW_SYNC = 0.020  # seconds; acknowledgements wait for one
_UNREAL_SYNC = 0.00002  # seconds; no disk is as quick, so nothing was written to one
_SYNCS = 20
_BLOCK = 60_000  # bytes; about what a step of 64 records of 1 kB appends


class Sign(Fact):
    """One thing that was looked at: how it is, what it is, and what to do when it is not good."""

    name: str
    state: str  # ok, doubtful or bad
    what: str
    advice: str = ""


def examine(folder: str) -> list[Sign]:
    """Everything that decides whether a graph runs well here. Writes one file of a few kB in `folder`, and removes it."""
    return [*_programs(), _disk(folder), _clock(), *_configuration(), *_packs()]


def _programs() -> Iterator[Sign]:
    version = platform.python_version()
    old = sys.version_info < _OLDEST_PYTHON
    yield Sign("Penstock", GOOD, VERSION)
    yield Sign(
        "Python", BAD if old else GOOD, f"{version}, {sys.executable}", "Python 3.10 or newer is needed" if old else ""
    )
    sqlite = sqlite3.sqlite_version
    older = sqlite3.sqlite_version_info < _OLDEST_SQLITE
    yield Sign("SQLite", BAD if older else GOOD, sqlite, "SQLite 3.31 or newer is needed" if older else "")


def _disk(folder: str) -> Sign:
    """How long the disk under the stores takes to say that something is safe."""
    here = os.path.abspath(folder)
    while not os.path.isdir(here) and os.path.dirname(here) != here:
        here = os.path.dirname(here)
    try:
        times = sorted(_sync_times(here))
    except OSError as error:
        return Sign("disk", BAD, f"`{here}` cannot be written: {error.strerror}", "choose another folder with --store")
    middle, worst = times[len(times) // 2], times[-1]
    what = f"a sync of {_BLOCK // 1000} kB in `{here}` takes {middle * 1000:.2f} ms, {worst * 1000:.2f} ms at worst"
    if middle > _SLOW_SYNC:
        return Sign(
            "disk", DOUBTFUL, what, "at `ack: power` commits wait for one every `barrier`; `ack: process` does not"
        )
    if middle < _UNREAL_SYNC:
        return Sign("disk", DOUBTFUL, what, "that is memory and no disk: nothing here survives a power cut")
    return Sign("disk", GOOD, what)


def _sync_times(folder: str) -> Iterator[float]:
    from tempfile import TemporaryFile

    sync = getattr(os, "fdatasync", os.fsync)  # only some systems have the quicker one, and SQLite uses it there
    with TemporaryFile(dir=folder, prefix=".penstock-doctor-") as file:
        for _ in range(_SYNCS):
            file.write(os.urandom(_BLOCK))
            file.flush()
            began = time.perf_counter()
            sync(file.fileno())
            yield time.perf_counter() - began


def _clock() -> Sign:
    """Whether the clock can be right: it cannot be earlier than the file that asks."""
    now, written = time.time(), os.stat(__file__).st_mtime
    what = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now)) + " UTC"
    if now < written - 86_400:
        return Sign(
            "clock",
            BAD,
            what,
            "it is behind the time at which Penstock was installed: set it, or records get wrong times",
        )
    return Sign("clock", GOOD, what)


def _configuration() -> Iterator[Sign]:
    from penstock._plugins.host import host_path, read_host

    try:
        host = read_host()
    except PenstockError as error:
        for finding in error.findings:
            yield Sign("configuration", BAD, f"{finding.code} {finding.at}: {finding.message}", finding.hint or "")
        return
    if host.path is None:
        yield Sign("configuration", GOOD, f"none; it would be `{host_path(os.environ)}`")
        return
    asked = ", ".join(host.providers) or "nobody"
    rule = "somebody has to say yes" if host.required else "nobody has to say yes"
    yield Sign("configuration", GOOD, f"`{host.path}`: {asked} decides which packs are imported, {rule}")


def _packs() -> Iterator[Sign]:
    from penstock._plugins.discovery import discover
    from penstock_findings.finding import Severity

    catalog = discover()
    usable = [pack for pack in catalog.packs if pack.manifest is not None]
    names = ", ".join(str(pack) for pack in usable) or "none"
    advice = "" if usable else "`pip install penstock-standard` brings the standard nodes"
    yield Sign("packs", GOOD if usable else DOUBTFUL, names, advice)
    for finding in catalog.findings:
        state = BAD if finding.severity is Severity.ERROR else DOUBTFUL
        yield Sign("packs", state, f"{finding.code} {finding.message}", finding.hint or "")

"""Say how running a cell ended, before anybody judged it.

Takes:   what the driver saw.
Gives:   `RawOutcome`, `TestReport`, `Broken`; `STAGES` in the order in which a cell goes through them.
Ignores: what it means (`classify`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STAGES = ("resolve", "build", "install", "import", "test")


@dataclass(frozen=True, slots=True)
class Broken:
    """One test that did not pass, as the JUnit file tells of it."""

    name: str  # classname::name
    kind: str  # failure or error
    message: str  # the first line
    text: str = ""  # the whole, capped


@dataclass(frozen=True, slots=True)
class TestReport:
    """What the test runner counted; from a JUnit file, where the command was told to write one."""

    __test__ = False  # for pytest, which would take the name for a class of tests

    tests: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    broken: tuple[Broken, ...] = ()


@dataclass(frozen=True, slots=True)
class RawOutcome:
    """How a cell ended: at which stage, with which exit or signal, and what it printed."""

    stage: str  # one of STAGES: the one that ended it, `test` when all was gone through
    exit: int | None  # None when there was no end of its own: a signal, or a time-out
    signal: int | None = None
    timed_out: bool = False
    flooded: bool = False  # printed more than it may, and was ended for it
    log: str = ""  # what the stage printed, both streams; the middle is left out where it is long
    command: tuple[str, ...] = ()
    seconds: float = 0.0  # that the stage took
    probe: Mapping[str, Any] | None = None  # what the environment said of itself (`run/probe.py`), None if it never ran
    report: TestReport | None = None
    python: str = ""  # "3.12": which one was asked for
    resolved: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # name -> version, digest
    recipe: Mapping[str, Any] = field(default_factory=dict)  # what else the driver knows: pack, core, deps

"""Nodes that break a promise about their life: opening, closing, cancelling, waiting, leaving."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from penstock import Reading, Record, node

# -- Q101: opens, works and closes


@node("closes-once")
class ClosesOnce:
    """Has nothing left for a second `close`."""

    def __post_init__(self) -> None:
        self.things: list[int] = []

    def open(self, ctx: Any) -> None:
        self.things = [1]

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive(1)

    def close(self, ctx: Any) -> None:
        if self.things != []:
            self.things = []
        elif self.__dict__.get("used"):
            raise RuntimeError("closed already")
        self.used = True


@node("wants-a-record-before-it-closes")
class WantsARecord:
    """Cannot be closed unless it has worked."""

    def open(self, ctx: Any) -> None:
        self.worked = False
        self.opened = True

    def process(self, record: Record, ctx: Any) -> Record:
        self.worked = True
        return record.derive(1)

    def close(self, ctx: Any) -> None:
        if getattr(self, "opened", False) and not self.worked:
            raise RuntimeError("nothing to close")


# -- Q102: closes after a failure


@node("closes-what-it-never-opened")
class ClosesWhatItNeverOpened:
    """Asks in `close` for what only `open` makes."""

    def open(self, ctx: Any) -> None:
        self.lines = ["a"]

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive(len(self.lines))

    def close(self, ctx: Any) -> None:
        self.lines.clear()


@node("cannot-close-after-a-bad-record")
class CannotCloseAfterABadRecord:
    """Keeps what it could not read, and reads it again in `close`."""

    def __post_init__(self) -> None:
        self.last: Any = {}

    def process(self, record: Record, ctx: Any) -> Record:
        self.last = record.payload
        return record.derive(record.payload.get("n"))

    def close(self, ctx: Any) -> None:
        self.last.get("n")


# -- Q110: can be cancelled


@node("swallows-cancellation")
class SwallowsCancellation:
    """Catches everything, and goes on."""

    async def process(self, record: Record, ctx: Any) -> Record:
        try:
            await asyncio.sleep(0.02)
        except BaseException:
            pass
        return record.derive(1)


@node("sleeps-on")
class SleepsOn:
    """Begins its wait again when it is disturbed."""

    async def process(self, record: Record, ctx: Any) -> Record:
        for _ in range(3):
            try:
                await asyncio.sleep(0.02)
            except asyncio.CancelledError:
                continue
        return record.derive(1)


# -- Q112: leaves nothing behind


@node("leaves-a-thread")
class LeavesAThread:
    """Starts a thread and never ends it."""

    def open(self, ctx: Any) -> None:
        threading.Thread(target=threading.Event().wait, daemon=True).start()

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive(1)


@node("leaves-a-task")
class LeavesATask:
    """Starts a task and forgets it."""

    async def open(self, ctx: Any) -> None:
        self.task = asyncio.ensure_future(asyncio.Event().wait())

    async def process(self, record: Record, ctx: Any) -> Record:
        return record.derive(1)


@node("leaves-a-file", capabilities=["filesystem"])
class LeavesAFile:
    """Opens a file for each life."""

    def open(self, ctx: Any) -> None:
        _LEFT.append(tempfile.TemporaryFile())  # noqa: SIM115 - this is what is planted

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive(1)


_LEFT: list[Any] = []  # whoever has seen that it was left open calls `sweep`


def sweep() -> None:
    """Close what the nodes of the zoo have left open; to the test it is a find, to the end of the process a leak."""
    while _LEFT:
        _LEFT.pop().close()


@node("leaves-a-socket")
class LeavesASocket:
    """Makes a socket pair and closes one end."""

    def open(self, ctx: Any) -> None:
        near, far = socket.socketpair()
        near.close()
        _LEFT.append(far)

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive(1)


# -- Q113: tells what is wrong with its config


@node("reads-a-setting-that-may-be-missing")
class ReadsASettingThatMayBeMissing:
    """Wants a field that its schema does not ask for."""

    fields: dict[str, str]

    def __post_init__(self) -> None:
        self.id = self.fields["id"]

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive(self.id)


@node("divides-its-settings")
class DividesItsSettings:
    """Cannot be made with zero parts."""

    parts: int = 2

    def __post_init__(self) -> None:
        self.share = 1 / self.parts if abs(self.parts) < 10**300 else 0

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive(self.share)


# -- Q115: resumes where it was


@node("starts-again")
class StartsAgain:
    """Reads from the start every time."""

    def read(self, ctx: Any) -> Iterator[Reading]:
        for n in range(5):
            yield Reading(n, n + 1)


@node("skips-one")
class SkipsOne:
    """Goes on one too far."""

    def read(self, ctx: Any) -> Iterator[Reading]:
        for n in range(0 if ctx.position is None else ctx.position + 2, 5):
            yield Reading(n, n)


@node("tells-the-position-of-its-reading")
class TellsThePositionOfItsReading:
    """Gives the position before each reading, so that the last one comes twice."""

    def read(self, ctx: Any) -> Iterator[Reading]:
        for n in range(ctx.position or 0, 5):
            yield Reading(n, n)


# -- Q117: waits without blocking


@node("naps")
class Naps:
    """Sleeps where everything runs."""

    def process(self, record: Record, ctx: Any) -> Record:
        time.sleep(0.001)
        return record.derive(1)


@node("naps-in-async")
class NapsInAsync:
    """Sleeps in a coroutine, which is no better."""

    async def process(self, record: Record, ctx: Any) -> Record:
        time.sleep(0.001)
        return record.derive(1)


# -- Q118: does only what it says it needs


@node("writes-a-file")
class WritesAFile:
    """Writes, and says nothing of it."""

    def process(self, record: Record, ctx: Any) -> Record:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "note").write_text("x")
        return record.derive(1)


@node("starts-a-program")
class StartsAProgram:
    """Starts a program, and says nothing of it."""

    def process(self, record: Record, ctx: Any) -> Record:
        return record.derive(subprocess.run([sys.executable, "-c", ""], check=True, close_fds=True).returncode)


@node("calls-home", capabilities=["filesystem"])
class CallsHome:
    """Needs the network, and says that it needs files."""

    def process(self, record: Record, ctx: Any) -> Record:
        try:
            urlopen("http://127.0.0.1:9/", timeout=0.2)
        except OSError:
            pass
        return record.derive(1)

"""Kill a process that works on a store, again and again, and look each time at what it has left.

Takes:   a directory, how many kills.
Gives:   `storm`: for each kill, and each run that came to its end, what is wrong.
Ignores: power cuts: what a killed process has written, the kernel still has.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from penstock._certify.workload import Acknowledged, Fault, faults, work
from penstock._store.interface import Store

READINGS = 600
LONGEST = 0.06  # seconds that a process goes on at most, before it is killed
PATIENCE = 30.0  # seconds until the first acknowledgement of a process
POSSIBLE = hasattr(os, "fork")


def storm(
    directory: Path, kills: int, draw: Random, open_store: Callable[[Path], Store], *, patience: float = PATIENCE
) -> Iterator[list[Fault]]:
    """One answer for each kill: what is wrong with the store after it. A run that ends is looked at too, and begun anew.

    A process that acknowledges nothing for `patience` seconds is a fault, and the last one: others would hang as long.
    """
    here = directory / "killed"
    told = Acknowledged()
    done = 0
    while done < kills:
        begun = draw.random() < 0.7  # most are killed when something was acknowledged, some before
        told, code = _live(here, told, begun, draw.uniform(0.0, LONGEST), open_store, patience)
        if code is None:
            yield [Fault("failed", f"a process has acknowledged nothing in {patience:g} s")]
            return
        if code == -signal.SIGKILL:
            done += 1
            yield faults(str(here), told)
            continue
        wrong = faults(str(here), told, finished=READINGS)
        if code != 0:
            wrong.append(Fault("failed", f"a process ended with {code} by itself"))
        if wrong:
            yield wrong
            done += 1
        shutil.rmtree(here)
        told = Acknowledged()


def _live(
    here: Path, told: Acknowledged, begun: bool, seconds: float, open_store: Callable[[Path], Store], patience: float
) -> tuple[Acknowledged, int | None]:
    """One process from its beginning to its end; what it has been told last, and its exit code, None when it hung.

    It is killed so many seconds after its beginning, or after its first acknowledgement.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            work(open_store(here), READINGS, lambda a: _say(writing, a))
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    text = b""
    with open(reading, "rb", buffering=0) as pipe:
        hangs = begun and not select.select([pipe], [], [], patience)[0]
        if begun and not hangs:
            text = pipe.read(65536) or b""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and select.select([pipe], [], [], left)[0]:
            piece = pipe.read(65536)
            if not piece:  # it has come to its end
                break
            text += piece
        os.kill(child, signal.SIGKILL)
        while piece := pipe.read(65536):  # what it was told before the kill
            text += piece
    _, status = os.waitpid(child, 0)
    lines = text.split(b"\n")[:-1]  # the last one may be cut off
    if lines:
        admitted, delivered = map(int, lines[-1].split())
        told = Acknowledged(admitted, delivered)
    return told, None if hangs else os.waitstatus_to_exitcode(status)


def _say(writing: int, acknowledged: Acknowledged) -> None:
    os.write(writing, b"%d %d\n" % (acknowledged.admitted, acknowledged.delivered))

"""Start a program and see it to its end, whatever it does: it hangs, floods the screen, or leaves children behind.

Takes:   a command, where it runs, how long it may take and how much it may print.
Gives:   `see_to_end`: `Ended`.
Why so:  a child gets a session of its own, and that is ended as a whole; what left even the session is found by a mark
         in its environment, where the system shows environments (Linux).
Ignores: what the program was for.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MARK = "PENSTOCK_COMPAT_CELL"  # environment variable by which stray children are found
HEAD, TAIL = 64 * 1024, 192 * 1024  # bytes of the output that are kept; what was between them is counted
_POSIX = os.name == "posix"
_running: set[int] = set()  # numbers of the children that somebody sees to now
_stopping = threading.Event()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended. `exit` is None when it did not end by itself."""

    exit: int | None
    signal: int | None = None
    timed_out: bool = False
    flooded: bool = False
    log: str = ""
    seconds: float = 0.0

    @property
    def well(self) -> bool:
        """Whether it ended by itself and said that all is well."""
        return self.exit == 0


class _Log:
    """Reads a pipe to its end, and keeps the beginning and the end of what came."""

    def __init__(self, pipe: int, limit: int) -> None:
        self.flooded = threading.Event()
        self._pipe = pipe
        self._limit = limit
        self._head = bytearray()
        self._tail = bytearray()
        self._count = 0

    def read(self) -> None:
        try:
            while chunk := os.read(self._pipe, 65536):
                self._keep(chunk)
        except OSError:
            pass  # closed under our hands, which is an end as well

    def _keep(self, chunk: bytes) -> None:
        self._count += len(chunk)
        room = HEAD - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        self._tail += chunk
        if len(self._tail) > 2 * TAIL:
            del self._tail[:-TAIL]
        if self._count > self._limit:
            self.flooded.set()

    def text(self) -> str:
        tail = bytes(self._tail[-TAIL:])
        left_out = self._count - len(self._head) - len(tail)
        middle = f"\n... {left_out} bytes left out ...\n".encode() if left_out else b""
        return (bytes(self._head) + middle + tail).decode("utf-8", "replace").replace("\x00", "\ufffd")


def see_to_end(
    command: Sequence[str],
    *,
    cwd: str,
    env: Mapping[str, str],
    timeout: float,
    limit: int = 16 * 2**20,
) -> Ended:
    """Run the command; afterwards none of its children is left. `timeout` is in seconds, `limit` in bytes."""
    began = time.monotonic()
    if _stopping.is_set():
        return Ended(None, signal.SIGINT, log="the run was interrupted")
    try:
        child = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=_POSIX,
        )
    except OSError as error:
        why = f"cannot start `{command[0]}`: {(error.strerror or str(error)).lower()}"
        return Ended(127, log=why, seconds=time.monotonic() - began)
    assert child.stdout is not None
    _running.add(child.pid)
    log = _Log(child.stdout.fileno(), limit)
    reader = threading.Thread(target=log.read, daemon=True)
    reader.start()
    timed_out = False
    while True:
        left = began + timeout - time.monotonic()
        reader.join(max(0.0, min(0.1, left)))
        if log.flooded.is_set() or not _lives(child):
            break
        if left <= 0:
            timed_out = True
            break
        if not reader.is_alive():
            _wait(child, left)  # its output is closed, and it may work on
            timed_out = _lives(child)
            break
    _running.discard(child.pid)
    _end(child, env.get(MARK, ""))
    reader.join(2.0)
    child.stdout.close()
    code = child.returncode
    forced = timed_out or log.flooded.is_set()
    return Ended(
        exit=None if forced or code is None or code < 0 else code,
        signal=-code if code is not None and code < 0 and not forced else None,
        timed_out=timed_out,
        flooded=log.flooded.is_set(),
        log=log.text(),
        seconds=time.monotonic() - began,
    )


def _lives(child: subprocess.Popen[bytes]) -> bool:
    """Whether it still runs; one that has ended stays unreaped, so that nobody else gets its number."""
    if not _POSIX or not hasattr(os, "waitid"):
        return child.poll() is None
    try:
        return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:
        return False


def _wait(child: subprocess.Popen[bytes], seconds: float) -> None:
    end = time.monotonic() + seconds
    pause = 0.001
    while _lives(child) and time.monotonic() < end:
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def _end(child: subprocess.Popen[bytes], mark: str) -> None:
    """Kill the whole session, then what carries the mark, until nothing is found."""
    if not _POSIX:
        if child.poll() is None:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(child.pid)], capture_output=True, check=False)
            child.kill()
        child.wait()
        return
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    child.wait()
    if mark:
        sweep(mark)


def end_all() -> None:
    """Kill every child that is being seen to, and let none begin, until `begin_all`; for an interrupted run."""
    _stopping.set()
    for number in list(_running):
        try:
            os.killpg(number, signal.SIGKILL) if _POSIX else os.kill(number, signal.SIGTERM)
        except (ProcessLookupError, PermissionError):
            pass


def is_stopping() -> bool:
    """Whether what ends now may have been ended by us."""
    return _stopping.is_set()


def begin_all() -> None:
    """Let children begin again."""
    _stopping.clear()


def sweep(mark: str) -> int:
    """Kill every process whose environment carries the mark; how many there were. Does nothing where none can be seen."""
    wanted = f"{MARK}={mark}".encode()
    killed = 0
    for _ in range(50):  # a process may fork while we look; each round is smaller than the one before
        found = [pid for pid in _others() if wanted in _environment(pid)]
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        killed += len(found)
        if not found:
            break
    return killed


def _others() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
    except OSError:
        return []


def _environment(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []

"""Start work in a process of its own that is warm at once, and see how it ended.

Takes:   a function; everything that it needs is imported already, so a start costs a fork and nothing else.
Gives:   `start`, `ended`, `kill`.
Ignores: what the work is.  Call it from a program with one thread only.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable

KILLED = -signal.SIGKILL


def start(work: Callable[[], object]) -> int:
    """The id of a new process that does the work and ends: 0 when it went well, 70 when it raised."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        work()
        code = 0
    except BaseException:  # whatever it was, the parent sees the code and the reader the traceback
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def ended(child: int) -> int:
    """Wait for the end: an exit code, or minus the signal."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def kill(child: int) -> int:
    """SIGKILL, wherever it is; the code it ended with, which is another one when it was done before."""
    os.kill(child, signal.SIGKILL)
    return ended(child)

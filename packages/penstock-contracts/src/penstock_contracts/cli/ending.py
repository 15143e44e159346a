"""End a command: turn whatever happened into an exit code and, when it was no success, into words.

Takes:   a function that does the work.
Gives:   `ended`: the exit code.
Ignores: what the work was.  Nothing else in the command line catches errors at large.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from penstock_findings.errors import PenstockError

BUG = 70
INTERRUPTED = 130  # as the shell says of a process ended by SIGINT
NO_READER = 141  # and by SIGPIPE


def ended(work: Callable[[], int | None]) -> int:
    """Do the work; its exit code, or the one that says how it failed."""
    for stream in (sys.stdout, sys.stderr):
        _never_choke(stream)
    try:
        try:
            code = work() or 0
        except SystemExit as wish:
            code = wish.code if isinstance(wish.code, int) else int(wish.code is not None)
        sys.stdout.flush()
        return int(code)
    except BrokenPipeError:
        _give_up_output()
        return NO_READER
    except KeyboardInterrupt:
        sys.stderr.write("penstock-contracts: interrupted\n")
        return INTERRUPTED
    except Exception as error:
        from penstock_findings.errors import PenstockError

        return refused(error) if isinstance(error, PenstockError) else _bug(error)


def refused(error: PenstockError) -> int:
    """The user can mend it: say what, and where."""
    from penstock_findings.report import Report
    from penstock_findings.reporters import write

    write(Report("penstock contracts", error.findings, error.sources), "text", sys.stderr)
    return error.exit_code


def _never_choke(stream: TextIO) -> None:
    """A character that the terminal cannot show is shown as an escape, instead of ending the command."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None and stream.errors == "strict":
        reconfigure(errors="backslashreplace")


def _give_up_output() -> None:
    """Whoever read our output has gone; let the interpreter's last flush go nowhere instead of complaining."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        pass


def _bug(error: Exception) -> int:
    """It is ours: one line that says so, and the traceback where it can be found and sent."""
    from traceback import format_exception

    text = "".join(format_exception(type(error), error, error.__traceback__))
    said = str(error).partition("\n")[0][:200]
    sys.stderr.write(
        f"penstock-contracts: this is a bug in the gate, not in your files: {type(error).__name__}: {said}\n"
    )
    if os.environ.get("PENSTOCK_DEBUG"):
        sys.stderr.write(text)
    else:
        path = _kept(text)
        where = f"the traceback is in {path}" if path else "the traceback could not be written"
        sys.stderr.write(f"  hint: {where}; with PENSTOCK_DEBUG=1 it is printed here\n")
    return BUG


def _kept(text: str) -> str | None:
    from tempfile import mkstemp

    try:
        descriptor, path = mkstemp(prefix="penstock-bug-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        return None
    return path

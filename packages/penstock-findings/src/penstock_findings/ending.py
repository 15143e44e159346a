"""End a command: turn whatever happened into an exit code and, when it was no success, into words.

Takes:   a function that does the work, and the name of the program.
Gives:   `ended`: the exit code.
Ignores: what the work was.  Nothing else in the command line catches errors at large.
"""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from penstock_findings.errors import PenstockError

UNDECIDED = 3
BUG = 70
INTERRUPTED = 130  # as the shell says of a process ended by SIGINT
NO_READER = 141  # and by SIGPIPE
_NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


def ended(work: Callable[[], int | None], program: str = "penstock") -> int:
    """Do the work; its exit code, or the one that says how it failed. Raises nothing but `SystemExit`."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed when the program began
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # it stays until the program ends
        _never_choke(getattr(sys, name))
    try:
        try:
            code = work() or 0
        except SystemExit as wish:
            code = _wished(wish)
        sys.stdout.flush()
        return int(code)
    except BrokenPipeError:
        _give_up_output()
        return NO_READER
    except KeyboardInterrupt:
        sys.stderr.write(f"{program}: interrupted\n")
        return INTERRUPTED
    except OSError as error:
        if error.errno not in _NO_ROOM or error.filename is not None:
            return _bug(error, program)
        _give_up_output()
        sys.stderr.write(f"{program}: cannot write everything: {(error.strerror or '').lower()}\n")
        return UNDECIDED
    except Exception as error:
        from penstock_findings.errors import PenstockError

        return _refused(error, program) if isinstance(error, PenstockError) else _bug(error, program)


def _never_choke(stream: TextIO) -> None:
    """A character that the terminal cannot show is shown as an escape, instead of ending the command."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None and stream.errors == "strict":
        reconfigure(errors="backslashreplace")


def _wished(wish: SystemExit) -> int:
    if wish.code is None or isinstance(wish.code, int):
        return wish.code or 0
    sys.stderr.write(f"{wish.code}\n")
    return 1


def _give_up_output() -> None:
    """Whoever read our output has gone; let the interpreter's last flush go nowhere instead of complaining."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        pass


def _refused(error: PenstockError, program: str) -> int:
    """The user can mend it: say what, and where."""
    from penstock_findings.report import Report
    from penstock_findings.reporters import write
    from penstock_findings.secret import redacted

    write(Report(program, error.findings, error.sources), "text", sys.stderr)
    if os.environ.get("PENSTOCK_DEBUG"):
        for finding in error.findings:
            cause = finding.evidence.get("cause")
            sys.stderr.write(redacted(f"{finding.code} was caused by:\n{cause}") if cause else "")
    return error.exit_code


def _bug(error: Exception, program: str) -> int:
    """It is ours: one line that says so, and the traceback where it can be found and sent."""
    from traceback import format_exception

    from penstock_findings.secret import redacted

    text = redacted("".join(format_exception(type(error), error, error.__traceback__)))
    said = redacted(str(error)).partition("\n")[0][:200]
    sys.stderr.write(f"{program}: this is a bug in Penstock, not in your files: {type(error).__name__}: {said}\n")
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

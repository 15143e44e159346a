"""Ask whoever knows keys whether result files are signed by somebody who is trusted.

Takes:   files; a command, or a trust policy for `penstock-trust verify` where that is installed.
Gives:   `verify`: nothing when each is accepted; otherwise it raises with a finding for each file that is not.
Why so:  keys and identities are the trust tools' business, and tools meet through commands and files; whoever signs
         results otherwise names the command that checks it.
Ignores: what is in the files.  A file that nobody could check is not accepted: unknown is never yes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from penstock_compat.errors import CannotLook
from penstock_findings import Finding, Location, PenstockError

PLACE = "{file}"
_SECONDS = 120.0
_ACCEPTED, _REFUSED = 0, 1  # as every Penstock command exits


class NotAccepted(PenstockError):
    """A result file is signed by nobody who is trusted, or not at all."""

    code = "C302"
    exit_code = 1


def command_for(policy: str) -> list[str]:
    """The command by which the installed trust tools check one file; raises `CannotLook` C305 when there are none."""
    beside = os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "penstock-trust")
    program = beside if os.path.isfile(beside) else shutil.which("penstock-trust")
    if program is None:
        raise CannotLook(
            "`penstock-trust` is not installed, so no signature can be checked",
            code="C305",
            hint="install `penstock-trust`, or name the command that checks a file with `--verify-with`",
        )
    return [program, "verify", "--policy", policy, PLACE]


def verify(files: Sequence[str], command: Sequence[str]) -> None:
    """Run the command for each file, `{file}` in it replaced by the file's path, or the path put behind it.

    Exit code 0 accepts and 1 refuses; any other means that nobody could tell. Raises `NotAccepted` C302 when one is
    refused, else `CannotLook` C305 when one could not be checked.
    """
    refused: list[Finding] = []
    unknown: list[Finding] = []
    for file in files:
        code, said = _answer(command, os.path.abspath(file))
        if code == _REFUSED:
            refused.append(Finding("C302", f"`{file}` is not signed by anybody who is trusted{said}", Location(file)))
        elif code != _ACCEPTED:
            unknown.append(Finding("C305", f"whether `{file}` is signed could not be found out{said}", Location(file)))
    if refused:
        raise NotAccepted("results are not accepted", findings=[*refused, *unknown])
    if unknown:
        raise CannotLook("signatures could not be checked", findings=unknown)


def _answer(command: Sequence[str], file: str) -> tuple[int, str]:
    """The exit code of the command for one file, and the last line that it said."""
    words = [word.replace(PLACE, file) for word in command]
    if words == list(command):
        words.append(file)
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            text=True,
            errors="replace",
        )
    except (OSError, ValueError) as error:
        return -1, f": {words[0]}: {getattr(error, 'strerror', None) or error}".lower()
    except subprocess.TimeoutExpired:
        return -1, f": the command did not answer within {_SECONDS:g} s"
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return done.returncode, f": {lines[-1]}" if lines else ""

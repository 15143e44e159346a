"""Say who else can get at a secret, as far as that can be seen without looking at its value.

Takes:   a reference.
Gives:   `exposed`: findings T604.
Ignores: backups, swap, the memory of other processes of the same user.
"""

from __future__ import annotations

import os
import stat

from penstock_findings.finding import Finding, Severity
from penstock_trust.secrets.reference import SecretRef


def exposed(reference: SecretRef) -> tuple[Finding, ...]:
    """Others than the owner who can read the file, or write the folder that it is in (T604, warnings)."""
    if reference.scheme != "file" or os.name == "nt":
        return ()
    path = os.path.expanduser(reference.place)
    found = []
    try:
        mode = os.stat(path).st_mode
        folder = os.stat(os.path.dirname(os.path.abspath(path))).st_mode
    except OSError:
        return ()
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        message = f"others than its owner can read or write the file of `{reference}` ({stat.filemode(mode)})"
        found.append(Finding("T604", message, severity=Severity.WARNING, hint=f"chmod 600 {path}"))
    if folder & stat.S_IWOTH and not folder & stat.S_ISVTX:
        message = f"anybody can write the folder of `{reference}`, and so put another secret there"
        found.append(Finding("T604", message, severity=Severity.WARNING, hint="keep it in a folder of its own"))
    return tuple(found)

"""Merge three versions of a file, as git does.

Takes:   ours, the common base, theirs: bytes.
Gives:   `merged`: the result, and whether it is clean; otherwise both sides stand in it, marked.
Ignores: which file it is. Needs the program git, and no repository.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from penstock_findings import PenstockError


class NoGit(PenstockError):
    """The program git is not there, so nothing can be merged. Nothing was changed."""

    code = "W303"


def merged(ours: bytes, base: bytes, theirs: bytes) -> tuple[bytes, bool]:
    """Raises `NoGit`."""
    with tempfile.TemporaryDirectory() as folder:
        names = {"yours": ours, "before": base, "template": theirs}
        for name, data in names.items():
            Path(folder, name).write_bytes(data)
        labels = [word for name in names for word in ("-L", name)]
        try:
            ran = subprocess.run(
                ["git", "merge-file", "-p", *labels, *names], cwd=folder, capture_output=True, check=False
            )
        except FileNotFoundError as error:
            raise NoGit("an update needs the program `git` to merge", hint="install git") from error
    if ran.returncode < 0 or ran.returncode >= 128:  # binary, or git cannot: nothing is merged, both are kept
        return theirs, False
    return ran.stdout, ran.returncode == 0

"""Ask the package index whether a name is taken, with pip, as whoever installs the pack would.

Takes:   the name of a distribution.
Gives:   `wrong_with_published`: a finding when it is taken, or when nobody could be asked.
Ignores: names that only look alike; and everything, unless somebody wants to ask: making a pack needs no network.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from penstock_findings import Finding

_PATIENCE = 60.0  # seconds
PIP = (sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check", "--no-input")


def wrong_with_published(name: str, asking: Sequence[str] = PIP) -> list[Finding]:
    """W105 when a release of that name can be had, W108 when it could not be found out; nothing when the name is free."""
    hint = "try again where the index can be reached, or leave `--check-index` out"
    try:
        ran = subprocess.run([*asking, name], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [Finding("W108", f"the index could not be asked for `{name}`: {error}", hint=hint)]
    if ran.returncode == 0:
        said = next((line.strip() for line in ran.stdout.splitlines() if line.strip()), name)
        hint = f"put your own name in front: `acme-{name}`"
        return [Finding("W105", f"`{name}` is published already: {said}", hint=hint)]
    lines = [line.strip() for line in ran.stderr.splitlines() if line.strip()]
    if any("No matching distribution found" in line for line in lines) and not any(
        "Retrying" in line for line in lines
    ):
        return []
    why = lines[-1] if lines else f"pip ended with {ran.returncode}"
    return [Finding("W108", f"the index could not be asked for `{name}`: {why}", hint=hint)]

"""Say what each exit code of a command means.

Gives:   `Exit`, the only numbers a Penstock command exits with.
Ignores: when to exit; only a command does that, once.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Why a command ended; a script may rely on these."""

    CLEAN = 0  # nothing at or above the threshold
    FINDINGS = 1  # findings at or above the threshold
    MISUSE = 2  # a bad flag, an unreadable input
    UNDECIDED = 3  # could not decide, or could not look
    BUG = 70  # our fault (EX_SOFTWARE of sysexits.h)

"""Facts about this machine, which every benchmark prints before its own figures: they do not travel without them.

Run:     python benchmarks/machine.py
Gives:   `facts`, `print_facts`; `fsync_latency`, what one small durable write costs here; `resident`, peak memory in bytes.
Ignores: what is measured, and what it is compared with.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from statistics import median


def facts() -> dict[str, str]:
    """Name -> value, as text."""
    return {
        "CPU": _cpu(),
        "cores": str(os.cpu_count()),
        "load": " ".join(f"{n:.1f}" for n in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown",
        "system": platform.platform(),
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "SQLite": sqlite3.sqlite_version,
        "fsync": f"{fsync_latency() * 1e3:.2f} ms for 60 kB at the end of a file (median of 50)",
    }


def print_facts() -> None:
    """The facts, one a line."""
    for name, value in facts().items():
        print(f"{name + ':':9}{value}")
    print(flush=True)


def fsync_latency(rounds: int = 50, size: int = 60_000) -> float:
    """Seconds for `size` more bytes to be on the disk of the temporary directory; the median."""
    took = []
    with tempfile.TemporaryFile() as file:
        for _ in range(rounds):
            file.write(b"x" * size)
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - begun)
    return median(took)


def resident() -> int:
    """The most memory that this process ever had resident, in bytes."""
    try:
        with open("/proc/self/status") as status:
            peak = next(line for line in status if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024
    except (OSError, StopIteration):
        import resource  # not on Windows, where there is no figure then

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def table(rows: Sequence[Sequence[str]]) -> None:
    """Rows in columns; the first row is the head, the first column is text, the others are figures."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    print(flush=True)


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo") as info:
            return next(line for line in info if line.startswith("model name")).partition(":")[2].strip()
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    print_facts()

"""Results of a matrix that nobody ran: a hundred packs and their troubles, the same for the same seed.

Takes:   how many packs, a seed.
Gives:   `matrix`: 24 cells for each pack, with environments, logs and failures as large as real ones.
"""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timedelta, timezone

from penstock_compat.facts import Cause, Cell, Evidence, Failure, Result, Results, Rung, State

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
SETS = ("newest", "locked", "lowest")
MACHINES = (("linux", "x86_64"), ("darwin", "arm64"))
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
_FIRST = [
    "amber",
    "basalt",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "garnet",
    "harbor",
    "indigo",
    "jasper",
    "kelp",
    "lumen",
    "marsh",
    "north",
    "opal",
    "pine",
    "quartz",
    "reed",
    "slate",
    "tidal",
]
_SECOND = ["gate", "relay", "meter", "sink", "scope"]
_LIBRARIES = [
    "attrs",
    "certifi",
    "charset-normalizer",
    "click",
    "idna",
    "iniconfig",
    "jsonschema",
    "numpy",
    "packaging",
    "pandas",
    "pluggy",
    "pyarrow",
    "pytest",
    "python-dateutil",
    "pyyaml",
    "requests",
    "rpds-py",
    "six",
    "tzdata",
    "urllib3",
]


def digest(text: str) -> str:
    """A digest that looks like one."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def matrix(packs: int = 100, seed: int = 7) -> Results:
    """Results for so many packs, 24 cells each; the seed decides which of them have trouble."""
    draw = random.Random(seed)
    names = [f"{first}-{second}" for first in _FIRST for second in _SECOND][:packs]
    results = tuple(result for name in names for result in _pack(name, draw))
    return Results("penstock-compat 0.1.0", results)


def _pack(name: str, draw: random.Random) -> list[Result]:
    version = f"{draw.randint(0, 3)}.{draw.randint(0, 9)}.{draw.randint(0, 5)}"
    trouble = draw.choices(TROUBLES, weights=WEIGHTS)[0]
    results = []
    for system, arch in MACHINES:
        for deps in SETS:
            for python in PYTHONS:
                cell = Cell(name, version, "0.1.0", system, arch, python, deps)
                results.append(trouble(cell, draw))
    return results


def evidence(cell: Cell, draw: random.Random, *, log: str | None = None, days: float = 0.0) -> Evidence:
    """Evidence for a cell, taken so many days before noon."""
    environment = {
        library: (f"{draw.randint(1, 3) if cell.deps == 'newest' else 1}.{len(library)}.0", "")
        for library in _LIBRARIES
    }
    environment = {
        library: (number, digest(f"{library}{number}{cell.os if library in ('numpy', 'pyarrow') else ''}"))
        for library, (number, _) in environment.items()
    }
    environment[cell.pack] = (cell.version, digest(f"{cell.pack}{cell.version}"))
    at = NOON - timedelta(days=days, seconds=draw.randint(0, 7200))
    return Evidence(
        command=("python", "-m", "pytest", "-q", "tests"),
        environment=environment,
        pack_digest=digest(f"{cell.pack}{cell.version}"),
        core_digest=digest(f"core{cell.core}"),
        interpreter={
            "implementation": "CPython",
            "version": f"{cell.python}.{4 if cell.python != '3.13' else 0}",
            "build": "main, Oct 7 2026, 05:02:11",
            "executable": f"/opt/python/{cell.python}/bin/python{cell.python}",
            "platform": "Linux-6.1-x86_64-glibc2.36" if cell.os == "linux" else "macOS-15.1-arm64",
        },
        seconds=round(draw.uniform(0.4, 42.0), 3),
        log_digest=digest(f"{cell.id}{draw.random()}"),
        log=log,
        at=at.isoformat(timespec="seconds"),
        by=f"release job 4711, {cell.os}",
    )


def passed(cell: Cell, draw: random.Random, days: float = 0.0) -> Result:
    """The cell was tested and passed."""
    proof = evidence(cell, draw, days=days)
    return Result(cell, State.PASSED, Cause.NONE, Rung.TESTED, proof, origin=f"{cell.os} job")


def failed(
    cell: Cell,
    draw: random.Random,
    kind: str,
    summary: str,
    *,
    state: State = State.FAILED,
    cause: Cause = Cause.PACK,
    log: str = "",
    detail: dict[str, object] | None = None,
) -> Result:
    """The cell was tested and did not pass."""
    proof = evidence(cell, draw, log=log or _log(cell, summary))
    failure = Failure(kind, summary, detail or {})
    return Result(cell, state, cause, Rung.TESTED, proof, failure, (), f"{cell.os} job")


def _log(cell: Cell, summary: str) -> str:
    frames = "\n".join(
        f'  File "/work/env/lib/python{cell.python}/site-packages/{cell.pack.replace("-", "_")}/node_{n}.py", line {n * 17}, in process'
        for n in range(1, 9)
    )
    return f"============ test session starts ============\ncollected 41 items\n\ntests/test_nodes.py ..........F\nTraceback (most recent call last):\n{frames}\n{summary}\n1 failed, 40 passed in 3.11s\n"


def _fine(cell: Cell, draw: random.Random) -> Result:
    return passed(cell, draw)


def _newest_numpy(cell: Cell, draw: random.Random) -> Result:
    if cell.deps != "newest":
        return passed(cell, draw)
    summary = "AttributeError: module 'numpy' has no attribute 'bool8'"
    return failed(cell, draw, "test", summary, cause=Cause.DEPENDENCY, detail={"module": "numpy", "attribute": "bool8"})


def _no_wheel(cell: Cell, draw: random.Random) -> Result:
    if cell.python != "3.13":
        return passed(cell, draw)
    return Result(
        cell,
        State.NO_WHEEL,
        Cause.PYTHON,
        Rung.RESOLVES,
        None,
        Failure("missing-wheel", "pyarrow 12.0.0 has no wheel for Python 3.13", {"distribution": "pyarrow"}),
        ("found: cp310, cp311, cp312",),
    )


def _conflict(cell: Cell, draw: random.Random) -> Result:
    if cell.deps != "lowest":
        return passed(cell, draw)
    chain = [f"{cell.pack} {cell.version}", "requests>=2.20", "urllib3<1.25", "urllib3>=1.26 (from the core)"]
    return failed(
        cell,
        draw,
        "resolver-conflict",
        "urllib3 is needed below 1.25 and from 1.26 on",
        state=State.RESOLVE_FAILED,
        cause=Cause.DEPENDENCY,
        detail={"chain": chain},
    )


def _host(cell: Cell, draw: random.Random) -> Result:
    if cell.python in ("3.10", "3.11"):
        return passed(cell, draw)
    summary = "TypeError: Context.emit() got an unexpected keyword argument 'key'"
    return failed(cell, draw, "test", summary, cause=Cause.HOST)


def _slow(cell: Cell, draw: random.Random) -> Result:
    if (cell.python, cell.deps) != ("3.12", "locked"):
        return passed(cell, draw)
    return failed(cell, draw, "timeout", "its tests did not end within 600 s", state=State.TIMEOUT, cause=Cause.UNKNOWN)


def _crash(cell: Cell, draw: random.Random) -> Result:
    if (cell.os, cell.python) != ("darwin", "3.13"):
        return passed(cell, draw)
    return failed(cell, draw, "crash", "killed by SIGSEGV", state=State.CRASHED, detail={"signal": "SIGSEGV"})


def _old(cell: Cell, draw: random.Random) -> Result:
    return passed(cell, draw, days=75 if cell.os == "darwin" else 0)


def _believed(cell: Cell, draw: random.Random) -> Result:
    if cell.os == "linux" and cell.python in ("3.11", "3.12"):
        return passed(cell, draw)
    rung = {"newest": Rung.STATIC, "locked": Rung.RESOLVES, "lowest": Rung.DECLARED}[cell.deps]
    return Result(cell, State.UNKNOWN, rung=rung, reasons=("left out by the budget of 30 minutes",))


def _nobody_knows(cell: Cell, draw: random.Random) -> Result:
    return Result(cell, State.UNKNOWN, rung=Rung.UNKNOWN, reasons=("no job sent results",))


def _fault(cell: Cell, draw: random.Random) -> Result:
    if cell.os == "linux":
        return passed(cell, draw)
    summary = "the control pack fails in the same environment"
    return failed(cell, draw, "environment", summary, cause=Cause.ENVIRONMENT)


def _declares(cell: Cell, draw: random.Random) -> Result:
    if cell.python != "3.10":
        return passed(cell, draw)
    return Result(cell, State.SKIPPED, rung=Rung.DECLARED, reasons=("Requires-Python >=3.11",))


def _untestable(cell: Cell, draw: random.Random) -> Result:
    proof = evidence(cell, draw)
    failure = Failure("no-tests", "the distribution has no tests")
    return Result(cell, State.NO_TESTS, Cause.PACK, Rung.TESTED, proof, failure, (), f"{cell.os} job")


TROUBLES = (
    _fine, _newest_numpy, _no_wheel, _conflict, _host, _slow, _crash, _old, _believed, _nobody_knows, _fault,
    _declares, _untestable,
)  # fmt: skip
WEIGHTS = (52, 8, 6, 5, 6, 3, 3, 4, 4, 2, 2, 4, 1)

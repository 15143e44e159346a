"""Say what a cell of the matrix is, what came out of it, and how strong the evidence for that is.

Takes:   plain values.
Gives:   `Cell`, `State`, `Cause`, `Rung`, `Evidence`, `Failure`, `Result`, `Results`, `Plan`: frozen, comparable by value.
Ignores: files (`formats`), how a cell is chosen (`plan`) or run (`run`), and what a log means (`classify`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from penstock_findings.finding import Finding


class State(str, Enum):
    """What came out of a cell. Only `PASSED` means that the pack's own tests ran there and passed."""

    PASSED = "passed"
    FAILED = "failed"
    RESOLVE_FAILED = "resolve-failed"
    NO_WHEEL = "no-wheel"
    BUILD_FAILED = "build-failed"
    NO_TESTS = "no-tests"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    SKIPPED = "skipped-by-declaration"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return str(self.value)


class Cause(str, Enum):
    """Whom to ask about a cell that did not pass."""

    NONE = "none"
    HOST = "host"  # the core; said only where a control cell passed in the same environment
    DEPENDENCY = "dependency"
    PYTHON = "python"
    ENVIRONMENT = "environment"  # the place of the test: index, disk, interpreter, a test tool
    PACK = "pack"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return str(self.value)


class Rung(str, Enum):
    """How strong the evidence is, weakest first; `Rung.IMPLIED < Rung.TESTED`."""

    UNKNOWN = "unknown"
    DECLARED = "declared"  # the metadata says so, nobody looked
    RESOLVES = "resolves"  # a set of versions exists
    STATIC = "static"  # everything that the pack uses of the core is there
    IMPLIED = "implied"  # a tested neighbour differs only in what cannot matter
    TESTED = "tested"  # its tests ran in that very environment

    @property
    def rank(self) -> int:
        """A number to compare by: the stronger, the higher."""
        return _RUNGS.index(self.value)

    def __lt__(self, other: str) -> bool:
        return self.rank < Rung(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Rung(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Rung(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Rung(other).rank

    def __str__(self) -> str:
        return str(self.value)


_RUNGS = ("unknown", "declared", "resolves", "static", "implied", "tested")


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One place where one version of a pack may work."""

    pack: str  # the distribution's normalised name
    version: str
    core: str  # version of the core; "" where the matrix has no core axis
    os: str  # linux, darwin, windows, or the name of a root file system such as debian-12
    arch: str  # x86_64, aarch64, ...
    python: str  # "3.12"
    deps: str  # lowest, locked, newest, or a set that the axes name

    @property
    def id(self) -> str:
        """The cell's name, the same everywhere and always.

        >>> Cell("site", "1.0", "0.1.0", "linux", "x86_64", "3.12", "newest").id
        'site==1.0|core==0.1.0|linux|x86_64|3.12|newest'
        >>> Cell("site", "1.0", "", "linux", "x86_64", "3.12", "newest").id
        'site==1.0|core==*|linux|x86_64|3.12|newest'
        """
        return "|".join(
            (
                f"{self.pack}=={self.version}",
                f"core=={self.core or '*'}",
                self.os,
                self.arch,
                self.python,
                self.deps,
            )
        )

    @classmethod
    def of(cls, text: str) -> Cell:
        """The cell of that name. Raises `ValueError` when the text is no such name."""
        words = text.split("|")
        if len(words) != 6 or not words[1].startswith("core==") or "==" not in words[0]:
            raise ValueError(f"`{text}` is no name of a cell")
        pack, _, version = words[0].partition("==")
        core = words[1].removeprefix("core==")
        return cls(pack, version, "" if core == "*" else core, *words[2:])


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was done in a cell, with what, when and by whom."""

    command: tuple[str, ...]
    environment: Mapping[str, tuple[str, str]]  # name -> version, digest of the wheel ("" where nobody knows it)
    pack_digest: str  # of the pack's wheel, "sha256:..."
    core_digest: str  # of the core's wheel; "" where the cell has no core
    interpreter: Mapping[str, str]  # implementation, version, build, executable, platform: as the probe found them
    seconds: float  # that the tests took
    log_digest: str
    log: str | None  # the end of it, only where something failed
    at: str  # ISO 8601 with offset
    by: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a cell did not pass, as far as its log and its end say."""

    kind: str  # one of KINDS
    summary: str  # one line
    detail: Mapping[str, Any] = field(default_factory=dict)  # JSON values, by kind
    findings: tuple[Finding, ...] = ()


KINDS = (
    "build",
    "crash",
    "environment",
    "import",
    "kit",
    "metadata",
    "missing-wheel",
    "no-tests",
    "output",
    "requires-python",
    "resolver-conflict",
    "surface",
    "test",
    "timeout",
    "unknown",
)


@dataclass(frozen=True, slots=True)
class Result:
    """What is known of one cell."""

    cell: Cell
    state: State
    cause: Cause = Cause.NONE
    rung: Rung = Rung.UNKNOWN
    evidence: Evidence | None = None
    failure: Failure | None = None
    reasons: tuple[str, ...] = ()
    origin: str = ""  # which job or machine the result comes from

    @property
    def proves(self) -> bool:
        """Whether this shows that the pack works there: tested, and passed."""
        return self.state is State.PASSED and self.rung is Rung.TESTED


@dataclass(frozen=True, slots=True)
class Results:
    """Results of one or several runs, each cell once per origin, sorted by cell."""

    made_by: str  # program and version
    results: tuple[Result, ...] = ()
    format: int = 1


@dataclass(frozen=True, slots=True)
class Excluded:
    """A cell that was left out, and why."""

    cell: Cell
    reason: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a cell of one pack is tested."""

    source: str  # the pack's folder, or its wheel or sdist; absolute
    requires: tuple[str, ...] = ()  # what the tests need beside the pack
    extras: tuple[str, ...] = ()  # of the pack, installed with it
    command: tuple[str, ...] = ()  # first word `python` is the environment's own
    timeout: float = 600.0  # seconds for the tests
    output: int = 16 * 1024 * 1024  # bytes that the tests may print
    entry: str = ""  # what the probe imports; "" is every top-level package of the wheel
    requires_python: str = ""  # as the pack declares it
    keep: tuple[str, ...] = ()  # environment variables that the tests may see; none can choose where anything goes


@dataclass(frozen=True, slots=True)
class DependencySet:
    """How versions are chosen in the cells of one dependency set."""

    name: str
    resolution: str = "newest"  # newest, lowest
    constraints: tuple[str, ...] = ()  # requirement lines that hold for every pack
    locks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # pack -> requirement lines of its lock file
    prereleases: bool = False


@dataclass(frozen=True, slots=True)
class Reuse:
    """What the cells of a plan have in common, so that it is done once."""

    wheels: int = 0  # to build
    resolutions: int = 0
    interpreters: int = 0
    environments: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The cells to run, and everything that running them needs to know."""

    cells: tuple[Cell, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    recipes: Mapping[str, Recipe] = field(default_factory=dict)  # pack -> recipe
    sets: Mapping[str, DependencySet] = field(default_factory=dict)
    pythons: Mapping[str, str] = field(default_factory=dict)  # "3.12" -> absolute path of the interpreter
    wheels: tuple[str, ...] = ()  # folders of wheels that resolving may use, absolute
    core: str = ""  # the distribution that the core axis is about
    controls: Mapping[str, str] = field(default_factory=dict)  # pack -> the pack whose cells are its control
    offline: bool = False  # whether only the folders of `wheels` are looked at
    sdists: bool = False  # whether dependencies may be built from source; it runs their code before any test does
    budget: float = 0.0  # minutes; 0 is no limit
    reuse: Reuse = field(default_factory=Reuse)
    format: int = 1

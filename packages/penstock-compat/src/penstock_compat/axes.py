"""Read the axes of a matrix: which Pythons, cores, platforms and dependency sets, and how packs are tested.

Takes:   the path of an axes file (TOML), or nothing.
Gives:   `read_axes`: `Axes`; paths in it are absolute.
Ignores: which cells come of them (`plan`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock_compat.errors import CannotRead
from penstock_compat.facts import DependencySet
from penstock_compat.shape import Field, misfits
from penstock_findings.finding import Finding

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
DEPS = ("lowest", "locked", "newest")
MODES = ("full", "pairwise")
_DURATION = r"\d+(\.\d+)?(ms|s|m|h)"
_SIZE = r"\d+(B|KiB|MiB|GiB)"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_PYTHON = Field("text", pattern=r"3\.\d+", like="3.12")
_TEST = {
    "requires": Field("list", items=Field("text"), says="what the tests need beside the pack; default: its own group or extra"),
    "extras": Field("list", items=Field("text"), says="extras of the pack that are installed with it"),
    "command": Field("list", items=Field("text"), says="default: python -m pytest"),
    "timeout": Field("text", pattern=_DURATION, like="10m", says="for the tests of one cell; default 10m"),
    "output": Field("text", pattern=_SIZE, like="16MiB", says="what the tests of one cell may print; default 16MiB"),
    "keep": Field("list", items=Field("text"), says="environment variables that the tests may see; default: none"),
    "import": Field("text", says="what the probe imports; default: every top-level package of the wheel"),
}  # fmt: skip
AXES = Field(
    "object",
    says="The axes of a compatibility matrix.",
    members={
        "format": Field("integer", required=True, says="1"),
        "pythons": Field("list", items=_PYTHON, says="default: 3.10 to 3.13"),
        "deps": Field("list", items=Field("text"), says="`lowest`, `locked` (by the pack's lock file), `newest`, or a name under `set`; default: those three"),
        "mode": Field("text", choices=MODES, says="`full`, or `pairwise`: every pair of values at least once for each pack"),
        "budget": Field("number", least=0, says="minutes; 0 is no limit"),
        "wheels": Field("list", items=Field("text"), says="folders of wheels; a name in them is taken from nowhere else"),
        "offline": Field("flag", says="take packages from `wheels` only"),
        "sdists": Field("flag", says="let dependencies be built from source; it runs their code before any test does"),
        "interpreters": Field("object", values=Field("text"), says="Python -> path of its interpreter; default: PATH, pyenv, uv"),
        "platform": Field("list", items=Field("object", members={
            "os": Field("text", required=True, says="`linux`, `darwin`, `windows`"),
            "arch": Field("text", required=True, says="`x86_64`, `aarch64`, `arm64`, `amd64`"),
        }), says="the machines of the matrix; default: this one"),
        "core": Field("object", members={
            "name": Field("text", required=True, says="the distribution that the packs are for"),
            "versions": Field("list", required=True, items=Field("text"), says="its versions; each makes cells"),
        }, says="the core axis; default: none, and the core is a dependency like any other"),
        "set": Field("object", values=Field("object", members={
            "resolution": Field("text", choices=("newest", "lowest"), says="`newest` (the default) or `lowest`"),
            "constraints": Field("list", items=Field("text"), says="requirement lines that hold for every pack"),
            "prereleases": Field("flag", says="whether versions before a release count"),
        }), says="dependency sets of your own, by name"),
        "test": Field("object", members=_TEST, says="how every pack is tested"),
        "pack": Field("object", values=Field("object", members={
            **_TEST,
            "control": Field("text", says="the pack that is its control; default: an import of the core"),
        }), says="how one pack is tested, where that is different"),
        "exclude": Field("list", items=Field("object", members={
            **{
                name: Field("text", says="of the cells; a `*` stands for anything")
                for name in ("pack", "version", "core", "os", "arch", "python", "deps")
            },
            "reason": Field("text", required=True, says="why; the report tells it"),
        }), says="cells that are left out"),
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HowTested:
    """What the axes say of how packs are tested; None is what the pack itself says."""

    requires: tuple[str, ...] | None = None
    extras: tuple[str, ...] | None = None
    command: tuple[str, ...] = ()
    timeout: float | None = None
    output: int | None = None
    entry: str = ""
    keep: tuple[str, ...] = ()
    control: str = ""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Cells that agree with all of `where` are left out."""

    where: Mapping[str, str]  # field of a cell -> value; a `*` in it stands for anything
    reason: str


@dataclass(frozen=True, slots=True)
class Axes:
    """Everything that the axes file says."""

    pythons: tuple[str, ...] = PYTHONS
    deps: tuple[str, ...] = ("lowest", "locked", "newest")
    mode: str = "full"
    budget: float = 0.0
    wheels: tuple[str, ...] = ()
    offline: bool = False
    sdists: bool = False
    interpreters: Mapping[str, str] = field(default_factory=dict)
    platforms: tuple[tuple[str, str], ...] = ()  # empty: the machine's own
    core: str = ""
    cores: tuple[str, ...] = ("",)
    sets: Mapping[str, DependencySet] = field(default_factory=dict)
    testing: HowTested = field(default_factory=HowTested)
    packs: Mapping[str, HowTested] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()


def read_axes(path: str | os.PathLike[str]) -> Axes:
    """The axes in the file. Raises `CannotRead` with everything that is wrong with it."""
    from penstock_findings.load import load

    name = os.fspath(path)
    parsed = load(name)
    if parsed.document is None or parsed.findings:
        raise CannotRead(f"`{name}` has mistakes", findings=parsed.findings)
    document = parsed.document
    value: Any = document.value
    said = value.get("format") if isinstance(value, dict) else None
    if type(said) is int and said != 1:
        raise CannotRead(
            f"`{name}` has format {said}; this program reads format 1", at=document.at("/format"), code="C103"
        )
    wrong = list(misfits(value, AXES, document))
    wrong += [] if wrong else list(_senseless(value, document))
    if wrong:
        raise CannotRead(f"`{name}` has mistakes", findings=wrong, sources={name: document.text})
    return _axes(value, os.path.dirname(os.path.abspath(name)))


def _senseless(value: dict[str, Any], document: Any) -> list[Finding]:
    from penstock_findings.spelling import hint_for

    wrong = []
    known = [*DEPS, *value.get("set", {})]
    for place, name in enumerate(value.get("deps", ())):
        if name not in known:
            at = document.at(f"/deps/{place}")
            wrong.append(Finding("C108", f"there is no dependency set `{name}`", at, hint=hint_for(name, known)))
    for name in value.get("set", {}):
        if name in DEPS or "|" in name:
            message = f"a dependency set cannot be called `{name}`"
            wrong.append(Finding("C108", message, document.key_at(f"/set/{name}")))
    for name, inner in value.get("set", {}).items():
        for place, line in enumerate(inner.get("constraints", ())):
            if not _is_requirement(line):
                at = document.at(f"/set/{name}/constraints/{place}")
                wrong.append(Finding("C107", f"`{line}` is no requirement", at, hint="see PEP 508"))
    return wrong


def _is_requirement(line: str) -> bool:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(line)
    except InvalidRequirement:
        return False
    return True


def _axes(value: dict[str, Any], here: str) -> Axes:
    from penstock_compat.packs import normal

    def absolute(path: str) -> str:
        return os.path.normpath(os.path.join(here, os.path.expanduser(path)))

    core = value.get("core", {})
    return Axes(
        pythons=_in_order(value.get("pythons", PYTHONS)),
        deps=tuple(dict.fromkeys(value.get("deps", DEPS))),
        mode=value.get("mode", "full"),
        budget=float(value.get("budget", 0)),
        wheels=tuple(absolute(path) for path in value.get("wheels", ())),
        offline=value.get("offline", False),
        sdists=value.get("sdists", False),
        interpreters={name: absolute(path) for name, path in value.get("interpreters", {}).items()},
        platforms=tuple((one["os"], one["arch"]) for one in value.get("platform", ())),
        core=normal(core["name"]) if core else "",
        cores=tuple(dict.fromkeys(core["versions"])) if core else ("",),
        sets={name: _set(name, one) for name, one in value.get("set", {}).items()},
        testing=_testing(value.get("test", {})),
        packs={normal(name): _testing(one) for name, one in value.get("pack", {}).items()},
        exclusions=tuple(
            Exclusion({name: word for name, word in one.items() if name != "reason"}, one["reason"])
            for one in value.get("exclude", ())
        ),
    )


def _in_order(pythons: Any) -> tuple[str, ...]:
    return tuple(sorted(set(pythons), key=lambda text: tuple(map(int, text.split(".")))))


def _set(name: str, value: dict[str, Any]) -> DependencySet:
    return DependencySet(
        name,
        value.get("resolution", "newest"),
        tuple(value.get("constraints", ())),
        {},
        value.get("prereleases", False),
    )


def _testing(value: dict[str, Any]) -> HowTested:
    return HowTested(
        requires=tuple(value["requires"]) if "requires" in value else None,
        extras=tuple(value["extras"]) if "extras" in value else None,
        command=tuple(value.get("command", ())),
        timeout=_amount(value["timeout"], _SECONDS) if "timeout" in value else None,
        output=int(_amount(value["output"], _BYTES)) if "output" in value else None,
        entry=value.get("import", ""),
        keep=tuple(value.get("keep", ())),
        control=value.get("control", ""),
    )


def _amount(text: str, units: Mapping[str, float]) -> float:
    found = re.fullmatch(r"([\d.]+)([A-Za-z]+)", text)
    assert found is not None  # the shape has seen to it
    return float(found[1]) * units[found[2]]

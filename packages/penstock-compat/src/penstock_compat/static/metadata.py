"""Read what a distribution says of itself: name, version, the Pythons and distributions it needs, where it is entered.

Takes:   a tree.
Gives:   `Metadata`, and findings for what is malformed.
Ignores: whether what is said is true (`declared`, `uses`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import HeaderParser

from penstock_compat.static.surface import normal
from penstock_compat.static.tree import Tree
from penstock_compat.static.verdict import Reason, Verdict, When
from penstock_findings import Location
from penstock_findings.load import parse_toml


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a distribution says of itself; `None` and empty where it says nothing that can be read."""

    name: str = ""
    version: str = ""
    requires_python: str = ""
    requires: tuple[str, ...] = ()  # requirement lines, as written
    entries: tuple[str, ...] = ()  # modules that entry points name
    complete: bool = True  # False where a build decides what is required
    path: str = ""  # the file it was read from
    tags: tuple[str, ...] = ()  # of a wheel
    problems: tuple[Reason, ...] = ()


def metadata_of(tree: Tree) -> Metadata:
    """The metadata of a tree: of its wheel or installed files, its sdist, or its `pyproject.toml`."""
    said = tree.text(".dist-info/METADATA", "PKG-INFO")
    if said is not None:
        return _of_headers(said, tree)
    project = tree.text("pyproject.toml")
    if project is not None:
        return _of_project(project, tree)
    if tree.name.endswith(".whl"):
        return Metadata(complete=False, problems=(_problem("the wheel has no METADATA", tree.name),))
    nothing = Reason("C422", "nothing in it says what it is or what it needs", Verdict.UNKNOWN, When.INSTALL)
    return Metadata(complete=False, problems=(nothing,))


def _of_headers(text: str, tree: Tree) -> Metadata:
    headers = HeaderParser().parsestr(text)
    entries = _entry_modules(tree.text(".dist-info/entry_points.txt", ".egg-info/entry_points.txt") or "")
    problems = []
    for header in ("Name", "Version"):
        if not headers.get(header):
            problems.append(_problem(f"the metadata has no `{header}`", "METADATA"))
    return Metadata(
        normal(str(headers.get("Name", ""))),
        str(headers.get("Version", "")),
        str(headers.get("Requires-Python", "")),
        tuple(str(each) for each in headers.get_all("Requires-Dist", [])),
        entries,
        "requires-dist" not in [str(each).lower() for each in headers.get_all("Dynamic", [])],
        "METADATA",
        _tags(tree.name),
        tuple(problems),
    )


def _of_project(text: str, tree: Tree) -> Metadata:
    parsed = parse_toml(text.encode(), "pyproject.toml")
    if parsed.document is None or not isinstance(parsed.document.value, dict):
        problems = tuple(_problem(each.message, "pyproject.toml", each.at) for each in parsed.findings)
        return Metadata(complete=False, path="pyproject.toml", problems=problems)
    project = parsed.document.value.get("project")
    if not isinstance(project, dict):
        return Metadata(complete=False, path="pyproject.toml")
    dynamic = project.get("dynamic")
    dynamic = dynamic if isinstance(dynamic, list) else []
    return Metadata(
        normal(str(project.get("name", ""))),
        str(project.get("version", "")),
        str(project.get("requires-python", "")),
        tuple(str(each) for each in _list(project.get("dependencies"))),
        _entries_of(project),
        "dependencies" not in dynamic,
        "pyproject.toml",
    )


def _entries_of(project: Mapping[str, object]) -> tuple[str, ...]:
    found: list[str] = []
    groups = project.get("entry-points")
    tables = [
        *(groups.values() if isinstance(groups, dict) else ()),
        project.get("scripts"),
        project.get("gui-scripts"),
    ]
    for table in tables:
        if isinstance(table, dict):
            found += [str(each).partition(":")[0].strip() for each in table.values()]
    return tuple(sorted(set(found)))


def _entry_modules(text: str) -> tuple[str, ...]:
    lines = (
        line.partition("=")[2] for line in text.splitlines() if "=" in line and not line.lstrip().startswith(("#", "["))
    )
    return tuple(sorted({line.partition(":")[0].partition("[")[0].strip() for line in lines} - {""}))


def _tags(name: str) -> tuple[str, ...]:
    parts = name.removesuffix(".whl").split("-")
    if not name.endswith(".whl") or len(parts) < 5:
        return ()
    python, abi, platform = parts[-3:]
    return tuple(f"{a}-{b}-{c}" for a in python.split(".") for b in abi.split(".") for c in platform.split("."))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _problem(message: str, path: str, at: Location | None = None) -> Reason:
    return Reason("C404", message, Verdict.BROKEN, When.INSTALL, at or Location(path=path))

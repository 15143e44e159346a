"""Open what is to be reviewed: the folder of a project, or a wheel; both look the same afterwards.

Takes:   a path.
Gives:   `opened`: a `Material`, whose files are on the disk as long as the block lasts; `told_of` a wheel, the paths
         in findings, which are those of the wheel and not of where it was unpacked.
Ignores: what is asked (the other rooms).  Nothing of the pack is imported.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.manifest.project import FILE, GROUP, Project, find_project
from penstock.manifest.read import LIMIT, read_manifest
from penstock_findings.errors import PenstockError
from penstock_findings.finding import Finding, Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from penstock.manifest.model import Manifest
    from penstock_findings.document import Document

_MOST = 512 << 20  # bytes of a wheel, unpacked
_MOST_FILES = 50_000
_LINKS = 0o120000  # how a zip file says that an entry is a symbolic link


class NoWheel(PenstockError):
    """The file is no wheel that can be read. The file is at fault, or whoever names it."""

    code = "M501"


@dataclass(frozen=True)
class Metadata:
    """What a distribution says of itself; `unsaid` are the fields that only its build knows."""

    name: str
    version: str
    python: str | None = None
    requires: tuple[str, ...] = ()
    licence: str | None = None
    classifiers: tuple[str, ...] = ()
    readme: str = ""
    entries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unsaid: frozenset[str] = frozenset()
    at: Callable[[str], Location] = lambda _: Location()  # field of the project table -> where it stands


@dataclass(frozen=True)
class Material:
    """A pack on the disk: `project.root` is where it is imported from; `files` are what it installs, below that."""

    of: str  # folder or wheel
    path: str  # as it was named
    project: Project
    metadata: Metadata
    files: tuple[str, ...]  # with slashes
    top: Path  # of the project's papers: readme, docs, examples
    manifest: Manifest | None = None
    wrong: tuple[Finding, ...] = ()  # with the manifest, and with opening

    def file(self, name: str) -> Path:
        """Where a file is."""
        return Path(self.project.root, *name.split("/"))

    def at(self, name: str, line: int | None = None, column: int | None = None) -> Location:
        """The place of a file, for a finding."""
        return Location(str(self.file(name)), line, column)

    @property
    def needs_sdk(self) -> bool:
        """Whether it cannot do without the core: a tool that only adds commands and checks may work alone as well."""
        offers = self.manifest
        return offers is None or bool(offers.nodes or offers.policies or offers.channels or offers.failures)

    @property
    def modules(self) -> dict[str, str]:
        """Dotted name -> file, of every Python file in the package."""
        found = {}
        for name in self.files:
            if name.endswith(".py") and name.startswith(self.project.package.replace(".", "/") + "/"):
                found[name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")] = name
        return found


@contextmanager
def opened(path: str) -> Iterator[Material]:
    """What stands at a path; raises `NoProject` for a folder that holds no pack, `NoWheel` for no wheel."""
    if os.path.isdir(path):
        yield _of_folder(path)
    elif path.endswith(".whl"):
        with tempfile.TemporaryDirectory(prefix="penstock-check-") as beside:
            yield _of_wheel(path, os.path.realpath(beside))
    else:
        hint = "name the folder of a project, or a file that ends in .whl"
        raise NoWheel(f"`{path}` is neither a folder nor a wheel", at=Location(path), hint=hint)


def told_of(material: Material, finding: Finding) -> Finding:
    """The finding, with its place as whoever named the path would say it."""
    if material.of == "folder" or not (finding.at.path or "").startswith(material.project.root):
        return finding
    inside = os.path.relpath(finding.at.path or "", material.project.root)
    return _moved(finding, os.path.join(material.path, inside) if inside != "." else material.path)


def _moved(finding: Finding, path: str) -> Finding:
    at = finding.at
    place = Location(path, at.line, at.column, at.end_line, at.end_column, at.pointer)
    return Finding(
        finding.code, finding.message, place, finding.severity, finding.hint, finding.related, finding.evidence
    )


# -- a folder --------------------------------------------------------------------------------------------------------


def _of_folder(folder: str) -> Material:
    from penstock_findings.load import load

    project = find_project(folder)
    parsed = load(os.path.join(folder, "pyproject.toml"))
    assert parsed.document is not None  # or it would be no project
    said = _metadata_of(parsed.document, project, folder)
    manifest, wrong = _manifest(project.manifest)
    material = Material("folder", folder, project, said, (), Path(os.path.abspath(folder)), manifest, tuple(wrong))
    return replace(material, files=tuple(_installed(material)))


def _installed(material: Material) -> Iterator[str]:
    """What a build takes from the package, and from beside it where the code has a folder of its own (`src`)."""
    root = Path(material.project.root)
    own = root if root != material.top else Path(material.project.folder)
    for here, folders, names in os.walk(own):
        folders[:] = sorted(
            one for one in folders if one != "__pycache__" and not one.endswith((".egg-info", ".dist-info"))
        )
        for name in sorted(names):
            yield Path(here, name).relative_to(root).as_posix()


def _metadata_of(document: Document, project: Project, folder: str) -> Metadata:
    value: Any = document.value
    table = value["project"]
    licence = table.get("license")
    scripts = {"console_scripts": table.get("scripts", {}), "gui_scripts": table.get("gui-scripts", {})}
    entries = {**{group: named for group, named in scripts.items() if named}, **table.get("entry-points", {})}
    readme = table.get("readme")
    path = readme.get("file") if isinstance(readme, dict) else readme
    dynamic = table.get("dynamic")
    return Metadata(
        project.name,
        project.version,
        _text(table.get("requires-python")),
        tuple(one for one in table.get("dependencies", ()) if isinstance(one, str)),
        _text(licence.get("text") or licence.get("file") if isinstance(licence, dict) else licence),
        tuple(one for one in table.get("classifiers", ()) if isinstance(one, str)),
        _read(Path(folder, path)) if isinstance(path, str) else "",
        {group: named for group, named in entries.items() if isinstance(named, dict)},
        frozenset(one for one in dynamic if isinstance(one, str)) if isinstance(dynamic, list) else frozenset(),
        lambda name: document.at(f"/project/{name}" if name in table else "/project"),
    )


# -- a wheel ---------------------------------------------------------------------------------------------------------


def _of_wheel(path: str, into: str) -> Material:
    try:
        with zipfile.ZipFile(path) as packed:
            files, wrong = _unpacked(packed, path, into)
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise NoWheel(f"`{path}` cannot be read as a wheel: {error}", at=Location(path)) from error
    infos = sorted({name.partition("/")[0] for name in files if name.partition("/")[0].endswith(".dist-info")})
    if len(infos) != 1 or f"{infos[0]}/METADATA" not in files:
        raise NoWheel(
            f"`{path}` is no wheel: it has {len(infos)} folders `*.dist-info` with METADATA", at=Location(path)
        )
    said = _metadata_in(Path(into, infos[0]))
    offered = said.entries.get(GROUP, {})
    if len(offered) != 1:
        message = f"`{path}` has {len(offered) or 'no'} entry points in the group `{GROUP}`; a pack has one"
        raise NoWheel(message, at=Location(path), code="M502", hint=f"add one to `[project.entry-points.{GROUP}]`")
    (package,) = (value.strip() for value in offered.values())
    if not all(word.isidentifier() for word in package.split(".")):
        message = f"the entry point names `{package}`, which is no package"
        raise NoWheel(message, at=Location(path), code="M502", hint="name the package of the pack, such as `my_pack`")
    folder = os.path.join(into, *package.split("."))
    project = Project(said.name, said.version, package, into, folder)
    manifest, mistakes = _manifest(project.manifest) if os.path.isdir(folder) else (None, [])
    return Material("wheel", path, project, said, tuple(files), Path(into), manifest, (*wrong, *mistakes))


def _unpacked(packed: zipfile.ZipFile, path: str, into: str) -> tuple[list[str], list[Finding]]:
    """The names of what was unpacked; what would land elsewhere is told, and left where it is."""
    names: list[str] = []
    wrong: list[Finding] = []
    size = 0
    if len(packed.infolist()) > _MOST_FILES:
        raise NoWheel(f"`{path}` has more than {_MOST_FILES:,} files", at=Location(path))
    for entry in packed.infolist():
        words = entry.filename.replace("\\", "/").split("/")
        is_link = (entry.external_attr >> 16) & 0o170000 == _LINKS
        if entry.filename.startswith(("/", "\\")) or ".." in words or ":" in words[0] or is_link:
            kind = "is a symbolic link" if is_link else "would be unpacked outside of its folder"
            at = Location(f"{path}/{entry.filename.lstrip('/')}")
            wrong.append(Finding("M510", f"`{entry.filename}` {kind}", at, hint="build the wheel without it"))
            continue
        if entry.filename in names:
            at = Location(f"{path}/{entry.filename}")
            message = f"`{entry.filename}` is in the archive twice, and which one is installed depends on the installer"
            wrong.append(Finding("M511", message, at, hint="build the wheel anew"))
            continue
        size += entry.file_size
        if size > _MOST:
            raise NoWheel(f"`{path}` unpacks to more than {_MOST >> 20} MiB", at=Location(path))
        if not entry.is_dir():
            packed.extract(entry, into)
            names.append(entry.filename)
    return sorted(names), wrong


def _metadata_in(folder: Path) -> Metadata:
    said = HeaderParser().parsestr(_read(folder / "METADATA"))
    licence = said.get("License-Expression") or said.get("License")
    classifiers = tuple(said.get_all("Classifier", ()))
    if not licence:
        licence = next((one for one in classifiers if one.startswith("License ::")), None)
    at = Location(str(folder / "METADATA"))
    entries = folder / "entry_points.txt"
    return Metadata(
        (said.get("Name") or "").lower().replace("_", "-").replace(".", "-"),
        said.get("Version") or "",
        said.get("Requires-Python"),
        tuple(one for one in said.get_all("Requires-Dist", ()) if "extra ==" not in one),
        licence,
        classifiers,
        str(said.get_payload() or said.get("Description") or ""),
        _entries(_read(entries)) if entries.is_file() else {},
        at=lambda name: Location(str(entries)) if name == "entry-points" else at,
    )


def _entries(text: str) -> dict[str, dict[str, str]]:
    import configparser

    reader = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    reader.optionxform = str  # type: ignore[assignment,method-assign]  # as the documentation of configparser does it
    try:
        reader.read_string(text)
    except configparser.Error:
        return {}
    return {group: dict(reader[group]) for group in reader.sections()}


def _manifest(path: str) -> tuple[Manifest | None, list[Finding]]:
    try:
        with open(path, "rb") as file:
            data = file.read(LIMIT)
    except FileNotFoundError:
        hint = f"run `penstock pack lock`, and let the build take `{FILE}` along"
        return None, [Finding("M302", "the pack has no manifest", Location(path), hint=hint)]
    return read_manifest(data, path)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None

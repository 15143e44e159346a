"""Find the pack that a project is: its name, its version, its package and where that lives.

Takes:   a folder with a pyproject.toml.
Gives:   `Project`, and `imported`, the package itself.
Ignores: what the package offers (`compile`).
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from penstock_findings.errors import PenstockError
from penstock_findings.fact import Fact
from penstock_findings.finding import Finding, Location, Related

if TYPE_CHECKING:
    from types import ModuleType

    from penstock_findings.document import Document

GROUP = "penstock"
FILE = "penstock-pack.json"


class NoProject(PenstockError):
    """The folder holds no pack that could be locked. Its pyproject.toml is at fault, or the folder is the wrong one."""

    code = "M201"


class NotImported(PenstockError):
    """The package of the project cannot be imported, so nothing can be said of it."""

    code = "M203"


class Project(Fact):
    """A pack in a working tree."""

    name: str  # of the distribution, normalised
    version: str
    package: str
    root: str  # the folder from which the package is imported
    folder: str  # of the package; the manifest lives there

    @property
    def manifest(self) -> str:
        """Path of its manifest."""
        return os.path.join(self.folder, FILE)


def find_project(folder: str) -> Project:
    """The pack in that folder; raises `NoProject` when its pyproject.toml does not tell."""
    from penstock_findings.load import load

    path = os.path.join(folder, "pyproject.toml")
    if not os.path.isfile(path):
        raise NoProject(
            f"there is no pyproject.toml in `{folder}`", at=Location(path), hint="name the folder of the pack's project"
        )
    parsed = load(path)
    if parsed.document is None or parsed.findings:
        raise NoProject(f"`{path}` cannot be read", findings=parsed.findings, sources={path: parsed.text})
    try:
        return _project(parsed.document, folder)
    except PenstockError as error:
        error.sources = {path: parsed.text}
        raise


def imported(project: Project) -> ModuleType:
    """The package, imported from the project and from nowhere else."""
    from importlib import import_module, invalidate_caches

    sys.path.insert(0, project.root)
    try:
        invalidate_caches()
        module = import_module(project.package)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the author's code does, even exit, is told to the author
        raise _not_imported(project, error) from error
    finally:
        sys.path.remove(project.root)
    home = os.path.dirname(os.path.realpath(module.__file__ or ""))
    if home != os.path.realpath(project.folder):
        raise NotImported(
            f"`import {project.package}` finds `{home}` instead of this project",
            at=Location(project.folder),
            hint="run the command in an environment where no other copy is imported already",
        )
    return module


def _not_imported(project: Project, error: BaseException) -> NotImported:
    import traceback

    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(project.root)]
    related = [Related("it was raised here", Location(frames[-1].filename, frames[-1].lineno))] if frames else []
    if isinstance(error, SyntaxError) and error.filename:
        related = [Related("it was raised here", Location(error.filename, error.lineno, error.offset))]
    message = f"`{project.package}` cannot be imported: {type(error).__name__}: {error}"
    cause = "".join(traceback.format_list(frames) + traceback.format_exception_only(type(error), error))
    finding = Finding("M203", message, Location(project.folder), related=related, evidence={"cause": cause})
    return NotImported(message, findings=[finding])


def _project(document: Document, folder: str) -> Project:
    value: Any = document.value
    table = value.get("project")
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        raise NoProject("there is no `[project]` with a `name`", at=document.at("/project"))
    name = "-".join(word for word in table["name"].lower().replace("_", "-").replace(".", "-").split("-") if word)
    entries = table.get("entry-points", {}).get(GROUP) if isinstance(table.get("entry-points", {}), dict) else None
    if not isinstance(entries, dict) or not entries:
        raise NoProject(
            f"`{name}` has no entry point in the group `{GROUP}`, so it is no pack",
            at=document.at("/project/entry-points"),
            hint=f'add `[project.entry-points.{GROUP}]` with `short-name = "{name.replace("-", "_")}"`',
        )
    if len(entries) > 1:
        raise NoProject(
            f"`{name}` has {len(entries)} entry points in the group `{GROUP}`; a distribution is one pack",
            at=document.at(f"/project/entry-points/{GROUP}"),
        )
    ((short, package),) = entries.items()
    if not isinstance(package, str) or not all(word.isidentifier() for word in package.split(".")):
        at = document.at(f"/project/entry-points/{GROUP}/{short}")
        raise NoProject(f"the entry point `{short}` is to name a package such as `my_pack`", at=at)
    root, home = _package(folder, package, document)
    return Project(name, _version(table, name, document, folder), package, root, home)


def _package(folder: str, package: str, document: Document) -> tuple[str, str]:
    for root in (os.path.join(folder, "src"), folder):
        home = os.path.join(root, *package.split("."))
        if os.path.isfile(os.path.join(home, "__init__.py")):
            return os.path.abspath(root), os.path.abspath(home)
    raise NoProject(
        f"there is no package `{package}` in `{folder}` or its `src`",
        at=document.at(f"/project/entry-points/{GROUP}"),
        hint=f"make the folder `{package.replace('.', '/')}` with an `__init__.py`; a single module cannot carry a manifest",
    )


def _version(table: dict[str, Any], name: str, document: Document, folder: str) -> str:
    version = table.get("version")
    if isinstance(version, str):
        return version
    from importlib import metadata

    try:  # dynamic: whoever builds it knows, and has told the installation
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        raise NoProject(
            f"`{name}` has a dynamic version and is not installed, so its version is not known",
            at=document.at("/project"),
            hint=f"run `pip install --editable {folder}`",
        ) from None

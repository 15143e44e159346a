"""Read what a pack says of itself, without running any of it.

Takes:   a pack's folder, wheel or sdist.
Gives:   `read_pack`: name, version, what it needs, and what its tests need.
Ignores: whether any of it is true.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import Any

from penstock_compat.errors import CannotRead
from penstock_findings.finding import Finding, Location

LOCKS = ("requirements.lock", "pylock.toml", "uv.lock", "constraints.txt")  # the first that is there
GROUPS = ("test", "tests", "dev")  # names under which packs keep what their tests need; the first that is there
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^]]*\])?\s*==\s*[^\s;*]+\s*(;.*)?$")


@dataclass(frozen=True, slots=True)
class Pack:
    """What a pack says of itself."""

    source: str  # absolute path
    name: str  # normalised
    version: str
    requires_python: str = ""
    requires: tuple[str, ...] = ()  # requirement lines, without those of extras
    extras: tuple[str, ...] = ()
    test_extra: str = ""  # the extra that its tests need
    test_requires: tuple[str, ...] = ()  # of the dependency group that its tests need
    lock: str = ""  # path of its lock file
    pins: tuple[str, ...] = ()  # the lock file's requirement lines

    @property
    def is_folder(self) -> bool:
        """Whether there is a tree with tests; a wheel has none."""
        return not self.source.endswith((".whl", ".tar.gz"))


def normal(name: str) -> str:
    """The one spelling of a distribution's name (PEP 503).

    >>> normal("Site_Safety.pack")
    'site-safety-pack'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def read_pack(path: str | os.PathLike[str]) -> Pack:
    """What the pack at that path says of itself. Raises `CannotRead` when it says too little."""
    source = os.path.abspath(os.fspath(path))
    if os.path.isdir(source):
        return _of_folder(source)
    if source.endswith(".whl"):
        return _of_wheel(source)
    if source.endswith(".tar.gz"):
        return _of_sdist(source)
    if not os.path.exists(source):
        raise CannotRead(f"there is no pack at `{path}`", at=Location(os.fspath(path)), code="C105")
    raise CannotRead(
        f"`{path}` is no pack", at=Location(os.fspath(path)), code="C105", hint="name its folder, a wheel or an sdist"
    )


def _of_folder(source: str) -> Pack:
    from penstock_findings.load import load

    path = os.path.join(source, "pyproject.toml")
    if not os.path.exists(path):
        raise CannotRead(
            f"`{source}` has no pyproject.toml", at=Location(source), code="C105", hint="name the folder of one pack"
        )
    parsed = load(path)
    if parsed.document is None or parsed.findings:
        raise CannotRead(f"`{path}` has mistakes", findings=parsed.findings)
    value: Any = parsed.document.value
    project: Any = value.get("project") if isinstance(value, dict) else None
    if not isinstance(project, dict):
        raise CannotRead(f"`{path}` has no table `project`", at=Location(path), code="C106")
    groups = value.get("dependency-groups")
    extras = project.get("optional-dependencies")
    extras = extras if isinstance(extras, dict) else {}
    lock = next((one for one in LOCKS if os.path.exists(os.path.join(source, one))), "")
    lock = os.path.join(source, lock) if lock else ""
    name, version = _named(project, path, source)
    return Pack(
        source=source,
        name=name,
        version=version,
        requires_python=_text(project.get("requires-python")),
        requires=_lines(project.get("dependencies"), path, "/project/dependencies"),
        extras=tuple(sorted(extras)),
        test_extra=next((one for one in GROUPS[:2] if one in extras), ""),
        test_requires=_group(groups if isinstance(groups, dict) else {}),
        lock=lock,
        pins=read_lock(lock) if lock else (),
    )


def _named(project: dict[str, Any], path: str, source: str) -> tuple[str, str]:
    name, version = project.get("name"), project.get("version")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise CannotRead(f"the pack in `{source}` has no usable name", at=Location(path), code="C106")
    if version is None:
        version = _version_in_manifest(source)
    if not isinstance(version, str) or not _is_version(version):
        raise CannotRead(
            f"nobody can tell the version of `{name}` without building it",
            at=Location(path, pointer="/project/version"),
            code="C106",
            hint="build a wheel of it, and name that",
        )
    return normal(name), version


def _is_version(text: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _version_in_manifest(source: str) -> Any:
    """A pack whose version is computed says it in its manifest as well."""
    import json
    from glob import glob

    for path in sorted(glob(os.path.join(glob_safe(source), "**", "penstock-pack.json"), recursive=True)):
        try:
            with open(path, "rb") as file:
                return json.load(file).get("version")
        except (OSError, ValueError, AttributeError):
            continue
    return None


def glob_safe(path: str) -> str:
    """The path for a pattern, with nothing in it that a pattern would mean."""
    from glob import escape

    return escape(path)


def _group(groups: dict[str, Any]) -> tuple[str, ...]:
    chosen = next((one for one in GROUPS if one in groups), None)
    return () if chosen is None else tuple(_of_group(groups, chosen, ()))


def _of_group(groups: dict[str, Any], name: str, seen: tuple[str, ...]) -> list[str]:
    """The lines of a dependency group, with those that it includes (PEP 735)."""
    found: list[str] = []
    for line in groups.get(name) or []:
        if isinstance(line, str):
            found.append(line)
        elif isinstance(line, dict) and isinstance(line.get("include-group"), str) and name not in seen:
            found += _of_group(groups, line["include-group"], (*seen, name))
    return found


def read_lock(path: str) -> tuple[str, ...]:
    """What a lock file pins, as requirement lines: of a requirements file, a pylock or uv's own lock."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise CannotRead(f"cannot read `{path}`: {why}", at=Location(path)) from error
    text = data.decode("utf-8", "replace")
    if path.endswith((".lock", ".toml")) and re.search(r"^\[\[packages?\]\]", text, re.MULTILINE):
        return _pins_of_toml(text)
    joined = re.sub(r"\\\r?\n", " ", text)
    lines = (re.sub(r"\s+(#|--hash).*$", "", line).strip() for line in joined.splitlines())
    return tuple(line for line in lines if _PIN.match(line))


def _pins_of_toml(text: str) -> tuple[str, ...]:
    """Names with exactly one version; a lock for several platforms may hold more, which pins nothing."""
    versions: dict[str, set[str]] = {}
    for part in re.split(r"^\[\[packages?\]\]\s*$", text, flags=re.MULTILINE)[1:]:
        head = re.split(r"^\[", part, maxsplit=1, flags=re.MULTILINE)[0]
        name = re.search(r'^name\s*=\s*"([^"]+)"', head, re.MULTILINE)
        version = re.search(r'^version\s*=\s*"([^"]+)"', head, re.MULTILINE)
        local = re.search(r"^(source|directory)\s*=\s*\{[^}]*(editable|virtual|path)", head, re.MULTILINE)
        if name and version and not local:
            versions.setdefault(name[1], set()).add(version[1])
    return tuple(f"{name}=={min(found)}" for name, found in sorted(versions.items()) if len(found) == 1)


def _of_wheel(source: str) -> Pack:
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(source) as archive:
            entry = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
            text = archive.read(entry).decode("utf-8", "replace")
    except (OSError, BadZipFile, StopIteration, KeyError) as error:
        raise CannotRead(f"`{source}` is no wheel", at=Location(source), code="C106") from error
    return _of_metadata(text, source)


def _of_sdist(source: str) -> Pack:
    import tarfile

    try:
        with tarfile.open(source) as archive:
            entry = next(one for one in archive if re.fullmatch(r"[^/]+/PKG-INFO", one.name))
            file = archive.extractfile(entry)
            text = file.read().decode("utf-8", "replace") if file else ""
    except (OSError, tarfile.TarError, StopIteration, EOFError) as error:
        raise CannotRead(f"`{source}` is no sdist", at=Location(source), code="C106") from error
    return _of_metadata(text, source)


def _of_metadata(text: str, source: str) -> Pack:
    head = HeaderParser().parsestr(text)
    name, version = head.get("Name") or "", head.get("Version") or ""
    if not _NAME.fullmatch(name) or not _is_version(version):
        raise CannotRead(f"`{source}` has no usable name or version", at=Location(source), code="C106")
    needs = [str(line) for line in head.get_all("Requires-Dist") or ()]
    extras = tuple(sorted(str(one) for one in head.get_all("Provides-Extra") or ()))
    return Pack(
        source=source,
        name=normal(name),
        version=version,
        requires_python=str(head.get("Requires-Python") or ""),
        requires=tuple(line for line in needs if not re.search(r";.*\bextra\s*==", line)),
        extras=extras,
        test_extra=next((one for one in GROUPS[:2] if one in extras), ""),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _lines(value: Any, path: str, pointer: str) -> tuple[str, ...]:
    from packaging.requirements import InvalidRequirement, Requirement

    wrong: list[Finding] = []
    lines = [line for line in value or [] if isinstance(line, str)] if isinstance(value, list) else []
    for place, line in enumerate(lines):
        try:
            Requirement(line)
        except InvalidRequirement:
            at = Location(path, pointer=f"{pointer}/{place}")
            wrong.append(Finding("C107", f"`{line}` is no requirement", at, hint="see PEP 508"))
    if wrong:
        raise CannotRead(f"`{path}` has mistakes", findings=wrong)
    return tuple(lines)

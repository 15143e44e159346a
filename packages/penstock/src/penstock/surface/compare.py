"""Hold what a pack uses against what one version of the SDK has: `penstock pack check --against-sdk`.

Takes:   the folder of a project, and the version of an SDK; or uses and a surface.
Gives:   `against_sdk`, a report; `compare`, the findings.
Ignores: what the pack does.  Nothing of it is imported.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from penstock.surface.kept import FOLDER, recorded, versions
from penstock.surface.model import EITHER, KEYWORD, NAMED_REST, POSITIONAL, REST
from penstock_findings.finding import Finding, Severity
from penstock_findings.report import Report
from penstock_findings.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from penstock.surface.model import Member, Name, Surface
    from penstock.surface.uses import Use


def against_sdk(folder: str, version: str, records: str = FOLDER) -> Report:
    """What the pack in that folder uses and the SDK lacks, deprecates or does not promise.

    Raises `NoSurface` when nothing is recorded of the version, `PenstockError` when there is no project.
    """
    from penstock.manifest.project import find_project
    from penstock.surface.uses import uses

    surface = recorded(version, records)
    package = os.path.relpath(find_project(folder).folder, os.path.abspath(folder))
    source = uses(os.path.normpath(os.path.join(folder, package)))
    others = [recorded(other, records) for other in versions(records) if other != surface.sdk]
    return Report("pack check", (*source.unread, *compare(source.uses, surface, others)), source.texts)


def compare(uses: Iterable[Use], surface: Surface, others: Sequence[Surface] = ()) -> Iterator[Finding]:
    """One finding for each use that does not fit; what is wrong with an import is not said again where it is used.

    `others` are the surfaces of other versions: they know where a missing name is to be had.
    """
    told: set[tuple[str | None, str]] = set()
    for use in sorted(uses, key=lambda use: use.how != "import"):
        if any((use.at.path, start) in told for start in _starts(use.name)):
            continue
        finding = _judged(use, _Names(surface), [_Names(other) for other in others])
        if finding is not None:
            yield finding
            if use.how == "import":
                told.add((use.at.path, use.name))


class _Names:
    """A surface by dotted name, also by the room where a name is defined."""

    def __init__(self, surface: Surface) -> None:
        self.sdk = surface.sdk
        self.modules = surface.modules
        self.known: dict[str, Name] = {}
        for module, names in surface.modules.items():
            for name, found in names.items():
                self.known |= {f"{found.home}.{name}": found, f"{module}.{name}": found}
        self.rooms = {start for found in self.known.values() for start in _starts(found.home)}

    def find(self, dotted: str) -> tuple[Name | None, str, list[str]]:
        """The name that a dotted one begins with, how it is spelt, and what stands behind it."""
        for start in _starts(dotted):
            if start in self.known:
                return self.known[start], start, dotted[len(start) + 1 :].split(".") if start != dotted else []
        return None, dotted, []


def _judged(use: Use, names: _Names, others: Sequence[_Names]) -> Finding | None:
    name, spelt, behind = names.find(use.name)
    if name is None:
        return _unknown(use, names, others)
    if name.deprecated:
        return _deprecated(use, spelt, name.deprecated.since, name.deprecated.instead)
    if not behind:
        return _misfit(use, spelt, name, names.sdk)
    member = name.members.get(behind[0])
    whole = f"{spelt}.{behind[0]}"
    if member is None:
        return None if _may_have(name, behind[0]) else _missing(use, whole, names, others, name.members)
    if member.deprecated:
        return _deprecated(use, whole, member.deprecated.since, member.deprecated.instead)
    return _misfit(use, whole, member, names.sdk) if len(behind) == 1 else None


def _unknown(use: Use, names: _Names, others: Sequence[_Names]) -> Finding | None:
    if use.name in names.modules or use.name in names.rooms:
        return None  # a module alone; what is taken from it is told where it is taken
    public = [known for known in names.modules if f"{use.name}.".startswith(f"{known}.")]
    module = max((use.module, *public), key=len)
    wanted = ".".join((module, use.name[len(module) + 1 :].split(".")[0]))
    if module in names.modules and wanted not in names.rooms:
        return _missing(use, wanted, names, others, names.modules[module])
    message = f"`{use.name}` is not part of what the SDK promises, and may change in any version"
    return Finding("M404", message, use.at, Severity.WARNING, hint="use what `penstock` and `penstock.testing` offer")


def _missing(use: Use, whole: str, names: _Names, others: Sequence[_Names], near: Iterable[str]) -> Finding:
    there = next((other.sdk for other in others if _has(other, whole)), None)
    word = nearest(whole.rpartition(".")[2], near)
    hint = f"SDK {there} has it" if there else f"write `{word}`" if word else None
    severity = Severity.WARNING if use.for_types else Severity.ERROR
    return Finding("M401", f"SDK {names.sdk} has no `{whole}`", use.at, severity, hint=hint)


def _has(names: _Names, dotted: str) -> bool:
    name, _, behind = names.find(dotted)
    return name is not None and (not behind or behind[0] in name.members)


def _deprecated(use: Use, name: str, since: str, instead: str) -> Finding:
    message = f"`{name}` is deprecated since SDK {since}"
    return Finding("M403", message, use.at, Severity.WARNING, hint=f"use {instead}")


def _misfit(use: Use, spelt: str, called: Name | Member, sdk: str) -> Finding | None:
    """What is wrong with a call: a keyword that is not known, or too many arguments."""
    if use.how != "call" or called.parameters is None:
        return None
    kinds = {parameter.kind for parameter in called.parameters}
    words = [p.name for p in called.parameters if p.kind in (EITHER, KEYWORD)]
    strange = [word for word in use.keywords if word not in words]
    if strange and NAMED_REST not in kinds:
        word = nearest(strange[0], words)
        message = f"`{spelt}` of SDK {sdk} has no parameter `{strange[0]}`"
        return Finding("M402", message, use.at, hint=f"write `{word}`" if word else None)
    places = sum(p.kind in (POSITIONAL, EITHER) for p in called.parameters)
    spare = _self_may_be_given(called)
    if use.arguments is not None and REST not in kinds and use.arguments > places + spare:
        message = f"`{spelt}` of SDK {sdk} takes {places} arguments by position, not {use.arguments}"
        return Finding("M402", message, use.at, hint="name the parameters")
    return None


def _self_may_be_given(called: Name | Member) -> int:
    return int(called.kind in ("method", "async method"))  # `Record.at(record, "/a")`


def _may_have(name: Name, member: str) -> bool:
    """Whether a class, for all that is recorded, may have a member: from a class outside, or because Python gives it."""
    if name.kind != "class" or member.startswith("__") or hasattr(type, member):
        return True
    return any(member in _members_of(base) for base in name.bases)


def _members_of(base: str) -> Sequence[str]:
    from importlib import import_module

    module, _, word = base.rpartition(".")
    return dir(getattr(import_module(module or "builtins"), word, object))


def _starts(name: str) -> list[str]:
    words = name.split(".")
    return [".".join(words[:count]) for count in range(1, len(words) + 1)]

"""Keep surfaces as files: one for each minor version of the SDK, shipped with it.

Takes:   a `Surface`, or the version of one.
Gives:   `text_of_surface` and `read_surface`, which are inverse; `versions`; `recorded`, by version; `record`.
Ignores: whether a surface keeps the promise (`breaks`).
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from penstock.deprecation import Deprecation
from penstock.manifest.canonical import text_of
from penstock.surface.model import Member, Name, Parameter, Surface
from penstock_findings.errors import PenstockError

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = os.path.join(os.path.dirname(__file__), "recorded")
FORMAT = 1


class NoSurface(PenstockError):
    """Of that SDK version no surface is recorded. Whoever named the version is at fault, or this SDK is too old."""

    code = "M405"


def versions(folder: str = FOLDER) -> list[str]:
    """The minor versions that are recorded, oldest first."""
    names = (name.removesuffix(".json") for name in os.listdir(folder) if name.endswith(".json"))
    return sorted(names, key=_number)


def recorded(version: str, folder: str = FOLDER) -> Surface:
    """What is recorded of a version, `0.1` or `0.1.3`; raises `NoSurface` when nothing is."""
    known = versions(folder)
    wanted = ".".join(version.split(".")[:2])
    if wanted not in known:
        raise NoSurface(
            f"no surface is recorded of SDK version `{version}`", hint=f"choose one of {', '.join(known) or 'none'}"
        )
    with open(os.path.join(folder, f"{wanted}.json"), encoding="utf-8") as file:
        return read_surface(file.read())


def record(surface: Surface, folder: str = FOLDER) -> str:
    """Write a surface into its file, and give the path of it."""
    path = os.path.join(folder, f"{surface.sdk}.json")
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text_of_surface(surface))
    return path


def text_of_surface(surface: Surface) -> str:
    """The file, the same bytes for equal surfaces."""
    modules = {
        module: {name: _value_of_name(found) for name, found in names.items()}
        for module, names in surface.modules.items()
    }
    return text_of({"format": FORMAT, "sdk": surface.sdk, "modules": modules})


def read_surface(text: str) -> Surface:
    """The surface in such a file; it is our own, so nothing is checked."""
    value = json.loads(text)
    modules = {
        module: {name: _name(found) for name, found in names.items()} for module, names in value["modules"].items()
    }
    return Surface(value["sdk"], modules)


def _value_of_name(name: Name) -> dict[str, Any]:
    value: dict[str, Any] = {"kind": name.kind, "home": name.home}
    if name.bases:
        value["bases"] = list(name.bases)
    if name.members:
        value["members"] = {
            of: {"kind": member.kind} | _value_of_call(member.parameters) | _value_of_mark(member.deprecated)
            for of, member in name.members.items()
        }
    return value | _value_of_call(name.parameters) | _value_of_mark(name.deprecated)


def _value_of_call(parameters: Sequence[Parameter] | None) -> dict[str, Any]:
    if parameters is None:
        return {}
    shown = [
        {"name": p.name, "kind": p.kind} | ({} if p.default is None else {"default": p.default}) for p in parameters
    ]
    return {"parameters": shown}


def _value_of_mark(mark: Deprecation | None) -> dict[str, Any]:
    return {"deprecated": {"since": mark.since, "instead": mark.instead}} if mark else {}


def _name(value: dict[str, Any]) -> Name:
    members = {
        of: Member(member["kind"], _parameters(member), _mark(member))
        for of, member in value.get("members", {}).items()
    }
    bases = tuple(value.get("bases", ()))
    return Name(value["kind"], value["home"], _parameters(value), members, bases, _mark(value))


def _parameters(value: dict[str, Any]) -> tuple[Parameter, ...] | None:
    if "parameters" not in value:
        return None
    return tuple(Parameter(p["name"], p["kind"], p.get("default")) for p in value["parameters"])


def _mark(value: dict[str, Any]) -> Deprecation | None:
    mark = value.get("deprecated")
    return Deprecation(mark["since"], mark["instead"]) if mark else None


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))

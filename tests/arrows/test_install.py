"""Installing the core brings few distributions, and the pins for development cover what the sessions install."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

AT_MOST = 8
PLATFORMS = [
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
]


def needs(name: str, environment: dict[str, str]) -> set[str]:
    """What an installed distribution needs directly there, without extras; nothing when it is not installed here."""
    try:
        stated = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return set()
    wanted = (Requirement(line) for line in stated)
    return {
        canonicalize_name(requirement.name)
        for requirement in wanted
        if requirement.marker is None or requirement.marker.evaluate({**environment, "extra": ""})
    }


def closure(name: str, environment: dict[str, str]) -> set[str]:
    """Everything that an installation of `name` brings there, itself included."""
    seen: set[str] = set()
    waiting = {name}
    while waiting:
        now = waiting.pop()
        seen.add(now)
        waiting |= needs(now, environment) - seen
    return seen


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform["sys_platform"])
def test_the_core_brings_few_third_party_distributions(
    platform: dict[str, str], packages: dict[str, dict[str, Any]]
) -> None:
    classifiers = packages["penstock"]["project"]["classifiers"]
    pythons = re.findall(r"Python :: (3\.\d+)", "\n".join(classifiers))
    ours = {package["project"]["name"] for package in packages.values()}
    for version in pythons:
        environment = {**platform, "python_version": version, "python_full_version": f"{version}.0"}
        brought = closure("penstock", environment) - ours
        assert "click" in brought  # or we looked at nothing
        assert len(brought) <= AT_MOST, f"Python {version}: {sorted(brought)}"


def test_the_standard_pack_adds_no_third_party_distribution(packages: dict[str, dict[str, Any]]) -> None:
    needed = {Requirement(line).name for line in packages["penstock-standard"]["project"]["dependencies"]}
    assert needed == {"penstock"}


def pins(root: Path) -> dict[str, str]:
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_every_pin_is_a_name_and_a_version(root: Path) -> None:
    for line in (root / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.+!]*", line), line


def test_whatever_a_session_or_a_package_asks_for_is_pinned(
    root: Path, settings: dict[str, Any], packages: dict[str, dict[str, Any]]
) -> None:
    groups = settings["dependency-groups"].values()
    asked = {line for group in groups for line in group if isinstance(line, str)} | {"nox"}
    for package in packages.values():
        asked |= set(package["project"].get("dependencies", []))
    ours = {canonicalize_name(package["project"]["name"]) for package in packages.values()}
    pinned = {canonicalize_name(name) for name in pins(root)}
    assert not {canonicalize_name(Requirement(line).name) for line in asked} - pinned - ours

"""The list of supported Pythons lives once, in the classifiers of the core; everything else agrees with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)")


def supported(package: dict[str, Any]) -> list[str]:
    matches = map(CLASSIFIER.fullmatch, package["project"]["classifiers"])
    return [match.group(1) for match in matches if match]


@pytest.fixture(scope="module")
def pythons(packages: dict[str, dict[str, Any]]) -> list[str]:
    return supported(packages["penstock"])


def test_the_core_names_its_pythons_in_order_and_without_gaps(pythons: list[str]) -> None:
    minors = [int(version.removeprefix("3.")) for version in pythons]
    assert minors
    assert minors == list(range(minors[0], minors[-1] + 1))


def test_every_package_supports_the_same_pythons_as_the_core(
    packages: dict[str, dict[str, Any]], pythons: list[str]
) -> None:
    assert {name: supported(package) for name, package in packages.items()} == dict.fromkeys(packages, pythons)


def test_every_package_starts_at_the_oldest_python(packages: dict[str, dict[str, Any]], pythons: list[str]) -> None:
    oldest = f">={pythons[0]}"
    assert {name: package["project"]["requires-python"] for name, package in packages.items()} == dict.fromkeys(
        packages, oldest
    )


def test_the_tools_check_for_the_oldest_python(settings: dict[str, Any], pythons: list[str]) -> None:
    assert settings["tool"]["mypy"]["python_version"] == pythons[0]
    assert settings["tool"]["ruff"]["target-version"] == "py" + pythons[0].replace(".", "")


def test_the_noxfile_names_no_python_itself(root: Path) -> None:
    assert not re.search(r"\b3\.\d+", (root / "noxfile.py").read_text(encoding="utf-8"))


@pytest.mark.parametrize("reader", ["surface/uses.py", "_review/packaging.py"])
def test_packs_are_read_for_the_pythons_that_we_support(reader: str, root: Path, pythons: list[str]) -> None:
    text = (root / "packages/penstock/src/penstock" / reader).read_text(encoding="utf-8")
    first, end = pythons[0].split(".")[1], int(pythons[-1].split(".")[1]) + 1
    assert f"_PYTHONS = tuple((3, minor) for minor in range({first}, {end}))" in text

"""The contracts of import-linter say why, cover every package, and leave no private room open to packs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import grimp
import pytest


@pytest.fixture(scope="module")
def linter(settings: dict[str, Any]) -> dict[str, Any]:
    return settings["tool"]["importlinter"]


@pytest.fixture(scope="module")
def imports(linter: dict[str, Any]) -> grimp.ImportGraph:
    return grimp.build_graph(*linter["root_packages"], cache_dir=None)


def test_every_contract_gives_its_reason(linter: dict[str, Any]) -> None:
    silent = [
        contract["name"] for contract in linter["contracts"] if not re.search(r", because \w+ .+", contract["name"])
    ]
    assert not silent


def test_no_two_contracts_share_an_id(linter: dict[str, Any]) -> None:
    ids = [contract["id"] for contract in linter["contracts"]]
    assert len(ids) == len(set(ids))


def test_every_package_is_watched(root: Path, linter: dict[str, Any]) -> None:
    shipped = {path.name for path in root.glob("packages/*/src/*") if (path / "__init__.py").is_file()}
    assert set(linter["root_packages"]) == shipped

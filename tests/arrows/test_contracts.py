"""The contracts of import-linter say why, cover every package, and leave no private room open to packs."""

from __future__ import annotations

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
    reasons = [contract.get("broken_contract_guidance", "") for contract in linter["contracts"]]
    assert not [reason for reason in reasons if len(reason.split()) < 8]
    assert len(reasons) == len(set(reasons))


def test_no_two_contracts_share_an_id(linter: dict[str, Any]) -> None:
    ids = [contract["id"] for contract in linter["contracts"]]
    assert len(ids) == len(set(ids))


def test_every_package_is_watched(root: Path, linter: dict[str, Any]) -> None:
    shipped = {path.name for path in root.glob("packages/*/src/*") if (path / "__init__.py").is_file()}
    assert set(linter["root_packages"]) == shipped


def test_no_private_room_of_the_core_is_open_to_packs(linter: dict[str, Any], imports: grimp.ImportGraph) -> None:
    rooms = imports.find_children("penstock")
    closed = {contract["id"]: contract for contract in linter["contracts"]}["packs-use-the-public-sdk"]
    private = {room for room in rooms if room.startswith("penstock._") and not room.endswith("__")}
    assert private
    assert private <= set(closed["forbidden_modules"])

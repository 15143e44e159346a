"""What strangers call things is shown, and does nothing to a terminal."""

from __future__ import annotations

import os
from typing import Any

import pytest

from penstock_trust.cli import main
from penstock_trust.predicates import STATEMENT
from penstock_trust.strict import canonical

RED = "\x1b[31m"


@pytest.mark.parametrize("fmt", ["text", "github", "sarif", "json"])
def test_a_name_from_outside_cannot_drive_a_terminal(shop: Any, capsys: pytest.CaptureFixture[str], fmt: str) -> None:
    about = [{"name": f"{RED}other.whl\r\n::error::accepted", "digest": {"sha256": "0" * 64}}]
    said = canonical({"_type": STATEMENT, "subject": about, "predicateType": "a://b", "predicate": {}})
    shop.claim(shop.bundle(statement=said), f".{RED}\r.sigstore.json")
    shop.policy()
    words = ["verify", str(shop.wheel), "--policy", os.fspath(shop.folder / "policy.toml"), "--format", fmt]
    assert main([*words, "--explain"] if fmt == "text" else words) == 1
    shown = capsys.readouterr().out
    assert "T113" in shown
    assert not [char for char in shown if not char.isprintable() and char != "\n"]
    assert not [line for line in shown.splitlines() if line.startswith("::error::accepted")]

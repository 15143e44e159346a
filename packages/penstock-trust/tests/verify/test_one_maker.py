"""Types carry trust: a proof is made in one place, and only of what was vouched for."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import penstock_trust
from penstock_trust.facts import Claim
from penstock_trust.reading import Reading
from penstock_trust.steps.prove import prove
from penstock_trust.wheels import read_wheel

SOURCE = Path(penstock_trust.__file__).parent


def calls_of(name: str) -> dict[str, int]:
    """Module -> how often it calls something of this name."""
    found: dict[str, int] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        many = sum(getattr(call, "id", getattr(call, "attr", "")) == name for call in calls)
        if many:
            found[str(path.relative_to(SOURCE))] = many
    return found


def test_a_proof_is_made_in_one_place() -> None:
    assert calls_of("Proof") == {"steps/prove.py": 1}


def test_that_place_is_asked_by_one_step() -> None:
    assert calls_of("prove") == {"steps/identity.py": 1}


def test_only_signatures_that_were_checked_make_vouchers() -> None:
    setters = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr == "vouchers"
    }
    assert setters == {"steps/bundle.py", "steps/strict.py"}


def test_what_nobody_vouches_for_cannot_be_proved(shop: Any) -> None:
    subject, _ = read_wheel(shop.wheel)
    reading = Reading(Claim(subject, "key", b"{}", "claim"))
    with pytest.raises(LookupError):
        prove(reading, reading.identity("own", "sha256:00"), ("own",))

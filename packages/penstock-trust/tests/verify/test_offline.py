"""Verification asks nobody: no connection, no cache of sigstore's, nothing that only a network could tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from penstock_trust.sign import sign_with_key

WATCHED = """
import json, os, sys
from datetime import datetime, timezone

seen = []
home = os.path.expanduser("~")

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        seen.append(f"{event} {arguments[1:]}")
    elif event == "open" and str(arguments[0]).startswith(home):
        seen.append(f"open {arguments[0]}")

sys.addaudithook(watch)

from penstock_trust.policy.load import load_policy
from penstock_trust.verify import verify

verdict = verify(sys.argv[1], policy=load_policy(sys.argv[2]), now=datetime.now(timezone.utc))
heavy = sorted({"sigstore", "pydantic", "requests"} & sys.modules.keys())
print(json.dumps([type(verdict).__name__, seen, heavy]))
"""


def watched(shop: Any, home: Path) -> list[Any]:
    """`[verdict, what was asked of the world, heavy modules]` of a process of its own with an empty home."""
    shop.policy()
    home.mkdir()
    words = [sys.executable, "-c", WATCHED, str(shop.wheel), str(shop.folder / "policy.toml")]
    done = subprocess.run(words, env={**os.environ, "HOME": str(home)}, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    answer: list[Any] = json.loads(done.stdout)
    assert list(home.iterdir()) == []
    return answer


def test_a_bundle_is_verified_without_a_connection_and_without_a_cache(shop: Any, tmp_path: Path) -> None:
    shop.claim(shop.bundle(rekor=2))
    assert watched(shop, tmp_path / "home") == ["Accepted", [], ["pydantic", "requests", "sigstore"]]


def test_a_key_needs_nothing_of_sigstore_s(shop: Any, tmp_path: Path) -> None:
    shop.rule = 'signers = {any = ["own"]}'
    sign_with_key(shop.wheel, shop.key)
    assert watched(shop, tmp_path / "home") == ["Accepted", [], []]

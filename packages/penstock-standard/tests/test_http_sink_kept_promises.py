"""The HTTP sink, put to all questions of the test kit, with a server in a process of its own on this machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from penstock_standard import HttpSink
from penstock_testkit import node_suite

SERVER = Path(__file__).with_name("remembering_server.py")
PORT: list[int] = []


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as peer:
        assert peer.stdout is not None
        PORT[:] = [int(peer.stdout.readline())]
        yield
        peer.communicate("")


def seen(folder: Path) -> list[str]:
    path = folder / "seen"
    return path.read_text().splitlines() if path.exists() else []


TestHttpSink = node_suite(
    HttpSink,
    config=lambda folder: {"url": f"http://127.0.0.1:{PORT[0]}{quote(str(folder))}", "timeout": 5.0},
    records=[{"n": 1}, {"n": 2, "word": "a"}, [3], None],
    effects=seen,
)

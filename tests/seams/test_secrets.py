"""A graph names a secret in a way that only the trust tools know, and the core hands it to the one node that asks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from penstock._plugins.discovery import discover
from penstock.graph.secrecy import is_reference
from penstock_trust.secrets.reference import SCHEMES, SecretRef
from penstock_trust.secrets.resolving import COMMANDS

VALUE = "t0ken-of-the-seam-42"


class Peer(ThreadingHTTPServer):
    """Takes what it is sent, and remembers who it was told to be; refuses the first two deliveries."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.told: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Peer)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append(self.headers["Authorization"])
        refused = len(self.server.told) <= 2
        answer = (
            f"who is {self.headers['Authorization']}?".encode()
        )  # a careless peer, whose answer ends in the history
        self.send_response(400 if refused else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def graph(reference: str, port: int) -> str:
    return f"""\
format: 1
name: flow
channels:
  events: {{kind: sqlite}}
nodes:
  source: {{type: jsonl-source, config: {{path: in.jsonl}}}}
  uplink:
    type: http-sink
    config: {{url: "http://127.0.0.1:{port}/", secret_headers: {{Authorization: "Bearer {{token}}"}}}}
    secrets: {{token: "{reference}"}}
links:
  - {{from: source, to: events}}
  - {{from: events, to: uplink}}
"""


def penstock(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "penstock", *words]
    return subprocess.run(command, cwd=folder, env={**os.environ, **more}, capture_output=True, text=True, check=False)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "in.jsonl").write_text("".join(f'{{"n": {n}}}\n' for n in range(5)))
    program = tmp_path / "decrypt"
    program.write_text(f"#!{sys.executable}\nprint('{VALUE}')\n")
    program.chmod(0o700)
    return tmp_path


def test_a_listed_program_gives_the_secret_and_nothing_of_it_stays(place: Path, peer: Peer) -> None:
    (place / "flow.graph.yaml").write_text(graph("cmd:decrypt --key team", peer.server_port))
    done = penstock(place, "run", "flow.graph.yaml", "--until-idle", "--json", **{COMMANDS: str(place / "decrypt")})
    assert done.returncode == 0, done.stderr
    assert set(peer.told) == {f"Bearer {VALUE}"}
    dead = penstock(place, "dlq", "list", "--json")
    assert len(json.loads(dead.stdout)["dead_letters"]) == 2
    shown = [done.stdout, done.stderr, dead.stdout, *(penstock(place, "dlq", "list").stdout,)]
    (place / "decrypt").unlink()  # the one file that may hold it
    kept = {str(path): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert not [name for name, data in kept.items() if VALUE.encode() in data]
    assert not [text for text in shown if VALUE in text]
    assert any(b"<cmd:decrypt>" in data for data in kept.values())  # the refusal is kept, without the value


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("cmd:decrypt", "this program may not be run for secrets"),
        ("keyring:svc/me", "`keyring:svc/me` gives no secret"),
        ("env:NOT_THERE", "`env:NOT_THERE`"),
    ],
)
def test_a_reference_that_leads_nowhere_stops_the_run_before_its_first_record(
    place: Path, peer: Peer, reference: str, said: str
) -> None:
    (place / "flow.graph.yaml").write_text(graph(reference, peer.server_port))
    done = penstock(place, "run", "flow.graph.yaml", "--until-idle")
    assert done.returncode == 2
    assert "error R204: secret `token` of node `uplink` is not there" in done.stderr
    assert said in done.stderr
    assert peer.told == []


def test_the_trust_tools_offer_their_references_to_the_core() -> None:
    (pack,) = [pack for pack in discover().packs if pack.distribution == "penstock-trust"]
    assert pack.manifest is not None
    assert pack.manifest.hooks == ("penstock_secrets",)


@pytest.mark.parametrize(
    "text",
    ["env:A", "file:/x", "file:a b", "keyring:a/b", "keyring:a/b/c", "cmd:x y", "", "env:", "env:1", "keyring:a", "keyring:/a",
     "keyring:a/", "cmd:", "cmd: x", "file:x ", "vault:x", "hunter2", "ENV:A"],
)  # fmt: skip  # texts that are references, and texts that are none
def test_both_sides_take_the_same_texts_for_references(text: str) -> None:
    from penstock_findings import PenstockError

    try:
        known = str(SecretRef.parse(text)) == text
    except PenstockError:
        known = False
    assert is_reference(text) == known
    assert not known or text.partition(":")[0] in SCHEMES

"""An operator's first hour, from the shell: a mistake found, a run, a poison record, a second run, a record followed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

GRAPH = """\
format: 1
name: orders
nodes:
  read: {type: jsonl-source, config: {path: orders.jsonl, key: /shop}}
  big: {type: filter, config: {all: [{field: /total, op: ge, value: 10}]}}
  write: {type: jsonl-sink, config: {path: big.jsonl}}
channels:
  orders: {groups: {writer: compete}}
links:
  - {from: read, to: big}
  - {from: big, to: orders}
  - {from: orders, group: writer, to: write}
"""


class Shell:
    """A folder in which `penstock` is typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def penstock(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "penstock", *words]
        environment = {**os.environ, "NO_COLOR": "1"}
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120)

    def json(self, *words: str):
        done = self.penstock(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def shell(tmp_path):
    lines = [json.dumps({"shop": f"s{at % 3}", "total": at}) for at in range(40)]
    lines[7] = '{"shop": "s1", "total": NaN}'
    (tmp_path / "orders.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "orders.graph.yaml").write_text(GRAPH)
    return Shell(tmp_path)


def test_a_misspelt_port_is_found_with_its_place_before_anything_runs(shell):
    (shell.folder / "orders.graph.yaml").write_text(GRAPH.replace("from: read,", "from: read.uot,"))
    done = shell.penstock("check", "orders.graph.yaml")
    assert done.returncode == 1
    assert "orders.graph.yaml:10:12: error G104" in done.stdout
    assert "hint: write `read.out`" in done.stdout
    refused = shell.penstock("run", "orders.graph.yaml", "--until-idle")
    assert refused.returncode == 1
    assert not (shell.folder / ".penstock").exists()


def test_every_order_is_delivered_filtered_or_kept_and_a_second_run_adds_nothing(shell):
    report = shell.json("run", "orders.graph.yaml", "--until-idle")
    assert (report["admitted"], report["conserved"]) == (40, True)
    assert report["nodes"]["big"]["filtered"] == 9  # 0 to 9 without the broken 7
    assert report["links"]["orders@writer"]["handled"] == 30
    written = (shell.folder / "big.jsonl").read_text()
    assert [json.loads(line)["total"] for line in written.splitlines()] == list(range(10, 40))

    again = shell.json("run", "orders.graph.yaml", "--until-idle")
    assert again["admitted"] == 40
    assert (shell.folder / "big.jsonl").read_text() == written


def test_what_could_not_be_read_is_kept_byte_for_byte(shell):
    shell.json("run", "orders.graph.yaml", "--until-idle")
    (letter,) = shell.json("dlq", "list")["dead_letters"]
    assert (letter["node"], letter["class"]) == ("read", "decode")
    shown = shell.penstock("dlq", "show", str(letter["id"]))
    assert '{"shop": "s1", "total": NaN}' in shown.stdout
    exported = shell.penstock("dlq", "export", "--output", "refused.jsonl")
    assert exported.returncode == 0
    assert json.loads((shell.folder / "refused.jsonl").read_text())["record"] == letter["record"]


def test_a_record_is_followed_from_its_source_to_its_sink(shell):
    shell.json("run", "orders.graph.yaml", "--until-idle")
    (letter,) = shell.json("dlq", "list")["dead_letters"]
    dead = shell.json("records", "show", letter["record"])
    assert [stop["where"] for stop in dead["stops"]] == ["source read", "node read"]

    unknown = shell.penstock("records", "show", "0" * 32)
    assert unknown.returncode == 3
    assert "error R301" in unknown.stderr


def test_the_same_seed_tells_the_same_history(shell):
    for name in ("one.json", "two.json"):
        (shell.folder / "big.jsonl").unlink(missing_ok=True)
        done = shell.penstock("simulate", "orders.graph.yaml", "--seed", "5", "--history", name)
        assert done.returncode == 0, done.stderr
    one, two = ((shell.folder / name).read_bytes() for name in ("one.json", "two.json"))
    assert one == two
    assert json.loads(one)["steps"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM to catch")
def test_sigterm_ends_a_run_well_and_the_next_one_goes_on(shell):
    command = [sys.executable, "-m", "penstock", "run", "orders.graph.yaml", "--progress"]
    with subprocess.Popen(command, cwd=shell.folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        while "records/s" not in run.stderr.read(20):  # the progress line: every node is open
            pass
        run.send_signal(signal.SIGTERM)
        said, _ = run.communicate(timeout=60)
    assert run.returncode == 0
    assert "orders: stopped after" in said
    assert shell.json("run", "orders.graph.yaml", "--until-idle")["links"]["orders@writer"]["handled"] == 30

"""How long a command takes to begin: `--help`, `--version` and `check`, as multiples of a bare Python start; and 100 packs.

Run:     python benchmarks/startup.py [ROUNDS]      (or `nox -s bench -- benchmarks/startup.py`)
Bars:    in multiples of `python -c pass`: --help 3, `check` of a graph of 100 lines 6, finding 100 packs 1 (10 ms where
         a bare start takes 10).
How:     whole processes, in turn, so that a slow moment hits all of them; the median counts.  Bytecode is kept in a
         folder of its own, because an installation has it too.
Ignores: how long a run takes (`in_memory.py`, `durable.py`).
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

NODES = 24  # pairs of source and transform; a graph of about 100 lines
PACKS = 100


def manifest(name: str, nodes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"format": 1, "pack": name, "version": "1.0", "sdk": 1, "nodes": nodes}


def node(id: str, role: str, **ports: Any) -> dict[str, Any]:
    fields = {
        "path": {"type": "string"},
        "window": {"type": "number", "default": 1},
        "key": {"type": "string", "default": ""},
    }
    config = {"type": "object", "properties": fields, "additionalProperties": False}
    return {
        "id": id,
        "role": role,
        "effect": "none",
        "import_path": f"none:{id.title()}",
        "config": config,
        "doc": "It.",
        **ports,
    }


def install(site: Path, name: str, nodes: list[dict[str, Any]]) -> None:
    """A pack that nobody could import."""
    package = name.replace("-", "_")
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text(f"[penstock]\n{name} = {package}\n")
    (site / package).mkdir()
    (site / package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    for one in nodes:
        one["import_path"] = one["import_path"].replace("none:", f"{package}:")
    (site / package / "penstock-pack.json").write_text(json.dumps(manifest(name, nodes)))


def graph() -> str:
    """A graph of about 100 lines without a mistake."""
    nodes = [
        line
        for n in range(NODES)
        for line in (
            f"  read-{n}: {{type: read, config: {{path: /data/{n}.jsonl}}}}",
            f"  hold-{n}: {{type: hold, config: {{window: {n + 1}}}}}",
        )
    ]
    links = [
        line
        for n in range(NODES)
        for line in (f"  - {{from: read-{n}, to: hold-{n}}}", f"  - {{from: hold-{n}, to: events}}")
    ]
    head = ["format: 1", "name: startup", "channels:", "  events: {kind: sqlite, groups: {all: compete}}", "nodes:"]
    return "\n".join(
        [*head, *nodes, "  write: {type: write}", "links:", *links, "  - {from: events, group: all, to: write}", ""]
    )


def world(folder: Path) -> tuple[Path, Path, Path]:
    """A site with the pack of the graph, one with a hundred packs, and the graph."""
    few, many = folder / "few", folder / "many"
    few.mkdir()
    many.mkdir()
    into, out = [{"name": "in"}], [{"name": "out"}]
    install(
        few,
        "bench",
        [
            node("read", "source", outputs=out),
            node("hold", "transform", inputs=into, outputs=out),
            node("write", "sink", inputs=into),
        ],
    )
    for number in range(PACKS):
        install(many, f"pack-{number}", [node(f"node-{number}", "transform", inputs=into, outputs=out)])
    path = folder / "startup.graph.yaml"
    path.write_text(graph())
    return few, many, path


def timed(command: list[str], environment: dict[str, str]) -> float:
    """Milliseconds that the process takes."""
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True)
    took = (time.perf_counter() - began) * 1000
    if done.returncode:
        raise SystemExit(
            f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout.decode()}{done.stderr.decode()}"
        )
    return took


def finding_packs(site: Path, environment: dict[str, str]) -> float:
    """Milliseconds that finding a hundred packs takes in a process that has just started."""
    code = (
        "import sys, time; from penstock._plugins.discovery import discover\n"
        f"began = time.perf_counter(); found = discover([{str(site)!r}]); took = time.perf_counter() - began\n"
        f"assert len(found.nodes) == {PACKS} and not [m for m in sys.modules if m.startswith('pack_')]\n"
        "print(took * 1000)"
    )
    return float(subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout)


def main(rounds: int) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, many, path = world(folder)
        plain = {
            key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "PENSTOCK_CONFIG")
        }
        plain |= {"PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "PYTHONPATH": str(few)}
        script = Path(sys.executable).parent / "penstock"
        gate = script.with_name("penstock-contracts")
        contracts = [str(gate)] if gate.exists() else [sys.executable, "-m", "penstock_contracts"]
        penstock = [str(script)] if script.exists() else [sys.executable, "-m", "penstock"]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "penstock --version": [*penstock, "--version"],
            "penstock --help": [*penstock, "--help"],
            "penstock check, 100 lines": [*penstock, "check", str(path)],
            "the same through click": [*penstock, "check", "--", str(path)],
            "penstock-contracts --help": [*contracts, "--help"],
            "penstock nodes": [*penstock, "nodes", "--role", "source"],
        }
        for command in commands.values():
            timed(command, plain)  # compiles
        times: dict[str, list[float]] = {what: [] for what in commands}
        for _ in range(rounds):
            for what, command in commands.items():
                times[what].append(timed(command, plain))
        packs = median(finding_packs(many, plain) for _ in range(max(5, rounds // 3)))
        lines = len(path.read_text().splitlines())
    return told(times, packs, lines, rounds)


BARS = {"penstock --help": 3.0, "penstock-contracts --help": 3.0, "penstock check, 100 lines": 6.0}


def told(times: dict[str, list[float]], packs: float, lines: int, rounds: int) -> int:
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {rounds} rounds, graph of {lines} lines\n"
    )
    base = median(times["python -c pass"])
    missed = []
    for what, taken in times.items():
        ratio = median(taken) / base
        bar = BARS.get(what)
        print(f"{what:<28}{median(taken):>8.1f} ms {ratio:>7.2f} x" + (f"   bar {bar:.0f} x" if bar else ""))
        missed += [what] if bar and ratio > bar else []
    print(f"{f'{PACKS} packs found':<28}{packs:>8.1f} ms {packs / base:>7.2f} x   bar 1 x")
    missed += ["finding packs"] if packs > base else []
    print(f"\nmissed: {', '.join(missed)}" if missed else "\nall bars are met")
    return bool(missed)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))

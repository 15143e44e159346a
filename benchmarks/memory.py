"""How much memory a long run takes: a million detections through the graph of the site-safety example.

Run:     python benchmarks/memory.py [DETECTIONS]      (or `nox -s bench -- benchmarks/memory.py`)
Bar:     150 MB resident at the most, for a million of them.
How:     the example's own graph file, generator and nodes, in a process of its own; its HTTP uplink is replaced by a
         sink that fails in the same ways without a network, which would only make the run long.
Ignores: how fast it is (`in_memory.py`, `durable.py`), and the size of the store on disk, which is told and not judged.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import machine

from penstock._plugins.discovery import discover
from penstock._store.sqlite import SqliteStore
from penstock.decisions import Reject, Transient
from penstock.graph.load import load_graph
from penstock.graph.model import NodeUse
from penstock.manifest.build import build_node
from penstock.record import Record
from penstock.running import run
from penstock.sdk import Context, node

EXAMPLE = Path(__file__).resolve().parents[1] / "examples/site-safety"
BAR = 150e6  # bytes


@node("bench-uplink", effect="idempotent")
class Uplink:
    """Refuses what has no track id or an unknown severity, as the example's backend does; is away now and then."""

    def write(self, record: Record, ctx: Context) -> None:
        if not record.payload.get("track_id") or record.payload.get("severity") not in ("info", "warning", "critical"):
            raise Reject("refused")
        if ctx.attempt == 1 and ctx.random.random() < 0.01:
            raise Transient("away")


class Watch:
    """Notes the memory in use at every commit, by the share of the input that has been read."""

    def __init__(self, detections: int) -> None:
        self._detections = detections
        self._half = 0

    def committed(self, counts: Any) -> None:
        """Once, in the middle, note the peak so far."""
        if not self._half and counts["detections", "in", ""] * 2 >= self._detections:
            self._half = machine.resident()

    def ended(self, report: Any) -> None:
        """Nothing to note."""

    @property
    def half(self) -> int:
        """Peak of the first half, in bytes."""
        return self._half


def inside(directory: Path, detections: int) -> dict[str, Any]:
    """Run the graph here, and tell how it went."""
    catalog = discover()
    environment = {
        "SITE_DATA": str(directory / "detections.jsonl"),
        "SITE_ARCHIVE": str(directory / "archive.jsonl"),
        "UPLINK_URL": "http://127.0.0.1:9/nobody",
    }
    loaded = load_graph(EXAMPLE / "site-safety.graph.yaml", catalog, environment=environment)
    if loaded.graph is None:
        raise SystemExit("\n".join(finding.message for finding in loaded.report.findings))

    def build(use: NodeUse) -> Any:
        return Uplink() if use.id == "uplink" else build_node(catalog.load_node(use.type.id), use.config, use.id)

    watch = Watch(detections)
    begun = time.perf_counter()
    store = SqliteStore(directory / "store", ack="power")
    report = run(loaded.graph, build, store, until_idle=True, observers=[watch])
    store.close()
    return {
        "seconds": time.perf_counter() - begun,
        "admitted": report.admitted,
        "conserved": report.conserved,
        "half": watch.half,
        "peak": machine.resident(),
    }


def main() -> None:
    if sys.argv[1:2] == ["--inside"]:
        print(json.dumps(inside(Path(sys.argv[2]), int(sys.argv[3]))))
        return
    detections = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    machine.print_facts()
    sys.path.insert(0, str(EXAMPLE))
    import generate

    with tempfile.TemporaryDirectory() as here:
        generate.write(Path(here) / "detections.jsonl", detections)
        size = (Path(here) / "detections.jsonl").stat().st_size
        command = [sys.executable, __file__, "--inside", here, str(detections)]
        found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        stored = sum(path.stat().st_size for path in (Path(here) / "store").iterdir())
    if found["admitted"] != detections or not found["conserved"]:
        raise SystemExit(f"not every record is accounted for: {found}")
    grown = found["peak"] - found["half"]
    rows = [
        ("detections through the example", "figure", "bar", "verdict"),
        ("peak resident", f"{found['peak'] / 1e6:.0f} MB", f"{BAR / 1e6:.0f} MB", _verdict(found["peak"] <= BAR)),
        ("  of that, since the middle of the run", f"{grown / 1e6:.1f} MB", "", ""),
        ("detections a second", f"{detections / found['seconds']:,.0f}", "", ""),
        ("input", f"{detections:,} in {size / 1e6:.0f} MB", "", ""),
        ("store on disk", f"{stored / 1e6:.0f} MB", "", ""),
    ]
    machine.table(rows)
    raise SystemExit(0 if found["peak"] <= BAR else 1)


def _verdict(holds: bool) -> str:
    return "holds" if holds else "MISSED"


if __name__ == "__main__":
    main()

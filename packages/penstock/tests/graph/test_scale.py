"""Start-up and size: what a check does not import, and ten thousand nodes."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

# Each of these takes longer to import than a whole check should; `_plugins` and the parser have tests of their own.
HEAVY = [
    "argparse", "ast", "asyncio", "click", "dataclasses", "difflib", "importlib.metadata", "inspect", "jsonschema_rs", "logging",
    "msgspec", "packaging", "pathlib", "pluggy", "sqlite3", "tempfile", "typing",
]  # fmt: skip

GOOD = """\
format: 1
name: weather
packs: {{penstock-standard: ">=0"}}
environment: {{SITE: /srv}}
channels: {{readings: {{kind: memory, capacity: 10}}}}
nodes:
  readings: {{type: jsonl-source, config: {{path: "${{SITE}}/r.jsonl"}}}}
  cool: {{type: cooldown, config: {{key: /station, window: {window}}}}}
  screen: {{type: stdout}}
links:
  - {{from: readings, to: cool}}
  - {{from: cool, to: readings-log}}
  - {{from: readings-log, to: screen}}
"""


def imported_by_a_check(path: Path) -> set[str]:
    """What a fresh Python has imported after it checked a graph."""
    code = f"""if True:
        import sys
        from penstock.graph.load import load_graph
        from penstock.manifest.model import NodeFacts, PortFacts

        class Pack:
            name, distribution, version, manifest = "standard", "penstock-standard", "0.4.1", object()

        class Offer:
            def __init__(self, facts):
                self.facts, self.pack = facts, Pack

        def node(id, role, inputs, outputs, **properties):
            schema = {{"type": "object", "properties": properties, "additionalProperties": False}}
            return Offer(NodeFacts(id, role, inputs, outputs, schema, "none", "x:y"))

        i, o = (PortFacts("in"),), (PortFacts("out"),)

        class Catalog:
            packs, contracts, channels, clashes = (Pack,), {{}}, {{}}, {{}}
            nodes = {{
                "jsonl-source": node("jsonl-source", "source", (), o, path={{"type": "string", "minLength": 1}}),
                "cooldown": node("cooldown", "transform", i, o, key={{"type": "string"}}, window={{"type": "number", "minimum": 0}}),
                "stdout": node("stdout", "sink", i, ()),
            }}

        loaded = load_graph({str(path)!r}, Catalog, environment={{}})
        print(len(loaded.report.findings), *sys.modules)
    """
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    return {f"{said[0]} findings", *said[1:]}


def test_a_check_of_a_right_graph_imports_nothing_heavy(tmp_path: Path) -> None:
    path = tmp_path / "x.graph.yaml"
    path.write_text(GOOD.format(window=5).replace("readings:", "readings-log:", 1), encoding="utf-8")
    modules = imported_by_a_check(path)
    assert "0 findings" in modules
    assert modules & set(HEAVY) == set()
    assert "penstock.graph.model" not in modules


def test_the_real_validator_is_imported_when_a_config_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "x.graph.yaml"
    path.write_text(GOOD.format(window=-5).replace("readings:", "readings-log:", 1), encoding="utf-8")
    modules = imported_by_a_check(path)
    assert {"1 findings", "jsonschema_rs"} <= modules


LARGE = 10_000
SOME = 3_000  # where every node has a mistake


def chain(count: int) -> str:
    nodes = "".join(f"  f{n}: {{type: cooldown, config: {{key: /k{n}, window: {n + 1}}}}}\n" for n in range(count))
    links = "".join(f"  - {{from: f{n}, to: f{n + 1}}}\n" for n in range(count - 1))
    ends = f"  - {{from: src, to: f0}}\n  - {{from: f{count - 1}, to: events}}\n  - {{from: events, to: out}}\n"
    head = "format: 1\nname: large\nchannels:\n  events: {}\nnodes:\n  src: {type: generator}\n  out: {type: stdout}\n"
    return f"{head}{nodes}links:\n{links}{ends}"


@pytest.mark.parametrize(
    ("change", "count"),
    [
        (("", ""), 0),
        (("type: cooldown", "type: cooldwn"), SOME),
        (("window:", "windw:"), SOME),
        (("window: ", "window: x"), SOME),
        (("key: /", "key: $/"), 0),
        ((r"to: f(\d+)", r"to: g\1x"), SOME),
        ((r"from: f(\d+)", r"from: f\1.uot"), SOME),
        ((r"key: /k(\d+)", r'key: "${K\1}"'), SOME),
        ((r"(  - .*\n)", r"\1\1"), SOME + 2),
    ],
    ids=["right", "types", "keys", "values", "texts", "names", "ports", "environment", "duplicates"],
)
def test_ten_thousand_nodes_are_checked_in_seconds(change: tuple[str, str], count: int, world: Any) -> None:
    text = re.sub(change[0], change[1], chain(SOME if count else LARGE)) if change[0] else chain(LARGE)
    began = time.perf_counter()
    loaded = world.load(text)
    assert len(loaded.report.findings) == count
    assert (loaded.graph is not None) == (count == 0)
    assert time.perf_counter() - began < 60  # it takes two or three; this is here to see what grows with the square

"""A small world for graphs to be checked in: packs of facts, an environment, and readers of the corpus.

Ignores: packs that are really installed; nothing here looks at this machine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from penstock._plugins.discovery import Catalog
from penstock._plugins.packs import FoundPack
from penstock.graph.load import Loaded, load_parsed
from penstock.manifest.model import ChannelFacts, ContractFacts, Manifest, NodeFacts, PortFacts
from penstock_findings.load import parse_yaml

CORPUS = Path(__file__).resolve().parents[4] / "tests" / "corpus"
ENVIRONMENT = {"SITE_DATA": "/data/site", "UPLINK_URL": "http://localhost:8000", "PORT": "8080"}

TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "number"}
IN, OUT = (PortFacts("in"),), (PortFacts("out"),)
FRAME = PortFacts("frame", None, "local")
DETECTION = "detection@1.0"


def config(required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def node(
    id: str,
    role: str,
    inputs: tuple[PortFacts, ...] = (),
    outputs: tuple[PortFacts, ...] = (),
    schema: Any = None,
    **more: Any,
) -> NodeFacts:
    return NodeFacts(id, role, inputs, outputs, config() if schema is None else schema, "none", f"x.y:{id}", **more)


def standard() -> Manifest:
    """Sources, transforms and sinks of every day."""
    retry = config(
        first={"type": "number", "exclusiveMinimum": 0}, attempts={"type": "integer", "minimum": 1, "maximum": 100}
    )
    scalars = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}
    path = config(
        ["path"], path=TEXT, gzip={"type": "boolean", "default": False}, limit={"type": "integer", "minimum": 1}
    )
    http = config(
        ["url"],
        url=TEXT,
        method={"enum": ["POST", "PUT"]},
        timeout={"type": "number", "exclusiveMinimum": 0, "maximum": 600},
        headers={"type": "object", "additionalProperties": {"type": "string"}},
        retry=retry,
    )
    archive = config(["path"], path=TEXT, rotate={"type": "integer", "minimum": 1}, compress={"enum": ["none", "gzip"]})
    positive = {"type": "number", "exclusiveMinimum": 0}
    columns = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 50}
    nodes = (
        node("jsonl-source", "source", (), OUT, path),
        node(
            "csv-source",
            "source",
            (),
            OUT,
            config(["path"], path=TEXT, delimiter={**TEXT, "maxLength": 1}, columns=columns),
        ),
        node(
            "generator",
            "source",
            (),
            OUT,
            config(count={"type": "integer", "minimum": 0}, rate=positive, seed={"type": "integer"}),
        ),
        node("map", "transform", IN, OUT, config(set=scalars, drop={"type": "array", "items": {"type": "string"}})),
        node("filter", "transform", IN, OUT, config(["where"], where=TEXT)),
        node("route", "transform", IN, (PortFacts("match"), PortFacts("rest")), config(["where"], where=TEXT)),
        node(
            "join",
            "transform",
            (PortFacts("left"), PortFacts("right")),
            OUT,
            config(["on"], on=TEXT, within=positive),
            stateful=True,
        ),
        node(
            "cooldown",
            "transform",
            IN,
            OUT,
            config(["key"], key=TEXT, window={**positive, "default": 300}),
            stateful=True,
        ),
        node("jsonl-sink", "sink", IN, (), archive, stateful=True, capabilities=("filesystem", "external-effects")),
        node("http-sink", "sink", IN, (), http, capabilities=("network", "secrets")),
        node("stdout", "sink", IN, (), config(pretty={"type": "boolean"})),
        node("log-sink", "sink", IN, (), deprecated="stdout"),
    )
    return Manifest("penstock-standard", "0.4.1", nodes=nodes)


def vision() -> Manifest:
    """Frames that stay in the process, contracts, and configs that a simple look cannot judge."""
    corner = {"type": "array", "prefixItems": [NUMBER, NUMBER], "items": False, "minItems": 2, "maxItems": 2}
    polygon = {"type": "array", "items": corner, "minItems": 3}
    zone = config(["polygon"], polygon=polygon, mode={"enum": ["inside", "outside"]}, label={"type": "string"})
    rule = config(["at", "then"], at={"type": "integer"}, then={"type": "string"})
    schedule = config(
        ["every"],
        every={"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]+(s|m|h)$"}]},
        days={"type": "array", "items": {"enum": ["mon", "tue", "wed"]}, "uniqueItems": True},
        zone={"type": "string", "pattern": "^[A-Za-z]+/[A-Za-z]+$"},
        rules={"type": "array", "items": {"$ref": "#/$defs/rule"}},
        note={"anyOf": [{"type": "string"}, {"type": "null"}]},
    )
    camera = config(["url"], url=TEXT, fps={"type": "integer", "minimum": 1, "maximum": 120})
    detected = PortFacts("in", DETECTION), PortFacts("out", DETECTION)
    nodes = (
        node("camera", "source", (), (FRAME, PortFacts("status")), camera, capabilities=("network", "secrets")),
        node(
            "detect",
            "transform",
            (FRAME,),
            detected[1:],
            config(["model"], model=TEXT, threshold={**NUMBER, "maximum": 1}),
        ),
        node("zone", "transform", detected[:1], detected[1:], zone),
        node("snapshot", "transform", (FRAME,), (PortFacts("out", None, "ref"),)),
        node("escalate", "transform", detected[:1], (PortFacts("out", "alarm@1.0"),)),
        node("alarm-sink", "sink", (PortFacts("in", "alarm@2.0"),)),
        node("schedule", "transform", IN, OUT, {**schedule, "$defs": {"rule": rule}}),
        node("old-zone", "transform", IN, OUT, {"type": "object"}, deprecated="use `zone`"),
    )
    contracts = tuple(
        ContractFacts(name, version, f"sha256:{name}{version}", {})
        for name, version in [("detection", "1.0"), ("alarm", "1.0")]
    )
    channels = (
        ChannelFacts("acme-both", ("power",), "x.y:Both"),
        ChannelFacts("acme-quick", ("process",), "x.y:Quick"),
        ChannelFacts("acme-vault", ("power", "process"), "x.y:Vault"),
    )
    return Manifest("acme-vision", "2.3.0", nodes=nodes, channels=channels, contracts=contracts)


def found(name: str, distribution: str, version: str, manifest: Manifest | None) -> FoundPack:
    package = distribution.replace("-", "_")
    return FoundPack(name, distribution, version, package, manifest, None, f"/site/{package}.dist-info")


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    crooked = node("crooked", "transform", IN, OUT, {"type": "nonsense"})
    both = ChannelFacts("acme-both", ("power",), "z:Both")
    return Catalog(
        [
            found("standard", "penstock-standard", "0.4.1", standard()),
            found("vision", "acme-vision", "2.3.0", vision()),
            found("odd", "acme-odd", "2024-spring", Manifest("acme-odd", "2024-spring", nodes=(crooked,))),
            found("beta", "acme-beta", "1.0rc1", Manifest("acme-beta", "1.0rc1", channels=(both,))),
            found("broken", "acme-broken", "1.0", None),
        ]
    )


class World:
    """Graphs, loaded where these packs are installed and these variables are set."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def load(self, data: bytes | str, overrides: Sequence[str] = (), name: str = "x.graph.yaml", **more: Any) -> Loaded:
        """Load a graph from the bytes or the text of its file."""
        parsed = parse_yaml(data.encode() if isinstance(data, str) else data, name)
        return load_parsed(parsed, self.catalog, environment=ENVIRONMENT, overrides=overrides, **more)

    def said(self, data: bytes | str, overrides: Sequence[str] = (), **more: Any) -> list[str]:
        """The findings in the notation of the corpus, sorted: `G104 12:9`, `G121 --set:1:5`."""
        found = ((f.code, f.at) for f in self.load(data, overrides, **more).report.findings)
        return sorted(f"{code} {'--set:' if at.path == '--set' else ''}{at.line}:{at.column}" for code, at in found)


class Case:
    """One file of the corpus, and what its head says of it."""

    def __init__(self, path: Path) -> None:
        self.name = path.name.removesuffix(".graph.yaml")
        self.data = path.read_bytes()
        head = re.findall(r"^# (\w+):(?: (.*?))?\r?$", self.data.decode("utf-8-sig"), re.MULTILINE)
        self.overrides = [text for word, text in head if word == "set"]
        self.expected = sorted(text for word, text in head if word == "expect")
        self.nearly = [code for word, text in head if word == "nearly" for code in text.split()]

    def __repr__(self) -> str:
        return self.name


def cases(folder: str) -> list[Case]:
    return [Case(path) for path in sorted((CORPUS / folder).glob("*.graph.yaml"))]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for fixture, folder in [("bad_case", "bad-graphs"), ("good_case", "good-graphs")]:
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, cases(folder), ids=repr)


@pytest.fixture(scope="session")
def world(catalog: Catalog) -> World:
    return World(catalog)


@pytest.fixture(scope="session")
def bad_cases() -> list[Case]:
    return cases("bad-graphs")


@pytest.fixture(scope="session")
def good_cases() -> list[Case]:
    return cases("good-graphs")

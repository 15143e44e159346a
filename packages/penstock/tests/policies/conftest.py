"""A small world for policies to be bound in: a graph, packs of facts, and readers of the corpus.

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
from penstock.graph.load import load_parsed as load_graph
from penstock.manifest.model import FailureFacts, Manifest, NodeFacts, PolicyFacts, PortFacts, ProfileFacts
from penstock.policies.load import Loaded, load_parsed
from penstock.profiles import load as profiles
from penstock_findings.load import parse_yaml

CORPUS = Path(__file__).resolve().parents[4] / "tests" / "corpus"
GRAPH = (CORPUS / "plant.graph.yaml").read_bytes()

SECONDS = {"type": "number", "minimum": 0}
CHANNEL = {"anyOf": [{"type": "string", "format": "penstock-channel"}, {"type": "null"}], "default": None}
THEN = {"enum": ["dead-letter", "drop", "divert"], "default": "dead-letter"}


def config(required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def policy(id: str, points: str, schema: Any = None, **more: Any) -> PolicyFacts:
    return PolicyFacts(id, tuple(points.split()), config() if schema is None else schema, f"x.y:{id}", **more)


def node(id: str, role: str, effect: str = "none") -> NodeFacts:
    inputs = () if role == "source" else (PortFacts("in"),)
    outputs = () if role == "sink" else (PortFacts("out"),)
    return NodeFacts(id, role, inputs, outputs, {"type": "object"}, effect, f"x.y:{id}")


def standard() -> Manifest:
    attempts = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "default": 10}
    retry = config(
        first={**SECONDS, "default": 0.5},
        attempts=attempts,
        max_elapsed={"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}], "default": None},
        backoff={"enum": ["fixed", "exponential", "full"], "default": "full"},
        then=THEN,
        channel=CHANNEL,
    )
    rate = config(["rate"], rate={"type": "number", "exclusiveMinimum": 0}, per={**SECONDS, "default": 1.0})
    modes = {"enum": ["block", "drop-oldest", "drop-newest", "spill"], "default": "block"}
    rules = {"type": "array", "items": config(["at"], at=SECONDS, label={"type": "string"})}
    policies = (
        policy("retry", "failure", retry, drops="sometimes", drops_when={"then": ("drop",)}),
        policy("retry-fixed", "failure", config(wait=SECONDS), drops="never"),
        policy("rate-limit", "dispatch", rate, drops="never"),
        policy("breaker", "dispatch completion", config(failures={"type": "integer"}), drops="never"),
        policy("concurrency-limit", "dispatch", config(limit={"type": "integer"}), layer="concurrency", drops="never"),
        policy("staleness", "dispatch", config(older=SECONDS, then=THEN), layer="admission", drops="always"),
        policy("sampling", "admit", config(["share"], share={"type": "number", "maximum": 1}), drops="always"),
        policy(
            "budget", "admit dispatch", config(bytes={"type": "integer"}, rules=rules), layer="admission", drops="never"
        ),
        policy("quarantine", "failure", config(["channel"], channel=CHANNEL), layer="dead-letter", drops="never"),
        policy(
            "overflow",
            "overflow",
            config(mode=modes, channel=CHANNEL),
            drops="sometimes",
            drops_when={"mode": ("drop-oldest", "drop-newest")},
        ),
        policy("valve", "overflow"),
        policy("hedge", "dispatch", config(after=SECONDS), layer="hedge", drops="never"),
        policy("group-commit", "settle", config(every=SECONDS), drops="never"),
        policy("crooked", "failure", {"type": "nonsense"}, drops="never"),
    )
    nodes = (
        node("jsonl-source", "source"),
        node("zone", "transform"),
        node("cooldown", "transform"),
        node("http-sink", "sink"),
        node("jsonl-sink", "sink", "external"),
    )
    failures = (FailureFacts("permanent", "acme.Refused"), FailureFacts("transient", None, "500-599"))
    profile = ProfileFacts("night", {"format": 1, "name": "night", "description": "Slowly.", "settings": {"batch": 8}})
    torn = ProfileFacts("torn", {"format": 1, "name": "torn", "settings": {"bacth": 8}})
    return Manifest(
        "penstock-standard", "0.4.1", nodes=nodes, policies=policies, failures=failures, profiles=(profile, torn)
    )


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    pack = FoundPack(
        "standard", "penstock-standard", "0.4.1", "penstock_standard", standard(), "/site/pack.json", "/site/x"
    )
    return Catalog([pack])


class World:
    """Policy files and profiles, loaded for one graph."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.loaded = load_graph(parse_yaml(GRAPH, "plant.graph.yaml"), catalog, environment={})
        assert self.loaded.report.findings == ()
        self.graph: Any = self.loaded.graph

    def load(self, *files: bytes | str, alone: bool = False) -> Loaded:
        """Load policy files from their texts; `alone` is without a graph."""
        parsed = [
            parse_yaml(file.encode() if isinstance(file, str) else file, f"{number}.policy.yaml")
            for number, file in enumerate(files)
        ]
        return load_parsed(parsed, self.catalog, None if alone else self.graph)

    def profile(self, data: bytes | str) -> profiles.Loaded:
        data = data.encode() if isinstance(data, str) else data
        return profiles.load_parsed(parse_yaml(data, str(CORPUS / "x.profile.yaml")), self.catalog)

    def of(self, case: Case) -> Any:
        """What became of a file of the corpus."""
        return self.profile(case.data) if case.is_profile else self.load(case.data)

    def said(self, case: Case) -> list[str]:
        """The findings in the notation of the corpus, sorted: `L104 12:9`."""
        return sorted(f"{f.code} {f.at.line}:{f.at.column}" for f in self.of(case).report.findings)

    def held(self, subject: str, *files: str) -> Any:
        """What holds for `node uplink`, without findings."""
        loaded = self.load(*files)
        assert loaded.report.findings == ()
        kind, _, id = subject.partition(" ")
        return loaded.composition.subjects.get((kind, id))


class Case:
    """One file of the corpus, and what its head says of it."""

    def __init__(self, path: Path) -> None:
        self.name = path.name.removesuffix(".yaml")
        self.is_profile = path.name.endswith(".profile.yaml")
        self.data = path.read_bytes()
        head = re.findall(r"^# (\w+):(?: (.*?))?\r?$", self.data.decode("utf-8-sig"), re.MULTILINE)
        self.expected = sorted(text for word, text in head if word == "expect")
        self.nearly = [code for word, text in head if word == "nearly" for code in text.split()]

    def __repr__(self) -> str:
        return self.name


def cases(folder: str) -> list[Case]:
    return [Case(path) for path in sorted((CORPUS / folder).glob("*.yaml"))]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for fixture, folder in [("bad_case", "bad-policies"), ("good_case", "good-policies")]:
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, cases(folder), ids=repr)


@pytest.fixture(scope="session")
def world(catalog: Catalog) -> World:
    return World(catalog)


@pytest.fixture(scope="session")
def bad_cases() -> list[Case]:
    return cases("bad-policies")


@pytest.fixture(scope="session")
def good_cases() -> list[Case]:
    return cases("good-policies")

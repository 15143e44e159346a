"""Simulators for tests of nodes and graphs: a clock to turn, a node on its own, a graph of instances.

Takes:   instances of nodes, payloads or records.
Gives:   `FakeClock`, `record`, `records`, `graph_of`, `one_policy`, `run_node`, `Outcome`; `simulate` and the stores
         beside them; `crashes` and `CrashingStore`; `failing`; `snapshot` and `same_as`; and for tools that test
         what others wrote, what a class declares (`NodeSpec` and its like, `payload_schema`, `settings_schema`, `drifted`).
Ignores: pytest.  The test kit's suites are built on this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from penstock._engine.context import NodeContext, NodeMemory
from penstock._engine.failure import RetryThenDeadLetter
from penstock._store.facts import DeadLetter
from penstock._store.memory import MemoryStore
from penstock._store.sqlite import SqliteStore
from penstock._testing.builders import records
from penstock._testing.crashing import Crashed, CrashingStore, crashes
from penstock._testing.declared import drifted, payload_schema, policy_spec_of, settings_schema
from penstock._testing.snapshots import same_as, snapshot
from penstock.bindings import Bound, PolicySet
from penstock.failpoints import failing
from penstock.graph.model import Channel, Graph, Link, NodeUse, Settings
from penstock.manifest.model import NodeFacts, PortFacts
from penstock.points import POINTS, Facts
from penstock.record import Reading, Record, Undecodable
from penstock.running import Build, RunReport, simulate
from penstock.sdk import ConfigField, Context, NodeSpec, PolicySpec, PortSpec, Role, node, spec_of
from penstock_findings.secret import Secret


class FakeClock:
    """A clock that moves when it is told to."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds


def record(payload: Any, *, key: str | None = None, event_time: datetime | None = None, **attributes: str) -> Record:
    """A record as a node would receive it.

    >>> record({"a": 1}, key="k").at("/a")
    1
    """
    return Record(payload, key, attributes or None, event_time)


def facts_of(spec: NodeSpec) -> NodeFacts:
    """What a graph needs to know of a node type, taken from the class itself."""
    return NodeFacts(
        id=spec.id,
        role=spec.role.value,
        inputs=tuple(PortFacts(port.name, None, port.portability.value) for port in spec.inputs),
        outputs=tuple(PortFacts(port.name, None, port.portability.value) for port in spec.outputs),
        config={},
        effect=spec.effect.value,
        import_path=f"{spec.cls.__module__}:{spec.cls.__qualname__}",
        stateful=spec.stateful,
        ordered=spec.ordered,
        capabilities=spec.capabilities,
    )


def graph_of(
    nodes: Mapping[str, Any],
    links: Iterable[str],
    channels: Sequence[Channel] = (),
    *,
    name: str = "test",
    secrets: Mapping[str, Mapping[str, str]] | None = None,
    **settings: Any,
) -> tuple[Graph, Build]:
    """A graph of instances that are already made, with links as the reports write them.

    `"a.out -> b.in"`, `"a.out -> events"`, `"events@group -> b.in"`; a port may be left out when it is `out` or `in`.
    Nothing is checked: a graph file goes through `penstock check`, this is for tests of the runtime and of nodes.
    """
    uses = {id: NodeUse(id, facts_of(spec_of(made)), secrets=(secrets or {}).get(id, {})) for id, made in nodes.items()}
    known = {channel.name: channel for channel in channels}
    made_links = tuple(_link(text, known) for text in links)
    return Graph(name, uses, made_links, known, settings=Settings(**settings)), lambda use: nodes[use.id]


def one_policy(policy: Any, graph: Graph) -> PolicySet:
    """One policy, bound to every node and channel of a graph and to its commits, at all points that it answers."""
    spec = getattr(policy, "__penstock_policy__", None)
    points = spec.points if spec else tuple(p for p in POINTS if callable(getattr(policy, p, None))) or ("failure",)
    bound = {point: (Bound(policy, spec.id if spec else type(policy).__name__, points),) for point in points}
    return PolicySet(dict.fromkeys((*graph.nodes, *graph.channels, "*"), bound))


def _link(text: str, channels: Mapping[str, Channel]) -> Link:
    start, _, end = (part.strip() for part in text.partition("->"))
    ends: dict[str, str | None] = {}
    channel, _, group = start.partition("@")
    if channel in channels:
        ends |= {"from_channel": channel, "group": group or None}
    else:
        id, _, port = start.partition(".")
        ends |= {"from_node": id, "from_port": port or "out"}
    if end in channels:
        ends |= {"to_channel": end}
    else:
        id, _, port = end.partition(".")
        ends |= {"to_node": id, "to_port": port or "in"}
    link = Link(**ends)
    return Link(**{**ends, "group": link.to_node}) if link.from_channel and not group else link


def context_of(
    made: Any,
    record: Record | None = None,
    *,
    now: float = 1_700_000_000.0,
    attempt: int = 1,
    store: MemoryStore | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Context:
    """What the runtime lends to a node, for a test that calls the node's methods itself.

    State is read from the store, and what is written stays in this context: there is nobody to commit it.
    """
    spec = spec_of(made)
    kept = store or MemoryStore()
    memory = NodeMemory("node", kept.state, kept.state_keys) if spec.stateful else None
    context = NodeContext("node", memory, {name: Secret(value, name) for name, value in (secrets or {}).items()})
    context.now = now
    context.begin(record, attempt)
    return context


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the records that a node was given."""

    emitted: Mapping[str, list[Record]]  # output port -> records, in order
    dead: list[DeadLetter]
    dropped: Mapping[str, int]  # reason -> count
    filtered: int
    report: RunReport
    store: MemoryStore | SqliteStore
    payloads: list[Any] = field(default_factory=list)  # of the first output port


@node("testing-feed")
class _Feed:
    """Hands over what a test has prepared."""

    items: list[Any] = field(default_factory=list)

    def read(self, ctx: Any) -> Iterable[Reading | Undecodable]:
        for at, item in enumerate(self.items[ctx.position or 0 :], start=ctx.position or 0):
            if isinstance(item, Record):
                yield Reading(item.payload, at + 1, item.key, item.event_time, item.attributes)
            else:
                yield Reading(item, at + 1)


@node("testing-collect", effect="none")
class Collect:
    """Keeps what it receives in `records`, for a test to look at; each effect key once."""

    def __post_init__(self) -> None:
        self.records: list[Record] = []
        self._keys: set[str] = set()

    def write(self, record: Record, ctx: Any) -> None:
        """Keep one record."""
        if ctx.effect_key not in self._keys:
            self._keys.add(ctx.effect_key)
            self.records.append(record)


def run_node(
    made: Any,
    records: Sequence[Any] = (),
    *,
    seed: int = 0,
    policy: Any = None,
    store: MemoryStore | SqliteStore | None = None,
    secrets: Mapping[str, str] | None = None,
    **settings: Any,
) -> Outcome:
    """Run one node over payloads or records, in a simulation with the real engine around it.

    A source is run to its end and is given no records.  Without a policy a failed record is a dead letter after its
    first attempt.  Alarms that are left at the end are rung.  Pass the same store again to go on where it stopped.
    """
    spec = spec_of(made)
    store = store or MemoryStore()
    sinks = {port.name: Collect() for port in spec.outputs}
    nodes: dict[str, Any] = {"node": made} | {f"after-{name.replace('_', '-')}": sink for name, sink in sinks.items()}
    links = [f"node.{name} -> after-{name.replace('_', '-')}" for name in sinks]
    if spec.role is not Role.SOURCE:
        nodes["feed"] = _Feed(list(records))
        links += [f"feed.out -> node.{port.name}" for port in spec.inputs[:1]]
    references = {name: f"env:{name}" for name in secrets or {}}
    graph, build = graph_of(nodes, links, secrets={"node": references}, **settings)
    policies = one_policy(policy or RetryThenDeadLetter(attempts=1), graph)
    made_run = simulate(graph, build, seed, store=store, policies=policies, environment=secrets)
    own = next(report for report in made_run.report.nodes if report.id == "node")
    emitted = {name: sink.records for name, sink in sinks.items()}
    first = next(iter(emitted.values()), [])
    return Outcome(
        emitted,
        [letter for letter in store.dead_letters() if letter.node == "node"],
        own.dropped,
        own.filtered,
        made_run.report,
        store,
        [each.payload for each in first],
    )


__all__ = [
    "Collect",
    "ConfigField",
    "Crashed",
    "CrashingStore",
    "Facts",
    "FakeClock",
    "MemoryStore",
    "NodeSpec",
    "Outcome",
    "PolicySpec",
    "PortSpec",
    "RetryThenDeadLetter",
    "SqliteStore",
    "context_of",
    "crashes",
    "drifted",
    "facts_of",
    "failing",
    "graph_of",
    "one_policy",
    "payload_schema",
    "policy_spec_of",
    "record",
    "records",
    "run_node",
    "same_as",
    "settings_schema",
    "simulate",
    "snapshot",
]

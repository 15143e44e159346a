"""Run a node in the real engine, with simulated time.

Takes:   an instance, an input port, payloads (or readings, for a node that wants keys or event times).
Gives:   `run`: what came out and what failed; `told`, `text`: the same as text that two runs can be compared by.
Ignores: whether what came out is right (`checks/`), and lives without an engine (`life.py`).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.record import Reading, Record
from penstock.sdk import Role, node, spec_of
from penstock.testing import Collect, MemoryStore, RetryThenDeadLetter, SqliteStore, graph_of, one_policy, simulate

Kept = MemoryStore | SqliteStore


@node("testkit-feed")
class Feed:
    """Hands over payloads, each with its place in the list as position."""

    payloads: list[Any]

    def read(self, ctx: Any) -> Iterator[Reading]:
        """What is behind the committed position; keys repeat, so that keyed state meets some key again."""
        for at in range(ctx.position or 0, len(self.payloads)):
            yield reading(self.payloads[at], at)


def reading(given: Any, at: int) -> Reading:
    """A payload as the n-th reading of a source; a reading keeps what its author has said."""
    if isinstance(given, Reading):
        return Reading(given.payload, at + 1, given.key, given.event_time, given.attributes)
    return Reading(given, at + 1, key=f"key-{at % 3}")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a node made of what it was given."""

    emitted: Mapping[str, list[Record]]  # output port -> records, in order
    dead: list[Any]  # dead letters of the node
    store: Kept


def run(made: Any, port: str, payloads: Sequence[Any], *, seed: int = 0, store: Kept | None = None,
        secrets: Mapping[str, str] | None = None, batch: int = 64) -> Ran:  # fmt: skip  # what in one line, how in another
    """One node in the engine, with virtual time. A failed record is a dead letter at once; alarms are rung at the end."""
    spec = spec_of(made)
    store = store or MemoryStore()
    sinks = {out.name: Collect() for out in spec.outputs}
    names = {name: f"after-{at}" for at, name in enumerate(sinks)}
    nodes: dict[str, Any] = {"node": made} | {names[name]: sink for name, sink in sinks.items()}
    links = [f"node.{name} -> {names[name]}" for name in sinks]
    if spec.role is not Role.SOURCE:
        nodes["feed"] = Feed(list(payloads))
        links.append(f"feed -> node.{port}")
    references = {name: f"env:{name}" for name in secrets or {}}
    graph, build = graph_of(nodes, links, secrets={"node": references}, batch=batch)
    policies = one_policy(RetryThenDeadLetter(attempts=1), graph)
    simulate(graph, build, seed, store=store, environment=dict(secrets or {}), policies=policies)
    dead = [letter for letter in store.dead_letters() if letter.node == "node"]
    return Ran({name: sink.records for name, sink in sinks.items()}, dead, store)


def told(ran: Ran) -> str:
    """Everything that came out, as text that two runs can be compared by."""
    rows = {
        port: [[record.id, record.key, record.attributes, record.payload] for record in records]
        for port, records in ran.emitted.items()
    }
    return text([rows, sorted((letter.record_id, letter.reason) for letter in ran.dead)])


def text(value: Any) -> str:
    """A value as text; values that differ in type differ in text, and the order of keys is nothing."""
    value = value.payload if isinstance(value, Reading) else value
    return json.dumps(value, sort_keys=True, default=repr)


def copies(payloads: Sequence[Any]) -> list[Any]:
    """Payloads that nobody else holds, not even each other."""
    return [copy.deepcopy(payload) for payload in payloads]

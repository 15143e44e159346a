"""What a run, or all runs on a store, did with every record: counts by node and by link, and whether they add up.

Takes:   a store's totals, depths and parked deliveries; the meters of this process.
Gives:   `RunReport`, with `as_json` for machines.
Ignores: printing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock._engine.meter import Meter
from penstock._store.facts import Subject

FORMAT = 1  # of the report as JSON
POLICY = "policy "  # begins the subject under which the faults of a policy are counted


@dataclass(frozen=True, slots=True)
class NodeReport:
    """What one node did; service times are of this process, in seconds."""

    id: str
    received: int = 0
    emitted: int = 0
    filtered: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    retried: int = 0
    dead: Mapping[str, int] = field(default_factory=dict)
    p50: float = 0.0
    p99: float = 0.0
    delayed: Mapping[str, int] = field(default_factory=dict)  # policy -> times that it made a record wait
    diverted: Mapping[str, int] = field(default_factory=dict)  # "channel: reason" -> records
    retried_by_reason: Mapping[str, int] = field(default_factory=dict)  # class of the failure -> attempts to come
    hedged: int = 0  # attempts that were begun a second time


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What became of everything that one link (or group) was offered."""

    id: str
    offered: int = 0
    handled: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    dead: int = 0
    in_flight: int = 0

    @property
    def conserved(self) -> bool:
        """The conservation law: everything offered is accounted for."""
        return self.offered == self.handled + sum(self.dropped.values()) + self.dead + self.in_flight


@dataclass(frozen=True, slots=True)
class RunReport:
    """All nodes and links of a graph, over everything that its store has seen."""

    run: str
    graph: str
    outcome: str
    seconds: float
    admitted: int
    late: int
    nodes: tuple[NodeReport, ...]
    links: tuple[LinkReport, ...]
    faults: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # policy -> what it did wrong -> how often

    @property
    def conserved(self) -> bool:
        """Whether the conservation law holds on every link."""
        return all(link.conserved for link in self.links)

    def as_json(self) -> dict[str, Any]:
        """For machines: times in milliseconds, reasons with their counts."""
        return {
            "format": FORMAT,
            "run": self.run,
            "graph": self.graph,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 3),
            "admitted": self.admitted,
            "late": self.late,
            "conserved": self.conserved,
            "nodes": {
                n.id: {
                    "in": n.received, "out": n.emitted, "filtered": n.filtered, "dropped": dict(n.dropped), "retried": n.retried,
                    "retried_by_reason": dict(n.retried_by_reason), "delayed": dict(n.delayed), "diverted": dict(n.diverted),
                    "hedged": n.hedged,
                    "dead": sum(n.dead.values()), "dead_by_reason": dict(n.dead),
                    "p50_ms": round(n.p50 * 1e3, 4), "p99_ms": round(n.p99 * 1e3, 4),
                }
                for n in self.nodes
            },
            "links": {
                k.id: {
                    "offered": k.offered, "handled": k.handled, "dropped": dict(k.dropped), "dead": k.dead, "in_flight": k.in_flight,
                    "conserved": k.conserved,
                }
                for k in self.links
            },
            "policy_faults": {policy: dict(faults) for policy, faults in self.faults.items()},
        }  # fmt: skip  # one line for the ways of a record, one for its times


def node_report(id: str, totals: Counter[Subject], meter: Meter | None = None) -> NodeReport:
    """The counts of one node."""
    return NodeReport(
        id,
        received=totals[id, "in", ""],
        emitted=totals[id, "out", ""],
        filtered=totals[id, "filtered", ""],
        dropped=by_reason(totals, id, "dropped"),
        retried=sum(by_reason(totals, id, "retried").values()),
        dead=by_reason(totals, id, "dead"),
        p50=meter.quantile(0.5) if meter else 0.0,
        p99=meter.quantile(0.99) if meter else 0.0,
        delayed=by_reason(totals, id, "delayed"),
        diverted=by_reason(totals, id, "diverted"),
        retried_by_reason=by_reason(totals, id, "retried"),
        hedged=totals[id, "hedged", ""],
    )


def link_reports(totals: Counter[Subject], nodes: Iterable[str], in_flight: Mapping[str, int]) -> list[LinkReport]:
    """The counts of every link and group that was ever offered something."""
    known = set(nodes)
    subjects = sorted(
        {subject for subject, measure, _ in totals if measure == "offered" and subject not in known} | set(in_flight)
    )
    return [
        LinkReport(
            subject,
            offered=totals[subject, "offered", ""],
            handled=totals[subject, "handled", ""],
            dropped=by_reason(totals, subject, "dropped"),
            dead=sum(by_reason(totals, subject, "dead").values()),
            in_flight=in_flight.get(subject, 0),
        )
        for subject in subjects
    ]


def by_reason(totals: Counter[Subject], subject: str, measure: str) -> dict[str, int]:
    """Reason -> count, sorted by reason."""
    return {r: n for (s, m, r), n in sorted(totals.items()) if s == subject and m == measure and n}


def policy_faults(totals: Counter[Subject]) -> dict[str, dict[str, int]]:
    """Policy -> what it did wrong -> how often."""
    found: dict[str, dict[str, int]] = {}
    for (subject, measure, fault), n in sorted(totals.items()):
        if measure == "fault" and subject.startswith(POLICY) and n:
            found.setdefault(subject[len(POLICY) :], {})[fault] = n
    return found

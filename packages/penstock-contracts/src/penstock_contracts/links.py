"""Prove every link of a graph that the core has checked, or show a payload that would break it.

Takes:   a checked graph: its links, the ports of its node types, their contracts.
Gives:   `unproven`: a finding for each link on which a payload may be refused, or of which that is not known.
Ignores: graphs as files (`subjects.graph`), and what single payloads do at run time; the engine of the core checks those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock_contracts.asking import Asked, Engine
from penstock_contracts.exact import exactly, text_of
from penstock_contracts.verdict import Proven, Refuted
from penstock_findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_contracts.verdict import Verdict

_LONG = 400  # characters of a payload in a sentence


@dataclass(frozen=True, slots=True)
class Meeting:
    """Payloads of one contract that are read under another, and where that happens."""

    writer: str  # `zone.out`
    reader: str  # `uplink.in`
    channel: str | None
    written: str  # `name@version`
    read: str

    def __str__(self) -> str:
        return f"`{self.writer}` -> `{self.reader}`" + (f" through `{self.channel}`" if self.channel else "")


def unproven(graph: Any, engine: Engine | None = None) -> Iterator[Finding]:
    """A finding for each place where two contracts meet and the first is not proved to lie inside the second.

    Contracts that are equal are not asked about, so that a graph whose links agree costs nothing.
    """
    engine = engine or Engine(safely=True)
    verdicts: dict[tuple[str, str], Verdict] = {}
    for meeting in meetings(graph):
        pair = (meeting.written, meeting.read)
        if pair not in verdicts:
            sides = [
                Asked(exactly(graph.contracts[ref].schema), f"urn:penstock:contract:{place}")
                for place, ref in enumerate(pair)
            ]
            verdicts[pair] = engine.includes(*sides)
        yield from _told(meeting, verdicts[pair])


def meetings(graph: Any) -> Iterator[Meeting]:
    """Every place where payloads of one contract are read under another one, also through a channel."""
    written: dict[str, list[tuple[str, str]]] = {}  # channel -> ports that write to it, with their contracts
    for link in graph.links:
        if link.to_channel is not None and link.from_node is not None:
            ref = _contract(graph, link.from_node, link.from_port, "outputs")
            written.setdefault(link.to_channel, []).append((f"{link.from_node}.{link.from_port}", ref))
    for link in graph.links:
        if link.to_node is None:
            continue
        read = _contract(graph, link.to_node, link.to_port, "inputs")
        if link.from_channel is not None:
            writers = written.get(link.from_channel, [])
        else:
            writers = [
                (f"{link.from_node}.{link.from_port}", _contract(graph, link.from_node, link.from_port, "outputs"))
            ]
        for writer, ref in writers:
            if ref and read and not _are_one(graph, ref, read):
                yield Meeting(writer, f"{link.to_node}.{link.to_port}", link.from_channel, ref, read)


def _contract(graph: Any, node: str, port: str | None, side: str) -> str:
    """`name@version` of a port's contract; empty when it has none, or none that the graph knows."""
    ports = getattr(graph.nodes[node].type, side)
    ref: str | None = next((facts.contract for facts in ports if facts.name == port), None)
    return ref if ref is not None and ref in graph.contracts else ""


def _are_one(graph: Any, one: str, other: str) -> bool:
    return one == other or bool(
        graph.contracts[one].digest and graph.contracts[one].digest == graph.contracts[other].digest
    )


def _told(meeting: Meeting, verdict: Verdict) -> Iterator[Finding]:
    if isinstance(verdict, Proven):
        return
    contracts = f"`{meeting.written}` is read as `{meeting.read}`"
    evidence = {"written": meeting.written, "read": meeting.read}
    if isinstance(verdict, Refuted):
        payload = text_of(verdict.witness)
        shown = f"`{payload}` would be refused" if len(payload) <= _LONG else "a payload would be refused"
        yield Finding(
            "K523",
            f"{meeting} may break: {contracts}, and {shown}",
            hint="put a node between them that turns the one into the other, or take versions of the packs that agree",
            evidence={**evidence, "witness": payload, "keyword": verdict.keyword, "at": verdict.b_pointer},
        )
        return
    why = f"{verdict.reason}: {verdict.detail}" if verdict.detail else str(verdict.reason)
    yield Finding(
        "K524",
        f"{meeting} could not be proved: {contracts} ({why})",
        severity=Severity.WARNING,
        hint="records are still checked one by one when they arrive",
        evidence=evidence,
    )

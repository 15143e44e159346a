"""What may go wrong in a simulation, and when: schedules, drawn from a seed, written to files and read from them.

Takes:   a seed; the text of a schedule, or its file.
Gives:   `Fault`, `Schedule`; `counted`, `drawn`, `parsed`, `read`, `written`.
Ignores: what the engine does about it (`play.py`).

A fault is placed by counting what repeats itself: commits of the store, and calls of a node.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

from penstock_findings import Finding, Location, PenstockError
from penstock_findings.load import load
from penstock_findings.spelling import hint_for

FORMAT = 1
COMMITS = ("crash-before", "crash-inside", "crash-after", "refuse", "lose", "jump")
CALLS = ("raise", "slow")
MOST = 1000  # faults that are drawn for one schedule: each may take a life
SECONDS = 30.0  # that a clock jumps, or a call takes, unless a schedule says otherwise
_WORD = re.compile(r"(?P<kind>[a-z-]+)(?::(?P<node>[^@\s]+))?@(?P<at>[1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that goes wrong, once.

    At the n-th commit: `crash-before`, `crash-inside`, `crash-after` (the process is gone, another one goes on with what
    was kept), `refuse` (the store raises and the run ends; another one goes on), `lose` (every lease is taken away just
    before), `jump` (the clock is set forward).  At the n-th call of a node: `raise` (a transient failure), `slow` (time
    passes in it).
    """

    kind: str
    at: int  # from 1
    node: str = ""  # for what happens at a call

    def __str__(self) -> str:
        return f"{self.kind}{f':{self.node}' if self.node else ''}@{self.at}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """All that goes wrong in one simulation."""

    seed: int
    faults: tuple[Fault, ...] = ()
    expect: tuple[str, ...] = ()
    graph: str = ""  # digest of the graph that it was found with

    def __str__(self) -> str:
        return "; ".join(map(str, self.faults)) or "nothing goes wrong"


class BadSchedule(PenstockError):
    """Text, or a file, that is no schedule of faults."""

    code = "R402"
    exit_code = 2


@dataclass(slots=True)
class Extent:
    """How far there is to draw from: what an undisturbed run has counted."""

    commits: int = 0
    calls: dict[str, int] = field(default_factory=dict)  # node -> calls


def drawn(seed: int, how_many: int, extent: Extent) -> tuple[Fault, ...]:
    """So many faults, at places that the undisturbed run has come to; the same for the same seed."""
    draw = Random(f"faults {seed}")
    nodes = sorted(node for node, calls in extent.calls.items() if calls)
    found: list[Fault] = []
    while len(found) < how_many:
        kind = draw.choice((*COMMITS, *(CALLS * 2 if nodes else ())))
        if kind in COMMITS:
            found.append(Fault(kind, draw.randint(1, max(1, extent.commits))))
            continue
        node = draw.choice(nodes)
        at = draw.randint(1, extent.calls[node])
        in_a_row = draw.choice((1, 1, 3)) if kind == "raise" else 1  # what fails once often fails again at once
        found += [Fault(kind, at + more, node) for more in range(in_a_row)]
    return tuple(sorted(set(found[:how_many])))


def counted(text: str) -> int | None:
    """How many faults are to be drawn, when the text is a number; raises `BadSchedule` when they are too many."""
    if not text.isdecimal():
        return None
    digits = text.lstrip("0") or "0"
    if len(digits) > len(str(MOST)) or int(digits) > MOST:
        what, hint = (
            f"{text[:20]} faults are too many to be drawn",
            f"draw at most {MOST}, and more seeds with `--tries`",
        )
        raise BadSchedule(what, findings=[_finding(what, hint)])
    return int(digits)


def parsed(text: str, nodes: Sequence[str]) -> tuple[Fault, ...]:
    """The faults of `raise:uplink@3; crash-inside@7`; raises `BadSchedule` with everything that is wrong."""
    faults, findings = [], []
    for word in filter(None, (part.strip() for part in re.split(r"[;,]", text))):
        match = _WORD.fullmatch(word)
        if match is None:
            findings.append(_finding(f"`{word}` is no fault", "write `crash-inside@7`, or `raise:NODE@3`"))
            continue
        fault = Fault(match["kind"], int(match["at"]), match["node"] or "")
        wrong = _wrong(fault, nodes)
        if wrong:
            findings.append(_finding(*wrong))
        faults.append(fault)
    if findings:
        raise BadSchedule("this is no schedule", findings=findings)
    return tuple(sorted(set(faults)))


def read(path: str, nodes: Sequence[str], expectations: Sequence[str]) -> Schedule:
    """The schedule in a file; raises `BadSchedule` with everything that is wrong, each at its place."""
    loaded = load(path)
    if loaded.document is None or loaded.findings:
        raise BadSchedule(f"cannot read `{path}`", findings=loaded.findings)
    value, findings = loaded.document.value, []

    def complain(pointer: str, what: str, hint: str) -> None:
        findings.append(_finding(what, hint, loaded.document.at(pointer)))  # type: ignore[union-attr]  # looked at above

    known: Mapping[str, Any] = value if isinstance(value, dict) else {}
    if not isinstance(value, dict) or value.get("format") != FORMAT or type(value["format"]) is not int:
        complain(
            "/format",
            f"this is no schedule of faults of format {FORMAT}",
            "one is written by `penstock simulate --tries`",
        )
    names = ("format", "graph", "seed", "expect", "faults")
    for name in known.keys() - {*names}:
        complain(f"/{name}", f"a schedule has no `{name}`", hint_for(name, names) or f"it has {', '.join(names)}")
    seed, expect, listed = known.get("seed"), known.get("expect", []), known.get("faults", [])
    if known and (type(seed) is not int):
        complain("/seed", "the seed is a whole number", "such as 7")
    if not isinstance(expect, list) or not {*map(str, expect)} <= {*expectations}:
        complain("/expect", "nobody can expect this", f"there is {', '.join(expectations)}")
        expect = []
    faults = []
    for at, each in enumerate(listed if isinstance(listed, list) else [None]):
        fault = _fault_of(each)
        wrong = (
            ("this is no fault", 'write {"kind": "raise", "node": "uplink", "at": 3}')
            if fault is None
            else _wrong(fault, nodes)
        )
        if wrong:
            complain(f"/faults/{at}", *wrong)
        elif fault is not None:
            faults.append(fault)
    if findings:
        raise BadSchedule(f"`{path}` is no schedule", findings=findings)
    graph = known.get("graph")
    return Schedule(
        seed if isinstance(seed, int) else 0,
        tuple(faults),
        tuple(map(str, expect)),
        graph if isinstance(graph, str) else "",
    )


def written(schedule: Schedule) -> str:
    """The schedule as the text of a file."""
    faults = [{name: value for name, value in asdict(fault).items() if value != ""} for fault in schedule.faults]
    whole = {
        "format": FORMAT, "graph": schedule.graph, "seed": schedule.seed, "expect": list(schedule.expect), "faults": faults,
    }  # fmt: skip  # in the order in which a reader wants it
    return json.dumps(whole, indent=2) + "\n"


def _fault_of(value: Any) -> Fault | None:
    if not isinstance(value, dict) or not {"kind", "at"} <= value.keys() <= {"kind", "at", "node"}:
        return None
    kind, at, node = value["kind"], value["at"], value.get("node", "")
    good = isinstance(kind, str) and type(at) is int and at > 0 and isinstance(node, str)
    return Fault(kind, at, node) if good else None


def _wrong(fault: Fault, nodes: Sequence[str]) -> tuple[str, str] | None:
    """What is wrong with a fault, and what to do about it."""
    if fault.kind not in (*COMMITS, *CALLS):
        kinds = (*COMMITS, *CALLS)
        return f"there is no fault `{fault.kind}`", hint_for(fault.kind, kinds) or f"there is {', '.join(kinds)}"
    if fault.kind in COMMITS and fault.node:
        return f"`{fault.kind}` happens at a commit, not at a node", f"write `{fault.kind}@{fault.at}`"
    if fault.kind in CALLS and fault.node not in nodes:
        hint = hint_for(fault.node, nodes) or f"there is {', '.join(nodes)}"
        return f"the graph has no node `{fault.node}` that could `{fault.kind}`", hint
    return None


def _finding(what: str, hint: str, at: Location | None = None) -> Finding:
    return Finding("R402", what, at, hint=hint) if at is not None else Finding("R402", what, hint=hint)

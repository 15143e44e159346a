"""Compare two versions of a contract: decide the whole, then explain it change by change.

Takes:   two contracts and how to judge them.
Gives:   `compare`: a `Comparison`; `diff`: a report of two schemas as parsed JSON, for programs.
Ignores: where contracts come from (`subjects/`), waivers (`waiver`), formats (`reports`).

The verdict is the engine's, on the whole contract. The changes are found by walking both documents; each is then held
against the breaks of the whole, and asked about alone: what matters alone and breaks nothing here is harmless, and said so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_contracts.asking import Engine
from penstock_contracts.change import Bump, Change, Comparison, Direction
from penstock_contracts.direction import BACKWARD, needs
from penstock_contracts.exact import MAX_DEPTH, Shapes, digest_of, exactly, is_deep
from penstock_contracts.inquiry import BOTH, Inquiry, Judging
from penstock_contracts.sides import Side
from penstock_contracts.verdict import Proven
from penstock_findings.finding import Finding

if TYPE_CHECKING:
    from penstock_contracts.contract import Contract
    from penstock_findings.report import Report


def compare(
    baseline: Contract, candidate: Contract, judging: Judging, engine: Engine, *, positions: tuple[str, ...] = ()
) -> Comparison:
    """Everything that differs, what it does in each direction, and the smallest version step."""
    sides = Side(baseline), Side(candidate)
    if _are_one_text(baseline, candidate):
        return _made(baseline, candidate, judging, positions, _equal_directions(baseline, candidate, judging), (), True)
    inquiry = Inquiry(sides, judging, engine)
    directions = tuple(inquiry.direction(name) for name in BOTH)
    equivalent = all(isinstance(direction.verdict, Proven) for direction in directions)
    changes = inquiry.changes(equivalent)
    return _made(baseline, candidate, judging, positions, directions, changes, equivalent)


def diff(
    baseline: Any,
    candidate: Any,
    mode: str | None = None,
    *,
    position: str | tuple[str, ...] = (),
    content: str = "open",
    formats: str = "annotation",
    name: str = "contract",
    seconds: float = 2.0,
) -> Report:
    """Compare two schemas as parsed JSON, and report every change.

    `mode` is "backward", "forward" or "full"; without one, `position` ("input", "output", "state") decides.
    `content` is "open", the schemas as written, or "declared": payloads hold only declared properties.

    >>> report = diff({"type": "integer"}, {"type": "integer", "minimum": 0})
    >>> [finding.code for finding in report.findings], report.exit_code()
    (['K203'], 1)
    """
    from penstock_contracts.change import Outcome
    from penstock_contracts.contract import Contract, Source
    from penstock_contracts.reports.as_findings import report_of

    positions = (position,) if isinstance(position, str) else tuple(position)
    if is_deep(baseline) or is_deep(candidate):
        deep = Finding("K301", f"a schema is nested more than {MAX_DEPTH} levels deep, which is not looked at")
        return report_of(Outcome("diff", "baseline", "candidate", findings=(deep,)))
    sides = []
    for label, schema in (("baseline", baseline), ("candidate", candidate)):
        exact = exactly(schema)
        sides.append(Contract(name, exact, Source(label), label, base=f"urn:penstock:{label}", positions=positions))
    judging = Judging(needs(mode, positions), content)
    comparison = compare(sides[0], sides[1], judging, Engine(seconds, formats), positions=positions)
    return report_of(Outcome("diff", "baseline", "candidate", (comparison,), bump=comparison.bump))


# -- parts of it


def _made(
    baseline: Contract,
    candidate: Contract,
    judging: Judging,
    positions: tuple[str, ...],
    directions: tuple[Direction, ...],
    changes: tuple[Change, ...],
    equivalent: bool,
) -> Comparison:
    bump: Bump | None
    if equivalent:
        bump = Bump.PATCH
    elif any(change.undecided for change in changes) and not any(change.breaking for change in changes):
        bump = None
    else:  # not proved equal, so it is more than a patch
        bump = max([Bump.MINOR, *(change.bump for change in changes)], key=lambda step: step.rank)
    return Comparison(
        name=candidate.name,
        baseline=baseline.label,
        candidate=candidate.label,
        digest=digest_of(candidate.schema),
        positions=positions,
        mode=judging.needs.mode,
        content=judging.content,
        directions=directions,
        changes=changes,
        bump=bump,
        equivalent=equivalent,
        baseline_version=baseline.version,
        candidate_version=candidate.version,
    )


def _are_one_text(baseline: Contract, candidate: Contract) -> bool:
    """Whether there is nothing to ask: equal documents, and nothing else that they refer to."""
    if baseline.start != candidate.start or baseline.dialect != candidate.dialect:
        return False
    shapes = Shapes()
    if shapes.of(baseline.schema) != shapes.of(candidate.schema):
        return False
    old, new = ([shapes.of(known.value) for known in one.documents.values()] for one in (baseline, candidate))
    return old == new and len(old) == len(new) and not (_refers_out(baseline) and not old)


def _refers_out(contract: Contract) -> bool:
    from penstock_contracts.subjects.reading import references

    return any(True for _ in references(contract.schema, contract.base))


def _equal_directions(baseline: Contract, candidate: Contract, judging: Judging) -> tuple[Direction, ...]:
    labels = (baseline.label, candidate.label)
    why = judging.needs.why
    return tuple(
        Direction(name, name in why, why.get(name, ""), *(labels if name == BACKWARD else labels[::-1]), Proven())
        for name in BOTH
    )

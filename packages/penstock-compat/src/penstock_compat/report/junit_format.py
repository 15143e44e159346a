"""A report as JUnit XML: a suite for each pack, a case for each cell, for build servers.

Takes:   a `Report`.
Gives:   `render`, in ASCII.  Only a proven cell is a passed case; what nobody knows is skipped, what does not work failed.
Ignores: the pack's own test cases; a cell is one case.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock_compat.looks import BROKEN, DOOMED, FAULT, PROVEN
from penstock_compat.report.compile import column_of
from penstock_compat.report.model import Report
from penstock_compat.report.phrases import place_of, safe, said_of
from penstock_compat.standing import Standing

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_FAILED = (BROKEN, DOOMED)
_LONGEST = 20_000  # characters of a log


def render(report: Report) -> str:
    """The report as an XML document."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {_counts(report.standings)}>"]
    for (name, version), standings in report.packs().items():
        suite = _text(f"{name} {version}")
        lines.append(f'  <testsuite name="{suite}" {_counts(standings)}>')
        lines += [line for standing in standings for line in _case(standing)]
        lines.append("  </testsuite>")
    if not report.standings:  # some readers refuse a file without a suite
        lines += ['  <testsuite name="penstock-compat" tests="0" failures="0" errors="0" skipped="0"/>']
    return "".join(f"{line}\n" for line in [*lines, "</testsuites>"])


def _counts(standings: list[Standing] | tuple[Standing, ...]) -> str:
    failures = sum(s.look in _FAILED for s in standings)
    errors = sum(s.look is FAULT for s in standings)
    skipped = sum(s.look not in (*_FAILED, FAULT, PROVEN) for s in standings)
    seconds = sum(s.result.evidence.seconds for s in standings if s.result.evidence is not None)
    return f'tests="{len(standings)}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="{seconds:.3f}"'


def _case(standing: Standing) -> Iterator[str]:
    result = standing.result
    seconds = result.evidence.seconds if result.evidence is not None else 0.0
    name = _text(place_of(column_of(standing)))
    head = f'    <testcase classname="{_text(standing.cell.pack)}" name="{name}" time="{seconds:.3f}"'
    if standing.look is PROVEN:
        yield f"{head}/>"
        return
    yield f"{head}>"
    said = _text(f"{standing.look.word}: {said_of(standing)}")
    if standing.look in _FAILED:
        kind = result.failure.kind if result.failure is not None else str(result.state)
        yield f'      <failure type="{_text(kind)}" message="{said}">{_body(standing)}</failure>'
    elif standing.look is FAULT:
        yield f'      <error type="environment" message="{said}">{_body(standing)}</error>'
    else:
        yield f'      <skipped message="{said}"/>'
    yield "    </testcase>"


def _body(standing: Standing) -> str:
    result = standing.result
    lines = list(result.reasons)
    if result.evidence is not None and result.evidence.log:
        lines += result.evidence.log[-_LONGEST:].splitlines()
    return "\n".join(map(_text, lines))


def _text(text: str) -> str:
    """The text for an XML attribute or element; what XML 1.0 cannot hold is written as an escape."""
    escaped = "".join(_ENTITIES.get(char, char) for char in safe(text))
    return escaped.encode("ascii", "xmlcharrefreplace").decode("ascii")

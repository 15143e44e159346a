"""Decide what several partial results say together: the union of what was found, once each, or a contradiction.

Takes:   `Results` of any number of jobs and machines, in any order, the same ones twice too.
Gives:   `merge`: associative, commutative and idempotent; `Contradictory`, where one identity has two outcomes.
Why so:  nothing that was really tried is dropped for something newer, so every contradiction is seen in whatever order
         results arrive; which result counts is decided afterwards, by `standing`.
Ignores: files and signatures (`formats`, `signatures`), staleness.  Code of packs is neither imported nor run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from penstock_compat.facts import Result, Results, Rung, State
from penstock_compat.standing import is_decided, is_measured, taken_at
from penstock_findings import Finding, PenstockError

_APART = ", "  # between the origins of one result, and between the makers of one file


class Contradictory(PenstockError):
    """Two results say that the same builds in the same environment end differently. One of them has to go."""

    code = "C301"


def merge(*parts: Results) -> Results:
    """All that the parts say, sorted by cell; raises `Contradictory`, with every contradiction there is.

    One identity is one cell with the same builds of pack and core, the same resolved versions and the same
    interpreter.  What was not tried is kept once per cell, the strongest evidence of it.
    """
    cells: dict[str, dict[str, Result]] = {}
    contradictions: list[Finding] = []
    for result in sorted((result for part in parts for result in part.results), key=_order):
        kept = cells.setdefault(result.cell.id, {})
        name = identity(result)
        kept[name] = _one_of(kept[name], result, contradictions) if name in kept else result
    if contradictions:
        raise Contradictory("the results contradict each other", findings=contradictions)
    found = [result for name in sorted(cells) for result in _worth_keeping(cells[name].values())]
    return Results(_joined(part.made_by for part in parts), tuple(sorted(found, key=_order)))


def identity(result: Result) -> str:
    """What two results have in common when they are about the same thing; "" when nothing was tried."""
    evidence = result.evidence
    if evidence is None:
        return ""
    told = evidence.interpreter
    return json.dumps(
        [
            evidence.pack_digest,
            evidence.core_digest,
            sorted((name, *what) for name, what in evidence.environment.items()),
            [told.get(name, "") for name in ("implementation", "version", "build", "platform")],
            is_measured(result),  # what is implied is not what was tried
        ]
    )


def marked(results: Results, origin: str) -> Results:
    """The same results, those without an origin with this one."""
    return replace(results, results=tuple(r if r.origin else replace(r, origin=origin) for r in results.results))


def _one_of(first: Result, second: Result, contradictions: list[Finding]) -> Result:
    """Which of two results of one identity is kept, with the origins of both when they say the same."""
    if is_decided(first) and is_decided(second) and first.state is not second.state:
        contradictions.append(_contradiction(first, second))
    kept, other = sorted((first, second), key=_strength, reverse=True)
    if _said(kept) == _said(other):
        kept = replace(kept, origin=_joined((kept.origin, other.origin)))
    return kept


def _worth_keeping(results: Iterable[Result]) -> list[Result]:
    """A result that knows nothing says nothing where another knows something."""
    results = list(results)
    known = [result for result in results if result.evidence is not None or result.rung is not Rung.UNKNOWN]
    return known or results


def _strength(result: Result) -> tuple[object, ...]:
    """A total order: decided before undecided, then the stronger evidence, the newer, what speaks against."""
    fine = result.state is State.PASSED
    return is_decided(result), result.rung.rank, taken_at(result), not fine, _said(result), result.origin


def _order(result: Result) -> tuple[str, str, str, str]:
    return result.cell.id, identity(result), _said(result), result.origin


def _said(result: Result) -> str:
    """Everything that a result says, as one text; where it comes from left out."""
    evidence, failure = result.evidence, result.failure
    told = evidence and [
        evidence.command,
        sorted((name, *what) for name, what in evidence.environment.items()),
        evidence.pack_digest,
        evidence.core_digest,
        sorted(evidence.interpreter.items()),
        evidence.seconds,
        evidence.log_digest,
        evidence.log,
        evidence.at,
        evidence.by,
    ]
    why = failure and [failure.kind, failure.summary, failure.detail, list(map(repr, failure.findings))]
    said = [result.cell.id, result.state, result.cause, result.rung, told, why, result.reasons]
    return json.dumps(said, sort_keys=True, default=str)


def _joined(words: Iterable[str]) -> str:
    """The words that are in any of the lists, once each and sorted."""
    return _APART.join(sorted({word for text in words for word in text.split(_APART) if word}))


def _contradiction(first: Result, second: Result) -> Finding:
    one, other = sorted((first, second), key=_order)
    return Finding(
        "C301",
        f"`{one.cell.id}` is {one.state} in {_place(one)} and {other.state} in {_place(other)}, "
        "with the same builds in the same environment",
        hint="run the cell again and leave out the result that does not hold; if both happen, its tests are unsteady",
        evidence={"cell": one.cell.id, "states": [str(one.state), str(other.state)]},
    )


def _place(result: Result) -> str:
    at = f" of {result.evidence.at}" if result.evidence is not None else ""
    return f"`{result.origin or 'a result without origin'}`{at}"

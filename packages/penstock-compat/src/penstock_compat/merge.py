"""Decide what several partial results say together: the union of what was found, once each, or a contradiction.

Takes:   `Results` of any number of jobs and machines, in any order, the same ones twice too.
Gives:   `merge`: associative, commutative and idempotent; `Contradictory`, where one identity has two outcomes.
Why so:  nothing that was really tried is dropped for something newer, so every contradiction is seen in whatever order
         results arrive; which result counts is decided afterwards, by `standing`.
Ignores: files and signatures (`formats`, `signatures`), staleness.  Code of packs is neither imported nor run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from penstock_compat.facts import Result, Results
from penstock_compat.standing import is_decided, is_measured, said, says_something, weight
from penstock_findings import Finding, PenstockError

_APART = ", "  # between the origins of one result, and between the makers of one file


class Contradictory(PenstockError):
    """Two results say that the same builds in the same environment end differently. One of them has to go."""

    code = "C301"
    exit_code = 1  # the files can be read; what they say does not go together


def merge(*parts: Results) -> Results:
    """All that the parts say, sorted by cell; raises `Contradictory`, with every contradiction there is.

    One identity is one cell with the same builds of pack and core, the same resolved versions and the same
    interpreter.  What was not tried is kept once per cell, the strongest evidence of it.
    """
    cells: dict[str, dict[str, Result]] = {}
    contradictions: list[Finding] = []
    for result in (result for part in parts for result in part.results):
        kept = cells.setdefault(result.cell.id, {})
        name = identity(result)
        kept[name] = _one_of(kept[name], result, contradictions) if name in kept else result
    if contradictions:
        raise Contradictory("the results contradict each other", findings=sorted(contradictions, key=repr))
    found = [result for name in sorted(cells) for result in _worth_keeping(cells[name])]
    return Results(_joined(part.made_by for part in parts), tuple(found))


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
    kept, other = sorted((first, second), key=lambda result: (weight(result), result.origin), reverse=True)
    if said(kept) == said(other):
        kept = replace(kept, origin=_joined((kept.origin, other.origin)))
    return kept


def _worth_keeping(kept: Mapping[str, Result]) -> list[Result]:
    """In order of identity; a result that knows nothing says nothing where another knows something."""
    results = [kept[name] for name in sorted(kept)]
    known = [result for result in results if says_something(result)]
    return known or results


def _joined(words: Iterable[str]) -> str:
    """The words that are in any of the lists, once each and sorted."""
    return _APART.join(sorted({word for text in words for word in text.split(_APART) if word}))


def _contradiction(first: Result, second: Result) -> Finding:
    one, other = sorted((first, second), key=lambda result: (result.origin, said(result)))
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

"""Decide whether a graph may run on this machine, by the evidence that there is for its packs.

Takes:   the packs that a graph uses with their versions, result files, a place, the time.
Gives:   `missing_evidence`: a finding for each pack without sufficient evidence; none means that all are covered.
Why so:  the core asks through a hook and knows nothing of matrices; whether a finding refuses or warns is its business.
Ignores: admission and signatures of code; those are the trust tools'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from penstock_compat.formats import read_results
from penstock_compat.merge import marked, merge
from penstock_compat.place import Place
from penstock_compat.questions import Answer, Verdict, can_i_run
from penstock_compat.report.phrases import safe
from penstock_compat.standing import STALE_AFTER, Freshness, standings
from penstock_findings import JSON, Finding, Location, Severity


def missing_evidence(
    packs: Mapping[str, str], files: Sequence[str], place: Place, now: datetime, *, days: float = STALE_AFTER
) -> list[Finding]:
    """What is to be said of the packs (name -> version) in that place; raises `PenstockError` for files at fault.

    C501: nobody knows; C502: it does not work; C503, a warning: it is proven, with other versions than are installed.
    """
    results = merge(*(marked(read_results(path), path) for path in files))
    found = standings(results.results, Freshness(now, days))
    names = [f"{name}=={version}" for name, version in sorted(packs.items())]
    at = Location(files[0]) if len(files) == 1 else Location()
    return [finding for answer in can_i_run(found, place, names) for finding in _said(answer, place, at)]


def _said(answer: Answer, place: Place, at: Location) -> Iterator[Finding]:
    name, reasons = f"{answer.pack} {answer.version}", safe("; ".join(answer.reasons[:3]))
    evidence: dict[str, JSON] = {"pack": answer.pack, "version": answer.version, "reasons": list(answer.reasons)}
    if answer.verdict is Verdict.YES:
        if answer.reasons:
            message = f"`{name}` is proven on {place}, but with other versions: {reasons}"
            yield Finding("C503", message, at, Severity.WARNING, evidence=evidence)
    elif answer.broken:
        hint = "`penstock compat best` names a version that is proven here"
        yield Finding("C502", f"`{name}` does not work on {place}: {reasons}", at, hint=hint, evidence=evidence)
    else:
        message = f"no evidence covers `{name}` on {place}: {reasons}"
        hint = "run its matrix on this platform, or name the results of somebody who did"
        yield Finding("C501", message, at, hint=hint, evidence=evidence)

"""A report as the JSON of an endpoint badge: one line that a page of a project shows.

Takes:   a `Report`.
Gives:   `render`: how much is proven; a badge is never green unless everything that was meant to work is proven.
Ignores: drawing; services that draw badges read this.
"""

from __future__ import annotations

import json

from penstock_compat.looks import BROKEN, DOOMED, LEFT_OUT, PROVEN
from penstock_compat.report.model import Report
from penstock_compat.report.phrases import safe
from penstock_compat.versions import in_order


def render(report: Report) -> str:
    """The badge: the Pythons on which everything is proven, and the share of cells."""
    counts = report.counts()
    meant = len(report.standings) - counts[LEFT_OUT.key]
    proven = counts[PROVEN.key]
    bad = counts[BROKEN.key] + counts[DOOMED.key]
    color = "lightgrey" if not proven else "red" if bad else "brightgreen" if proven == meant else "yellow"
    pythons = _proven_pythons(report)
    where = f"Python {_range(pythons)} · " if pythons else ""
    message = f"{where}{proven}/{meant} proven" if meant else "unknown"
    told = {"schemaVersion": 1, "label": "tested", "message": safe(message), "color": color}
    return json.dumps(told, sort_keys=True) + "\n"


def _proven_pythons(report: Report) -> list[str]:
    looks: dict[str, set[str]] = {}
    for standing in report.standings:
        if standing.look is not LEFT_OUT:
            looks.setdefault(standing.cell.python, set()).add(standing.look.key)
    return sorted((python for python, found in looks.items() if found == {PROVEN.key}), key=in_order)


def _range(pythons: list[str]) -> str:
    """`3.10-3.13` where they follow each other, else one after the other."""
    parts = [python.split(".") for python in pythons]
    if len(parts) > 1 and all(len(part) == 2 and part[1].isdecimal() for part in parts):
        minors = [int(part[1]) for part in parts]
        if len({part[0] for part in parts}) == 1 and minors == list(range(minors[0], minors[0] + len(minors))):
            return f"{pythons[0]}\u2013{pythons[-1]}"
    return ", ".join(pythons)

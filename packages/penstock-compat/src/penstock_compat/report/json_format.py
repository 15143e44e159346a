"""A report for programs: canonical JSON, one line for each cell, whose shape `schemas/report-1.schema.json` states.

Takes:   a `Report`; the path of one that was written before.
Gives:   `render`, `read_report`; `REPORT`, the shape, from which the schema is made.
Why so:  a report can be read again, so the one of the last release is all that the next one needs to tell what changed.
Ignores: people; they have Markdown and the page.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from penstock_compat.facts import Result
from penstock_compat.formats import RESULTS, parse_result, read_shaped, result_value
from penstock_compat.history import KINDS, Change, Past
from penstock_compat.looks import BY_KEY, LOOKS
from penstock_compat.report.model import FORMAT, Obstacle, Report
from penstock_compat.shape import Field
from penstock_compat.standing import Standing
from penstock_findings.reporters import portable

SCHEMA = "report-1.schema.json"
_TEXT = Field("text", required=True)
_TEXTS = Field("list", required=True, items=Field("text"))
_COUNT = Field("integer", least=0)
_KEYS = tuple(BY_KEY)
_ROW = RESULTS.members["results"].items
assert _ROW is not None  # the shape of a result

REPORT = Field(
    "object",
    says="A compatibility report: how every cell stands, what stands in the way, what changed, how it went before.",
    members={
        "format": Field("integer", required=True),
        "kind": Field("text", required=True, choices=("penstock-compat-report",)),
        "label": _TEXT,
        "made_by": _TEXT,
        "as_of": replace(_TEXT, says="evidence is judged as of this moment"),
        "days": Field("number", required=True, least=0, says="after which evidence is stale"),
        "counts": Field("object", required=True, values=_COUNT, says="how many cells have which look"),
        "since": replace(_TEXT, says="label of the report that `changes` compares with"),
        "changes": Field(
            "list",
            required=True,
            items=Field(
                "object",
                members={
                    "cell": _TEXT,
                    "kind": Field("text", required=True, choices=KINDS),
                    "before": Field("text", required=True, choices=("", *_KEYS)),
                    "after": Field("text", required=True, choices=("", *_KEYS)),
                },
            ),
        ),
        "obstacles": Field(
            "list",
            required=True,
            items=Field(
                "object",
                members={
                    "summary": _TEXT,
                    "cause": _TEXT,
                    "kind": _TEXT,
                    "look": Field("text", required=True, choices=_KEYS),
                    "cells": _TEXTS,
                    "packs": _TEXTS,
                },
            ),
        ),
        "past": Field(
            "list",
            required=True,
            says="the reports before, oldest first; the last one is this report",
            items=Field(
                "object",
                members={
                    "label": _TEXT,
                    "as_of": _TEXT,
                    "looks": Field("object", required=True, values=_COUNT),
                    "packs": Field(
                        "object",
                        required=True,
                        says="name==version -> how many cells are proven, and how many there are",
                        values=Field("list", items=_COUNT),
                    ),
                },
            ),
        ),
        "cells": Field(
            "list",
            required=True,
            items=Field(
                "object",
                members={
                    "id": replace(_TEXT, says="name of the cell"),
                    "look": Field("text", required=True, choices=_KEYS),
                    "stale": Field("list", items=Field("text"), says="why its evidence is stale"),
                    "older": replace(_COUNT, says="results of this cell that count no more"),
                    "result": replace(_ROW, required=True),
                },
            ),
        ),
    },
)


def render(report: Report) -> str:
    """The report as JSON: keys sorted, ASCII, one line for each cell."""
    head = {
        "format": FORMAT,
        "kind": "penstock-compat-report",
        "label": report.label,
        "made_by": report.made_by,
        "as_of": report.as_of,
        "days": report.days,
        "counts": report.counts(),
        "since": report.since,
        "changes": [_plain(change) for change in report.changes],
        "obstacles": [_plain(obstacle) for obstacle in report.obstacles],
        "past": [_plain(past) for past in report.past],
    }
    cells = ",\n".join(_line(_cell(standing)) for standing in report.standings)
    lines = {**{name: _line(value) for name, value in head.items()}, "cells": f"[\n{cells}\n]" if cells else "[]"}
    return "{" + ",\n".join(f'"{name}":{lines[name]}' for name in sorted(lines)) + "}\n"


def read_report(path: str | os.PathLike[str]) -> Report:
    """The report in a file; raises `CannotRead` with everything that is wrong with it."""
    value = read_shaped(path, REPORT, FORMAT)
    return Report(
        label=value["label"],
        made_by=value["made_by"],
        as_of=value["as_of"],
        days=value["days"],
        standings=tuple(_standing(row) for row in value["cells"]),
        obstacles=tuple(
            Obstacle(**{**row, "cells": tuple(row["cells"]), "packs": tuple(row["packs"])})
            for row in value["obstacles"]
        ),
        since=value["since"],
        changes=tuple(Change(**row) for row in value["changes"]),
        past=tuple(_past(row) for row in value["past"]),
    )


def results_in(report: Report) -> tuple[Result, ...]:
    """The results that a report is about, one for each cell."""
    return tuple(standing.result for standing in report.standings)


def _cell(standing: Standing) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": standing.cell.id,
        "look": standing.look.key,
        "result": result_value(standing.result),
    }
    if standing.stale:
        told["stale"] = list(standing.stale)
    return {**told, "older": standing.older} if standing.older else told


def _standing(row: Mapping[str, Any]) -> Standing:
    result = parse_result(row["result"])
    return Standing(result.cell, result, BY_KEY[row["look"]], tuple(row.get("stale", ())), row.get("older", 0))


def _past(row: Mapping[str, Any]) -> Past:
    looks = {look.key: row["looks"].get(look.key, 0) for look in LOOKS}
    packs = {name: (counts[0], counts[1]) for name, counts in row["packs"].items() if len(counts) == 2}
    return Past(row["label"], row["as_of"], looks, packs)


def _plain(fact: Any) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in fact.__match_args__}


def _line(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    if "\\ud" in text:  # perhaps half of a character, which JSON cannot hold
        text = json.dumps(portable(value), sort_keys=True, separators=(",", ":"))
    return text

"""Pack the evidence of a report so small that a page can hold all of it.

Takes:   a `Report`.
Gives:   `packed`: JSON values in which every text stands once and is referred to by number.
Why so:  2,400 cells with twenty distributions each are 7 MB as JSON and a third of one packed; logs are cut, all to the
         same length, until they fit too.
Ignores: how it is shown; `page.js` reads the same lists in the same order.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from penstock_compat.facts import Evidence, Failure
from penstock_compat.looks import LOOKS
from penstock_compat.report.compile import column_of, columns_of
from penstock_compat.report.model import Report
from penstock_compat.report.phrases import safe

LOG_BUDGET = 300_000  # characters of all logs together
_LOG_LENGTHS = (6000, 3000, 1500, 800, 400, 200, 0)
_DETAIL = 2000  # characters of one detail of a failure
_TEXT = 1000  # characters of any other text


class _Texts:
    """Each text once, by number; 0 is the empty one."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._known: dict[str, int] = {}
        self.number("")

    def number(self, text: str) -> int:
        """The number of the text, which is made safe and cut first."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = len(self.all)
            shown = safe(text)
            self.all.append(shown if len(shown) <= _TEXT else shown[: _TEXT - 1] + "…")
        return known

    def lines(self, text: str, longest: int, *, end: bool) -> int:
        """The number of a text of several lines, cut to its beginning or its end."""
        cut = text[-longest:] if end else text[:longest]
        if len(cut) < len(text):
            cut = f"…\n{cut}" if end else f"{cut}\n…"
        known = self._known.get(f"\0{cut}")
        if known is None:
            known = self._known[f"\0{cut}"] = len(self.all)
            self.all.append("\n".join(safe(line.expandtabs(4)) for line in cut.splitlines()))
        return known


class _Once:
    """Each list once, by number."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._known: dict[str, int] = {}

    def number(self, value: list[Any]) -> int:
        """The number of the list."""
        key = json.dumps(value)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = len(self.all)
            self.all.append(value)
        return known


def packed(report: Report) -> dict[str, Any]:
    """Everything that the page's script needs."""
    texts, interpreters, wheels, environments = _Texts(), _Once(), _Once(), _Once()
    log = _log_length(report)
    columns = columns_of(report.standings)
    places = {column: number for number, column in enumerate(columns)}
    rows: dict[tuple[str, str], int] = {}
    cells: list[list[Any]] = []
    numbers: dict[str, int] = {}
    for standing in report.standings:
        cell, result = standing.cell, standing.result
        numbers[cell.id] = len(cells)
        told: list[Any] = [
            rows.setdefault((cell.pack, cell.version), len(rows)),
            places[column_of(standing)],
            LOOKS.index(standing.look),
            texts.number(str(result.state)),
            texts.number(str(result.cause)),
            texts.number(str(result.rung)),
            [texts.number(reason) for reason in standing.stale],
            [texts.number(reason) for reason in result.reasons[:20]],
            _failure(result.failure, texts) if result.failure is not None else 0,
            0,
            texts.number(result.origin),
            standing.older,
        ]
        if result.evidence is not None:
            told[9] = _evidence(result.evidence, texts, interpreters, wheels, environments, log)
        cells.append(told)
    return {
        "label": safe(report.label),
        "as_of": safe(report.as_of),
        "days": report.days,
        "looks": [[look.key, look.sign, look.word, look.says] for look in LOOKS],
        "columns": [[safe(word) for word in column] for column in columns],
        "rows": [[safe(name), safe(version)] for name, version in rows],
        "texts": texts.all,
        "interpreters": interpreters.all,
        "wheels": wheels.all,
        "environments": environments.all,
        "cells": cells,
        "obstacles": [[numbers[name] for name in one.cells if name in numbers] for one in report.obstacles],
        "ids": {safe(one.cell): numbers[one.cell] for one in report.changes if one.cell in numbers},
    }


def _failure(failure: Failure, texts: _Texts) -> list[Any]:
    details = [
        [texts.number(name), texts.lines(_as_text(value), _DETAIL, end=False)]
        for name, value in sorted(failure.detail.items())
    ]
    findings = [texts.number(f"{one.code} {one.message}") for one in failure.findings[:20]]
    return [texts.number(failure.kind), texts.number(failure.summary), details, findings]


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _evidence(
    evidence: Evidence, texts: _Texts, interpreters: _Once, wheels: _Once, environments: _Once, log: int
) -> list[Any]:
    installed = sorted(
        wheels.number([texts.number(name), texts.number(version), texts.number(digest)])
        for name, (version, digest) in sorted(evidence.environment.items())
    )
    told = [[texts.number(name), texts.number(value)] for name, value in sorted(evidence.interpreter.items())]
    return [
        texts.number(" ".join(evidence.command)),
        environments.number(installed),
        texts.number(evidence.pack_digest),
        texts.number(evidence.core_digest),
        interpreters.number(told),
        evidence.seconds,
        _short_digest(evidence.log_digest),
        texts.lines(evidence.log, log, end=True) if evidence.log and log else 0,
        texts.number(evidence.at),
        texts.number(evidence.by),
    ]


def _short_digest(digest: str) -> str:
    """A SHA-256 in the fewest characters that JSON can hold well; every cell has one of its own."""
    kind, _, text = digest.partition(":")
    try:
        raw = bytes.fromhex(text) if kind == "sha256" else b""
    except ValueError:
        raw = b""
    return base64.b64encode(raw).decode("ascii").rstrip("=")


def _log_length(report: Report) -> int:
    """How long a log may be, so that all of them fit."""
    found = {s.result.evidence.log for s in report.standings if s.result.evidence is not None and s.result.evidence.log}
    fitting = (n for n in _LOG_LENGTHS if sum(min(len(log), n) for log in found) <= LOG_BUDGET)
    return next(fitting, 0)

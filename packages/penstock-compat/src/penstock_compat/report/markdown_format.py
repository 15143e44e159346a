"""A report as Markdown, for the summary of a job, a comment or a page of a repository.

Takes:   a `Report`.
Gives:   `render`; what does not fit into a comment is counted.
Ignores: evidence; the page and the JSON have it.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock_compat.looks import BELIEVED, LOOKS, UNTESTED
from penstock_compat.report.compile import Column, column_of, columns_of
from penstock_compat.report.model import Report
from penstock_compat.report.phrases import (
    cells,
    changed,
    fixed_axes,
    headline,
    place_of,
    safe,
    sign_of,
    varying_axes,
    word_of,
)
from penstock_compat.standing import Standing
from penstock_findings.reporters.markdown_format import code, prose

_LIMIT = 60_000  # characters; GitHub refuses comments of more than 65,536
_WIDEST = 12  # columns of one table; more machines than that make more tables
_MOST = 25  # rows of the lists below the tables


def render(report: Report) -> str:
    """The report in GitHub-flavoured Markdown, the most important first."""
    parts = list(_parts(report))
    lines: list[str] = []
    size = 0
    for number, part in enumerate(parts):
        size += sum(len(line) + 1 for line in part)
        if size > _LIMIT:
            lines += [f"{len(parts) - number} more parts do not fit here; the page and the JSON have them."]
            break
        lines += part
    return "".join(f"{line}\n" for line in lines)


def _parts(report: Report) -> Iterator[list[str]]:
    yield [f"### Compatibility, {_text(report.label)}: {headline(report)}", ""]
    if report.since:
        yield [f"Since {_text(report.since)}: {changed(report)}.", ""]
        yield from _changes(report)
    rows = report.packs()
    columns = columns_of(report.standings)
    for block in _blocks(columns):
        yield from _table(rows, block)
    yield _legend(report)
    yield from _obstacles(report)
    yield [
        f"As of {_text(report.as_of)}; evidence is stale after {report.days:g} days. Made by {_text(report.made_by)}."
    ]


def _blocks(columns: list[Column]) -> list[list[Column]]:
    """The columns in tables that are narrow enough: one if they fit, else one for each core and machine."""
    if len(columns) <= _WIDEST:
        return [columns] if columns else []
    found: dict[tuple[str, ...], list[Column]] = {}
    for column in columns:
        found.setdefault(column[:3], []).append(column)
    return [block[at : at + _WIDEST] for block in found.values() for at in range(0, len(block), _WIDEST)]


def _table(rows: dict[tuple[str, str], list[Standing]], block: list[Column]) -> Iterator[list[str]]:
    varying = varying_axes(block)
    title = place_of(block[0], fixed_axes(block))
    lines = [f"**{_text(title)}**", ""] if title else []
    headings = [_text(place_of(column, varying).replace("Python ", "")) for column in block]
    yield [*lines, f"| pack | {' | '.join(headings)} |", f"|---|{':-:|' * len(block)}"]
    for (name, version), standings in rows.items():
        by_column = {column_of(standing): standing for standing in standings}
        if not any(column in by_column for column in block):
            continue
        signs = [sign_of(by_column[column]) if column in by_column else " " for column in block]
        yield [f"| {code(safe(name))} {_text(version)} | {' | '.join(signs)} |"]
    yield [""]


def _legend(report: Report) -> list[str]:
    counts = report.counts()
    told = [f"{look.sign} {look.word} ({counts[look.key]})" for look in LOOKS if counts[look.key] and look != UNTESTED]
    if counts[UNTESTED.key]:
        letters = ", ".join(f"{letter} {rung}" for rung, letter in BELIEVED.items())
        told.append(f"{letters}: untested ({counts[UNTESTED.key]})")
    return [" · ".join(told) or "There are no cells.", ""]


def _changes(report: Report) -> Iterator[list[str]]:
    loud = [change for change in report.changes if change.before and change.after][:_MOST]
    if loud:
        yield ["| cell | before | now |", "|---|---|---|"]
        for change in loud:
            yield [f"| {code(safe(change.cell))} | {word_of(change.before)} | {word_of(change.after)} |"]
        yield [""]


def _obstacles(report: Report) -> Iterator[list[str]]:
    if report.obstacles:
        yield ["**What stands in the way**", "", "| cells | packs | what | cause |", "|--:|--:|---|---|"]
        for one in report.obstacles[:_MOST]:
            yield [f"| {len(one.cells)} | {len(one.packs)} | {_text(_short(one.summary))} | {_text(one.cause)} |"]
        rest = sum(len(one.cells) for one in report.obstacles[_MOST:])
        yield ["", *([f"And {len(report.obstacles) - _MOST} more, for {cells(rest)}.", ""] if rest else [])]


def _short(text: str) -> str:
    return text if len(text) <= 300 else text[:299] + "…"


def _text(text: str) -> str:
    """The text as it is, whatever it may look like to a reader of Markdown."""
    return prose(safe(text).replace("`", "'"))

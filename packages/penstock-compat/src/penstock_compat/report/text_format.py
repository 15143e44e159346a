"""A report as text for a terminal: a matrix of signs, what stands in the way, what changed.

Takes:   a `Report`.
Gives:   `render`.
Ignores: colours; the signs say it.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock_compat.looks import BELIEVED, LOOKS, UNTESTED
from penstock_compat.report.compile import column_of, columns_of
from penstock_compat.report.model import Report
from penstock_compat.report.phrases import changed, fixed_axes, headline, place_of, safe, sign_of, varying_axes, word_of

_MOST = 12  # lines of each list
_LONGEST = 150  # characters of one reason


def render(report: Report) -> str:
    """The report, in lines."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    columns = columns_of(report.standings)
    varying = varying_axes(columns)
    rows = report.packs()
    names = [f"{safe(name)} {safe(version)}" for name, version in rows]
    width = max(map(len, names), default=0)
    if columns and place_of(columns[0], fixed_axes(columns)):
        yield place_of(columns[0], fixed_axes(columns))
    labels = [place_of(column, varying).replace("Python ", "").split(", ") for column in columns]
    depth = max(map(len, labels), default=0)
    for level in range(depth):
        yield f"{'':<{width}}  {'  '.join(_heading(labels, at, level) for at in range(len(labels)))}".rstrip()
    for name, standings in zip(names, rows.values(), strict=True):
        by_column = {column_of(standing): standing for standing in standings}
        signs = [
            f"{sign_of(by_column[column]) if column in by_column else '':^{_wide(label)}}"
            for column, label in zip(columns, labels, strict=True)
        ]
        yield f"{name:<{width}}  {'  '.join(signs)}".rstrip()
    yield ""
    counts = report.counts()
    for look in LOOKS:
        if counts[look.key]:
            letters = "/".join(BELIEVED.values()) if look is UNTESTED else look.sign
            yield f"{letters} {look.word}: {counts[look.key]}, {look.says}"
    if report.obstacles:
        yield ""
        yield "what stands in the way:"
        for one in report.obstacles[:_MOST]:
            yield f"  {len(one.cells):>5}  {_short(safe(one.summary))}" + (f" [{one.cause}]" if one.cause else "")
        rest = len(report.obstacles) - _MOST
        if rest > 0:
            yield f"         and {rest} more"
    if report.since:
        yield ""
        yield f"since {safe(report.since)}: {changed(report)}"
        for change in report.changes[:_MOST]:
            yield f"  {change.kind}: {safe(change.cell)}: {word_of(change.before)} -> {word_of(change.after)}"
    yield ""
    yield f"{safe(report.label)}: {headline(report)}"


def _heading(labels: list[list[str]], at: int, level: int) -> str:
    """The label of a column on one line; where the column before has the same above and here, nothing."""
    label = labels[at]
    here = label[: level + 1]
    again = at > 0 and level < len(label) - 1 and labels[at - 1][: level + 1] == here
    return f"{'' if again else label[level]:^{_wide(label)}}"


def _wide(label: list[str]) -> int:
    return max(map(len, label))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

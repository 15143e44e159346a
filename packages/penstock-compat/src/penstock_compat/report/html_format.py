"""A report as one page of HTML: the matrix, and behind each cell its evidence. It needs nothing but itself.

Takes:   a `Report`.
Gives:   `render`: the matrix as a plain table, which reads and prints without a script; the evidence as data for
         `page.js`, which filters, moves and opens.
Why so:  all texts come from packs and their logs, so each is escaped once here, the script only ever sets text, and the
         policy of the page lets no other script run.
Ignores: colours (`page.css`), what may be clicked (`page.js`), how the evidence is packed (`page_data`).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from penstock_compat import history
from penstock_compat.looks import BROKEN, BY_KEY, DOOMED, LEFT_OUT, LOOKS, PROVEN, UNTESTED
from penstock_compat.report.compile import Column, column_of, columns_of
from penstock_compat.report.model import Report
from penstock_compat.report.page_data import packed
from penstock_compat.report.phrases import (
    AXES,
    cells,
    changed,
    fixed_axes,
    headline,
    label_of,
    packs_of,
    place_of,
    safe,
    sign_of,
    varying_axes,
)
from penstock_compat.standing import Standing

_HERE = Path(__file__).parent
_MOST = 60  # changes that are listed; the JSON has all
_BARS = 14  # reports in the drawing of how it went
_LONGEST_REASON = 240
_AXES = ("core", "machine", "machine", "deps", "python")  # as the script calls them


def render(report: Report) -> str:
    """The report as one page; the same report gives the same bytes."""
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    allowed = base64.b64encode(hashlib.sha256(f"\n{script}".encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'; "
        "base-uri 'none'; form-action 'none'"
    )
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<link rel="icon" href="data:,">',
        f"<title>Compatibility, {_text(report.label)}</title>",
        f"<style>\n{style}</style>",
        '<a class="skip" href="#matrix">Skip to the matrix</a>',
        *_head(report),
        *_looks(report),
        *_panels(report),
        *_filters(report),
        *_matrix(report),
        *_foot(report),
        '<aside id="evidence" aria-label="Evidence" tabindex="-1" hidden></aside>',
        f'<script type="application/json" id="data">{_data(report)}</script>',
        f"<script>\n{script}</script>",
        "</html>",
    ]
    return "".join(f"{line}\n" for line in lines)


def _data(report: Report) -> str:
    text = json.dumps(packed(report), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


# -- above the matrix -------------------------------------------------------------------------------------------


def _head(report: Report) -> Iterator[str]:
    columns = columns_of(report.standings)
    fixed = place_of(columns[0], fixed_axes(columns)) if columns else ""
    facts = [fixed, f"as of {report.as_of.replace('T', ' ').replace('+00:00', ' UTC')}", report.made_by]
    yield '<header class="top"><div>'
    yield f'<p class="eyebrow">Compatibility <span>{_text(report.label)}</span></p>'
    yield f"<h1>{_text(headline(report))}</h1>"
    yield f'<p class="quiet">{_text(" · ".join(fact for fact in facts if fact))}</p>'
    yield '<p class="old" id="old" role="status" hidden></p>'
    yield "</div>"
    yield from _trend(report)
    yield '<div class="tools"><button type="button" id="theme">theme</button></div>'
    yield "</header>"
    yield "<noscript><p class='old'>Without scripts the matrix can be read and printed, but not filtered or opened.</p></noscript>"


def _trend(report: Report) -> Iterator[str]:
    """How the last reports went, as bars from the bottom: proven, not known, not working."""
    past = report.past[-_BARS:]
    if len(past) < 2:
        return
    wide, high = 18, 56
    yield f'<figure class="trend"><svg viewBox="0 0 {len(past) * wide} {high}" width="{len(past) * wide}" height="{high}" role="img">'
    first, last = past[0], past[-1]
    yield f"<title>{_text(f'The last {len(past)} reports, {first.label} to {last.label}')}</title>"
    for number, one in enumerate(past):
        total = sum(one.looks.values()) - one.looks.get(LEFT_OUT.key, 0)
        good = one.looks.get(PROVEN.key, 0)
        bad = one.looks.get(BROKEN.key, 0) + one.looks.get(DOOMED.key, 0)
        parts = [("proven", good), ("rest", max(0, total - good - bad)), ("broken", bad)]
        foot = float(high)
        said = f"{one.label}: {good} proven, {bad} do not work, of {total}"
        yield f"<g><title>{_text(said)}</title>"
        for kind, count in parts:
            tall = high * count / total if total else 0.0
            foot -= tall
            yield f'<rect class="{kind}" x="{number * wide + 2}" y="{foot:.1f}" width="{wide - 4}" height="{tall:.1f}"/>'
        yield "</g>"
    yield f"</svg><figcaption>{_text(first.label)} to {_text(last.label)}</figcaption></figure>"


def _looks(report: Report) -> Iterator[str]:
    """The share of each look as a bar, and below it the legend, which filters."""
    counts = report.counts()
    present = [look for look in LOOKS if counts[look.key]]
    yield '<div class="share" aria-hidden="true">'
    yield "".join(f'<i class="{look.key}" style="flex-grow:{counts[look.key]}"></i>' for look in present)
    yield "</div>"
    yield '<div class="looks" role="group" aria-label="Show only">'
    for look in present:
        sign = "d r s i" if look is UNTESTED else look.sign
        yield (
            f'<button type="button" aria-pressed="false" data-look="{look.key}" title="{_text(look.says)}">'
            f'<b class="cell {look.key}" aria-hidden="true">{sign[0] if look is UNTESTED else sign}</b>'
            f"<span>{look.word}</span> <em>{counts[look.key]:,}</em></button>"
        )
    yield "</div>"


def _panels(report: Report) -> Iterator[str]:
    if not report.obstacles and not report.since:
        return
    yield '<div class="panels">'
    if report.obstacles:
        count = sum(len(one.cells) for one in report.obstacles)
        yield f'<details class="panel"><summary>What stands in the way <em>{cells(count)}</em></summary>'
        yield '<table><thead><tr><th class="n">cells<th class="n">packs<th>what<th>cause<th><span class="gone">show</span></thead><tbody>'
        for number, one in enumerate(report.obstacles):
            yield (
                f'<tr><td class="n">{len(one.cells):,}<td class="n">{len(one.packs):,}'
                f'<td><b class="cell {one.look}" title="{BY_KEY[one.look].word}">{BY_KEY[one.look].sign}</b>'
                f" {_text(_short(one.summary))}<td>{_text(one.cause)}"
                f'<td><button type="button" class="link" data-obstacle="{number}">show</button>'
            )
        yield "</tbody></table></details>"
    if report.since:
        yield f'<details class="panel"><summary>Since {_text(report.since)} <em>{_text(changed(report))}</em></summary>'
        loud = [change for change in report.changes if change.before and change.after]
        if loud:
            yield "<table><thead><tr><th>what<th>cell<th>before<th>now</thead><tbody>"
            for change in loud[:_MOST]:
                yield (
                    f"<tr><td>{_text(change.kind)}<td>"
                    f'<button type="button" class="link" data-cell="{_text(change.cell)}">{_text(_readable(change.cell))}</button>'
                    f"<td>{_look(change.before)}<td>{_look(change.after)}"
                )
            yield "</tbody></table>"
            if len(loud) > _MOST:
                yield f"<p class='quiet'>And {len(loud) - _MOST:,} more; the JSON has them all.</p>"
        for title, kind in (("New", history.CAME), ("Gone", history.WENT)):
            if told := packs_of(report, kind):
                yield f"<p>{title}: {_text(told)}.</p>"
        yield "</details>"
    yield "</div>"


def _filters(report: Report) -> Iterator[str]:
    columns = columns_of(report.standings)
    yield '<form class="filters" id="filters" role="search" autocomplete="off">'
    yield (
        '<label class="search"><span class="gone">Search packs and reasons</span>'
        '<input type="search" id="q" placeholder="Search packs and reasons   /" spellcheck="false"></label>'
    )
    for at in varying_axes(columns):
        values = list(dict.fromkeys(column[4] if at == 4 else label_of(column, at) for column in columns))
        if len(values) > 1:
            options = "".join(f"<option>{_text(value)}</option>" for value in values)
            yield (
                f'<label><span class="gone">{AXES[at]}</span><select data-axis="{_AXES[at]}" aria-label="{AXES[at]}">'
                f'<option value="">every {AXES[at]}</option>{options}</select></label>'
            )
    yield '<label class="check"><input type="checkbox" id="trouble"> only trouble</label>'
    yield '<button type="reset" id="everything" hidden>reset</button>'
    yield '<output id="shown" aria-live="polite"></output>'
    yield "</form>"


# -- the matrix -------------------------------------------------------------------------------------------------


def _matrix(report: Report) -> Iterator[str]:
    columns = columns_of(report.standings)
    levels = varying_axes(columns)
    opens = _group_starts(columns, levels)
    yield '<main id="matrix">'
    if not columns:
        yield "<p>There are no cells.</p></main>"
        return
    yield '<table class="matrix" id="m"><caption class="gone">How each pack stands in each place</caption><thead>'
    for depth, level in enumerate(levels):
        pack = f'<th rowspan="{len(levels)}" class="pack" scope="col">pack<th rowspan="{len(levels)}" class="sum" scope="col">proven'
        yield f"<tr>{'' if depth else pack}{''.join(_headings(columns, levels[: depth + 1], level, opens))}</tr>"
    yield "</thead><tbody>"
    for (name, version), standings in report.packs().items():
        yield _row(name, version, standings, columns, opens)
    yield "</tbody></table>"
    yield '<p class="none" id="none" hidden>Nothing fits. <button type="button" class="link" id="clear">Show everything</button></p>'
    yield "</main>"


def _headings(columns: Sequence[Column], levels: Sequence[int], level: int, opens: set[int]) -> Iterator[str]:
    """One row of headings; columns that agree down to this level share one."""
    start = 0
    for at in range(1, len(columns) + 1):
        here = [label_of(columns[start], one) for one in levels]
        if at < len(columns) and here == [label_of(columns[at], one) for one in levels]:
            continue
        group = " class='g'" if start in opens else ""
        scope = "col" if level == 4 else "colgroup"
        yield (
            f'<th{group} scope="{scope}" colspan="{at - start}" data-from="{start}" data-to="{at}">'
            f"<span>{_text(label_of(columns[start], level)) or 'no core'}</span>"
        )
        start = at


def _group_starts(columns: Sequence[Column], levels: Sequence[int]) -> set[int]:
    """Where a new group of columns begins: something other than the Python has changed."""
    above = [level for level in levels if level != 4]
    return {
        at
        for at in range(1, len(columns))
        if [label_of(columns[at], level) for level in above] != [label_of(columns[at - 1], level) for level in above]
    }


def _row(name: str, version: str, standings: Sequence[Standing], columns: Sequence[Column], opens: set[int]) -> str:
    by_column = {column_of(standing): standing for standing in standings}
    meant = [standing for standing in standings if standing.look is not LEFT_OUT]
    proven = sum(standing.look is PROVEN for standing in meant)
    share = round(100 * proven / len(meant)) if meant else 0
    parts = [
        f'<tr><th scope="row" class="pack"><span>{_text(name)}</span> <small>{_text(version)}</small>'
        f'<td class="sum"><span style="--share:{share}%">{proven}/{len(meant)}</span>'
    ]
    for at, column in enumerate(columns):
        group = " class=g" if at in opens else ""
        standing = by_column.get(column)
        if standing is None:
            parts.append(f"<td{group}>")
        else:
            parts.append(f"<td{group}><button class={standing.look.key}>{sign_of(standing)}</button>")
    return "".join(parts)


def _foot(report: Report) -> Iterator[str]:
    yield '<footer><div class="keys">'
    yield (
        "<p><kbd>/</kbd> search · <kbd>←↑→↓</kbd> move · <kbd>Enter</kbd> open · <kbd>n</kbd> <kbd>p</kbd> next, previous trouble"
        " · <kbd>Esc</kbd> close</p>"
    )
    yield "</div><dl class='legend'>"
    counts = report.counts()
    for look in LOOKS:
        if counts[look.key]:
            sign = "d" if look is UNTESTED else look.sign
            yield f'<dt><b class="cell {look.key}">{sign}</b> {look.word}<dd>{_text(look.says)}'
    yield "</dl>"
    yield (
        "<p class='quiet'>Only what was tested, passed and is fresh counts as proven. An untested cell shows the letter of"
        " the best that is known: <b>d</b> declared, <b>r</b> a set of versions exists, <b>s</b> everything that it uses of"
        f" the core is there, <b>i</b> implied by a tested neighbour. Evidence is stale after {report.days:g} days."
        f" Of earlier reports, up to {history.LONGEST} are remembered.</p>"
    )
    yield "</footer>"


# -- words ------------------------------------------------------------------------------------------------------


def _look(key: str) -> str:
    if not key:
        return "<span class='quiet'>not there</span>"
    return f'<b class="cell {key}" aria-hidden="true">{BY_KEY[key].sign}</b> {BY_KEY[key].word}'


def _readable(cell: str) -> str:
    return cell.replace("==", " ").replace("|core *", "").replace("|", " · ")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 1] + "…"


def _text(text: str) -> str:
    """The text for an element or an attribute in double quotes; nothing in it can act."""
    return escape(safe(text))

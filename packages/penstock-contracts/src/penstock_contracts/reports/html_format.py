"""What the gate found as one page of HTML: before and after side by side, each change with a payload that shows it.

Takes:   an `Outcome`.
Gives:   `render`: a page that needs nothing but itself: no script, no network, no fonts. It prints as it looks.
Ignores: how things are put (`phrases`) and coloured (`page.css`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from penstock_contracts.reports.as_findings import version
from penstock_contracts.reports.lines import Row, cut, excerpt, rows_of
from penstock_contracts.reports.phrases import (
    CLEARED,
    GLYPHS,
    Standing,
    answered,
    answers_of,
    asked,
    decided,
    headline,
    loud,
    quiet,
    standing_of,
    standing_of_change,
    waived,
    witnessed,
)
from penstock_findings.reporters import visible

if TYPE_CHECKING:
    from penstock_contracts.change import Change, Comparison, Direction, Outcome, Place
    from penstock_findings import Finding

_Texts = dict[str, list[str]]  # path -> lines
_GONE, _COME = "\u2212 ", "+ "  # a minus sign is as wide as a plus
_NEAR = 5  # lines
_SHORT = 60  # rows of a comparison of files; a longer one is folded


def render(outcome: Outcome) -> str:
    """The outcome as one page."""
    texts = {path: cut(text) for path, text in outcome.sources.items()}
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>Contracts {_text(str(standing_of(outcome)))}: {_text(outcome.candidate)}</title>",
        f"<style>\n{style}</style>",
        '<a class="skip" href="#main">Skip to the contracts</a>',
        *_head(outcome),
        '<main id="main">',
        *_findings(outcome.findings),
        *(line for number, each in enumerate(loud(outcome)) for line in _section(number, each, texts)),
        "</main>",
        f'<footer class="quiet"><p>penstock-contracts {_text(version() or "")}</p></footer>',
        "</html>",
    ]
    return "".join(f"{line}\n" for line in lines)


def _head(outcome: Outcome) -> Iterator[str]:
    yield "<header>"
    yield f"<h1>{_standing(standing_of(outcome))}</h1>"
    yield f"<p>{_prose(headline(outcome))}</p>"
    yield f"<p class='quiet'>{_code(outcome.baseline)} → {_code(outcome.candidate)}</p>"
    yield "</header>"
    if still := quiet(outcome):
        yield f"<p>{_prose(still)}.</p>"
    if shown := loud(outcome):
        yield "<nav aria-label='Contracts'><table><tr><th>contract<th>stands<th>changes<th>version step</tr>"
        for number, each in enumerate(shown):
            step = str(each.bump) if each.bump is not None else "not known"
            yield (
                f"<tr><td><a href='#contract-{number}'>{_code(each.name)}</a>"
                f"<td>{_standing(standing_of(each))}<td>{len(each.changes)}<td>{step}</tr>"
            )
        yield "</table></nav>"


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    rows = [
        f"<tr><td>{finding.severity}<td>{_code(str(finding.at))}<td>{_text(finding.code)}: {_prose(finding.message)}"
        + (f"<br>hint: {_prose(finding.hint)}" if finding.hint else "")
        for finding in findings
    ]
    if rows:
        yield "<h2>Besides the contracts</h2><table><tr><th>severity<th>place<th>finding</tr>"
        yield from (f"{row}</tr>" for row in rows)
        yield "</table>"


def _section(number: int, comparison: Comparison, texts: _Texts) -> Iterator[str]:
    yield f"<section id='contract-{number}' aria-labelledby='name-{number}'>"
    yield f"<h2 id='name-{number}'>{_standing(standing_of(comparison))} {_code(comparison.name)}</h2>"
    yield f"<p>{_code(comparison.baseline)} → {_code(comparison.candidate)}; {_prose(asked(comparison))}.</p>"
    yield "<table><tr><th>direction<th>what is written by<th>is read by<th>answer</tr>"
    yield from (_direction(each, comparison) for each in (*comparison.directions, *comparison.extra))
    yield "</table>"
    if comparison.equivalent:
        yield "<p>Equal: it is proved that both sides accept the same payloads.</p>"
    order = list(Standing)
    for change in sorted(comparison.changes, key=lambda each: order.index(standing_of_change(each))):
        yield from _change(change, comparison, texts)
    yield from _files(comparison, texts)
    yield f"<p class='quiet'>Digest, for waivers: <code>{_text(comparison.digest)}</code></p>"
    yield "</section>"


def _direction(direction: Direction, comparison: Comparison) -> str:
    sides = f"<td>{_code(direction.producer)}<td>{_code(direction.consumer)}"
    return f"<tr><th scope='row'>{_text(direction.name)}{sides}<td>{_prose(decided(direction, comparison))}</tr>"


def _change(change: Change, comparison: Comparison, texts: _Texts) -> Iterator[str]:
    standing = standing_of_change(change)
    yield f"<article class='{standing}'>"
    yield f"<h3>{_standing(standing)} {_text(change.code)}: {_prose(change.message)}</h3>"
    yield "<div class='pair'>"
    before, after = ("Written", "Read") if comparison.is_link else ("Before", "After")
    yield from _side("was", before, change.was, change.baseline, texts)
    yield from _side("now", after, change.now, change.candidate, texts)
    yield "</div>"
    yield "<dl>"
    for answer in answers_of(change, comparison):
        yield f"<dt>{_text(answer.direction)}<dd>{_prose(answered(answer))}"
        if answer.witness is not None:
            yield f"<pre>{_text(answer.witness.text)}</pre>this payload {witnessed(answer.direction, comparison)}"
    if change.cleared:
        yield f"<dt>contents<dd>{_text(CLEARED)}"
    if change.waiver is not None:
        yield f"<dt>waived<dd>{_prose(waived(change.waiver))}"
    if not comparison.is_link:
        yield f"<dt>version step<dd>{change.bump}"
    yield "</dl></article>"


def _side(kind: str, title: str, words: str, place: Place, texts: _Texts) -> Iterator[str]:
    where = f"{place.at.path or ''}{'#' if place.pointer else ''}{place.pointer}"
    yield f"<div class='{kind}'><h4>{title}: {_text(where)}</h4><p>{_prose(words)}</p>"
    lines = excerpt(texts.get(place.at.path or "", []), place.at)
    if not place.present:
        yield "<p class='quiet'>There is nothing here.</p>"
        lines = lines if len(lines) <= _NEAR else []  # of a small parent the lines help, of a large one they do not
    if lines:
        shown = (
            f"<span class='number'>{line.number:>5} </span>{_text(line.before)}"
            + (f"<mark>{_text(line.marked)}</mark>" if line.marked and place.present else _text(line.marked))
            + _text(line.after)
            for line in lines
        )
        yield "<pre>" + "\n".join(shown) + "</pre>"
    yield "</div>"


def _files(comparison: Comparison, texts: _Texts) -> Iterator[str]:
    """Both files in full, line beside line, when the changes are in one pair of files that can be shown so."""
    pairs = {(change.baseline.at.path, change.candidate.at.path) for change in comparison.changes}
    if len(pairs) != 1:
        return
    before, after = pairs.pop()
    rows = rows_of(texts.get(before or "", []), texts.get(after or "", []))
    if not rows:
        return
    fold = "" if len(rows) > _SHORT else " open"
    yield f"<details{fold}><summary>Before and after, line by line ({len(rows)} rows)</summary>"
    yield "<table class='sides'><colgroup><col class='number'><col><col class='number'><col></colgroup>"
    yield f"<tr><th colspan='2'>{_GONE}{_code(before or '')}<th colspan='2'>{_COME}{_code(after or '')}</tr>"
    yield from map(_row, rows)
    yield "</table></details>"


def _row(row: Row) -> str:
    if row.skipped:
        return f"<tr class='more'><td colspan='4'>{row.skipped} equal lines</tr>"
    return f"<tr>{_half(row.before, 'gone', _GONE, row.changed)}{_half(row.after, 'come', _COME, row.changed)}</tr>"


def _half(side: tuple[int, str] | None, kind: str, sign: str, changed: bool) -> str:
    if side is None:
        return "<td class='number'><td>"
    look = f" class='{kind}'" if changed else ""
    return f"<td class='number'>{side[0]}<td{look}>{sign if changed else '  '}{_text(side[1])}"


def _standing(standing: Standing) -> str:
    return f"<span class='standing {standing}'><span aria-hidden='true'>{GLYPHS[standing]}</span> {standing}</span>"


def _prose(text: str) -> str:
    """The text with our own `names` as code and everything else taken literally."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:
        return escape(visible(text))
    return "".join(f"<code>{escape(part)}</code>" if at % 2 else escape(part) for at, part in enumerate(parts))


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>" if text else ""


def _text(text: str) -> str:
    return escape(visible(text.replace("\t", "    ")))

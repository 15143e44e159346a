"""The page: whole in itself, readable with any colour vision and without a mouse, and side by side in a real browser."""

from __future__ import annotations

import io
import itertools
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import CHROMIUM, screenshot
from hypothesis import given
from hypothesis import strategies as st
from outcomes import OUTCOMES, TEXTS, event, outcome

from penstock_contracts import reports
from penstock_contracts.reports.lines import cut, excerpt, rows_of
from penstock_findings import Location

STYLE = Path(reports.__file__).with_name("page.css").read_text("utf-8")


def page(found) -> str:
    stream = io.StringIO()
    reports.write(found, "html", stream)
    return stream.getvalue()


class Reader(HTMLParser):
    """What a browser meets: tags with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: Counter[str] = Counter()
        self.said = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open[tag] += 1

    def handle_endtag(self, tag):
        self.open[tag] -= 1

    def handle_data(self, data):
        self.said += data


def test_the_page_needs_nothing_but_itself(any_outcome):
    text = page(any_outcome)
    tags = Reader(text).tags
    assert not {tag for tag, _ in tags} & {"script", "link", "img", "iframe", "object", "base"}
    assert not [tag for tag, attributes in tags if {"src", "srcset", "style"} & set(attributes)]
    assert not re.search(r"url\(|@import|https?:", text)


def test_every_way_through_the_page_leads_somewhere(any_outcome):
    tags = Reader(page(any_outcome)).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    led = [attributes["href"] for _, attributes in tags if "href" in attributes]
    led += ["#" + str(attributes["aria-labelledby"]) for _, attributes in tags if "aria-labelledby" in attributes]
    assert {target.removeprefix("#") for target in led} <= set(ids)


def test_headings_go_down_one_step_at_a_time(any_outcome):
    levels = [int(tag[1]) for tag, _ in Reader(page(any_outcome)).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_everything_can_be_reached_with_the_keyboard(of_every_kind):
    """Links and summaries can by themselves; nothing else waits for a mouse, because long lines wrap."""
    tags = [tag for tag, _ in Reader(page(of_every_kind)).tags]
    assert tags.count("summary") == tags.count("details") > 0
    assert tags.index("a") < tags.index("h1")  # the way past the head of the page
    assert "summary:focus-visible" in STYLE
    assert "overflow" not in STYLE.replace("overflow-wrap: anywhere", "")


def test_a_standing_is_a_sign_and_a_word_not_only_a_colour(of_every_kind):
    text = page(of_every_kind)
    for sign, word in (("✗", "breaking"), ("?", "undecided"), ("⚑", "waived"), ("✓", "compatible")):
        assert f"<span aria-hidden='true'>{sign}</span> {word}</span>" in text
    edges = re.findall(r"article\.\w+ \{ border-left: 0\.5rem (\w+)", STYLE)
    assert len(set(edges)) == 4


# -- colours ----------------------------------------------------------------------------------------------------


def themes() -> list[dict[str, tuple[float, ...]]]:
    """The colours of the light and of the dark page, as linear light from 0 to 1."""
    found = [
        dict(re.findall(r"--([\w-]+): #(\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    ]
    return [
        {name: tuple(_linear(int(code[at : at + 2], 16) / 255) for at in (0, 2, 4)) for name, code in each.items()}
        for each in found
    ]


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def luminance(colour: tuple[float, ...]) -> float:
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), colour, strict=True))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Contrast as WCAG 2 defines it; 4.5 is what text needs."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


# Machado, Oliveira and Fernandes 2009, severity 1: what people without one kind of cone see
BLIND_TO = {
    "red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark"])
def test_text_has_contrast_on_everything_it_stands_on(theme):
    for ink in ("ink", "quiet", "breaking", "undecided", "waived", "compatible", "focus"):
        assert contrast(theme[ink], theme["page"]) >= 4.5, ink
    for paper in ("panel", "gone", "come", "mark", "mark-new"):
        assert contrast(theme["ink"], theme[paper]) >= 4.5, paper
    assert contrast(theme["quiet"], theme["panel"]) >= 4.5


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark"])
@pytest.mark.parametrize("cone", BLIND_TO)
def test_gone_and_come_are_told_apart_with_any_colour_vision(theme, cone):
    for one, other in (("gone", "come"), ("mark", "mark-new"), ("breaking", "compatible")):
        seen = [
            [sum(weight * part for weight, part in zip(row, theme[name], strict=True)) for row in BLIND_TO[cone]]
            for name in (one, other)
        ]
        perceived = [[max(part, 0.0) ** (1 / 2.4) for part in colour] for colour in seen]
        assert max(abs(a - b) for a, b in zip(*perceived, strict=True)) > 0.08, (one, other)


# -- whatever is said -------------------------------------------------------------------------------------------

hostile = st.one_of(
    st.text(max_size=12), st.sampled_from(["<script>x</script>", "'", '"', "&amp;", "<!--", "`a", "</pre>"])
)


@given(hostile, hostile)
def test_nothing_that_is_quoted_becomes_a_tag(words, name):
    plain = Reader(page(outcome(replace(event(), changes=event().changes[:1]))))
    change = replace(event().changes[0], message=words, was=words, now=name)
    said = Reader(page(outcome(replace(event(), name=name, candidate=words, changes=(change,)))))
    known = Counter(tag for tag, _ in plain.tags if tag not in ("code", "span"))
    assert Counter(tag for tag, _ in said.tags if tag not in ("code", "span")) == known


# -- side by side -----------------------------------------------------------------------------------------------

texts = st.lists(st.sampled_from("abc"), max_size=30).map("\n".join)


@given(texts, texts)
def test_the_rows_hold_both_texts_whole_and_in_order(before, after):
    rows = rows_of(before.splitlines(), after.splitlines())
    if not rows:
        assert not before or not after or before == after
        return
    for side, text in (("before", before), ("after", after)):
        lines, at = text.splitlines(), 0  # the texts have no empty lines
        for row in rows:
            here = getattr(row, side)
            if here is not None:
                assert here == (at + 1, lines[at])
            at += row.skipped or here is not None
        assert at == len(lines)
    assert all(
        row.before and row.after and row.before[1] == row.after[1]
        for row in rows
        if not row.changed and not row.skipped
    )


@pytest.mark.parametrize(
    ("text", "lines"), [("a\u2028b\nc", ["a\u2028b", "c"]), ("a\r\nb\rc\n", ["a", "b", "c", ""]), ("", [""])]
)
def test_lines_end_where_findings_count_them(text, lines):
    assert cut(text) == lines


def test_an_excerpt_marks_the_place_and_nothing_else():
    lines = excerpt(["a", "  bcd", "  ef,", "g"], Location("x", 2, 4, 3, 4))
    assert [(line.number, line.before, line.marked, line.after) for line in lines] == [
        (1, "a", "", ""),
        (2, "  b", "cd", ""),
        (3, "  ", "e", "f,"),
        (4, "g", "", ""),
    ]


@pytest.mark.parametrize("text", ["x" * 5000, "\n" * 5000 + "x"])
def test_what_cannot_be_shown_side_by_side_is_left_out(text):
    assert rows_of(cut(text), TEXTS["event.schema.json"].splitlines()) == []


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed here")
def test_in_a_browser_what_was_stands_left_of_what_is(tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page(OUTCOMES["of every kind"]), "utf-8")
    pixels = screenshot(path, tmp_path, width=1000, height=1400)
    light = re.search(r":root \{(.*?)\}", STYLE, re.DOTALL)
    assert light is not None
    colours = {name: tuple(bytes.fromhex(code)) for name, code in re.findall(r"--([\w-]+): #(\w{6})", light[1])}
    columns = {
        name: [x for row in pixels for x, pixel in enumerate(row) if pixel == colours[name]]
        for name in ("mark", "mark-new")
    }
    assert columns["mark"]
    assert columns["mark-new"]
    assert max(columns["mark"]) < 500 < min(columns["mark-new"])
    edge = [x for row in pixels for x, pixel in enumerate(row) if pixel == colours["breaking"]]
    assert len(edge) > 1000  # the bar of what breaks, and its words

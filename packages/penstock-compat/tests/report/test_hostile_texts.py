"""Everything in a result may come from somebody who wishes us ill: no format lets it act."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from penstock_compat.facts import Failure, Results, Rung, State
from penstock_compat.report import compile_report, text_of

NASTY = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "]]>&lt;&amp;",
    "[click](javascript:alert(1))",
    "| a | b |\n|---|---|",
    "`code` **bold** @everyone #1 <b>",
    "a\nb\r\n::error::boom",
    "\x1b[2Jgone\x07\x00",
    "\u202egnp.exe\u2066 \u200f",
    "\ud800 half",
    "\u2028\u2029\ufeff",
    "x" * 5000,
]


def hostile(synthetic, text):
    """Two cells of one pack, in which everything that may be any text is this one."""
    good = synthetic.passed(synthetic.matrix(1).results[0].cell, random.Random(1))
    cell = replace(good.cell, version=text, core=text, os=text, arch=text, deps=text)
    proof = replace(
        good.evidence,
        command=(text, text),
        environment={text: (text, "")},
        interpreter={text: text},
        log=text,
        by=text,
    )
    failure = Failure("test", text, {text: text, "list": [text], "deep": {text: [text]}})
    bad = replace(
        good, cell=replace(cell, python="3.13"), state=State.FAILED, evidence=proof, failure=failure, reasons=(text,),
        origin=text,
    )  # fmt: skip
    untested = replace(bad, cell=cell, state=State.UNKNOWN, rung=Rung.DECLARED, evidence=None, failure=None)
    return Results(text, (bad, untested))


def report_of(synthetic, text):
    label = f"v1 {text}"  # the same for both, so that there is no series to draw
    before = compile_report(Results(text), label=label)
    return compile_report(hostile(synthetic, text), before=before, label=label)


class Page(HTMLParser):
    """What a browser would see: the tags, their attributes, and the scripts."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.scripts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.scripts and self.tags and self.cdata_elem == "script":
            self.scripts[-1] += data


def check_html(page, plain):
    assert set(page.tags) <= set(plain.tags) | {"p"}
    assert page.tags.count("script") == 2
    assert not [name for name in page.attributes if name.startswith("on") or name in ("src", "srcset", "formaction")]
    json.loads(page.scripts[0])


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_a_page_holds_no_tag_attribute_or_script_but_its_own(synthetic, text):
    plain = Page(text_of(report_of(synthetic, "plain"), "html"))
    html = text_of(report_of(synthetic, text), "html")
    check_html(Page(html), plain)
    assert html.count("</script") == 2
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\u2028\u2029]", html)
    html.encode("utf-8")


@given(text=st.text(max_size=40))
def test_no_text_at_all_adds_a_tag_to_the_page(synthetic, text):
    plain = Page(text_of(report_of(synthetic, "plain"), "html"))
    check_html(Page(text_of(report_of(synthetic, text), "html")), plain)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_xml_stays_xml(synthetic, text):
    root = ElementTree.fromstring(text_of(report_of(synthetic, text), "junit"))
    assert {element.tag for element in root.iter()} == {"testsuites", "testsuite", "testcase", "failure", "skipped"}
    assert len(root.findall(".//testcase")) == 2


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_markdown_makes_no_link_image_tag_or_further_cell_of_it(synthetic, text):
    def shapes(markdown):
        tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
        inline = [child.type for token in tokens for child in token.children or ()]
        return [token.type for token in tokens], set(inline)

    blocks, inline = shapes(text_of(report_of(synthetic, text), "markdown"))
    plain, _ = shapes(text_of(report_of(synthetic, "plain"), "markdown"))
    assert blocks == plain
    assert inline <= {"text", "code_inline", "strong_open", "strong_close", "softbreak", "text_special"}


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("fmt", ["text", "badge", "json", "attestation"])
def test_no_text_drives_a_terminal_or_breaks_a_line_or_json(synthetic, text, fmt):
    written = text_of(report_of(synthetic, text), fmt, version=text if fmt == "attestation" else "")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", written)
    if fmt != "text":
        json.loads(written)
    else:
        plain = text_of(report_of(synthetic, "plain"), fmt)
        assert written.count("\n") == plain.count("\n")

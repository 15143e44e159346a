"""Transcripts of every format, the schemas of those that have one, and what no outcome may do to a reader."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from outcomes import OUTCOMES, event, outcome, payload, same

from penstock_contracts import reports
from penstock_contracts.change import Effect, Outcome
from penstock_contracts.reports.json_format import schema
from penstock_contracts.reports.markdown_format import MARK
from penstock_findings import PenstockError

# the schema of the OASIS standard as it is published, without the blanks between its tokens
SARIF = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text("utf-8"))
REPORT = jsonschema.Draft202012Validator(schema())


def printed(found: Outcome, fmt: str, **options) -> str:
    stream = io.StringIO()
    reports.write(found, fmt, stream, **options)
    return stream.getvalue()


# -- text -------------------------------------------------------------------------------------------------------


def test_text_says_of_a_change_what_was_and_is_and_which_payload_shows_it(of_every_kind):
    assert """\
event.schema.json:3:15: error K201: `site` is required now
    3 |   "required": [
      |               ^
  was: `id` and `time` are required (at main:event.schema.json:3:15, /required)
  now: `id`, `site` and `time` are required (at event.schema.json:3:15, /required)
  backward: breaks
    was accepted before and is refused now: {"id": "", "time": ""}
  forward: fits
  breaking; version step: major
""" in printed(of_every_kind, "text")


def test_text_ends_with_the_answer(any_outcome):
    last = printed(any_outcome, "text").splitlines()[-1]
    assert last.split(":")[0] == {0: "compatible", 1: "breaking", 3: "undecided"}[reports.exit_code(any_outcome)]


def test_text_is_the_same_with_and_without_colour(of_every_kind):
    coloured = printed(of_every_kind, "text", color=True)
    assert "\x1b[1;31m" in coloured
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == printed(of_every_kind, "text")


@pytest.mark.parametrize("fmt", ["text", "markdown", "html"])
def test_contracts_that_did_not_change_and_links_that_hold_are_counted(fmt):
    link = replace(same(), bump=None, equivalent=False, is_link=True, name="zone.out -> desk.in")
    found = outcome(event(), *[same()] * 97, link)
    text = printed(found, fmt)
    assert "97 contracts accept what they did, 1 link holds" in text
    assert "site.event" in text
    assert "site.zone" not in text
    assert "site.zone" in printed(outcome(same()), fmt)


@pytest.mark.parametrize("fmt", [name for name in reports.NAMES if name != "json"])
def test_a_link_has_two_ends_and_no_versions(fmt):
    first = replace(event(), is_link=True, bump=None, name="horn.out -> desk.in", changes=event().changes[:1])
    text = printed(replace(outcome(first), command="check"), fmt)
    assert "may be written and is refused" in text
    assert not re.search(r"before and|version step: |<dt>version step|mode backward|before: ", text)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("open", "breaking, and compatible when payloads hold declared properties only"),
        ("declared", "compatible, and breaking as the schemas are written"),
    ],
)
@pytest.mark.parametrize("fmt", ["text", "markdown", "html"])
def test_the_verdict_on_the_contents_in_use_comes_first(fmt, content, said):
    assert f"{said} (needed" in printed(outcome(replace(event(), content=content)), fmt)


# -- exit codes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "code"),
    [([0, 1, 2, 3, 4], 1), ([1, 2, 3, 4], 3), ([1, 2, 4], 0), ([0], 1), ([3], 3), ([2], 0), ([], 0)],
)
def test_a_break_outweighs_a_doubt_and_a_waiver_clears_both(kept, code):
    changes = event().changes
    assert reports.exit_code(outcome(replace(event(), changes=tuple(changes[at] for at in kept)))) == code


def test_a_missing_baseline_is_no_pass():
    assert reports.exit_code(OUTCOMES["no baseline"]) == 3


# -- formats with a schema --------------------------------------------------------------------------------------


def test_json_obeys_its_schema(any_outcome):
    REPORT.validate(json.loads(printed(any_outcome, "json")))


def test_the_schema_of_json_is_one_and_refuses_what_it_does_not_know(of_every_kind):
    jsonschema.Draft202012Validator.check_schema(schema())
    said = json.loads(printed(of_every_kind, "json"))
    places = [said, said["comparisons"][0], said["comparisons"][0]["changes"][0], said["findings"][0], said["summary"]]
    for place in places:
        place["more"] = 1
        assert not REPORT.is_valid(said)
        del place["more"]
    assert REPORT.is_valid(said)


def test_json_keeps_every_digit_of_a_payload():
    number = 12345678901234567890123456789
    comparison = event()
    answers = (
        replace(comparison.changes[0].answers[0], witness=payload({"n": number})),
        comparison.changes[0].answers[1],
    )
    found = outcome(
        replace(comparison, changes=(replace(comparison.changes[0], answers=answers), comparison.changes[2]))
    )
    text = printed(found, "json")
    assert f'"witness": {{"n": {number}}}' in text
    assert '"confidence": 0.995' in text


def test_json_counts_what_it_lists(of_every_kind):
    said = json.loads(printed(of_every_kind, "json"))
    listed = Counter(change["standing"] for comparison in said["comparisons"] for change in comparison["changes"])
    assert {name: n for name, n in said["summary"].items() if n} == listed


def test_sarif_is_valid_by_the_schema_of_the_standard(any_outcome):
    jsonschema.Draft7Validator(SARIF).validate(json.loads(printed(any_outcome, "sarif")))


def test_sarif_puts_a_break_at_its_line_and_names_the_line_it_comes_from(of_every_kind):
    (run,) = json.loads(printed(of_every_kind, "sarif"))["runs"]
    assert run["tool"]["driver"]["name"] == "penstock contracts diff"
    result = next(result for result in run["results"] if result["ruleId"] == "K201")
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "event.schema.json"},
        "region": {"startLine": 3, "startColumn": 15, "endLine": 7, "endColumn": 4},
    }
    assert result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 3
    assert result["properties"]["evidence"]["witnesses"] == {"backward": '{"id": "", "time": ""}'}


def test_junit_fails_what_breaks_and_what_is_undecided_and_passes_the_rest(of_every_kind):
    suite = ElementTree.fromstring(printed(of_every_kind, "junit"))[0]
    failed = {case.get("name", "").split()[0] for case in suite if case.find("failure") is not None}
    assert failed == {"K201", "K301"}
    assert len(suite) == 6


def test_github_annotates_the_candidate_with_the_payload(of_every_kind):
    first = printed(of_every_kind, "github").splitlines()[0]
    assert first == (
        "::error file=event.schema.json,line=3,endLine=7,title=K201::`site.event`: `site` is required now; "
        '`{"id": "", "time": ""}` was accepted before and is refused now'
        "%0Asee main:event.schema.json:3:15: before: `id` and `time` are required"
    )


# -- Markdown ---------------------------------------------------------------------------------------------------


def test_a_comment_begins_with_the_mark_by_which_it_is_found_again(any_outcome):
    assert printed(any_outcome, "markdown").startswith(MARK + "\n### ")


def test_a_comment_folds_the_payload_away(of_every_kind):
    text = printed(of_every_kind, "markdown")
    assert "**✗ breaking** K201 `event.schema.json:3:15`: `site` is required now\n" in text
    payload = '```json\n{"id": "", "time": ""}\n```\n'
    assert (
        f"<details>\n<summary>a payload that was accepted before and is refused now</summary>\n\n{payload}\n</details>\n"
        in text
    )
    assert text.count("<details>") == text.count("</details>") == 3


def test_a_comment_stays_below_what_the_code_host_takes():
    many = replace(event(), changes=event().changes * 400)
    text = printed(outcome(many), "markdown")
    assert len(text) < 65_536
    assert text.rstrip().endswith("more parts do not fit here; the job's own report has them.")
    assert text.count("<details>") == text.count("</details>")


def test_a_payload_cannot_end_its_own_block():
    answers = (
        replace(event().changes[0].answers[0], witness=payload("```\n</details><img src=x>")),
        event().changes[0].answers[1],
    )
    text = printed(outcome(replace(event(), changes=(replace(event().changes[0], answers=answers),))), "markdown")
    assert '````json\n"```\\n</details><img src=x>"\n````\n' in text


# -- whatever is said -------------------------------------------------------------------------------------------

hostile = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["<script>alert(1)</script>", "`", "``` \n", "a|b", "\x1b[2J", "]]>", "&lt;", "'\"", "-->", "\ud800"]
    ),
)


_OUR_TAGS = ("<details>", "</details>", "<summary>", "</summary>", "<br>")
_TAG = re.compile(r"(?<!\\)<[^>\n]*>?")


def _outside_of_code(text: str) -> str:
    """Markdown without its blocks and spans of code, in which nothing has a meaning."""
    text = re.sub(r"^(`{3,})json\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)", "", text)


@given(hostile, hostile, hostile)
def test_nothing_that_is_quoted_breaks_a_format(name, words, text):
    first = event().changes[0]
    answers = (replace(first.answers[0], witness=payload({text: words}), reason=words), first.answers[1])
    change = replace(first, message=words, was=text, now=words, keyword=text, answers=answers)
    found = outcome(replace(event(), name=name, baseline=words, changes=(change,)))
    REPORT.validate(json.loads(printed(found, "json")))
    jsonschema.Draft7Validator(SARIF).validate(json.loads(printed(found, "sarif")))
    ElementTree.fromstring(printed(found, "junit"))
    assert "\x1b" not in printed(found, "text")
    assert len(printed(found, "github").splitlines()) == 1
    assert set(_TAG.findall(_outside_of_code(printed(found, "markdown")))) <= {MARK, *_OUR_TAGS}


def test_every_effect_has_words():
    first = event().changes[0]
    for effect in Effect:
        change = replace(first, answers=(replace(first.answers[0], effect=effect, witness=None), first.answers[1]))
        found = outcome(replace(event(), changes=(change,)))
        assert re.search(r"^  backward: \w+", printed(found, "text"), re.MULTILINE)
        REPORT.validate(json.loads(printed(found, "json")))


def test_an_unknown_format_is_a_mistake_with_a_hint():
    with pytest.raises(PenstockError) as caught:
        printed(outcome(), "htm")
    assert caught.value.findings[0].code == "F004"


def test_a_stream_that_cannot_say_it_gets_an_escape(of_every_kind):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    reports.write(of_every_kind, "markdown", stream)
    assert b"\\u2717 Contracts" in stream.buffer.getvalue()


# -- files ------------------------------------------------------------------------------------------------------


def test_one_run_writes_as_many_reports_as_are_wanted(of_every_kind, tmp_path):
    targets = [f"{fmt}={tmp_path / 'out' / fmt}" for fmt in reports.NAMES]
    reports.write_files(of_every_kind, targets)
    for fmt in reports.NAMES:
        assert (tmp_path / "out" / fmt).read_text("utf-8") == printed(of_every_kind, fmt)


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        ("serif=x", "F004", "write `sarif`"),
        ("html", "F004", "write `html=FILE`"),
        ("html=", "F004", "write `html=FILE`"),
        ("text={there}", "F003", None),
    ],
)
def test_a_word_that_names_no_report_is_refused_before_anything_is_written(of_every_kind, tmp_path, words, code, hint):
    first = tmp_path / "first.json"
    with pytest.raises(PenstockError) as caught:
        reports.write_files(of_every_kind, [f"json={first}", words.format(there=tmp_path)])
    (finding,) = caught.value.findings
    assert (finding.code, finding.hint) == (code, hint)
    assert first.exists() == (code == "F003")

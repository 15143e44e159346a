"""The corpus: wrong policy files and profiles with every finding they deserve, right ones with none."""

from __future__ import annotations

import io
from typing import Any

import pytest

from penstock_findings.codebook import all_codes
from penstock_findings.finding import Severity
from penstock_findings.reporters import NAMES, write

# Findings that need more than one file, a command line, a run or a real pack; other tests produce them.
ELSEWHERE = {"L115", "L119", "L120", "L121", "L122", "L201", "L203", "L204", "L210"}


def test_the_corpus_is_large(bad_cases: list[Any], good_cases: list[Any]) -> None:
    assert len(bad_cases) >= 120
    assert sum(case.is_profile for case in bad_cases) >= 20
    assert len(good_cases) >= 8


def test_a_wrong_file_gets_exactly_the_findings_it_deserves(bad_case: Any, world: Any) -> None:
    assert bad_case.expected
    assert world.said(bad_case) == bad_case.expected


def test_a_right_file_gets_no_finding(good_case: Any, world: Any) -> None:
    assert world.of(good_case).report.findings == ()


def test_a_file_is_sound_exactly_when_there_is_no_error(bad_case: Any, world: Any) -> None:
    made = world.of(bad_case)
    assert made.is_sound == all(finding.severity is not Severity.ERROR for finding in made.report.findings)


def test_without_a_graph_only_what_needs_one_goes_unsaid(bad_case: Any, world: Any) -> None:
    if not bad_case.is_profile:
        needs_graph = ("L102", "L103", "L104", "L110", "L111", "L112", "L113", "L114", "L118", "L123")
        alone = [finding.code for finding in world.load(bad_case.data, alone=True).report.findings]
        assert sorted(alone) == [said.split()[0] for said in bad_case.expected if not said.startswith(needs_graph)]


def test_every_code_is_documented_and_has_a_file_that_produces_it(bad_cases: list[Any]) -> None:
    documented = {said.code for said in all_codes() if said.code.startswith("L")}
    produced = {said.split()[0] for case in bad_cases for said in case.expected if said.startswith("L")}
    assert produced | ELSEWHERE == documented
    assert not produced & ELSEWHERE


def test_every_page_says_why_and_what_to_do() -> None:
    for said in (said for said in all_codes() if said.code.startswith("L")):
        assert said.owner == "penstock"
        assert said.text.startswith("Why: "), said.code
        assert "\n\nDo:  " in said.text, said.code


def test_findings_are_told_in_the_order_of_the_file(bad_case: Any, world: Any) -> None:
    places = [(f.at.path, f.at.line, f.at.column) for f in world.of(bad_case).report.findings]
    assert places == sorted(places)


def test_every_finding_makes_sense_alone(bad_case: Any, world: Any) -> None:
    for finding in world.of(bad_case).report.findings:
        assert finding.message == finding.message.strip(" .")
        assert "\n" not in finding.message
        assert finding.message[0] == finding.message[0].lower()
        assert len(finding.message) < 300
        assert finding.message.count("`") % 2 == 0
        assert finding.hint or finding.code[:2] not in ("L1", "L2") or finding.code == "L105"


@pytest.mark.parametrize("fmt", NAMES)
def test_every_format_can_print_them(fmt: str, bad_cases: list[Any], world: Any) -> None:
    for case in bad_cases[::10]:
        out = io.StringIO()
        write(world.of(case).report, fmt, out)
        assert out.getvalue()

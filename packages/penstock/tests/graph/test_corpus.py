"""The corpus: wrong graph files with every finding they deserve, right ones with none, and no check that nobody needs."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from penstock.graph.checks import all_checks
from penstock_findings.codebook import all_codes
from penstock_findings.finding import Severity
from penstock_findings.reporters import NAMES, write


def test_the_corpus_is_large(bad_cases: list[Any], good_cases: list[Any]) -> None:
    assert len(bad_cases) >= 250
    assert len(good_cases) >= 14


def test_a_wrong_graph_gets_exactly_the_findings_it_deserves(bad_case: Any, world: Any) -> None:
    assert bad_case.expected
    assert world.said(bad_case.data, bad_case.overrides) == bad_case.expected


def test_a_right_graph_gets_no_finding_and_can_be_built(good_case: Any, world: Any) -> None:
    loaded = world.load(good_case.data, good_case.overrides)
    assert loaded.report.findings == ()
    assert loaded.graph is not None


def test_a_graph_comes_out_exactly_when_there_is_no_error(bad_case: Any, world: Any) -> None:
    loaded = world.load(bad_case.data, bad_case.overrides)
    errors = [finding for finding in loaded.report.findings if finding.severity is Severity.ERROR]
    assert (loaded.graph is None) == bool(errors)


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.code)
def test_without_any_one_check_the_corpus_would_notice(check: Any, bad_cases: list[Any], world: Any) -> None:
    others = [other for other in all_checks() if other is not check]
    concerned = [case for case in bad_cases if any(said.startswith(check.code) for said in case.expected)]
    assert concerned
    assert all(world.said(case.data, case.overrides, checks=others) != case.expected for case in concerned)


def test_every_code_is_documented_and_has_a_file_that_produces_it_and_one_that_nearly_does(
    bad_cases: list[Any], good_cases: list[Any]
) -> None:
    documented = {said.code for said in all_codes() if said.code.startswith("G")}
    produced = {said.split()[0] for case in bad_cases for said in case.expected if said.startswith("G")}
    nearly = {code for case in good_cases for code in case.nearly}
    assert documented == produced == nearly
    assert {check.code for check in all_checks()} <= documented


def test_every_check_is_named_like_its_file_and_says_why_what_is_bad_and_what_is_good() -> None:
    import penstock.graph.checks as folder

    for said in (said for said in all_codes() if said.code.startswith("G")):
        assert re.search(r"(?m)^Why:? ", said.text), said.code
        assert len(re.findall(r"(?m)^(Bad|Good): ", said.text)) == 2, said.code
    modules = {name[:4].upper(): getattr(folder, name) for name in dir(folder) if re.fullmatch(r"g\d{3}_\w+", name)}
    assert {code: module.CHECK.code for code, module in modules.items()} == {code: code for code in modules}
    assert len(modules) == len(all_checks())


@pytest.mark.parametrize("fmt", NAMES)
def test_no_format_of_report_repeats_a_literal_secret(fmt: str, bad_cases: list[Any], world: Any) -> None:
    secrets = ["hunter2", "83412907", "bm90IGEgcmVhbCBrZXks", "s3cr3t-w0rd", "0123456789abcdef", "ab12-cd34"]
    secrets += ["AKIAIOSFODNN7EXAMPLE", "letmein-please", "kv/uplink", "swordfish"]
    printed, text = "", ""
    for case in bad_cases:
        if any(said.startswith(("G025", "G026")) for said in case.expected):
            out = io.StringIO()
            write(world.load(case.data, case.overrides).report, fmt, out)
            printed += out.getvalue()
            text += case.data.decode()
    assert [secret for secret in secrets if secret not in text] == []
    assert [secret for secret in secrets if secret in printed] == []


def test_findings_are_told_in_the_order_of_the_file(bad_case: Any, world: Any) -> None:
    places = [
        (f.at.path, f.at.line, f.at.column) for f in world.load(bad_case.data, bad_case.overrides).report.findings
    ]
    assert places == sorted(places)


def test_every_finding_makes_sense_alone(bad_case: Any, world: Any) -> None:
    for finding in world.load(bad_case.data, bad_case.overrides).report.findings:
        assert finding.message == finding.message.strip(" .")
        assert "\n" not in finding.message
        assert finding.message[0] == finding.message[0].lower()
        assert len(finding.message) < 300
        assert finding.message.count("`") % 2 == 0

"""Reports of every format: what they say, that they say it the same each time, and how fast."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from penstock_compat.errors import CannotRead, Misuse
from penstock_compat.facts import Cause, Results, Rung, State
from penstock_compat.formats import read_results, schema_text, write_results
from penstock_compat.looks import BROKEN, DOOMED, FAULT, LEFT_OUT, LOOKS, PROVEN, STALE, UNKNOWN, UNTESTED
from penstock_compat.merge import merge
from penstock_compat.report import FORMATS, compile_report, pairs_of, text_of, write_files
from penstock_compat.report.attestation_format import TYPE
from penstock_compat.report.json_format import REPORT, SCHEMA, read_report
from penstock_compat.standing import Freshness, instant, standings
from penstock_findings import PenstockError


def only(results, *packs):
    return replace(results, results=tuple(r for r in results.results if r.cell.pack in packs))


@pytest.fixture
def few(large):
    """Six packs, each with another trouble."""
    looks = {}
    for standing in standings(large.results):
        looks.setdefault(standing.look.key, standing.cell.pack)
    return only(large, *looks.values())


def test_a_hundred_packs_are_reported_in_two_seconds_and_a_megabyte(large, tmp_path, record_property):
    path = tmp_path / "all.compat.json"
    write_results(large, path)
    began = time.process_time()  # not the clock's: other tests run beside this one
    report = compile_report(merge(read_results(path)), label="v1")
    write_files(report, [f"html={tmp_path}/index.html"])
    seconds = time.process_time() - began
    size = (tmp_path / "index.html").stat().st_size
    record_property("seconds", seconds)
    record_property("bytes", size)
    print(f"100 packs x 24 cells: {seconds:.2f} s, {size:,} bytes of HTML")
    assert len(report.standings) == 2400
    assert size < 1_000_000
    assert seconds < 2.0


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_same_results_give_the_same_bytes_in_whatever_order(few, fmt):
    backwards = replace(few, results=few.results[::-1])
    pack = few.results[0].cell.pack
    texts = {text_of(compile_report(merge(one), label="v1"), fmt, pack=pack) for one in (few, backwards)}
    assert len(texts) == 1
    assert texts.pop().endswith("\n")


def test_there_is_a_cell_of_every_look(few):
    counts = compile_report(few).counts()
    assert set(counts) == {look.key for look in LOOKS}
    assert all(counts.values())


def test_a_report_fits_its_schema_and_can_be_read_again(few, tmp_path):
    first = compile_report(only(few, few.results[0].cell.pack), label="v1")
    report = compile_report(few, before=first, label="v2")
    text = text_of(report, "json")
    schema = json.loads(
        Path(read_results.__code__.co_filename).with_name("schemas").joinpath(SCHEMA).read_text("utf-8")
    )
    assert schema == json.loads(schema_text(REPORT, "Compatibility report"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(text))
    path = tmp_path / "report.json"
    path.write_text(text)
    again = read_report(path)
    assert text_of(again, "json") == text
    assert text_of(again, "html") == text_of(report, "html")


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda text: text[: len(text) // 2], None),
        (lambda text: text.replace('"format":1', '"format":2'), "C103"),
        (lambda text: text.replace('"label":', '"labell":', 1), "C111"),
        (lambda text: text.replace('"look":"proven"', '"look":"fine"', 1), "C113"),
        (lambda text: "[]", "C110"),
    ],
)
def test_a_damaged_report_is_a_finding(few, tmp_path, damage, code):
    path = tmp_path / "report.json"
    path.write_text(damage(text_of(compile_report(few, label="v1"), "json")))
    with pytest.raises(CannotRead) as refused:
        read_report(path)
    assert code is None or code in {finding.code for finding in refused.value.findings}


# -- what counts, and what is stale


def test_only_what_was_tested_and_passed_looks_proven(large):
    for standing in standings(large.results):
        proven = standing.result.state is State.PASSED and standing.result.rung is Rung.TESTED and not standing.stale
        assert (standing.look is PROVEN) == proven


@pytest.mark.parametrize("rung", [rung for rung in Rung if rung is not Rung.TESTED])
def test_nothing_below_tested_is_a_proof(synthetic, rung):
    (cell,) = {result.cell for result in synthetic.matrix(1).results[:1]}
    untested = replace(synthetic.passed(cell, __import__("random").Random(1)), state=State.UNKNOWN, rung=rung)
    for result in (untested, replace(untested, evidence=None), replace(untested, state=State.PASSED)):
        (standing,) = standings([result])
        assert standing.look in (UNTESTED, UNKNOWN)


def one_passed(synthetic, days=0.0):
    import random

    cell = synthetic.matrix(1).results[0].cell
    return synthetic.passed(cell, random.Random(1), days=days)


def test_old_evidence_is_stale_after_the_days_that_are_given(synthetic):
    result = one_passed(synthetic, days=40)
    as_of = synthetic.NOON
    (standing,) = standings([result], Freshness(as_of, 30))
    assert standing.look is STALE
    assert "40 days old" in standing.stale[0]
    (standing,) = standings([result], Freshness(as_of, 41))
    assert standing.look is PROVEN


def test_evidence_of_another_build_is_stale(synthetic):
    result = one_passed(synthetic)
    name = f"{result.cell.pack}=={result.cell.version}"
    (standing,) = standings([result], Freshness(builds={name: frozenset({synthetic.digest("another")})}))
    assert standing.look is STALE
    (standing,) = standings([result], Freshness(builds={name: frozenset({result.evidence.pack_digest})}))
    assert standing.look is PROVEN


def test_a_newer_build_on_the_same_platform_makes_the_older_stale(synthetic):
    old = one_passed(synthetic, days=2)
    other = replace(old.cell, deps="another")
    newer = replace(old.evidence, pack_digest=synthetic.digest("new"), at=synthetic.NOON.isoformat())
    looks = {s.cell.deps: s.look for s in standings([old, replace(old, cell=other, evidence=newer)])}
    assert looks == {old.cell.deps: STALE, "another": PROVEN}
    elsewhere = replace(other, os="windows")  # wheels differ between platforms, and that is no news
    looks = {s.cell.os: s.look for s in standings([old, replace(old, cell=elsewhere, evidence=newer)])}
    assert looks == {old.cell.os: PROVEN, "windows": PROVEN}


def test_what_was_tried_later_counts(synthetic):
    old = one_passed(synthetic, days=2)
    failed = replace(
        old, state=State.FAILED, cause=Cause.PACK, evidence=replace(old.evidence, at=synthetic.NOON.isoformat())
    )
    (standing,) = standings([failed, old])
    assert (standing.look, standing.older) == (BROKEN, 1)
    (standing,) = standings([replace(failed, cause=Cause.ENVIRONMENT), old])
    assert standing.look is PROVEN  # a fault of the environment says nothing of the pack


def test_a_prediction_is_shown_as_one(synthetic):
    cell = one_passed(synthetic).cell
    looks = {}
    for state, cause in (
        (State.NO_WHEEL, Cause.PYTHON),
        (State.SKIPPED, Cause.NONE),
        (State.FAILED, Cause.ENVIRONMENT),
    ):
        base = replace(one_passed(synthetic), cell=cell, state=state, cause=cause, rung=Rung.STATIC, evidence=None)
        (standing,) = standings([base])
        looks[state] = standing.look
    assert looks == {State.NO_WHEEL: DOOMED, State.SKIPPED: LEFT_OUT, State.FAILED: FAULT}


def test_moments_are_compared_as_moments():
    assert instant("2026-11-22T12:00:00+02:00") == instant("2026-11-22T10:00:00Z")


# -- what changed


def test_what_changed_is_told_and_remembered(synthetic):
    good = one_passed(synthetic)
    bad = replace(good, state=State.FAILED, cause=Cause.PACK, evidence=replace(good.evidence, log="boom"))
    first = compile_report(Results("x", (good,)), label="v1")
    second = compile_report(Results("x", (bad,)), before=first, label="v2")
    third = compile_report(Results("x", ()), before=second, label="v3")
    assert [change.kind for change in second.changes] == ["broke"]
    assert [change.kind for change in third.changes] == ["went"]
    assert [past.label for past in third.past] == ["v1", "v2", "v3"]
    assert second.fails("regression")
    assert not first.fails("regression")
    again = compile_report(Results("x", (bad,)), before=second, label="v2")
    assert [past.label for past in again.past] == ["v1", "v2"]
    assert again.changes == ()


# -- the formats


def test_a_badge_is_green_only_when_everything_is_proven(synthetic, large):
    fine = one_passed(synthetic)
    badge = json.loads(text_of(compile_report(Results("x", (fine,))), "badge"))
    assert badge["color"] == "brightgreen"
    assert badge["message"] == f"Python {fine.cell.python} · 1/1 proven"
    other = replace(fine, cell=replace(fine.cell, deps="x"), state=State.UNKNOWN, rung=Rung.DECLARED, evidence=None)
    assert json.loads(text_of(compile_report(Results("x", (fine, other))), "badge"))["color"] == "yellow"
    assert json.loads(text_of(compile_report(large), "badge"))["color"] == "red"
    assert json.loads(text_of(compile_report(Results("x")), "badge"))["color"] == "lightgrey"


def test_junit_counts_every_cell_once_and_passes_only_what_is_proven(large):
    report = compile_report(large)
    counts = report.counts()
    root = ElementTree.fromstring(text_of(report, "junit"))
    cases = root.findall(".//testcase")
    assert len(cases) == 2400 == int(root.get("tests"))
    assert sum(len(case) == 0 for case in cases) == counts[PROVEN.key]
    assert len(root.findall(".//failure")) == counts[BROKEN.key] + counts[DOOMED.key] == int(root.get("failures"))
    assert len(root.findall(".//error")) == counts[FAULT.key]


def test_an_attestation_speaks_for_one_build(large, synthetic):
    pack = large.results[0].cell.pack
    told = json.loads(text_of(compile_report(large), "attestation", pack=pack))
    assert told["predicateType"] == TYPE
    assert told["pack"]["digest"] == synthetic.digest(f"{pack}{told['pack']['version']}")
    assert len(told["cells"]) == 24
    with pytest.raises(Misuse, match="one pack"):
        text_of(compile_report(large), "attestation")
    with pytest.raises(Misuse, match="no pack"):
        text_of(compile_report(large), "attestation", pack="nobody")
    mixed = [
        replace(r, evidence=replace(r.evidence, pack_digest=synthetic.digest(r.cell.python)))
        for r in only(large, pack).results
        if r.evidence
    ]
    with pytest.raises(Misuse, match="different builds"):
        text_of(compile_report(Results("x", tuple(mixed))), "attestation")


def test_words_that_name_no_format_are_refused_before_anything_is_written(tmp_path, few):
    with pytest.raises(PenstockError, match="htm"):
        write_files(compile_report(few), [f"json={tmp_path}/r.json", "htm=x"])
    assert list(tmp_path.iterdir()) == []
    assert pairs_of(["html=a=b.html"]) == [("html", "a=b.html")]


def test_an_empty_matrix_has_a_report_in_every_format():
    report = compile_report(Results("x"))
    for fmt in set(FORMATS) - {"attestation"}:
        assert text_of(report, fmt)


def test_the_command_offers_every_format():
    from penstock_compat.cli import report as command

    assert command.FORMATS == FORMATS

"""Facts are frozen values; reports keep findings in reading order; errors carry at least one finding."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_findings import Exit, Finding, Location, PenstockError, Related, Report, Severity

WHERE = Location("flow.yaml", 3, 5, 3, 9, "/nodes/0")
FINDING = Finding("X101", "no `a`", WHERE, hint="write `b`", related=[Related("the first", WHERE)], evidence={"n": [1]})


@pytest.mark.parametrize("fact", [WHERE, FINDING, FINDING.related[0], Report("check", [FINDING], {"flow.yaml": "a"})])
def test_a_fact_is_a_frozen_value(fact):
    assert pickle.loads(pickle.dumps(fact)) == fact
    assert copy.deepcopy(fact) == fact
    assert hash(copy.deepcopy(fact)) == hash(fact)
    name = fact.__match_args__[0]
    with pytest.raises(AttributeError, match="frozen"):
        setattr(fact, name, "other")
    with pytest.raises(AttributeError, match="frozen"):
        delattr(fact, name)
    with pytest.raises(AttributeError):
        fact.anything_else = 1
    assert repr(fact).startswith(f"{type(fact).__name__}({name}=")


def test_a_fact_has_the_face_of_a_dataclass():
    moved = dataclasses.replace(WHERE, line=4)
    assert (moved.line, moved.column) == (4, 5)
    assert dataclasses.asdict(WHERE)["pointer"] == "/nodes/0"
    assert [field.name for field in dataclasses.fields(Finding)] == list(Finding.__match_args__)
    assert dataclasses.is_dataclass(FINDING)
    if sys.version_info >= (3, 13):
        assert copy.replace(WHERE, line=4) == moved


class Place(Location):
    __slots__ = ()


def test_facts_of_two_types_are_never_equal():
    assert Location("a") != Place("a")
    assert Location("a") != ("a", None, None, None, None, None)


def test_a_finding_keeps_its_own_evidence():
    evidence = {"n": 1}
    finding = Finding("X101", "m", evidence=evidence)
    evidence["n"] = 2
    assert finding.evidence == {"n": 1}


def test_a_severity_may_be_given_as_its_word_and_nothing_else():
    assert Finding("X101", "m", severity="note").severity is Severity.NOTE
    with pytest.raises(ValueError, match="fatal"):
        Finding("X101", "m", severity="fatal")


def test_severities_are_ranked():
    assert [s.value for s in sorted(Severity, key=lambda s: s.rank)] == ["note", "warning", "error"]
    assert f"{Severity.NOTE}" == "note"


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (Location(), ""),
        (Location("a.yaml"), "a.yaml"),
        (Location("a.yaml", 3), "a.yaml:3"),
        (Location("a.yaml", 3, 7), "a.yaml:3:7"),
        (Location("a.yaml", pointer="/x"), "a.yaml#/x"),
        (Location(pointer="/x"), "#/x"),
        (Location(None, 3, 7), "<input>:3:7"),
    ],
)
def test_a_location_reads_as_people_write_it(at, text):
    assert str(at) == text


places = st.builds(
    Location,
    st.sampled_from([None, "a", "b"]),
    st.one_of(st.none(), st.integers(1, 3)),
    st.one_of(st.none(), st.integers(1, 3)),
)
findings = st.lists(
    st.builds(Finding, st.sampled_from(["X101", "X102"]), st.just("m"), places, st.sampled_from(Severity))
)


@given(findings, st.randoms())
def test_the_order_of_a_report_does_not_depend_on_the_order_of_finding(some, random):
    shuffled = some[:]
    random.shuffle(shuffled)
    key = [(f.at, f.code) for f in Report("t", some).findings]
    assert [(f.at, f.code) for f in Report("t", shuffled).findings] == key
    keys = [(at.path or "", at.line or 0, at.column or 0, code) for at, code in key]
    assert keys == sorted(keys)


@given(findings, findings)
def test_a_sum_of_reports_has_the_findings_of_both(left, right):
    both = Report("t", left, {"a": "1"}, "1.0") + Report("u", right, {"b": "2"})
    assert both == Report("t", left + right, {"a": "1", "b": "2"}, "1.0")


@pytest.mark.parametrize("threshold", Severity)
@given(findings)
def test_the_exit_code_is_1_when_a_finding_reaches_the_threshold(threshold, some):
    reached = [f for f in some if f.severity.rank >= threshold.rank]
    assert Report("t", some).exit_code(threshold) == (Exit.FINDINGS if reached else Exit.CLEAN)


def test_a_warning_alone_does_not_fail_a_check():
    assert Report("t", [Finding("X1", "m", severity=Severity.WARNING)]).exit_code() == 0


class NoPort(PenstockError):
    """An error of a tool."""

    code = "G104"
    exit_code = 1


def test_an_error_makes_a_finding_of_what_it_is_told():
    error = NoPort("no port `a`", at=WHERE, hint="write `b`")
    assert error.findings == (Finding("G104", "no port `a`", WHERE, hint="write `b`"),)
    assert str(error) == "no port `a`"
    assert error.exit_code == 1
    assert PenstockError("m").exit_code == Exit.MISUSE
    assert PenstockError("m").findings[0].code == "F000"
    assert PenstockError("m", code="G9").code == "G9"


def test_an_error_carries_findings_as_they_are():
    error = PenstockError("two things are wrong", findings=[FINDING, FINDING], sources={"flow.yaml": "text"})
    assert error.findings == (FINDING, FINDING)
    assert error.code == "X101"
    assert error.sources == {"flow.yaml": "text"}


def test_exits_are_the_numbers_that_scripts_rely_on():
    assert {exit.name: int(exit) for exit in Exit} == {
        "CLEAN": 0,
        "FINDINGS": 1,
        "MISUSE": 2,
        "UNDECIDED": 3,
        "BUG": 70,
    }

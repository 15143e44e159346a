"""Results and plans in files: what is written is read back, the same every time, and nothing else is accepted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from penstock_compat import formats
from penstock_compat.axes import Axes
from penstock_compat.errors import CannotRead
from penstock_compat.facts import KINDS, Cause, Cell, Evidence, Failure, Result, Results, Rung, State
from penstock_compat.formats import parse_results, read_plan, results_text, write_plan
from penstock_compat.packs import Pack
from penstock_compat.plan import plan
from penstock_findings.finding import Finding, Location, Severity

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
digests = st.sampled_from(["", "sha256:" + "0" * 64, "sha256:" + "a" * 64])
cells = st.builds(
    Cell,
    pack=st.sampled_from(["site", "a-b", "x1"]),
    version=words,
    core=words,
    os=words,
    arch=words,
    python=st.sampled_from(["3.10", "3.13"]),
    deps=words,
)
evidence = st.builds(
    Evidence,
    command=st.lists(words, max_size=3).map(tuple),
    environment=st.dictionaries(words, st.tuples(words, digests), max_size=3),
    pack_digest=digests,
    core_digest=digests,
    interpreter=st.dictionaries(words, words, max_size=2),
    seconds=st.floats(0, 1e6),
    log_digest=digests,
    log=st.none() | words,
    at=st.sampled_from(["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.5+02:00"]),
    by=words,
)
found = st.builds(
    Finding,
    words,
    words,
    st.builds(Location, st.none() | words, st.none() | st.integers(1, 9)),
    st.sampled_from(Severity),
)
failures = st.builds(
    Failure,
    st.sampled_from(KINDS),
    words,
    st.dictionaries(words, st.integers() | words, max_size=2),
    st.lists(found, max_size=2).map(tuple),
)
results = st.builds(
    Result,
    cell=cells,
    state=st.sampled_from([one for one in State if one is not State.PASSED]),
    cause=st.sampled_from(Cause),
    rung=st.sampled_from([one for one in Rung if one is not Rung.TESTED]),
    evidence=st.none() | evidence,
    failure=st.none() | failures,
    reasons=st.lists(words, max_size=2).map(tuple),
    origin=words,
) | st.builds(Result, cell=cells, state=st.just(State.PASSED), rung=st.just(Rung.TESTED), evidence=evidence)
files = st.lists(results, max_size=4, unique_by=lambda one: (one.cell, one.origin)).map(tuple)


@given(files, words)
def test_what_is_written_is_read_back(rows, made_by):
    ordered = tuple(sorted(rows, key=lambda one: (one.cell, one.origin)))
    assert parse_results(results_text(Results(made_by, rows)).encode(), "x.json") == Results(made_by, ordered)


@given(files, st.randoms())
def test_the_same_results_make_the_same_bytes_in_any_order(rows, chance):
    other = list(rows)
    chance.shuffle(other)
    assert results_text(Results("x", rows)) == results_text(Results("x", tuple(other)))


@given(files)
def test_the_schema_accepts_what_is_written(rows):
    schema = json.loads(formats.schema_text(formats.RESULTS, "x"))
    Draft202012Validator(schema).validate(json.loads(results_text(Results("x", rows))))


def base():
    cell = Cell("site", "1", "", "linux", "x86_64", "3.12", "newest")
    return json.loads(results_text(Results("x", (Result(cell, State.UNKNOWN),))))


def refused(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    with pytest.raises(CannotRead) as raised:
        parse_results(data, "x.compat.json")
    return [finding.code for finding in raised.value.findings]


def test_the_base_of_the_refusals_is_accepted():
    assert len(parse_results(json.dumps(base()).encode(), "x.json").results) == 1


@pytest.mark.parametrize(
    ("where", "value", "code"),
    [
        (("results", 0, "state"), "passed", "C114"),
        (("results", 0, "rung"), "tested", "C114"),
        (("results", 0, "state"), "green", "C113"),
        (("results", 0, "sate"), "x", "C111"),
        (("results", 0, "cell", "python"), 3.12, "C110"),
        (("results", 0, "cell", "pack"), "Site", "C113"),
        (("results",), {}, "C110"),
        (("format",), 2, "C103"),
        (("format",), True, "C110"),
        (("results", 0), 7, "C110"),
    ],
)
def test_what_is_no_result_is_refused(where, value, code):
    document = base()
    place = document
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = value
    assert refused(document) == [code]


def test_one_cell_twice_is_refused():
    document = base()
    document["results"] *= 2
    assert refused(document) == ["C115"]


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"format":1', b"\xff", b'{"format":1,"format":1}', b"[" * 100_000, b"NaN"]
)
def test_a_truncated_or_foreign_file_is_refused_with_a_finding(data):
    (code, *_) = refused(data)
    assert code.startswith("F1")


def test_a_cut_file_is_refused_wherever_it_was_cut():
    whole = json.dumps(base()).encode()
    for end in range(len(whole)):
        assert refused(whole[:end])


def test_a_mistake_is_told_with_line_and_column():
    with pytest.raises(CannotRead) as raised:
        parse_results(b'{"format": 1, "made_by": "x",\n "results": [7]}', "x.json")
    (finding,) = raised.value.findings
    assert (finding.at.path, finding.at.line, finding.at.column) == ("x.json", 2, 14)


def test_a_plan_is_read_back(tmp_path):
    axes = Axes(core="penstock", cores=("0.1", "0.2"), budget=1.0, wheels=("/w",))
    made = plan([Pack("/p", "site", "1.0")], axes, platform=("linux", "x86_64"), pythons={"3.12": "/bin/python3.12"})
    write_plan(made, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == made


def test_the_shipped_schemas_are_those_of_the_readers():
    from importlib.resources import files as shipped

    texts = {
        formats.RESULTS_SCHEMA: formats.schema_text(formats.RESULTS, "Results of a compatibility matrix"),
        formats.PLAN_SCHEMA: formats.schema_text(formats.PLAN, "Plan of a compatibility matrix"),
    }
    for name, text in texts.items():
        assert (shipped("penstock_compat") / "schemas" / name).read_text(encoding="utf-8") == text

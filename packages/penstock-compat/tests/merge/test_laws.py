"""What holds for every merge: grouping, order and repetition do not matter, and no contradiction is lost."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_compat.facts import Cause, Cell, Evidence, Failure, Result, Results, Rung, State
from penstock_compat.formats import parse_results, results_text
from penstock_compat.merge import Contradictory, marked, merge
from penstock_compat.standing import is_decided, standings

_CELLS = [Cell("site", "1.0", "0.1.0", "linux", "x86_64", python, "newest") for python in ("3.12", "3.13")]
_DIGESTS = [f"sha256:{letter * 64}" for letter in "ab"]
_MOMENTS = ["2026-11-01T10:00:00+00:00", "2026-11-02T12:00:00+02:00", "2026-11-02T10:00:00+00:00"]

evidences = st.builds(
    Evidence,
    command=st.just(("python", "-m", "pytest")),
    environment=st.sampled_from([{}, {"click": ("8.1", "")}, {"click": ("8.2", "")}]),
    pack_digest=st.sampled_from(_DIGESTS),
    core_digest=st.just(""),
    interpreter=st.sampled_from([{"version": "3.12.1"}, {"version": "3.12.2"}]),
    seconds=st.sampled_from([0.5, 1.5]),
    log_digest=st.just(""),
    log=st.sampled_from([None, "the end"]),
    at=st.sampled_from(_MOMENTS),
    by=st.sampled_from(["ann", "job 7"]),
)
_origins = st.sampled_from(["", "linux", "mac", "linux, mac"])
tried = st.builds(
    Result,
    cell=st.sampled_from(_CELLS),
    state=st.sampled_from([State.PASSED, State.PASSED, State.PASSED, State.FAILED, State.UNKNOWN]),
    cause=st.sampled_from([Cause.NONE, Cause.PACK, Cause.ENVIRONMENT]),
    rung=st.just(Rung.TESTED),
    evidence=evidences,
    failure=st.sampled_from([None, Failure("test", "1 failed", {"tests": ["a"]})]),
    origin=_origins,
)
untried = st.builds(
    Result,
    cell=st.sampled_from(_CELLS),
    state=st.sampled_from([State.UNKNOWN, State.RESOLVE_FAILED, State.SKIPPED]),
    rung=st.sampled_from([Rung.UNKNOWN, Rung.DECLARED, Rung.STATIC]),
    reasons=st.sampled_from([(), ("no job came back",)]),
    origin=_origins,
)
results = st.builds(
    Results,
    made_by=st.sampled_from(["penstock-compat 0.1.0", "by hand", "by hand, penstock-compat 0.1.0"]),
    results=st.lists(tried | untried, max_size=4).map(tuple),
)


def merged(*parts):
    """The merge, or None where it is refused."""
    try:
        return merge(*parts)
    except Contradictory:
        return None


def then(one, other):
    """Merge what was merged before; a refusal stays one."""
    return None if one is None or other is None else merged(one, other)


@given(results, results, results)
def test_how_parts_are_grouped_does_not_matter(a, b, c):
    assert then(merged(a, b), merged(c)) == then(merged(a), merged(b, c)) == merged(a, b, c)


@given(results, results)
def test_the_order_of_parts_does_not_matter(a, b):
    assert merged(a, b) == merged(b, a)


@given(results)
def test_what_comes_twice_counts_once(a):
    once = merged(a)
    assert merged(a, a) == once
    assert then(once, once) == once


@given(results)
def test_nothing_is_added_by_nothing(a):
    assert merged(a, Results("by hand")) == merged(Results("by hand"), a)


@given(results, results)
def test_what_is_merged_comes_from_a_part(a, b):
    both = merged(a, b)
    if both is not None:
        given_results = {replace_origin(result) for result in (*a.results, *b.results)}
        assert {replace_origin(result) for result in both.results} <= given_results
        assert {result.cell for result in both.results} == {result.cell for result in (*a.results, *b.results)}


def replace_origin(result):
    return repr(replace(result, origin=""))


@given(results, results)
def test_a_merge_is_refused_exactly_when_the_same_thing_ended_differently(a, b):
    decided = [result for result in (*a.results, *b.results) if is_decided(result)]
    contradictory = any(
        one.state is not other.state and about(one) == about(other) for one, other in itertools.combinations(decided, 2)
    )
    assert (merged(a, b) is None) == contradictory


def about(result):
    proof = result.evidence
    return result.cell, proof.pack_digest, proof.core_digest, repr(proof.environment), repr(proof.interpreter)


@given(results, results)
def test_how_a_cell_stands_does_not_depend_on_who_merged(a, b):
    both = merged(a, b)
    if both is not None:
        looks = {standing.cell: standing.look for standing in standings((*a.results, *b.results))}
        assert {standing.cell: standing.look for standing in standings(both.results)} == looks


def test_what_decides_nothing_does_not_make_a_build_or_a_day_count():
    """The merge leaves it out beside a result of the same build that decides, so it must not have counted before."""
    old, other = passed(), replace(passed(at=_MOMENTS[1]), cell=replace(_CELLS[0], deps="oldest"))
    other = replace(other, evidence=replace(other.evidence, pack_digest=_DIGESTS[1]))
    fault = replace(passed(at="2027-03-01T10:00:00+00:00", state=State.FAILED), cause=Cause.ENVIRONMENT)
    apart = (old, other, fault)
    looks = {standing.cell: standing.look.key for standing in standings(merge(Results("x", apart)).results)}
    assert {standing.cell: standing.look.key for standing in standings(apart)} == looks
    assert looks == {old.cell: "stale", other.cell: "proven"}


@given(results)
def test_what_is_merged_can_be_written_and_read_again(a):
    both = merged(a)
    if both is not None and all(r.state is not State.PASSED or r.rung is Rung.TESTED for r in both.results):
        again = parse_results(results_text(both).encode(), "both.compat.json")
        assert sorted(map(repr, merge(again).results)) == sorted(map(repr, both.results))


def passed(at=_MOMENTS[0], *, state=State.PASSED, origin="", version="8.1"):
    proof = Evidence(("pytest",), {"click": (version, "")}, _DIGESTS[0], "", {}, 1.0, "", None, at, "ann")
    return Result(_CELLS[0], state, Cause.NONE, Rung.TESTED, proof, origin=origin)


def test_a_contradiction_names_the_cell_and_both_places():
    one = Results("x", (passed(origin="linux"),))
    other = Results("x", (passed(state=State.FAILED, origin="mac"),))
    with pytest.raises(Contradictory) as refused:
        merge(one, other)
    (finding,) = refused.value.findings
    assert refused.value.exit_code == 1
    assert finding.code == "C301"
    assert _CELLS[0].id in finding.message
    assert "`linux`" in finding.message
    assert "`mac`" in finding.message


def test_every_contradiction_is_told_at_once():
    cells = [replace(passed(), cell=cell) for cell in _CELLS]
    broken = [replace(result, state=State.FAILED) for result in cells]
    with pytest.raises(Contradictory) as refused:
        merge(Results("x", tuple(cells)), Results("x", tuple(broken)))
    assert len(refused.value.findings) == 2


def test_other_versions_are_another_matter_and_both_are_kept():
    both = merge(Results("x", (passed(),)), Results("x", (passed(state=State.FAILED, version="8.2"),)))
    assert sorted(str(result.state) for result in both.results) == ["failed", "passed"]


def test_a_fault_of_the_environment_contradicts_nothing():
    fault = replace(passed(state=State.FAILED), cause=Cause.ENVIRONMENT)
    (kept,) = merge(Results("x", (passed(),)), Results("x", (fault,))).results
    assert kept == passed()


def test_one_result_from_two_jobs_names_both():
    (kept,) = merge(Results("x", (passed(origin="mac"),)), Results("x", (passed(origin="linux"),))).results
    assert kept.origin == "linux, mac"


def test_marking_leaves_known_origins_alone():
    first, second = marked(Results("x", (passed(), passed(origin="mac"))), "linux").results
    assert (first.origin, second.origin) == ("linux", "mac")

"""Can I run it, what stands in the way, which version is best: an answer is yes only when everything is proven."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_compat.facts import Cause, Cell, Evidence, Failure, Result, Rung, State
from penstock_compat.looks import PROVEN
from penstock_compat.place import Place, here
from penstock_compat.questions import Verdict, best, can_i_run, judged, what_blocks
from penstock_compat.standing import standings

AT = "2026-11-22T12:00:00+00:00"


def result(
    state=State.PASSED, *, pack="site", version="1.0", python="3.12", deps="newest", rung=Rung.TESTED, **installed
):
    """What is known of one cell."""
    cell = Cell(pack, version, "0.1.0", "linux", "x86_64", python, deps)
    environment = {name: (number, "") for name, number in installed.items()}
    proof = Evidence((), environment, "", "", {}, 1.0, "", None, AT, "ann") if rung is Rung.TESTED else None
    fine = state in (State.PASSED, State.UNKNOWN, State.SKIPPED)
    failure = None if fine else Failure("test", f"{pack} is broken")
    return Result(cell, state, Cause.NONE if fine else Cause.PACK, rung, proof, failure)


def asked(*results, place=Place(), packs=()):  # noqa: B008 - a frozen fact
    return can_i_run(standings(results), place, packs)


def test_yes_needs_every_value_of_every_open_axis():
    both = result(), result(python="3.13")
    assert [answer.verdict for answer in asked(*both)] == [Verdict.YES]
    partly = result(), result(State.FAILED, python="3.13")
    (answer,) = asked(*partly)
    assert (answer.verdict, answer.broken) == (Verdict.PARTLY, True)
    assert answer.reasons == ("broken: site is broken",)
    assert [a.verdict for a in asked(*partly, place=Place(python="3.12"))] == [Verdict.YES]
    assert [a.verdict for a in asked(*partly, place=Place(python="3.13"))] == [Verdict.NO]


@pytest.mark.parametrize("rung", [rung for rung in Rung if rung is not Rung.TESTED])
def test_unknown_never_looks_like_yes(rung):
    (answer,) = asked(result(State.UNKNOWN, rung=rung))
    assert (answer.verdict, answer.broken) == (Verdict.UNKNOWN, False)
    (answer,) = asked(result(), result(State.UNKNOWN, python="3.13", rung=rung))
    assert (answer.verdict, answer.broken) == (Verdict.PARTLY, False)


def test_what_no_result_is_about_is_unknown():
    (answer,) = asked(result(), place=Place(python="3.14"))
    assert (answer.verdict, answer.reasons) == (Verdict.UNKNOWN, ("no result is about Python 3.14",))
    (answer,) = asked(result(), packs=["other"])
    assert answer.verdict is Verdict.UNKNOWN
    (answer,) = asked(result(), packs=["site==9.9"])
    assert answer.verdict is Verdict.UNKNOWN
    assert "1.0" in answer.reasons[0]


def test_a_fault_of_the_environment_is_not_a_no():
    (answer,) = asked(replace(result(State.FAILED), cause=Cause.ENVIRONMENT))
    assert (answer.verdict, answer.broken) == (Verdict.UNKNOWN, False)


def test_the_newest_version_is_asked_about_unless_one_is_installed():
    results = result(version="1.9"), result(State.FAILED, version="1.10")
    assert [(a.version, a.verdict) for a in asked(*results)] == [("1.10", Verdict.NO)]
    installed = Place(installed={"site": "1.9"})
    assert [(a.version, a.verdict) for a in asked(*results, place=installed)] == [("1.9", Verdict.YES)]


def test_the_environment_that_is_most_like_this_one_decides():
    results = result(deps="newest", click="8.2"), result(State.FAILED, deps="lowest", click="7.0")
    new, old, other = (Place(installed={"site": "1.0", "click": number}) for number in ("8.2", "7.0", "8.0"))
    assert [a.verdict for a in asked(*results, place=new)] == [Verdict.YES]
    assert [a.verdict for a in asked(*results, place=old)] == [Verdict.NO]
    assert [a.verdict for a in asked(*results, place=other)] == [Verdict.PARTLY]  # neither is nearer


def test_differences_to_the_tested_environment_are_told():
    (answer,) = asked(result(click="8.2", pytest="9"), place=Place(installed={"site": "1.0", "click": "8.1"}))
    assert answer.verdict is Verdict.YES
    assert answer.reasons == ("click 8.1 is installed here, 8.2 was tested",)


def test_names_of_packs_and_machines_may_be_spelt_as_people_do():
    mac = replace(result(), cell=replace(result().cell, pack="site-pack", os="darwin", arch="arm64"))
    assert [a.verdict for a in asked(mac, place=Place(arch="aarch64"), packs=["Site_Pack"])] == [Verdict.YES]


def test_a_pack_without_a_core_axis_is_about_every_core():
    anywhere = replace(result(), cell=replace(result().cell, core=""))
    assert [a.verdict for a in asked(anywhere, place=Place(core="7.7"))] == [Verdict.YES]


def test_a_pack_that_was_tested_with_one_core_is_not_proven_with_another():
    one = replace(result(), cell=replace(result().cell, core=""))
    one = replace(one, evidence=replace(one.evidence, environment={"penstock": ("0.1.0", "")}))
    assert [a.verdict for a in asked(one, place=Place(core="0.1.0"))] == [Verdict.YES]
    assert [a.verdict for a in asked(one, place=Place(core="7.7"))] == [Verdict.UNKNOWN]
    here = Place(core="7.7", installed={"penstock": "7.7"})
    (told,) = asked(one, place=here)
    assert (told.verdict, told.reasons) == (Verdict.YES, ("penstock 7.7 is installed here, 0.1.0 was tested",))


def test_what_blocks_groups_packs_by_what_stands_in_their_way():
    shared = Failure("resolver-conflict", "urllib3 cannot be both")
    results = [
        replace(result(State.RESOLVE_FAILED, pack=pack, deps=deps), failure=shared, cause=Cause.DEPENDENCY)
        for pack in ("a", "b")
        for deps in ("lowest", "newest")
    ]
    answers, obstacles = what_blocks(standings([*results, result(pack="fine")]), Place())
    assert [answer.pack for answer in answers] == ["a", "b"]
    (one,) = obstacles
    assert (one.summary, one.cause, len(one.cells), one.packs) == (
        "urllib3 cannot be both",
        "dependency",
        4,
        ("a", "b"),
    )


def test_best_is_the_newest_that_is_proven():
    results = [
        result(version="1.2"),
        result(version="1.10"),
        result(State.FAILED, version="2.0"),
        result(State.UNKNOWN, version="2.1rc1", rung=Rung.STATIC),
    ]
    found = best(standings(results), "site", Place())
    assert found.version == "1.10"
    assert [answer.version for answer in found.newer] == ["2.1rc1", "2.0"]
    nothing = best(standings(results[2:]), "site", Place())
    assert nothing.version is None
    assert best((), "site", Place()).version is None


places = st.builds(Place, python=st.sampled_from(["", "3.12", "3.13"]), deps=st.sampled_from(["", "newest", "lowest"]))
results = st.lists(
    st.builds(
        result,
        st.sampled_from([State.PASSED, State.FAILED, State.UNKNOWN]),
        version=st.sampled_from(["1.0", "2.0"]),
        python=st.sampled_from(["3.12", "3.13"]),
        deps=st.sampled_from(["newest", "lowest"]),
    )
    | st.builds(
        lambda python: result(State.UNKNOWN, python=python, rung=Rung.STATIC), st.sampled_from(["3.12", "3.13"])
    ),
    max_size=8,
)


@given(results, places)
def test_yes_is_said_exactly_when_all_of_some_cells_are_proven(found, place):
    known = standings(found)
    for version in ("1.0", "2.0"):
        about = [s for s in known if s.cell.version == version and place.has(s.cell)]
        answer = judged("site", version, [s for s in known if s.cell.version == version], place)
        assert (answer.verdict is Verdict.YES) == (bool(about) and all(s.look is PROVEN for s in about))


@given(results, places)
def test_knowing_more_of_the_place_keeps_a_yes(found, place):
    known = standings(found)
    for answer in can_i_run(known, place):
        if answer.verdict is Verdict.YES:
            for python in {s.cell.python for s in answer.standings}:
                nearer = replace(place, python=python)
                (same,) = can_i_run(known, nearer, [f"site=={answer.version}"])
                assert same.verdict is Verdict.YES


@given(results, places)
def test_the_best_version_can_be_run(found, place):
    known = standings(found)
    named = best(known, "site", place)
    if named.version is not None:
        (answer,) = can_i_run(known, place, [f"site=={named.version}"])
        assert answer.verdict is Verdict.YES


def test_here_is_this_interpreter():
    import sys

    place = here()
    assert place.python == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert place.installed["penstock-findings"]
    assert place.os
    assert place.arch

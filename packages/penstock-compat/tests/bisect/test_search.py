"""The search for the version that breaks: what it finds is true, whatever cannot be tried."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from penstock_compat.bisect import Breaks, NoAnswer, Tried, Works, bisect, lowest
from penstock_compat.facts import Cell, Evidence, Failure, Result, State

CELL = Cell("pack", "1.0", "", "linux", "x86_64", "3.12", "newest")
STATES = {"+": State.PASSED, "-": State.FAILED, "?": State.RESOLVE_FAILED}


def result(state: State, **versions: str) -> Result:
    environment = {name: (version, "") for name, version in versions.items()}
    evidence = Evidence((), environment, "", "", {}, 0.0, "", None, "2026-01-01T00:00:00Z", "")
    failure = None if state is State.PASSED else Failure("test", "lib is not what it was")
    return Result(CELL, state, evidence=evidence, failure=failure)


def world(signs: str):
    """A pack whose outcome hangs on the version of `lib` alone: one sign for each version, lowest first."""
    names = [f"1.{place}" for place in range(len(signs))]

    def trial(pins):
        version = pins.get("lib", names[-1])
        return result(STATES[signs[names.index(version)]], lib=version, other="1")

    return names, trial


@given(st.text("+?", min_size=0, max_size=30), st.text("-?", min_size=0, max_size=30))
def test_what_breaks_is_found_between_a_version_that_works_and_one_that_does_not(fine, broken):
    names, trial = world(f"+{fine}{broken}-")
    found = bisect(Tried(trial), lambda pins: result(State.PASSED, lib=names[0], other="1"), lambda name: names)
    signs = dict(zip(names, f"+{fine}{broken}-", strict=True))
    assert isinstance(found, Breaks)
    assert (signs[found.good], signs[found.bad]) == ("+", "-")
    between = names[names.index(found.good) + 1 : names.index(found.bad)]
    assert list(found.untried) == between
    assert {signs[name] for name in between} <= {"?"}


@given(st.text("-?", max_size=30), st.text("+?", max_size=30))
def test_the_lowest_works_and_the_one_below_does_not(broken, fine):
    signs = f"{broken}{fine}+"
    names, trial = world(signs)
    found = lowest(Tried(trial), "lib", lambda name: names)
    assert isinstance(found, Works)
    place = names.index(found.lowest)
    assert signs[place] == "+"
    assert "+" not in signs[:place]
    if found.below:
        assert signs[names.index(found.below)] == "-"


@given(st.text("-?", max_size=30), st.integers(1, 30), st.integers(1, 30))
def test_the_lowest_is_found_too_where_the_newest_does_not_work(below, fine, broken):
    fine += broken  # so many that no stride goes past them
    signs = f"{below}{'+' * fine}{'-' * broken}"
    names, trial = world(signs)
    found = lowest(Tried(trial), "lib", lambda name: names)
    assert isinstance(found, Works)
    assert (names.index(found.lowest), found.above) == (len(below), names[-1])


def test_what_works_with_no_version_has_no_lowest():
    for signs, why in (("----", "works with no version"), ("????", "no version of lib can be tried")):
        names, trial = world(signs)
        found = lowest(Tried(trial), "lib", lambda name, names=names: names)
        assert isinstance(found, NoAnswer)
        assert why in found.why


@given(st.integers(2, 400), st.data())
def test_a_long_history_needs_few_trials(count, data):
    good = data.draw(st.integers(1, count - 1))
    names, trial = world("+" * good + "-" * (count - good))
    tried = Tried(trial)
    found = bisect(tried, lambda pins: result(State.PASSED, lib=names[0], other="1"), lambda name: names)
    assert isinstance(found, Breaks)
    assert found.bad == names[good]
    assert len(tried) <= 4 + count.bit_length()


def test_two_that_break_only_together_are_named():
    def trial(pins):
        fine = pins.get("a") == "1" and pins.get("b") == "1"
        return result(State.PASSED if fine else State.FAILED, a=pins.get("a", "2"), b=pins.get("b", "2"), c="2")

    found = bisect(Tried(trial), lambda pins: result(State.PASSED, a="1", b="1", c="1"), lambda name: ["1", "2"])
    assert found == NoAnswer("it works only with several held back together: a 1, b 1", found.trials)


def test_a_cell_that_passes_has_nothing_that_broke():
    found = bisect(Tried(lambda pins: result(State.PASSED)), lambda pins: result(State.PASSED), lambda name: [])
    assert isinstance(found, NoAnswer)
    assert "nothing that broke" in found.why

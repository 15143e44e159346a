"""Whom to ask about a red cell: the host only where a control passed, nobody where nothing was compared."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_compat.classify import attribute
from penstock_compat.facts import Cause, Cell, Evidence, Failure, Result, State

CELL = Cell("pack", "1.0", "2.0", "linux", "x86_64", "3.12", "newest")
CONTROL = replace(CELL, pack="control")
TEST = Failure("test", "1 of 4 tests failed: AssertionError")
EVIDENCE = Evidence((), {"lib": ("1", ""), "core": ("2.0", "")}, "", "", {}, 0.0, "", None, "2026-01-01T00:00:00Z", "")


def red(cell=CELL, failure=TEST, state=State.FAILED):
    return Result(cell, state, failure=failure, evidence=EVIDENCE)


def green(cell):
    return Result(cell, State.PASSED)


def cause(failure=TEST, *others, state=State.FAILED):
    return attribute(red(failure=failure, state=state), others, core="core", control="control")


FINE = green(CONTROL)
ILL = red(CONTROL)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ((), Cause.UNKNOWN),
        ((FINE,), Cause.PACK),
        ((ILL,), Cause.ENVIRONMENT),
        ((ILL, green(replace(CELL, core="1.0"))), Cause.ENVIRONMENT),
        ((green(replace(CELL, core="1.0")),), Cause.UNKNOWN),  # without a control, the host is not blamed
        ((FINE, green(replace(CELL, core="1.0"))), Cause.HOST),
        ((FINE, green(replace(CELL, deps="lowest"))), Cause.DEPENDENCY),
        ((FINE, green(replace(CELL, python="3.11"))), Cause.PYTHON),
        ((FINE, green(replace(CELL, os="debian-12"))), Cause.ENVIRONMENT),
        ((FINE, green(replace(CELL, python="3.11")), green(replace(CELL, deps="lowest"))), Cause.UNKNOWN),
        (
            (FINE, green(replace(CELL, python="3.11", deps="lowest"))),
            Cause.PACK,
        ),  # two things changed: no proof of either
        ((FINE, red(replace(CELL, core="1.0"))), Cause.PACK),
        ((FINE, green(replace(CELL, version="0.9"))), Cause.PACK),
    ],
)
def test_a_failed_test_is_whose_change_makes_it_pass(others, expected):
    assert cause(TEST, *others) is expected


@pytest.mark.parametrize(
    ("kind", "detail", "expected"),
    [
        ("import", {"exception": "ImportError", "missing": "x", "source": "core"}, Cause.HOST),
        ("import", {"exception": "ModuleNotFoundError", "missing": "core.gone"}, Cause.HOST),
        ("import", {"exception": "ModuleNotFoundError", "missing": "imp"}, Cause.PYTHON),
        ("import", {"exception": "ModuleNotFoundError", "missing": "tomllib"}, Cause.PYTHON),
        ("import", {"exception": "ModuleNotFoundError", "missing": "never_declared", "thrower": "pack"}, Cause.PACK),
        ("import", {"exception": "ModuleNotFoundError", "missing": "attr", "thrower": "lib"}, Cause.DEPENDENCY),
        ("import", {"exception": "ValueError", "thrower": "lib"}, Cause.DEPENDENCY),
        ("import", {"exception": "ValueError", "thrower": "pack"}, Cause.PACK),
        ("requires-python", {}, Cause.PYTHON),
        ("resolver-conflict", {"names": ["core", "lib"]}, Cause.HOST),
        ("resolver-conflict", {"names": ["lib", "other"]}, Cause.DEPENDENCY),
        ("missing-wheel", {"names": ["pack"]}, Cause.PACK),
        ("missing-wheel", {"names": ["pack", "lib"]}, Cause.DEPENDENCY),
        ("metadata", {"names": ["pack"]}, Cause.PACK),
        ("build", {}, Cause.PACK),
        ("environment", {}, Cause.ENVIRONMENT),
        ("surface", {}, Cause.HOST),
        ("timeout", {}, Cause.PACK),
        ("crash", {}, Cause.PACK),
    ],
)
def test_a_failure_that_names_its_cause_has_it_where_the_control_passed(kind, detail, expected):
    assert cause(Failure(kind, "why", detail), FINE) is expected


def test_a_name_that_no_core_ever_had_is_the_packs_own_mistake():
    failure = Failure("surface", "`core` has no `x`")
    others = [red(replace(CELL, core=core), failure) for core in ("1.0", "1.5")]
    assert cause(failure, FINE, *others) is Cause.PACK
    assert cause(failure, FINE, others[0], green(replace(CELL, core="1.5"))) is Cause.HOST


cells = st.builds(
    Cell,
    pack=st.sampled_from(["pack", "control", "other"]),
    version=st.just("1.0"),
    core=st.sampled_from(["1.0", "2.0"]),
    os=st.just("linux"),
    arch=st.just("x86_64"),
    python=st.sampled_from(["3.11", "3.12"]),
    deps=st.sampled_from(["lowest", "newest"]),
)
others = st.lists(st.builds(lambda cell, fine: green(cell) if fine else red(cell), cells, st.booleans()), max_size=16)


@given(others, st.randoms())
def test_the_order_of_the_others_does_not_matter(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    assert cause(TEST, *found) is cause(TEST, *shuffled)


@given(others)
def test_the_host_is_never_blamed_without_a_control_that_passed(found):
    if cause(TEST, *found) is Cause.HOST:
        assert any(one.cell == CONTROL and one.state is State.PASSED for one in found)

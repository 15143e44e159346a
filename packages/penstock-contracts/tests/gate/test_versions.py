"""Which version a change needs, and what is said when the declared one is lower."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_contracts.bump import judged, next_version, release_of, step_between
from penstock_contracts.change import Bump
from penstock_findings.finding import Location

AT = Location("x.json", 1, 1)
VERSIONS = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)).map(
    lambda numbers: "{}.{}.{}".format(*numbers)
)


@given(VERSIONS, st.sampled_from(Bump))
def test_the_next_version_is_always_enough_and_never_more_than_is_needed(old, step):
    new = next_version(old, step)
    assert new is not None
    assert judged("c", old, new, step, AT, True) is None
    declared = step_between(old, new)
    assert declared is not None
    if release_of(old) >= (1, 0, 0):
        assert declared is step


@given(VERSIONS, VERSIONS, st.sampled_from(Bump))
def test_a_larger_step_is_never_refused_when_a_smaller_one_is_enough(old, new, step):
    if judged("c", old, new, Bump.MAJOR, AT, True) is None:
        assert judged("c", old, new, step, AT, True) is None


@pytest.mark.parametrize(
    ("old", "new", "step", "code", "hint"),
    [
        ("1.2.3", "1.2.4", Bump.MAJOR, "K530", "write `2.0.0` or higher"),
        ("1.2.3", "1.2.4", Bump.MINOR, "K530", "write `1.3.0` or higher"),
        ("1.2.3", "1.2.4", Bump.PATCH, None, None),
        ("1.2.3", "1.2.3", Bump.PATCH, "K530", "write `1.2.4` or higher"),
        ("1.2.3", "3.0.0", Bump.MAJOR, None, None),
        ("0.2.0", "0.2.1", Bump.MAJOR, "K530", "write `0.3.0` or higher"),
        ("0.2.0", "0.2.1", Bump.MINOR, None, None),
        ("0.2.0", "0.3.0", Bump.MAJOR, None, None),
        ("1.2.3", "1.2.2", Bump.PATCH, "K531", "write `1.2.4` or higher"),
        ("1.2", "1.3", Bump.MINOR, None, None),
        ("v1.2.0", "1.3.0rc1", Bump.MINOR, None, None),
        (None, "1.0.0", Bump.MINOR, "K532", "say them with --from-version and --to-version"),
        ("soon", "1.0.0", Bump.MINOR, "K532", "say them with --from-version and --to-version"),
        ("1.0.0", "2.0.0", None, "K301", "see the undecided change; waive it, or make a major step"),
    ],
)
def test_declared_versions_are_held_against_the_changes(old, new, step, code, hint):
    found = judged("c", old, new, step, AT, True)
    assert (found and found.code, found and found.hint) == (code, hint)


def test_what_did_not_change_needs_no_version():
    assert judged("c", "1.0.0", "1.0.0", Bump.PATCH, AT, False) is None
    assert judged("c", None, None, Bump.PATCH, AT, False) is None

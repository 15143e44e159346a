"""Every bad policy is caught, by exactly the check that is named."""

from __future__ import annotations

import pytest
from bad_plugins import policies

from penstock_testkit import Broken, all_policy_checks, policy_suite
from penstock_testkit.question import as_test

PLANTED = [
    ("Q301", policies.DividesByTheAttempt),
    ("Q301", policies.AnswersAWord),
    ("Q301", policies.WaitsLessThanNothing),
    ("Q301", policies.NamesRecordsThatAreNotThere),
    ("Q301", policies.DelaysACompletion),
    ("Q302", policies.CountsFailuresForItself),
    ("Q302", policies.RemembersInItsModule),
    ("Q303", policies.MarksWhatItSees),
    ("Q304", policies.WaitsForNobody),
    ("Q305", policies.LooksAtItsWatch),
    ("Q305", policies.ThrowsDiceForJitter),
    ("Q306", policies.DropsInSilence),
    ("Q306", policies.DropsByAnotherSetting),
    ("Q307", policies.RemembersASet),
]


@pytest.mark.parametrize(("code", "policy"), PLANTED, ids=lambda value: getattr(value, "__name__", value))
def test_a_bad_policy_is_caught_by_its_check_and_by_no_other(code, policy):
    suite = policy_suite(policy)
    found = {}
    for one in all_policy_checks():
        if policy is policies.WaitsForNobody and one.code != code:
            continue  # the others would wait with it, story by story
        try:
            getattr(suite, as_test(one.title))(None)
        except Broken as broken:
            found[one.code] = str(broken)
    assert list(found) == [code], found


def test_there_is_a_bad_policy_for_every_check():
    assert {one.code for one in all_policy_checks()} == {code for code, _ in PLANTED}


def test_leaving_a_question_out_wants_its_code_and_a_reason():
    with pytest.raises(ValueError, match="each with a reason"):
        policy_suite(policies.RemembersASet, skip={"Q101": "that one is for nodes"})

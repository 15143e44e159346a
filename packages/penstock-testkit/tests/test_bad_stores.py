"""Every bad store is caught, by exactly the check that is named."""

from __future__ import annotations

import pytest
from bad_plugins import stores as bad

from penstock_testkit import Broken, all_channel_checks, channel_suite
from penstock_testkit.question import as_test

PLANTED = [
    ("Q401", bad.SharesAmongMembers),
    ("Q401", bad.SortsLargeBatches),
    ("Q402", bad.MakesIdsAnew),
    ("Q403", bad.ForgetsToRenew),
    ("Q403", bad.LendsForHalfTheTime),
    ("Q404", bad.KeepsStateOfWhatItRefuses),
    ("Q404", bad.SettlesByOffset),
    ("Q405", bad.GivesAClaimToEverybody),
    ("Q406", bad.KnowsNoProducers),
    ("Q406", bad.MergesInSilence),
    ("Q407", bad.KeepsForEver),
    ("Q407", bad.WaitsForTheFastest),
    ("Q408", bad.KnowsNoLanes),
    ("Q408", bad.CannotWait),
    ("Q409", bad.RingsAgain),
    ("Q409", bad.DeletesByKey),
    ("Q410", bad.SharesState),
    ("Q411", bad.ThrowsBytesAway),
    ("Q411", bad.FindsNothing),
    ("Q412", bad.ForgetsAtNight),
    ("Q412", bad.CountsFromOneAgain),
    ("Q413", bad.AnswersBeforeItWrites),
    ("Q414", bad.WaitsForTheDead),
    ("Q414", bad.BuriesTheLiving),
    ("Q415", bad.OpensForAnybody),
    ("Q415", bad.MakesWhatItLooksFor),
    ("Q416", bad.NewestOrderFirst),
    ("Q417", bad.ShedsInSilence),
    ("Q417", bad.NeverSheds),
    ("Q418", bad.NeverLocked),
    ("Q418", bad.PromisesMoreSince),
    ("Q418", bad.IsNoKind),
    ("Q419", bad.ReadsAhead),
    ("Q420", bad.ShowsTheDead),
    ("Q420", bad.LetsGoOfEverything),
    ("Q421", bad.LetsTheOustedGoOn),
    ("Q421", bad.TellsTheOustedOnce),
    ("Q421", bad.LeavesTheOustedItsLeases),
]


@pytest.mark.parametrize(("code", "kind"), PLANTED, ids=lambda value: getattr(value, "__name__", value))
def test_a_bad_store_is_caught_by_its_check_and_by_no_other(code, kind, tmp_path_factory):
    suite = channel_suite(kind)
    found = {}
    for one in all_channel_checks():
        try:
            getattr(suite, as_test(one.title))(None, tmp_path_factory)
        except Broken as broken:
            found[one.code] = str(broken)
    assert list(found) == [code], found


def test_there_is_a_bad_store_for_every_check():
    assert {one.code for one in all_channel_checks()} == {code for code, _ in PLANTED}


def test_leaving_a_question_out_wants_its_code_and_a_reason():
    with pytest.raises(ValueError, match="each with a reason"):
        channel_suite(bad.NeverLocked, skip={"Q101": "that one is for nodes"})


def test_a_complaint_says_what_was_found_and_what_was_to_be(tmp_path_factory):
    with pytest.raises(Broken, match=r"^Q416: `bad_plugins.stores:NewestOrderFirst` the orders that a process sees: "):
        channel_suite(bad.NewestOrderFirst).test_hands_orders_on(None, tmp_path_factory)

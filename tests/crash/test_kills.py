"""A run that is killed with SIGKILL, anywhere, loses nothing and doubles nothing; resumed, it ends as if nothing had been."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Campaign = Callable[..., dict[str, Any]]

pytestmark = [pytest.mark.crash, pytest.mark.slow]
MOMENTS = ("before", "inside", "after")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_at_any_transaction_leaves_no_trace(campaign: Campaign, moment: str) -> None:
    found = campaign("every_boundary.py", moment, "--count", 26)
    assert found["faults"] == []
    assert found["kills"] == found["boundaries"] > 80


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize("moment", MOMENTS)
def test_nor_does_it_in_a_longer_run_in_another_order(campaign: Campaign, moment: str, seed: int) -> None:
    found = campaign("every_boundary.py", moment, "--count", 60, "--seed", seed)
    assert found["faults"] == []
    assert found["kills"] == found["boundaries"] > 200


@pytest.mark.parametrize("moment", MOMENTS)
def test_nor_does_it_under_policies_that_are_exchanged_meanwhile(campaign: Campaign, moment: str) -> None:
    found = campaign("every_boundary.py", moment, "--count", 8, "--policies")
    assert found["faults"] == []
    assert found["kills"] == found["boundaries"] > 40
    assert found["held"] >= 5  # nodes at which records had to wait, in the run that nobody killed
    assert found["sets"] == 2


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("moment", MOMENTS)
def test_nor_does_it_in_a_longer_run_under_policies(campaign: Campaign, moment: str, seed: int) -> None:
    found = campaign("every_boundary.py", moment, "--count", 40, "--seed", seed, "--policies")
    assert found["faults"] == []
    assert found["kills"] == found["boundaries"] > 100
    assert found["held"] == 6  # every node but the source
    assert found["sets"] == 2


def test_a_dozen_kills_at_random_moments_leave_no_trace(campaign: Campaign) -> None:
    found = campaign("random_moments.py", 12, "--count", 600)
    assert found["faults"] == []
    assert found["kills"] == 12


def test_one_of_two_processes_may_die_again_and_again(campaign: Campaign) -> None:
    found = campaign("random_moments.py", 10, "--count", 600, "--workers", 2)
    assert found["faults"] == []
    assert found["kills"] == 10


@pytest.mark.deep
@pytest.mark.parametrize(("workers", "seed"), [(1, 1), (1, 2), (2, 3), (3, 4)])
def test_two_hundred_kills_at_random_moments_leave_no_trace(campaign: Campaign, workers: int, seed: int) -> None:
    found = campaign("random_moments.py", 200, "--seed", seed, "--workers", workers)
    assert found["faults"] == []
    assert found["kills"] == 200


@pytest.mark.deep
def test_two_hundred_kills_of_the_example_leave_no_trace(campaign: Campaign) -> None:
    found = campaign("example_kills.py", 200)
    assert found["faults"] == []
    assert found["kills"] == 200


def test_a_few_kills_of_the_example_leave_no_trace(campaign: Campaign) -> None:
    found = campaign("example_kills.py", 6, "--detections", 8000)
    assert found["faults"] == []
    assert found["kills"] == 6

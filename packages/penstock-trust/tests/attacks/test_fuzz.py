"""Changed texts startle nobody: no exception but ours, and none takes more than 50 ms of the processor's time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hostile.fuzz import Outcome, run, targets

QUICK, DEEP = 2_000, 204_000


def shares(tmp_path: Path, count: int, seed: int) -> list[Outcome]:
    every = list(targets(str(tmp_path)))
    whole = sum(target.share for target in every)
    return [run(target, -(-count * target.share // whole), seed) for target in every]


def told(outcomes: list[Outcome]) -> str:
    return "\n".join(
        f"{one.name}: {one.count} mutations, {one.believed} believed, slowest {one.slowest * 1e3:.1f} ms, "
        f"{one.seconds:.0f} s" + "".join(f"\n  {data[:2000]!r}\n{why}" for data, why in one.bad[:2])
        for one in outcomes
    )


def test_a_few_changed_texts_startle_nobody(tmp_path: Path):
    outcomes = shares(tmp_path, QUICK, seed=1)
    assert not any(one.bad for one in outcomes), told(outcomes)


@pytest.mark.deep
def test_two_hundred_thousand_changed_texts_startle_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    outcomes = shares(tmp_path, DEEP, seed=int(os.environ.get("PENSTOCK_FUZZ_SEED", "2")))
    with capsys.disabled():
        print("\n" + told(outcomes))
    assert not any(one.bad for one in outcomes), told(outcomes)
    assert sum(one.count for one in outcomes) >= 200_000

"""Every animal of the zoo is classified as what it is, and none of them harms another."""

from __future__ import annotations

import json
import os

import pytest
from zoo_animals import ANIMALS, Animal, Expected, offered
from zoo_keeper import Zoo

from penstock_compat.facts import Cell, Result, State

QUICK = [animal for animal in ANIMALS if not animal.deep]


def expected_of(animal: Animal, cell: Cell, ages: dict[str, str]) -> Expected:
    keys = (f"{cell.deps}/{cell.core}/{ages.get(cell.python)}", f"{cell.deps}/{cell.core}", "*")
    return next(animal.expected[key] for key in keys if key in animal.expected)


def said_by(result: Result) -> str:
    failure = result.failure
    return "" if failure is None else failure.summary + json.dumps(dict(failure.detail), ensure_ascii=False)


def check(animal: Animal, zoo: Zoo) -> None:
    found = {cell: result for cell, result in zoo.results.items() if cell.pack == animal.name}
    assert found
    for cell in zoo.cells(animal):
        result, wanted = found[cell], expected_of(animal, cell, zoo.ages)
        seen = (result.state, result.failure.kind if result.failure else "", result.cause)
        assert seen == (wanted.state, wanted.kind, wanted.cause), (cell.id, said_by(result))
        assert wanted.says in said_by(result)


@pytest.mark.parametrize("animal", QUICK, ids=lambda animal: animal.name)
def test_each_animal_is_what_it_is(animal: Animal, zoo: Zoo):
    if animal.pythons == "both" and len(zoo.pythons) < 2:
        pytest.skip("this machine has one Python only")
    check(animal, zoo)


def test_no_animal_harms_the_good_pack_beside_it(zoo: Zoo):
    good = [result for cell, result in zoo.results.items() if cell.pack == "good"]
    assert len(good) >= 4
    assert {result.state for result in good} == {State.PASSED}


def test_the_zoo_is_large_enough():
    assert len(QUICK) >= 25


def test_what_the_good_pack_stands_on_is_whole_after_the_zoo(zoo: Zoo):
    good = next(animal for animal in ANIMALS if animal.name == "good")
    there = Zoo(zoo.home)
    there.run((good,))
    assert {result.state for result in there.results.values()} == {State.PASSED}


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="this system does not show the environment of processes")
def test_nothing_that_an_animal_started_is_still_there(zoo: Zoo):
    left = []
    for process in os.listdir("/proc"):
        try:
            with open(f"/proc/{process}/environ", "rb") as file:
                if str(zoo.home).encode() in file.read():
                    left.append(process)
        except OSError:
            continue
    assert left == []


@pytest.mark.deep
def test_the_long_animals_are_what_they_are(tmp_path):
    deep = tuple(animal for animal in ANIMALS if animal.deep or animal.name == "good")
    zoo = Zoo(tmp_path)
    offered(tmp_path / "offered")
    zoo.run(deep)
    for animal in deep:
        check(animal, zoo)


@pytest.mark.deep
def test_each_animal_alone_is_what_it_is_among_the_others(tmp_path):
    good = next(animal for animal in ANIMALS if animal.name == "good")
    for animal in QUICK:
        zoo = Zoo(tmp_path / animal.name)
        offered(zoo.home / "offered")
        zoo.run((good, animal) if animal is not good else (good,))
        check(animal, zoo)

"""Every animal of the zoo is classified as what it is, and none of them harms another."""

from __future__ import annotations

import json

import pytest
from animals import ANIMALS, Animal, Expected

from conftest import Zoo
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

from __future__ import annotations

import fcntl
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))  # the modules of the zoo, which are no package

from zoo_animals import ANIMALS, offered
from zoo_keeper import Zoo

from penstock_compat.facts import Results
from penstock_compat.formats import read_results, write_results


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    """The zoo, run once: every animal beside every other; where tests run in several processes, one of them runs it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with open(shared / "zoo.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = Zoo(shared / "zoo")
        results = shared / "zoo.compat.json"
        if not results.exists():
            offered(made.home / "offered")  # what the animals may depend on
            made.run(tuple(animal for animal in ANIMALS if not animal.deep))
            write_results(Results("the zoo", tuple(made.results.values())), results)
        made.results = {result.cell: result for result in read_results(results).results}
    return made

"""Put this folder on the path, for `outcomes`, and hand out what it holds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from penstock_contracts.change import Outcome

sys.path.insert(0, str(Path(__file__).resolve().parent))

from outcomes import OUTCOMES


@pytest.fixture(params=OUTCOMES.values(), ids=OUTCOMES)
def any_outcome(request: pytest.FixtureRequest) -> Outcome:
    return request.param


@pytest.fixture
def of_every_kind() -> Outcome:
    return OUTCOMES["of every kind"]

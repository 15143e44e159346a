"""A stage while it runs.

Takes:   its plan, and a `Place` for each of its nodes.
Gives:   `Stage`: the lock that lets one step at a time work on it, and the claim under which it does.
Ignores: when to work on it (`intake.py`), and who else might (`sharing.py`).
"""

from __future__ import annotations

import asyncio

from penstock._engine.ledger import Place
from penstock._engine.plan import StagePlan


class Stage:
    """Its places, its lock, its claim."""

    def __init__(self, plan: StagePlan, places: dict[str, Place]) -> None:
        self.plan = plan
        self.places = places
        self.lock = asyncio.Lock()
        self.claim: int | None = None  # fence, while this process holds the claim of the stage
        self.leaving = False  # it is handed over to another process: nothing more is begun on it

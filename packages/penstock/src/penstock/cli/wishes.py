"""What may stand on a command line beside a graph: policy files, a profile, settings.

Takes:   nothing.
Gives:   `Wishes`, `NO_WISHES`.
Ignores: what they come to (`assembly`).
"""

from __future__ import annotations

from penstock_findings.fact import Fact


class Wishes(Fact):
    """What stands on the command line beside the graph."""

    policies: tuple[str, ...] = ()
    profile: str | None = None
    settings: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()  # lossy settings

    def __bool__(self) -> bool:
        return bool(self.policies or self.profile or self.settings)


NO_WISHES = Wishes()

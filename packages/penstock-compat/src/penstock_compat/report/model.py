"""Say what a report is: how every cell stands, what stands in the way, what changed, how it went before.

Takes:   nothing.
Gives:   `Report`, `Obstacle`.
Ignores: how it is compiled (`compile`) and put into words (the formats beside it).
"""

from __future__ import annotations

from penstock_compat.history import BROKE, LOST_PROOF, Change, Past
from penstock_compat.looks import BROKEN, BY_KEY, DOOMED, LEFT_OUT, PROVEN
from penstock_compat.standing import Standing
from penstock_findings.fact import Fact

FORMAT = 1


class Obstacle(Fact):
    """One reason for which cells are not proven, and all the cells that it stands in the way of.

    `cause` is who is at fault, `kind` the kind of failure; cells are named by their ids, sorted.
    """

    summary: str
    cause: str
    kind: str
    look: str
    cells: tuple[str, ...]
    packs: tuple[str, ...]


class Report(Fact):
    """How every cell stands, as of one moment. `past` ends with this report itself."""

    label: str
    made_by: str
    as_of: str  # ISO 8601, UTC
    days: float  # after which evidence is stale
    standings: tuple[Standing, ...]
    obstacles: tuple[Obstacle, ...] = ()
    since: str = ""  # label of the report that `changes` compares with; "" when there is none
    changes: tuple[Change, ...] = ()
    past: tuple[Past, ...] = ()

    def counts(self) -> dict[str, int]:
        """Key of a look -> how many cells have it, in the order of looks; those that no cell has are there too."""
        found = dict.fromkeys(BY_KEY, 0)
        for standing in self.standings:
            found[standing.look.key] += 1
        return found

    def fails(self, threshold: str) -> bool:
        """Whether there is what the threshold names: something `broken`, `unproven`, or a `regression`; `never` is no."""
        if threshold == "regression":
            return any(change.kind in (BROKE, LOST_PROOF) for change in self.changes)
        counts = self.counts()
        if threshold == "broken":
            return counts[BROKEN.key] + counts[DOOMED.key] > 0
        return threshold == "unproven" and len(self.standings) > counts[PROVEN.key] + counts[LEFT_OUT.key]

    def packs(self) -> dict[tuple[str, str], list[Standing]]:
        """(name, version) -> the standings of that pack, by name and then newest version first."""
        found: dict[tuple[str, str], list[Standing]] = {}
        for standing in self.standings:
            found.setdefault((standing.cell.pack, standing.cell.version), []).append(standing)
        return found

"""Gather findings about one graph, with their places.

Takes:   a code, a sentence, a pointer into the graph.
Gives:   `Complaints`, a list of findings in the making.
Ignores: what is complained about.
"""

from __future__ import annotations

from penstock_findings.finding import Finding, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.graph.places import Places
    from penstock_findings.finding import Related


class Complaints:
    """What is wrong so far."""

    __slots__ = ("findings", "places")

    def __init__(self, places: Places) -> None:
        self.places = places
        self.findings: list[Finding] = []

    def add(
        self,
        code: str,
        message: str,
        pointer: str,
        *,
        on_key: bool = False,
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
        related: Iterable[Related] = (),
    ) -> None:
        """Complain about the value at `pointer`, or about its key."""
        at = self.places.key(pointer) if on_key else self.places.value(pointer)
        self.findings.append(Finding(code, message, at, severity, hint, related))

"""Open and close nodes: all of them, with every error told.

Takes:   places of a run.
Gives:   `open_nodes` (raises `LifecycleErrors`), `close_nodes` (hands it back).
Ignores: running.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from penstock._engine.failure import plain
from penstock._engine.ledger import Place
from penstock._engine.runner import called, collected, contained, in_thread, waits
from penstock_findings import Finding, PenstockError


class LifecycleErrors(PenstockError):
    """One or more nodes could not be opened or closed. The causes are in `errors`, in the order of the graph."""

    code = "R201"
    exit_code = 3

    def __init__(self, verb: str, errors: list[tuple[str, Exception]]) -> None:
        self.errors = [error for _, error in errors]
        code = "R201" if verb == "open" else "R202"
        findings = [
            finding for id, error in errors for finding in _findings(code, f"node `{id}` failed to {verb}", error)
        ]
        super().__init__(findings[0].message, code=code, findings=findings)


def _findings(code: str, what: str, error: Exception) -> list[Finding]:
    """What a node says for itself keeps its code, place and hint."""
    if isinstance(error, PenstockError):
        return [replace(found, message=f"{what}: {found.message}") for found in error.findings]
    return [Finding(code, f"{what}: {type(error).__name__}: {plain(error)}")]


async def _call(place: Place, method: str, threads: bool) -> None:
    found: Any = getattr(place.plan.instance, method, None)
    if not callable(found):
        return
    if place.plan.spec.blocking and threads:
        await in_thread(None, lambda: found(place.context))
        return
    answer = called(found, place.context)
    if waits(answer):
        await contained(collected(answer))


async def open_nodes(places: Iterable[Place], threads: bool) -> None:
    """Open every node; when some fail, close those that were opened and raise all failures together."""
    opened: list[Place] = []
    errors: list[tuple[str, Exception]] = []
    for place in places:
        try:
            await _call(place, "open", threads)
            opened.append(place)
        except Exception as error:  # told together with the others
            errors.append((place.plan.id, error))
    if errors:
        await close_nodes(opened, threads)
        raise LifecycleErrors("open", errors) from errors[0][1]


async def close_nodes(places: Iterable[Place], threads: bool) -> LifecycleErrors | None:
    """Close every node, whatever the others do."""
    errors: list[tuple[str, Exception]] = []
    for place in reversed(list(places)):
        try:
            await _call(place, "close", threads)
        except Exception as error:  # told together with the others
            errors.append((place.plan.id, error))
    return LifecycleErrors("close", errors) if errors else None

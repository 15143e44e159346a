"""Introduce the gate to the core: the command `penstock contracts`, and the check of links.

Takes:   what the core hands to a hook: a checked graph.
Gives:   `commands`, `graph_checks`.
Ignores: the core's inside.  This is the only module that imports `penstock`, and only while a hook is being called,
         so that everything else works without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def commands() -> Iterable[Any]:
    """The one sub-command, with the commands of the gate below it."""
    from penstock import CommandFacts

    return [
        CommandFacts(
            "contracts",
            "Prove that payload contracts stay compatible, or show a payload that breaks.",
            "penstock_contracts.cli.root:contracts",
        )
    ]


def graph_checks() -> Iterable[Callable[[Any], Iterable[Any]]]:
    """The one check of graphs: every link is proved, or shown to break."""
    return [_links]


def _links(graph: Any) -> Iterable[Any]:
    """Asks the engine only where two contracts differ; a graph whose links agree pays for no import of it."""
    if not graph.contracts:
        return ()
    from penstock_contracts.links import unproven
    from penstock_contracts.worker import close_workers

    try:
        return list(unproven(graph))
    finally:
        close_workers()  # the graph may run for weeks

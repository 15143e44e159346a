"""Decide whether a new payload contract keeps the promises of the old one, with a witness for every break.

A table of contents: each name is imported from its room when it is first used, so `import penstock_contracts` costs
nothing.  `penstock_commands` and `penstock_graph_checks` are hooks: the core calls them where it is installed.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from penstock_contracts.compare import diff as diff
    from penstock_contracts.inclusion import Options as Options
    from penstock_contracts.inclusion import breaks as breaks
    from penstock_contracts.inclusion import equivalent as equivalent
    from penstock_contracts.inclusion import includes as includes
    from penstock_contracts.inclusion import satisfiable as satisfiable
    from penstock_contracts.strategies import instances as instances
    from penstock_contracts.verdict import Found as Found
    from penstock_contracts.verdict import Nothing as Nothing
    from penstock_contracts.verdict import Proven as Proven
    from penstock_contracts.verdict import Refuted as Refuted
    from penstock_contracts.verdict import Undecided as Undecided
    from penstock_contracts.verdict import Verdict as Verdict

_ROOMS = {
    "verdict": "Found Nothing Proven Refuted Undecided Verdict",
    "inclusion": "Options breaks equivalent includes satisfiable",
    "compare": "diff",
    "strategies": "instances",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [*_WHERE, "penstock_commands", "penstock_graph_checks"]


def penstock_commands() -> "Iterable[Any]":
    """Offer `penstock contracts` to the host."""
    from penstock_contracts.host import commands

    return commands()


def penstock_graph_checks() -> "Iterable[Callable[[Any], Iterable[Any]]]":
    """Offer the check of links to the host."""
    from penstock_contracts.host import graph_checks

    return graph_checks()


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = __import__(f"{__name__}.{_WHERE[name]}", fromlist=("_",))  # importlib would be one import more
    value = globals()[name] = getattr(room, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

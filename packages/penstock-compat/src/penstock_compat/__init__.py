"""Find out where a pack works, with evidence, and say what is not known.

A table of contents: each name is imported from its room when it is first used, so `import penstock_compat` costs
nothing.  `penstock_commands` is a hook: the core calls it where it is installed.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from penstock_compat.facts import Cause as Cause
    from penstock_compat.facts import Cell as Cell
    from penstock_compat.facts import Evidence as Evidence
    from penstock_compat.facts import Failure as Failure
    from penstock_compat.facts import Plan as Plan
    from penstock_compat.facts import Result as Result
    from penstock_compat.facts import Results as Results
    from penstock_compat.facts import Rung as Rung
    from penstock_compat.facts import State as State
    from penstock_compat.formats import read_results as read_results
    from penstock_compat.formats import write_results as write_results

_ROOMS = {
    "facts": "Cause Cell Evidence Failure Plan Result Results Rung State",
    "formats": "read_results write_results",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [*_WHERE, "penstock_commands"]


def penstock_commands() -> "Iterable[Any]":
    """Offer `penstock compat` to the host."""
    from penstock_compat.host import commands

    return commands()


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = __import__(f"{__name__}.{_WHERE[name]}", fromlist=("_",))  # importlib would be one import more
    value = globals()[name] = getattr(room, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

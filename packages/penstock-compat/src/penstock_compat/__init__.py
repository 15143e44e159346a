"""Find out where a pack works, with evidence, and say what is not known.

A table of contents: each name is imported from its room when it is first used, so `import penstock_compat` costs
nothing.  `penstock_commands` and `penstock_run_evidence` are hooks: the core calls them where it is installed.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
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
    from penstock_compat.place import Place as Place
    from penstock_compat.place import here as here
    from penstock_compat.questions import best as best
    from penstock_compat.questions import can_i_run as can_i_run
    from penstock_compat.questions import what_blocks as what_blocks
    from penstock_compat.report.compile import compile_report as compile_report
    from penstock_compat.standing import Freshness as Freshness
    from penstock_compat.standing import Standing as Standing
    from penstock_compat.standing import standings as standings

_ROOMS = {
    "facts": "Cause Cell Evidence Failure Plan Result Results Rung State",
    "formats": "read_results write_results",
    "place": "Place here",
    "questions": "best can_i_run what_blocks",
    "report.compile": "compile_report",
    "standing": "Freshness Standing standings",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [*_WHERE, "penstock_commands", "penstock_run_evidence"]


def penstock_commands() -> "Iterable[Any]":
    """Offer `penstock compat` to the host."""
    from penstock_compat.host import commands

    return commands()


def penstock_run_evidence(packs: "Mapping[str, str]", files: "Sequence[str]") -> "Iterable[Any]":
    """Offer the host an answer to whether packs are proven on this machine."""
    from penstock_compat.host import run_evidence

    return run_evidence(packs, files)


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = __import__(f"{__name__}.{_WHERE[name]}", fromlist=("_",))  # importlib would be one import more
    value = globals()[name] = getattr(room, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Say whom to ask about a cell that did not pass, by comparing it with other cells.

Takes:   its result; results of other cells: of a control pack in the same environment, and of the same pack elsewhere.
Gives:   `Cause`.
Why so:  red is not yet the host's fault. The host is named only where a control passed in the very same environment;
         without that the answer is that nobody knows.
Ignores: how the results came to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from penstock_compat.facts import Cause, Cell, Failure, Result, State
from penstock_compat.static.stdlib import is_stdlib

_FINE = {State.PASSED, State.NO_TESTS, State.SKIPPED}
_AXES = {
    "core": Cause.HOST,
    "deps": Cause.DEPENDENCY,
    "python": Cause.PYTHON,
    "os": Cause.ENVIRONMENT,
    "arch": Cause.ENVIRONMENT,
}


def attribute(result: Result, controls: Sequence[Result], *, core: str = "", control: str = "") -> Cause:
    """The cause of a result. `controls` may hold every other result of the run.

    `core` is the host's distribution, `control` the pack whose cells are the control; without it any other pack that passed
    in the same environment is one, and none that failed there counts.
    """
    if result.state in _FINE:
        return Cause.NONE
    if result.failure is None:
        return Cause.UNKNOWN
    if result.failure.kind == "surface":
        return _of_surface(result, controls)
    at_once = _by_kind(result.failure, result.cell, core)
    if at_once is not None:
        return at_once
    passed = _control_passed(result.cell, controls, control)
    if passed is False:
        return Cause.ENVIRONMENT
    told = _by_words(result, core)
    if told is not None:
        return told if told is not Cause.HOST or passed else Cause.UNKNOWN
    axes = _flipping(result.cell, controls)
    if len(axes) == 1:
        cause = _AXES[axes.pop()]
        return cause if cause is not Cause.HOST or passed else Cause.UNKNOWN
    if axes:
        return Cause.UNKNOWN  # more than one change would help, so no single one is the cause
    if result.failure.kind == "import" and _thrower(result) not in ("", core):
        return Cause.DEPENDENCY
    failed_elsewhere = any(_same_pack(result.cell, each.cell) and each.state not in _FINE for each in controls)
    return Cause.PACK if passed or failed_elsewhere else Cause.UNKNOWN


def _by_kind(failure: Failure, cell: Cell, core: str) -> Cause | None:
    """Failures that say themselves whose they are."""
    detail = failure.detail
    if failure.kind == "environment":
        return Cause.ENVIRONMENT
    if failure.kind == "requires-python":
        return Cause.PYTHON
    if failure.kind in ("metadata", "build", "output"):
        others = {str(name) for name in _many(detail.get("names"))} - {cell.pack}
        return (
            Cause.DEPENDENCY
            if failure.kind == "metadata" and others and cell.pack not in failure.summary
            else Cause.PACK
        )
    if failure.kind == "missing-wheel":
        names = {str(name) for name in _many(detail.get("names"))}
        return Cause.PACK if not names or names == {cell.pack} else Cause.DEPENDENCY
    if failure.kind == "resolver-conflict":
        return Cause.HOST if core and core in _many(detail.get("names")) and cell.core else Cause.DEPENDENCY
    return None


def _of_surface(result: Result, controls: Sequence[Result]) -> Cause:
    """The host's sources lack what the pack uses; if those of every other core do so too, the pack asks for what never was."""
    others = [each for each in controls if _same_pack(result.cell, each.cell) and each.cell.core != result.cell.core]
    never = [
        each
        for each in others
        if each.failure is not None and result.failure is not None and each.failure.summary == result.failure.summary
    ]
    return Cause.PACK if others and len(never) == len(others) else Cause.HOST


def _by_words(result: Result, core: str) -> Cause | None:
    """Exceptions whose words name what is missing."""
    failure, cell = result.failure, result.cell
    if failure is None or failure.kind not in ("import", "test"):
        return None
    missing, source = str(failure.detail.get("missing", "")), str(failure.detail.get("source", ""))
    about, own = (source or missing).partition(".")[0], cell.pack.replace("-", "_")
    if not about:
        return Cause.PYTHON if failure.detail.get("needs") == "python" else None
    if core and about == core.replace("-", "_"):
        return Cause.HOST
    if is_stdlib(about):
        return Cause.PYTHON
    if about == own:
        return Cause.PACK
    if source:
        return None  # a dependency lacks a name: another of its versions may have it
    return Cause.DEPENDENCY if _thrower(result) else Cause.PACK


def _thrower(result: Result) -> str:
    """The distribution, other than the pack, whose code raised what is told; empty when it was the pack's own."""
    failure, evidence = result.failure, result.evidence
    found = re.sub(r"[-_.]+", "-", str(failure.detail.get("thrower", ""))).lower() if failure else ""
    if evidence is None or found == result.cell.pack:
        return ""
    return found if found in evidence.environment else ""


def _control_passed(cell: Cell, controls: Iterable[Result], control: str) -> bool | None:
    """Whether the control passed in the same environment; None when none was tried."""
    there = [each for each in controls if each.cell.pack != cell.pack and _environment(each.cell) == _environment(cell)]
    states = {each.state for each in there if each.cell.pack == control or not control}
    return True if State.PASSED in states else False if control and states - _FINE else None


def _flipping(cell: Cell, controls: Iterable[Result]) -> set[str]:
    """The axes of which a change alone makes the pack pass."""
    found = set()
    for each in controls:
        if each.state is State.PASSED and _same_pack(cell, each.cell):
            changed = [axis for axis in _AXES if getattr(each.cell, axis) != getattr(cell, axis)]
            if len(changed) == 1:
                found.add(changed[0])
    return found


def _same_pack(one: Cell, other: Cell) -> bool:
    return (one.pack, one.version) == (other.pack, other.version) and one != other


def _environment(cell: Cell) -> tuple[str, ...]:
    return (cell.core, cell.os, cell.arch, cell.python, cell.deps)


def _many(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else ()

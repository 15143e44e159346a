"""Ask the other rooms what a cell's outcome means, and make a result of it.

Takes:   raw outcomes, prepared cells.
Gives:   `result_of`; `not_meant`, `forejudged`: results of cells that need no run; `attributed`: the same with whom to
         ask, once the other cells are known.
Ignores: how cells are run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from hashlib import sha256
from typing import TYPE_CHECKING

from penstock_compat.facts import Cause, Cell, Evidence, Failure, Recipe, Result, Rung, State

if TYPE_CHECKING:
    from penstock_compat.outcome import RawOutcome
    from penstock_compat.run.cell import Prepared

LOG = 64 * 1024  # characters of a log that a result carries


def result_of(cell: Cell, raw: RawOutcome, ready: Prepared | None, core: str, by: str, origin: str) -> Result:
    """The result of a cell that was tried."""
    from penstock_compat.classify import classify

    state, failure = classify(raw)
    tested = ready is not None and raw.probe is not None
    reasons = _doubts(raw, ready) if ready is not None else ()
    if state is State.PASSED and reasons:  # whatever was tested, it was not this cell
        state, failure = State.UNKNOWN, Failure("environment", reasons[0])
    return Result(
        cell=cell,
        state=state,
        cause=Cause.NONE if state is State.PASSED else Cause.UNKNOWN,
        rung=_rung(state, raw, tested),
        evidence=_evidence(raw, ready, core, by, state is not State.PASSED) if ready is not None else None,
        failure=failure,
        reasons=reasons,
        origin=origin,
    )


def attributed(result: Result, others: Sequence[Result], core: str, control: str) -> Result:
    """The result with whom to ask; only a control that passed in the same environment lets the host be blamed."""
    from penstock_compat.classify import attribute

    return replace(result, cause=attribute(result, others, core=core, control=control))


def not_meant(cell: Cell, recipe: Recipe, origin: str) -> Result | None:
    """The result of a cell that the pack's own metadata leaves out; None when they do not."""
    if not recipe.requires_python:
        return None
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(recipe.requires_python)
    except InvalidSpecifier:
        return None  # the build will say so
    if any(wanted.contains(f"{cell.python}.{patch}") for patch in (0, 99)):
        return None
    why = f"{cell.pack} {cell.version} declares Requires-Python {recipe.requires_python}"
    failure = Failure("requires-python", why)
    return Result(cell, State.SKIPPED, Cause.NONE, Rung.DECLARED, None, failure, (why,), origin)


def forejudged(cell: Cell, source: str, core_source: str | None, core: str, origin: str) -> Result | None:
    """The result of a cell that certainly cannot work, by its metadata and sources alone; None when only a run can tell."""
    from penstock_compat.classify import foreseen
    from penstock_compat.static import judge
    from penstock_compat.static.tree import UnreadablePack

    try:
        said = judge(cell, source, core_source, core=core or "penstock")
    except UnreadablePack:
        return None  # building it will say why
    found = foreseen(said)
    if found is None:
        return None
    state, failure = found
    return Result(cell, state, Cause.UNKNOWN, Rung.STATIC, None, failure, said.texts, origin)


def _rung(state: State, raw: RawOutcome, tested: bool) -> Rung:
    if state is State.UNKNOWN:
        return Rung.RESOLVES if raw.resolved else Rung.UNKNOWN
    if tested and raw.stage in ("import", "test") and state is not State.NO_TESTS:
        return Rung.TESTED
    return Rung.RESOLVES if raw.resolved else Rung.DECLARED


def _doubts(raw: RawOutcome, ready: Prepared) -> tuple[str, ...]:
    """Where the environment, by its own word, is not the one that was meant."""
    if raw.probe is None:
        return ()
    says, installed = raw.probe["interpreter"], raw.probe.get("installed", {})
    found = []
    if ".".join(str(says.get("version", "")).split(".")[:2]) != ready.cell.python:
        found.append(f"the environment runs Python {says.get('version')}, not {ready.cell.python}")
    for name, (version, _) in ready.environment.items():
        if installed.get(name) != version:
            found.append(f"the environment has {name} {installed.get(name) or 'not at all'}, not {version}")
    return tuple(found)


def _evidence(raw: RawOutcome, ready: Prepared, core: str, by: str, failed: bool) -> Evidence:
    says = dict(raw.probe["interpreter"]) if raw.probe is not None else dict(ready.python.says)
    kept = ("implementation", "version", "build", "executable", "platform")
    environment = ready.environment
    return Evidence(
        command=raw.command,
        environment=environment,
        pack_digest=ready.wheel.digest,
        core_digest=environment.get(core, ("", ""))[1] if core else "",
        interpreter={name: str(says.get(name, "")) for name in kept} | {"executable": ready.python.path},
        seconds=round(raw.seconds, 3),
        log_digest=f"sha256:{sha256(raw.log.encode('utf-8', 'replace')).hexdigest()}",
        log=_end(raw.log) if failed else None,
        at=datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        by=by,
    )


def _end(log: str) -> str:
    return log if len(log) <= LOG else f"... {len(log) - LOG} characters left out ...\n{log[-LOG:]}"

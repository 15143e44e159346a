"""Make results of what a tox run left behind: its `--result-json`, and what the environments said of themselves.

Takes:   a result file; which environment is which cell, from `cells.json` or from the names that the plugin gives.
Gives:   `import_results`: `Results`.
Why so:  tox names the interpreter that it was asked for, and lists environments that never ran. Only the probe says what
         an environment was; without its word a cell stays unknown.
Ignores: running tox.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from penstock_compat.errors import CannotRead
from penstock_compat.facts import Cause, Cell, Failure, Plan, Recipe, Result, Results, Rung, State
from penstock_compat.made_by import MADE_BY
from penstock_compat.outcome import RawOutcome
from penstock_compat.run.cell import Prepared
from penstock_compat.run.driver import with_causes
from penstock_compat.run.engine import scrubbed
from penstock_compat.run.interpreters import Identity
from penstock_compat.run.judgement import result_of
from penstock_compat.run.materials import Pin, Wheel
from penstock_compat.run.reports import read_junit, read_probe
from penstock_compat.shape import Field, misfits
from penstock_findings.finding import Finding

_TOX = Field(
    "object",
    members={"testenvs": Field("object", values=Field("object", values=Field()))},
    values=Field(),
)
CELLS = Field(
    "object",
    members={
        "format": Field("integer", required=True),
        "environments": Field(
            "object",
            required=True,
            values=Field(
                "object",
                members={
                    "cell": Field("text", required=True),
                    "pack_digest": Field("text"),
                    "environment": Field("object", values=Field("list", items=Field("text"))),
                },
            ),
        ),
    },
)
_OURS = re.compile(r"compat-at(\d)(\d+)-([^|]+)")


def import_results(
    path: str,
    *,
    pack: tuple[str, str],
    platform: tuple[str, str],
    cells: str = "",
    records: str = "",
    core: str = "",
    by: str = "",
    origin: str = "",
) -> Results:
    """The results of every environment in the file. `pack` is name and version, where no `cells` file says it."""
    journal = _json(path, _TOX)
    known = _json(cells, CELLS)["environments"] if cells else {}
    found = {}
    for name, row in sorted(journal.get("testenvs", {}).items()):
        if name.startswith(".pkg"):
            continue
        told = known.get(name)
        if known and told is None:
            continue
        cell = _cell_of(name, told, pack, platform, records)
        found[cell] = _result(cell, name, row, told or {}, records, core, by, origin)
    return Results(MADE_BY, tuple(with_causes(found, Plan(core=core))))


def _cell_of(
    name: str, told: Mapping[str, Any] | None, pack: tuple[str, str], platform: tuple[str, str], records: str
) -> Cell:
    if told is not None:
        try:
            return Cell.of(told["cell"])
        except ValueError as error:
            raise CannotRead(str(error), code="C113") from error
    ours = _OURS.fullmatch(name)
    python, deps = (f"{ours[1]}.{ours[2]}", ours[3]) if ours else (_python_of(name, records), name)
    return Cell(pack[0], pack[1], "", *platform, python, deps)


def _python_of(name: str, records: str) -> str:
    """The Python that the environment says it has, else the one that its name says."""
    seen = read_probe(os.path.join(records, f"{name}.jsonl")) if records else None
    if seen is not None:
        return ".".join(str(seen["interpreter"].get("version", "")).split(".")[:2])
    found = re.search(r"(?:^|-)py(\d)\.?(\d+)(?:-|$)", name)
    return f"{found[1]}.{found[2]}" if found else "0.0"


def _result(
    cell: Cell, name: str, row: Any, told: Mapping[str, Any], records: str, core: str, by: str, origin: str
) -> Result:
    where = os.path.join(records, name) if records else ""
    seen = read_probe(f"{where}.jsonl") if where else None
    runs, setup = _commands(row, "test"), _commands(row, "setup")
    failed = next((one for one in setup if one.get("retcode")), None)
    if not runs and failed is None:
        return _unknown(cell, "tox lists the environment, and never ran it", origin)
    if runs and seen is None:
        return _unknown(cell, "nobody asked the environment what it is; tox only says what it was asked for", origin)
    environment = {one: (words[0], words[1]) for one, words in told.get("environment", {}).items()}
    if not environment and seen is not None:
        environment = {one: (version, "") for one, version in seen.get("installed", {}).items()}
    stage = "test" if runs else "install"
    if runs and runs[-1].get("retcode") and _is_probe(runs[-1]):
        stage = "import"
    raw = _raw(cell, stage, runs or [failed or {}], seen, environment, f"{where}.xml" if where else "")
    if stage == "test" and raw.exit == 0 and raw.report is None and _is_pytest(raw.command):
        return _unknown(cell, f"`{name}` left no JUnit report, so nobody knows what it tested", origin)
    if seen is None:
        return result_of(cell, raw, None, core, by, origin)
    return result_of(cell, raw, _ready(cell, seen, environment, told), core, by, origin)


def _raw(
    cell: Cell,
    stage: str,
    runs: list[dict[str, Any]],
    seen: Mapping[str, Any] | None,
    environment: Mapping[str, tuple[str, str]],
    junit: str,
) -> RawOutcome:
    last = runs[-1]
    code = last.get("retcode")
    code = code if isinstance(code, int) else 1
    log = "".join(f"{one.get('output') or ''}{one.get('err') or ''}" for one in runs)
    command = last.get("command")
    return RawOutcome(
        stage=stage,
        exit=code if code >= 0 else None,
        signal=-code if code < 0 else None,
        log=scrubbed(log) if stage == "install" else log,
        command=_shown(command),
        seconds=sum(float(one.get("elapsed") or 0) for one in runs),
        probe=seen,
        report=read_junit(junit) if junit else None,
        python=cell.python,
        resolved=environment,
        recipe={"pack": cell.pack, "version": cell.version, "core": cell.core, "deps": cell.deps, "requires": ()},
    )


def _ready(
    cell: Cell, seen: Mapping[str, Any], environment: Mapping[str, tuple[str, str]], told: Mapping[str, Any]
) -> Prepared:
    digest = str(told.get("pack_digest", ""))
    wheel = Wheel("", digest, cell.pack, cell.version, (), "", (), True)
    pins = tuple(Pin(name, *found) for name, found in sorted(environment.items()) if name != cell.pack)
    says = {name: str(value) for name, value in seen["interpreter"].items()}
    return Prepared(cell, Recipe(""), Identity(says.get("base", ""), cell.python, says), wheel, pins, "")


def _shown(command: Any) -> tuple[str, ...]:
    """The command without the place that its environment had."""
    words = [str(word) for word in command] if isinstance(command, list) else [str(command)]
    programs = os.path.dirname(words[0])
    if os.path.basename(programs) not in ("bin", "Scripts"):
        return tuple(words)
    home = os.path.dirname(programs)
    return tuple(word.replace(home, "{env}") for word in words)


def _is_pytest(command: tuple[str, ...]) -> bool:
    return any(os.path.basename(word) in ("pytest", "pytest.exe") for word in command)


def _is_probe(run: Mapping[str, Any]) -> bool:
    return any("probe.py" in str(word) for word in run.get("command") or ())


def _commands(row: Any, kind: str) -> list[dict[str, Any]]:
    rows = row.get(kind) if isinstance(row, dict) else None
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def _unknown(cell: Cell, why: str, origin: str) -> Result:
    failure = Failure("environment", why)
    return Result(cell, State.UNKNOWN, Cause.ENVIRONMENT, Rung.UNKNOWN, None, failure, (why,), origin)


def _json(path: str, shape: Field) -> dict[str, Any]:
    from penstock_findings.load import load

    parsed = load(path, limit=64 * 2**20)
    wrong: list[Finding] = list(parsed.findings)
    document = parsed.document
    if document is not None and not wrong:
        wrong += misfits(document.value, shape, document)
    if document is None or wrong:
        raise CannotRead(f"`{path}` has mistakes", findings=wrong)
    value: Any = document.value
    return dict(value) if isinstance(value, dict) else {}

"""Read and write the files of the matrix: results and plans, as canonical JSON.

Takes:   paths, bytes, facts.
Gives:   `read_results`, `parse_results`, `write_results`, `results_text`; the same for plans; `RESULTS`, `PLAN`: the
         shapes, from which the JSON Schemas are made (`schema_text`).
Why so:  one result is one line, so that a line-wise diff of two files is a diff of cells.
Ignores: what results mean, and axes (`axes`), which people write.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from penstock_compat.errors import CannotRead
from penstock_compat.facts import (
    KINDS,
    Cause,
    Cell,
    DependencySet,
    Evidence,
    Excluded,
    Failure,
    Plan,
    Recipe,
    Result,
    Results,
    Reuse,
    Rung,
    State,
)
from penstock_compat.shape import Field, fits, misfits, schema_of
from penstock_findings.finding import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from penstock_findings.document import Document

LIMIT = 512 * 1024 * 1024  # bytes
RESULTS_SCHEMA = "results-1.schema.json"
PLAN_SCHEMA = "plan-1.schema.json"
_AT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
_DIGEST = r"(sha256:[0-9a-f]{64})?"


def _text(says: str = "", **more: Any) -> Field:
    return Field("text", required=True, says=says, **more)


_CELL = Field(
    "object",
    required=True,
    members={
        "pack": _text("normalised name of the distribution", pattern=r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", like="site-pack"),
        "version": _text(),
        "core": _text("version of the core, empty where there is no core axis"),
        "os": _text(),
        "arch": _text(),
        "python": _text(pattern=r"\d+\.\d+", like="3.12"),
        "deps": _text("lowest, locked, newest, or a named set"),
    },
)  # fmt: skip
_FINDING = Field(
    "object",
    members={
        "code": _text(),
        "message": _text(),
        "severity": _text(choices=tuple(str(one) for one in Severity)),
        "hint": Field("text"),
        "path": Field("text"),
        "line": Field("integer", least=1),
        "pointer": Field("text"),
    },
)
_EVIDENCE = Field(
    "object",
    is_null=True,
    members={
        "command": Field("list", required=True, items=Field("text")),
        "environment": Field(
            "object",
            required=True,
            says="what was installed: name -> version and digest of the wheel",
            values=Field("object", members={"version": _text(), "digest": _text(pattern=_DIGEST, like="sha256:3f...")}),
        ),
        "pack_digest": _text(pattern=_DIGEST, like="sha256:3f..."),
        "core_digest": _text(pattern=_DIGEST, like="sha256:3f..."),
        "interpreter": Field("object", required=True, says="as the probe found it", values=Field("text")),
        "seconds": Field("number", required=True, least=0),
        "log_digest": _text(pattern=_DIGEST, like="sha256:3f..."),
        "log": Field("text", is_null=True, says="the end of the log, where something failed"),
        "at": _text(pattern=_AT, like="2026-01-31T12:00:00Z"),
        "by": _text(),
    },
)
_FAILURE = Field(
    "object",
    is_null=True,
    members={
        "kind": _text(choices=KINDS),
        "summary": _text(),
        "detail": Field("object"),
        "findings": Field("list", items=_FINDING),
    },
)
_RESULT = Field(
    "object",
    members={
        "cell": _CELL,
        "state": _text(choices=tuple(str(one) for one in State)),
        "cause": _text(choices=tuple(str(one) for one in Cause)),
        "rung": _text(choices=tuple(str(one) for one in Rung)),
        "evidence": _EVIDENCE,
        "failure": _FAILURE,
        "reasons": Field("list", items=Field("text")),
        "origin": Field("text"),
    },
)
RESULTS = Field(
    "object",
    says="Results of a compatibility matrix: what is known of each cell, and how well.",
    members={
        "format": Field("integer", required=True),
        "made_by": _text("program and version"),
        "results": Field("list", required=True, items=_RESULT),
    },
)
PLAN = Field(
    "object",
    says="A plan of a compatibility matrix: the cells to run, those left out, and how to run them.",
    members={
        "format": Field("integer", required=True),
        "cells": Field("list", required=True, items=_CELL),
        "excluded": Field("list", items=Field("object", members={"cell": _CELL, "reason": _text()})),
        "recipes": Field(
            "object",
            values=Field(
                "object",
                members={
                    "source": _text(),
                    "requires": Field("list", items=Field("text")),
                    "extras": Field("list", items=Field("text")),
                    "command": Field("list", items=Field("text")),
                    "timeout": Field("number", least=0),
                    "output": Field("integer", least=0),
                    "entry": Field("text"),
                    "keep": Field("list", items=Field("text")),
                    "requires_python": Field("text"),
                },
            ),
        ),
        "sets": Field(
            "object",
            values=Field(
                "object",
                members={
                    "name": _text(),
                    "resolution": Field("text", choices=("newest", "lowest")),
                    "constraints": Field("list", items=Field("text")),
                    "locks": Field("object", values=Field("list", items=Field("text"))),
                    "prereleases": Field("flag"),
                },
            ),
        ),
        "pythons": Field("object", values=Field("text")),
        "wheels": Field("list", items=Field("text")),
        "core": Field("text"),
        "controls": Field("object", values=Field("text")),
        "offline": Field("flag"),
        "sdists": Field("flag"),
        "budget": Field("number", least=0),
        "reuse": Field("object", values=Field("integer", least=0)),
    },
)  # fmt: skip


# -- results ----------------------------------------------------------------------------------------------------


def read_results(path: str | os.PathLike[str]) -> Results:
    """The results in the file. Raises `CannotRead` with everything that is wrong with it."""
    name = os.fspath(path)
    return parse_results(_bytes(name), name)


def parse_results(data: bytes, path: str) -> Results:
    """The results in the bytes of a file of that name."""
    value = _value(data, path, RESULTS, 1, _senseless_results)
    return Results(value["made_by"], tuple(_result(row) for row in value["results"]))


def write_results(results: Results, path: str | os.PathLike[str]) -> None:
    """Write the file, whole or not at all."""
    _replace(os.fspath(path), results_text(results))


def results_text(results: Results) -> str:
    """The file's text: sorted by cell and origin, keys sorted, one result on each line."""
    rows = sorted((one.cell, one.origin, _line(_result_value(one))) for one in results.results)
    lines = ",\n".join(text for _, _, text in rows)
    return f'{{"format":1,"made_by":{_line(results.made_by)},"results":[\n{lines}\n]}}\n'


def result_value(result: Result) -> dict[str, Any]:
    """The result as JSON values."""
    return _result_value(result)


def parse_result(value: Mapping[str, Any]) -> Result:
    """The result in JSON values that fit the shape."""
    return _result(value)


def _result_value(one: Result) -> dict[str, Any]:
    value: dict[str, Any] = {
        "cell": _cell_value(one.cell),
        "state": str(one.state),
        "cause": str(one.cause),
        "rung": str(one.rung),
    }
    if one.evidence is not None:
        value["evidence"] = _evidence_value(one.evidence)
    if one.failure is not None:
        value["failure"] = _failure_value(one.failure)
    if one.reasons:
        value["reasons"] = list(one.reasons)
    if one.origin:
        value["origin"] = one.origin
    return value


def _cell_value(cell: Cell) -> dict[str, str]:
    return {
        "pack": cell.pack,
        "version": cell.version,
        "core": cell.core,
        "os": cell.os,
        "arch": cell.arch,
        "python": cell.python,
        "deps": cell.deps,
    }


def _evidence_value(one: Evidence) -> dict[str, Any]:
    return {
        "command": list(one.command),
        "environment": {name: {"version": v, "digest": d} for name, (v, d) in one.environment.items()},
        "pack_digest": one.pack_digest,
        "core_digest": one.core_digest,
        "interpreter": dict(one.interpreter),
        "seconds": one.seconds,
        "log_digest": one.log_digest,
        "log": one.log,
        "at": one.at,
        "by": one.by,
    }


def _failure_value(one: Failure) -> dict[str, Any]:
    value: dict[str, Any] = {"kind": one.kind, "summary": one.summary}
    if one.detail:
        value["detail"] = dict(one.detail)
    if one.findings:
        value["findings"] = [_finding_value(finding) for finding in one.findings]
    return value


def _finding_value(one: Finding) -> dict[str, Any]:
    value: dict[str, Any] = {"code": one.code, "message": one.message, "severity": str(one.severity)}
    more = {"hint": one.hint, "path": one.at.path, "line": one.at.line, "pointer": one.at.pointer}
    return {**value, **{name: word for name, word in more.items() if word is not None}}


def _result(row: Mapping[str, Any]) -> Result:
    evidence, failure = row.get("evidence"), row.get("failure")
    return Result(
        cell=Cell(**row["cell"]),
        state=State(row["state"]),
        cause=Cause(row["cause"]),
        rung=Rung(row["rung"]),
        evidence=None if evidence is None else _evidence(evidence),
        failure=None if failure is None else _failure(failure),
        reasons=tuple(row.get("reasons", ())),
        origin=row.get("origin", ""),
    )


def _evidence(row: Mapping[str, Any]) -> Evidence:
    found = {name: (one["version"], one["digest"]) for name, one in row["environment"].items()}
    return Evidence(**{**row, "command": tuple(row["command"]), "environment": found})


def _failure(row: Mapping[str, Any]) -> Failure:
    findings = tuple(
        Finding(
            one["code"],
            one["message"],
            Location(one.get("path"), one.get("line"), pointer=one.get("pointer")),
            Severity(one["severity"]),
            one.get("hint"),
        )
        for one in row.get("findings", ())
    )
    return Failure(row["kind"], row["summary"], row.get("detail", {}), findings)


def _senseless_results(value: dict[str, Any], document: Document | None) -> Iterable[Finding]:
    """What the shape cannot say: tested without evidence, or passed without a test."""
    seen: dict[tuple[str, ...], list[Any]] = {}
    for place, row in enumerate(value["results"]):
        at = f"/results/{place}"
        if row["rung"] == "tested" and row.get("evidence") is None:
            yield _here("C114", "a result on the rung `tested` has no evidence", document, f"{at}/rung")
        if row["state"] == "passed" and row["rung"] != "tested":
            message = f"a result that passed cannot stand on the rung `{row['rung']}`"
            yield _here("C114", message, document, f"{at}/rung", "only what was tested has passed")
        cell = row["cell"]
        earlier = seen.setdefault((*(cell[name] for name in sorted(cell)), row.get("origin", "")), [])
        tried = row.get("evidence")  # a cell may have been tried more than once, and then both count
        if tried in earlier:
            yield _here("C115", f"the cell of result {place} stands in the file twice", document, at)
        earlier.append(tried)


def _here(code: str, message: str, document: Document | None, pointer: str, hint: str | None = None) -> Finding:
    return Finding(code, message, Location() if document is None else document.at(pointer), hint=hint)


# -- plans ------------------------------------------------------------------------------------------------------


def read_plan(path: str | os.PathLike[str]) -> Plan:
    """The plan in the file. Raises `CannotRead` with everything that is wrong with it."""
    name = os.fspath(path)
    value = _value(_bytes(name), name, PLAN, 1, lambda value, document: ())
    return Plan(
        cells=tuple(Cell(**row) for row in value["cells"]),
        excluded=tuple(Excluded(Cell(**row["cell"]), row["reason"]) for row in value.get("excluded", ())),
        recipes={pack: Recipe(**_tuples(row)) for pack, row in value.get("recipes", {}).items()},
        sets={name: _set(row) for name, row in value.get("sets", {}).items()},
        pythons=value.get("pythons", {}),
        wheels=tuple(value.get("wheels", ())),
        core=value.get("core", ""),
        controls=value.get("controls", {}),
        offline=value.get("offline", False),
        sdists=value.get("sdists", False),
        budget=value.get("budget", 0.0),
        reuse=Reuse(**{name: value.get("reuse", {}).get(name, 0) for name in Reuse.__slots__}),
    )


def write_plan(plan: Plan, path: str | os.PathLike[str]) -> None:
    """Write the file, whole or not at all."""
    _replace(os.fspath(path), plan_text(plan))


def plan_text(plan: Plan) -> str:
    """The file's text, keys sorted."""
    value = {
        "format": plan.format,
        "cells": [_cell_value(cell) for cell in plan.cells],
        "excluded": [{"cell": _cell_value(one.cell), "reason": one.reason} for one in plan.excluded],
        "recipes": {name: _slots(one) for name, one in plan.recipes.items()},
        "sets": {name: _slots(one) for name, one in plan.sets.items()},
        "pythons": dict(plan.pythons),
        "wheels": list(plan.wheels),
        "core": plan.core,
        "controls": dict(plan.controls),
        "offline": plan.offline,
        "sdists": plan.sdists,
        "budget": plan.budget,
        "reuse": _slots(plan.reuse),
    }
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _slots(fact: Any) -> dict[str, Any]:
    return {name: _plain(getattr(fact, name)) for name in fact.__slots__}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return {name: _plain(one) for name, one in value.items()} if isinstance(value, dict) else value


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def _set(row: Mapping[str, Any]) -> DependencySet:
    locks = {pack: tuple(lines) for pack, lines in row.get("locks", {}).items()}
    return DependencySet(**{**_tuples(row), "locks": locks})


# -- files ------------------------------------------------------------------------------------------------------


def schema_text(shape: Field, title: str) -> str:
    """The JSON Schema of a format, as it is shipped in `schemas/`."""
    value = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema_of(shape)}
    value["properties"]["format"] = {"const": 1}
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def read_shaped(path: str | os.PathLike[str], shape: Field, version: int = 1) -> dict[str, Any]:
    """The value in a file of another of our formats. Raises `CannotRead` with everything that is wrong with it."""
    name = os.fspath(path)
    return _value(_bytes(name), name, shape, version, lambda value, document: ())


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file, whole or not at all."""
    _replace(os.fspath(path), text)


def _bytes(path: str) -> bytes:
    try:
        if os.path.getsize(path) > LIMIT:
            raise CannotRead(f"`{path}` is larger than {LIMIT // 2**20} MiB", at=Location(path), code="C102")
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CannotRead(f"cannot read `{path}`: {why.lower()}", at=Location(path)) from error


def _value(
    data: bytes,
    path: str,
    shape: Field,
    version: int,
    senseless: Callable[[dict[str, Any], Any], Iterable[Finding]],
) -> dict[str, Any]:
    """The value, read fast; only a file with mistakes is read again, slowly, to say where they are."""
    try:
        value = json.loads(data, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        value = None
    is_ours = isinstance(value, dict) and type(value.get("format")) is int and value["format"] == version
    if is_ours and fits(value, shape) and next(iter(senseless(value, None)), None) is None:
        known: dict[str, Any] = value
        return known
    raise _refused(data, path, shape, version, senseless)


def _refused(data: bytes, path: str, shape: Field, version: int, senseless: Callable[..., Any]) -> CannotRead:
    from penstock_findings.load import parse_json

    parsed = parse_json(data, path, limit=LIMIT)
    wrong = list(parsed.findings)
    document = parsed.document
    if document is not None and not wrong:
        said: Any = document.value.get("format") if isinstance(document.value, dict) else None
        if isinstance(said, int) and not isinstance(said, bool) and said != version:
            newer = f"it is newer than this program, which reads format {version}; install a newer penstock-compat"
            message = f"`{path}` has format {said}"
            hint = newer if said > version else f"this program reads format {version}"
            wrong.append(Finding("C103", message, document.at("/format"), hint=hint))
        else:
            wrong += misfits(document.value, shape, document)
            if not wrong:
                wrong += senseless(document.value, document)
    text = data.decode("utf-8", "replace") if len(data) < 2**20 else ""
    return CannotRead(f"`{path}` has mistakes", findings=wrong, sources={path: text} if text else {})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _no_constant(word: str) -> None:
    raise ValueError(word)


_SURROGATE = re.compile("[\ud800-\udfff]")


def _line(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _SURROGATE.sub("\ufffd", text)  # a log may hold halves of characters, a file may not


def _replace(path: str, text: str) -> None:
    temporary = f"{path}.{os.getpid()}.part"
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError as error:
        if os.path.exists(temporary):
            os.unlink(temporary)
        why = error.strerror or str(error)
        raise CannotRead(f"cannot write `{path}`: {why.lower()}", at=Location(path), code="C104") from error

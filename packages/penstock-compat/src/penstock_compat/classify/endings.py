"""Classify how a cell ended: by its stage, its exit, its signal, its report and its log.

Takes:   `RawOutcome`, as the driver saw it.
Gives:   the state, and the failure with its kind, a one-line summary and details.
Ignores: whose fault it is (`attribution` needs the other cells for that).
"""

from __future__ import annotations

import re
import signal as signals
from typing import Any

from penstock_compat.classify.raised import Raised, about, raised, said
from penstock_compat.classify.resolver import STROKES, refusal
from penstock_compat.facts import Failure, State
from penstock_compat.outcome import Broken, RawOutcome

Ending = tuple[State, "Failure | None"]

_NO_TESTS = 5  # pytest's exit when it collected nothing
_BY_SHELL = 128  # a shell adds it to the number of the signal that ended its child
_ENVIRONMENT = re.compile(
    r"No space left on device|Read-only file system|Disk quota exceeded"
    r"|Could not connect|Connection refused|Temporary failure in name resolution|dns error|Network is unreachable"
    r"|tcp connect error|error sending request|client error \(Connect\)|operation timed out|Name or service not known"
    r"|Failed to (?:query|inspect) Python interpreter|No interpreter found|No virtual environment found|Broken pipe"
    r"|Cannot allocate memory|Too many open files",
    re.IGNORECASE,
)
_BUILD = re.compile(
    r"Failed to build|build backend returned an error|error: subprocess-exited-with-error|Failed building wheel"
)
_METADATA = re.compile(
    r"invalid metadata|`[^`]+\.whl` is no wheel|Failed to (?:parse|read) metadata|Metadata (?:field|is)|metadata.*(?:missing|not found|mismatch)|is not a valid wheel|"
    r"invalid wheel|RECORD|The wheel is invalid|not a zip file|zip archive|does not match|"
    r"dist-info|not a valid (?:package|version|distribution)|Failed to parse entry.?points",
    re.IGNORECASE,
)
_WHEEL = re.compile(
    r"not a supported wheel|not compatible with|no (?:usable )?wheels|no matching distribution|is incompatible with",
    re.IGNORECASE,
)
_WORKER = re.compile(r"worker '[^']+' crashed|Fatal Python error: ([^\n]+)")
_FATAL = {
    "Segmentation fault": signals.SIGSEGV,
    "Aborted": signals.SIGABRT,
    "Bus error": signals.SIGBUS,
    "Illegal instruction": signals.SIGILL,
}
_KIT = re.compile(r"penstock_testkit\.check\('([A-Z]\d{3})'")  # the line by which the kit says how to ask again
_UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\s+(?:OK|NO TESTS RAN)(?: \((?:.*, )?skipped=(\d+).*\))?", re.MULTILINE)
_TOOL = re.compile(
    r"No module named '?(pytest|_pytest|tox|nox|xdist|hypothesis|pytest_[a-z]+|penstock_testkit)'?|unrecognized arguments|pluggy\."
)


def classify(raw: RawOutcome) -> Ending:
    """What the end of a cell means."""
    if raw.timed_out:
        return _timeout(raw)
    if raw.flooded:
        text = f"it printed more than it may, at the stage `{raw.stage}`"
        return State.FAILED, Failure("output", text, {"stage": raw.stage})
    number = _signal_of(raw)
    if number:
        return _crash(raw, number)
    return _STAGES[raw.stage](raw)


def _timeout(raw: RawOutcome) -> Ending:
    last = next((line.strip() for line in reversed(raw.log.splitlines()) if line.strip()), "")
    detail = {"stage": raw.stage, "seconds": round(raw.seconds, 1), **({"last": last[:300]} if last else {})}
    return State.TIMEOUT, Failure("timeout", f"it was still at the stage `{raw.stage}` when its time was over", detail)


def _signal_of(raw: RawOutcome) -> int:
    """The signal that ended the stage, its own or the one that its shell or test runner tells of."""
    if raw.signal:
        return raw.signal
    if raw.exit is not None and _BY_SHELL < raw.exit < _BY_SHELL + 65 and raw.stage in ("import", "test"):
        return raw.exit - _BY_SHELL
    fatal = _WORKER.search(raw.log) if raw.exit and raw.stage == "test" else None
    if fatal is None:
        return 0
    return int(_FATAL.get((fatal[1] or "").strip(), signals.SIGSEGV if fatal[1] is None else 0) or 0)


def _crash(raw: RawOutcome, number: int) -> Ending:
    try:
        name = signals.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    detail = {"stage": raw.stage, "signal": name}
    return State.CRASHED, Failure("crash", f"{name} at the stage `{raw.stage}`", detail)


def _resolve(raw: RawOutcome) -> Ending:
    if raw.exit == 0:
        return State.UNKNOWN, None
    found = refusal(raw.log)
    if found is not None:
        detail: dict[str, Any] = {"chain": list(found.chain), "names": list(found.names)}
        detail |= {"yanked": True} if found.yanked else {}
        detail |= {"missing": found.missing} if found.missing else {}
        state = State.NO_WHEEL if found.kind == "missing-wheel" else State.RESOLVE_FAILED
        return state, Failure(found.kind, found.summary[:500], detail)
    if _ENVIRONMENT.search(raw.log):
        return _environment(raw)
    if _BUILD.search(raw.log):
        return _build(raw)
    if _METADATA.search(raw.log):
        return State.RESOLVE_FAILED, Failure("metadata", _last(raw.log), {"stage": raw.stage})
    return State.RESOLVE_FAILED, Failure("unknown", _last(raw.log), {"stage": raw.stage})


def _build(raw: RawOutcome) -> Ending:
    if raw.exit == 0:
        return State.UNKNOWN, None
    if _ENVIRONMENT.search(raw.log):
        return _environment(raw)
    wanted = refusal(raw.log)
    if wanted is not None and wanted.kind in ("requires-python", "missing-wheel"):
        return _resolve(raw)
    error = raised(raw.log)
    detail = {"stage": raw.stage, **(about(error) if error else {})}
    if wanted is not None:
        detail["chain"] = list(wanted.chain)  # type: ignore[assignment]  # a list among texts, as JSON has it
    summary = wanted.summary if wanted else said(error) if error else _last(raw.log)
    kind = "metadata" if error is None and _METADATA.search(raw.log) and not _BUILD.search(raw.log) else "build"
    return State.BUILD_FAILED, Failure(kind, summary[:500], detail)


def _install(raw: RawOutcome) -> Ending:
    if raw.exit == 0:
        return State.UNKNOWN, None
    if _ENVIRONMENT.search(raw.log):
        return _environment(raw)
    if _WHEEL.search(raw.log):
        return State.NO_WHEEL, Failure("missing-wheel", _last(raw.log), {"stage": raw.stage})
    if refusal(raw.log) is not None:
        return _resolve(raw)
    if _BUILD.search(raw.log):
        return _build(raw)
    kind = "metadata" if _METADATA.search(raw.log) else "unknown"
    return State.BUILD_FAILED, Failure(kind, _last(raw.log), {"stage": raw.stage})


def _import(raw: RawOutcome) -> Ending:
    if raw.exit == 0:
        return State.NO_TESTS, None
    if _ENVIRONMENT.search(raw.log) and raised(raw.log) is None:
        return _environment(raw)
    error = raised(raw.log)
    if error is None:
        return State.FAILED, Failure("import", _last(raw.log) or "its import ended the interpreter", {"exit": raw.exit})
    return State.FAILED, Failure("import", said(error)[:500], about(error))


def _test(raw: RawOutcome) -> Ending:
    report = raw.report
    ran = report.tests - report.skipped if report is not None else None
    if raw.exit == _NO_TESTS and not ran:
        return State.NO_TESTS, Failure("no-tests", "there was no test to run", {})
    unfinished = str(raw.probe.get("begins", "")) if raw.probe is not None else ""
    if unfinished:
        text = f"its import ended the interpreter while `{unfinished}` was imported"
        return State.FAILED, Failure("import", text, {"begins": unfinished})
    if raw.exit == 0:
        return _passed(raw, ran)
    broken = report.broken if report is not None else ()
    if raw.exit == 127 and raw.log.startswith("cannot start `"):  # said by us (`run.child`): there is no such program
        return State.FAILED, Failure("environment", _last(raw.log), {"exit": raw.exit})
    if not broken and (_TOOL.search(raw.log) or (raw.exit in (3, 4) and "pytest" in " ".join(raw.command))):
        return State.FAILED, Failure("environment", f"the tests could not begin: {_last(raw.log)}", {"exit": raw.exit})
    return _failed(raw, broken)


def _passed(raw: RawOutcome, ran: int | None) -> Ending:
    if raw.report is not None and not ran:
        skipped = f"all {raw.report.skipped} tests were skipped" if raw.report.skipped else "there was no test to run"
        return State.NO_TESTS, Failure("no-tests", skipped, {"skipped": raw.report.skipped})
    if raw.report is not None and raw.report.broken:
        return _failed(raw, raw.report.broken)
    if raw.report is None and "pytest" in " ".join(raw.command):
        return State.FAILED, Failure(
            "test", "the test runner left no report, so nobody knows what it tested", {"exit": 0}
        )
    counted = _UNITTEST.search(raw.log) if raw.report is None else None
    if counted is not None and int(counted[1]) <= int(counted[2] or 0):
        return State.NO_TESTS, Failure(
            "no-tests", f"{counted[1]} tests, {counted[2] or 0} of them skipped", {"skipped": int(counted[2] or 0)}
        )
    return State.PASSED, None


def _failed(raw: RawOutcome, broken: tuple[Broken, ...]) -> Ending:
    count = len(broken)
    first = broken[0] if broken else None
    text = f"{first.message}\n{first.text}" if first else raw.log
    error = raised(text) or raised(raw.log)
    if error is not None and _of_the_place(error):
        return State.FAILED, Failure("environment", said(error)[:500], {"exit": raw.exit, **about(error)})
    detail: dict[str, Any] = {"exit": raw.exit, **(about(error) if error else {})}
    detail |= {"tests": [each.name for each in broken[:20]], "failed": count} if broken else {}
    checks = sorted({code for each in broken for code in _checks_of(each)})
    if checks:
        detail["checks"] = checks
        told = next((each.message for each in broken if _checks_of(each)), ", ".join(checks))
        return State.FAILED, Failure("kit", f"the test kit refuses it: {told}"[:500], detail)
    collecting = (
        all(each.kind == "error" and _collects(each) for each in broken) if broken else "ERROR collecting" in raw.log
    )
    if error is not None and collecting and error.kind in _IMPORTING:
        return State.FAILED, Failure("import", said(error)[:500], detail)
    what = (
        f"{count} of {raw.report.tests} tests failed"
        if raw.report and broken
        else f"the tests ended with exit {raw.exit}"
    )
    return State.FAILED, Failure("test", f"{what}: {said(error)}"[:500] if error else what, detail)


_IMPORTING = {
    "ImportError",
    "ModuleNotFoundError",
    "SyntaxError",
    "AttributeError",
    "NameError",
    "TypeError",
    "RuntimeError",
}


def _of_the_place(error: Raised) -> bool:
    """Whether an exception speaks of the place of the test: its disk, its network, its limits."""
    return error.kind in _PLACES or (error.kind == "OSError" and _ENVIRONMENT.search(error.message) is not None)


_PLACES = {
    "ConnectionRefusedError",
    "ConnectionResetError",
    "gaierror",
    "ConnectError",
    "ConnectTimeout",
    "NewConnectionError",
}


def _collects(each: Broken) -> bool:
    return (
        "collection failure" in each.message
        or "importing test module" in each.text
        or "Traceback" in each.text
        or "conftest" in each.text
    )


def _checks_of(each: Broken) -> set[str]:
    """The ids of the test kit's checks that one failed test tells of."""
    return set(_KIT.findall(f"{each.message}\n{each.text}"))


def _environment(raw: RawOutcome) -> Ending:
    found = _ENVIRONMENT.search(raw.log)
    said_so = next((line.strip() for line in raw.log.splitlines() if found and found[0] in line), _last(raw.log))
    return State.UNKNOWN, Failure("environment", _without_addresses(said_so)[:500], {"stage": raw.stage})


def _last(log: str) -> str:
    """The last line that says something, without a box's strokes and without addresses."""
    lines = [re.sub(rf"^[\s{STROKES}]+", "", line).strip() for line in log.splitlines()]
    told = [line for line in lines if line.strip("^ ")]
    marked = [place for place, line in enumerate(told) if re.match(r"(?:error|ERROR|cause)\b", line)]
    said_last = " ".join(told[marked[-1] : marked[-1] + 4]) if marked else (told or ["it said nothing"])[-1]
    return _without_addresses(re.sub(r"^(?:error|ERROR|cause):\s*", "", said_last))[:500]


def _without_addresses(text: str) -> str:
    return re.sub(r"\b(?:https?|file)://\S+", "…", text)


_STAGES = {"resolve": _resolve, "build": _build, "install": _install, "import": _import, "test": _test}

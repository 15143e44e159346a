"""Print findings and texts where the options say, and give the exit code.

Takes:   findings with their sources, the values of the options.
Gives:   `report`, `put`, `answer`, `text_of_lines`, `told_of`, `visible`, `bytes_of`, `write_new`.
Ignores: what was found.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from penstock_findings import reporters
from penstock_findings.errors import PenstockError
from penstock_findings.finding import Severity
from penstock_findings.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penstock_findings.finding import Finding

TOOL = "penstock-trust"


def report(
    findings: Iterable[Finding],
    *,
    sources: Mapping[str, str] | None = None,
    fmt: str = "text",
    as_json: bool = False,
    output: str | None = None,
    threshold: Severity = Severity.ERROR,
) -> int:
    """Print the findings; 1 when one is at or above the threshold."""
    from penstock_trust.cli.overview import VERSION

    made = Report(TOOL, findings, sources, VERSION)
    name = "json" if as_json else fmt
    if output is None:
        reporters.write(made, name, sys.stdout)
    else:
        with _opened(output) as stream:
            reporters.write(made, name, stream, color=False)
    return made.exit_code(threshold)


def told_of(findings: Iterable[Finding]) -> list[str]:
    """The findings as lines, a little to the right, for a report that says more than findings."""
    from penstock_findings.reporters.text_format import lines_of

    sources: Any = {}  # a wheel has no lines to show
    return [f"  {line}" for finding in Report(TOOL, findings).findings for line in lines_of(finding, sources)]


def visible(line: str) -> str:
    """The line with control characters as escapes: no name in a stranger's file can drive a terminal."""
    if line.isprintable():
        return line
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in line
    )


def text_of_lines(lines: Iterable[str]) -> str:
    """The lines as a text; what strangers wrote in them cannot drive a terminal."""
    return "".join(f"{visible(line)}\n" for line in lines)


def put(text: str, output: str | None = None) -> None:
    """Print a finished text; no secret that is alive is in it."""
    if output is None:
        reporters.put(text, sys.stdout)
    else:
        with _opened(output) as stream:
            reporters.put(text, stream)


def answer(lines: Iterable[str], value: Any, as_json: bool) -> None:
    """Say what a command did, as lines for people or as a value for programs."""
    put(json_text(value) if as_json else text_of_lines(lines))


def json_text(value: Any) -> str:
    """A value for programs, in ASCII: what strangers wrote in it cannot drive a terminal either."""
    from json import dumps

    return dumps(value, indent=2, sort_keys=True) + "\n"


def bytes_of(path: str, limit: int) -> bytes:
    """The bytes of a file that a command was given. Raises `PenstockError` (T903)."""
    from penstock_trust.policy.files import read_small
    from penstock_trust.refusal import Misuse

    try:
        return read_small(path, limit)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise Misuse("T903", f"cannot read `{path}`: {why}") from error


def write_new(path: str, data: bytes, *, replace: bool) -> None:
    """Write a file that a command makes, on the disk or not at all. Raises `PenstockError` (T904)."""
    import os

    from penstock_trust.refusal import Misuse

    if os.path.lexists(path) and not replace:
        raise Misuse("T904", f"`{path}` is there already", hint="write over it with --replace")
    fresh = f"{path}.{os.getpid()}"
    try:
        with open(fresh, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except OSError as error:
        raise Misuse("T904", f"cannot write `{path}`: {(error.strerror or str(error)).lower()}") from error


def _opened(path: str) -> Any:
    try:
        return open(path, "w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise PenstockError(f"cannot write `{path}`: {(error.strerror or str(error)).lower()}", code="F003") from error

"""Print a report in a format that people or programs read.

Takes:   a report, the name of a format, a text stream.
Gives:   `write`, and `NAMES`, the formats there are.
Ignores: files and exit codes; the command opens the one and chooses the other.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from penstock_findings.report import Report

NAMES = ("text", "json", "sarif", "junit", "github", "markdown")


def write(report: Report, fmt: str, stream: TextIO, *, color: bool | None = None) -> None:
    """Print the report to the stream; a report without findings prints what the format needs, for text nothing.

    `color` matters to text only: None means colour when the stream is a terminal and NO_COLOR is not set.
    Raises `PenstockError` F004 when there is no such format.
    """
    if fmt not in NAMES:
        from penstock_findings.errors import PenstockError
        from penstock_findings.spelling import hint_for

        raise PenstockError(f"there is no output format `{fmt}`", code="F004", hint=hint_for(fmt, NAMES))
    if fmt == "text":
        from penstock_findings.reporters.text_format import render

        stream.write(render(report, _colored(stream, color)))
    else:
        room = __import__(f"{__name__}.{fmt}_format", fromlist=("render",))
        stream.write(room.render(report))


def _colored(stream: TextIO, color: bool | None) -> bool:
    if color is not None:
        return color
    from os import environ

    return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb" and stream.isatty()

"""Print a report in a format that people or programs read.

Takes:   a report, the name of a format, a text stream.
Gives:   `write`; `NAMES`, the formats there are; `summary`, the counts in words; `put`, `colored`, `visible` and `portable`,
         for tools with formats of their own.
Ignores: files and exit codes; the command opens the one and chooses the other.
"""

from __future__ import annotations

from penstock_findings.reporters._words import portable as portable
from penstock_findings.reporters._words import summary as summary
from penstock_findings.reporters._words import visible as visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from penstock_findings.report import Report

NAMES = ("text", "json", "sarif", "junit", "github", "markdown")


def write(report: Report, fmt: str, stream: TextIO, *, color: bool | None = None) -> None:
    """Print the report to the stream; a report without findings prints what the format needs, for text nothing.

    `color` matters to text only: None means colour when the stream is a terminal and NO_COLOR is not set.
    What the stream's encoding cannot say is written as an escape.
    Raises `PenstockError`: F004 when there is no such format, F003 when the stream cannot be written.
    """
    if fmt not in NAMES:
        from penstock_findings.errors import PenstockError
        from penstock_findings.spelling import hint_for

        raise PenstockError(f"there is no output format `{fmt}`", code="F004", hint=hint_for(fmt, NAMES))
    from penstock_findings.secret import concealed

    report = concealed(report)
    if fmt == "text":
        from penstock_findings.reporters.text_format import render

        text = render(report, colored(stream, color))
    else:
        text = __import__(f"{__name__}.{fmt}_format", fromlist=("render",)).render(report)
    put(text, stream)


def put(text: str, stream: TextIO) -> None:
    """Write a finished text to the stream, without the secrets that are alive. Raises F003.

    What the stream's encoding cannot say is written as an escape.
    """
    from penstock_findings.secret import redacted

    text = redacted(text)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:  # the reader has seen enough; the command decides what that means
        raise
    except OSError as error:
        from penstock_findings.errors import PenstockError

        raise PenstockError(
            f"cannot write the report: {(error.strerror or str(error)).lower()}", code="F003"
        ) from error


def colored(stream: TextIO, color: bool | None) -> bool:
    """Whether to colour: as told, and when nothing is told, on a terminal that does not ask to be left alone."""
    if color is not None:
        return color
    from os import environ

    return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb" and stream.isatty()

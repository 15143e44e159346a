"""Print what the gate found, in a format that people or programs read.

Takes:   an `Outcome`, the name of a format, a text stream.
Gives:   `write`; `NAMES`, the formats there are; `exit_code`.
Ignores: files and flags; the command opens the one and reads the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from penstock_contracts.change import Outcome

NAMES = ("text", "json", "sarif", "junit", "github", "markdown", "html")
_OURS = ("json", "markdown", "html")  # the others are those of `penstock_findings`


def write(outcome: Outcome, fmt: str, stream: TextIO, *, color: bool | None = None) -> None:
    """Print the outcome to the stream; `color` matters to text only, None means colour where a terminal wants it.

    Raises `PenstockError`: F004 when there is no such format, F003 when the stream cannot be written.
    """
    from penstock_findings import reporters

    if fmt == "text":
        from penstock_contracts.reports import text_format

        text = text_format.render(outcome, reporters.colored(stream, color))
    elif fmt in _OURS:
        text = __import__(f"{__name__}.{fmt}_format", fromlist=("render",)).render(outcome)
    else:
        from penstock_contracts.reports.as_findings import report_of

        reporters.write(report_of(outcome), fmt, stream)
        return
    reporters.put(text, stream)


def exit_code(outcome: Outcome) -> int:
    """0 compatible, 1 something breaks, 3 something could not be decided or looked at; a break outweighs a doubt."""
    from penstock_contracts.reports.phrases import Standing, standing_of

    return {Standing.BREAKING: 1, Standing.UNDECIDED: 3}.get(standing_of(outcome), 0)

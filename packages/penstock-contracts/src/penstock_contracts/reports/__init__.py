"""Print what the gate found, in a format that people or programs read.

Takes:   an `Outcome`, the name of a format, a text stream.
Gives:   `write`, `write_files`; `NAMES`, the formats there are; `exit_code`.
Ignores: flags; the command reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def pairs_of(targets: Iterable[str]) -> list[tuple[str, str]]:
    """Each `FORMAT=FILE` taken apart; raises `PenstockError` F004 for words that are none."""
    from penstock_findings import PenstockError, hint_for

    pairs: list[tuple[str, str]] = []
    for target in targets:
        fmt, _, path = target.partition("=")
        if fmt not in NAMES or not path:
            said = f"`{fmt}={path}`" if path else f"`{fmt}`"
            hint = hint_for(fmt, NAMES) if fmt not in NAMES else f"write `{fmt}=FILE`"
            raise PenstockError(f"{said} names no format and file", code="F004", hint=hint)
        pairs.append((fmt, path))
    return pairs


def write_files(outcome: Outcome, targets: Iterable[str]) -> None:
    """Print the outcome to files, each named as `FORMAT=FILE`; folders that are missing are made.

    Raises `PenstockError`: F004 when there is no such format, F003 when a file cannot be written. All words are looked
    at before anything is written.
    """
    from pathlib import Path

    from penstock_findings import PenstockError

    for fmt, path in pairs_of(targets):
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="\n") as stream:
                write(outcome, fmt, stream)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise PenstockError(f"cannot write `{path}`: {reason}", code="F003") from error


def exit_code(outcome: Outcome) -> int:
    """0 compatible, 1 something breaks, 3 something could not be decided or looked at; a break outweighs a doubt."""
    from penstock_contracts.reports.phrases import Standing, standing_of

    return {Standing.BREAKING: 1, Standing.UNDECIDED: 3}.get(standing_of(outcome), 0)

"""Print a compatibility report in a format that people or programs read.

Takes:   a `Report`, the name of a format, a text stream or a path.
Gives:   `text_of`, `write_files`; `FORMATS`; `compile_report`.
Ignores: flags; the command reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from penstock_compat.report.compile import compile_report as compile_report

if TYPE_CHECKING:
    from penstock_compat.report.model import Report

FORMATS = ("text", "json", "markdown", "html", "badge", "junit", "attestation")


def text_of(report: Report, fmt: str, *, pack: str = "", version: str = "") -> str:
    """The report as text; `pack` and `version` choose what an attestation is about.

    Raises `PenstockError` F004 when there is no such format, C303 when an attestation cannot be about one build.
    """
    if fmt not in FORMATS:
        from penstock_findings import PenstockError, hint_for

        raise PenstockError(f"there is no output format `{fmt}`", code="F004", hint=hint_for(fmt, FORMATS))
    room = __import__(f"{__name__}.{fmt}_format", fromlist=("render",))
    text: str = room.render(report, pack=pack, version=version) if fmt == "attestation" else room.render(report)
    return text


def pairs_of(targets: Iterable[str]) -> list[tuple[str, str]]:
    """Each `FORMAT=FILE` taken apart; raises `PenstockError` F004 for words that are none."""
    from penstock_findings import PenstockError, hint_for

    pairs: list[tuple[str, str]] = []
    for target in targets:
        fmt, _, path = target.partition("=")
        if fmt not in FORMATS or not path:
            hint = hint_for(fmt, FORMATS) if fmt not in FORMATS else f"write `{fmt}=FILE`"
            raise PenstockError(f"`{target}` names no format and file", code="F004", hint=hint)
        pairs.append((fmt, path))
    return pairs


def write_files(report: Report, targets: Iterable[str], *, pack: str = "", version: str = "") -> None:
    """Write the report to files, each named as `FORMAT=FILE`; folders that are missing are made.

    Raises `PenstockError` as `text_of` does, C104 when a file cannot be written. All words are looked at, and every
    text is made, before anything is written.
    """
    from pathlib import Path

    from penstock_compat.errors import CannotRead
    from penstock_compat.formats import write_whole

    texts = [(text_of(report, fmt, pack=pack, version=version), path) for fmt, path in pairs_of(targets)]
    for text, path in texts:
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise CannotRead(f"cannot write `{path}`: {why}", code="C104") from error
        write_whole(path, text)

"""Do what the options say, for every command that judges contracts: a gate, waivers, printing, the exit code.

Takes:   the values of the shared options.
Gives:   `Judge`.
Ignores: subjects; each command opens its own.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock_contracts import waiver
from penstock_contracts.asking import Engine
from penstock_contracts.change import Bump, Outcome
from penstock_contracts.cli.progress import Progress
from penstock_contracts.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from penstock_contracts.change import Waiver

_FORMATS = {"annotate": "annotation", "assert": "assertion"}


@dataclass(slots=True)
class Judge:
    """The shared options, by the names that click gives them."""

    mode: str | None = None
    position: tuple[str, ...] = ()
    content: str = "open"
    formats: str = "annotate"
    seconds: float = 2.0
    fmt: str = "text"
    as_json: bool = False
    output: str | None = None
    reports: tuple[str, ...] = ()
    waivers: str | None = None
    today: date | None = None
    progress: Progress = field(default_factory=Progress)

    def gate(self) -> Gate:
        """A gate that judges as the options say. Raises `PenstockError` for a --report that cannot be written, before the work."""
        from penstock_contracts import reports

        reports.pairs_of(self.reports)
        engine = Engine(self.seconds, _FORMATS[self.formats], safely=True, heard=self.progress.asked)
        return Gate(engine, self.mode, self.position, self.content, self.progress.of)

    def ended(self, outcome: Outcome) -> int:
        """Apply waivers, print, and give the exit code."""
        from penstock_contracts import reports

        self.progress.done()
        known = self._waivers()
        if known:
            outcome = waiver.waived(outcome, known, self.day())
            source = {one.at.path: _text(one.at.path) for one in known if one.at.path}
            outcome = _with_sources(outcome, source)
        fmt = "json" if self.as_json else self.fmt
        if self.output is None:
            reports.write(outcome, fmt, sys.stdout)
        else:
            self._write(outcome, fmt)
        reports.write_files(outcome, self.reports)
        code: int = reports.exit_code(outcome)
        return code

    def _write(self, outcome: Outcome, fmt: str) -> None:
        from penstock_contracts import reports
        from penstock_contracts.reports.phrases import headline
        from penstock_findings.errors import PenstockError

        assert self.output is not None  # the caller looked
        try:
            with open(self.output, "w", encoding="utf-8", newline="\n") as file:
                reports.write(outcome, fmt, file, color=False)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise PenstockError(f"cannot write `{self.output}`: {why}", code="F003") from error
        sys.stderr.write(f"{headline(outcome)}\n")

    def _waivers(self) -> tuple[Waiver, ...]:
        from penstock_contracts.subjects.reading import read_document
        from penstock_contracts.subjects.trees import Folder

        if self.waivers is None and not os.path.exists(waiver.NAME):
            return ()
        folder, name = os.path.split(self.waivers or waiver.NAME)
        tree = Folder(folder or ".")
        if tree.read(name) is None:
            from penstock_contracts.subjects.errors import CannotRead
            from penstock_findings.finding import Finding, Location

            said = f"cannot read `{self.waivers}`: no such file or directory"
            raise CannotRead(said, findings=[Finding("F101", said, Location(self.waivers))])
        value, source = read_document(tree, name)
        source.path = self.waivers or waiver.NAME
        return waiver.read_waivers(value, source)

    def day(self) -> date:
        """The day on which waivers are judged."""
        from datetime import datetime, timezone

        return self.today or datetime.now(timezone.utc).date()


def summed(outcomes: Iterable[Outcome]) -> Outcome:
    """Several outcomes of one command as one."""
    every = list(outcomes)
    first = every[0]
    steps = [one.bump for one in every]
    known = [step for step in steps if step is not None]
    largest = max(known, key=lambda step: step.rank, default=Bump.PATCH)
    sources: dict[str, str] = {}
    for one in every:
        sources.update(one.sources)
    return Outcome(
        first.command,
        ", ".join(dict.fromkeys(one.baseline for one in every)),
        ", ".join(dict.fromkeys(one.candidate for one in every)),
        tuple(comparison for one in every for comparison in one.comparisons),
        tuple(dict.fromkeys(finding for one in every for finding in one.findings)),
        sources,
        None if None in steps and largest is not Bump.MAJOR else largest,
    )


def _with_sources(outcome: Outcome, more: dict[str, Any]) -> Outcome:
    from dataclasses import replace

    return replace(outcome, sources={**outcome.sources, **more})


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()

"""The command `penstock-contracts bump`.

Takes:   subjects and the version to compare them with.
Gives:   the smallest version step that their changes allow; with --check, whether the declared one is as large.
Ignores: whether the changes may be made at all; `diff` asks that.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from penstock_contracts.bump import next_version
from penstock_contracts.cli import options
from penstock_contracts.cli.judge import Judge, summed
from penstock_contracts.cli.opening import sides_of, versions_of
from penstock_contracts.subjects.open import open_candidate

if TYPE_CHECKING:
    from penstock_contracts.change import Outcome
    from penstock_contracts.subjects.open import Subject


@click.command()
@click.argument("subjects", metavar="[BASELINE] [CANDIDATE]...", nargs=-1)
@options.against
@click.option("--check", is_flag=True, help="Exit 1 when the declared version is too low.")
@click.option("--from-version", metavar="VERSION", help="The version of the baseline, if its file does not say.")
@click.option("--to-version", metavar="VERSION", help="The version of the candidate, if its file does not say.")
@options.retention
@options.judging
def bump(
    subjects: tuple[str, ...],
    against: tuple[str, ...],
    check: bool,
    from_version: str | None,
    to_version: str | None,
    retention: float,
    **judging: Any,
) -> int:
    """Say which version the changes need: a patch only when both sides are proved to accept the same payloads.

    A pack has its version in its manifest, an OpenAPI description in `info`, a schema in `version` or `x-version`.

    \b
    Example:
      penstock-contracts bump --against v0.2.0 packs/site
      penstock-contracts bump --check --against v0.2.0 packs/site
      penstock-contracts bump --check old.json new.json --from-version 1.4.0 --to-version 1.5.0
    """
    judge = Judge(**judging)
    outcomes: list[Outcome] = []
    for words, baselines in sides_of(subjects, against):
        candidate = open_candidate(words)
        gate = judge.gate()
        before = versions_of(judge, words, baselines, retention)
        outcome = gate.diff(before, candidate)
        if not check and judge.fmt == "text" and not judge.as_json:
            sys.stdout.write(_said(outcome, before[0], from_version))
        outcomes.append(gate.bump(outcome, before[0], candidate, (from_version, to_version)))
    if check:
        return judge.ended(summed(outcomes))
    if judge.as_json or judge.fmt != "text":
        judge.ended(summed(outcomes))
    return 0


def _said(outcome: Outcome, before: Subject, version: str | None) -> str:
    """The steps in words: one line for each contract, and one for the pack."""
    lines = []
    for comparison in outcome.comparisons:
        step = str(comparison.bump or "undecided")
        old = comparison.baseline_version or (version if before.pack is None else None)
        low = next_version(old, comparison.bump) if old and comparison.bump and not _is_same(comparison) else None
        lines.append(
            f"{comparison.name}: "
            + ("no change" if _is_same(comparison) else step + (f", {low} or higher" if low else ""))
        )
    if before.pack is not None:
        low = next_version(before.pack.version, outcome.bump) if outcome.bump is not None else None
        lines.append(f"{before.pack.name}: {outcome.bump or 'undecided'}" + (f", {low} or higher" if low else ""))
    return "".join(f"{line}\n" for line in lines)


def _is_same(comparison: Any) -> bool:
    return comparison.equivalent and not comparison.changes

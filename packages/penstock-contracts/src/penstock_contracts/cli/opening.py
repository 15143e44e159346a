"""Open what the words of a command name, on both sides, and compare it.

Takes:   words, and a judge.
Gives:   `compared`: an outcome for each candidate; `sides_of`: who is compared with whom.
Ignores: options that only print.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from penstock_contracts.direction import is_transitive
from penstock_contracts.subjects.errors import NoBaseline
from penstock_contracts.subjects.open import Subject, open_baseline, open_candidate, open_history

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from penstock_contracts.change import Outcome
    from penstock_contracts.cli.judge import Judge


def sides_of(subjects: Sequence[str], against: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Each candidate with its baselines, as words. Raises click's `UsageError` when they make no sense together."""
    if against:
        return [(candidate, tuple(against)) for candidate in subjects or (".",)]
    if len(subjects) != 2:
        raise click.UsageError(
            "name two subjects, the older one first; or name the older one with --against, such as `--against main`"
        )
    return [(subjects[1], (subjects[0],))]


def versions_of(judge: Judge, candidate: str, baselines: Sequence[str], retention: float) -> list[Subject]:
    """The versions to compare with, the latest first."""
    if not is_transitive(judge.mode):
        return [open_baseline(baselines[0], candidate)]
    found = [one for words in baselines for one in open_history(words, candidate, retention, time.time())]
    if not found:
        raise NoBaseline(
            f"`{baselines[0]}` holds no released contract", "lock a version with `penstock-contracts lock`"
        )
    if len(baselines) == 1 and _is_one_file(baselines[0]):
        raise click.UsageError(
            f"--mode {judge.mode} needs the versions before `{baselines[0]}` as well: name a git ref, a lock file, "
            "or each version with --against"
        )
    return found


def compared(
    judge: Judge,
    subjects: Sequence[str],
    against: Sequence[str],
    retention: float,
    queued: Sequence[str] = (),
    consumers: Sequence[str] = (),
) -> Iterator[Outcome]:
    """An outcome for each candidate."""
    for words, baselines in sides_of(subjects, against):
        candidate = open_candidate(words)
        gate = judge.gate()
        yield gate.diff(
            versions_of(judge, words, baselines, retention),
            candidate,
            queued=[open_baseline(one, words) for one in queued],
            consumers=[open_baseline(one, words) for one in consumers],
        )


def _is_one_file(words: str) -> bool:
    import os

    path = words.removeprefix("file:").partition("#")[0]
    return os.path.exists(path) and not path.endswith(".lock")

"""Open results wherever they are: files, folders, reports of before.

Takes:   paths, or none.
Gives:   `opened`: one merged set of results, each marked with the file that it came from; `report_at`; `files_of`.
Ignores: signatures (`signatures`), judging (`standing`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from penstock_compat.errors import CannotLook, CannotRead
from penstock_compat.facts import Results
from penstock_compat.formats import read_results
from penstock_compat.merge import marked, merge
from penstock_compat.report.json_format import read_report, results_in
from penstock_compat.report.model import Report
from penstock_compat.standing import Freshness

PATTERN = ".compat.json"
USUAL = (os.path.join("compat", "reports"), ".")  # where results are looked for when nobody names any


def files_of(words: Sequence[str]) -> list[str]:
    """The result files that the words name: files as they are, of folders those called `*.compat.json`, sorted.

    Without words, those of `compat/reports`, else of the current folder. Raises `CannotLook` C304 when there are none.
    """
    for folder in () if words else USUAL:
        if found := _inside(folder):
            return found
    if not words:
        raise CannotLook(
            f"there are no results here: no `*{PATTERN}` in `compat/reports` or in this folder",
            code="C304",
            hint="make some with `penstock-compat run`, or name them",
        )
    files = []
    for word in words:
        if not os.path.isdir(word):
            files.append(word)
            continue
        found = _inside(word)
        if not found:
            raise CannotLook(f"there are no `*{PATTERN}` in `{word}`", code="C304")
        files += found
    return files


def opened(words: Sequence[str]) -> Results:
    """All results that the words name, merged; raises `CannotRead`, `CannotLook`, `Contradictory`."""
    return merge(*(marked(_results_at(path), origin_of(path)) for path in files_of(words)))


def origin_of(path: str) -> str:
    """What results of that file are said to come from, when they do not say so themselves."""
    return os.path.basename(path).removesuffix(PATTERN)


def _results_at(path: str) -> Results:
    """The results in a file; a report holds some too, one for each cell."""
    try:
        return read_results(path)
    except CannotRead:
        if not _is_report(path):
            raise
    report = read_report(path)
    return Results(report.made_by, results_in(report))


def report_at(path: str) -> Report:
    """A report that was written before, or one made on the spot when the file holds results."""
    if _is_report(path):
        return read_report(path)
    from penstock_compat.report import compile_report

    return compile_report(read_results(path), freshness=Freshness(), label=origin_of(path))


def _is_report(path: str) -> bool:
    """Whether the file says that it is a report; one that cannot be read is left to the reader of results."""
    import json

    try:
        with open(path, "rb") as file:
            value = json.load(file)
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "kind" in value


def _inside(folder: str) -> list[str]:
    try:
        return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(PATTERN))
    except OSError:
        return []

"""Our own packs are put to the review that everybody else's are."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock._review.review import review
from penstock_findings import Severity

ROOT = Path(__file__).resolve().parents[2]
PACKS = sorted(
    path.parent.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("packages/*/pyproject.toml"), *ROOT.glob("examples/*/pack/pyproject.toml"))
    if "[project.entry-points.penstock]" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("pack", PACKS)
def test_nothing_that_bronze_wants_is_missing(pack):
    reviewed = review(str(ROOT / pack), kit=False)  # the suites of each pack run with its own tests
    assert [finding for finding in reviewed.report.findings if finding.severity is Severity.ERROR] == []
    assert reviewed.quality.level != "none"


def test_there_are_packs_of_ours():
    assert {"packages/penstock-standard", "examples/site-safety/pack"} <= set(PACKS)

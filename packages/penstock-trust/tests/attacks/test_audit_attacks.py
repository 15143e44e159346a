"""Every log that was changed is found out, by one check; without that check it would be taken for whole."""

from __future__ import annotations

import pytest
from hostile.attack import Attack
from hostile.logs import ANCHORED, LINES, LOGS, Trail, honest

from penstock_findings.finding import Severity
from penstock_trust.audit.examine import CHECKS, AuditReport, verify_bytes


def report(trail: Trail, *left_out: str) -> AuditReport:
    checks = [check for check in CHECKS if check.__name__ not in left_out]
    return verify_bytes(
        trail.data, "trust.log", trail.keys, checkpoints={"elsewhere": trail.checkpoints}, checks=checks
    )


def codes(found: AuditReport) -> set[str]:
    return {finding.code for finding in found.findings if finding.severity is Severity.ERROR}


@pytest.mark.parametrize("attack", list(LOGS), ids=str)
def test_a_changed_log_is_found_out_by_the_check_that_it_names(attack: Attack):
    found = report(attack.make())
    assert not found.whole
    assert attack.code in codes(found)
    assert attack.behind or codes(found) == {attack.code}


@pytest.mark.parametrize("attack", LOGS.alone(), ids=str)
def test_without_its_check_and_only_then_a_changed_log_is_taken_for_whole(attack: Attack):
    trail = attack.make()
    assert [check.__name__ for check in CHECKS if report(trail, check.__name__).whole] == [attack.step]


@pytest.mark.parametrize("attack", [one for one in LOGS if one.behind], ids=str)
def test_what_stands_behind_a_check_finds_it_out_as_well(attack: Attack):
    trail = attack.make()
    assert not report(trail, attack.step).whole
    assert report(trail, attack.step, *attack.behind).whole


def test_a_log_that_nobody_changed_is_whole():
    found = report(honest())
    assert (found.whole, found.entries, found.anchored) == (True, LINES, ANCHORED)


def test_what_no_checkpoint_speaks_for_is_not_said_to_be_safe():
    trail = honest()
    trail.data = trail.data.replace(b'"run":13', b'"run":99')  # the last line: nothing behind it, nobody speaks for it
    found = report(trail)
    assert found.anchored == ANCHORED < found.entries
    assert "T509" in {finding.code for finding in found.findings}

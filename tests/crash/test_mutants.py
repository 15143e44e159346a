"""Planted bugs: one-line changes of the store and the engine that lose, double or reorder records, and who must notice.

Each bug is planted in a copy of the core's source, and the scenario that is meant for it, a test that stands elsewhere
in the tree, is run on the copy.  Nothing may be noticed where there is no bug.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = [pytest.mark.crash, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "packages/penstock/src"
STORE, ENGINE = "packages/penstock/tests/store", "packages/penstock/tests/engine"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug: in which file which text becomes which other, and the scenario that catches it."""

    name: str
    file: str  # below `penstock/`
    old: str  # stands there exactly once
    new: str
    scenario: str  # a pytest node


KILLED_INSIDE = "tests/crash/test_kills.py::test_a_kill_at_any_transaction_leaves_no_trace[inside]"
KILLED_AFTER = "tests/crash/test_kills.py::test_a_kill_at_any_transaction_leaves_no_trace[after]"

MUTANTS = (
    Mutant("a lease is settled without its fence", "_store/sqlite.py", "            if gone.rowcount != 1:", "            if False:", f"{STORE}/test_channels.py::test_an_expired_lease_goes_to_the_next_who_asks_under_a_new_fence"),
    Mutant(
        "a claim is not looked at again", "_store/sqlite.py",
        '"SELECT 1 FROM claims WHERE resource=? AND fence=?", (resource, fence)', '"SELECT 1 WHERE ? >= ?", ("z", "a")', f"{STORE}/test_channels.py::test_a_claim_has_one_holder",
    ),
    Mutant(
        "a parked row is taken without its fence", "_store/sqlite.py",
        '"SELECT 1 FROM parked WHERE id=? AND fence=?", (parked.id, parked.fence)', '"SELECT 1 FROM parked WHERE id=?", (parked.id,)', f"{STORE}/test_waiting.py::test_a_row_that_was_handed_out_is_nobody_elses_until_its_lease_is_over",
    ),
    Mutant(
        "two holders of one claim", "_store/sqlite.py",
        "            if held and held[2] > now:\n                return None\n", "", f"{STORE}/test_channels.py::test_a_claim_has_one_holder",
    ),
    Mutant(
        "a cursor goes beyond its lease", "_store/sqlite.py",
        '"UPDATE cursors SET next=? WHERE channel=? AND cursor=?", (lease.end, channel, cursor)',
        '"UPDATE cursors SET next=? WHERE channel=? AND cursor=?", (lease.end + 1, channel, cursor)', f"{STORE}/test_channels.py::test_what_is_appended_is_handed_out_in_order_with_its_facts",
    ),
    Mutant(
        "a delivery that waits again is forgotten", "_store/sqlite.py",
        '"UPDATE parked SET attempts=?, due=?, causes=?, owner=NULL, fence=0, until=0 WHERE id=?"',
        '"DELETE FROM parked WHERE attempts < ? AND due < ? AND causes != ? AND id=?"', f"{STORE}/test_waiting.py::test_waiting_again_changes_the_row_in_place_and_gives_it_back",
    ),
    Mutant(
        "a row of a lane overtakes its head", "_store/sqlite.py",
        "q.node=p.node AND q.lane=p.lane AND q.id < p.id", "q.node=p.node AND q.lane=p.lane AND q.id < 0", f"{STORE}/test_waiting.py::test_of_a_lane_only_the_head_comes",
    ),
    Mutant(
        "retention lets unsettled records go", "_store/sqlite.py",
        "        return int(min(cursor if cursor is not None else 0, lease if lease is not None else cursor or 0))",
        "        return int(cursor or 0)", f"{STORE}/test_channels.py::test_retention_keeps_what_is_not_settled_by_all",
    ),
    Mutant(
        "settling forgets what dedup remembers", "_store/sqlite.py",
        "        self._check_fences(work)\n", '        self._check_fences(work)\n        if work.settle:\n            db.execute("DELETE FROM dedup")\n', f"{STORE}/test_dedup.py::test_the_memory_outlives_settlement_deletion_and_reopening",
    ),
    Mutant(
        "outputs are committed apart from the settlement", "_store/sqlite.py",
        "        self._check_fences(work)\n", '        self._check_fences(work)\n        db.execute("COMMIT")\n        db.execute("BEGIN IMMEDIATE")\n', KILLED_INSIDE,
    ),
    Mutant(
        "an input is settled before its work", "_engine/intake.py",
        "            step.work.settle.append(lease)\n",
        "            self.driver.store.commit(type(step.work)(settle=[lease]), self.driver.run_id, self.driver.clock.now())\n", KILLED_AFTER,
    ),
    Mutant(
        "a source's position is stored before its records", "_engine/intake.py",
        "            step.work.positions[self.node.id] = Position(items[-1].position, count + len(items))\n",
        "            early = type(step.work)(positions={self.node.id: Position(items[-1].position, count + len(items))})\n"
        "            self.driver.store.commit(early, self.driver.run_id, self.driver.clock.now())\n", KILLED_AFTER,
    ),
    Mutant(
        "a failed record leaves its state behind", "_engine/runner.py",
        "            context.take_changes()  # undone\n", "            keep(context)\n", f"{ENGINE}/test_flow.py::test_what_a_failed_record_has_written_to_state_is_undone",
    ),
    Mutant(
        "ids depend on the moment", "record.py",
        "    return blake2b(b\"%b\\0%b\\0%d\" % (parent.encode(), salt, position), digest_size=16).hexdigest()",
        "    import time\n    return blake2b(b\"%b\\0%b\\0%d\\0%d\" % (parent.encode(), salt, position, time.time_ns()), digest_size=16).hexdigest()", KILLED_AFTER,
    ),
    Mutant(
        "the effect key depends on the attempt", "_engine/context.py",
        'b"effect\\0" + self.node.encode(), 0)', 'b"effect\\0" + self.node.encode(), self.attempt)', "tests/docs/test_promises.py::test_the_effect_key_is_the_same_in_every_attempt_and_in_every_run",
    ),
    Mutant(
        "a broadcast group competes", "_engine/plan.py",
        '            cursor = f"{name}/{link.to_node}" if group and group.mode == "broadcast" else name\n', "            cursor = name\n", KILLED_AFTER,
    ),
    Mutant(
        "a dead letter is not counted", "_engine/step.py",
        '        counts[chunk.subject, "dead", reason] += 1\n', "", f"{ENGINE}/test_poison.py::test_what_a_node_does_with_one_record_harms_no_other",
    ),
    Mutant(
        "a unit is durable before its memory channels are empty", "_engine/driver.py",
        "        if unit.outstanding == 0 and not unit.aborted:\n", "        if unit.outstanding <= 1 and unit in self._units and unit not in self._finished and not unit.aborted:\n", f"{ENGINE}/test_flow.py",
    ),
    Mutant(
        "a unit becomes durable before one that a stage saw earlier", "_engine/unit.py",
        "                blocked = blocked or unit not in inside\n", "                blocked = False\n",
        f"{ENGINE}/test_flow.py::test_what_is_done_early_becomes_durable_only_with_what_was_seen_before_it",
    ),
    Mutant(
        "a record overtakes one of its key that is tried again", "_engine/runner.py",
        "            if blocked and record.key in blocked:\n", "            if False:\n", f"{ENGINE}/test_flow.py::test_an_ordered_node_keeps_the_order_of_each_key_under_failures",
    ),
)  # fmt: skip  # a table reads better with each text in one line


def planted(mutant: Mutant | None, copy: Path) -> Path:
    """The core's source below `copy`, with the bug in it; `ValueError` when its text is not there exactly once."""
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    if mutant is not None:
        file = copy / "penstock" / mutant.file
        text = file.read_text("utf-8")
        if text.count(mutant.old) != 1:
            raise ValueError(f"`{mutant.old}` stands {text.count(mutant.old)} times in {mutant.file}")
        file.write_text(text.replace(mutant.old, mutant.new), "utf-8")
    return copy


def notices(scenario: str, source: Path) -> tuple[bool, str]:
    """Whether the scenario fails on this source, and what it said."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(source),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_PROFILE": "quick",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", scenario]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{scenario} could not be run: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 1, done.stdout


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(mutant: Mutant, tmp_path: Path) -> None:
    noticed, said = notices(mutant.scenario, planted(mutant, tmp_path / "source"))
    assert noticed, f"{mutant.scenario} passes although {mutant.name}:\n{said[-2000:]}"


@pytest.mark.parametrize("scenario", sorted({mutant.scenario for mutant in MUTANTS}))
def test_nothing_is_noticed_where_nothing_is_wrong(scenario: str, tmp_path: Path) -> None:
    noticed, said = notices(scenario, planted(None, tmp_path / "source"))
    assert not noticed, said[-4000:]

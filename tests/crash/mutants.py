"""Bugs to plant: each is one line of the package written as somebody might have written it by mistake.

Takes:   nothing.
Gives:   `MUTANTS`: what is broken, where, how, and the story that must end badly because of it.
Ignores: how a copy of the package is made and who tells the story (`test_mutants.py`).

A pattern has to be there exactly once; `REST` in it stands for whatever the line goes on with.  When the line has been rewritten, plant the bug anew in the new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REST = "<the rest>"

END = "the_end_is_what_a_loop_would_give"
AGAIN = "a_second_run_of_the_same_is_the_same"
KILL = "a_kill_after_any_transaction_leaves_no_trace"
TAKEN = "what_was_taken_away_is_done_again_and_counts_once"
LATE = "who_comes_late_is_refused"
CLAIM = "one_at_a_time_holds_a_claim"
DEDUP = "a_key_is_known_as_long_as_the_window_lasts"
ORDER = "a_key_is_known_wherever_it_is_kept"
KEPT = "what_is_not_settled_is_kept"

KEY = "a_key_stays_where_it_is"
SPLIT = "partitions_change_nothing_of_what_comes_out"
SHARE = "whoever_joins_is_given_a_part_and_nothing_is_done_twice"

POWER = "a_power_cut_takes_nothing_that_was_acknowledged"

_NOW = "self.driver.store.commit(type(step.work)({}), self.driver.run_id, self.driver.clock.now())"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted bug."""

    broken: str
    file: str  # below the package
    old: str
    new: str
    story: str

    def planted_in(self, text: str) -> str:
        """The text with the bug in it. Raises `LookupError` when the place is not there, or not the only one."""
        found = re.findall(re.escape(self.old).replace(re.escape(REST), "(?P<rest>.+)"), text)
        if len(found) != 1:
            raise LookupError(f"`{self.old}` is there {len(found)} times in {self.file}: plant the bug anew")
        rest = found[0] if REST in self.old else ""
        return text.replace(self.old.replace(REST, rest), self.new.replace(REST, rest))


MUTANTS = (
    Mutant(
        "a safe commit is not confirmed by the disk",
        "_store/sqlite.py",
        "self._begin(lasting=safe)",
        "self._begin(lasting=False)",
        POWER,
    ),
    Mutant(
        "what is safe against a power cut is no safer than the rest",
        "_store/sqlite_file.py",
        '"power": "FULL"',
        '"power": "NORMAL"',
        POWER,
    ),
    Mutant(
        "commits are acknowledged before they are confirmed",
        "_engine/driver.py",
        "        if safe:\n            self._acknowledge()",
        "        if True:\n            self._acknowledge()",
        POWER,
    ),
    Mutant(
        "the confirmation that is due is left out",
        "_engine/driver.py",
        "            self.store.flush()",
        "            pass",
        POWER,
    ),
    Mutant(
        "the log is not synced before it is moved into the file",
        "_store/sqlite_file.py",
        '"process": "NORMAL"',
        '"process": "OFF"',
        POWER,
    ),
    Mutant(
        "inputs are settled before the work is done",
        "_engine/intake.py",
        "step.work.settle.append(lease)",
        _NOW.format("settle=[lease]"),
        KILL,
    ),
    Mutant(
        "a source's position is committed before its readings",
        "_engine/intake.py",
        f"step.work.positions[self.node.id] = {REST}",
        _NOW.format(f"positions={{self.node.id: {REST}}}"),
        KILL,
    ),
    Mutant(
        "outputs are appended in a transaction of their own",
        "_store/sqlite.py",
        "appended = self._apply(work, owner, now)",
        "appends, work.append = work.append, []; self._apply(work, owner, now); self.db.execute('COMMIT');"
        " self._begin(); appended = self._apply(Work(append=appends), owner, now)",
        KILL,
    ),
    Mutant(
        "lanes are forgotten when a run begins",
        "_store/sqlite_reading.py",
        "return Counter(dict(found.fetchall()))",
        "return Counter(dict(found.fetchall()[:0]))",
        KILL,
    ),
    Mutant(
        "a unit is durable while parts of it wait in a memory channel",
        "_engine/inbox.py",
        "unit.outstanding += 1",
        "unit.outstanding += 0",
        END,
    ),
    Mutant(
        "state is kept although its record has failed",
        "_engine/runner.py",
        "context.take_changes()  # undone",
        "keep(context)",
        END,
    ),
    Mutant(
        "a delivery that has to wait once more is lost",
        "_store/sqlite.py",
        '"UPDATE parked SET attempts=?, due=?, causes=?, delay=?, owner=NULL, fence=0, until=0 WHERE id=?"',
        "\"DELETE FROM parked WHERE ? + ? > 0 AND ? <> '' AND ? > -1 AND id=?\"",
        END,
    ),
    Mutant(
        "a cursor goes further than its lease",
        "_store/sqlite.py",
        'WHERE channel=? AND cursor=?", (lease.end, channel, cursor))',
        'WHERE channel=? AND cursor=?", (min(lease.end + 1, end), channel, cursor))',
        KEPT,
    ),
    Mutant(
        "a broadcast group shares its records out",
        "_engine/plan.py",
        'cursor = f"{name}/{logical(link.to_node or \'\')}" if group and group.mode == "broadcast" else name',
        "cursor = name",
        END,
    ),
    Mutant(
        "a dead letter is not counted where it came from",
        "_engine/ledger.py",
        'self.work.counts[chunk.subject, "dead", reason] += 1',
        "pass",
        END,
    ),
    Mutant(
        "records overtake those of their key that wait",
        "_engine/step.py",
        "elif spec.ordered and at not in rows and record.key is not None and place.lanes[record.key]:",
        "elif False:",
        END,
    ),
    Mutant(
        "an effect key knows the attempt",
        "_engine/context.py",
        'return derive_id(record.id, b"effect\\0" + self.node.encode(), 0)',
        'return derive_id(record.id, b"effect\\0" + self.node.encode(), self.attempt)',
        END,
    ),
    Mutant(
        "ids are drawn by chance",
        "record.py",
        'return blake2b(b"%b\\0%b\\0%d" % (parent.encode(), salt, position)',
        'return blake2b(__import__("os").urandom(8) + b"%b\\0%b\\0%d" % (parent.encode(), salt, position)',
        AGAIN,
    ),
    Mutant(
        "ids know the time",
        "record.py",
        'return blake2b(b"%b\\0%b\\0%d" % (parent.encode(), salt, position)',
        'return blake2b(b"%b\\0%b\\0%d" % (parent.encode(), salt, __import__("time").time_ns() + position)',
        AGAIN,
    ),
    Mutant(
        "what was refused is committed without its lease",
        "_engine/driver.py",
        "self.lost(lost)\n            return",
        "work.settle, work.claims = [], {}\n            appended = self.store.commit(work, self.run_id, self.clock.now())",
        TAKEN,
    ),
    Mutant(
        "a lease has no fence",
        "_store/sqlite.py",
        '"DELETE FROM leases WHERE channel=? AND cursor=? AND start=? AND fence=?"',
        '"DELETE FROM leases WHERE channel=? AND cursor=? AND start=? AND ? > 0"',
        LATE,
    ),
    Mutant(
        "every fence is the same",
        "_store/sqlite_file.py",
        "UPDATE meta SET value=value+1 WHERE name='fence'",
        "UPDATE meta SET value=7 WHERE name='fence'",
        LATE,
    ),
    Mutant(
        "two hold one claim",
        "_store/sqlite.py",
        "if held and held[2] > now:\n                return None",
        "pass",
        CLAIM,
    ),
    Mutant(
        "work under a lost claim is taken",
        "_store/sqlite.py",
        '"SELECT 1 FROM claims WHERE resource=? AND fence=?"',
        '"SELECT 1 FROM claims WHERE resource=? AND ? > 0"',
        CLAIM,
    ),
    Mutant(
        "keys are forgotten when their records are settled",
        "_store/sqlite.py",
        "if gone.rowcount != 1:",
        'self._seen._begin_anew(); db.execute("DELETE FROM seen_new")\n            if gone.rowcount != 1:',
        DEDUP,
    ),
    Mutant(
        "a known key with another body is taken for the same",
        "_store/sqlite.py",
        "            if is_same:\n",
        "            if True:\n",
        DEDUP,
    ),
    Mutant(
        "producers share their keys",
        "_store/seen.py",
        'return blake2b(f"{channel}\\0{producer}".encode(), digest_size=16).digest()',
        "return blake2b(channel.encode(), digest_size=16).digest()",
        DEDUP,
    ),
    Mutant(
        "rows go before all that is in them has been put in order",
        "_store/seen.py",
        "self._left -= len(piece)",
        "self._left = 0",
        ORDER,
    ),
    Mutant(
        "rows go that have come since the others were taken to be put in order",
        "_store/seen.py",
        '"DELETE FROM seen_new WHERE id <= ?", (self._upto,)',
        '"DELETE FROM seen_new WHERE id <= ?", (self._known,)',
        ORDER,
    ),
    Mutant(
        "what another process has appended is not looked at",
        "_store/seen.py",
        "for row, until, entries in rows:",
        "for row, until, entries in () if self._known else rows:",
        ORDER,
    ),
    Mutant(
        "two who put names in order each count by an order of their own",
        "_store/seen.py",
        "if self._known < 0 or upto != self._upto:",
        "if self._known < 0:",
        ORDER,
    ),
    Mutant(
        "what a commit that failed has remembered is not forgotten",
        "_store/sqlite.py",
        "        self._seen.forget_new()\n",
        "        self._seen.keep_new()\n",
        ORDER,
    ),
    Mutant(
        "retention takes what is not settled",
        "_store/sqlite.py",
        "(channel.name, self._settled(channel)),",
        "(channel.name, 1 << 60),",
        KEPT,
    ),
    Mutant(
        "offsets begin again when a channel is empty",
        "_store/sqlite.py",
        '(seq,) = db.execute("SELECT next FROM channels WHERE name=?", (channel.name,)).fetchone()',
        '(seq,) = db.execute("SELECT ifnull(max(seq + count), 0) FROM blocks WHERE channel=?", (channel.name,)).fetchone()',
        KEPT,
    ),
    Mutant(
        "every process tells keys apart in its own way",
        "_engine/partitions.py",
        'crc32(key.encode("utf-8", "surrogatepass"))',
        'crc32(key.encode("utf-8", "surrogatepass"), __import__("os").getpid())',
        KEY,
    ),
    Mutant(
        "ids know which copy has made them",
        "_engine/driver.py",
        'return f"{graph}{node.name}\\0{port}".encode()',
        'return f"{graph}{node.id}\\0{port}".encode()',
        SPLIT,
    ),
    Mutant(
        "alarms of all copies are kept under one name",
        "_engine/context.py",
        "self.place = memory.node if memory is not None else node",
        "self.place = node",
        SPLIT,
    ),
    Mutant(
        "a copy is handed over before its units are durable",
        "_engine/sharing.py",
        "while host.has_unfinished(stage) and not host.has_failed:",
        "while False:",
        SHARE,
    ),
    Mutant(
        "a copy that remembers nothing is anybody's",
        "_engine/plan.py",
        "if stage.shared or any(",
        "if any(",
        SHARE,
    ),
    Mutant(
        "who holds a copy never lets it go",
        "_engine/sharing.py",
        "return list(held[mine:])",
        "return []",
        SHARE,
    ),
)

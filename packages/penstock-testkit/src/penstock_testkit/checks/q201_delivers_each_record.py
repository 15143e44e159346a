"""Q201: a sink returns, and the outside world has seen nothing of the record.

Why: What a sink returns from counts as delivered, and is never handed to it again. A record that is still in a buffer
when its step is committed is lost when the process is killed.
Bad:   `self.buffer.append(record)`, written out in `close`.
Good:  write it out before returning, or take batches: `write_batch(records, ctx)`.
"""

from __future__ import annotations

from typing import Any

from penstock.testing import MemoryStore
from penstock_testkit.drive import copies, run
from penstock_testkit.ledger import has_ledger, seen
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject


class Watchful(MemoryStore):
    """A store that looks at the world whenever it is about to settle a record."""

    def __init__(self, subject: Subject, port: str) -> None:
        super().__init__()
        self._subject = subject
        self._link = f"feed.out -> node.{port}"
        self.delivered = 0
        self.missing = ""

    def commit(self, work: Any, *arguments: Any, **named: Any) -> Any:
        """Count what counts as delivered from now on, and compare it with what the world has seen."""
        self.delivered += work.counts[self._link, "handled", ""]
        arrived = len(seen(self._subject))
        if arrived < self.delivered and not self.missing:
            self.missing = f"{self.delivered} records count as delivered, and the world has seen {arrived}"
        return super().commit(work, *arguments, **named)


def examine(subject: Subject, port: str, records: Records) -> None:
    """Look at the world before each commit, while the sink is still open."""
    store = Watchful(subject, port)
    run(subject.make(), port, copies(records), secrets=subject.secrets, batch=1, store=store)
    if store.missing:
        raise Broken(store.missing, hint="do not return before the record is safe", records=records)


CHECK = Check("Q201", "delivers each record", examine, asks=has_ledger, generated=False)

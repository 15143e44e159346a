"""Q116: the batch form of a node gives something else than its form for one record.

Why: The runtime calls the batch form when everything goes well, and the form for one record to find out which record of
a failed batch was the bad one. A node whose answer depends on which of them was called gives another one after a retry.
Bad:   `process` that filters what `process_batch` lets through.
Good:  `def process_batch(self, records, ctx): return [made for r in records for made in self.process(r, ctx)]`
"""

from __future__ import annotations

from typing import Any

from penstock.sdk import Role
from penstock.testing import NodeSpec
from penstock_testkit.drive import copies, run, told
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject


def has_both(spec: NodeSpec) -> bool:
    """Transforms that have both forms."""
    return spec.role is Role.TRANSFORM and all(
        callable(getattr(spec.cls, name, None)) for name in ("process", "process_batch")
    )


def examine(subject: Subject, port: str, records: Records) -> None:
    """Run the same records through both."""
    alone: Any = type("Alone", (subject.node,), {"process_batch": None})
    together = told(run(subject.make(), port, copies(records), secrets=subject.secrets))
    single = told(run(subject.make(alone), port, copies(records), secrets=subject.secrets))
    if together != single:
        raise Broken(
            f"`process_batch` gives {together}, `process` gives {single}",
            hint="let one call the other",
            records=records,
        )


CHECK = Check("Q116", "answers a batch like single records", examine, asks=has_both)

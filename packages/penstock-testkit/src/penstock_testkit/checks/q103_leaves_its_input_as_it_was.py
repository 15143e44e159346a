"""Q103: a node changes the record that it was given.

Why: One record may go to several nodes, and comes again after a failure. A node that changes the payload in its hands
changes it for all of them, and the second attempt begins with what the first one has left.
Bad:   `record.payload["seen"] = True; return record`
Good:  `return record.derive({**record.payload, "seen": True})`
"""

from __future__ import annotations

from penstock.sdk import Role
from penstock.testing import NodeSpec
from penstock_testkit.drive import copies, run, text
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject


def has_input(spec: NodeSpec) -> bool:
    """Sources are given nothing."""
    return spec.role is not Role.SOURCE


def examine(subject: Subject, port: str, records: Records) -> None:
    """Give payloads to the node and look at them afterwards."""
    given = copies(records)
    run(subject.make(), port, given, secrets=subject.secrets)
    for before, after in zip(records, given, strict=True):
        if text(before) != text(after):
            raise Broken(
                f"the payload was {text(before)} and is {text(after)} afterwards",
                hint="derive a new payload: `record.derive({**record.payload, ...})`",
                records=[before],
            )


CHECK = Check("Q103", "leaves its input as it was", examine, asks=has_input)

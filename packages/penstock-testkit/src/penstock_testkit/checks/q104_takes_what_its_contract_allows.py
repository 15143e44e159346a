"""Q104: a node fails on a payload that its own input contract allows.

Why: The contract is all that a producer can know. What it allows, the node handles, or refuses in so many words
(`Reject`, `Transient` or another `NodeError`); anything else is a bug that makes dead letters in production.
Bad:   a contract in which `limit` is optional, and `record.payload["limit"]` in the code.
Good:  `record.payload.get("limit", 10)`, or `limit` among the required fields of the contract.
"""

from __future__ import annotations

import asyncio

from penstock.decisions import NodeError
from penstock.sdk import Role
from penstock.testing import NodeSpec
from penstock_testkit.life import live
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject


def has_contract(spec: NodeSpec) -> bool:
    """A transform with an input contract; a sink may always fail, for the world is not part of the contract."""
    return spec.role is Role.TRANSFORM and any(port.contract or port.type for port in spec.inputs)


def examine(subject: Subject, port: str, records: Records) -> None:
    """Give each payload alone, and look at how it fails."""
    if subject.schema(port) is None:
        return
    for payload in records:
        for error in asyncio.run(live(subject.make(), [payload], subject.secrets)):
            if not isinstance(error, NodeError):
                raise Broken(
                    f"a payload that the contract of `{port}` allows raises {error!r}",
                    hint="handle it, narrow the contract, or raise `Reject` with the reason",
                    records=[payload],
                )


CHECK = Check("Q104", "takes what its contract allows", examine, asks=has_contract)

"""Q106: a node hands back something that is not a record, or names a port that it does not have.

Why: Whatever is not a record for a declared port cannot be carried anywhere; the runtime makes a dead letter of the
input. A port that exists only in the code is in no manifest, and no graph can link it.
Bad:   `yield Emission("alarm", record)` without `alarm: Out[...]`, or `return {"n": 1}`.
Good:  declare `alarm: Out[Alarm]`, and `yield self.alarm(record)`.
"""

from __future__ import annotations

import asyncio

from penstock.record import Drop, Emission, Record
from penstock.sdk import Role
from penstock.testing import NodeSpec
from penstock_testkit.life import Life, records_of
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject


def hands_back(spec: NodeSpec) -> bool:
    """Transforms; a source hands over readings, a sink nothing."""
    return spec.role is Role.TRANSFORM


def examine(subject: Subject, port: str, records: Records) -> None:
    """Look at each thing that is handed back."""
    ports = {each.name for each in subject.spec.outputs}
    for payload, answer in asyncio.run(_answers(subject, records)):
        for item in answer:
            if isinstance(item, Emission) and item.port not in ports:
                raise Broken(
                    f"`{item.port}` is not among its ports: {', '.join(sorted(ports))}",
                    hint=f"declare `{item.port}: Out[...]`",
                    records=[payload],
                )
            record = item.record if isinstance(item, Emission) else item
            if not isinstance(record, (Record, Drop)):
                raise Broken(
                    f"it hands back a `{type(record).__name__}`, not a record",
                    hint="`return record.derive(payload)`",
                    records=[payload],
                )


async def _answers(subject: Subject, records: Records) -> list[tuple[object, list[object]]]:
    life = Life(subject.make(), subject.secrets)
    await life.open()
    found = []
    for payload, record in zip(records, records_of(records), strict=True):
        try:
            found.append((payload, await life.answers(record)))
        except Exception:  # another check asks about failures
            continue
    await life.close()
    return found


CHECK = Check("Q106", "uses only its own ports", examine, asks=hands_back)

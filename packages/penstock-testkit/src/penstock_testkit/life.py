"""Live a node's life by hand: open it, give it records or read it, close it, without an engine around it.

Takes:   an instance.
Gives:   `Life`: the calls that the runtime would make, whatever the shape of the methods; `live`, a whole life.
Ignores: commits; state that a node writes is there for the rest of its life.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from penstock.record import Record
from penstock.sdk import Role, spec_of
from penstock.testing import context_of, records
from penstock_testkit.drive import copies, reading

LIMIT = 50  # readings of a source that may have no end


class Life:
    """One instance with the context that it is lent."""

    def __init__(self, made: Any, secrets: Mapping[str, str] | None = None) -> None:
        self.made = made
        self.context: Any = context_of(made, secrets=secrets)

    async def open(self) -> None:
        """Call `open`, when the node has it."""
        await self._call("open")

    async def close(self) -> None:
        """Call `close`, when the node has it."""
        await self._call("close")

    async def answers(self, record: Record) -> list[Any]:
        """What the node hands back for one record."""
        self.context.begin(record, 1)
        single, many = (
            ("write", "write_batch") if spec_of(self.made).role is Role.SINK else ("process", "process_batch")
        )
        if callable(getattr(self.made, single, None)):
            return await _collected(getattr(self.made, single)(record, self.context))
        return await _collected(getattr(self.made, many)([record], self.context))

    async def readings(self, position: Any = None) -> list[Any]:
        """What a source hands over behind a position, and not more than `LIMIT`."""
        self.context.position = position
        found: list[Any] = []
        read = self.made.read(self.context)
        if hasattr(read, "__aiter__"):
            async for item in read:
                found.append(item)
                if len(found) == LIMIT:
                    await read.aclose()
                    break
            return found
        for item in read:
            found.append(item)
            if len(found) == LIMIT:
                break
        if hasattr(read, "close"):
            read.close()
        return found

    async def work(self, payloads: Sequence[Any]) -> list[Exception]:
        """Read a source, or give records to a node; the exceptions that records raised."""
        failures: list[Exception] = []
        if spec_of(self.made).role is Role.SOURCE:
            await self.readings()
        else:
            for record in records_of(payloads):
                try:
                    await self.answers(record)
                except Exception as error:  # the record's own failure
                    failures.append(error)
        return failures

    async def _call(self, method: str) -> None:
        found = getattr(self.made, method, None)
        if callable(found):
            answer = found(self.context)
            if inspect.isawaitable(answer):
                await answer


async def live(made: Any, payloads: Sequence[Any], secrets: Mapping[str, str] | None = None) -> list[Exception]:
    """Open, work, close. What `open` and `close` raise is raised; what records raise is handed back."""
    life = Life(made, secrets)
    await life.open()
    try:
        return await life.work(payloads)
    finally:
        await life.close()


def records_of(payloads: Sequence[Any]) -> list[Record]:
    """Records as a source would have made them."""
    return records([reading(payload, at) for at, payload in enumerate(copies(payloads))])


async def _collected(answer: Any) -> list[Any]:
    """What a method handed back, waited for and listed."""
    if inspect.isawaitable(answer):
        answer = await answer
    if isinstance(answer, AsyncIterator):
        return [item async for item in answer]
    if answer is None:
        return []
    return list(answer) if isinstance(answer, (Iterator, list, tuple)) else [answer]

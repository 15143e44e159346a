"""What a power cut may leave of files, after what was written and synced until then.

Takes:   the operations of a `RecordingDisk`, in order.
Gives:   `crash_states`: for cuts at many places, files as a disk may be found afterwards.
Ignores: what is in the files.

The model: what was synced is there.  Of what was written to a file since its last sync any part may be there, in any
order: a write as a whole, its first sectors only, zeros in its place where it has made the file longer, or nothing.
Files do not wait for each other, but for one thing: what was deleted stays deleted after the next sync of any file, as
with file systems that keep a journal of their directories, and as SQLite sees to when it begins a new log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from penstock._certify.disk import Operation

SECTOR = 512  # bytes that a disk writes as a whole or not at all


@dataclass(frozen=True, slots=True)
class CrashState:
    """Files as they may be found after a cut."""

    cut: int  # operations that were begun before it
    how: str  # what became of that which was not synced
    acknowledged: Any  # facts of the last mark before the cut
    files: dict[str, bytes]


class Files:
    """What is on a disk for certain, and what is on its way there."""

    def __init__(self) -> None:
        self.synced: dict[str, bytearray] = {}
        self.pending: dict[str, list[Operation]] = {}

    def take(self, operation: Operation) -> None:
        """One operation has been asked for, and has returned."""
        name = operation.file
        if operation.kind == "sync":
            for gone in [n for n, some in self.pending.items() if some[-1].kind == "delete" and n != name]:
                self.synced.pop(gone, None)
                del self.pending[gone]
            content = self.content(name, self.pending.pop(name, []))
            if content is not None:
                self.synced[name] = content
        elif operation.kind != "mark":
            self.pending.setdefault(name, []).append(operation)

    def content(self, name: str, chosen: Sequence[Operation]) -> bytearray | None:
        """A file with some of what is on its way; None when it does not exist."""
        content = self.synced.get(name)
        content = None if content is None else bytearray(content)
        for operation in chosen:
            if operation.kind == "delete":
                content = None
                continue
            content = bytearray() if content is None else content
            if operation.kind == "truncate":
                del content[operation.at :]
                content.extend(bytes(operation.at - len(content)))
            else:
                content.extend(bytes(max(0, operation.at - len(content))))
                content[operation.at : operation.at + len(operation.data)] = operation.data
        return content


def crash_states(operations: Sequence[Operation], wanted: int, draw: Random) -> Iterator[CrashState]:
    """At least so many states, spread evenly over the cuts; the same for the same operations and the same draw."""
    cuts = [at for at, operation in enumerate(operations) if operation.kind != "mark"]
    each = -(-wanted // max(1, len(cuts)))
    often = set(cuts) if wanted >= len(cuts) else set(draw.sample(cuts, wanted))
    files = Files()
    acknowledged: Any = None
    for at, operation in enumerate(operations):
        if operation.kind == "mark":
            acknowledged = operation.facts
            continue
        if at in often:
            for how, chosen in _fates(files, operation, each, draw):
                found = {name: files.content(name, some) for name, some in chosen.items()}
                there = {name: bytes(content) for name, content in found.items() if content is not None}
                yield CrashState(at, how, acknowledged, there)
        files.take(operation)


def _fates(files: Files, now: Operation, each: int, draw: Random) -> Iterator[tuple[str, dict[str, list[Operation]]]]:
    """What may become of all that is pending when the power goes while `now` is asked for."""
    pending = {name: list(files.pending.get(name, ())) for name in {*files.synced, *files.pending}}
    if now.kind in ("write", "truncate"):
        pending.setdefault(now.file, []).append(now)
    names = sorted(pending)
    for n in range(each):
        way = ("nothing", "everything", "torn", "some", "zeros", "late")[n % 6 if each > 1 else draw.randrange(6)]
        yield way, {name: _fate(way, pending[name], draw) for name in names}


def _fate(way: str, pending: list[Operation], draw: Random) -> list[Operation]:
    if way == "nothing" or not pending:
        return []
    if way == "everything":
        return pending
    if way == "torn":  # in order, and the last one in part
        kept = draw.randint(1, len(pending))
        return [*pending[: kept - 1], _torn(pending[kept - 1], draw)]
    if way == "late":  # what was written last is there, what came before it is not
        return pending[draw.randrange(len(pending)) :]
    kept_ones = [operation for operation in pending if draw.random() < 0.5]
    if way == "some":
        return [_torn(operation, draw) if draw.random() < 0.2 else operation for operation in kept_ones]
    return [
        Operation("write", operation.file, operation.at, bytes(len(operation.data)))
        if operation.kind == "write" and draw.random() < 0.3 and operation.file.endswith("-wal")
        else operation
        for operation in pending
    ]


def _torn(operation: Operation, draw: Random) -> Operation:
    """The first sectors of a write: it ends where a sector ends on the disk."""
    if operation.kind != "write":
        return operation
    first = SECTOR - operation.at % SECTOR
    ends = [0, *range(first, len(operation.data), SECTOR)]
    return Operation("write", operation.file, operation.at, operation.data[: draw.choice(ends)])

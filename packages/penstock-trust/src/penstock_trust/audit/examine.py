"""Look whether an audit log is what was written: nothing edited, taken out, moved, cut off, or written a second way.

Takes:   the bytes of a log, files of checkpoints, the keys that sign them.
Gives:   `verify`: an `AuditReport`, with the lines that checkpoints speak for and those that none does yet; `CHECKS`.
         `anchor`, which signs for a log that is.
Ignores: what the lines say.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from penstock_findings.finding import Finding, Location, Severity
from penstock_trust import dsse
from penstock_trust.audit.anchor import keep, read_checkpoints, sign_checkpoint
from penstock_trust.audit.entry import BEGIN, entry_of
from penstock_trust.audit.tree import Tree
from penstock_trust.policy.files import read_small
from penstock_trust.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import TypeAlias

    from penstock_trust.audit.anchor import Checkpoint
    from penstock_trust.audit.entry import Entry
    from penstock_trust.keys import PrivateKey, PublicKey

    Check: TypeAlias = "Callable[[Trail], Iterable[Finding]]"

LIMIT = 4 << 30  # bytes of a log
_CHANGED = frozenset({"T502", "T503", "T504", "T505", "T506", "T508", "T511"})  # what speaks against the log itself
_MANY = 20  # findings of one check; what follows from one edit is one edit


@dataclass(frozen=True)
class Trail:
    """Everything that is looked at: the lines, what they spell, and the checkpoints."""

    path: str
    data: bytes
    keys: tuple[PublicKey, ...]
    checkpoints: tuple[Checkpoint, ...]
    unreadable: tuple[Finding, ...] = ()  # lines of checkpoint files that are none

    @cached_property
    def lines(self) -> list[bytes]:
        """The finished lines."""
        return self.data.split(b"\n")[:-1]

    @cached_property
    def entries(self) -> list[Entry | Refusal]:
        """What each line spells, or why it spells nothing."""
        return [_read(line) for line in self.lines]

    @cached_property
    def roots(self) -> list[str]:
        """The root of the tree before each line, and after the last."""
        tree = Tree()
        roots = [tree.root().hex()]
        for line in self.lines:
            tree.add(line)
            roots.append(tree.root().hex())
        return roots

    @cached_property
    def origin(self) -> str | None:
        """The name of the log, as its first line says."""
        first = self.entries[0] if self.entries else None
        found = (
            first.facts.get("origin")
            if first is not None and not isinstance(first, Refusal) and first.action == BEGIN
            else None
        )
        return found if isinstance(found, str) else None

    def at(self, seq: int) -> Location:
        """Where a line stands."""
        return Location(self.path, seq + 1)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was found: of `entries` lines, those in `[0, anchored)` are spoken for by a checkpoint that fits."""

    path: str
    entries: int
    anchored: int
    checkpoints: int
    root: str
    findings: tuple[Finding, ...] = ()
    whole: bool = field(default=True)  # whether nothing is wrong; warnings and notes are not wrong


def finished(trail: Trail) -> Iterable[Finding]:
    """T510: the last line was written to its end."""
    rest = trail.data.rpartition(b"\n")[2]
    if rest:
        message = "the last line was never finished; nothing was done in its name"
        yield Finding(
            "T510", message, trail.at(len(trail.lines)), hint="the next command cuts it off and says so in the log"
        )


def readable(trail: Trail) -> Iterable[Finding]:
    """T502: every line is an entry, written in the one canonical way."""
    for seq, entry in enumerate(trail.entries):
        if isinstance(entry, Refusal):
            yield Finding("T502", f"line {seq + 1}: {entry}", trail.at(seq))


def numbered(trail: Trail) -> Iterable[Finding]:
    """T504: they count from 0 without a gap; else some were taken out, put in or moved."""
    for seq, entry in enumerate(trail.entries):
        if not isinstance(entry, Refusal) and entry.seq != seq:
            message = (
                f"line {seq + 1} is entry {entry.seq}, and should be entry {seq}: lines were taken out, put in or moved"
            )
            yield Finding("T504", message, trail.at(seq))
            return


def chained(trail: Trail) -> Iterable[Finding]:
    """T503: each speaks for all those before it."""
    for seq, entry in enumerate(trail.entries):
        if not isinstance(entry, Refusal) and entry.root != trail.roots[seq]:
            last = f"entry {seq - 1} or one before it" if seq else "it"
            yield Finding(
                "T503", f"entry {seq} does not follow from those before it: {last} was changed", trail.at(seq)
            )
            return


def begun(trail: Trail) -> Iterable[Finding]:
    """T511: there is a log, and it begins like one."""
    if trail.origin is None:
        message = f"`{trail.path}` is empty" if not trail.lines else "the log does not begin with its name"
        yield Finding("T511", message, trail.at(0))


def timed(trail: Trail) -> Iterable[Finding]:
    """T512: no entry is older than the one before it (a warning: clocks are set)."""
    before: Entry | None = None
    for seq, entry in enumerate(trail.entries):
        if isinstance(entry, Refusal):
            continue
        if before is not None and entry.time < before.time:
            yield Finding("T512", f"entry {seq} is older than entry {seq - 1}", trail.at(seq), Severity.WARNING)
        before = entry


def ended(trail: Trail) -> Iterable[Finding]:
    """T513: what began has ended (a warning: it may be at work, or was killed in the middle)."""
    begun: dict[str, Entry] = {}
    for entry in trail.entries:
        if isinstance(entry, Refusal) or not isinstance(run := entry.facts.get("run"), str):
            continue
        if entry.facts.get("phase") == "begin":
            begun[run] = entry
        elif entry.facts.get("phase") == "end":
            begun.pop(run, None)
    for entry in begun.values():
        message = f"`{entry.action}` of {entry.who} began in entry {entry.seq} and has not ended"
        yield Finding("T513", message, trail.at(entry.seq), Severity.WARNING, hint="look at what it was to change")


def signed(trail: Trail) -> Iterable[Finding]:
    """T507: every checkpoint is one, and signed by a key that we know."""
    yield from trail.unreadable
    for checkpoint in trail.checkpoints:
        if not dsse.signers(checkpoint.envelope, trail.keys):
            message = f"the checkpoint at {checkpoint.size} entries is signed by nobody whom we know"
            yield Finding("T507", message, checkpoint.at)


def ours(trail: Trail) -> Iterable[Finding]:
    """T508: the checkpoints speak of this log, and say one thing about one size."""
    said: dict[int, Checkpoint] = {}
    for checkpoint in trail.checkpoints:
        if trail.origin is not None and checkpoint.origin != trail.origin:
            message = f"the checkpoint at {checkpoint.size} entries is of another log, `{checkpoint.origin[:40]}`"
            yield Finding(
                "T508", message, checkpoint.at, hint="the log was put in place of another, or the files were mixed up"
            )
            continue
        first = said.setdefault(checkpoint.size, checkpoint)
        if first.root != checkpoint.root:
            message = f"two checkpoints say different things about {checkpoint.size} entries: there are two logs"
            yield Finding("T508", message, checkpoint.at)


def long_enough(trail: Trail) -> Iterable[Finding]:
    """T505: no checkpoint speaks of more lines than there are; else the end was cut off."""
    longest = max(trail.checkpoints, key=lambda checkpoint: checkpoint.size, default=None)
    if longest is not None and longest.size > len(trail.lines):
        missing = longest.size - len(trail.lines)
        message = f"the log has {len(trail.lines)} entries, and had {longest.size}: {missing} were cut off its end"
        yield Finding("T505", message, longest.at)


def agreed(trail: Trail) -> Iterable[Finding]:
    """T506: what each checkpoint speaks for is what is there; else the log was written anew."""
    for checkpoint in trail.checkpoints:
        if checkpoint.size <= len(trail.lines) and trail.roots[checkpoint.size] != checkpoint.root:
            message = f"the first {checkpoint.size} entries are not those that the checkpoint speaks for: the log was written anew"
            yield Finding("T506", message, checkpoint.at)


CHECKS: tuple[Check, ...] = (
    finished,
    begun,
    readable,
    numbered,
    chained,
    timed,
    ended,
    signed,
    ours,
    long_enough,
    agreed,
)


def verify(
    path: str | os.PathLike[str],
    keys: Iterable[PublicKey] = (),
    *,
    checkpoints: Iterable[str | os.PathLike[str]] = (),
    checks: Sequence[Check] = CHECKS,
) -> AuditReport:
    """Look at the log at `path` and the files of checkpoints. Raises `Refusal` (T511) for a file that cannot be read."""
    files = {os.fsdecode(file): bytes_of_log(os.fsdecode(file)) for file in checkpoints}
    return verify_bytes(bytes_of_log(os.fsdecode(path)), os.fsdecode(path), keys, checkpoints=files, checks=checks)


def verify_bytes(
    data: bytes,
    path: str,
    keys: Iterable[PublicKey] = (),
    *,
    checkpoints: Mapping[str, bytes] | None = None,
    checks: Sequence[Check] = CHECKS,
) -> AuditReport:
    """The same for bytes; `checkpoints` is path -> bytes."""
    read = [read_checkpoints(text, file) for file, text in (checkpoints or {}).items()]
    known = tuple(one for found, _ in read for one in found)
    trail = Trail(path, data, tuple(keys), known, tuple(finding for _, wrong in read for finding in wrong))
    findings = [finding for check in checks for finding in list(check(trail))[:_MANY]]
    whole = all(finding.severity is not Severity.ERROR for finding in findings)
    believed = [one for one in known if dsse.signers(one.envelope, trail.keys) and _fits(one, trail)]
    anchored = max((one.size for one in believed), default=0)
    findings += _loose(trail, anchored)
    return AuditReport(path, len(trail.lines), anchored, len(believed), trail.roots[-1], tuple(findings), whole)


def anchor(log: str, key: PrivateKey, place: str, *, now: datetime) -> None:
    """Sign how far the log is and keep that in the file `place`; a log that was changed is not signed for.

    Raises `Refusal` with what is wrong with the log, by itself or by what the key has signed before at that place, and
    `AuditError` when the checkpoint cannot be kept.
    """
    before = {place: bytes_of_log(place)} if os.path.isfile(place) else {}
    report = verify_bytes(bytes_of_log(log), log, [key.public], checkpoints=before)
    wrong = next((finding for finding in report.findings if finding.code in _CHANGED), None)
    if wrong is not None:
        message = f"no checkpoint is signed for a log that was changed: {wrong.message}"
        raise Refusal(wrong.code, message, at=wrong.at, hint="`penstock-trust audit verify` tells all that is wrong")
    keep(sign_checkpoint(log, key, now=now), place)


def _loose(trail: Trail, anchored: int) -> list[Finding]:
    """T509: lines that no checkpoint speaks for; who can write the log could write them anew."""
    loose = len(trail.lines) - anchored
    if not loose:
        return []
    severity = Severity.NOTE if anchored else Severity.WARNING
    which = f"the last {loose} of {len(trail.lines)} entries" if anchored else "anything in the log"
    hint = "sign one with `penstock-trust audit checkpoint`, and keep it elsewhere"
    return [Finding("T509", f"no checkpoint speaks for {which}", trail.at(anchored), severity, hint=hint)]


def _fits(checkpoint: Checkpoint, trail: Trail) -> bool:
    same = checkpoint.origin == trail.origin and checkpoint.size <= len(trail.lines)
    return same and trail.roots[checkpoint.size] == checkpoint.root


def _read(line: bytes) -> Entry | Refusal:
    try:
        return entry_of(line)
    except Refusal as refusal:
        return refusal


def entries_of(data: bytes) -> list[Entry]:
    """The lines that are entries, whether or not they belong together."""
    return [entry for line in data.split(b"\n")[:-1] if not isinstance(entry := _read(line), Refusal)]


def bytes_of_log(path: str) -> bytes:
    """What is in the file. Raises `Refusal` (T511)."""
    try:
        return read_small(path, LIMIT)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise Refusal("T511", f"cannot read `{path}`: {why}") from error

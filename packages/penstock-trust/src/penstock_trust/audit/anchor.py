"""Sign how far a log is, and keep that elsewhere, where who can write the log cannot write.

Takes:   the path of a log, a key, the path of the second place.
Gives:   `Checkpoint`; `sign_checkpoint`, `read_checkpoints`, `keep`.
Why so:  a checkpoint is one line, a DSSE envelope, so that a file of them can be appended to, sent and printed.
Ignores: whether a checkpoint fits a log (`examine`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock_findings.finding import NOWHERE, Finding, Location
from penstock_trust import dsse
from penstock_trust.audit.entry import BEGIN, entry_of
from penstock_trust.audit.log import AuditError
from penstock_trust.audit.tree import Tree
from penstock_trust.policy.moments import moment_of, moment_text
from penstock_trust.refusal import Refusal
from penstock_trust.strict import canonical, json_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from penstock_trust.keys import PrivateKey

PAYLOAD_TYPE = "application/vnd.penstock.audit-checkpoint+json"
LONGEST = 1 << 14  # bytes of a line
_KEYS = {"format", "origin", "root", "size", "time"}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """At `time` the log named `origin` had `size` lines with this root (hex)."""

    origin: str
    size: int
    root: str
    time: datetime
    envelope: dsse.Envelope
    at: Location = NOWHERE


def sign_checkpoint(log: str, key: PrivateKey, *, now: datetime) -> bytes:
    """A signed line that says how far the log is now. Raises `Refusal` (T502, T511) where there is no log to speak of."""
    tree, origin = Tree(), ""
    try:
        with open(log, "rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break  # somebody is writing it
                if tree.size == 0:
                    first = entry_of(line[:-1])
                    origin = str(first.facts.get("origin", "")) if first.action == BEGIN else ""
                tree.add(line[:-1])
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Refusal("T511", f"cannot read the audit log `{log}`: {why}") from error
    if not origin:
        raise Refusal("T502", f"`{log}` is no audit log: it does not begin like one")
    said = {"format": 1, "origin": origin, "root": tree.root().hex(), "size": tree.size, "time": moment_text(now)}
    return dsse.write(dsse.sign(PAYLOAD_TYPE, canonical(said), key))


def keep(line: bytes, path: str) -> None:
    """Append the line to the file of checkpoints and wait until it is on the disk. Raises `AuditError`."""
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(path, "ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise AuditError(path, why.lower()) from error


def read_checkpoints(data: bytes, path: str) -> tuple[tuple[Checkpoint, ...], tuple[Finding, ...]]:
    """The checkpoints in a file of them, not yet believed, and what is no checkpoint in it (T507)."""
    found: list[Checkpoint] = []
    wrong: list[Finding] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line:
            continue
        at = Location(path, number)
        try:
            found.append(_checkpoint(line, at))
        except Refusal as refusal:
            wrong.append(Finding("T507", f"line {number} is no checkpoint: {refusal}", at))
    return tuple(found), tuple(wrong)


def names_of(checkpoints: Iterable[Checkpoint]) -> list[str]:
    """The logs that they speak of."""
    return sorted({one.origin for one in checkpoints})


def _checkpoint(line: bytes, at: Location) -> Checkpoint:
    envelope = dsse.read(line, "the checkpoint", limit=LONGEST, code="T507")
    if envelope.payload_type != PAYLOAD_TYPE:
        raise Refusal("T507", f"what was signed is `{envelope.payload_type[:80]}`, and no checkpoint")
    value = json_of(envelope.payload, "the checkpoint", limit=LONGEST, code="T507", floats=False)
    if not isinstance(value, dict) or value.keys() != _KEYS or value["format"] != 1:
        raise Refusal("T507", "it has other keys than a checkpoint")
    time = moment_of(value["time"]) if isinstance(value["time"], str) else None
    size, root, origin = value["size"], value["root"], value["origin"]
    if time is None or type(size) is not int or size < 1 or not isinstance(root, str) or not isinstance(origin, str):
        raise Refusal("T507", "a value in it is of the wrong kind")
    return Checkpoint(origin, size, root, time, envelope, at)

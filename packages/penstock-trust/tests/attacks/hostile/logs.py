"""Audit logs that somebody changed after the fact.

Gives:   `LOGS`: each attack makes a `Trail`: the bytes of a log, the checkpoints of it, the keys that count.
Ignores: how a log is written.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from hostile.attack import Collection
from hostile.denials import private_key
from hostile.forge import Edit, b64, nothing
from penstock_trust import dsse
from penstock_trust.audit.anchor import PAYLOAD_TYPE
from penstock_trust.audit.entry import BEGIN
from penstock_trust.audit.tree import Tree
from penstock_trust.keys import PublicKey
from penstock_trust.strict import canonical

LOGS = Collection("audit log")
KEEPER = "keeper"
FIRST = datetime(2026, 11, 1, 8, tzinfo=timezone.utc)
LINES, ANCHORED = 14, 9

Entry = dict[str, Any]


def entries(origin: str = "ab" * 16, count: int = LINES) -> list[Entry]:
    """What was done: the first line names the log."""
    made: list[Entry] = [{"action": BEGIN, "facts": {"origin": origin}}]
    made += [{"action": "verify", "facts": {"pack": "acme-flow", "allowed": False, "run": n}} for n in range(1, count)]
    for seq, one in enumerate(made):
        time = (FIRST + timedelta(minutes=seq)).isoformat().replace("+00:00", "Z")
        one |= {"format": 1, "seq": seq, "time": time, "who": "ada (1000)"}
    return made


def chained(made: list[Entry], spelled: Callable[[Entry], bytes] = canonical) -> bytes:
    """The lines, each with the root of those before it."""
    tree, lines = Tree(), []
    for one in made:
        line = spelled({**one, "root": tree.root().hex()})
        tree.add(line)
        lines.append(line + b"\n")
    return b"".join(lines)


def checkpoint(data: bytes, size: int, by: str = KEEPER, kind: str = PAYLOAD_TYPE, change: Edit = nothing) -> bytes:
    """A signed line about the first `size` lines."""
    tree = Tree()
    for line in data.split(b"\n")[:size]:
        tree.add(line)
    said = {"format": 1, "origin": "ab" * 16, "root": tree.root().hex(), "size": size, "time": "2026-11-01T09:00:00Z"}
    change(said)
    return dsse.write(dsse.sign(kind, canonical(said), private_key(by)))


@dataclass(slots=True)
class Trail:
    """A log as it is found."""

    data: bytes
    checkpoints: bytes
    keys: tuple[PublicKey, ...] = field(default_factory=lambda: (private_key(KEEPER).public,))


def honest() -> Trail:
    """A log that nobody changed; a checkpoint speaks for its first lines."""
    data = chained(entries())
    return Trail(data, checkpoint(data, ANCHORED))


def changed(name: str, step: str, code: str, change: Callable[[Trail], None]) -> None:
    """An attack on the finished log or its checkpoints."""

    def make() -> Trail:
        trail = honest()
        change(trail)
        return trail

    LOGS.add(name, step, code, make)


def rewritten(
    name: str,
    step: str,
    code: str,
    change: Callable[[list[Entry]], object],
    spelled: Callable[[Entry], bytes] = canonical,
) -> None:
    """An attack by somebody who writes the whole log anew; the checkpoint is in another place, and stays."""

    def make() -> Trail:
        made = entries()
        change(made)
        return Trail(chained(made, spelled), honest().checkpoints)

    LOGS.add(name, step, code, make)


def lines(change: Callable[[list[bytes]], object]) -> Callable[[Trail], None]:
    """Change the lines as they stand."""

    def apply(trail: Trail) -> None:
        found = trail.data.splitlines(keepends=True)
        change(found)
        trail.data = b"".join(found)

    return apply


def _edit(at: int) -> Callable[[list[bytes]], object]:
    return lambda found: found.__setitem__(at, found[at].replace(b'"allowed":false', b'"allowed":true'))


def _renumber(made: list[Entry]) -> None:
    for seq, one in enumerate(made):
        one["seq"] = seq


def _without(at: int) -> Callable[[list[Entry]], None]:
    def change(made: list[Entry]) -> None:
        del made[at]
        _renumber(made)

    return change


def _swapped(made: list[Entry]) -> None:
    made[3]["facts"], made[4]["facts"] = made[4]["facts"], made[3]["facts"]


def _flip(trail: Trail) -> None:
    made = json.loads(trail.checkpoints)
    data = bytearray(base64.b64decode(made["signatures"][0]["sig"]))
    data[7] ^= 1
    made["signatures"][0]["sig"] = b64(bytes(data))
    trail.checkpoints = canonical(made) + b"\n"


def _says(**said: Any) -> Callable[[Trail], None]:
    """One more checkpoint, which says something else, and which the keeper signed."""

    def change(trail: Trail) -> None:
        trail.checkpoints += checkpoint(trail.data, ANCHORED, change=lambda made: made.update(said))

    return change


# with the chain as it was
changed("an entry was edited, and nobody has anchored it", "chained", "T503", lines(_edit(ANCHORED + 1)))
changed("an entry was edited that is anchored", "chained agreed", "T503", lines(_edit(4)))
changed("an entry was taken out", "numbered chained", "T504", lines(lambda found: found.pop(ANCHORED + 1)))
changed("an entry was put in twice", "numbered chained", "T504", lines(lambda found: found.insert(11, found[11])))
changed("two entries changed places", "numbered chained", "T504", lines(lambda found: found.insert(11, found.pop(12))))
changed(
    "the end was cut off, as far as it is anchored",
    "long_enough",
    "T505",
    lines(lambda found: found.__delitem__(slice(6, None))),
)
changed("all was cut off", "begun long_enough", "T511", lambda trail: setattr(trail, "data", b""))
changed("the beginning was cut off", "begun numbered chained agreed", "T511", lines(lambda found: found.pop(0)))
changed("the last line was cut in half", "finished", "T510", lambda trail: setattr(trail, "data", trail.data[:-20]))
changed(
    "a line is another spelling of the same",
    "readable chained",
    "T502",
    lines(lambda found: found.__setitem__(11, found[11].replace(b'"seq":11', b'"seq": 11'))),
)
changed(
    "a line is no entry", "readable chained", "T502", lines(lambda found: found.__setitem__(11, b"nothing happened\n"))
)

# with the chain written anew
rewritten(
    "an anchored entry was edited, and all behind it written anew",
    "agreed",
    "T506",
    lambda made: made[4]["facts"].update(allowed=True),
)
rewritten("an anchored entry was taken out, and all behind it written anew", "agreed", "T506", _without(4))
rewritten("anchored entries changed places, and all behind them were written anew", "agreed", "T506", _swapped)
rewritten(
    "the last anchored entry was edited, and all behind it written anew",
    "agreed",
    "T506",
    lambda made: made[ANCHORED - 1]["facts"].update(allowed=True),
)
rewritten(
    "an entry was put before the anchored ones, and all written anew",
    "agreed",
    "T506",
    lambda made: (made.insert(1, dict(made[1])), _renumber(made)),
)
rewritten(
    "the log was written anew, and is shorter than what is anchored",
    "long_enough",
    "T505",
    lambda made: made.__delitem__(slice(ANCHORED - 1, None)),
)
rewritten("an entry was taken out, and the numbers stayed", "numbered", "T504", lambda made: made.pop(ANCHORED + 1))
rewritten(
    "the log was put in place of another", "ours agreed", "T508", lambda made: made[0]["facts"].update(origin="cd" * 16)
)
rewritten("the log forgot its name", "begun agreed", "T511", lambda made: made[0]["facts"].clear())
rewritten(
    "a line is spelled with blanks",
    "readable",
    "T502",
    nothing,
    lambda one: json.dumps(one, sort_keys=True).encode() if one["seq"] == 11 else canonical(one),
)
rewritten("a line has a key more", "readable", "T502", lambda made: made[11].update(note="by hand"))
rewritten(
    "a line has a time that is none", "readable", "T502", lambda made: made[11].update(time="2026-02-30T00:00:00Z")
)
rewritten(
    "a line has its key twice",
    "readable",
    "T502",
    nothing,
    lambda one: canonical(one).replace(b'"seq":11', b'"seq":7,"seq":11'),
)

# the checkpoints
changed(
    "a stranger signed the checkpoint",
    "signed",
    "T507",
    lambda trail: setattr(trail, "checkpoints", checkpoint(trail.data, ANCHORED, by="stranger")),
)
changed("a bit of the checkpoint's signature is turned over", "signed", "T507", _flip)
changed("no key counts", "signed", "T507", lambda trail: setattr(trail, "keys", ()))
changed(
    "the checkpoint was signed as something else",
    "signed",
    "T507",
    lambda trail: setattr(trail, "checkpoints", checkpoint(trail.data, ANCHORED, kind="text/plain")),
)
changed(
    "the checkpoint is no checkpoint", "signed", "T507", lambda trail: setattr(trail, "checkpoints", b"all is well\n")
)
changed(
    "the checkpoint has a key more",
    "signed",
    "T507",
    lambda trail: setattr(trail, "checkpoints", checkpoint(trail.data, ANCHORED, change=lambda said: said.update(x=1))),
)
changed(
    "the checkpoint is of no entries",
    "signed",
    "T507",
    lambda trail: setattr(
        trail, "checkpoints", checkpoint(trail.data, ANCHORED, change=lambda said: said.update(size=0))
    ),
)
changed(
    "the checkpoint is of another log",
    "ours",
    "T508",
    lambda trail: setattr(
        trail, "checkpoints", checkpoint(trail.data, ANCHORED, change=lambda said: said.update(origin="cd" * 16))
    ),
)
changed("two checkpoints of one size say different things", "ours agreed", "T508", _says(root="cd" * 32))
changed("a later checkpoint says another root", "agreed", "T506", _says(root="cd" * 32, size=ANCHORED + 2))

"""Say what a line of the audit log is, and write and read it in the one way there is.

Takes:   plain values.
Gives:   `Entry`; `line_of` and `entry_of`, each the other's inverse.
Ignores: where lines are kept (`log`), and whether they belong together (`examine`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock_trust.policy.moments import moment_of, moment_text
from penstock_trust.refusal import Refusal
from penstock_trust.strict import canonical, json_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

FORMAT = 1
LONGEST = 1 << 16  # bytes of a line
BEGIN = "log.begin"  # the action of the first line; its fact `origin` is the name of the log, drawn once
_KEYS = frozenset({"action", "facts", "format", "root", "seq", "time", "who"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: `seq` counts from 0, `root` is the root (hex) of all lines before it, `facts` are JSON values."""

    seq: int
    time: datetime
    action: str
    who: str
    facts: Mapping[str, Any]
    root: str


def line_of(entry: Entry) -> bytes:
    """The line, without its end."""
    return canonical(
        {
            "action": entry.action,
            "facts": dict(entry.facts),
            "format": FORMAT,
            "root": entry.root,
            "seq": entry.seq,
            "time": moment_text(entry.time),
            "who": entry.who,
        }
    )


def entry_of(line: bytes) -> Entry:
    """The entry that the line spells; raises `Refusal` (T502) for everything that `line_of` does not write."""
    value = json_of(line, "the line", limit=LONGEST, code="T502", floats=False)
    if not isinstance(value, dict) or value.keys() != _KEYS or value["format"] != FORMAT:
        raise Refusal("T502", "the line is no entry of an audit log")
    time = moment_of(value["time"]) if isinstance(value["time"], str) else None
    texts = all(isinstance(value[key], str) for key in ("action", "root", "who"))
    if time is None or not texts or type(value["seq"]) is not int or not isinstance(value["facts"], dict):
        raise Refusal("T502", "the line is no entry of an audit log")
    entry = Entry(value["seq"], time, value["action"], value["who"], value["facts"], value["root"])
    if line_of(entry) != line:
        raise Refusal("T502", "the line is not written in the one canonical way")
    return entry

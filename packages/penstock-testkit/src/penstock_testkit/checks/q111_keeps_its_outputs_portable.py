"""Q111: a node gives a payload that JSON cannot carry from a port that says it is portable.

Why: A port is portable unless it says `portability=Portability.LOCAL`, and its payloads may be stored, sent and read
again. What JSON has no word for (dates, bytes, tuples, sets, NaN, keys that are not text) would come back different.
Bad:   `record.derive({"at": ctx.time})`
Good:  `record.derive({"at": ctx.time.isoformat()})`
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from penstock.sdk import Portability
from penstock.testing import NodeSpec
from penstock_testkit.drive import run
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject


def promises(spec: NodeSpec) -> bool:
    """A node with at least one port that is not local."""
    return any(port.portability is not Portability.LOCAL for port in spec.outputs)


def examine(subject: Subject, port: str, records: Records) -> None:
    """Look at everything that comes out."""
    ran = run(subject.make(), port, records, secrets=subject.secrets)
    local = {each.name for each in subject.spec.outputs if each.portability is Portability.LOCAL}
    for name, emitted in ran.emitted.items():
        for record in emitted if name not in local else ():
            if odd := unportable(record.payload):
                raise Broken(
                    f"output port `{name}` gives {odd}, which JSON cannot carry",
                    hint="make it text or a number, or say `portability=Portability.LOCAL`",
                    records=records,
                )


def unportable(value: object, pointer: str = "") -> str:
    """What in a value JSON has no word for, and where; nothing when it is portable."""
    if isinstance(value, dict) and type(value) is dict:
        keys = [f"the key {key!r} at `{pointer}`" for key in value if type(key) is not str]
        return keys[0] if keys else _first((f"{pointer}/{key}", each) for key, each in value.items())
    if isinstance(value, list) and type(value) is list:
        return _first((f"{pointer}/{at}", each) for at, each in enumerate(value))
    if isinstance(value, str) and type(value) is str:
        whole = value.isascii() or value == value.encode("utf-8", "replace").decode()
        return "" if whole else f"half a character at `{pointer}`"
    if isinstance(value, float) and type(value) is float:
        return "" if math.isfinite(value) else f"{value} at `{pointer}`"
    return "" if value is None or type(value) in (bool, int) else f"a `{type(value).__name__}` at `{pointer}`"


def _first(parts: Iterable[tuple[str, object]]) -> str:
    return next((odd for pointer, each in parts if (odd := unportable(each, pointer))), "")


CHECK = Check("Q111", "keeps its outputs portable", examine, asks=promises)

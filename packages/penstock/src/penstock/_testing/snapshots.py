"""Keep what came out of a run beside the test, and tell how it differs the next time.

Takes:   an outcome of `run_node`, a simulation, records, or any value that JSON can say.
Gives:   `snapshot`, the same text for the same facts; `same_as`, which holds a text against a file.
Ignores: ids, times and counts that depend on the seed, unless a value has them.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any

from penstock.record import Record

RENEW = "PENSTOCK_RENEW_SNAPSHOTS"


def snapshot(value: Any) -> str:
    """A value as readable JSON text, sorted: of an outcome what left by each port, what failed and what was dropped."""
    return json.dumps(_plain(value), indent=2, sort_keys=True, ensure_ascii=False, default=repr) + "\n"


def same_as(path: str | Path, value: Any) -> None:
    """Raise `AssertionError`, with a diff, when a value is not what the file holds.

    With the environment variable PENSTOCK_RENEW_SNAPSHOTS set the file is written instead; without it a file that is
    missing is a failure, so that no test passes because it saw nothing.
    """
    said, file = snapshot(value), Path(path)
    if os.environ.get(RENEW):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(said, encoding="utf-8", newline="\n")
        return
    if not file.is_file():
        raise AssertionError(
            f"there is no snapshot {file}: look at what it would hold, and write it with {RENEW}=1\n{said}"
        )
    kept = file.read_text(encoding="utf-8")
    if kept != said:
        lines = unified_diff(kept.splitlines(keepends=True), said.splitlines(keepends=True), str(file), "what came out")
        raise AssertionError(
            f"what came out has changed; if it should have, run again with {RENEW}=1\n{''.join(lines)}"
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        plain: dict[str, Any] = {"payload": value.payload}
        if value.key is not None:
            plain["key"] = value.key
        if value.attributes:
            plain["attributes"] = dict(value.attributes)
        return plain
    if hasattr(value, "emitted") and hasattr(value, "dead"):  # an outcome, whose report and store say it at length
        return {
            "emitted": _plain(value.emitted),
            "dead": [{"reason": letter.reason, "causes": list(letter.causes)} for letter in value.dead],
            "dropped": _plain(value.dropped),
            "filtered": value.filtered,
        }
    if hasattr(value, "history") and hasattr(value, "report"):  # a simulation
        return {"history": json.loads(value.history)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value

"""Logs as one JSON object a line, for programs that collect them.

Takes:   what `logging` is given anywhere in the process.
Gives:   `as_lines`.
Ignores: levels and files: it writes to standard error, from INFO on.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from penstock_findings.secret import Secret, redacted

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Lines(logging.Formatter):
    """Time, level, logger, message, and what else was handed over with `extra`."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__()
        self._facts = facts

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        at = datetime.fromtimestamp(record.created, timezone.utc)
        line = {"time": at.isoformat(timespec="milliseconds"), "level": record.levelname.lower(), "logger": record.name,
                "message": record.getMessage(), **self._facts}  # fmt: skip  # in the order in which it is read
        line |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        elif record.exc_text:  # it held a secret, and was written without it
            line["error"] = record.exc_text
        return redacted(json.dumps(line, ensure_ascii=False, default=_said))


def _said(value: object) -> str:
    """What a value is written as that JSON does not know; a secret gives its label only."""
    return repr(value) if isinstance(value, Secret) else str(value)


@contextmanager
def as_lines(**facts: Any) -> Iterator[None]:
    """Write every log as a line of JSON while the block runs, each with these facts."""
    root = logging.getLogger()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(facts))
    before, level = list(root.handlers), root.level
    root.handlers[:] = [handler]
    root.setLevel(min(level, logging.INFO) if level else logging.INFO)
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)

"""Logs as one JSON object a line, for programs that collect them.

Takes:   what `logging` is given anywhere in the process.
Gives:   `as_lines`.
Ignores: levels and files: it writes to standard error, from INFO on.
"""

from __future__ import annotations

import codecs
import json
import logging
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from penstock_findings.secret import Secret, redacted

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_DEEP = 32  # lists and dictionaries inside each other; what is below is left out
_BITS = 1024  # of a whole number; Python itself writes no text of one that is very much longer
# where some readers begin a new line
_BREAKS = str.maketrans({char: f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"})


class Lines(logging.Formatter):
    """Time, level, logger, message, and what else was handed over with `extra`.

    What has the name of one of ours gets an underscore behind it: `level_` is the level of a pack's water tank.
    """

    def __init__(self, facts: dict[str, Any], ascii: bool = False) -> None:
        super().__init__()
        self._facts = facts
        self._ascii = ascii

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON, whatever was handed over."""
        at = datetime.fromtimestamp(record.created, timezone.utc)
        line = {"time": at.isoformat(timespec="milliseconds"), "level": record.levelname.lower(), "logger": record.name,
                "message": _message(record), **self._facts}  # fmt: skip  # in the order in which it is read
        more = {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        elif record.exc_text:  # it held a secret, and was written without it
            line["error"] = record.exc_text
        if record.stack_info:
            line["stack"] = record.stack_info
        line |= {f"{name}_" if name in (*line, "error", "stack") else name: value for name, value in more.items()}
        plain = {name: _plain(value) for name, value in line.items()}
        text = json.dumps(plain, ensure_ascii=self._ascii, allow_nan=False)
        # half a character as JSON writes it
        return text.translate(_BREAKS).encode("utf-8", "backslashreplace").decode()


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # its arguments do not fit it; what somebody wanted to say is worth more than to be told so
        return f"{_text(record.msg)} {_text(record.args)}"


def _plain(value: Any, inside: tuple[int, ...] = ()) -> Any:
    """The value in words of JSON, without living secrets; text where it has no word."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, (dict, list, tuple)):
        if id(value) in inside or len(inside) == _DEEP:
            return "..."
        below = (*inside, id(value))
        if isinstance(value, dict):
            return {redacted(_text(name)): _plain(item, below) for name, item in list(value.items())}
        return [_plain(item, below) for item in value]
    said = _text(value)
    clean = redacted(said)
    is_number = (type(value) is int and value.bit_length() <= _BITS) or (type(value) is float and math.isfinite(value))
    return value if is_number and clean == said else clean


def _text(value: object) -> str:
    """What a value is written as that JSON does not know; a secret gives its label only."""
    try:
        return repr(value) if isinstance(value, Secret) else str(value)
    except Exception as error:  # it is somebody's own
        return f"<{type(value).__name__} that gives no text: {type(error).__name__}>"


def _is_unicode(encoding: str | None) -> bool:
    try:
        return codecs.lookup(encoding or "utf-8").name == "utf-8"
    except LookupError:
        return False


@contextmanager
def as_lines(**facts: Any) -> Iterator[None]:
    """Write every log as a line of JSON while the block runs, each with these facts."""
    root = logging.getLogger()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(facts, ascii=not _is_unicode(getattr(sys.stderr, "encoding", None))))
    before, level = list(root.handlers), root.level
    root.handlers[:] = [handler]
    root.setLevel(min(level, logging.INFO) if level else logging.INFO)
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)

"""Read JSON lines from a file, plain or gzip.

Takes:   a path.
Gives:   `JsonlSource`: one record for each line, and a dead letter for each line that is not JSON.
Ignores: directories, patterns of names, files that are still growing; it reads to the end and is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from penstock import Context, Reading, Undecodable, node
from penstock_standard._json import UNDECODABLE, decode, why_not
from penstock_standard._lines import read_lines, see_file
from penstock_standard._pointers import MISSING, Pointer, PointerText, as_text
from penstock_standard._times import as_time


@node("jsonl-source", capabilities=("filesystem",))
class JsonlSource:
    """Admit every line of a JSON Lines file as a record, from where the last run stopped.

    Ports:    out, in the order of the file.
    Position: byte offset behind the line (of the content, when the file is gzip), with a digest of the first line.
    Effects:  none; the file is only read, never more than one line of it is held.
    Errors:   a line that is not UTF-8, not JSON, has NaN, Infinity or a number out of range, or is longer than
              `max_line` becomes a dead letter with its bytes (N301 to N304), as does one whose event time is not a
              time with a zone (N305). The run stops when the file cannot be read (N101), when it was truncated or
              replaced since the last run (N102), and when gzip breaks off (N103).
    Notes:    a blank line is passed over. A line appended later is read by the next run; to read a rotated file, use
              a path that stays with the content. Gzip is told by its first bytes, not by the name.
    """

    path: str
    key: PointerText | None = None  # JSON Pointer to what becomes the record's key; no key where nothing is there
    event_time: PointerText | None = None  # JSON Pointer to RFC 3339 text with zone, or seconds since the epoch
    identity: PointerText | None = None  # JSON Pointer to the producer's own unique name of the line
    max_line: Annotated[int, Meta(ge=1)] = 1 << 20  # bytes
    unfinished: Literal["read", "leave"] = "read"  # a last line without newline: take it, or leave it to the next run

    def __post_init__(self) -> None:
        self._key, self._event_time, self._identity = (
            Pointer(text).find if text is not None else None for text in (self.key, self.event_time, self.identity)
        )

    def open(self, ctx: Context) -> None:
        """See that the file is there."""
        see_file(self.path)

    def read(self, ctx: Context) -> Iterator[Reading | Undecodable]:
        """Yield the lines behind the committed position."""
        key, event_time, identity = self._key, self._event_time, self._identity
        lines = read_lines(self.path, ctx.position, limit=self.max_line, unfinished=self.unfinished == "read")
        for data, position, cut in lines:
            if cut:
                yield Undecodable(data, f"N304: longer than {self.max_line} bytes; the rest is not kept", position)
                continue
            try:
                payload = decode(data)
            except UNDECODABLE as error:
                if data.strip():
                    yield Undecodable(data, why_not(data, error), position)
                continue
            when = None
            if event_time is not None and (found := event_time(payload)) is not MISSING and found is not None:
                when = as_time(found)
                if when is None:
                    yield Undecodable(data, f"N305: `{self.event_time}` is not a time with a zone", position)
                    continue
            yield Reading(
                payload,
                position,
                None if key is None else as_text(key(payload)),
                when,
                None,
                None if identity is None else as_text(identity(payload)),
            )

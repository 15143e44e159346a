"""Read the lines of a text file, plain or gzip.

Takes:   a path.
Gives:   `LinesSource`: one record for each line, `{"line": text, "number": n}`.
Ignores: what a line means; a transform behind it parses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from penstock import Context, Reading, Undecodable, node
from penstock_standard._lines import read_lines, see_file
from penstock_standard.errors import BadSetting


@node("lines-source", capabilities=("filesystem",))
class LinesSource:
    r"""Admit every line of a text file, such as a log, from where the last run stopped.

    Ports:    out, in the order of the file; the payload is `{"line": text, "number": n}`, n counting from 1.
    Position: byte offset behind the line (of the content, when the file is gzip), with a digest of the first line.
    Effects:  none; the file is only read, never more than one line of it is held.
    Errors:   a line that is not in `encoding` (N302) or longer than `max_line` (N304) becomes a dead letter with its
              bytes. The run stops when the file cannot be read (N101), when it was truncated or replaced since the
              last run (N102), and when gzip breaks off (N103).
    Notes:    lines end with \n or \r\n, so `encoding` must be one in which \n is one byte. Blank lines are lines.
    """

    path: str
    encoding: str = "utf-8"
    max_line: Annotated[int, Meta(ge=1)] = 1 << 20  # bytes
    unfinished: Literal["read", "leave"] = "read"  # a last line without newline: take it, or leave it to the next run

    def __post_init__(self) -> None:
        try:
            if "\n".encode(self.encoding) != b"\n":
                raise LookupError("a newline takes more than one byte in it")
        except LookupError as error:
            raise BadSetting("encoding", str(error)) from error

    def open(self, ctx: Context) -> None:
        """See that the file is there."""
        see_file(self.path)

    def read(self, ctx: Context) -> Iterator[Reading | Undecodable]:
        """Yield the lines behind the committed position."""
        lines = read_lines(self.path, ctx.position, limit=self.max_line, unfinished=self.unfinished == "read")
        for data, position, cut in lines:
            if cut:
                yield Undecodable(data, f"N304: longer than {self.max_line} bytes; the rest is not kept", position)
                continue
            try:
                text = data.decode(self.encoding)
            except UnicodeDecodeError as error:
                yield Undecodable(data, f"N302: not {self.encoding} at byte {error.start}", position)
                continue
            yield Reading({"line": text, "number": position["line"]}, position)

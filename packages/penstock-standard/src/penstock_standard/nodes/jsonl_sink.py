"""Append records to a JSON Lines file, each exactly once.

Takes:   records whose payload is JSON.
Gives:   `JsonlSink`.
Ignores: rotation, compression, several writers of one file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from penstock import Context, Record, node
from penstock_standard._appending import AppendedFile
from penstock_standard._json import encode, envelope
from penstock_standard.errors import NotJson


@node("jsonl-sink", effect="external", stateful=True, capabilities=("filesystem", "external-effects"))
class JsonlSink:
    """Append each record to a file as one line of JSON: no line is lost and none is there twice, also after a crash.

    Ports:   in.
    State:   path -> length of the file in bytes, committed together with the settlement of the records.
    Effects: the file grows. Lines are on the disk (fsync) before their records settle. Lines that were written and
             never committed are cut off before the next ones are written, so a batch that is delivered again replaces
             itself; an operator's replay of settled records does append them once more.
    Errors:  N205 when a payload is not JSON. The run does not start when the file holds what this node did not write
             (N106), is shorter than what was committed (N107), or belongs to another sink of the graph (N108).
             N110 when the file cannot be opened, N209 when somebody else changes it while it is written.
    Notes:   missing directories are made. A file that was moved away or emptied is begun anew at the next start. Who
             reads the file while the run goes on may see lines that are cut off again. PATH.claim exists until the
             first lines are known to be committed; PATH.aside-1 holds lines of a first write that never were.
    """

    path: str
    line: Literal["payload", "record"] = "payload"  # the payload alone, or an object with id, key, times and payload
    sync: bool = True  # false: leave it to the operating system when lines reach the disk

    def __post_init__(self) -> None:
        self._file: AppendedFile | None = None  # until it is opened

    def open(self, ctx: Context) -> None:
        """Make sure that the file is ours; it is opened when the first lines come."""
        self._file = AppendedFile(self.path, sync=self.sync)
        try:
            self._file.check(ctx.state)
        except BaseException:
            self._file.close(ctx.state)
            raise

    def write_batch(self, records: Sequence[Record], ctx: Context) -> list[Exception | None]:
        """Write the lines behind the committed length and wait until they are on the disk."""
        lines: list[bytes] = []
        verdicts: list[Exception | None] = []
        for record in records:
            try:
                lines.append(encode(record.payload if self.line == "payload" else envelope(record)))
                verdicts.append(None)
            except NotJson as refusal:
                verdicts.append(refusal)
        if lines and self._file is not None:
            self._file.append(b"\n".join(lines) + b"\n", ctx.state)
        return verdicts

    def close(self, ctx: Context) -> None:
        """Close the file, if it was opened."""
        if self._file is not None:
            self._file.close(ctx.state)

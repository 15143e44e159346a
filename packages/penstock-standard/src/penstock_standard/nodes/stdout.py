"""Show records on standard output.

Takes:   records whose payload is JSON.
Gives:   `Stdout`.
Ignores: layout; pipe it into something that formats.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Literal

from penstock import Context, Record, node
from penstock_standard._json import encode, envelope
from penstock_standard.errors import NotJson


@node("stdout", effect="external", capabilities=("external-effects",))
class Stdout:
    """Print each record as one line of JSON.

    Ports:   in.
    State:   none.
    Effects: lines on standard output, which nobody can take back: after a crash the last ones may come twice.
    Errors:  N205 when a payload is not JSON.
    Notes:   it shares standard output with the report of `penstock run --json`.
    """

    line: Literal["payload", "record"] = "payload"  # the payload alone, or an object with id, key, times and payload

    def write_batch(self, records: Sequence[Record], ctx: Context) -> list[Exception | None]:
        """Print the records, then flush."""
        verdicts: list[Exception | None] = []
        for record in records:
            try:
                data = encode(record.payload if self.line == "payload" else envelope(record))
            except NotJson as refusal:
                verdicts.append(refusal)
                continue
            sys.stdout.write(data.decode() + "\n")
            verdicts.append(None)
        sys.stdout.flush()
        return verdicts

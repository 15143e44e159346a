"""Q101: a node cannot be opened, put to work and closed, or minds being closed twice.

Why: The runtime opens every node once, and closes it once at the end; after a failure elsewhere it may close a node
that it has closed already, or one that never had a record. A node that raises then hides the failure that mattered.
Bad:   `def close(self, ctx): self.file.close(); del self.file`
Good:  `def close(self, ctx): self.file.close()`, for a file may be closed any number of times.
"""

from __future__ import annotations

import asyncio

from penstock_testkit.life import Life, live
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject


def examine(subject: Subject, port: str, records: Records) -> None:
    """Live once with records and once without, and be closed again."""
    for name, given in (("with-records", records), ("without", ())):
        made = subject.elsewhere(name).make()
        try:
            asyncio.run(live(made, given, subject.secrets))
        except Exception as error:
            raise Broken(f"`open` or `close` raises {error!r}", records=given) from error
        try:
            asyncio.run(Life(made, subject.secrets).close())
        except Exception as error:
            raise Broken(f"a second `close` raises {error!r}", hint="let `close` do nothing the second time") from error


CHECK = Check("Q101", "opens, works and closes", examine, generated=False)

"""Q118: a node uses a capability that it has not declared.

Why: An operator decides by the manifest what may run where: network, filesystem, subprocess. A node that does more than
it says is refused there, or worse, is not.
Bad:   `urllib.request.urlopen(...)` in a node without `capabilities=["network"]`.
Good:  `@node("enrich", capabilities=["network"])`
"""

from __future__ import annotations

import asyncio

from penstock_testkit.life import live
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject
from penstock_testkit.touching import touched


def examine(subject: Subject, port: str, records: Records) -> None:
    """Watch a life by hand."""
    with touched(subject.package) as touches:
        try:
            made = subject.make()
            asyncio.run(live(made, records, subject.secrets))
        except Exception:  # another check asks whether it lives
            pass
        seen = list(touches)
    for touch in seen:
        if touch.capability not in subject.spec.capabilities:
            raise Broken(
                f"it needs `{touch.capability}` ({touch.what} at {touch.where}) and declares "
                f"{', '.join(subject.spec.capabilities) or 'nothing'}",
                hint=f'add "{touch.capability}" to `capabilities` in `@node(...)`',
                records=records,
            )


CHECK = Check("Q118", "does only what it says it needs", examine, generated=False)

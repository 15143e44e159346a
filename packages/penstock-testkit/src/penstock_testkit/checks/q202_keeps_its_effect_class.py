"""Q202: a sink that says it is idempotent has an effect twice.

Why: After a crash a record is delivered again, with the same effect key (`ctx.effect_key`). A sink of the class
`idempotent` promises that the world cannot tell; one that cannot promise it says `external`, so that nothing repeats its
effects without asking.
Bad:   `@node("post", effect="idempotent")`, and a request without the key.
Good:  send `ctx.effect_key` as the idempotency key, or write under a name made from it.
"""

from __future__ import annotations

from collections import Counter

from penstock.sdk import Effect
from penstock_testkit.drive import copies, run
from penstock_testkit.killing import CAN_KILL, killed, resumed
from penstock_testkit.ledger import has_ledger, seen
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject

_HINT = 'use `ctx.effect_key`, or say `effect="external"`'


def examine(subject: Subject, port: str, records: Records) -> None:
    """Deliver everything again as if it had never been committed; and kill a process between effect and commit."""
    if subject.spec.effect is Effect.EXTERNAL:
        return
    made = subject.make()
    run(made, port, copies(records), secrets=subject.secrets)
    once = Counter(seen(subject))
    if subject.spec.effect is Effect.NONE and once:
        raise Broken(
            f"it has effects and says `none`: {list(once)[:3]}", hint='say `effect="external"` or "idempotent"'
        )
    for again in (made, subject.make()):
        run(again, port, copies(records), secrets=subject.secrets)
        if more := Counter(seen(subject)) - once:
            raise Broken(f"a second delivery has effects of its own: {list(more)[:3]}", hint=_HINT, records=records)
    for at in range(1, len(records) + 1) if CAN_KILL else ():
        world = subject.elsewhere(f"killed-{at}")
        killed(world, port, records, at)
        resumed(world, port, records)
        if more := Counter(seen(world)) - once:
            raise Broken(
                f"the process was killed at its commit {at}, and what was delivered again had effects of its own: "
                f"{list(more)[:3]}",
                hint=_HINT,
                records=records,
            )


CHECK = Check("Q202", "keeps its effect class", examine, asks=has_ledger, generated=False)

"""Q108: a node forgets in a crash what it would have remembered without one.

Why: After a crash the graph goes on with a fresh instance and the committed keyed state. A node that keeps something
elsewhere, in an attribute or a module, goes on as if nothing had been.
Bad:   `self.seen = set()` in `__post_init__`, and `if key in self.seen` in `process`.
Good:  `if key in ctx.state`, with `stateful=True`.
"""

from __future__ import annotations

from penstock.sdk import Role
from penstock.testing import MemoryStore, NodeSpec
from penstock_testkit.drive import copies, run, told
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject


def answers(spec: NodeSpec) -> bool:
    """Transforms; how a source goes on is asked apart (Q115), and sinks are asked of the world (Q203)."""
    return spec.role is Role.TRANSFORM


def examine(subject: Subject, port: str, records: Records) -> None:
    """Run in one go, and with a fresh instance from each place on; alarms are rung at the end of both."""
    whole = run(subject.make(), port, copies(records), secrets=subject.secrets, batch=1)
    if told(whole) != told(run(subject.make(), port, copies(records), secrets=subject.secrets, batch=1)):
        return  # it gives another answer without any crash, which is another question (Q107)
    for cut in range(1, len(records)):
        store = MemoryStore()
        before = run(subject.make(), port, copies(records[:cut]), store=store, secrets=subject.secrets, batch=1)
        if _rang(before):
            continue  # an end of input rings alarms early, so the two runs are not the same story
        after = run(subject.make(), port, copies(records), store=store, secrets=subject.secrets, batch=1)
        joined = {name: [*before.emitted[name], *after.emitted[name]] for name in whole.emitted}
        if told(whole) != told(type(whole)(joined, after.dead, store)):
            raise Broken(
                f"after a crash behind record {cut} it gives something else than without",
                hint="keep what it remembers in `ctx.state`",
                records=records,
            )


def _rang(ran: object) -> bool:
    store: MemoryStore = ran.store  # type: ignore[attr-defined]  # a `Ran`
    return store.totals()["node", "alarms", ""] > 0


CHECK = Check("Q108", "goes on after a crash", examine, asks=answers, attempts=10)

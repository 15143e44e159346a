"""Q107: a node gives another answer when it is asked again.

Why: A record may come twice: the process was killed before its step was committed, or a lease ran out. The runtime then
undoes keyed state and asks again; what a node remembers by itself is not undone, and the second answer is another one.
Bad:   `self.count += 1; return record.derive({"n": self.count})`
Good:  `n = ctx.state.get("n", 0) + 1; ctx.state["n"] = n; return record.derive({"n": n})`, with `stateful=True`.
"""

from __future__ import annotations

from penstock.sdk import Role
from penstock.testing import NodeSpec
from penstock_testkit.drive import copies, run, told
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject


def answers(spec: NodeSpec) -> bool:
    """Transforms; what sinks do twice is asked of the world (Q202)."""
    return spec.role is Role.TRANSFORM


def examine(subject: Subject, port: str, records: Records) -> None:
    """Ask one instance about the same records twice, the second time as if the first had never been committed."""
    made = subject.make()
    first = told(run(made, port, copies(records), secrets=subject.secrets))
    second = told(run(made, port, copies(records), secrets=subject.secrets))
    if first != second:
        raise Broken(
            f"the first answer was {first}, the second {second}",
            hint="keep what it remembers in `ctx.state`, and take chance from `ctx.random`",
            records=records,
        )


CHECK = Check("Q107", "gives the same answer again", examine, asks=answers)

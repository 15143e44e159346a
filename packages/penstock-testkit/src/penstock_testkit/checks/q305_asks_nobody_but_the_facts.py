"""Q305: a policy asks the machine for the time or for chance, or waits.

Why: What a policy decides can be repeated, by a simulation, a test or a resumed run, only when it depends on nothing but
what it is told.
Bad:   `time.monotonic()`, `random.random()`, `time.sleep(1)`
Good:  `facts.now`, `facts.draw` or `drawn("my-policy", record.id)`, `Delay(1.0)`
"""

from __future__ import annotations

from penstock_testkit.question import Broken, PolicyCheck
from penstock_testkit.telling import PolicySubject, Story, tell
from penstock_testkit.watching import watched


def examine(subject: PolicySubject, story: Story) -> None:
    """Watch while the story is told."""
    made = subject.make()
    with watched(subject.package) as asked:
        tell(made, story)
    for call in asked:
        raise Broken(f"asks `{call.name}` at {call.where}", hint="decide by what is told, and answer `Delay` to wait")


CHECK = PolicyCheck("Q305", "asks nobody but the facts", examine)

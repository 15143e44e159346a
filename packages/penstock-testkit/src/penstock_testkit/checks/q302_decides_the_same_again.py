"""Q302: a policy decides otherwise when it is told the same again.

Why: A simulation with one seed, a resumed run and a test repeat what happened; a policy may remember only in the memory
that it is handed. What it keeps in an attribute is lost at a restart, and shared by bindings that know nothing of each
other.
Bad:   `self.failures += 1`
Good:  `facts.memory["failures"] = facts.memory.get("failures", 0) + 1`
"""

from __future__ import annotations

from typing import Any

from penstock_testkit.question import Broken, PolicyCheck
from penstock_testkit.telling import PolicySubject, Story, tell


def examine(subject: PolicySubject, story: Story) -> None:
    """Tell the story to a fresh instance, to the same one again, and to a new one at each step."""
    one = subject.make()
    first, again = repr(tell(one, story)), repr(tell(one, story))
    if first != again:
        raise Broken(
            f"answers {first}, and {again} to the same story", hint="remember in `facts.memory`, and nowhere else"
        )
    memory: dict[str, Any] = {}
    restarted = repr([tell(subject.make(), [step], memory)[0] for step in story])
    if first != restarted:
        raise Broken(
            f"answers {first}, and {restarted} when it is made anew at each step",
            hint="remember in `facts.memory`, and nowhere else",
        )


CHECK = PolicyCheck("Q302", "decides the same again", examine)

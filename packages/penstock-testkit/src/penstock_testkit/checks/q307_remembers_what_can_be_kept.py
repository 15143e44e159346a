"""Q307: a policy whose memory is to survive a restart remembers what JSON cannot carry.

Why: `@policy(..., durable=True)` lets the runtime commit the memory together with the step that changed it. What is no
JSON cannot be committed, and the step fails.
Bad:   `facts.memory["seen"] = {1, 2}`
Good:  `facts.memory["seen"] = [1, 2]`
"""

from __future__ import annotations

from typing import Any

from penstock_testkit.checks.q111_keeps_its_outputs_portable import unportable
from penstock_testkit.question import Broken, PolicyCheck
from penstock_testkit.telling import PolicySubject, Story, tell


def examine(subject: PolicySubject, story: Story) -> None:
    """Look at the memory afterwards."""
    memory: dict[str, Any] = {}
    if subject.spec.durable:
        tell(subject.make(), story, memory)
        if odd := unportable(memory):
            raise Broken(f"remembers {odd}, which JSON cannot carry", hint="keep lists, objects, texts and numbers")


CHECK = PolicyCheck("Q307", "remembers what can be kept", examine)

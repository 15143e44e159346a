"""Q303: a policy changes a record that it is told about.

Why: The record goes on to the node, or is attempted again, and nobody expects that a policy was at it.
Bad:   `record.payload.pop("debug")` in `dispatch`.
Good:  a policy looks; a node changes, by deriving.
"""

from __future__ import annotations

import copy

from penstock_testkit.drive import text
from penstock_testkit.question import Broken, PolicyCheck
from penstock_testkit.telling import PolicySubject, Story, tell


def examine(subject: PolicySubject, story: Story) -> None:
    """Look at the payloads afterwards."""
    told = [(record, copy.deepcopy(record.payload)) for _, facts in story for record in getattr(facts, "records", ())]
    tell(subject.make(), story)
    for record, before in told:
        if text(record.payload) != text(before):
            raise Broken(f"changes a payload from {text(before)} to {text(record.payload)}", hint="look, and leave it")


CHECK = PolicyCheck("Q303", "leaves what it is told", examine)

"""Q304: a policy takes too long for a decision.

Why: A decision is made on the thread that runs the graph. One that takes longer than its budget, 50 ms unless the host says
otherwise, is a fault: what is safe at its point is done instead.
Bad:   a loop over everything that was ever remembered, a request to a server, `time.sleep`.
Good:  a few look-ups in `facts.memory`.
"""

from __future__ import annotations

import threading

from penstock_testkit.question import Broken, PolicyCheck
from penstock_testkit.telling import PolicySubject, Raised, Story, tell

_PATIENCE = 2.0  # seconds for a whole story: far from any budget, so that a busy machine makes no difference


def examine(subject: PolicySubject, story: Story) -> None:
    """Tell the story on a thread of its own, and wait for a while."""
    thread = threading.Thread(target=_quietly, args=(subject, story), daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    if thread.is_alive():
        raise Broken(f"is not done {_PATIENCE:g} s after it was told {len(story)} facts", hint="decide by what is told")


def _quietly(subject: PolicySubject, story: Story) -> None:
    try:
        tell(subject.make(), story)
    except Raised:
        return


CHECK = PolicyCheck("Q304", "comes to an end", examine, shrinks=False)

"""Say whether code of a pack may be imported: the answer of a provider.

Takes:   nothing.
Gives:   `Admission`.
Ignores: who is asked, and what an answer leads to (`gate`).
"""

from __future__ import annotations

from penstock_findings.fact import Fact


class Admission(Fact):
    """A provider's answer about one pack, with a reason that makes sense alone."""

    allowed: bool
    reason: str

"""Hold everything about one wheel while the steps look at it.

Takes:   the path of a wheel, what is claimed about it, the policy, the time, what was seen before.
Gives:   `Case`.  Each field says which step sets it; a step that is left out leaves it as it was: nothing is believed.
Ignores: every question; the steps ask them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from penstock_trust.facts import Claim
from penstock_trust.reading import Reading
from penstock_trust.seen import Seen

if TYPE_CHECKING:
    from datetime import datetime

    from penstock_trust.claims import Found
    from penstock_trust.deny.model import DenyList
    from penstock_trust.facts import Hygiene, Proof, Subject
    from penstock_trust.policy.model import PackRule, Policy
    from penstock_trust.roots import Roots


class Case:
    """One wheel under examination."""

    def __init__(
        self,
        path: str,
        found: tuple[Found, ...],
        policy: Policy,
        now: datetime,
        roots: Roots,
        *,
        seen: Seen | None = None,
        installed: str | None = None,
    ) -> None:
        self.path = path
        self.found = found
        self.policy = policy
        self.now = now
        self.roots = roots
        self.seen = seen or Seen()
        self.installed = installed
        self.data = b""  # subject
        self.subject: Subject | None = None  # subject
        self.hygiene: Hygiene | None = None  # hygiene
        self.proofs: tuple[Proof, ...] = ()  # identity
        self.deny: DenyList | None = None  # deny

    @property
    def known(self) -> Subject:
        """The subject. Raises `LookupError` before the step that finds it."""
        if self.subject is None:
            raise LookupError("the step `subject` has not been taken")
        return self.subject

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """Every claim, about the subject."""
        return tuple(Reading(Claim(self.known, one.kind, one.text, one.source)) for one in self.found)

    @property
    def rule(self) -> PackRule | None:
        """What the policy says about packs of this name."""
        return self.policy.rule_for(self.known.name)

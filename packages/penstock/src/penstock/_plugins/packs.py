"""Say what was found: a pack that is installed, and one thing that it offers.

Takes:   nothing.
Gives:   `FoundPack`, `Offer`.
Ignores: how packs are found (`discovery`) and what may be imported (`gate`).
"""

from __future__ import annotations

from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic, TypeVar

    from penstock.manifest.model import ChannelFacts, CommandFacts, Manifest, NodeFacts, PolicyFacts, ProfileFacts

    F = TypeVar("F", NodeFacts, PolicyFacts, ChannelFacts, CommandFacts, ProfileFacts)


class FoundPack(Fact):
    """An installed distribution that says it is a pack; `manifest` is None when it cannot be used."""

    name: str  # short: the name of its entry point
    distribution: str  # normalised: lower case, `-` between words
    version: str
    package: str  # dotted import name
    manifest: Manifest | None
    location: str | None  # path of its manifest, None when there is none
    installed_at: str  # path of its *.dist-info folder

    def __str__(self) -> str:
        """`penstock-standard 0.1.0`."""
        return f"{self.distribution} {self.version}"


if TYPE_CHECKING:

    class Offer(Fact, Generic[F]):
        """One node type, policy, channel kind, command or profile, and the pack that offers it."""

        facts: F
        pack: FoundPack
else:  # nobody writes `Offer[...]` outside of annotations, and `typing` is slow to import

    class Offer(Fact):
        facts: F
        pack: FoundPack

"""Say what has to be known of packs so that policy files and profiles can be judged and bound.

Takes:   nothing.
Gives:   `Catalog` and its parts, for type checkers; nothing is there when a program runs.
Ignores: how packs are found (`_plugins/discovery`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from penstock.graph import draft
    from penstock.manifest.model import ContractFacts, PolicyFacts, ProfileFacts

    class Pack(draft.Pack, Protocol):
        """A pack that is installed."""

        @property
        def location(self) -> str | None: ...

    class PolicyOffer(Protocol):
        """A policy type, and the pack that offers it."""

        @property
        def facts(self) -> PolicyFacts: ...
        @property
        def pack(self) -> Pack: ...

    class ProfileOffer(Protocol):
        """A profile, and the pack that offers it."""

        @property
        def facts(self) -> ProfileFacts: ...
        @property
        def pack(self) -> Pack: ...

    class Catalog(Protocol):
        """What is installed: all that policy files and profiles want to know of packs."""

        @property
        def packs(self) -> Sequence[Pack]: ...
        @property
        def nodes(self) -> Mapping[str, draft.Offer]: ...
        @property
        def channels(self) -> Mapping[str, draft.KindOffer]: ...
        @property
        def contracts(self) -> Mapping[str, ContractFacts]: ...
        @property
        def clashes(self) -> Mapping[tuple[str, str], Sequence[Pack]]: ...
        @property
        def policies(self) -> Mapping[str, PolicyOffer]: ...
        @property
        def profiles(self) -> Mapping[str, ProfileOffer]: ...
        def load_policy(self, type_id: str) -> type: ...

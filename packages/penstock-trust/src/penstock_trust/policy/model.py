"""Say what a trust policy is: roots, identities, rules for packs, the deny list it wants, and until when it holds.

Takes:   values that the reader has already looked at; nothing here is checked again.
Gives:   `Policy` and its parts; `Load`, `ALLOWED`: the words that a file may use.
Ignores: files (`load`), and what follows from the facts (`judge`, `versions`, `deny`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from penstock_findings.finding import Location

SCHEMA = 1


class Load(str, Enum):
    """How the modules of a pack are brought into a process."""

    SEALED = "sealed"  # from the bytes of the wheel itself
    VERIFIED = "verified"  # every byte is hashed before it is executed
    CHECKED = "checked"  # every file is hashed once, when the process starts
    OFF = "off"  # as Python would

    def __str__(self) -> str:
        return str(self.value)


ALLOWED = {
    "native": "compiled code in the wheel",
    "scripts": "console scripts, which run outside of Penstock",
    "unsigned": "a pack without a receipt; a modified one is refused all the same",
    "editable": "an editable install, whose files change under us",
    "extra-files": "files in the pack's folder that its wheel did not hold",
    "shadowing": "a package of the same name elsewhere on the path",
    "namespace-portions": "parts of its packages in other folders",
    "foreign-entry-points": "entry points in its name that its wheel did not hold",
}  # word of `allow` -> what it lets pass


@dataclass(frozen=True, slots=True)
class SigstoreRoot:
    """A sigstore instance that is believed: its trusted root, pinned to one text.

    `file` is absolute; `sha256` is lower-case hex of the bytes that the policy pins.
    """

    name: str
    file: str
    sha256: str
    at: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class KeyRoot:
    """An Ed25519 key that is believed: 32 raw bytes."""

    name: str
    public_key: bytes
    at: Location | None = field(default=None, compare=False)


Root: TypeAlias = "SigstoreRoot | KeyRoot"


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who may sign: at a sigstore root by certificate, at a key root by holding the key.

    At a sigstore root `issuer` and exactly one of `uri` and `email` are texts; `{version}` in them stands for the version
    of the subject and nothing else is special. The ids are those that the issuer wrote into the certificate (Fulcio's
    extensions .1.12 source repository URI, .1.15 repository id, .1.17 owner id); None is not asked for.
    At a key root all of them are None.
    """

    name: str
    trust: str
    issuer: str | None = None
    uri: str | None = None
    email: str | None = None
    repository: str | None = None
    repository_id: str | None = None
    owner_id: str | None = None
    at: Location | None = field(default=None, compare=False)

    def subject_for(self, version: str) -> str | None:
        """The exact SAN that a certificate for this version has to have; None at a key root.

        >>> Identity("ci", "github", "https://i", uri="https://x/@refs/tags/v{version}").subject_for("1.2")
        'https://x/@refs/tags/v1.2'
        """
        wanted = self.uri if self.uri is not None else self.email
        return None if wanted is None else wanted.replace("{version}", version)


@dataclass(frozen=True, slots=True)
class Signers:
    """At least `threshold` different ones of these identities (names, in the order of the file)."""

    identities: tuple[str, ...]
    threshold: int = 1


@dataclass(frozen=True, slots=True)
class AttestationRule:
    """A statement with this predicate type has to be there, signed by one of these."""

    predicate_type: str
    signers: Signers


@dataclass(frozen=True, slots=True)
class PackRule:
    """What holds for the packs that `match` names: one normalised name, or a beginning and `*`.

    `dependencies` is "any", "listed" (each has a rule in this policy) or the names that there may be.
    `top_levels` are the top-level packages that its wheel may bring; None: the one that follows from its name.
    """

    match: str
    signers: Signers | None = None  # None only where `allow` has "unsigned"
    attestations: tuple[AttestationRule, ...] = ()
    min_version: str | None = None
    rollback: bool = False
    load: Load = Load.VERIFIED
    allow: frozenset[str] = frozenset()
    dependencies: str | frozenset[str] = "any"
    top_levels: frozenset[str] | None = None
    at: Location | None = field(default=None, compare=False)

    def allows(self, what: str) -> bool:
        """Whether the rule lets this pass, a word of `ALLOWED`."""
        return what in self.allow

    def fits(self, name: str) -> bool:
        """Whether the rule is for the pack of this normalised name.

        >>> PackRule("acme-*").fits("acme-vision"), PackRule("acme").fits("acme-vision")
        (True, False)
        """
        return name.startswith(self.match[:-1]) if self.match.endswith("*") else name == self.match


@dataclass(frozen=True, slots=True)
class DenyRules:
    """Which deny list is asked, who signs it, and how old it may be.

    `file` is absolute; `signers` names key identities or key roots of the policy; `max_age` is in seconds, from the
    moment that the list was issued. `refuse_stale` false lets a list that is too old pass with a warning; an expired,
    wrongly signed or missing one never passes.
    """

    file: str
    signers: tuple[str, ...]
    max_age: float | None = None
    refuse_stale: bool = True
    name: str | None = None  # what the list calls itself; None for any
    at: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy file. `digest` is the sha256 (hex) of its bytes; `expires` is zone-aware."""

    path: str
    digest: str
    name: str
    sequence: int
    expires: datetime
    roots: Mapping[str, Root]
    identities: Mapping[str, Identity]
    packs: tuple[PackRule, ...]
    deny: DenyRules | None = None

    def rule_for(self, name: str) -> PackRule | None:
        """The most particular rule for the pack of this normalised name; None means: no."""
        fitting = [rule for rule in self.packs if rule.fits(name)]
        return max(fitting, key=lambda rule: (not rule.match.endswith("*"), len(rule.match)), default=None)

    def root_of(self, identity: Identity) -> Root:
        """The root that vouches for the identity."""
        return self.roots[identity.trust]

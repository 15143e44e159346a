"""Hold all that a verdict about one wheel depends on, so that an attack can change any of it.

Gives:   `Case`: wheel, bundles, trusted root, policy, deny list, time, memory.
Ignores: who decides.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hostile.archive import FILENAME, wheel_of
from hostile.forge import ISSUER, NOW, WORKFLOW, Edit, Signing, nothing
from hostile.policies import ROOT_FILE, forge, public_key
from penstock_trust.seen import Seen

FACTORY, SECURITY = "factory", "security"  # seeds of keys: one signs wheels, one signs deny lists

POLICY = """\
schema = 1
name = "acme"
sequence = 7
expires = "2027-01-31T00:00:00Z"

[trust.sigstore]
kind = "sigstore"
file = "{root_file}"
sha256 = "{root_digest}"

[trust.factory]
kind = "key"
public-key = "{factory}"

[trust.security]
kind = "key"
public-key = "{security}"

[[identity]]
name = "release"
trust = "sigstore"
issuer = "{issuer}"
uri = "{workflow}@refs/tags/v{{version}}"
repository = "https://github.com/acme/flow"
repository-id = "4711"
owner-id = "815"

[[identity]]
name = "ada"
trust = "sigstore"
issuer = "https://accounts.acme.test"
email = "ada@acme.test"

[[identity]]
name = "factory"
trust = "factory"

[[pack]]
match = "acme-flow"
signers = {signers}
min-version = "1.0"
{more}
"""


@dataclass(slots=True)
class Case:
    """A wheel before the judge, and everything that the judge may look at. What a test does not say is in order."""

    wheel: bytes = field(default_factory=wheel_of)
    filename: str = FILENAME
    bundles: list[Any] = field(default_factory=list)  # JSON values, or bytes; the first is beside the wheel
    root: Edit = nothing  # on the trusted root, which the policy then pins
    signers: str = '{any = ["release"]}'
    more: str = ""  # of the policy
    edits: tuple[tuple[str, str], ...] = ()  # on the text of the policy
    deny: bytes | None = None
    now: datetime = NOW
    installed: str | None = None
    seen: Seen = field(default_factory=Seen)
    after: Edit = nothing  # on the folder, when everything was written
    later: Edit = nothing  # on the folder, when the policy was read

    def root_text(self) -> bytes:
        """The trusted root that is pinned."""
        return forge().trusted_root(self.root)

    def policy_text(self) -> str:
        """The policy."""
        text = POLICY.format(
            root_file=ROOT_FILE,
            root_digest=hashlib.sha256(self.root_text()).hexdigest(),
            factory=public_key(FACTORY),
            security=public_key(SECURITY),
            issuer=ISSUER,
            workflow=WORKFLOW,
            signers=self.signers,
            more=self.more,
        )
        for old, new in self.edits:
            if old not in text:
                raise ValueError(f"`{old}` is not in the policy")
            text = text.replace(old, new, 1)
        return text

    def names(self) -> list[str]:
        """How the files of the bundles end: envelopes without a certificate are those of a key."""
        return [
            ".sigstore.json" if b"verificationMaterial" in text or b"payloadType" not in text else ".dsse.json"
            for text in self.texts()
        ]

    def texts(self) -> list[bytes]:
        """The bundles, as bytes."""
        return [one if isinstance(one, bytes) else json.dumps(one).encode() for one in self.bundles]


def signed(wheel: bytes | None = None, /, *, filename: str = FILENAME, **how: Any) -> Case:
    """A wheel with one bundle, made like this."""
    held = wheel_of() if wheel is None else wheel
    return Case(wheel=held, filename=filename, bundles=[forge().bundle(Signing(**how), held, filename)])


def bundle_of(case: Case, **how: Any) -> Any:
    """One more bundle for the wheel of a case."""
    return forge().bundle(Signing(**how), case.wheel, case.filename)

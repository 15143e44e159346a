"""Hold the trusted roots that a policy pins, each read once: the file, its keys with their times, sigstore's verifier.

Takes:   a policy.
Gives:   `Roots`: `sigstore(name)`, a `TrustedRoot`.
Why so:  the policy pins bytes, so what is used are the bytes that were hashed; never sigstore's own cache.
Ignores: claims.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from penstock_trust.policy.files import read_small
from penstock_trust.policy.model import SigstoreRoot
from penstock_trust.refusal import Doubt, Refusal
from penstock_trust.strict import base64_of, json_of

if TYPE_CHECKING:
    from penstock_trust.policy.model import Policy

LIMIT = 4 << 20  # bytes; the public-good root has 7 KiB
_NEVER = datetime.max.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a key may be believed; both ends belong to it, as in sigstore's root."""

    start: datetime
    end: datetime

    def covers(self, time: datetime) -> bool:
        """Whether the key could be believed then."""
        return self.start <= time <= self.end


@dataclass(frozen=True, slots=True)
class LogKey:
    """A log of the root: its id as the root says it, its key as SubjectPublicKeyInfo, and when that is valid."""

    id: str
    key: bytes
    details: str
    valid: Validity


@dataclass(frozen=True, slots=True)
class Authority:
    """A chain of certificates (DER, the root last) and when it is valid."""

    chain: tuple[bytes, ...]
    valid: Validity


class TrustedRoot:
    """One pinned root. A property raises `Refusal` (T121) when the root cannot be used."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        self.digest = sha256(data).hexdigest()

    @cached_property
    def value(self) -> Any:
        """The JSON value, strictly read."""
        return json_of(self.data, f"the trusted root `{self.name}`", limit=LIMIT, code="T121")

    @cached_property
    def logs(self) -> tuple[LogKey, ...]:
        """The transparency logs."""
        return tuple(_log(each) for each in self.value["tlogs"])

    @cached_property
    def certificate_logs(self) -> tuple[LogKey, ...]:
        """The logs of certificates."""
        return tuple(_log(each) for each in self.value["ctlogs"])

    @cached_property
    def authorities(self) -> tuple[Authority, ...]:
        """Who issues certificates."""
        return tuple(_authority(each) for each in self.value["certificateAuthorities"])

    @cached_property
    def stampers(self) -> tuple[Authority, ...]:
        """Who signs timestamps."""
        return tuple(_authority(each) for each in self.value.get("timestampAuthorities", ()))

    @cached_property
    def verifier(self) -> Any:
        """Sigstore's own verifier for exactly this root."""
        from sigstore.models import TrustedRoot as Theirs
        from sigstore.verify import Verifier
        from sigstore_models.trustroot.v1 import TrustedRoot as Model

        hush()
        try:
            _ = self.logs, self.certificate_logs, self.authorities, self.stampers  # readable to us as well
            return Verifier(trusted_root=Theirs(Model.from_json(self.data)))
        except Refusal:
            raise
        except Exception as error:  # whatever pydantic, cryptography and sigstore raise about a root
            raise Refusal("T121", f"the trusted root `{self.name}` cannot be used: {first_line(error)}") from error


class Roots:
    """The roots of one policy, kept so that many wheels are verified with one reading."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._read: dict[str, TrustedRoot] = {}

    def sigstore(self, name: str) -> TrustedRoot:
        """The root of this name. Raises `Doubt` (T120) when it cannot be read, `Refusal` (T121) when it is another."""
        if name not in self._read:
            self._read[name] = self._open(name)
        return self._read[name]

    def _open(self, name: str) -> TrustedRoot:
        wanted = self.policy.roots[name]
        if not isinstance(wanted, SigstoreRoot):
            raise Refusal("T121", f"`{name}` is a key, and no root of a sigstore")
        try:
            root = TrustedRoot(name, read_small(wanted.file, LIMIT))
        except (OSError, ValueError) as error:
            why = (getattr(error, "strerror", None) or str(error)).lower()
            raise Doubt("T120", f"the trusted root `{wanted.file}` cannot be read: {why}") from error
        if root.digest != wanted.sha256:
            hint = "find out who changed it; a policy pins the bytes of its roots"
            raise Refusal("T121", f"the trusted root `{wanted.file}` is not the one that the policy pins", hint=hint)
        return root


def hush() -> None:
    """Keep the log lines of sigstore's client off the terminal, where nobody has asked for them: we tell what is wrong."""
    from logging import NullHandler, getLogger

    theirs = getLogger("sigstore")
    if not theirs.handlers:
        theirs.addHandler(NullHandler())


def first_line(error: BaseException) -> str:
    """What an error of somebody else's says, short enough for a message."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said[:200]


def _log(value: Any) -> LogKey:
    key = value["publicKey"]
    log_id = base64_of(value["logId"]["keyId"], "a log id", code="T121").hex()
    raw = base64_of(key["rawBytes"], "a log key", code="T121")
    return LogKey(log_id, raw, str(key["keyDetails"]), _validity(key.get("validFor")))


def _authority(value: Any) -> Authority:
    listed = value["certChain"]["certificates"]
    chain = tuple(base64_of(each["rawBytes"], "a certificate", code="T121") for each in listed)
    return Authority(chain, _validity(value.get("validFor")))


def _validity(value: Any) -> Validity:
    """A root that does not say since when a key is valid says that it never is."""
    said = value or {}
    start = _moment(said["start"]) if said.get("start") else _NEVER
    return Validity(start, _moment(said["end"]) if said.get("end") else _NEVER)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)

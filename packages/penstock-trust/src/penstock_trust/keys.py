"""Hold Ed25519 keys: make them, read and write them, sign and check with them.

Takes:   PEM files (PKCS8 for the private key, SubjectPublicKeyInfo for the public one), or `ed25519:BASE64`.
Gives:   `PrivateKey`, `PublicKey`.  A key's id is `sha256:` and the digest of its SubjectPublicKeyInfo.
Why so:  the hot path needs this module and the standard library, so what is costly is imported where it is used.
Ignores: what is signed (`dsse`), and the keys inside sigstore's trusted roots.
"""

from __future__ import annotations

import hashlib
import os

from penstock_trust.refusal import Refusal
from penstock_trust.strict import base64_of, base64_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

PREFIX = "ed25519:"
_SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: what stands before the 32 bytes of a public key
_LARGE = 16384  # bytes; a key file has fewer

# Points of small order, the sign bit cleared: for such a "key" a signature can be made without any secret.
_WEAK = frozenset(
    bytes.fromhex(point)
    for point in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)


class PublicKey:
    """The key that checks; equal keys are equal.

    >>> key = PrivateKey.generate()
    >>> key.public.signed(key.sign(b"bytes"), b"bytes")
    True
    """

    __slots__ = ("_loaded", "id", "raw")

    def __init__(self, raw: bytes) -> None:
        """`raw` is 32 bytes. Raises `Refusal` (T191) for another size, and for a point that anyone can sign for."""
        if len(raw) != 32:
            raise Refusal("T191", f"an Ed25519 public key has 32 bytes, not {len(raw)}")
        if bytes([*raw[:31], raw[31] & 0x7F]) in _WEAK:
            raise Refusal("T191", "this Ed25519 public key is a point of small order, for which anybody can sign")
        self.raw = bytes(raw)
        self.id = "sha256:" + hashlib.sha256(_SPKI + self.raw).hexdigest()
        self._loaded: Any = None

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """The key that `ed25519:BASE64` or a PEM text spells. Raises `Refusal` (T191)."""
        text = text.strip()
        if text.startswith(PREFIX):
            return cls(base64_of(text[len(PREFIX) :], "the key", code="T191"))
        body = _pem(text, "PUBLIC KEY")
        if not body.startswith(_SPKI) or len(body) != len(_SPKI) + 32:
            raise Refusal("T191", "this is no Ed25519 public key", hint="write `ed25519:BASE64`, or a PEM of that kind")
        return cls(body[len(_SPKI) :])

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PublicKey:
        """The key in a file. Raises `Refusal` (T190 when it cannot be read, T191)."""
        return cls.parse(_text(path))

    def __str__(self) -> str:
        return PREFIX + base64_text(self.raw)

    def __repr__(self) -> str:
        return f"PublicKey({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def pem(self) -> str:
        """The key as people exchange it."""
        return f"-----BEGIN PUBLIC KEY-----\n{base64_text(_SPKI + self.raw)}\n-----END PUBLIC KEY-----\n"

    def signed(self, signature: bytes, data: bytes) -> bool:
        """Whether the owner of this key signed `data`."""
        from cryptography.exceptions import InvalidSignature

        if self._loaded is None:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

            try:
                self._loaded = Ed25519PublicKey.from_public_bytes(self.raw)
            except ValueError:
                return False
        try:
            self._loaded.verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True


class PrivateKey:
    """The key that signs; it shows itself to nobody, and cannot be copied or pickled."""

    __slots__ = ("_key", "public")

    def __init__(self, key: Any) -> None:
        """`key` is an `Ed25519PrivateKey` of `cryptography`."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        self._key = key
        self.public = PublicKey(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new key, from the system's randomness."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> PrivateKey:
        """The key of a 32-byte seed; for tests, and for whoever keeps seeds."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, password: bytes | None = None) -> PrivateKey:
        """The key in a PEM file (PKCS8). Raises `Refusal` (T190 when it cannot be read, T192 when it is no such key)."""
        return cls.parse(_text(path), password=password, where=os.fsdecode(path))

    @classmethod
    def parse(cls, text: str, *, password: bytes | None = None, where: str = "") -> PrivateKey:
        """The key in a PEM text. Raises `Refusal` (T192)."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        named = f"`{where}`" if where else "the text"
        try:
            key = load_pem_private_key(text.encode("utf-8"), password)
        except TypeError as error:  # a password where none is needed, or none where one is
            raise Refusal("T192", f"{named} is encrypted, or was given a password and is not") from error
        except (ValueError, UnsupportedAlgorithm, UnicodeError) as error:
            raise Refusal("T192", f"{named} holds no private key that can be read") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise Refusal("T192", f"{named} holds a private key of another kind than Ed25519")
        return cls(key)

    def pem(self, *, password: bytes | None = None) -> str:
        """The key as PKCS8 in PEM, encrypted when there is a password."""
        from cryptography.hazmat.primitives.serialization import (
            BestAvailableEncryption,
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        how = BestAvailableEncryption(password) if password else NoEncryption()
        text: bytes = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
        return text.decode("ascii")

    def save(self, path: str | os.PathLike[str], *, password: bytes | None = None) -> Path:
        """Write the key to a new file that only its owner can read. Raises `Refusal` (T190)."""
        from pathlib import Path

        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise Refusal("T190", f"cannot write the key to `{os.fsdecode(path)}`: {why}") from error
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(self.pem(password=password))
        return Path(path)

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`, 64 bytes."""
        signature: bytes = self._key.sign(data)
        return signature

    def __repr__(self) -> str:
        return f"PrivateKey(of {self.public})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a private key cannot be pickled or copied")


def _text(path: str | os.PathLike[str]) -> str:
    name = os.fsdecode(path)
    try:
        with open(name, "rb") as file:
            data = file.read(_LARGE + 1)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise Refusal("T190", f"cannot read the key `{name}`: {why}") from error
    if len(data) > _LARGE:
        raise Refusal("T190", f"`{name}` is too large to be a key")
    try:
        return data.decode("ascii")
    except UnicodeError as error:
        raise Refusal("T191", f"`{name}` is no key: it is not text") from error


def _pem(text: str, label: str) -> bytes:
    first, last = f"-----BEGIN {label}-----", f"-----END {label}-----"
    if not (text.startswith(first) and text.endswith(last)):
        raise Refusal("T191", "this is no Ed25519 public key", hint="write `ed25519:BASE64`, or a PEM of that kind")
    return base64_of("".join(text[len(first) : -len(last)].split()), "the key", code="T191")

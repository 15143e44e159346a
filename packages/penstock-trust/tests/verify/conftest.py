"""A wheel, a policy and claims in one folder, and a local sigstore that signs."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from penstock_trust.keys import PrivateKey
from penstock_trust.local_sigstore import LocalSigstore, Signer
from penstock_trust.policy.load import load_policy
from penstock_trust.policy.model import KeyRoot, Policy, SigstoreRoot
from penstock_trust.steps.prove import prove
from penstock_trust.verify import STEPS, verify
from penstock_trust.wheels import read_wheel

ANN = Signer()


def write_wheel(folder: Path, name: str = "acme-site", version: str = "1.2.0", *, requires: str = "") -> Path:
    """A wheel that is in order."""
    known = name.replace("-", "_")
    info = f"{known}-{version}.dist-info"
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    files = {
        f"{known}/__init__.py": b"ANSWER = 42\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{path},sha256={urlsafe(sha256(data).digest())},{len(data)}\n" for path, data in files.items()]
    files[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"]).encode()
    path = folder / f"{known}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, data in files.items():
            archive.writestr(inside, data)
    return path


def urlsafe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def any_subject(case: Any) -> tuple[()]:
    case.subject, case.data = read_wheel(case.path)
    return ()


def any_signature(case: Any) -> tuple[()]:
    kinds = {"sigstore": SigstoreRoot, "key": KeyRoot}
    for reading in case.readings:
        wanted = kinds[reading.claim.kind]
        reading.vouchers = tuple(name for name, root in case.policy.roots.items() if isinstance(root, wanted))
    return ()


def anybody(case: Any) -> tuple[()]:
    everybody = tuple(sorted(case.policy.identities))
    case.proofs = tuple(
        prove(reading, reading.identity(name, "a key"), everybody)
        for reading in case.readings
        for name in reading.vouchers[:1]
    )
    return ()


BELIEVING = {"subject": any_subject, "bundle": any_signature, "identity": anybody}


@dataclass
class Shop:
    """A folder with a wheel, its claims, and the policy that they are judged by."""

    folder: Path
    local: LocalSigstore
    key: PrivateKey
    wheel: Path
    root: dict[str, Any]
    match: str = "acme-site"
    rule: str = 'signers = {any = ["ann"]}'
    identities: dict[str, str] = field(default_factory=dict)
    more: str = ""

    @property
    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def policy(self) -> Policy:
        data = json.dumps(self.root).encode()
        (self.folder / "root.json").write_bytes(data)
        identities = {
            "ann": 'trust = "local"\nissuer = "https://accounts.example.org"\nemail = "ann@example.org"',
            "own": 'trust = "own"',
            **self.identities,
        }
        listed = "".join(f'[[identity]]\nname = "{name}"\n{marks}\n' for name, marks in identities.items())
        text = f"""schema = 1
sequence = 3
expires = "2099-01-01T00:00:00Z"
[trust.local]
kind = "sigstore"
file = "root.json"
sha256 = "{sha256(data).hexdigest()}"
[trust.own]
kind = "key"
public-key = "{self.key.public}"
{listed}
{self.more}
[[pack]]
match = "{self.match}"
{self.rule}
"""
        (self.folder / "policy.toml").write_text(text, encoding="utf-8")
        return load_policy(self.folder / "policy.toml")

    def needs(self, requirement: str) -> None:
        """Build the wheel again, with a requirement."""
        self.wheel = write_wheel(self.folder, requires=requirement)

    def claim(self, value: Any, suffix: str = ".sigstore.json") -> None:
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        (self.folder / f"{self.wheel.name}{suffix}").write_bytes(text)

    def bundle(self, signer: Signer | None = None, **how: Any) -> dict[str, Any]:
        return self.local.bundle(self.wheel.read_bytes(), signer or ANN, **how)

    def verify(self, *, without: str = "", planted: str = "", **how: Any) -> Any:
        """`without` leaves a step out; `planted` puts one in its place that believes everything."""
        steps = {name: step for name, step in STEPS.items() if name != without}
        if planted:
            steps[planted] = BELIEVING.get(planted, lambda case: ())
        how.setdefault("now", self.now)
        return verify(self.wheel, policy=how.pop("policy", None) or self.policy(), steps=steps, **how)


@pytest.fixture(scope="session")
def local() -> Iterator[LocalSigstore]:
    with LocalSigstore() as listening:
        yield listening


@pytest.fixture
def shop(tmp_path: Path, local: LocalSigstore) -> Shop:
    key = PrivateKey.from_seed(bytes(range(32)))
    return Shop(tmp_path, local, key, write_wheel(tmp_path), local.trusted_root())


@pytest.fixture
def make_wheel() -> Callable[..., Path]:
    return write_wheel

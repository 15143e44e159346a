"""Put up a small site on disk: packs as wheels, an environment they are installed into, a policy, receipts.

Takes:   a folder.
Gives:   `Scene`; `wheel_of`, which packs files as a wheel; `RELEASE` and `OFFICE`, the keys of who releases and of who runs.
Ignores: pip; `unpack` does what an installer does to a wheel that is in order, in a millisecond.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from penstock_trust.admission import Guard
from penstock_trust.facts import Accepted, Subject
from penstock_trust.hygiene import Rules, check_wheel
from penstock_trust.keys import PrivateKey
from penstock_trust.loader import code
from penstock_trust.loader.case import Asked
from penstock_trust.loader.surroundings import installed_at
from penstock_trust.loader.terms import terms_of
from penstock_trust.policy.load import load_policy
from penstock_trust.receipt import emit
from penstock_trust.site import Site, read_site_file
from penstock_trust.store import RECEIPT, Store

RELEASE = PrivateKey.from_seed(b"r" * 32)
OFFICE = PrivateKey.from_seed(b"o" * 32)
NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)

POLICY = f"""\
schema = 1
name = "site"
sequence = 3
expires = "2027-01-31T00:00:00Z"

[trust.vendor]
kind = "key"
public-key = "{RELEASE.public}"

[[identity]]
name = "release"
trust = "vendor"

[[pack]]
match = "acme-*"
signers = {{all = ["release"]}}
"""


def digest_of(data: bytes) -> str:
    """A digest as RECORD writes it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def files_of(name: str = "acme-flow", version: str = "1.0", modules: dict[str, str] | None = None) -> dict[str, bytes]:
    """The files of a small pack; `modules` is path -> text, by default a package with two modules and a data file."""
    package = name.replace("-", "_")
    info = f"{package}-{version}.dist-info"
    modules = modules if modules is not None else {
        f"{package}/__init__.py": f'"""A pack."""\n\nfrom {package}.nodes import double\n',
        f"{package}/nodes.py": '"""Nodes."""\n\n\ndef double(number):\n    return 2 * number\n',
        f"{package}/words/greeting.txt": "hello\n",
        f"{package}/late.py": "WHEN = 'late'\n",
    }  # fmt: skip
    return {
        **{path: text.encode() for path, text in modules.items()},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: acme\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[penstock]\n{name} = {package}\n".encode(),
    }


def wheel_of(files: dict[str, bytes]) -> bytes:
    """The files as a wheel, with the RECORD that fits them."""
    info = next(path.partition("/")[0] for path in files if ".dist-info/" in path)
    record = "".join(f"{path},{digest_of(data)},{len(data)}\n" for path, data in files.items()) + f"{info}/RECORD,,\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in {**files, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(path, data)
    return packed.getvalue()


@dataclass(slots=True)
class Scene:
    """One site in a folder: `packages` is its site-packages, `store` its receipts."""

    folder: Path
    policy: str = POLICY

    def __post_init__(self) -> None:
        self.packages.mkdir(parents=True, exist_ok=True)
        self.write_policy(self.policy)
        keys = f'keys = ["{OFFICE.public}"]'
        (self.folder / "trust.toml").write_text(
            f'schema = 1\npolicy = "policy.toml"\n{keys}\nstore = "store"\n', encoding="utf-8"
        )

    @property
    def packages(self) -> Path:
        return self.folder / "site-packages"

    @property
    def store(self) -> Store:
        return Store(str(self.folder / "store"))

    @property
    def site(self) -> Site:
        return read_site_file(str(self.folder / "trust.toml"))

    def write_policy(self, text: str) -> None:
        (self.folder / "policy.toml").write_text(text, encoding="utf-8")

    def allow(self, *words: str, load: str = "verified") -> None:
        """Let the rule for all packs allow this, and load like that."""
        listed = ", ".join(f'"{word}"' for word in words)
        self.write_policy(POLICY + f'allow = [{listed}]\nload = "{load}"\n')

    def unpack(self, wheel: bytes, into: Path | None = None) -> None:
        """Install, as pip does."""
        folder = into or self.packages
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            archive.extractall(folder)
            info = next(name.partition("/")[0] for name in archive.namelist() if ".dist-info/" in name)
        (folder / info / "INSTALLER").write_text("pip\n", encoding="utf-8")

    def accept(self, wheel: bytes, name: str = "acme-flow", version: str = "1.0", **words: object) -> bytes:
        """Write the receipt of a wheel, as `trust install` does; gives the receipt."""
        filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        hygiene, wrong = check_wheel(wheel, filename, Rules(native=True, **words))  # type: ignore[arg-type]  # the words of `Rules`, handed through
        assert hygiene is not None, wrong
        subject = Subject(name, version, filename, hashlib.sha256(wheel).hexdigest(), len(wheel))
        policy = load_policy(self.folder / "policy.toml")
        verdict = Accepted(subject, (), (), hygiene, policy.digest, NOW)
        sources = {
            fact.sha256: (str(self.packages / path), (self.packages / path).read_bytes())
            for path, fact in hygiene.table.items()
            if path.endswith(".py")
        }
        made = code.packed(sources)
        receipt = emit(verdict, OFFICE, code={code.tag(): hashlib.sha256(made).hexdigest()})
        self.store.keep(name, {filename: wheel, code.filename(code.tag()): made, RECEIPT: receipt})
        return receipt

    def install(self, name: str = "acme-flow", version: str = "1.0", modules: dict[str, str] | None = None) -> None:
        """A pack that is installed and accepted."""
        wheel = wheel_of(files_of(name, version, modules))
        self.unpack(wheel)
        self.accept(wheel, name, version)

    def asked(self, name: str = "acme-flow", version: str = "1.0", package: str | None = None) -> Asked:
        """What the core would ask."""
        word = name.replace("-", "_")
        return Asked(installed_at(str(self.packages / f"{word}-{version}.dist-info")), package or word)

    def guard(
        self, *, now: datetime = NOW, path: tuple[str, ...] = (), modules: dict[str, object] | None = None, **words
    ):
        """The guard of a process that starts now, with this site."""
        site = self.site
        return Guard(site, terms_of(site, now), path=(*path, str(self.packages)), modules=modules or {}, **words)

    def codes(self, asked: Asked | None = None, **words) -> list[str]:
        """What speaks against the pack, by code, each once."""
        ruling = self.guard(**words).admit(asked or self.asked())
        assert ruling.allowed == (not ruling.findings)
        return sorted({finding.code for finding in ruling.findings})

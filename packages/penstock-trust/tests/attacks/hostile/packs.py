"""An environment in which a pack is installed and accepted, so that somebody can then write into it.

Gives:   `Place`: its folders, and what an attack may change about it; `installed`, a place in which everything is in order.
Why so:  the wheel is unpacked here as pip does it, for an environment takes a second to make, and there are many attacks.
Ignores: who judges (`loads`).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

from hostile.archive import FILENAME, INFO, NAME
from hostile.bundling import keyed
from hostile.case import Case
from hostile.denials import private_key
from hostile.forge import NOW
from hostile.judging import judged
from penstock_trust import receipt
from penstock_trust.deny.read import ReadList, list_for
from penstock_trust.facts import Accepted
from penstock_trust.keys import PublicKey
from penstock_trust.loader import code
from penstock_trust.loader.case import Asked, Terms
from penstock_trust.loader.surroundings import Surroundings, installed_at
from penstock_trust.policy.load import load_policy
from penstock_trust.policy.model import Policy
from penstock_trust.site import Site
from penstock_trust.store import RECEIPT, Store

HOUSE = "house"  # the seed of the organisation's key


@dataclass(slots=True)
class Place:
    """An environment with one accepted pack."""

    root: Path
    case: Case
    verdict: Accepted
    now: Any = NOW
    keys: tuple[PublicKey, ...] = field(default_factory=lambda: (private_key(HOUSE).public,))
    path: list[Path] = field(default_factory=list)  # folders of `sys.path`, in order
    modules: dict[str, object] = field(default_factory=dict)  # what is imported already
    seen: dict[str, tuple[int, str]] = field(default_factory=dict)
    package: str = "acme_flow"  # that the entry point names
    asks: str = INFO  # the metadata of who asks to be admitted
    edit: Callable[[Policy], Policy] = lambda policy: policy  # what the owner has changed since

    @property
    def site(self) -> Path:
        """Where packages are."""
        return self.root / "site-packages"

    @property
    def store(self) -> Store:
        """Where receipts are."""
        return Store(str(self.root / "store"))

    @property
    def info(self) -> Path:
        """The metadata of the pack."""
        return self.site / INFO

    def write(self, path: str, data: bytes | str) -> Path:
        """Write a file below `site-packages`."""
        target = self.site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data.encode() if isinstance(data, str) else data)
        return target

    def receipt(self, verdict: Accepted | None = None, by: str = HOUSE, **words: Any) -> bytes:
        """The receipt of the pack, or of another verdict."""
        return receipt.emit(verdict or self.verdict, private_key(by), **words)

    def keep(self, data: bytes | None = None) -> None:
        """Put a receipt in its place, with the wheel and the code that was compiled of it."""
        table = {path: (self.site / path).read_bytes() for path in self.verdict.hygiene.table if path.endswith(".py")}
        made = code.packed({sha256(text).hexdigest(): (str(self.site / path), text) for path, text in table.items()})
        tags = {code.tag(): sha256(made).hexdigest()}
        kept = {code.filename(code.tag()): made, FILENAME: self.case.wheel}
        self.store.keep(NAME, {**kept, RECEIPT: self.receipt(code=tags) if data is None else data})

    def terms(self) -> Terms:
        """What holds."""
        policy = self.edit(load_policy(self.root / "wheels/acme.policy.toml"))
        listed: ReadList | None = list_for(policy, now=self.now)
        return Terms(policy, listed, self.store, self.now, self.seen)

    def site_file(self) -> Site:
        """What this machine's owner has decided."""
        return Site(
            str(self.root / "trust.toml"), str(self.root / "wheels/acme.policy.toml"), self.keys, self.store.root
        )

    def asked(self) -> Asked:
        """Who wants to load."""
        return Asked(installed_at(str(self.site / self.asks)), self.package)

    def surroundings(self) -> Surroundings:
        """What stands around it."""
        return Surroundings([str(folder) for folder in self.path], self.modules)


def installed(root: Path, case: Case | None = None) -> Place:
    """A place with an accepted pack; the policy is the case's."""
    made = keyed() if case is None else case
    verdict = judged(made, root / "wheels")
    if not isinstance(verdict, Accepted):
        raise ValueError(f"the pack should be accepted: {verdict}")
    place = Place(root, made, replace(verdict, at=verdict.at.astimezone(timezone.utc)))
    with zipfile.ZipFile(io.BytesIO(made.wheel)) as archive:
        archive.extractall(place.site)
    (place.info / "INSTALLER").write_text("pip\n")
    place.path = [place.site]
    place.keep()
    return place


def reopened(root: Path) -> Place:
    """The place that another process has made."""
    made = keyed()
    verdict = judged(made, root / "wheels")
    if not isinstance(verdict, Accepted):
        raise ValueError(f"the pack should be accepted: {verdict}")
    return Place(root, made, verdict, path=[root / "site-packages"])

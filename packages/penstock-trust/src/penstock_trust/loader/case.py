"""Put together what is judged when a pack wants to load: what is installed, its receipt, its rule, its surroundings.

Takes:   facts, and what can be looked up once they are known.
Gives:   `Asked`, `Terms`, `Case`.
Ignores: the answers (`checks`).
"""

from __future__ import annotations

import base64
import csv
import io
import os
from functools import cached_property

from penstock_findings.fact import EMPTY, Fact
from penstock_findings.finding import Finding, Location
from penstock_trust.facts import FileFact
from penstock_trust.loader.modules import NAMESPACE, modules_of
from penstock_trust.loader.source import read_regular
from penstock_trust.loader.surroundings import compared
from penstock_trust.refusal import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from penstock_trust.deny.read import ReadList
    from penstock_trust.loader.modules import Module
    from penstock_trust.loader.surroundings import Compared, Installed, Surroundings
    from penstock_trust.policy.model import PackRule, Policy
    from penstock_trust.receipt import Receipt
    from penstock_trust.store import Store

AGAIN = "install it again with `penstock trust install`"


class Asked(Fact):
    """Who wants to load: an installed distribution, the package that its entry point names, and the manifest that was read.

    Both are "" where the core does not ask, but an import.
    """

    installed: Installed
    package: str = ""
    manifest: str = ""


class Terms(Fact):
    """What holds for all packs of a process: the policy, what became of its deny list, the store, the time.

    `seen` is policy name -> (sequence, digest), the latest that was used here.
    """

    policy: Policy
    deny: ReadList | None
    store: Store
    now: datetime
    seen: Mapping[str, tuple[int, str]] = EMPTY


class Case:
    """One pack that wants to load; `receipt` is None where there is none, or none that can be believed (`wrong`).

    `owns` says of a module whether it came through us, `bringing` gives the projects with a top-level name.
    """

    def __init__(
        self,
        asked: Asked,
        terms: Terms,
        surroundings: Surroundings,
        receipt: Receipt | Finding | None,
        owns: Callable[[object], bool],
        bringing: Callable[[str], Sequence[tuple[str, Receipt]]] = lambda top: (),
    ) -> None:
        self.asked = asked
        self.terms = terms
        self.surroundings = surroundings
        self.owns = owns
        self.bringing = bringing
        self.receipt: Receipt | None = None if isinstance(receipt, Finding) else receipt
        self.wrong: Finding | None = receipt if isinstance(receipt, Finding) else None

    @property
    def name(self) -> str:
        """The project."""
        return self.asked.installed.name

    @property
    def folder(self) -> str:
        """Where it is installed."""
        return self.asked.installed.folder

    @cached_property
    def rule(self) -> PackRule | None:
        """The rule of the policy for it."""
        return self.terms.policy.rule_for(self.name)

    def allows(self, what: str) -> bool:
        """Whether the policy lets this pass, a word of `ALLOWED`."""
        return self.rule is not None and self.rule.allows(what)

    @property
    def mode(self) -> str:
        """How its modules are brought into the process."""
        if self.is_working_copy:
            return "off"
        return str(self.rule.load) if self.rule is not None else "verified"

    @cached_property
    def table(self) -> Mapping[str, FileFact]:
        """Its files: those of the accepted wheel; without a receipt, those of which the installed RECORD speaks."""
        if self.receipt is not None:
            return self.receipt.files
        return recorded(os.path.join(self.asked.installed.info, "RECORD"))

    @cached_property
    def compared(self) -> Compared:
        """Its files, held against what is installed."""
        return compared(self.folder, self.table)

    @cached_property
    def modules(self) -> Mapping[str, Module]:
        """Dotted name -> module, for all that it brings."""
        return modules_of(self.table)

    @cached_property
    def tops(self) -> Mapping[str, bool]:
        """Top-level name -> whether it is a namespace."""
        return {name: module.kind == NAMESPACE for name, module in self.modules.items() if "." not in name}

    @cached_property
    def is_editable(self) -> bool:
        """Whether its metadata say that its files are somebody's working copy."""
        from penstock_trust.strict import json_of

        try:
            data = read_regular(os.path.join(self.asked.installed.info, "direct_url.json"), 1 << 16)
            said = json_of(data, "direct_url.json")
        except FileNotFoundError:
            return False
        except (OSError, Refusal):
            return True  # who cannot be understood is not taken for harmless
        facts = said.get("dir_info") if isinstance(said, dict) else None
        return isinstance(facts, dict) and facts.get("editable") is True

    @property
    def is_working_copy(self) -> bool:
        """Whether nobody ever accepted it and its files are somebody's working copy, so that there is nothing to compare.

        Metadata that say so are not enough: whoever changes a file of an accepted pack could change them as well.
        """
        return self.is_editable and self.receipt is None and self.wrong is None

    def place(self, path: str) -> Location:
        """Where a file of it is installed."""
        return Location(os.path.join(self.folder, *path.split("/")))


def recorded(record: str) -> dict[str, FileFact]:
    """The files of which an installed RECORD gives a sha256; empty when it cannot be read."""
    found: dict[str, FileFact] = {}
    try:
        text = read_regular(record, 16 << 20).decode("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        for path, digest, size in rows:
            algorithm, _, text = digest.partition("=")
            if algorithm == "sha256" and not {"..", ""} & set(path.split("/")):
                found[path] = FileFact(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).hex(), int(size))
    except (OSError, ValueError, csv.Error):
        return {}
    return found

"""Find a profile and those that it inherits from, and say everything that is wrong with them.

Takes:   the name of a built-in profile, of one that a pack offers, or the path of a `*.profile.yaml`; a catalog.
Gives:   `load_profile`: `Loaded`, a report and the chain of profiles; `known_profiles`.
Ignores: which setting wins (`resolve`); the policy files that a profile names are read with the others.
"""

from __future__ import annotations

import os

from penstock.graph.complaints import Complaints
from penstock.graph.guesses import Guesses
from penstock.graph.places import Places
from penstock.graph.wording import quoted, suggestion
from penstock.profiles.read import read_profile
from penstock.profiles.written import ProfileFile
from penstock_findings.fact import Fact
from penstock_findings.finding import Finding
from penstock_findings.report import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.policies.offers import Catalog
    from penstock_findings.document import Parsed

LIMIT = 1 << 20  # bytes
SUFFIX = ".profile.yaml"
BUILT_IN = ("edge_low_power", "server_realtime", "offline_batch")
_FOLDER = os.path.join(os.path.dirname(__file__), "built_in")


class Loaded(Fact):
    """What became of a profile. `chain` is the profile itself, then its parent, and so on."""

    report: Report
    chain: tuple[ProfileFile, ...]

    @property
    def is_sound(self) -> bool:
        """Whether the profile may be used."""
        return not self.report.exit_code()

    @property
    def name(self) -> str:
        """What the profile is called."""
        return self.chain[0].written.name if self.chain else ""

    @property
    def policies(self) -> list[str]:
        """Paths of the policy files that come with it: the parent's first, so that the profile's own win."""
        return [
            os.path.join(profile.folder, path)
            for profile in reversed(self.chain)
            for _, path in profile.written.policies
        ]


def is_path(wanted: str) -> bool:
    """Whether this means a file, and not the name of a profile."""
    return wanted.endswith((".yaml", ".yml", ".json", ".toml")) or os.sep in wanted or "/" in wanted


def load_profile(wanted: str, catalog: Catalog) -> Loaded:
    """The profile and its chain. A file at fault never raises."""
    return _Loader(catalog).load(wanted)


def load_parsed(parsed: Parsed, catalog: Catalog) -> Loaded:
    """The same for a file that has been parsed already."""
    loader = _Loader(catalog)
    return loader.with_parents(loader.read(parsed, "file", os.path.dirname(parsed.path or "")))


def known_profiles(catalog: Catalog) -> dict[str, str]:
    """Name -> origin of every profile that can be asked for by name."""
    offered = {name: offer.pack.name for name, offer in sorted(catalog.profiles.items())}
    return {**dict.fromkeys(BUILT_IN, "built in"), **{n: o for n, o in offered.items() if n not in BUILT_IN}}


class _Loader:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._guesses = Guesses()
        self._findings: list[Finding] = []
        self._sources: dict[str, str] = {}

    def load(self, wanted: str) -> Loaded:
        if is_path(wanted):
            from penstock_findings.load import load

            return self.with_parents(self.read(load(wanted, limit=LIMIT), "file", os.path.dirname(wanted)))
        profile = self._named(wanted)
        if profile is None and wanted not in (known := known_profiles(self._catalog)):
            message = f"there is no profile {quoted(wanted)}"
            hint = suggestion(self._guesses.nearest("profile", wanted, known), known)
            if os.path.exists(wanted + SUFFIX):
                hint = f"write `{wanted}{SUFFIX}`, which is a file here"
            self._findings.append(Finding("L201", message, hint=hint))
        return self.with_parents(profile)

    def with_parents(self, profile: ProfileFile | None) -> Loaded:
        chain: list[ProfileFile] = []
        while profile is not None:
            chain.append(profile)
            profile = self._parent(profile, chain)
        return Loaded(Report("penstock", self._findings, self._sources), tuple(chain))

    def _parent(self, profile: ProfileFile, chain: Sequence[ProfileFile]) -> ProfileFile | None:
        wanted = profile.written.inherits
        if wanted is None:
            return None
        at = profile.places.value(profile.written.inherits_pointer)
        if is_path(wanted):
            from penstock_findings.load import load

            path = os.path.join(profile.folder, wanted)
            if any(os.path.abspath(path) == os.path.abspath(one.path) for one in chain):
                self._circle(profile, wanted)
                return None
            return self.read(load(path, limit=LIMIT), "file", os.path.dirname(path))
        if any(one.written.name == wanted and one.origin != "file" for one in chain):
            self._circle(profile, wanted)
            return None
        parent = self._named(wanted)
        if parent is None and wanted not in (known := known_profiles(self._catalog)):
            hint = suggestion(self._guesses.nearest("profile", wanted, known), known)
            self._findings.append(
                Finding("L202", f"there is no profile {quoted(wanted)} to inherit from", at, hint=hint)
            )
        return parent

    def _circle(self, profile: ProfileFile, wanted: str) -> None:
        at = profile.places.value(profile.written.inherits_pointer)
        message = f"profile {quoted(profile.written.name)} inherits from itself, by way of {quoted(wanted)}"
        self._findings.append(Finding("L203", message, at, hint="remove `inherits` from one of them"))

    def _named(self, name: str) -> ProfileFile | None:
        if name in BUILT_IN:
            from penstock_findings.load import parse_yaml

            with open(os.path.join(_FOLDER, name + SUFFIX), "rb") as file:
                return self.read(parse_yaml(file.read(), f"built-in/{name}{SUFFIX}"), "built in", _FOLDER)
        offer = self._catalog.profiles.get(name)
        if offer is None:
            return None
        import json

        from penstock_findings.load import parse_json

        data = json.dumps(offer.facts.value, indent=2).encode()
        folder = os.path.dirname(offer.pack.location or "")
        return self.read(parse_json(data, f"{offer.pack.name}/{name}.profile.json"), offer.pack.name, folder)

    def read(self, parsed: Parsed, origin: str, folder: str) -> ProfileFile | None:
        path = parsed.path or ""
        self._sources[path] = parsed.text
        self._findings += parsed.findings
        if parsed.document is None:
            return None
        complaints = Complaints(Places(parsed.document))
        written = read_profile(parsed.document.value, complaints, self._guesses)
        told = {(f.at.path, f.at.line, f.at.column) for f in parsed.findings}
        self._findings += [f for f in complaints.findings if (f.at.path, f.at.line, f.at.column) not in told]
        if written is None:
            return None
        if origin == "file" and written.name in known_profiles(self._catalog):
            message = f"{quoted(written.name)} is the name of another profile"
            at = complaints.places.value("/name")
            self._findings.append(Finding("L205", message, at, hint="choose a name of your own"))
        return ProfileFile(path, origin, written, complaints.places, parsed.text, folder)

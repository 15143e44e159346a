"""Answer the core when it asks whether a pack may be imported; and stand between Python and the pack from then on.

Takes:   what the machine's owner decided (`site`), and each pack that the core is about to import.
Gives:   `penstock_admit`, the provider: `[admission] providers = ["penstock_trust.admission"]` in `penstock.toml`.
         `Guard`, which does the work; `NotAdmitted`, what an import of a refused pack raises.
Why so:  the core asks before anything of a pack is imported, so the first question is the moment to put the finder in
         its place.  From then on every pack with a receipt is governed, also when another pack imports it unasked.
Ignores: why a pack is refused (`loader.checks`).
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timezone

from penstock_findings.errors import PenstockError
from penstock_trust.loader.case import Asked, recorded
from penstock_trust.loader.checks import CHECKS
from penstock_trust.loader.finder import Finder
from penstock_trust.loader.judge import Judge, Ruling, governed
from penstock_trust.loader.modules import modules_of
from penstock_trust.loader.surroundings import Surroundings, installed_at
from penstock_trust.loader.terms import terms_of
from penstock_trust.receipt import Receipt
from penstock_trust.site import read_site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from penstock_trust.loader.case import Terms
    from penstock_trust.loader.checks import Check
    from penstock_trust.site import Site

    Journal = Callable[[Sequence[tuple[str, Mapping[str, Any]]]], object]


OWN = "penstock-trust"  # admitted by the core, as the host configuration names a provider in it


class NotAdmitted(ImportError):
    """An import of a pack that may not load here; nothing of it has been run."""


class Guard:
    """Judges the packs of one process, tells the finder, and has every decision written down before it holds."""

    def __init__(
        self,
        site: Site,
        terms: Terms,
        *,
        path: Sequence[str],
        modules: Mapping[str, object],
        journal: Journal | None = None,
        checks: Mapping[str, Check] = CHECKS,
    ) -> None:
        self.finder = Finder(self.ask)
        self.judge = Judge(terms, site.keys, Surroundings(path, modules), owns=self.finder.owns, checks=checks)
        self._journal = journal
        self._rulings: dict[Asked, Ruling] = {}
        self._foreseen: set[Asked] = set()  # judged before they were asked about
        self._asking: set[str] = set()
        for name in terms.store.names():
            tops = self._top_levels(name)
            if not self._stands_below(name, tops):
                self.finder.expect(name, tops)

    def admit(self, asked: Asked, others: Sequence[Asked] = ()) -> Ruling:
        """Whether the pack may load; from now on its modules are imported through the finder, or not at all.

        `others` will be asked about next; they are judged now, so that all decisions are written down at once. Raises
        `PenstockError` when they cannot be written down: then none of them holds.
        """
        self.finder.stand_first()
        if asked in self._foreseen:
            self._look_again(asked)
        if asked not in self._rulings:
            fresh = [each for each in dict.fromkeys((asked, *others)) if each not in self._rulings]
            self._settle({each: self.judge.judge(each) for each in fresh})
            self._foreseen |= {*fresh}
        self._foreseen.discard(asked)
        return self._rulings[asked]

    def _look_again(self, asked: Asked) -> None:
        """Forget what was foreseen when code that ran since then has put modules of the pack in place itself."""
        case = self._rulings[asked].case
        preloaded = self.judge.checks.get("preloaded")
        if self._rulings[asked].allowed and case is not None and preloaded is not None and [*preloaded(case)]:
            del self._rulings[asked]
            self.finder.withdraw(asked.installed.name)

    def _settle(self, fresh: Mapping[Asked, Ruling]) -> None:
        """Write the rulings down, then let them hold."""
        if self._journal is not None:
            self._journal([("admit", self._told(asked, ruling)) for asked, ruling in fresh.items()])
        for asked, ruling in fresh.items():
            self._rulings[asked] = ruling
            if ruling.case is not None:
                tops = [top for top in ruling.case.tops if top not in sys.stdlib_module_names]
                self.finder.expect(asked.installed.name, tops)
            if ruling.allowed and ruling.case is not None:
                self.finder.govern(asked.installed.name, governed(ruling.case))

    def ask(self, project: str) -> None:
        """Judge a project that is imported and that nobody asked about. Raises `NotAdmitted`."""
        found = self.judge.surroundings.installed(project)
        if not found:
            raise NotAdmitted(f"`{project}` has a receipt here, and is not installed on the path")
        if project in self._asking:
            raise NotAdmitted(f"`{project}` is not admitted: it is wanted while it is being judged")
        known = next((asked for asked in self._rulings if asked.installed == found[0]), Asked(found[0]))
        self._asking.add(project)
        try:
            ruling = self.admit(known)
        except PenstockError as error:
            raise NotAdmitted(f"`{project}` is not admitted: {error}") from error
        finally:
            self._asking.discard(project)
        if not ruling.allowed:
            raise NotAdmitted(f"`{project}` is not admitted: {ruling.reason}")

    def _top_levels(self, name: str) -> Sequence[str]:
        """The names that a project with a receipt brings; where the receipt cannot be believed, what is installed says."""
        receipt = self.judge.receipt_of(name)
        if isinstance(receipt, Receipt):
            return receipt.top_levels
        found = self.judge.surroundings.installed(name)
        return [top for each in found for top in modules_of(recorded(f"{each.info}/RECORD")) if "." not in top]

    def _stands_below(self, name: str, tops: Sequence[str]) -> bool:
        """Whether it is ourselves or a library that is in use already, on which whoever judges here stands."""
        receipt = self.judge.receipt_of(name)
        points = receipt.entry_points if isinstance(receipt, Receipt) else ()
        is_pack = not isinstance(receipt, Receipt) or any(group == "penstock" for group, _, _ in points)
        return any(top in self.judge.surroundings.modules for top in tops) and (name == OWN or not is_pack)

    def _told(self, asked: Asked, ruling: Ruling) -> Mapping[str, Any]:
        known = ruling.case.receipt if ruling.case is not None else None
        return {
            "pack": asked.installed.name,
            "version": asked.installed.version,
            "allowed": ruling.allowed,
            "mode": ruling.mode,
            "reason": ruling.reason,
            "codes": sorted({finding.code for finding in ruling.findings}),
            "wheel": known.subject.digest if known is not None else "",
            "policy": self.judge.terms.policy.digest,
        }


def guard_of(site: Site, *, now: datetime, path: Sequence[str] | None = None) -> Guard:
    """The guard of this process. Raises `PenstockError` when the policy cannot be read."""
    import packaging.specifiers  # noqa: F401 - a deny list may need it, and then it is too late to judge it

    journal, terms = _journal(site), terms_of(site, now)
    _remember(terms)
    return Guard(site, terms, path=sys.path if path is None else path, modules=sys.modules, journal=journal)


def _remember(terms: Terms) -> None:
    """That this deny list was in use, so that no older one comes back; where we may not write, `trust renew` does it."""
    listed = terms.deny.listed if terms.deny is not None else None
    if listed is None or not os.path.isdir(terms.store.root):
        return
    from penstock_trust.seen import Seen, read_seen, write_seen

    seen = read_seen(terms.store.root)
    after = Seen(seen.policies, seen.after(terms.policy, listed).lists)
    if after != seen:
        try:
            write_seen(terms.store.root, after)
        except PenstockError:
            pass  # whoever runs packs need not be able to write what was accepted


def _journal(site: Site) -> Journal | None:
    if site.audit is None:
        return None
    from penstock_trust.audit.log import AuditLog

    return AuditLog(site.audit).extend


_GUARDS: list[Guard] = []  # at most one: the one of this process


def penstock_admit(pack: Any, others: Sequence[Any] = ()) -> Any:
    """Say whether code of the pack may be imported; there always is an answer."""
    from penstock_trust.host import admission

    site: Site | None = None
    asked = _asked(pack)
    try:
        if not _GUARDS:
            site = read_site()
            _GUARDS.append(guard_of(site, now=datetime.now(timezone.utc)))
        ruling = _GUARDS[0].admit(asked, [_asked(other) for other in others])
    except PenstockError as error:
        reason = _reason(error)
        if site is not None and not _GUARDS:
            _note(site, asked, error.code, reason)
        return admission(False, reason)
    return admission(ruling.allowed, ruling.reason)


def _asked(pack: Any) -> Asked:
    return Asked(installed_at(pack.installed_at), pack.package, pack.location or "")


def _reason(error: PenstockError) -> str:
    first = error.findings[0]
    where = f" ({first.at})" if str(first.at) else ""
    return f"{first.code}: {first.message}{where}" + (f"; {first.hint}" if first.hint else "")


def _note(site: Site, asked: Asked, code: str, reason: str) -> None:
    """Write down that nothing may load here; when even that fails, it is refused all the same."""
    facts = {"pack": asked.installed.name, "version": asked.installed.version, "allowed": False, "reason": reason}
    journal = _journal(site)
    try:
        if journal is not None:
            journal([("admit", {**facts, "codes": [code]})])
    except PenstockError:
        pass

"""Install what was accepted, exactly these bytes, and write down that it was.

Takes:   wheels, what holds on this machine, the organisation's key, the time.
Gives:   `install`, `renew`, `forget`; `Outcome`, one for each wheel.
Why so:  the receipt is written last: whatever goes wrong before leaves a pack that does not load.
Ignores: the audit log and the screen; the command does both.
"""

from __future__ import annotations

import os
import sys
import tempfile
from hashlib import sha256

from penstock_findings.errors import PenstockError
from penstock_findings.fact import Fact
from penstock_findings.finding import Finding, Location
from penstock_trust import receipt
from penstock_trust.environment import INSTALLERS, compile_for, look_into, put
from penstock_trust.facts import Accepted, Refused
from penstock_trust.hygiene.wheel import shown
from penstock_trust.loader import code
from penstock_trust.loader.source import read_regular
from penstock_trust.loader.surroundings import INFO, compared, extras, normalised
from penstock_trust.loader.terms import terms_of
from penstock_trust.refusal import Refusal
from penstock_trust.roots import Roots
from penstock_trust.seen import Seen, read_seen, write_seen
from penstock_trust.store import RECEIPT, Store
from penstock_trust.verify import verify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from penstock_trust.claims import Found
    from penstock_trust.environment import Environment
    from penstock_trust.facts import Unknown, Verdict
    from penstock_trust.keys import PrivateKey
    from penstock_trust.loader.case import Terms
    from penstock_trust.site import Site


class Outcome(Fact):
    """What became of one wheel: what was decided, and whether it is installed and has its receipt now."""

    path: str
    verdict: Verdict
    done: bool
    findings: tuple[Finding, ...] = ()


def install(
    wheels: Sequence[str],
    *,
    site: Site,
    key: PrivateKey,
    now: datetime,
    python: str = sys.executable,
    installer: str = "pip",
) -> tuple[Outcome, ...]:
    """Verify all wheels, then install them into the environment of `python`; nothing is installed unless all are accepted.

    Raises `PenstockError` when what holds here cannot be read, when nobody would believe the receipts (T444), or when
    the environment cannot be looked into (T440).
    """
    _is_believed(key, site)
    if installer not in INSTALLERS:
        raise PenstockError(f"there is no installer `{installer}`", code="T445", hint=f"one of {', '.join(INSTALLERS)}")
    environment = look_into(python)
    terms = terms_of(site, now, prefix=environment.prefix)
    work = _Work(site, key, terms, environment)
    judged = [(wheel, *work.judge(wheel)) for wheel in wheels]
    accepted = [(wheel, verdict, found) for wheel, verdict, found in judged if isinstance(verdict, Accepted)]
    if len(accepted) < len(judged) or not judged:
        return tuple(Outcome(wheel, verdict, False, _why(verdict)) for wheel, verdict, _ in judged)
    wrong = _twice([verdict for _, verdict, _ in judged]) or work.bring(accepted, installer)
    if wrong:
        return tuple(Outcome(wheel, verdict, False, wrong) for wheel, verdict, _ in accepted)
    outcomes = tuple(work.attest(wheel, verdict, found) for wheel, verdict, found in accepted)
    if all(outcome.done for outcome in outcomes):
        work.remember()
    return outcomes


def renew(
    names: Sequence[str] = (), *, site: Site, key: PrivateKey, now: datetime, python: str = sys.executable
) -> tuple[Outcome, ...]:
    """Verify kept wheels again, all unless some are named, and write new receipts, as after a change of the policy.

    Nothing is installed; what is refused now keeps its old receipt, which the policy's change has made worthless.
    """
    _is_believed(key, site)
    environment = look_into(python)
    terms = terms_of(site, now, prefix=environment.prefix)
    work = _Work(site, key, terms, environment)
    outcomes = []
    for name in [normalised(name) for name in names] or terms.store.names():
        wheel = _kept_wheel(terms.store, name)
        if wheel is None:
            hint = "install it again with `penstock trust install`"
            none = Finding("T446", f"there is no wheel of `{name}` in `{terms.store.root}`", hint=hint)
            outcomes.append(Outcome(name, Refused(None, "subject", (none,)), False, (none,)))
            continue
        verdict, found = work.judge(wheel, renewing=True)
        if isinstance(verdict, Accepted):
            outcomes.append(work.attest(wheel, verdict, found))
        else:
            outcomes.append(Outcome(wheel, verdict, False, _why(verdict)))
    if outcomes and all(outcome.done for outcome in outcomes):
        work.remember()
    return tuple(outcomes)


def forget(name: str, *, site: Site, prefix: str | None = None) -> bool:
    """Take the acceptance of a project back: its receipt, wheel and compiled code go; false when there were none."""
    return Store(site.store_of(prefix)).forget(normalised(name))


class _Work:
    """The steps for one wheel, and what they share."""

    def __init__(self, site: Site, key: PrivateKey, terms: Terms, environment: Environment) -> None:
        self._site = site
        self._key = key
        self._terms = terms
        self._environment = environment
        self._roots = Roots(terms.policy)
        self._seen = read_seen(terms.store.root)

    def judge(self, wheel: str, *, renewing: bool = False) -> tuple[Verdict, tuple[Found, ...]]:
        from penstock_trust.claims import beside

        try:
            found = tuple(beside(wheel))
        except PenstockError as error:
            return Refused(None, "limits", error.findings), ()
        verdict = verify(
            wheel,
            policy=self._terms.policy,
            now=self._terms.now,
            claims=found,
            roots=self._roots,
            seen=self._seen,
            installed=None if renewing else self._before(wheel),
        )
        return verdict, found

    def bring(self, accepted: Sequence[tuple[str, Accepted, tuple[Found, ...]]], installer: str) -> tuple[Finding, ...]:
        """Have the bytes installed that were verified, from a private folder; why not, when that fails."""
        try:
            with tempfile.TemporaryDirectory(prefix="penstock-trust-") as folder:
                staged = []
                for wheel, verdict, _ in accepted:
                    staged.append((verdict.subject, os.path.join(folder, verdict.subject.filename)))
                    with open(staged[-1][1], "wb") as file:
                        file.write(_same_bytes(wheel, verdict))
                put(staged, self._environment, folder, installer=installer)
        except (PenstockError, OSError) as error:
            return _findings_of(error)
        return ()

    def attest(self, wheel: str, verdict: Accepted, found: tuple[Found, ...]) -> Outcome:
        """Write the receipt, when what is installed is what was accepted."""
        name = verdict.subject.name
        try:
            data = _same_bytes(wheel, verdict)
            wrong = tuple(self._differences(verdict))
            if wrong:
                return Outcome(wheel, verdict, False, wrong)
            made = compile_for(self._environment, self._sources(verdict))
            files = {os.path.basename(one.source): one.text for one in found}
            files[verdict.subject.filename] = data
            files[code.filename(self._environment.tag)] = made
            tags = {self._environment.tag: sha256(made).hexdigest()}
            files[RECEIPT] = receipt.emit(verdict, self._key, code=tags)
            self._terms.store.keep(name, files)
        except (PenstockError, OSError) as error:
            return Outcome(wheel, verdict, False, _findings_of(error))
        return Outcome(wheel, verdict, True)

    def remember(self) -> None:
        """That this policy and this deny list have been used here."""
        listed = self._terms.deny.listed if self._terms.deny is not None else None
        after: Seen = self._seen.after(self._terms.policy, listed)
        if after != self._seen:
            write_seen(self._terms.store.root, after)

    def _before(self, wheel: str) -> str | None:
        """The version of the project that was accepted here before."""
        name = normalised(os.path.basename(wheel).partition("-")[0])
        try:
            data = self._terms.store.read(name, RECEIPT)
            return None if data is None else receipt.read(data, self._site.keys).subject.version
        except (PenstockError, OSError):
            return None  # a receipt that cannot be believed says nothing

    def _folder(self, verdict: Accepted) -> str:
        """Where the installer has put the packages: `platlib` only where a wheel says that it has compiled code."""
        places = dict.fromkeys((self._environment.purelib, self._environment.platlib))
        info = next(path.partition("/")[0] for path in verdict.hygiene.table if path.partition("/")[0].endswith(INFO))
        return next((place for place in places if os.path.isdir(os.path.join(place, info))), self._environment.purelib)

    def _differences(self, verdict: Accepted) -> Iterator[Finding]:
        folder, table = self._folder(verdict), verdict.hygiene.table
        found = compared(folder, table)
        hint = "look who else writes there, then install it again"
        for path in (*found.changed, *found.gone, *extras(folder, table)):
            at = Location(os.path.join(folder, *path.split("/")))
            why = f"`{shown(path)}` is not installed as it is in the wheel of `{verdict.subject.name}`"
            yield Finding("T442", why, at, hint=hint)

    def _sources(self, verdict: Accepted) -> Mapping[str, tuple[str, bytes]]:
        folder = self._folder(verdict)
        sources = {}
        for path, fact in verdict.hygiene.table.items():
            if path.endswith(".py") and not path.partition("/")[0].endswith(".data"):
                place = os.path.join(folder, *path.split("/"))
                data = read_regular(place, fact.size)
                if sha256(data).hexdigest() == fact.sha256:  # otherwise it has changed since it was compared
                    sources[fact.sha256] = (place, data)
        return sources


def _twice(verdicts: Sequence[Verdict]) -> tuple[Finding, ...]:
    """Why these wheels cannot be in one environment."""
    names = [verdict.subject.name for verdict in verdicts if verdict.subject is not None]
    both = next((name for name in names if names.count(name) > 1), None)
    if both is None:
        return ()
    why = f"two of the wheels are of `{both}`, and one would replace the other"
    return (Finding("T449", why, hint="name one of them"),)


def _is_believed(key: PrivateKey, site: Site) -> None:
    if key.public not in site.keys:
        raise Refusal(
            "T444",
            "receipts of this key would not count here",
            at=Location(site.path),
            hint=f"use a key that `keys` names, or add `{key.public}` to it",
        )


def _same_bytes(wheel: str, verdict: Accepted) -> bytes:
    """The bytes of the wheel, when they are still those that were verified."""
    data = read_regular(wheel, verdict.subject.size)
    if sha256(data).hexdigest() != verdict.subject.digest:
        raise Refusal("T447", f"`{wheel}` was changed after it was verified", at=Location(wheel))
    return data


def _kept_wheel(store: Store, name: str) -> str | None:
    try:
        found = sorted(os.listdir(os.path.join(store.root, name)))
    except OSError:
        return None
    return next((store.path(name, filename) for filename in found if filename.endswith(".whl")), None)


def _why(verdict: Verdict) -> tuple[Finding, ...]:
    refused: Refused | Unknown | None = None if isinstance(verdict, Accepted) else verdict
    return refused.findings if refused is not None else ()


def _findings_of(error: Exception) -> tuple[Finding, ...]:
    if isinstance(error, PenstockError):
        return error.findings
    why = (getattr(error, "strerror", None) or str(error)).lower()
    return (Finding("T448", f"it cannot be installed: {why}", Location(getattr(error, "filename", None))),)

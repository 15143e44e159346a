"""Run one question of the gate from what was opened to an outcome.

Takes:   subjects and how to judge them.
Gives:   `Gate`: `diff`, `links`, `bump`; each gives an `Outcome`.
Ignores: how subjects are opened (`subjects/`), how an outcome is printed (`reports`) and what a command line looks like.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from penstock_contracts import bump as versions
from penstock_contracts.asking import asked
from penstock_contracts.change import Bump, Comparison, Outcome
from penstock_contracts.compare import compare
from penstock_contracts.direction import BACKWARD, FORWARD, Needs, needs
from penstock_contracts.exact import digest_of
from penstock_contracts.inquiry import Judging
from penstock_contracts.packs import Pair, findings_of, pairs_of
from penstock_contracts.subjects.errors import NoBaseline
from penstock_findings.finding import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from penstock_contracts.asking import Engine
    from penstock_contracts.contract import Contract, Link
    from penstock_contracts.subjects.open import Subject


def _silent(done: int, of: int, what: str) -> None:
    """Tell nobody how far it is."""


@dataclass(slots=True)
class Gate:
    """How everything of one run is judged. `progress` is told how many questions of how many are answered."""

    engine: Engine
    mode: str | None = None
    positions: tuple[str, ...] = ()  # of contracts that do not say theirs
    content: str = "open"
    progress: Callable[[int, int, str], None] = _silent
    sources: dict[str, str] = field(default_factory=dict)

    def diff(
        self,
        versions_before: Sequence[Subject],
        candidate: Subject,
        *,
        queued: Sequence[Subject] = (),
        consumers: Sequence[Subject] = (),
    ) -> Outcome:
        """The candidate against its baseline, the first of the versions; older ones count where the mode says so."""
        baseline = versions_before[0]
        pairs, findings, step = self._matched(baseline, candidate)
        tasks = [(pair, self._judging(pair, bool(consumers))) for pair in pairs]
        others = [
            (pair, judging)
            for subjects, make in ((versions_before[1:], None), (queued, _QUEUED), (consumers, _CONSUMER))
            for subject in subjects
            for pair in self._matched(subject, candidate)[0]
            for judging in [Judging(make, self._content(pair)) if make else self._judging(pair, False)]
        ]
        answers = self._compared([*tasks, *others])
        first, more = answers[: len(tasks)], answers[len(tasks) :]
        comparisons = _folded(first, more)
        findings = [*baseline.findings, *candidate.findings, *findings]
        steps = [*(one.bump for one in comparisons), step]
        return Outcome(
            "diff",
            baseline.label,
            candidate.label,
            tuple(comparisons),
            tuple(dict.fromkeys(findings)),
            self.sources,
            _sum(steps),
        )

    def bump(self, outcome: Outcome, old: Subject, new: Subject, declared: tuple[str | None, str | None]) -> Outcome:
        """A finding for every declared version that is too low for what changed, and nothing else."""
        found: list[Finding] = []
        if old.pack is not None and new.pack is not None:
            at = new.pack.source.at("/version")
            changed = outcome.bump is not Bump.PATCH or old.pack.digest != new.pack.digest
            one = versions.judged(
                new.pack.name,
                declared[0] or old.pack.version,
                declared[1] or new.pack.version,
                outcome.bump,
                at,
                changed,
            )
            found += [one] if one is not None else []
        for comparison in outcome.comparisons:
            if new.pack is not None and comparison.candidate_version is None:
                continue  # a config: its version is the pack's
            before, after = comparison.baseline_version, comparison.candidate_version
            if new.pack is None:
                before, after = declared[0] or before, declared[1] or after
            at = comparison.changes[0].candidate.at if comparison.changes else Location(comparison.candidate)
            changed = bool(comparison.changes)
            one = versions.judged(comparison.name, before, after, comparison.bump, at, changed)
            found += [one] if one is not None else []
        return replace(outcome, command="bump", comparisons=(), findings=tuple(found))

    def alone(self, subject: Subject) -> Outcome:
        """What is wrong with contracts by themselves: one that no payload can meet."""
        contracts = list(subject.pack.contracts.values()) if subject.pack is not None else list(subject.contracts)
        findings = list(subject.findings)
        for place, contract in enumerate(contracts):
            self.progress(place, len(contracts), contract.name)
            self._keep(contract)
            if self.engine.is_impossible(asked(contract)):
                message = f"no payload at all can meet the contract `{contract.name}`"
                at = contract.at(contract.start)
                findings.append(Finding("K516", message, at, Severity.ERROR, "two of its rules exclude each other"))
        return Outcome("check", subject.label, subject.label, (), tuple(findings), self.sources)

    def links(self, name: str, links: Sequence[Link], findings: Iterable[Finding]) -> Outcome:
        """Whether everything that a producer writes is accepted where the link leads."""
        known: dict[tuple[int, int], Comparison] = {}
        told: list[Comparison] = []
        for place, link in enumerate(links):
            self.progress(place, len(links), link.id)
            key = (id(link.producer), id(link.consumer))
            if key not in known:
                reason = f"what `{link.writer}` writes is read by `{link.reader}`"
                judging = Judging(Needs("backward", {BACKWARD: reason}), self.content)
                known[key] = compare(link.producer, link.consumer, judging, self.engine)
                self._keep(link.producer, link.consumer)
            told.append(_of_link(known[key], link))
        self.progress(len(links), len(links), "")
        return Outcome("check", name, name, tuple(told), tuple(findings), self.sources)

    # -- parts of it

    def _compared(self, tasks: Sequence[tuple[Pair, Judging]]) -> list[Comparison]:
        made = []
        for place, (pair, judging) in enumerate(tasks):
            self.progress(place, len(tasks), pair.candidate.name)
            self._keep(pair.baseline, pair.candidate)
            one = compare(pair.baseline, pair.candidate, judging, self.engine, positions=pair.positions)
            if judging.needs is _QUEUED:  # what is waived is to lose those records, and no version that comes after
                one = replace(one, digest=digest_of(pair.baseline.schema))
            made.append(one)
        self.progress(len(tasks), len(tasks), "")
        return made

    def _judging(self, pair: Pair, has_consumers: bool) -> Judging:
        wanted = needs(self.mode, pair.positions or self.positions)
        if has_consumers and FORWARD in wanted.why:
            why = {direction: reason for direction, reason in wanted.why.items() if direction != FORWARD}
            wanted = Needs(wanted.mode, why)  # the known consumers are asked about instead
        return Judging(wanted, self._content(pair))

    def _content(self, pair: Pair) -> str:
        """The content policy of a contract: its own, else the one of this run."""
        return pair.candidate.content or self.content

    def _keep(self, *contracts: Contract) -> None:
        for contract in contracts:
            for source in (contract.source, *(known.source for known in contract.documents.values())):
                if source.path not in self.sources:
                    self.sources[source.path] = source.text

    def _matched(self, baseline: Subject, candidate: Subject) -> tuple[list[Pair], list[Finding], Bump]:
        """The contracts of both sides that belong together, and what is new or gone."""
        if baseline.pack is not None and candidate.pack is not None:
            told = findings_of(baseline.pack, candidate.pack)
            for pack in (baseline.pack, candidate.pack):
                self.sources.setdefault(pack.source.path, pack.source.text)
            step = max((one.bump for one in told), key=lambda bump: bump.rank, default=Bump.PATCH)
            return pairs_of(baseline.pack, candidate.pack), [one.finding for one in told], step
        before, after = _contracts(baseline), _contracts(candidate)
        if len(before) == len(after) == 1 and (baseline.single or candidate.single):
            return [_pair(next(iter(before.values())), next(iter(after.values())))], [], Bump.PATCH
        if candidate.single:
            wanted = next(iter(after.values()))
            return [_pair(_named(before, wanted.name, baseline.label), wanted)], [], Bump.PATCH
        if baseline.single:
            known = next(iter(before.values()))
            return [_pair(known, _named(after, known.name, candidate.label))], [], Bump.PATCH
        return _by_name(before, after, baseline, candidate)


_QUEUED = Needs("backward", {BACKWARD: "records of it are still queued"})
_CONSUMER = Needs("forward", {FORWARD: "a known consumer reads it"})


def _of_link(comparison: Comparison, link: Link) -> Comparison:
    """The comparison as one of that link: only what keeps its payloads from being accepted, and no version step."""
    kept = tuple(change for change in comparison.changes if change.breaking or change.undecided)
    needed = tuple(direction for direction in comparison.directions if direction.needed)
    return replace(
        comparison,
        name=link.id,
        changes=kept,
        directions=needed,
        bump=None,
        equivalent=False,
        is_link=True,
        digest=digest_of(link.producer.schema) if link.queued else comparison.digest,  # each is waived on its own
        baseline=f"{link.writer}: {link.producer.label}",
        candidate=f"{link.reader}: {link.consumer.label}",
    )


def _folded(first: Sequence[Comparison], more: Sequence[Comparison]) -> list[Comparison]:
    """Other questions that were answered well stand beside the first one of their contract; the others on their own."""
    kept: list[Comparison] = []
    beside: dict[str, list[Comparison]] = {}
    for one in more:
        if one.breaking or one.undecided:
            kept.append(one)
        else:
            beside.setdefault(one.name, []).append(one)
    folded = []
    for one in first:
        extra = [direction for other in beside.pop(one.name, ()) for direction in other.directions if direction.needed]
        folded.append(replace(one, extra=tuple(extra)))
    rest = [one for others in beside.values() for one in others]
    return [*folded, *kept, *rest]


def _contracts(subject: Subject) -> Mapping[str, Contract]:
    if subject.pack is not None:
        from penstock_contracts.packs import newest

        return newest(subject.pack)
    return {contract.name: contract for contract in subject.contracts}


def _pair(baseline: Contract, candidate: Contract) -> Pair:
    said = {*baseline.positions, *candidate.positions}
    return Pair(baseline, candidate, tuple(one for one in ("input", "output", "state") if one in said))


def _named(contracts: Mapping[str, Contract], name: str, label: str) -> Contract:
    """The contract of that name. Raises `NoBaseline` when there is none."""
    plain = {_plain(one): contract for one, contract in contracts.items()}
    found = contracts.get(name) or plain.get(_plain(name))
    if found is None:
        from penstock_findings.spelling import hint_for

        raise NoBaseline(f"`{label}` has no contract `{name}`", hint_for(name, contracts))
    return found


def _plain(name: str) -> str:
    """The name without the folders and the suffixes of a file."""
    tail = name.rpartition("/")[2]
    for suffix in (".json", ".yaml", ".yml", ".schema"):
        tail = tail.removesuffix(suffix)
    return tail


def _by_name(
    before: Mapping[str, Contract], after: Mapping[str, Contract], baseline: Subject, candidate: Subject
) -> tuple[list[Pair], list[Finding], Bump]:
    pairs = [_pair(before[name], contract) for name, contract in after.items() if name in before]
    if not pairs:
        raise NoBaseline(f"`{baseline.label}` and `{candidate.label}` have no contract of one name")
    findings: list[Finding] = []
    step = Bump.PATCH
    for name, contract in before.items():
        if name not in after:
            from penstock_findings.spelling import nearest

            near = nearest(name, [one for one in after if one not in before])
            hint = f"was it renamed to `{near}`?" if near else "keep it while anybody reads or writes it"
            at = contract.at(contract.start)
            findings.append(Finding("K508", f"the contract `{name}` is gone", at, Severity.ERROR, hint))
            step = Bump.MAJOR
    for name, contract in after.items():
        if name not in before:
            at = contract.at(contract.start)
            findings.append(Finding("K512", f"the contract `{name}` is new", at, Severity.NOTE))
            step = max(step, Bump.MINOR, key=lambda bump: bump.rank)
    return pairs, findings, step


def _sum(steps: Iterable[Bump | None]) -> Bump | None:
    """The largest step; None when a larger one may hide behind a doubt."""
    known = list(steps)
    largest = max((step for step in known if step is not None), key=lambda bump: bump.rank, default=Bump.PATCH)
    return None if None in known and largest is not Bump.MAJOR else largest

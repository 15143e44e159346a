"""Compare two versions of a contract: decide the whole, then explain it change by change.

Takes:   two contracts and how to judge them.
Gives:   `compare`: a `Comparison`; `diff`: a report of two schemas as parsed JSON, for programs.
Ignores: where contracts come from (`subjects/`), waivers (`waiver`), formats (`reports`).

The verdict is the engine's, on the whole contract. The changes are found by walking both documents; each is then held
against the breaks of the whole, and asked about alone: what matters alone and breaks nothing here is harmless, and said so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock_contracts.asking import Asked, Engine, asked, verdict_of
from penstock_contracts.change import Answer, Bump, Change, Comparison, Direction, Effect, Payload, Place
from penstock_contracts.declared import closed
from penstock_contracts.direction import BACKWARD, FORWARD, Needs, needs
from penstock_contracts.exact import Shapes, digest_of, exactly, text_of
from penstock_contracts.keywords import URIS
from penstock_contracts.rules import CONTRACT, UNDECIDED, code_of_keyword
from penstock_contracts.sides import NotMovable, Side, parted
from penstock_contracts.verdict import Proven, Refuted, Undecided
from penstock_contracts.walk import Difference, differences, edited
from penstock_contracts.wording import allowed
from penstock_findings.finding import Severity
from penstock_findings.pointers import split

if TYPE_CHECKING:
    from penstock_contracts.contract import Contract
    from penstock_contracts.verdict import Verdict
    from penstock_findings.report import Report

_BOTH = (BACKWARD, FORWARD)
_ALONE = 0.5  # seconds for a question about one change alone
_PATIENCE = 4.0  # seconds for all of these together; what is not looked at then is said to be so


@dataclass(frozen=True, slots=True)
class Judging:
    """How a comparison is judged."""

    needs: Needs
    content: str = "open"  # or "declared"
    declare: bool = True  # whether to find out what `declared` would say as well


def compare(
    baseline: Contract, candidate: Contract, judging: Judging, engine: Engine, *, positions: tuple[str, ...] = ()
) -> Comparison:
    """Everything that differs, what it does in each direction, and the smallest version step."""
    sides = Side(baseline), Side(candidate)
    if _are_one_text(baseline, candidate):
        return _made(baseline, candidate, judging, positions, _equal_directions(baseline, candidate, judging), (), True)
    inquiry = _Inquiry(sides, judging, engine)
    directions = tuple(inquiry.direction(name) for name in _BOTH)
    equivalent = all(isinstance(direction.verdict, Proven) for direction in directions)
    changes = inquiry.changes(equivalent)
    return _made(baseline, candidate, judging, positions, directions, changes, equivalent)


def diff(
    baseline: Any,
    candidate: Any,
    mode: str | None = None,
    *,
    position: str | tuple[str, ...] = (),
    content: str = "open",
    formats: str = "annotation",
    name: str = "contract",
    seconds: float = 2.0,
) -> Report:
    """Compare two schemas as parsed JSON, and report every change.

    `mode` is "backward", "forward" or "full"; without one, `position` ("input", "output", "state") decides.
    `content` is "open", the schemas as written, or "declared": payloads hold only declared properties.

    >>> report = diff({"type": "integer"}, {"type": "integer", "minimum": 0})
    >>> [finding.code for finding in report.findings], report.exit_code()
    (['K203'], 1)
    """
    from penstock_contracts.change import Outcome
    from penstock_contracts.contract import Contract, Source
    from penstock_contracts.reports.as_findings import report_of

    positions = (position,) if isinstance(position, str) else tuple(position)
    sides = []
    for label, schema in (("baseline", baseline), ("candidate", candidate)):
        exact = exactly(schema)
        sides.append(Contract(name, exact, Source(label), label, base=f"urn:penstock:{label}", positions=positions))
    judging = Judging(needs(mode, positions), content)
    comparison = compare(sides[0], sides[1], judging, Engine(seconds, formats), positions=positions)
    return report_of(Outcome("diff", "baseline", "candidate", (comparison,), bump=comparison.bump))


# -- one comparison


@dataclass(slots=True)
class _Found:
    """What one difference does in one direction, while it is being found out."""

    effect: Effect
    reason: str = ""
    witness: Payload | None = None
    exotic: bool = False
    cleared: bool = False


@dataclass(slots=True)
class _Break:
    """One break of the whole, and whether it is left when payloads hold declared properties only."""

    refuted: Refuted
    schema: str  # key of the schema in the consumer that refuses
    keyword: str
    pointer: str
    cleared: bool = False


@dataclass(slots=True)
class _Heading:
    """One direction of an inquiry: who writes, who reads, and all ways in which the whole breaks."""

    name: str
    producer: Side
    consumer: Side
    breaks: list[_Break] = field(default_factory=list)
    doubts: list[Undecided] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Proven)
    declared: Verdict | None = None


class _Inquiry:
    """Two sides, and what was found out about them so far."""

    def __init__(self, sides: tuple[Side, Side], judging: Judging, engine: Engine) -> None:
        self._old, self._new = sides
        self._judging = judging
        self._engine = engine
        self._patience = _PATIENCE
        self._headings = {
            BACKWARD: _Heading(BACKWARD, self._old, self._new),
            FORWARD: _Heading(FORWARD, self._new, self._old),
        }

    def direction(self, name: str) -> Direction:
        """Ask the question about the whole contracts."""
        heading = self._headings[name]
        needed = name in self._judging.needs.why
        producer, consumer = heading.producer.contract, heading.consumer.contract
        found = self._engine.breaks(asked(producer), asked(consumer))
        heading.verdict = verdict_of(found)
        heading.doubts = [one for one in found if isinstance(one, Undecided)]
        heading.breaks = [_break(one, heading.consumer) for one in found if isinstance(one, Refuted)]
        if needed and heading.breaks and (self._judging.declare or self._judging.content == "declared"):
            self._ask_declared(heading)
        why = self._judging.needs.why.get(name, "")
        return Direction(name, needed, why, producer.label, consumer.label, heading.verdict, heading.declared)

    def _ask_declared(self, heading: _Heading) -> None:
        """Which breaks are left when payloads hold declared properties only."""
        producer = heading.producer.contract
        found = self._engine.breaks(closed(producer, heading.producer), asked(heading.consumer.contract))
        heading.declared = verdict_of(found)
        left = {(one.b_pointer, one.keyword) for one in found if isinstance(one, Refuted)}
        if any(isinstance(one, Undecided) for one in found):
            if self._judging.content == "declared":
                heading.doubts += [one for one in found if isinstance(one, Undecided)]
            return
        for one in heading.breaks:
            one.cleared = (one.refuted.b_pointer, one.refuted.keyword) not in left
        known = {(one.refuted.b_pointer, one.refuted.keyword) for one in heading.breaks}
        for other in found:  # told from another side than before; a break all the same
            if isinstance(other, Refuted) and (other.b_pointer, other.keyword) not in known:
                heading.breaks.append(_break(other, heading.consumer))

    # -- explaining

    def changes(self, equivalent: bool) -> tuple[Change, ...]:
        """Every difference as a change, and a change for every break and doubt that no difference explains."""
        found = differences(self._old, self._new)
        owners = {name: self._owners(heading, found) for name, heading in self._headings.items()}
        changes = [
            self._change(difference, {name: owners[name].get(place, []) for name in _BOTH}, equivalent)
            for place, difference in enumerate(found)
        ]
        changes += [self._unexplained(self._headings[name], one) for name in _BOTH for one in owners[name].get(-1, [])]
        changes += [self._doubt(heading, one) for heading in self._headings.values() for one in heading.doubts]
        return tuple(sorted(changes, key=_by_place))

    def _owners(self, heading: _Heading, found: list[Difference]) -> dict[int, list[_Break]]:
        """The breaks of each difference, by its place in the list; -1 has those that belong to none."""
        owners: dict[int, list[_Break]] = {}
        for one in heading.breaks:
            nearest = _nearest(one, found, heading.name)
            if len(nearest) > 1:
                guilty = [place for place in nearest if self._matters(found[place], heading)]
                nearest = guilty or nearest[:1]
            for place in nearest or [-1]:
                owners.setdefault(place, []).append(one)
        return owners

    def _matters(self, difference: Difference, heading: _Heading) -> bool:
        return isinstance(self._alone(difference, heading), Refuted)

    def _alone(self, difference: Difference, heading: _Heading) -> Verdict | None:
        """The verdict on this one change, made to the schema at its place; None when there is no time left."""
        if difference.is_silent:
            return Proven()
        if self._patience <= 0:
            return None
        before = self._engine.spent
        try:
            sides = self._smallest(difference)
            if heading.name == FORWARD:
                sides = (sides[1], sides[0])
            return self._engine.includes(*sides, seconds=_ALONE)
        finally:
            self._patience -= self._engine.spent - before

    def _smallest(self, difference: Difference) -> tuple[Asked, Asked]:
        """The smallest pair of schemas that has this change and no other: the old one there, and the same with it made."""
        documents = _documents(self._old, self._new)
        pair: tuple[Any, Any]
        try:
            if self._old.draft != self._new.draft:
                raise NotMovable
            pair = edited(difference, self._old, self._new)
        except NotMovable:
            pair = ({"$ref": self._old.address(difference.old)}, {"$ref": self._new.address(difference.new)})
        made: list[Asked] = []
        for schema, side in zip(pair, (self._old, self._new), strict=True):
            whole = {"$schema": URIS[side.draft], **schema} if isinstance(schema, dict) else schema
            if isinstance(whole, dict) and "$ref" in whole and side.draft <= 7:
                whole = {"$schema": URIS[side.draft], "allOf": [{key: schema[key] for key in schema}]}
            needed = documents if _refers(schema) else {}
            made.append(Asked(whole, f"urn:penstock:alone:{len(made)}", side.contract.dialect, needed))
        return made[0], made[1]

    def _change(self, difference: Difference, owned: dict[str, list[_Break]], equivalent: bool) -> Change:
        found = {name: self._effect(difference, self._headings[name], owned[name]) for name in _BOTH}
        answers = tuple(Answer(name, one.effect, one.reason, one.witness, one.exotic) for name, one in found.items())
        needed = [found[name] for name in self._judging.needs.why]
        declared = self._judging.content == "declared"
        broken = [one for one in needed if one.effect is Effect.BREAKS and not (declared and one.cleared)]
        cleared = any(one.effect is Effect.BREAKS and one.cleared for one in needed)
        return Change(
            code=difference.code,
            keyword=difference.keyword,
            message=difference.message,
            was=difference.was,
            now=difference.now,
            baseline=_place(self._old, difference.old_spot, difference.in_old),
            candidate=_place(self._new, difference.new_spot, difference.in_new),
            answers=answers,
            severity=Severity.ERROR if broken else Severity.NOTE,
            bump=Bump.MAJOR if broken else _step(found, equivalent, difference),
            breaking=bool(broken),
            cleared=cleared and all(one.cleared for one in needed if one.effect is Effect.BREAKS),
        )

    def _effect(self, difference: Difference, heading: _Heading, owned: list[_Break]) -> _Found:
        if owned:
            shown = min(owned, key=lambda one: (one.cleared, one.refuted.exotic, len(text_of(one.refuted.witness))))
            exotic = all(one.refuted.exotic for one in owned)
            payload = _payload(shown.refuted.witness)
            return _Found(Effect.BREAKS, "", payload, exotic, all(one.cleared for one in owned))
        if difference.is_silent:
            return _Found(Effect.FITS)
        alone = self._alone(difference, heading)
        proven = isinstance(heading.verdict, Proven)
        if alone is None:
            return _Found(
                Effect.UNASKED, "the whole contract was decided; there was no time left to look at this alone"
            )
        if isinstance(alone, Proven):
            return _Found(Effect.FITS)
        if isinstance(alone, Refuted):
            if heading.doubts:
                return _Found(Effect.UNDECIDED, "alone it would break, and the whole contract could not be decided")
            text = text_of(alone.witness)
            shown_text = text if len(text) <= 80 else text[:77] + "..."
            what = (
                "no payload of the whole contract gets to it"
                if proven
                else "no payload that breaks the whole contract is due to it"
            )
            return _Found(Effect.HARMLESS, f"alone it would refuse `{shown_text}`, but {what}")
        if proven:
            return _Found(Effect.FITS, "the whole contract is proved")
        return _Found(Effect.UNASKED, f"alone it could not be decided ({alone.reason}); the whole contract was")

    def _unexplained(self, heading: _Heading, one: _Break) -> Change:
        """A break at a place that did not change itself: what changed is elsewhere, as when a reference is dropped."""
        needed = heading.name in self._judging.needs.why
        broken = needed and not (self._judging.content == "declared" and one.cleared)
        other = BACKWARD if heading.name == FORWARD else FORWARD
        written = heading.producer.landing(one.refuted.a_pointer)
        old_key, new_key = (one.pointer, written) if heading.name == FORWARD else (written, one.pointer)
        schema = _got(heading.consumer, one.schema)
        payload = _payload(one.refuted.witness)
        mine = Answer(heading.name, Effect.BREAKS, "", payload, one.refuted.exotic)
        theirs = Answer(other, Effect.UNASKED, "see the other changes")
        answers = {heading.name: mine, other: theirs}
        said = f"`{one.keyword}` refuses it" if one.keyword else "the other side refuses it"
        return Change(
            code=code_of_keyword(one.keyword) if one.keyword else CONTRACT,
            keyword=one.keyword,
            message=f"a payload that one version writes is not one of the other: {said}",
            was=allowed(_got(self._old, _known(self._old, old_key))),
            now=allowed(schema if heading.name == BACKWARD else _got(self._new, _known(self._new, new_key))),
            baseline=_place(self._old, _known(self._old, old_key), True),
            candidate=_place(self._new, _known(self._new, new_key), True),
            answers=(answers[BACKWARD], answers[FORWARD]),
            severity=Severity.ERROR if broken else Severity.NOTE,
            bump=Bump.MAJOR if broken else Bump.MINOR,
            breaking=broken,
            cleared=one.cleared and needed,
        )

    def _doubt(self, heading: _Heading, one: Undecided) -> Change:
        needed = heading.name in self._judging.needs.why
        other = BACKWARD if heading.name == FORWARD else FORWARD
        detail = f"{one.reason}: {one.detail}" if one.detail else str(one.reason)
        mine = Answer(heading.name, Effect.UNDECIDED, detail)
        answers = {heading.name: mine, other: Answer(other, Effect.UNASKED, "see the other changes")}
        return Change(
            code=UNDECIDED,
            keyword="",
            message=f"whether it is {heading.name} compatible could not be decided ({detail})",
            was="",
            now="",
            baseline=_place(self._old, _known(self._old, self._old.landing(one.pointer)), True),
            candidate=_place(self._new, _known(self._new, self._new.landing(one.pointer)), True),
            answers=(answers[BACKWARD], answers[FORWARD]),
            severity=Severity.ERROR if needed else Severity.NOTE,
            bump=Bump.MAJOR if needed else Bump.MINOR,
            undecided=needed,
        )


# -- parts of it


def _made(
    baseline: Contract,
    candidate: Contract,
    judging: Judging,
    positions: tuple[str, ...],
    directions: tuple[Direction, ...],
    changes: tuple[Change, ...],
    equivalent: bool,
) -> Comparison:
    bump: Bump | None = max((change.bump for change in changes), key=lambda bump: bump.rank, default=Bump.PATCH)
    if equivalent:
        bump = Bump.PATCH
    elif any(change.undecided for change in changes) and not any(change.breaking for change in changes):
        bump = None
    elif bump is Bump.PATCH:
        bump = Bump.MINOR  # not proved equal, so it is more than a patch
    return Comparison(
        name=candidate.name,
        baseline=baseline.label,
        candidate=candidate.label,
        digest=digest_of(candidate.schema),
        positions=positions,
        mode=judging.needs.mode,
        content=judging.content,
        directions=directions,
        changes=changes,
        bump=bump,
        equivalent=equivalent,
        baseline_version=baseline.version,
        candidate_version=candidate.version,
    )


def _are_one_text(baseline: Contract, candidate: Contract) -> bool:
    """Whether there is nothing to ask: equal documents, and nothing else that they refer to."""
    if baseline.start != candidate.start or baseline.dialect != candidate.dialect:
        return False
    shapes = Shapes()
    if shapes.of(baseline.schema) != shapes.of(candidate.schema):
        return False
    old, new = ([shapes.of(known.value) for known in one.documents.values()] for one in (baseline, candidate))
    return old == new and len(old) == len(new) and not (_refers_out(baseline) and not old)


def _refers_out(contract: Contract) -> bool:
    from penstock_contracts.subjects.reading import references

    return any(True for _ in references(contract.schema, contract.base))


def _equal_directions(baseline: Contract, candidate: Contract, judging: Judging) -> tuple[Direction, ...]:
    labels = (baseline.label, candidate.label)
    why = judging.needs.why
    return tuple(
        Direction(name, name in why, why.get(name, ""), *(labels if name == BACKWARD else labels[::-1]), Proven())
        for name in _BOTH
    )


def _break(refuted: Refuted, consumer: Side) -> _Break:
    """The break with the schema that refuses and the keyword, wherever exactly the pointer ends."""
    pointer = consumer.landing(refuted.b_pointer)
    keyword = refuted.keyword
    tokens = split(parted(pointer)[2])
    head = pointer[: pointer.rfind("/" + keyword)] if keyword and keyword in tokens[-2:] else pointer
    return _Break(refuted, head, keyword, pointer)


def _nearest(one: _Break, found: list[Difference], direction: str) -> list[int]:
    """The differences that a break is most likely due to, by where they stand in the consumer."""
    scores: dict[int, int] = {}
    for place, difference in enumerate(found):
        if difference.is_silent:
            continue
        schema = difference.new if direction == BACKWARD else difference.old
        spot = difference.new_spot if direction == BACKWARD else difference.old_spot
        score = _closeness(one, difference, schema, spot)
        if score:
            scores[place] = score
    best = max(scores.values(), default=0)
    return [place for place, score in scores.items() if score == best]


def _closeness(one: _Break, difference: Difference, schema: str, spot: str) -> int:
    """How much points to the difference: 5 the very place, 1 somewhere in the same branch, 0 nothing."""
    if one.pointer == spot and spot != schema:
        return 6
    if one.schema == schema and one.keyword and one.keyword in difference.keywords:
        return 5
    if spot != schema and _is_under(one.pointer, spot):
        return 4
    if one.schema == schema:
        return 3
    if _is_under(schema, one.schema):
        return 2
    return 1 if _is_under(one.schema, schema) and difference.edit else 0


def _by_place(change: Change) -> tuple[str, int, int]:
    at = change.candidate.at
    return at.path or "", at.line or 0, at.column or 0


def _is_under(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith(outer + "/") or outer == ""


def _step(found: dict[str, _Found], equivalent: bool, difference: Difference) -> Bump:
    if equivalent or difference.is_silent:
        return Bump.PATCH
    quiet = (Effect.FITS, Effect.HARMLESS)
    return Bump.PATCH if all(one.effect in quiet for one in found.values()) else Bump.MINOR


def _payload(value: Any) -> Payload:
    return Payload(value, text_of(value))


def _place(side: Side, key: str, present: bool) -> Place:
    at = side.contract.key_at(key) if present else side.contract.at(key)
    return Place(parted(key)[2], at, _got(side, key) if present else None, present)


def _got(side: Side, key: str) -> Any:
    try:
        return side.get(key)
    except (LookupError, ValueError):
        return None


def _known(side: Side, key: str) -> str:
    """The key, or the nearest one above it that the side has."""
    while key:
        if _got(side, key) is not None:
            return key
        key = key.rpartition("/")[0]
    return key


def _documents(*sides: Side) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for side in sides:
        found[side.contract.base] = side.contract.schema
        found.update({uri: known.value for uri, known in side.contract.documents.items()})
    return found


def _refers(schema: Any) -> bool:
    if isinstance(schema, dict):
        return "$ref" in schema or any(map(_refers, schema.values()))
    return isinstance(schema, list) and any(map(_refers, schema))

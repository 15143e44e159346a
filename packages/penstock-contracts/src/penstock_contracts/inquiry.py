"""Find out what each difference between two contracts does, in each direction.

Takes:   two sides, how to judge them, an engine.
Gives:   `Inquiry`: `direction`, the verdict on the whole; `changes`, every difference with what it does.
Ignores: version steps of whole contracts, and how contracts were found (`compare`).

Three questions, from cheap to dear. Which breaks of the whole does the engine see, and where? What does a change do to
the smallest schema that has it? And, where that does not settle it: what does it do when it is made to the old contract
alone? What is left open in a direction that matters is undecided, never passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock_contracts.asking import MANY_BREAKS, Asked, Engine, asked, verdict_of
from penstock_contracts.change import Answer, Bump, Change, Direction, Effect, Payload, Place
from penstock_contracts.declared import Cover, closed
from penstock_contracts.direction import BACKWARD, FORWARD, Needs
from penstock_contracts.exact import text_of
from penstock_contracts.keywords import URIS
from penstock_contracts.rules import CONTRACT, UNDECIDED, code_of_keyword
from penstock_contracts.sides import NotMovable, Side, parted
from penstock_contracts.verdict import Proven, Refuted, Undecided
from penstock_contracts.walk import Difference, differences, edited, made_in_place
from penstock_contracts.wording import allowed
from penstock_findings.finding import Severity
from penstock_findings.pointers import split

if TYPE_CHECKING:
    from penstock_contracts.verdict import Verdict

BOTH = (BACKWARD, FORWARD)
_ALONE = 0.5  # seconds for a question about one change alone
_PATIENCE = 1.5  # times the seconds for one question, for explaining; what is not looked at then is said to be so
_ASIDE = 1.0  # seconds for the breaks in a direction that nobody needs
_EXACT = 3  # how close a break has to be to a difference to be its own


@dataclass(frozen=True, slots=True)
class Judging:
    """How a comparison is judged."""

    needs: Needs
    content: str = "open"  # or "declared"


@dataclass(slots=True)
class _Found:
    """What one difference does in one direction, while it is being found out."""

    effect: Effect
    reason: str = ""
    witness: Payload | None = None
    exotic: bool = False
    cleared: bool = False
    doubtful: bool = False  # it may break, and that matters


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
    needed: bool
    breaks: list[_Break] = field(default_factory=list)
    doubts: list[Undecided] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Proven)
    declared: Verdict | None = None
    complete: bool = True  # whether every place that breaks is known
    owners: dict[int, list[_Break]] = field(default_factory=dict)  # place in the list of differences -> its breaks
    loose: list[_Break] = field(default_factory=list)  # breaks that belong to no one difference for certain


class Inquiry:
    """Two sides, and what was found out about them so far."""

    def __init__(self, sides: tuple[Side, Side], judging: Judging, engine: Engine) -> None:
        self._old, self._new = sides
        self._judging = judging
        self._engine = engine
        self._patience = {"alone": _PATIENCE * engine.seconds, "whole": _PATIENCE * engine.seconds}
        self._known: dict[tuple[Difference, str], Verdict | None] = {}
        why = judging.needs.why
        self._headings = {
            BACKWARD: _Heading(BACKWARD, self._old, self._new, BACKWARD in why),
            FORWARD: _Heading(FORWARD, self._new, self._old, FORWARD in why),
        }

    # -- the whole

    def direction(self, name: str) -> Direction:
        """Ask the question about the whole contracts."""
        heading = self._headings[name]
        producer, consumer = heading.producer.contract, heading.consumer.contract
        found, ended = self._engine.breaks(asked(producer), asked(consumer), None if heading.needed else _ASIDE)
        heading.verdict = verdict_of(found)
        heading.complete = ended and len(found) < MANY_BREAKS
        heading.doubts = [one for one in found if isinstance(one, Undecided)]
        heading.breaks = [_break(one, heading.consumer) for one in found if isinstance(one, Refuted)]
        if heading.needed and heading.breaks:
            self._ask_declared(heading)
        why = self._judging.needs.why.get(name, "")
        return Direction(name, heading.needed, why, producer.label, consumer.label, heading.verdict, heading.declared)

    def _ask_declared(self, heading: _Heading) -> None:
        """Which breaks are left when payloads hold declared properties only."""
        cover = Cover(heading.producer)
        if all(cover.fits(one.refuted.witness) for one in heading.breaks):
            heading.declared = heading.verdict  # the payloads that show the breaks hold nothing else
            return
        found, ended = self._engine.breaks(closed(heading.producer, cover), asked(heading.consumer.contract), None)
        heading.declared = verdict_of(found)
        doubts = [one for one in found if isinstance(one, Undecided)]
        if doubts or not ended:
            if self._judging.content == "declared":
                heading.doubts += doubts
                heading.complete = heading.complete and ended
            return
        left = {(one.b_pointer, one.keyword): one for one in found if isinstance(one, Refuted)}
        known = {(one.refuted.b_pointer, one.refuted.keyword) for one in heading.breaks}
        for one in heading.breaks:
            one.cleared = (one.refuted.b_pointer, one.refuted.keyword) not in left and not cover.fits(
                one.refuted.witness
            )
        for place, other in left.items():
            if place not in known:  # told from another side than before; a break all the same
                heading.breaks.append(_break(other, heading.consumer))

    # -- change by change

    def changes(self, equivalent: bool) -> tuple[Change, ...]:
        """Every difference as a change, and a change for every break and doubt that no difference explains."""
        found = differences(self._old, self._new)
        for heading in self._headings.values():
            self._share_out(heading, found)
        effects: dict[tuple[int, str], _Found] = {}
        for name in sorted(BOTH, key=lambda name: not self._headings[name].needed):  # what matters first: time is short
            for place, difference in enumerate(found):
                effects[place, name] = self._effect(place, difference, self._headings[name])
        changes = [
            self._change(difference, {name: effects[place, name] for name in BOTH}, equivalent)
            for place, difference in enumerate(found)
        ]
        for heading in self._headings.values():
            homeless = [one for one in heading.loose if not self._has_owner(heading, one, changes)]
            changes += [self._unexplained(heading, one) for one in homeless]
            changes += [self._doubt(heading, one) for one in heading.doubts]
        return tuple(sorted(changes, key=_by_place))

    def _share_out(self, heading: _Heading, found: list[Difference]) -> None:
        """Give each break to the difference at its place; those whose place is wider than any stay loose."""
        for one in heading.breaks:
            nearest, score = _nearest(one, found, heading.name)
            if score < _EXACT or not nearest:
                heading.loose.append(one)
                heading.complete = False
                continue
            guilty = [place for place in nearest if isinstance(self._alone(found[place], heading), Refuted)]
            for place in (guilty or nearest[:1]) if len(nearest) > 1 else nearest:
                heading.owners.setdefault(place, []).append(one)

    def _has_owner(self, heading: _Heading, one: _Break, changes: list[Change]) -> bool:
        """Whether a change was found that breaks by itself, and no less than this break does."""
        breaking = [change for change in changes if change.answer(heading.name).effect is Effect.BREAKS]
        return any(change.breaking or not heading.needed or (one.cleared and change.cleared) for change in breaking)

    def _change(self, difference: Difference, found: dict[str, _Found], equivalent: bool) -> Change:
        needed = [found[name] for name in self._judging.needs.why]
        declared = self._judging.content == "declared"
        broken = any(one.effect is Effect.BREAKS and not (declared and one.cleared) for one in needed)
        breaks = [one for one in needed if one.effect is Effect.BREAKS]
        doubtful = not broken and any(one.doubtful for one in needed)
        return Change(
            code=difference.code,
            keyword=difference.keyword,
            message=difference.message,
            was=difference.was,
            now=difference.now,
            baseline=_place(self._old, difference.old_spot, difference.in_old),
            candidate=_place(self._new, difference.new_spot, difference.in_new),
            answers=tuple(Answer(name, one.effect, one.reason, one.witness, one.exotic) for name, one in found.items()),
            severity=Severity.ERROR if broken or doubtful else Severity.NOTE,
            bump=Bump.MAJOR if broken or doubtful else _step(found, equivalent, difference),
            breaking=broken,
            undecided=doubtful,
            cleared=bool(breaks) and all(one.cleared for one in breaks),
        )

    def _effect(self, place: int, difference: Difference, heading: _Heading) -> _Found:
        owned = heading.owners.get(place)
        if owned:
            shown = min(owned, key=lambda one: (one.cleared, one.refuted.exotic, len(text_of(one.refuted.witness))))
            exotic = all(one.refuted.exotic for one in owned)
            return _Found(Effect.BREAKS, "", _payload(shown.refuted.witness), exotic, all(one.cleared for one in owned))
        if difference.is_silent:
            return _Found(Effect.FITS)
        alone = self._alone(difference, heading)
        if heading.complete or isinstance(heading.verdict, Proven):
            return self._settled(alone, heading)
        if isinstance(alone, Proven) and not _is_entangled(difference):
            return _Found(Effect.FITS)
        return self._in_context(difference, heading, alone)

    def _settled(self, alone: Verdict | None, heading: _Heading) -> _Found:
        """A change that no break of the whole belongs to, when all of them are known."""
        if isinstance(alone, Refuted):
            proven = isinstance(heading.verdict, Proven)
            why = "gets to it" if proven else "that breaks is due to it"
            return _Found(
                Effect.HARMLESS, f"alone it would refuse {_quoted(alone)}, but no payload of the whole contract {why}"
            )
        if alone is None:
            reason = "no break of the whole contract is due to it; there was no time left to look at it alone"
            return _Found(Effect.UNASKED, reason)
        return _Found(Effect.FITS)

    def _in_context(self, difference: Difference, heading: _Heading, alone: Verdict | None) -> _Found:
        """Make this one change to the whole old contract, and see what that does."""
        verdict = self._made_alone(difference, heading)
        if isinstance(verdict, Proven):
            if isinstance(alone, Refuted):
                why = "made to the whole contract and nothing else, it breaks nothing"
                return _Found(Effect.HARMLESS, f"alone it would refuse {_quoted(alone)}, but {why}")
            return _Found(Effect.FITS)
        tells = self._tells(verdict, heading) if isinstance(verdict, Refuted) else None
        if isinstance(verdict, Refuted) and tells:
            cleared = self._is_cleared(verdict, heading)
            return _Found(Effect.BREAKS, "", _payload(verdict.witness), verdict.exotic, cleared)
        if not heading.needed and verdict is None:
            return _Found(Effect.UNASKED, "there was no time left to look at it")
        would = f"alone it would refuse {_quoted(alone)}; " if isinstance(alone, Refuted) else ""
        if tells is False and self._is_told(heading):
            return _Found(Effect.UNDECIDED, f"{would}together with other changes it breaks, or does not: see those")
        reason = f"{would}whether the whole contract lets that through was not found out in time"
        return _Found(Effect.UNDECIDED, reason, doubtful=heading.needed and not heading.doubts)

    def _is_told(self, heading: _Heading) -> bool:
        """Whether a break is told that belongs to no one change."""
        declared = self._judging.content == "declared"
        return any(not (declared and one.cleared) for one in heading.loose)

    def _tells(self, refuted: Refuted, heading: _Heading) -> bool | None:
        """Whether the payload also tells the whole contracts apart, with all other changes made; None when time was short."""
        verdict = self._patiently("whole", Asked({"const": refuted.witness}), asked(self._new.contract))
        if not isinstance(verdict, (Proven, Refuted)):
            return None
        # backward, the old contract accepts it, as the question was asked of that
        return isinstance(verdict, Refuted if heading.name == BACKWARD else Proven)

    def _is_cleared(self, refuted: Refuted, heading: _Heading) -> bool:
        return isinstance(heading.declared, Proven) and not Cover(heading.producer).fits(refuted.witness)

    # -- one change alone

    def _alone(self, difference: Difference, heading: _Heading) -> Verdict | None:
        """The verdict on this one change, made to the schema at its place; None when there is no time left."""
        if difference.is_silent:
            return Proven()
        if (difference, heading.name) not in self._known:
            sides = self._smallest(difference)
            sides = sides if heading.name == BACKWARD else sides[::-1]
            self._known[difference, heading.name] = self._patiently("alone", *sides, seconds=_ALONE)
        return self._known[difference, heading.name]

    def _made_alone(self, difference: Difference, heading: _Heading) -> Verdict | None:
        """The verdict on this one change, made to the whole old contract."""
        contract = self._old.contract
        try:
            if self._old.draft != self._new.draft:
                return None
            schema, others = made_in_place(difference, self._old, self._new)
        except NotMovable:
            return None
        before = asked(contract)
        documents = {**_documents(self._new), **others, contract.base: contract.schema}
        after = Asked(schema, f"{contract.base}?changed", contract.dialect, documents)
        return self._patiently("whole", *((before, after) if heading.name == BACKWARD else (after, before)))

    def _patiently(self, purse: str, a: Asked, b: Asked, seconds: float | None = None) -> Verdict | None:
        if self._patience[purse] <= 0:
            return None
        before = self._engine.spent
        try:
            return self._engine.includes(a, b, seconds=seconds)
        finally:
            self._patience[purse] -= self._engine.spent - before

    def _smallest(self, difference: Difference) -> tuple[Asked, Asked]:
        """The smallest pair of schemas that has this change and no other: the old one there, and the same with it made."""
        pair: tuple[Any, Any]
        try:
            if self._old.draft != self._new.draft:
                raise NotMovable
            pair = edited(difference, self._old, self._new)
        except NotMovable:
            pair = ({"$ref": self._old.address(difference.old)}, {"$ref": self._new.address(difference.new)})
            known = {**_documents(self._old), **_documents(self._new)}
        else:
            known = {}
            for side, key in ((self._old, difference.old), (self._new, difference.new)):
                known.update(side.excerpt(side.targets(side.get(key))))
        made: list[Asked] = []
        for schema, side in zip(pair, (self._old, self._new), strict=True):
            whole = {"$schema": URIS[side.draft], **schema} if isinstance(schema, dict) else schema
            if isinstance(whole, dict) and "$ref" in whole and side.draft <= 7:
                whole = {"$schema": URIS[side.draft], "allOf": [dict(schema)]}
            made.append(Asked(whole, f"urn:penstock:alone:{len(made)}", side.contract.dialect, known))
        return made[0], made[1]

    # -- what no difference explains

    def _unexplained(self, heading: _Heading, one: _Break) -> Change:
        """A break at a place that did not change itself: what changed is elsewhere, as when a reference is dropped."""
        broken = heading.needed and not (self._judging.content == "declared" and one.cleared)
        other = BACKWARD if heading.name == FORWARD else FORWARD
        written = heading.producer.landing(one.refuted.a_pointer)
        old_key, new_key = (one.pointer, written) if heading.name == FORWARD else (written, one.pointer)
        old_key, new_key = _known(self._old, old_key), _known(self._new, new_key)
        mine = Answer(heading.name, Effect.BREAKS, "", _payload(one.refuted.witness), one.refuted.exotic)
        answers = {heading.name: mine, other: Answer(other, Effect.UNASKED, "see the other changes")}
        said = f"`{one.keyword}` refuses it" if one.keyword else "the other side refuses it"
        return Change(
            code=code_of_keyword(one.keyword) if one.keyword else CONTRACT,
            keyword=one.keyword,
            message=f"a payload that one version writes is not one of the other: {said}",
            was=allowed(_got(self._old, old_key)),
            now=allowed(_got(self._new, new_key)),
            baseline=_place(self._old, old_key, True),
            candidate=_place(self._new, new_key, True),
            answers=(answers[BACKWARD], answers[FORWARD]),
            severity=Severity.ERROR if broken else Severity.NOTE,
            bump=Bump.MAJOR if broken else Bump.MINOR,
            breaking=broken,
            cleared=one.cleared and heading.needed,
        )

    def _doubt(self, heading: _Heading, one: Undecided) -> Change:
        other = BACKWARD if heading.name == FORWARD else FORWARD
        detail = f"{one.reason}: {one.detail}" if one.detail else str(one.reason)
        answers = {
            heading.name: Answer(heading.name, Effect.UNDECIDED, detail),
            other: Answer(other, Effect.UNASKED, "see the other changes"),
        }
        return Change(
            code=UNDECIDED,
            keyword="",
            message=f"whether it is {heading.name} compatible could not be decided ({detail})",
            was="",
            now="",
            baseline=_place(self._old, _known(self._old, self._old.landing(one.pointer)), True),
            candidate=_place(self._new, _known(self._new, self._new.landing(one.pointer)), True),
            answers=(answers[BACKWARD], answers[FORWARD]),
            severity=Severity.ERROR if heading.needed else Severity.NOTE,
            bump=Bump.MAJOR if heading.needed else Bump.MINOR,
            undecided=heading.needed,
        )


# -- parts of it


def _break(refuted: Refuted, consumer: Side) -> _Break:
    """The break with the schema that refuses and the keyword, wherever exactly the pointer ends."""
    pointer = consumer.landing(refuted.b_pointer)
    keyword = refuted.keyword
    tokens = split(parted(pointer)[2])
    head = pointer[: pointer.rfind("/" + keyword)] if keyword and keyword in tokens[-2:] else pointer
    return _Break(refuted, head, keyword, pointer)


def _nearest(one: _Break, found: list[Difference], direction: str) -> tuple[list[int], int]:
    """The differences that a break is most likely due to, by where they stand in the consumer; and how likely."""
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
    return [place for place, score in scores.items() if score == best], best


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


def _documents(side: Side) -> dict[str, Any]:
    others = {uri: known.value for uri, known in side.contract.documents.items()}
    return {side.contract.base: side.contract.schema, **others}


def _quoted(refuted: Refuted) -> str:
    text = text_of(refuted.witness)
    return f"`{text if len(text) <= 80 else text[:77] + '...'}`"


def _is_entangled(difference: Difference) -> bool:
    """Whether a change stands where widening one part may narrow the whole, so that fitting alone says little."""
    places = {*split(parted(difference.old)[2]), *split(parted(difference.new)[2])}
    return bool(
        places & {"oneOf", "not", "if", "contains", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems"}
    )

"""Decide which policy, number and rule of failures holds where: match selectors, put in order, find what contradicts.

Takes:   policy files in their order, the world of a graph, what packs offer.
Gives:   `compose`: a `Composition`, with the losers beside each winner, and findings L101 to L118; `name_of`.
Why so:  a later file wins; within one file the more particular selector wins; two that are equally particular and say
         different things contradict each other.
Ignores: instances of policies (`bind`), wording for people (`explain`).
"""

from __future__ import annotations

from penstock.graph.misfits import BadSchema, misfits_of
from penstock.graph.wording import listed, quoted, suggestion
from penstock.layers import LAYERS, SEVERAL, layer_of
from penstock.policies import fields
from penstock.policies.patterns import fits, is_exact, link_fits, weight
from penstock.policies.quantities import QUANTITY_RULE, in_numbers
from penstock_findings.fact import EMPTY, Fact
from penstock_findings.finding import Finding, Related, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any, TypeAlias

    from penstock.graph.guesses import Guesses
    from penstock.manifest.model import PolicyFacts
    from penstock.policies.file import PolicyFile
    from penstock.policies.offers import PolicyOffer
    from penstock.policies.subjects import Subject, World
    from penstock.policies.written import Pattern, Selector, WrittenRule, WrittenUse

    Weight: TypeAlias = tuple[int, ...]

CHANNEL_FORMAT = "penstock-channel"  # what the schema of a config says of a text that names a channel


class Claim(Fact):
    """What one rule says about one place of one subject. The strongest claim of a place holds."""

    file: PolicyFile
    rule: WrittenRule
    at: str  # pointer
    weight: Weight
    says: Any  # WrittenUse, WrittenNumber or WrittenFailure
    facts: PolicyFacts | None = None  # of the policy type
    config: Mapping[str, Any] = EMPTY  # of the policy, quantities as numbers


class Held(Fact):
    """What is said about one place of one subject, strongest first."""

    layer: str  # of `LAYERS`; for numbers, their name
    name: str  # in a layer that has room for several: `as`, or the type
    claims: tuple[Claim, ...]

    @property
    def first(self) -> Claim:
        """The claim that holds."""
        return self.claims[0]

    @property
    def is_off(self) -> bool:
        """Whether what holds is that there is no policy."""
        return getattr(self.first.says, "off", False)

    @property
    def channels(self) -> list[tuple[str, str]]:
        """The channels that the policy which holds is told to send records to, behind the names of their settings."""
        claim = self.first
        if self.is_off or claim.facts is None:
            return []
        known = claim.facts.config.get("properties", {})
        return [
            (name, value)
            for name, value in claim.config.items()
            if type(value) is str and name in known and _names_channel(known[name])
        ]


class Composed(Fact):
    """All that holds for one subject."""

    subject: Subject
    policies: tuple[Held, ...] = ()  # outermost first; those that are off included
    numbers: tuple[Held, ...] = ()
    failures: tuple[Claim, ...] = ()  # the first that fits a failure decides


class Composition(Fact):
    """What holds, by kind and id of the subject; of subjects of which nothing is said, nothing."""

    subjects: Mapping[tuple[str, str], Composed]
    files: tuple[PolicyFile, ...]

    @property
    def fed(self) -> frozenset[str]:
        """Channels that policies are told to send records to."""
        held = (one for composed in self.subjects.values() for one in composed.policies)
        return frozenset(channel for one in held for _, channel in one.channels)


class _Use(Fact):
    """A use that was looked up."""

    written: WrittenUse
    offer: PolicyOffer
    config: Mapping[str, Any]

    @property
    def layer(self) -> str:
        return self.offer.facts.layer or layer_of(self.offer.facts.points)

    @property
    def place(self) -> tuple[str, str]:
        """Layer, and name where the layer has room for several."""
        several = self.layer in SEVERAL
        return self.layer, (self.written.alias or self.written.type) if several else ""

    @property
    def may_drop(self) -> bool:
        facts = self.offer.facts
        if facts.drops == "sometimes":
            given = {name: one.get("default") for name, one in facts.config.get("properties", {}).items()} | dict(
                self.config
            )
            return any(given.get(name) in values for name, values in facts.drops_when.items())
        return facts.drops == "always" or (facts.drops == "unknown" and self.layer in ("overflow", "admission"))


def compose(
    files: Sequence[PolicyFile],
    world: World | None,
    offers: Mapping[str, PolicyOffer],
    guesses: Guesses,
) -> tuple[Composition, list[Finding]]:
    """What holds, and what is wrong. Without a world, only what can be said of the files alone."""
    composer = _Composer(world, offers, guesses)
    for number, file in enumerate(files):
        composer.add(file, number)
    return composer.composition(tuple(files)), composer.findings


class _Composer:
    def __init__(self, world: World | None, offers: Mapping[str, PolicyOffer], guesses: Guesses) -> None:
        self.findings: list[Finding] = []
        self._told: set[Finding] = set()
        self._world = world
        self._offers = offers
        self._guesses = guesses
        self._policies: dict[tuple[str, str], dict[tuple[str, str], list[Claim]]] = {}
        self._numbers: dict[tuple[str, str], dict[str, list[Claim]]] = {}
        self._failures: dict[tuple[str, str], dict[Any, list[Claim]]] = {}
        self._contradicting: set[tuple[str, str, str]] = set()
        self._names: dict[str, PolicyFile] = {}

    # gathering

    def add(self, file: PolicyFile, number: int) -> None:
        first = self._names.setdefault(file.written.name, file)
        if file.written.name and first is not file:
            related = [Related("the first is here", first.places.value(first.written.name_pointer))]
            message = f"two policy files are called {quoted(file.written.name)}"
            self._say(
                file, "L115", message, file.written.name_pointer, hint="rename one, or give it once", related=related
            )
        for rule in file.written.rules:
            uses = [use for written in rule.uses if (use := self._looked_up(file, rule, written)) is not None]
            if rule.selector is not None and self._world is not None:
                self._rule(file, number, rule, uses, self._world)

    def _looked_up(self, file: PolicyFile, rule: WrittenRule, written: WrittenUse) -> _Use | None:
        offer = self._offers.get(written.type)
        if offer is None:
            guess = self._guesses.nearest("policy", written.type, self._offers)
            message = f"no installed pack offers a policy type {quoted(written.type)}"
            self._say(file, "L101", message, written.type_pointer, hint=suggestion(guess, self._offers))
            return None
        use = _Use(written, offer, in_numbers(offer.facts.config, written.config))
        if written.alias is not None and use.layer not in SEVERAL:
            message = f"{quoted(written.type)} stands in the layer `{use.layer}`, which has room for one policy"
            hint = f"remove `as`; only {listed(SEVERAL)} have room for several"
            self._say(file, "L117", message, written.alias_pointer, hint=hint)
        self._judge(file, use)
        return use

    def _judge(self, file: PolicyFile, use: _Use) -> None:
        """Hold the config against the schema of its type."""
        written = use.written
        if written.off:
            return
        try:
            misfits = misfits_of(use.offer.facts.config, use.config, (), self._guesses)
        except BadSchema as error:
            message = f"policy type {quoted(written.type)} of `{use.offer.pack}` has a config schema that cannot be used: {error}"
            self._say(file, "L108", message, written.type_pointer, hint="tell whoever maintains the pack")
            return
        for misfit in misfits:
            code = {"unknown": "L106", "missing": "L107"}.get(misfit.kind, "L105")
            at, hint = written.config_pointer + misfit.pointer, misfit.hint
            if misfit.kind == "missing" and not misfit.pointer and not written.config:
                at = written.type_pointer
            if misfit.kind == "value" and hint is not None and "without quotes" in hint:
                hint = QUANTITY_RULE
            on_key = misfit.kind == "unknown" or at == written.config_pointer
            message = f"policy {quoted(written.type)}: {misfit.message}"
            self._say(file, code, message, at, hint=hint, on_key=on_key)
        if self._world is not None and not misfits:
            self._channels(file, use, self._world)

    def _channels(self, file: PolicyFile, use: _Use, world: World) -> None:
        """Look up the channels that the config names."""
        for name, schema in use.offer.facts.config.get("properties", {}).items():
            value = use.config.get(name)
            if type(value) is not str or not _names_channel(schema):
                continue
            at = f"{use.written.config_pointer}/{name}"
            if ("channel", value) not in world.subjects:
                guess = self._guesses.nearest("channel", value, world.channels)
                message = f"policy {quoted(use.written.type)}: there is no channel {quoted(value)} in the graph"
                hint = suggestion(guess, world.channels) or "add the channel to the graph"
                self._say(file, "L113", message, at, hint=hint)
            elif value not in world.durable:
                message = f"policy {quoted(use.written.type)}: channel {quoted(value)} is kept in memory only"
                self._say(file, "L118", message, at, hint="name a channel of kind `sqlite`")

    # matching

    def _rule(self, file: PolicyFile, number: int, rule: WrittenRule, uses: Sequence[_Use], world: World) -> None:
        selector = rule.selector
        assert selector is not None
        matched = list(_matched(selector, world))
        if not matched:
            if not rule.is_optional:
                self._nothing(file, rule, selector, world)
            return
        asked: dict[str, bool] = {use.written.pointer: False for use in uses}
        for subject, weighs in matched:
            key, strength = (subject.kind, subject.id), (number, *weighs)
            for use in uses:
                if set(use.offer.facts.points) & set(subject.points):
                    asked[use.written.pointer] = True
                    claim = Claim(file, rule, use.written.pointer, strength, use.written, use.offer.facts, use.config)
                    self._claim(self._policies.setdefault(key, {}).setdefault(use.place, []), claim, subject)
            for written in rule.numbers:
                if fields.SET_OF[written.name] == subject.kind:
                    claim = Claim(file, rule, written.pointer, strength, written)
                    self._claim(self._numbers.setdefault(key, {}).setdefault(written.name, []), claim, subject)
            for failure in rule.failures if subject.kind == "node" else ():
                claim = Claim(file, rule, failure.pointer, strength, failure)
                self._claim(self._failures.setdefault(key, {}).setdefault(failure.condition, []), claim, subject)
        self._misplaced(file, rule, uses, asked, [subject for subject, _ in matched])

    def _nothing(self, file: PolicyFile, rule: WrittenRule, selector: Selector, world: World) -> None:
        """Say which key of a selector nothing fits, with the nearest name."""
        lonely = [
            (key, pattern)
            for key, patterns in selector.keys.items()
            for pattern in patterns
            if not any(_fits(key, pattern, name) for name in world.known[key])
        ]
        for key, pattern in lonely:
            known = world.known[key]
            guess = self._guesses.nearest(f"select {key}", pattern.text.replace("*", ""), known)
            what = (
                f"a {key} {quoted(pattern.text)}" if is_exact(pattern.text) else f"a {key} like {quoted(pattern.text)}"
            )
            message = f"rule {rule.number} is for {what}, and there is none in the graph"
            hint = suggestion(guess, known) or f"the graph has no {key}s; remove the rule, or add `optional: true`"
            self._say(file, "L102", message, pattern.pointer, hint=hint)
        if not lonely:
            message = f"rule {rule.number} is for {selector.words}, and nothing in the graph is all of that"
            self._say(
                file, "L102", message, selector.pointer, hint="remove one of the conditions, or add `optional: true`"
            )

    def _claim(self, claims: list[Claim], claim: Claim, subject: Subject) -> None:
        """Add a claim; complain when an equally strong one says something else."""
        for other in claims:
            if other.weight != claim.weight or _same(other.says, claim.says):
                continue
            pair = (claim.file.path, other.at, claim.at)
            if pair not in self._contradicting:
                self._contradicting.add(pair)
                self._contradiction(other, claim, subject)
        claims.append(claim)

    def _contradiction(self, first: Claim, second: Claim, subject: Subject) -> None:
        what = _what(second)
        if first.rule is second.rule:
            message = f"rule {second.rule.number} says two things about {what} of {subject.words}"
            hint = "remove one of the two"
            layer = second.facts.layer or layer_of(second.facts.points) if second.facts is not None else ""
            if layer in SEVERAL:
                hint += ", or give one a place of its own with `as`"
        else:
            message = f"rules {first.rule.number} and {second.rule.number} say different things about {what} of {subject.words}"
            hint = "make one of the selectors more particular, or remove one of the two"
        related = [Related("the other one is here", first.file.places.key(first.at))]
        self._say(second.file, "L103", message, second.at, on_key=True, hint=hint, related=related)

    def _misplaced(
        self,
        file: PolicyFile,
        rule: WrittenRule,
        uses: Sequence[_Use],
        asked: Mapping[str, bool],
        where: Sequence[Subject],
    ) -> None:
        there = sorted({point for subject in where for point in subject.points})
        for use in uses:
            if not asked[use.written.pointer]:
                points = use.offer.facts.points
                wanted = [kind for kind, some in fields.ASKED.items() if set(some) & set(points)]
                if len(wanted) >= 3:
                    wanted = ["node"]
                message = (
                    f"policy {quoted(use.written.type)} decides {' and '.join(points)}, and {where[0].words} "
                    f"is asked about {' and '.join(there)}"
                )
                hint = f"select a {' or a '.join(wanted)}" if wanted != ["run"] else "write `for: run`"
                self._say(file, "L104", message, use.written.type_pointer, hint=hint)
        for written in rule.numbers:
            if not any(subject.kind == fields.SET_OF[written.name] for subject in where):
                message = f"rule {rule.number} sets `{written.name}`, which {where[0].words} has not"
                hint = f"select a {fields.SET_OF[written.name]}"
                self._say(file, "L104", message, written.pointer, on_key=True, hint=hint)
        if rule.failures and not any(subject.kind == "node" for subject in where):
            message = f"rule {rule.number} classifies failures, and {where[0].words} has none"
            self._say(file, "L104", message, rule.failures[0].pointer, hint="select a node")

    # the result

    def composition(self, files: tuple[PolicyFile, ...]) -> Composition:
        made: dict[tuple[str, str], Composed] = {}
        for key in self._policies.keys() | self._numbers.keys() | self._failures.keys():
            assert self._world is not None
            policies = [
                Held(layer, name, _strongest_first(claims))
                for (layer, name), claims in self._policies.get(key, {}).items()
            ]
            numbers = self._numbers.get(key, {})
            failures = [_strongest_first(claims)[0] for claims in self._failures.get(key, {}).values()]
            made[key] = Composed(
                self._world.subjects[key],
                tuple(sorted(policies, key=_standing)),
                tuple(Held(name, "", _strongest_first(numbers[name])) for name in sorted(numbers)),
                tuple(sorted(failures, key=_asked_in_turn)),
            )
        for composed in made.values():
            self._hedges(composed)
            self._losses(composed)
            self._circles(composed)
            self._idle(composed)
        return Composition({key: made[key] for key in sorted(made)}, files)

    def _idle(self, composed: Composed) -> None:
        """Complain about an `off` that has nothing to take away."""
        for held in composed.policies:
            if held.is_off and len(held.claims) == 1:
                claim = held.first
                message = f"there is no policy in the layer `{held.layer}` of {composed.subject.words} to take away"
                hint = "remove it, or name the policy that shall go"
                self._say(claim.file, "L112", message, claim.at, hint=hint, severity=Severity.WARNING)

    def _hedges(self, composed: Composed) -> None:
        """Complain about second attempts beside the first where an effect must not happen twice."""
        assert self._world is not None
        subject = composed.subject
        for held in composed.policies if subject.id in self._world.unrepeatable else ():
            if held.layer == "hedge" and not held.is_off:
                claim = held.first
                message = f"{quoted(claim.says.type)} begins attempts twice, and what {subject.words} does must not happen twice"
                hint = "select nodes whose effect is `none` or `idempotent`; `penstock nodes TYPE` says which it is"
                self._say(claim.file, "L114", message, claim.says.type_pointer, hint=hint)

    def _losses(self, composed: Composed) -> None:
        """Say where a policy that holds may give records up against what the graph promises."""
        world, subject = self._world, composed.subject
        assert world is not None
        for held in composed.policies:
            claim = held.first
            if held.is_off or not _use_of(claim, self._offers).may_drop:
                continue
            name = quoted(claim.says.type)
            if subject.kind == "channel" and held.layer == "overflow":
                if subject.id in world.no_loss:
                    self._promised(claim, f"{name} may drop records of channel {quoted(subject.id)}")
                elif subject.id in world.durable and not claim.rule.accepts_loss:
                    message = f"{name} may drop records of channel {quoted(subject.id)}, which are durable"
                    hint = "add `accept_loss: true` to the rule, or choose a policy that blocks, diverts or spills"
                    self._say(claim.file, "L111", message, claim.says.type_pointer, hint=hint)
            elif subject.kind == "node":
                for channel in sorted(world.behind.get(subject.id, frozenset()) & world.no_loss):
                    self._promised(claim, f"{name} may drop records of channel {quoted(channel)} at {subject.words}")

    def _circles(self, composed: Composed) -> None:
        """Warn of a policy that sends records back to where they come from."""
        assert self._world is not None
        subject = composed.subject
        before = self._world.behind.get(subject.id, frozenset()) if subject.kind == "node" else {subject.id}
        for held in composed.policies:
            claim = held.first
            for name, channel in held.channels:
                if channel in before & self._world.durable:
                    message = f"{quoted(claim.says.type)} sends records from {subject.words} back to channel {quoted(channel)}"
                    self._say(
                        claim.file, "L123", message, f"{claim.says.config_pointer}/{name}",
                        hint="name a channel that does not lead there", severity=Severity.WARNING,
                    )  # fmt: skip  # what is wrong in one line, what to do in another

    def _promised(self, claim: Claim, what: str) -> None:
        hint = "each will become a dead letter; choose a policy that keeps or diverts records"
        self._say(
            claim.file, "L110", f"{what}, where `no_loss` is promised", claim.says.type_pointer, hint=hint,
            severity=Severity.WARNING,
        )  # fmt: skip  # what is wrong in one line, how grave in another

    def _say(
        self,
        file: PolicyFile,
        code: str,
        message: str,
        pointer: str,
        *,
        hint: str | None = None,
        on_key: bool = False,
        severity: Severity = Severity.ERROR,
        related: Iterable[Related] = (),
    ) -> None:
        at = file.places.key(pointer) if on_key else file.places.value(pointer)
        finding = Finding(code, message, at, severity, hint, related)
        if finding not in self._told:  # one rule may say the same of many subjects
            self._told.add(finding)
            self.findings.append(finding)


def name_of(held: Held) -> str:
    """What a policy is called where it stands: its type, and behind a slash the name that the file gave it."""
    says = held.first.says
    return f"{says.type}/{says.alias}" if says.alias is not None else str(says.type)


def _names_channel(schema: Any) -> bool:
    if type(schema) is not dict:
        return False
    return schema.get("format") == CHANNEL_FORMAT or any(_names_channel(one) for one in schema.get("anyOf", ()))


def _matched(selector: Selector, world: World) -> Iterator[tuple[Subject, Weight]]:
    """The subjects that a selector picks, each with how particular it is about them."""
    if selector.kind == "run":
        yield world.subjects["run", "*"], (0,) * 8
        return
    wanted = {key: _Wanted(key, patterns) for key, patterns in selector.keys.items()}
    if selector.kind == "link":
        found: dict[tuple[str, str], tuple[Subject, Weight]] = {}
        for id, subject in world.links.items():
            weighs = wanted["link"].weight((id,))
            if weighs is not None:
                key = (subject.kind, subject.id)
                made = (*weighs, *(0,) * 6)
                found[key] = (subject, max(made, found[key][1]) if key in found else made)
        yield from found.values()
        return
    for (kind, _), subject in world.subjects.items():
        if kind != selector.kind:
            continue
        weights = {}
        for key_, one in wanted.items():
            weights[key_] = one.weight(subject.names[key_])
            if weights[key_] is None:
                break
        else:
            yield subject, _total(weights)


class _Wanted:
    """The patterns of one key of a selector, made ready to be held against many names."""

    __slots__ = ("_exact", "_fits", "_patterns")

    def __init__(self, key: str, patterns: Iterable[Pattern]) -> None:
        texts = [pattern.text for pattern in patterns]
        self._fits = link_fits if key == "link" else fits
        self._exact = frozenset(text for text in texts if is_exact(text)) if key != "link" else frozenset()
        self._patterns = [(text, weight(text)) for text in texts if text not in self._exact]

    def weight(self, names: Iterable[str]) -> tuple[int, int] | None:
        """The weight of the most particular pattern that fits one of the names; None when none does."""
        best: tuple[int, int] | None = None
        for name in names:
            if name in self._exact:
                return weight(name)
            for text, weighs in self._patterns:
                if (best is None or weighs > best) and self._fits(text, name):
                    best = weighs
        return best


def _total(weights: Mapping[str, tuple[int, int] | None]) -> Weight:
    """Link, id (exact, letters), tag, type, pack, role: the first in which two selectors differ decides."""
    id = weights.get("node") or weights.get("channel") or (0, 0)
    rest = [weights.get(key) for key in ("tag", "type", "pack", "role")]
    return (0, 0, *id, *(0 if one is None else 2 if one[0] else min(one[1], 1) for one in rest))


def _fits(key: str, pattern: Pattern, name: str) -> bool:
    return link_fits(pattern.text, name) if key == "link" else fits(pattern.text, name)


def _strongest_first(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Strongest first; of equal ones, as they stand in the file."""
    return tuple(sorted(claims, key=lambda claim: tuple(-part for part in claim.weight)))


def _asked_in_turn(claim: Claim) -> tuple[Any, ...]:
    """Lines about failures: strongest selectors first; of one selector, as they stand in the file."""
    return *(-part for part in claim.weight), claim.rule.number, claim.rule.failures.index(claim.says)


def _standing(held: Held) -> tuple[Any, ...]:
    """Layers from the outside to the inside; within one, broad rules outside of particular ones, then by name."""
    return LAYERS.index(held.layer), held.first.weight, held.name


def _same(one: Any, other: Any) -> bool:
    """Whether two claims say the same, wherever they stand."""
    return _said(one) == _said(other)


def _said(says: Any) -> tuple[Any, ...]:
    pointers = ("pointer", "type_pointer", "alias_pointer", "config_pointer")
    return tuple(repr(getattr(says, name)) for name in says.__match_args__ if name not in pointers)


def _what(claim: Claim) -> str:
    if claim.facts is not None:
        layer = claim.facts.layer or layer_of(claim.facts.points)
        return f"the layer `{layer}`"
    if hasattr(claim.says, "gives"):
        return "one kind of failure"
    return quoted(claim.says.name)


def _use_of(claim: Claim, offers: Mapping[str, PolicyOffer]) -> _Use:
    return _Use(claim.says, offers[claim.says.type], claim.config)

"""Trials by chance: each is a handful of questions whose answers must fit the samples, each other, and what is known.

Takes:   a seed.
Gives:   `trial(seed, tally)`: asks, and keeps what is wrong in the tally; the same seed asks the same.
Ignores: how many trials there are, and who runs them.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any

import penstock_contracts as contracts
from adversary.draw import Drawer
from adversary.edit import edited, found_at, places, put
from adversary.exact import dumps, exactly, loads
from adversary.inquiry import PROVEN, REFUTED, Answer, Tally, inquire, refuted_wrongly
from adversary.judge import DRAFTS, Judge
from adversary.rewrite import rewritten
from adversary.sample import Sampler
from adversary.world import WORLDS, confined, spoken, truth

MANY = ("7", "7", "2020-12", "2020-12", "2020-12", "2019-09", "6", "4")


class Trial:
    """One handful of questions, and the words it is kept under."""

    def __init__(self, seed: int, tally: Tally) -> None:
        self.rng, self.tally, self.seed = Random(seed), tally, seed
        self.draft = self.rng.choice(MANY)
        self.drawer = Drawer(self.rng, self.draft)

    def ask(self, law: str, a: Any, b: Any, expected: bool | None = None) -> Answer:
        answer = inquire(a, b, rng=self.rng, expected=expected)
        self.tally.add(answer, {"law": law, "seed": self.seed, "a": a, "b": b})
        return answer

    # -- the laws -----------------------------------------------------------------------------------------------------

    def strangers(self) -> None:
        """Two schemas that have nothing to do with each other, often in two drafts."""
        other = Drawer(self.rng, self.rng.choice([self.draft, *MANY]))
        self.drawer.named = self.rng.random() < 0.2
        a, b = self.drawer.root(self.rng.choice([1, 2])), other.root(self.rng.choice([1, 2]))
        self.ask("strangers", a, b)

    def releases(self) -> None:
        """A schema and the same with one thing changed, both ways; then a second change, and what follows."""
        self.drawer.named = self.rng.random() < 0.15
        a = self.drawer.root(self.rng.choice([1, 2, 2]))
        b = edited(a, self.drawer)
        forth, back = self.ask("release", a, b), self.ask("release back", b, a)
        if self.rng.random() < 0.3:
            c = edited(b, self.drawer)
            further = self.ask("second release", b, c)
            if forth.kind == further.kind == PROVEN:
                self.ask("transitive", a, c, True)
            if back.kind == PROVEN and further.kind == REFUTED:
                self.ask("not transitive", a, c, False)  # the value of b outside c is one of a

    def antisymmetric(self) -> None:
        """Inside each other is equivalent, and nothing else is; what tells two apart is valid under exactly one."""
        a = self.drawer.root(self.rng.choice([1, 2]))
        b = edited(a, self.drawer) if self.rng.random() < 0.6 else rewritten(a, self.rng)[0]
        there, back = self.ask("antisymmetric", a, b), self.ask("antisymmetric, back", b, a)
        verdict = contracts.equivalent(a, b)
        wrong = ""
        if isinstance(verdict, contracts.Refuted):
            witness = exactly(verdict.witness)
            if there.kind == back.kind == PROVEN:
                wrong = "different, although each is inside the other"
            elif Judge(a).accepts(witness) == Judge(b).accepts(witness):
                wrong = f"{dumps(witness)} does not tell them apart"
        elif isinstance(verdict, contracts.Proven) and REFUTED in (there.kind, back.kind):
            wrong = "equivalent, although one is not inside the other"
        if wrong:
            self.tally.wrong.append(f"{wrong}: {dumps({'law': 'antisymmetric', 'seed': self.seed, 'a': a, 'b': b})}")

    def other_words(self) -> None:
        """The same in other words is the same, both ways."""
        a = self.drawer.root(self.rng.choice([1, 2]))
        b, done = rewritten(a, self.rng)
        self.ask(f"same by {'+'.join(done)}", a, b, True)
        self.ask(f"same by {'+'.join(done)} back", b, a, True)

    def order(self) -> None:
        """Reflexive; allOf is inside, anyOf is around; what is inside stays inside when both are narrowed, or turned over."""
        a = self.drawer.root(self.rng.choice([1, 2]))
        c = self.drawer.root(1)
        b = edited(a, self.drawer)
        self.ask("reflexive", a, copy.deepcopy(a), True)
        self.ask("allOf is inside", joined("allOf", a, c), a, True)
        self.ask("anyOf is around", a, joined("anyOf", c, a), True)
        if self.ask("release", a, b).kind == PROVEN:
            self.ask("monotone under allOf", joined("allOf", a, c), joined("allOf", c, b), True)
            self.ask("monotone under anyOf", joined("anyOf", a, c), joined("anyOf", c, b), True)
            self.ask("flips under not", turned(b), turned(a), True)

    def within(self) -> None:
        """What holds of parts holds of wholes: as an item, as a field."""
        a = self.drawer.root(1)
        b = edited(a, self.drawer)
        answer = self.ask("release", a, b)
        if "$defs" in a or "definitions" in a or "$defs" in b or "definitions" in b:
            return
        bodies = [{word: value for word, value in each.items() if word != "$schema"} for each in (a, b)]
        uri = DRAFTS[self.draft]
        shapes: list[Callable[[Any], Any]] = [
            lambda body: {"type": "array", "items": body},
            lambda body: {"type": "object", "properties": {"a": body}},
            lambda body: {"type": "object", "required": ["a"], "properties": {"a": body}, "additionalProperties": body},
            lambda body: {"type": "object", "patternProperties": {"^a": body}},
        ]
        shape = self.rng.choice(shapes)
        expected = {PROVEN: True, REFUTED: False}.get(answer.kind)
        self.ask("within", *({"$schema": uri, **shape(body)} for body in bodies), expected)

    def small_worlds(self) -> None:
        """Where every value can be tried, the answer is known."""
        world = self.rng.choice(WORLDS)
        said = spoken(world, self.drawer)
        other = spoken(world, self.drawer)
        if self.rng.random() < 0.3:
            other = {"anyOf": [said, other]}
        uri = DRAFTS[self.draft]
        a, b = confined(world, said, uri), {"$schema": uri, **other}
        self.ask(f"small world of {world.name}", a, b, truth(world, a, b))

    def existence(self) -> None:
        """What is said to have no value has none among the samples; what is found is one."""
        a = self.drawer.root(self.rng.choice([1, 2, 2]))
        found = contracts.satisfiable(a)
        kind, wrong = "undecided", ""
        if isinstance(found, contracts.Found):
            kind = REFUTED
            if not Judge(a).accepts(exactly(found.instance)):
                wrong = f"found {dumps(exactly(found.instance))}, which is not valid"
        elif isinstance(found, contracts.Nothing):
            kind = PROVEN
            judge = Judge(a)
            here = [value for value in Sampler([a], self.rng).values(40) if judge.accepts(value)]
            wrong = f"nothing, but {dumps(here[0])}" if here else ""
        self.tally.add(
            Answer(kind, 0.0, wrong, getattr(found, "reason", "")), {"law": "existence", "seed": self.seed, "a": a}
        )

    def patterns(self) -> None:
        """Two patterns, on all texts of a few letters."""
        first, second = drawn_pattern(self.rng), drawn_pattern(self.rng)
        if self.rng.random() < 0.4:
            second = self.rng.choice(
                [f"{first}|{second}", f"(?:{first})|c", f"(?={second}){first}", first.replace("+", "*")]
            )
        a: Any = {"$schema": DRAFTS[self.draft], "type": "string", "pattern": first}
        b: Any = {"$schema": DRAFTS[self.draft], "pattern": second}
        if self.rng.random() < 0.3:
            a, b = {**a, "maxLength": 3}, {"$schema": DRAFTS[self.draft], "not": {"type": "string", "pattern": second}}
        answer = inquire(a, b, rng=self.rng, samples=6, probes=TEXTS)
        self.tally.add(answer, {"law": "patterns", "seed": self.seed, "a": a, "b": b})

    def trees(self) -> None:
        """Definitions that refer to each other wherever they can, on some hundred small trees."""
        a = drawn_trees(self.rng, self.draft)
        b = edited(a, self.drawer) if self.rng.random() < 0.6 else drawn_trees(self.rng, self.draft)
        for one, other in ((a, b), (b, a)):
            answer = inquire(one, other, rng=self.rng, samples=10, probes=TREES)
            self.tally.add(answer, {"law": "trees", "seed": self.seed, "a": one, "b": other})

    def garbage(self) -> None:
        """A schema with one value that has no business there is answered like any other, or refused; nothing is raised."""
        a = self.drawer.root(2)
        place = self.rng.choice(list(places(a)))
        schema = copy.deepcopy(found_at(a, place))
        if isinstance(schema, dict) and schema:
            schema[self.rng.choice(list(schema))] = self.rng.choice(GARBAGE)
            spoilt = put(a, place, schema)
            for one, other in ((a, spoilt), (spoilt, a)):
                verdict = contracts.includes(one, other)
                kind = {contracts.Proven: PROVEN, contracts.Refuted: REFUTED}.get(type(verdict), "refused")
                self.tally.add(Answer(kind if kind == "refused" else "garbage answered", 0.0), {})

    def all_breaks(self) -> None:
        """Every break that is listed is one, and there is one exactly when the answer says so."""
        a = self.drawer.root(2)
        b = edited(edited(a, self.drawer), self.drawer)
        answer = self.ask("release twice", a, b)
        judges = Judge(a), Judge(b)
        listed = list(contracts.breaks(a, b))
        wrong = ""
        shown = [exactly(each.witness) for each in listed if isinstance(each, contracts.Refuted)]
        for witness in shown:
            wrong = wrong or refuted_wrongly(judges[0].accepts(witness), judges[1].accepts(witness), witness)
        if answer.kind == PROVEN and shown:
            wrong = wrong or "breaks of what is proven"
        if answer.kind == REFUTED and not listed:
            wrong = wrong or "no breaks of what is refuted"
        if wrong:
            self.tally.wrong.append(f"{wrong}: {dumps({'law': 'all breaks', 'seed': self.seed, 'a': a, 'b': b})}")


LAWS = (
    *(Trial.releases,) * 8,
    *(Trial.small_worlds,) * 5,
    *(Trial.strangers,) * 3,
    *(Trial.other_words,) * 3,
    *(Trial.order,) * 2,
    *(Trial.within, Trial.existence, Trial.all_breaks, Trial.antisymmetric),
    *(Trial.patterns, Trial.patterns, Trial.trees, Trial.trees, Trial.garbage),
)
GARBAGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    "",
    "a",
    "[",
    [],
    [None],
    {},
    {"a": 1},
    [[]],
    {"type": "x"},
    "#/nowhere",
    [1, "a"],
)
TEXTS = ["".join(some) for size in range(5) for some in product("ab0", repeat=size)] + ["_", "a b", "é", "ab-ab"]


def _grown(trees: list[Any]) -> list[Any]:
    """Trees with these below them."""
    few = trees[:7]
    pairs = [{"a": one, "b": other} for one in few for other in few]
    return [
        *trees,
        *({key: tree} for key in "ab" for tree in trees),
        *pairs,
        *([tree] for tree in few),
        [few[0], few[1]],
    ]


TREES = _grown(_grown([None, 0, {}, [], "a"]))[:160]


def drawn_pattern(rng: Random, depth: int = 3) -> str:
    """A pattern over two letters and a digit, with everything that a pattern may have."""
    if depth == 0 or rng.random() < 0.25:
        return rng.choice(["a", "b", "ab", ".", "[ab]", "[^a]", r"\d", r"\w", r"\D", "[a-c0]", "0", ""])
    chosen = rng.random()
    inner = drawn_pattern(rng, depth - 1)
    if chosen < 0.3:
        return inner + drawn_pattern(rng, depth - 1)
    if chosen < 0.45:
        return f"(?:{inner}|{drawn_pattern(rng, depth - 1)})"
    if chosen < 0.65:
        return f"({inner})" + rng.choice(["*", "+", "?", "{2}", "{1,2}", "{2,}", "*?", "{0,1}"])
    if chosen < 0.75:
        return "^" + inner
    if chosen < 0.85:
        return inner + "$"
    if chosen < 0.9:
        return f"{inner}|{drawn_pattern(rng, depth - 1)}"
    return rng.choice([f"(?={inner})", f"(?!{inner})", r"\b", r"\B"]) + drawn_pattern(rng, depth - 1)


def drawn_trees(rng: Random, draft: str) -> dict[str, Any]:
    """A document of two or three definitions that refer to each other below objects and arrays."""
    word = "definitions" if draft in ("4", "6", "7") else "$defs"
    names = [f"d{number}" for number in range(rng.choice([1, 2, 3]))]

    def leaf() -> Any:
        return rng.choice(
            [
                {"type": "null"},
                {"type": "integer"},
                {"enum": [None, {}]},
                {"maxProperties": 0, "type": "object"},
                {"type": "string"},
            ]
        )

    def step(depth: int) -> Any:
        if depth == 0 or rng.random() < 0.5:
            return {"$ref": f"#/{word}/{rng.choice(names)}"} if rng.random() < 0.75 else leaf()
        return body(depth - 1)

    def body(depth: int) -> Any:
        chosen = rng.random()
        if chosen < 0.3:
            return {rng.choice(["anyOf", "anyOf", "oneOf"]): [body(depth - 1) if depth > 0 else leaf(), leaf()]}
        if chosen < 0.4:
            return {"type": "array", "items": step(depth), **rng.choice([{}, {"minItems": 1}, {"maxItems": 1}])}
        if chosen < 0.5 and draft != "4":
            return {
                "not": {"type": "object", "required": ["a"], "properties": {"a": step(depth)}},
                "type": ["object", "null"],
            }
        keys = rng.choice([["a"], ["b"], ["a", "b"]])
        made: dict[str, Any] = {"type": "object", "properties": {key: step(depth) for key in keys}}
        if rng.random() < 0.7:
            made["required"] = keys[: rng.choice([1, 2])]
        if rng.random() < 0.5:
            made["additionalProperties"] = rng.choice([{"$ref": f"#/{word}/{rng.choice(names)}"}, {"not": {}}])
        return made

    return {
        "$schema": DRAFTS[draft],
        "allOf": [{"$ref": f"#/{word}/{names[0]}"}],
        word: {name: body(2) for name in names},
    }


def trial(seed: int, tally: Tally) -> None:
    """One trial, chosen by its seed."""
    one = Trial(seed, tally)
    one.rng.choice(LAWS)(one)


def joined(word: str, *documents: dict[str, Any]) -> dict[str, Any]:
    """`{word: [documents]}` as one document: definitions are brought to the root under names of their own."""
    definitions: dict[str, Any] = {}
    parts = []
    shelf = "definitions" if any("definitions" in document for document in documents) else "$defs"
    for number, document in enumerate(documents):
        text = dumps(document)
        for place in ("$defs", "definitions"):
            for name in document.get(place, {}):
                text = text.replace(json.dumps(f"#/{place}/{name}"), json.dumps(f"#/{shelf}/{number}{name}"))
        moved = loads(text)
        moved.pop("$schema", None)
        for place in ("$defs", "definitions"):
            definitions |= {f"{number}{name}": each for name, each in moved.pop(place, {}).items()}
        parts.append(moved)
    head = {"$schema": documents[0]["$schema"]}
    return {**head, **({shelf: definitions} if definitions else {}), word: parts}


def turned(document: dict[str, Any]) -> dict[str, Any]:
    """`not` of a document, as a document."""
    made = joined("allOf", document)
    return {**{word: value for word, value in made.items() if word != "allOf"}, "not": made["allOf"][0]}

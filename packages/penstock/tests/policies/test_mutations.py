"""Whatever a policy file or a profile holds, it ends in findings and never in an exception.

Files of the corpus are changed as slips and bad merges change them: bytes, words, lines, and the tree of values.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from penstock.policies.bind import digest_of_policies
from penstock.policies.subjects import world_of
from penstock.profiles.explain import explained
from penstock.profiles.resolve import profiled, resolve
from penstock_findings.load import parse_yaml
from penstock_findings.reporters import write

Change = Callable[[random.Random, bytes, list[bytes]], bytes]

WORDS = (
    b"~ true .inf 1e999 -1 0x10 99999999999999999999999 ${X} ${ run * ? up* a->b -> @ . &a *a <<: !!int | > - [ ] { } , : # ' \" "
    b"64KiB 500ms 9999999999999999999999d 5xx \xf0\x9f\xa6\xba \xff \x00 \xe2\x80\xa8 --- ... %YAML ` \t \r"
).split(b" ")
VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", "x", "run", "*", "a -> b", "5s", "1MiB", [], [[]], {}, {"": None}, "x" * 3000, "\ud800", "٣",
]  # fmt: skip  # a table of values reads better in two lines


def by_byte(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made) + 1)
        kind = chance.randrange(3)
        if kind == 0:
            made[at:at] = bytes([chance.randrange(256)])
        elif kind == 1:
            del made[at : at + chance.randint(1, 5)]
        elif at < len(made):
            made[at] = chance.choice(b" :-{}[],#'\"\n\tab19")
    return bytes(made)


def by_word(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(WORDS) + data[at + chance.choice([0, 0, 1, 5]) :]


def by_line(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    lines, more = data.split(b"\n"), chance.choice(others).split(b"\n")
    at = chance.randrange(len(lines))
    kind = chance.randrange(4)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, chance.choice(more))
    elif kind == 2:
        lines[at] = b" " * chance.randint(0, 8) + lines[at].lstrip()
    else:
        other = chance.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    return b"\n".join(lines)


def by_tree(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    document, donor = parse_yaml(data, "x").document, parse_yaml(chance.choice(others), "x").document
    if document is None or donor is None:
        return data
    value: Any = json.loads(json.dumps(document.value))
    for _ in range(chance.choice([1, 1, 2, 4])):
        holder = chance.choice(list(holders(value)) or [[value]])
        places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        new = chance.choice([*VALUES, chance.choice(list(parts(donor.value))), chance.choice(list(parts(value)))])
        new = json.loads(json.dumps(new))
        if not places or (isinstance(holder, dict) and chance.random() < 0.3):
            if isinstance(holder, dict):
                holder[chance.choice(["", "for", "use", "as", "node", "channel", "off", "inherits"])] = new
        elif chance.random() < 0.3:
            del holder[chance.choice(places)]
        else:
            holder[chance.choice(places)] = new
    return json.dumps(value).encode("utf-8", "surrogatepass")


def parts(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


def holders(value: Any) -> Iterator[Any]:
    return (part for part in parts(value) if isinstance(part, dict) or (isinstance(part, list) and part))


CHANGES: list[Change] = [by_byte, by_word, by_line, by_tree, by_tree]


def survive(seeds: range, bad: list[Any], good: list[Any], world: Any) -> dict[str, int]:
    """Load every mutant, together with another file now and then, and use it when nothing is wrong with it."""
    counts = {"refused": 0, "used": 0}
    cases = bad + good
    texts = [case.data for case in cases]
    subjects = ["uplink", "events", "run", "zone -> cooldown", *world.graph.nodes]
    everything = world_of(world.graph, world.catalog)
    for seed in seeds:
        chance = random.Random(seed)
        case = chance.choice(chance.choice([bad, good]))
        data = case.data
        for _ in range(chance.choice([1, 1, 1, 2])):
            data = chance.choice(CHANGES)(chance, data, texts)
        try:
            if case.is_profile:
                loaded = world.profile(data)
                chain, composition = loaded.chain, world.load().composition
            else:
                others = [chance.choice([c for c in cases if not c.is_profile]).data] if chance.random() < 0.3 else []
                loaded = world.load(data, *others)
                chain, composition = (), loaded.composition
            for fmt in ("text", "json", "sarif") if seed % 10 == 0 else ("text",):
                write(loaded.report, fmt, io.StringIO())
            if not loaded.is_sound:
                counts["refused"] += 1
                continue
            counts["used"] += 1
            found = resolve(chain, world.graph, world.loaded.written, world.loaded.places, composition)
            assert profiled(world.graph, found).digest == world.graph.digest
            assert digest_of_policies(composition) == digest_of_policies(composition)
            said = explained(chance.choice(subjects), world.graph, everything, composition, found)
            json.dumps(said.as_json())
        except Exception as error:
            error.args = (*error.args, f"seed {seed}", data)
            raise
    return counts


def test_some_hundred_mutants_end_in_findings(bad_cases: list[Any], good_cases: list[Any], world: Any) -> None:
    counts = survive(range(1500), bad_cases, good_cases, world)
    assert counts["refused"] > 800
    assert counts["used"] > 70


@pytest.mark.deep
@pytest.mark.parametrize("part", range(10))
def test_forty_thousand_mutants_end_in_findings(
    part: int, bad_cases: list[Any], good_cases: list[Any], world: Any
) -> None:
    survive(range(5000 + part * 4000, 5000 + (part + 1) * 4000), bad_cases, good_cases, world)

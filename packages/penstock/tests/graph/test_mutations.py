"""Whatever a graph file holds, it ends in findings and never in an exception.

Files of the corpus are changed as slips, bad merges and broken disks change them: bytes, words, lines, and the tree of
values. What comes out is loaded, reported and, when nothing is wrong with it, built and drawn.
"""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from penstock.graph.show import FORMATS, show
from penstock_findings.load import parse_yaml
from penstock_findings.reporters import write

Change = Callable[[random.Random, bytes, list[bytes]], bytes]

WORDS = (
    b"~ true .inf 1e999 -1 0x10 99999999999999999999999 ${X} $${ ${ env:X file: * &a *a <<: !!int ? | > - [ ] { } , : # ' \" "
    b"\xf0\x9f\xa6\xba \xff \x00 \xe2\x80\xa8 --- ... %YAML @ ` \t \r"
).split(b" ")
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    "x",
    "${X}",
    "a.b",
    [],
    [[]],
    {},
    {"": None},
    "x" * 5000,
    "\ud800",
]


def by_byte(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made) + 1)
        kind = chance.randrange(3)
        if kind == 0:
            made[at:at] = bytes([chance.randrange(256)])
        elif kind == 1:
            del made[at : at + chance.randint(1, 8)]
        elif made:
            made[at % len(made)] ^= 1 << chance.randrange(8)
    return bytes(made)


def by_word(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    words = re.split(rb"(\w+|\s+)", data)
    donor = re.findall(rb"[\w.-]+", chance.choice(others))
    for _ in range(chance.randint(1, 3)):
        words[chance.randrange(len(words))] = chance.choice([*WORDS, chance.choice(donor), chance.choice(words)])
    return b"".join(words)


def by_line(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    lines = data.split(b"\n")
    donor = chance.choice(others).split(b"\n")
    for _ in range(chance.randint(1, 3)):
        at, kind = chance.randrange(len(lines)), chance.randrange(5)
        if kind == 0:
            lines.insert(at, lines[at])
        elif kind == 1:
            lines.insert(at, chance.choice(donor))
        elif kind == 2:
            lines[at] = b" " * chance.randint(0, 9) + lines[at].lstrip()
        elif kind == 3:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        elif len(lines) > 1:
            del lines[at]
    return b"\n".join(lines)


def by_tree(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    document = parse_yaml(data, "x").document
    donor = parse_yaml(chance.choice(others), "x").document
    if document is None or donor is None:
        return data
    value = json.loads(json.dumps(document.value))
    for _ in range(chance.choice([1, 1, 2, 4])):
        holder = chance.choice(list(holders(value)) or [[value]])
        key = chance.choice(list(holder)) if isinstance(holder, dict) and holder else None
        index = chance.randrange(len(holder)) if isinstance(holder, list) and holder else None
        place = key if key is not None else index
        new = chance.choice([*VALUES, chance.choice(list(parts(donor.value))), chance.choice(list(parts(value)))])
        new = json.loads(json.dumps(new))
        kind = chance.randrange(3)
        if place is None or (kind == 0 and isinstance(holder, dict)):
            holder[chance.choice(["", "x", "type", "from", "config"])] = new if isinstance(holder, dict) else None
        elif kind == 1:
            del holder[place]
        else:
            holder[place] = new
    return json.dumps(value).encode("utf-8", "surrogatepass")


def parts(value: Any) -> Any:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


def holders(value: Any) -> Any:
    return (part for part in parts(value) if isinstance(part, dict) or (isinstance(part, list) and part))


CHANGES: list[Change] = [by_byte, by_word, by_line, by_tree, by_tree]


def mutate(seed: int, bad: list[bytes], good: list[bytes]) -> tuple[bytes, list[str]]:
    """A changed file, and now and then a changed command line."""
    chance = random.Random(seed)
    files = bad + good
    data = chance.choice(chance.choice([bad, good]))
    for _ in range(chance.choice([1, 1, 1, 1, 2])):
        data = chance.choice(CHANGES)(chance, data, files)
    overrides = []
    if chance.random() < 0.2:
        text = chance.choice(["cool.window=5", "uplink.retry.attempts={a: [1]}", "readings.count=.5", "a.b.c=&x [*x]"])
        overrides = [by_word(chance, text.encode(), files).decode("utf-8", "surrogateescape")]
    return data, overrides


def survive(seeds: range, bad_cases: list[Any], good_cases: list[Any], world: Any) -> dict[str, int]:
    """Load every mutant; count what became of them."""
    bad, good = [case.data for case in bad_cases], [case.data for case in good_cases]
    counts = {"refused": 0, "built": 0}
    for seed in seeds:
        data, overrides = mutate(seed, bad, good)
        try:
            loaded = world.load(data, overrides)
            for fmt in ("text", "json", "sarif") if seed % 10 == 0 else ("text",):
                write(loaded.report, fmt, io.StringIO())
            lines = data.count(b"\n") + data.count(b"\r") + 2
            assert all((f.at.line or 1) <= lines or f.at.path == "--set" for f in loaded.report.findings)
            if loaded.graph is not None:
                counts["built"] += 1
                assert loaded.graph.digest.startswith("sha256:")
                for fmt in FORMATS:
                    assert show(loaded.graph, fmt)
            else:
                counts["refused"] += 1
                assert loaded.report.exit_code() == 1
        except Exception as error:
            error.args = (*error.args, f"seed {seed}", data, overrides)
            raise
    return counts


def test_some_hundred_mutants_end_in_findings(bad_cases: list[Any], good_cases: list[Any], world: Any) -> None:
    counts = survive(range(800), bad_cases, good_cases, world)
    assert counts["refused"] > 400
    assert counts["built"] > 15


@pytest.mark.deep
@pytest.mark.parametrize("part", range(20))
def test_fifty_thousand_mutants_end_in_findings(
    part: int, bad_cases: list[Any], good_cases: list[Any], world: Any
) -> None:
    survive(range(1000 + part * 2500, 1000 + (part + 1) * 2500), bad_cases, good_cases, world)

"""What the small graph must make of its readings, worked out without any of the engine: a loop and some dictionaries.

Takes:   how many readings there are.
Gives:   `expected`: what goes through the channels, which letters are dead, which state is left.
Ignores: batches, retries, order between keys, and everything that can go wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

KEYS = ("ada", "bob", "cyd")


@dataclass
class Expected:
    """The end of an undisturbed run."""

    events: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))  # key -> payloads
    dead: Counter[tuple[str, str]] = field(default_factory=Counter)  # node, reason
    tally: Counter[str] = field(default_factory=Counter)  # key -> readings seen
    mark: Counter[str] = field(default_factory=Counter)  # key -> sum of what passed
    alerts: int = 0


def expected(count: int) -> Expected:
    """The small graph in one pass, node by node."""
    made = Expected()
    seen: dict[int, dict[str, Any]] = {}  # reading -> what it became when it came first
    alarms: dict[str, int] = {}
    for turn in range(count):
        if turn % 11 == 10:
            made.dead["feed", "decode"] += 1
            continue
        n, key = turn - 3 if turn % 13 == 12 else turn, KEYS[turn % 3]
        made.tally[key] += 1
        if n % 17 == 16 or n % 8 == 7:
            continue
        if n % 6 == 3:
            alarms[key] = n
        payload = {"n": n} if key == "cyd" else {"n": n, "seen": made.tally[key]}
        if n not in seen:
            seen[n] = payload
            made.events[key].append(payload)
        elif seen[n] != payload:
            made.dead["tally", "conflict"] += 1
    for key, n in alarms.items():
        made.events[key].append({"n": 1000 + n, "seen": made.tally[key], "of": key})
    for key, payloads in made.events.items():
        for n in (payload["n"] for payload in payloads):
            if n % 9 == 4:
                made.dead["enrich", "permanent"] += 1
                continue
            twins = 2 if n % 5 == 0 else 0
            made.alerts += 1 + twins
            made.mark[key] += n * (1 + twins)
    return made

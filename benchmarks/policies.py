"""What policies cost while nothing fails, beside a wrapper around every call.

Run:     python benchmarks/policies.py [ROUNDS]      (or `nox -s bench -- benchmarks/policies.py`)
Bars:    with retry, deadline, circuit breaker and rate limit bound to every node, a graph in memory keeps 0.8 of the
         throughput that it has without policies.
How:     payloads of 1 kB as JSON, source -> 2 transforms -> sink, as in `in_memory.py`; all contenders run in turns, and
         what counts is the median of the ratios within a turn.  Time is that of the processor: none of them waits for
         anything, and what else the machine does shall not decide.  tenacity and stamina wrap the same two transforms and
         the same sink, as their documentation shows, inside the same graph without policies; they retry, and do
         nothing of the rest.
Also:    what one wrapped call costs alone, and what each decision point costs for a batch.
Ignores: what happens when something fails; what that costs, the failing record pays.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import machine
import msgspec

from penstock._store.memory import MemoryStore
from penstock.bindings import NO_POLICIES, Bound, PolicySet
from penstock.record import Reading, Record
from penstock.running import run
from penstock.sdk import Context, node
from penstock.testing import graph_of
from penstock_standard.policies.circuit_breaker import CircuitBreaker
from penstock_standard.policies.deadline import Deadline
from penstock_standard.policies.rate_limit import RateLimit
from penstock_standard.policies.retry import Retry

Payload = dict[str, Any]
COUNT = 30_000
BAR = 0.8

encode = msgspec.json.Encoder().encode
PAYLOADS: list[Payload] = [
    {
        "id": f"{n:032x}", "camera": f"camera-{n % 4}", "time": "2024-05-13T06:00:00.000Z", "confidence": 0.5 + n % 50 / 100,
        "class": "PERSON", "box": [0.25, 0.5, 0.125, 0.375], "track": n // 16,
        "labels": {"zone": "dock-edge", "shift": "morning", "site": "north"}, "embedding": "0123456789abcdef" * 46,
    }
    for n in range(1_000)
]  # fmt: skip  # about 1 kB as JSON: what a camera might say


def mark(value: Payload) -> Payload:
    """First transform."""
    return {**value, "sure": value["confidence"] > 0.75}


def place(value: Payload) -> Payload:
    """Second transform."""
    return {**value, "zone": value["labels"]["zone"]}


class Tally:
    """A sink that counts."""

    def __init__(self) -> None:
        self.n = 0

    def take(self, value: Payload) -> None:
        """One payload."""
        self.n += 1


@node("bench-feed")
class Feed:
    """Hands over payloads that are there already."""

    count: int

    def read(self, ctx: Context) -> Iterator[Reading]:
        for n in range(ctx.position or 0, self.count):
            yield Reading(PAYLOADS[n % 1_000], n + 1)


@node("bench-call")
class Call:
    """A transform that calls a function."""

    function: Any

    def process(self, record: Record, ctx: Context) -> Record:
        return record.derive(self.function(record.payload))


@node("bench-sink", effect="none")
class Sink:
    """A sink that calls a function."""

    function: Any

    def write(self, record: Record, ctx: Context) -> None:
        self.function(record.payload)


def bound() -> PolicySet:
    """Retry, deadline, breaker and rate limit, each on every node."""
    policies = (
        ("rate", RateLimit(rate=1e7, burst=1_000_000_000)),
        ("deadline", Deadline(attempt=5.0)),
        ("retry", Retry()),
        ("breaker", CircuitBreaker()),
    )
    bindings = [Bound(policy, name, type(policy).__penstock_policy__.points) for name, policy in policies]  # type: ignore[attr-defined]  # @policy puts it there
    points = {point for each in bindings for point in each.points}
    rules = {point: tuple(each for each in bindings if point in each.points) for point in points}
    return PolicySet(dict.fromkeys(("mark", "place", "sink"), rules), digest="bench")


def through(wrap: Callable[[Any], Any], policies: Callable[[], PolicySet]) -> float:
    """Records in a second of processor time through the graph, every function wrapped."""
    tally = Tally()
    nodes = {"feed": Feed(COUNT), "mark": Call(wrap(mark)), "place": Call(wrap(place)), "sink": Sink(wrap(tally.take))}
    graph, build = graph_of(nodes, ["feed -> mark", "mark -> place", "place -> sink"], history="counts")
    gc.collect()
    begun = time.process_time()
    run(graph, build, MemoryStore(), until_idle=True, policies=policies())
    took = time.process_time() - begun
    if tally.n != COUNT:
        raise SystemExit(f"records were lost or doubled: {tally.n} of {COUNT} arrived")
    return COUNT / took


def as_it_is(function: Any) -> Any:
    """No wrapper."""
    return function


def tenacity(function: Any) -> Any:
    """`@retry`, as on the first page of its documentation."""
    from tenacity import retry, stop_after_attempt, wait_exponential

    return retry(stop=stop_after_attempt(3), wait=wait_exponential(multiplier=0.5))(function)


def stamina(function: Any) -> Any:
    """`@retry(on=...)`, as on the first page of its documentation."""
    from stamina import retry

    return retry(on=Exception, attempts=3)(function)


def one_call(wrap: Callable[[Any], Any], calls: int = 20_000) -> float:
    """Microseconds that a wrapper adds to one call."""

    def each(function: Any) -> float:
        begun = time.perf_counter()
        for _ in range(calls):
            function(1)
        return (time.perf_counter() - begun) / calls * 1e6

    return each(wrap(abs)) - each(abs)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    machine.print_facts()
    contenders = {
        "no policies": (as_it_is, lambda: NO_POLICIES),
        "four policies on every node": (as_it_is, bound),
        "tenacity around every call": (tenacity, lambda: NO_POLICIES),
        "stamina around every call": (stamina, lambda: NO_POLICIES),
    }
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, (wrap, policies) in contenders.items():
            measured = through(wrap, policies)
            found[name] += [measured] if turn else []
    first = next(iter(contenders))
    ratios = {name: median(one / other for one, other in zip(found[name], found[first], strict=True)) for name in found}
    rows = [("source, two transforms, sink, in memory", "records/s", "of no policies", "bar", "verdict")]
    for name in contenders:
        bar = f"{BAR} x" if name.startswith("four") else ""
        verdict = "" if not bar else "holds" if ratios[name] >= BAR else "MISSED"
        rows.append((name, f"{median(found[name]):,.0f}", f"{ratios[name]:.2f} x", bar, verdict))
    machine.table(rows)
    print()
    for name, wrap in (("tenacity", tenacity), ("stamina", stamina)):
        print(f"{name} adds {median(one_call(wrap) for _ in range(5)):.1f} us to one call")
    raise SystemExit(0 if ratios["four policies on every node"] >= BAR else 1)


if __name__ == "__main__":
    main()

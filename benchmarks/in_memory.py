"""How fast records move in memory, beside bytewax, streamz and a plain loop.

Run:     python benchmarks/in_memory.py [ROUNDS]      (or `nox -s bench -- benchmarks/in_memory.py`)
Bars:    half of bytewax without recovery, whose core is Rust; 15 times streamz; 500,000 records a second with metrics.
How:     payloads of 1 kB as JSON, source -> 2 transforms -> sink.  All contenders call the same functions on the same
         payloads, in turns of a fraction of a second (`contest/turns.py`).
Also:    `records only` makes the records that the SDK promises to nodes, in a bare loop and without an engine.  It
         does nothing for anybody; it says how much of the distance is the price of records and how much ours.
Mind:    15 times streamz is about as fast as the plain loop itself, which carries no records and keeps no counts.
Ignores: what survives (`durable.py`), start-up (`startup.py`) and memory (`memory.py`).
"""

from __future__ import annotations

import sys

import machine
from contest.ours import Way, in_memory
from contest.turns import Bar, Contender, Least, Verdicts, turns
from contest.work import Tally, Text, from_text, ready_made
from peers.in_memory import bytewax, plain_loop, records_only, streamz

TURN = 50_000  # records
COUNTED = Way(history="counts", metrics=False)
METERED = Way(history="counts")
LARGER = Way(history="counts", batch=256)

PENSTOCK = "penstock"
WITH_METRICS = "penstock, metrics served"
BY_256 = "penstock, metrics served, batch 256"


def contenders(source: object, tally: object) -> list[Contender]:
    """Everybody, doing the same."""
    return [
        Contender(PENSTOCK, in_memory(source, tally, COUNTED), TURN),
        Contender(WITH_METRICS, in_memory(source, tally, METERED), TURN, ("prometheus_client",)),
        Contender(BY_256, in_memory(source, tally, LARGER), TURN, ("prometheus_client",)),
        Contender("bytewax", bytewax(source, tally), TURN, ("bytewax",)),
        Contender("streamz", streamz(source, tally), TURN // 5, ("streamz",)),
        Contender("plain loop", plain_loop(source, tally), TURN),
        Contender("records only", records_only(source, tally), TURN),
    ]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    machine.print_facts()
    verdicts = Verdicts()
    found = turns(contenders(ready_made, Tally), rounds)
    bars = [Bar(PENSTOCK, "bytewax", 0.5), Bar(PENSTOCK, "streamz", 15), Least(WITH_METRICS, 500_000), Bar(BY_256, "bytewax", 0.5), Least(BY_256, 500_000)]  # fmt: skip
    verdicts.judge("in memory, payloads ready made", found, bars)
    found = turns(contenders(from_text, Text), rounds)
    verdicts.judge("in memory, from JSON text to JSON text", found, [Bar(PENSTOCK, "bytewax", 0.5)])
    verdicts.end()


if __name__ == "__main__":
    main()

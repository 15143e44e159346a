"""How fast records move through channels that survive, beside queues, servers and engines that keep them as safe.

Run:     python benchmarks/durable.py [ROUNDS]      (or `nox -s bench -- benchmarks/durable.py`)
Bars:    safe against a power cut, one durable link: 50 times persist-queue and huey, 4 times Redis streams; with each
         commit confirmed alone 25 times; three durable links with contracts and dedup: 18 times persist-queue, 200
         times a step of DBOS; no durable link but a source that resumes: 150,000 records a second; a backlog drains 3
         times as fast as one link carries.
         Safe against a killed process: 15 times NATS JetStream, 2 times bytewax with a snapshot at each batch.
How:     payloads of 1 kB as JSON, source -> 2 transforms -> sink; history in full and metrics served, with us.  Turns
         and ratios as in `contest/turns.py`; a peer is set to be as safe as what it is compared with, and one that
         cannot be had here is left out, and that is said.
Mind:    our own graphs are started and ended within their turns, peers are connected and ready before theirs.
Ignores: how long one record takes (`latency.py`), and whether any of it survives (`nox -s certify`).
"""

from __future__ import annotations

import sys

import machine
from contest.ours import Way, drain, offsets_only, one_link, three_links
from contest.turns import Bar, Contender, Least, Verdicts, turns
from peers.durable import bytewax_recovering, dbos_steps, dbos_workflows, huey, litequeue, persist_queue
from peers.servers import nats_jetstream, redis_streams

TURN = 50_000  # records; peers that confirm each one alone get fewer
LARGER = "batch 256"

ONE, FULL, THREE, OFFSETS, DRAIN = (
    "one link", "one link, each commit confirmed", "three links, contracts, dedup", "no link, batch 256", "a backlog",
)  # fmt: skip  # the names of our graphs

POWER = [
    Contender(ONE, one_link(Way()), TURN),
    Contender(f"{ONE}, {LARGER}", one_link(Way(batch=256)), TURN),
    Contender(FULL, one_link(Way(barrier=0)), TURN),
    Contender(f"{FULL}, {LARGER}", one_link(Way(barrier=0, batch=256)), TURN),
    Contender(THREE, three_links(Way()), TURN),
    Contender(f"{THREE}, {LARGER}", three_links(Way(batch=256)), TURN),
    Contender(OFFSETS, offsets_only(Way(batch=256)), 2 * TURN),
    Contender(DRAIN, drain(Way()), TURN),
    Contender("persist-queue", persist_queue, 500, ("persistqueue",)),
    Contender("huey", huey, 500, ("huey",)),
    Contender("Redis streams", redis_streams(64), 6_400, ("redis",), "redis-server"),
    Contender("a step of DBOS", dbos_steps, 100, ("dbos", "pysqlite3")),
    Contender("a workflow of DBOS", dbos_workflows, 40, ("dbos", "pysqlite3")),
]
POWER_BARS = [
    Bar(ONE, "persist-queue", 50),
    Bar(ONE, "huey", 50),
    Bar(ONE, "Redis streams", 4),
    Bar(f"{ONE}, {LARGER}", "persist-queue", 50),
    Bar(f"{ONE}, {LARGER}", "huey", 50),
    Bar(f"{ONE}, {LARGER}", "Redis streams", 4),
    Bar(FULL, "persist-queue", 25),
    Bar(FULL, "huey", 25),
    Bar(THREE, "persist-queue", 18),
    Bar(THREE, "a step of DBOS", 200),
    Bar(THREE, "a workflow of DBOS", 200),
    Least(OFFSETS, 150_000),
    Bar(DRAIN, ONE, 3),
]
PROCESS = [
    Contender(ONE, one_link(Way(ack="process")), TURN),
    Contender(f"{ONE}, {LARGER}", one_link(Way(ack="process", batch=256)), TURN),
    Contender("bytewax, recovering", bytewax_recovering(64), TURN, ("bytewax",)),
    Contender(f"bytewax, recovering, {LARGER}", bytewax_recovering(256), TURN, ("bytewax",)),
    Contender("NATS JetStream", nats_jetstream, 2_000, ("nats",), "nats-server"),
    Contender("litequeue", litequeue, 1_000, ("litequeue",)),
]
PROCESS_BARS = [
    Bar(ONE, "NATS JetStream", 15),
    Bar(ONE, "bytewax, recovering", 2),
    Bar(f"{ONE}, {LARGER}", f"bytewax, recovering, {LARGER}", 2),
]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    machine.print_facts()
    verdicts = Verdicts()
    verdicts.judge("safe against a power cut", turns(POWER, rounds), POWER_BARS)
    verdicts.judge("safe against a killed process", turns(PROCESS, rounds), PROCESS_BARS)
    verdicts.end()


if __name__ == "__main__":
    main()

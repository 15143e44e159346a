"""Peers that are servers: Redis streams and NATS JetStream, on a port of this machine that nobody else can reach.

Takes:   payloads that are ready made; `redis-server` and `nats-server` from the operating system.
Gives:   `Opens` for `turns.Contender`; each starts a server of its own, and ends it.
Ignores: peers inside the process (`durable.py`).
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from contest.turns import Go
from contest.work import Tally, decode, encode, mark, place, ready_made

_PATIENCE = 10.0  # seconds that a server may take to start


def redis_streams(batch: int) -> Any:
    """`XADD`, `XREADGROUP` and `XACK`, pipelined by the batch; the server confirms after each fsync (`appendfsync always`)."""

    @contextmanager
    def opens(here: Path, count: int) -> Iterator[Go]:
        import redis

        port = _free_port()
        words = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(here), "--appendonly", "yes", "--appendfsync", "always", "--save", "")  # fmt: skip
        with _server(("redis-server", *words), port):
            client = redis.Redis(port=port)
            client.xgroup_create("events", "sink", id="0", mkstream=True)

            def go() -> int:
                end = Tally()
                values = ready_made(count)
                while some := list(islice(values, batch)):
                    pipe = client.pipeline(transaction=False)
                    for value in some:
                        pipe.xadd("events", {b"body": encode(mark(value))})
                    pipe.execute()
                while found := client.xreadgroup("sink", "one", {"events": ">"}, count=batch):
                    ((_, entries),) = found.items() if isinstance(found, dict) else found
                    for _, fields in entries:
                        end.take(place(decode(fields[b"body"])))
                    client.xack("events", "sink", *(id for id, _ in entries))
                return end.n

            yield go
            client.close()

    return opens


@contextmanager
def nats_jetstream(here: Path, count: int) -> Iterator[Go]:
    """Publish and wait for the acknowledgement, record by record; pull and acknowledge. Its disk is synced now and then."""
    import nats

    port = _free_port()
    words = ("-js", "-sd", str(here), "-a", "127.0.0.1", "-p", str(port))
    with _server(("nats-server", *words), port):

        async def work() -> int:
            end = Tally()
            client = await nats.connect(f"nats://127.0.0.1:{port}")
            stream = client.jetstream()
            await stream.add_stream(name="events", subjects=["events"])
            for value in ready_made(count):
                await stream.publish("events", encode(mark(value)))
            taken = await stream.pull_subscribe("events", "sink")
            while end.n < count:
                for message in await taken.fetch(64):
                    end.take(place(decode(message.data)))
                    await message.ack()
            await client.close()
            return end.n

        yield lambda: asyncio.run(work())


@contextmanager
def _server(words: Sequence[str], port: int) -> Iterator[None]:
    """The server, from the moment on at which it answers."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + _PATIENCE
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{words[0]} does not start: try `{' '.join(words)}`")
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""Peers that keep what passes through them, inside the process: persist-queue, huey, litequeue, DBOS, bytewax with recovery.

Takes:   payloads that are ready made.
Gives:   `Opens` for `turns.Contender`.
Ignores: peers with a server of their own (`servers.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from contest.turns import Go
from contest.work import Payload, Tally, decode, encode, mark, place, ready_made

from peers.in_memory import bytewax_flow


@contextmanager
def persist_queue(here: Path, count: int) -> Iterator[Go]:
    """`SQLiteAckQueue`: put, get, ack. SQLite's own default makes each commit safe against a power cut."""
    from persistqueue import SQLiteAckQueue
    from persistqueue.serializers import json as as_json

    queue = SQLiteAckQueue(str(here / "queue"), auto_commit=True, serializer=as_json)

    def go() -> int:
        end = Tally()
        for value in ready_made(count):
            queue.put(mark(value))
        for _ in range(count):
            item = queue.get(block=False)
            end.take(place(item))
            queue.ack(item)
        return end.n

    yield go
    queue.close()


@contextmanager
def huey(here: Path, count: int) -> Iterator[Go]:
    """`SqliteHuey(fsync=True)`: enqueue, dequeue, execute, without results."""
    from huey import SqliteHuey

    end = Tally()
    app = SqliteHuey("bench", filename=str(here / "huey.db"), fsync=True, results=False)

    @app.task()  # type: ignore[untyped-decorator]  # huey has no types
    def take(value: Payload) -> None:
        end.take(place(value))

    def go() -> int:
        for value in ready_made(count):
            take(mark(value))
        while task := app.dequeue():
            app.execute(task)
        return end.n

    yield go
    app.storage.close()


@contextmanager
def litequeue(here: Path, count: int) -> Iterator[Go]:
    """`LiteQueue`: put, pop, done; it sets SQLite to survive a killed process and not a power cut."""
    from litequeue import LiteQueue

    queue = LiteQueue(str(here / "queue.db"))

    def go() -> int:
        end = Tally()
        for value in ready_made(count):
            queue.put(encode(mark(value)).decode())
        while message := queue.pop():
            end.take(place(decode(message.data)))
            queue.done(message.message_id, claim_id=message.claim_id)
        return end.n

    yield go
    queue.close()


@contextmanager
def dbos_steps(here: Path, count: int) -> Iterator[Go]:
    """One workflow for all records, with a step for each: what was done is remembered step by step."""
    with _dbos(here) as DBOS:
        marked = DBOS.step()(mark)

        @DBOS.workflow()  # type: ignore[untyped-decorator]  # whoever launches it hands it on as anything
        def work() -> int:
            end = Tally()
            for value in ready_made(count):
                end.take(place(marked(value)))
            return end.n

        yield _launched(DBOS, work)


@contextmanager
def dbos_workflows(here: Path, count: int) -> Iterator[Go]:
    """A workflow with one step for each record: each is durable, and can be resumed, by itself."""
    with _dbos(here) as DBOS:
        marked = DBOS.step()(mark)

        @DBOS.workflow()  # type: ignore[untyped-decorator]  # whoever launches it hands it on as anything
        def work(value: Payload) -> Payload:
            return place(marked(value))

        def go() -> int:
            end = Tally()
            for value in ready_made(count):
                end.take(work(value))
            return end.n

        yield _launched(DBOS, go)


def _launched(DBOS: Any, go: Go) -> Go:
    DBOS.launch()
    return go


@contextmanager
def _dbos(here: Path) -> Iterator[Any]:
    """DBOS on SQLite, whose default is to be safe against a power cut."""
    import pysqlite3  # DBOS wants a younger SQLite than many a Python has
    from dbos import DBOS

    where = f"sqlite:///{here / 'dbos.sqlite'}"
    DBOS(
        config={
            "name": "bench", "system_database_url": where, "log_level": "ERROR", "run_admin_server": False,
            "db_engine_kwargs": {"module": pysqlite3},
        }
    )  # fmt: skip
    yield DBOS
    DBOS.destroy(destroy_registry=True)


def bytewax_recovering(batch: int) -> Any:
    """The dataflow with a source that can resume, and a snapshot after every batch."""

    @contextmanager
    def opens(here: Path, count: int) -> Iterator[Go]:
        from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
        from bytewax.recovery import RecoveryConfig, init_db_dir
        from bytewax.testing import run_main

        class Part(StatefulSourcePartition[Any, int]):
            def __init__(self, start: int) -> None:
                self.at = start
                self.values = ready_made(count, start)

            def next_batch(self) -> list[Any]:
                if found := list(islice(self.values, batch)):
                    self.at += len(found)
                    return found
                raise StopIteration

            def snapshot(self) -> int:
                return self.at

        class Source(FixedPartitionedSource[Any, int]):
            def list_parts(self) -> list[str]:
                return ["only"]

            def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> Part:
                return Part(resume_state or 0)

        (here / "recovery").mkdir()
        init_db_dir(here / "recovery", 1)

        def go() -> int:
            end = Tally()
            recovery = RecoveryConfig(str(here / "recovery"))
            run_main(bytewax_flow(Source(), end), epoch_interval=timedelta(0), recovery_config=recovery)
            return end.n

        yield go

    return opens

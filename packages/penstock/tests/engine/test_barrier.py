"""At `power` the disk confirms commits together, and nothing is told before it has."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from penstock._store.interface import StoreError
from penstock._store.sqlite import SqliteStore
from penstock.graph.model import Channel, Group
from penstock.record import Reading
from penstock.running import run
from penstock.sdk import node
from penstock.testing import graph_of


@node("numbers")
class Numbers:
    count: int

    def read(self, ctx: Any) -> Any:
        for n in range(ctx.position or 0, self.count):
            yield Reading(n, n + 1)


@node("end", effect="none")
class End:
    def write(self, record: Any, ctx: Any) -> None:
        pass


class Watched(SqliteStore):
    """Notes what was committed, what the disk has confirmed, and in which order."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.story: list[str] = []

    def commit(self, work: Any, owner: str, now: float, *, safe: bool = True) -> Any:
        appended = super().commit(work, owner, now, safe=safe)
        self.story.append("safe" if safe else "unsafe")
        return appended

    def flush(self) -> None:
        super().flush()
        self.story.append("safe")


class Listener:
    def __init__(self, story: list[str]) -> None:
        self.story = story

    def committed(self, counts: Any) -> None:
        self.story.append("told")

    def ended(self, report: Any) -> None:
        self.story.append("ended")


def story_of(tmp_path: Any, *, ack: str = "power", **settings: Any) -> list[str]:
    store = Watched(tmp_path / "store", ack=ack)
    graph, build = graph_of(
        {"read": Numbers(400), "end": End()},
        ["read -> events", "events@end -> end"],
        [Channel("events", "sqlite", groups={"end": Group("end")})], batch=4, **settings,
    )  # fmt: skip  # what runs in one line, each side of it in another
    report = run(graph, build, store, until_idle=True, observers=[Listener(store.story)])
    store.close()
    assert report.conserved
    return store.story


def test_nothing_is_told_that_the_disk_has_not_confirmed(tmp_path):
    story = story_of(tmp_path, barrier=0.005)
    assert "unsafe" in story
    confirmed = True
    for what in story:
        confirmed = what == "safe" or (confirmed and what != "unsafe")
        assert confirmed or what == "unsafe", story
    assert story[-1] == "ended"


def test_commits_share_a_confirmation(tmp_path):
    story = story_of(tmp_path, barrier=60)
    assert story.count("safe") <= 3  # the first commit, and the end
    assert story.count("unsafe") > 50


@pytest.mark.parametrize(("ack", "barrier"), [("power", 0), ("process", 60)])
def test_without_a_barrier_each_commit_is_told_at_once(tmp_path, ack, barrier):
    story = story_of(tmp_path, ack=ack, barrier=barrier)
    assert "unsafe" not in story
    assert story.count("told") == story.count("safe") > 50


class Levels(sqlite3.Connection):
    """Notes how safe the connection is at each commit."""

    def execute(self, sql: str, *arguments: Any) -> Any:
        if sql == "COMMIT":
            (level,) = super().execute("PRAGMA synchronous").fetchone()
            self.levels.append(level)
        return super().execute(sql, *arguments)

    levels: list[int]


def test_the_disk_is_asked_by_a_safe_commit_and_by_a_flush_and_by_no_other(tmp_path):
    from penstock._store.facts import Work

    Levels.levels = []
    store = SqliteStore(tmp_path, connection=Levels)
    store.open("g", [])
    store.begin_run("run", "", 0.0)
    Levels.levels.clear()
    store.commit(Work(), "run", 0.0, safe=False)
    store.flush()
    store.commit(Work(), "run", 0.0)
    store.commit(Work(), "run", 0.0, safe=False)
    assert Levels.levels == [1, 2, 2, 1]  # NORMAL, FULL
    store.close()


def test_a_run_whose_last_commits_are_not_confirmed_says_so(tmp_path):
    class Refuses(Watched):
        def flush(self) -> None:
            raise StoreError("disk I/O error", code="S105")

    store = Refuses(tmp_path / "store")
    graph, build = graph_of({"read": Numbers(40), "end": End()}, ["read -> end"], batch=4, barrier=60.0)
    with pytest.raises(StoreError, match="disk I/O error"):
        run(graph, build, store, until_idle=True, observers=[Listener(store.story)])
    assert "ended" not in store.story
    store.close()

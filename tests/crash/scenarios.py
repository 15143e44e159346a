"""Short stories that end badly when a promise is broken; the mutants are told them.

    python scenarios.py DIRECTORY NAME [NAME ...]

Takes:   where to work, which stories.
Gives:   exit code 0 when all end well, 1 with what was found at the first that does not.
Ignores: which of the promises is broken, and by whom.  Whatever `penstock` is importable is what the story is about.
"""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, cast

from every_boundary import campaign
from expected import expected
from partition_stories import STORIES as OF_PARTITIONS
from small_graph import SOON, simulated, small_remains

import penstock
from penstock._store.codec import portable
from penstock._store.facts import Append, ChannelSpec, Lease, Work
from penstock._store.interface import LeaseLost, StoreError
from penstock._store.seen import Seen
from penstock._store.sqlite import SqliteStore
from penstock.graph.model import Channel, Group
from penstock.record import Reading, Record
from penstock.running import simulate
from penstock.sdk import Context, node
from penstock.testing import graph_of, one_policy

COUNT = 40
NOW = 1_700_000_000.0


def a_power_cut_takes_nothing_that_was_acknowledged(here: Path) -> None:
    """States that power cuts may leave of a recorded run, each compared with what was acknowledged by then."""
    from penstock._certify.grade import CUTS, SOFT, certify

    card = certify(here, states=150, kills=1, seed=5)
    wrong = {CUTS: card.trials[CUTS].first}
    wrong[SOFT] = {kind: what for kind, what in card.trials[SOFT].first.items() if kind != "lost"}
    assert not any(wrong.values()), wrong


# -- stories of whole runs -------------------------------------------------------------------------------------------


def the_end_is_what_a_loop_would_give(here: Path) -> None:
    """An undisturbed run, compared with a plain loop over the same readings."""
    simulated(here, 0, sqlite3.Connection, COUNT)
    left, want = small_remains(here), expected(COUNT)
    assert not left.wrong, left.wrong
    dead = Counter()
    for letter, n in left.dead.items():
        dead[letter[0], letter[3]] += n
    same(dead, want.dead, "dead letters")
    got = {key: [_payload(left.channels["events"][id]) for id in ids] for key, ids in left.lanes["events"].items()}
    same(got, dict(want.events), "events, by key and in order")
    same(len(left.channels["alerts"]), want.alerts, "alerts")
    for name, wanted in (("tally", want.tally), ("mark", want.mark)):
        same({k: int(v) for (of, k), v in left.state.items() if of == name}, dict(wanted), f"state of {name}")
    events = sum(map(len, want.events.values()))
    same(sum(left.lines["archive.jsonl"].values()), events, "lines of the archive")
    same(len({key for key, _ in left.effects["audit.jsonl"]}), events, "effects of the audit")
    same(len({key for key, _ in left.effects["ledger.jsonl"]}), want.alerts, "effects of the ledger")


def a_second_run_of_the_same_is_the_same(here: Path) -> None:
    """Two undisturbed runs, in two orders, name everything alike."""
    runs = []
    for seed in (1, 2):
        (here / str(seed)).mkdir()
        simulated(here / str(seed), seed, sqlite3.Connection, COUNT)
        runs.append(small_remains(here / str(seed)))
    for name in runs[0].channels:
        same(set(runs[0].channels[name]), set(runs[1].channels[name]), f"ids in {name}")
    for name in runs[0].effects:
        same({k for k, _ in runs[0].effects[name]}, {k for k, _ in runs[1].effects[name]}, f"effect keys in {name}")


def a_kill_after_any_transaction_leaves_no_trace(here: Path) -> None:
    """The exhaustive campaign on a few readings, up to its first fault."""
    found = campaign(here / "work", "after", 3, 16, 1, None, until_fault=True)
    assert not found["faults"], found["faults"]


# -- a lease that is taken away while its holder works ----------------------------------------------------------------


@node("story-feed")
class Feed:
    """Ten readings."""

    def read(self, ctx: Context) -> Iterator[Reading]:
        for n in range(ctx.position or 0, 10):
            yield Reading({"n": n}, n + 1)


@node("story-thief")
class Thief:
    """Once, at the third record, takes everything away from the run that it works for."""

    def __post_init__(self) -> None:
        self.store: SqliteStore | None = None
        self.tries: Counter[int] = Counter()

    def process(self, record: Record, ctx: Context) -> Record:
        n = record.payload["n"]
        self.tries[n] += 1
        if n == 2 and self.tries[n] == 1 and self.store is not None:
            other = SqliteStore(self.store.directory, ack="process")
            other.attach()
            other.release("seed-0")
            other.close()
        return record.derive(record.payload)


def what_was_taken_away_is_done_again_and_counts_once(here: Path) -> None:
    """A holder that has lost its lease commits nothing, begins again, and everything is there once."""
    thief = Thief()
    sink = Kept()
    nodes = {"feed": Feed(), "thief": thief, "sink": sink}
    channels = [Channel(name, "sqlite", retention=3600.0, groups={"all": Group("all")}) for name in ("first", "second")]
    links = ["feed -> first", "first@all -> thief", "thief -> second", "second@all -> sink"]
    graph, build = graph_of(nodes, links, channels, name="story", batch=4)
    store = thief.store = SqliteStore(here / "store", ack="process")
    with an_end_within(10):
        made = simulate(graph, build, 0, store=store, policies=one_policy(SOON, graph))
    store.close()
    same(made.report.late, 1, "completions that were refused")
    assert thief.tries[2] == 2, "what was under way was not done again"
    same(sorted(sink.got), list(range(10)), "what arrived")
    assert made.report.conserved, made.report.links


@node("story-kept", effect="none")
class Kept:
    """Remembers."""

    def __post_init__(self) -> None:
        self.got: list[int] = []

    def write(self, record: Record, ctx: Context) -> None:
        self.got.append(record.payload["n"])


# -- stories of a store ----------------------------------------------------------------------------------------------


def opened(
    here: Path, run: str, *, dedup: float = 0.0, retention: float = 0.0, seen: Seen | None = None
) -> SqliteStore:
    """A store with one channel and one group, and a run on it."""
    store = SqliteStore(here / "store", ack="process", seen=seen)
    store.open("story", [ChannelSpec("events", ("g",), dedup, retention)])
    store.begin_run(run, "", NOW)
    return store


def append(store: SqliteStore, run: str, *numbers: int, body: Any = None, producer: str = "p") -> int:
    """Records of these numbers, as their producer made them."""
    return store.commit(Work(append=[_appending(numbers, body, producer)]), run, NOW)["events"]


def _appending(numbers: Iterable[int], body: Any = None, producer: str = "p") -> Append:
    records = [Record({"n": n, "body": body}, _salt=b"story", _position=n) for n in numbers]
    return Append("events", producer, "p.out -> events", records, [portable(each.payload) for each in records])


def lease(store: SqliteStore, run: str, now: float = NOW, limit: int = 64) -> Lease:
    """The next range, for ten seconds; there must be one."""
    taken = store.lease("events", "g", limit, run, now, now + 10)
    assert taken is not None, "nothing to lease"
    return taken


def refused(store: SqliteStore, run: str, work: Work, what: str) -> None:
    """The store must not take this."""
    try:
        store.commit(work, run, NOW + 20)
    except LeaseLost:
        return
    raise AssertionError(f"{what} was taken")


def who_comes_late_is_refused(here: Path) -> None:
    """A lease that ran out and was given to somebody else is worth nothing to its first holder."""
    one, two = opened(here, "one"), opened(here, "two")
    append(one, "one", 1, 2, 3)
    first = lease(one, "one")
    second = lease(two, "two", NOW + 11)
    same((second.start, second.end), (first.start, first.end), "the range that was given again")
    refused(one, "one", Work(settle=[first]), "a late completion")
    two.commit(Work(settle=[second]), "two", NOW + 12)
    refused(one, "one", Work(settle=[first]), "a completion after the completion")
    same(one.depth("events", "g").total, 0, "depth")


def one_at_a_time_holds_a_claim(here: Path) -> None:
    """Until it runs out, and then its fence is worth nothing."""
    one, two = opened(here, "one"), opened(here, "two")
    fence = one.claim("source:feed", "one", NOW, NOW + 10)
    assert fence is not None, "nobody holds it, and it cannot be had"
    assert two.claim("source:feed", "two", NOW + 5, NOW + 15) is None, "two hold one claim"
    assert two.claim("source:feed", "two", NOW + 11, NOW + 21) is not None, "what ran out cannot be had"
    refused(one, "one", Work(claims={"source:feed": fence}), "work under a lost claim")


def a_key_is_known_as_long_as_the_window_lasts(here: Path) -> None:
    """Settled or not: the same again is dropped, another body is a conflict, another producer is another matter."""
    store = opened(here, "one", dedup=3600.0)
    same(append(store, "one", 1, 2), 2, "appended")
    store.commit(Work(settle=[lease(store, "one")]), "one", NOW + 1)
    same(append(store, "one", 2, 3), 1, "appended of two, one of which was there before")
    same(append(store, "one", 2, body="other"), 0, "appended with a known key and another body")
    same([letter.reason for letter in store.dead_letters()], ["conflict"], "dead letters")
    same(append(store, "one", 2, producer="q"), 1, "appended by another producer")
    same(store.totals()["p.out -> events", "dropped", "duplicate"], 1, "duplicates")


def a_key_is_known_wherever_it_is_kept(here: Path) -> None:
    """By those who write it and by others, before, while and after it is put in order, and when all have begun anew."""
    one, two = (opened(here, run, dedup=3600.0, seen=Seen(size)) for run, size in (("one", 4), ("two", 1000)))
    for n in range(0, 40, 2):
        same(append(one, "one", n), 1, "appended by one")
        same(append(two, "two", n + 1, n), 1, "appended by two, of two that one of them has")
        same(append(one, "one", n, n + 1), 0, "appended again")
    late = opened(here, "late", dedup=3600.0, seen=Seen(4))
    same(append(late, "late", *range(41)), 1, "appended by who came late, of which one is new")
    try:
        late.commit(Work(append=[_appending(range(41, 44))], state={("node", "key"): cast("bytes", ...)}), "late", NOW)
    except StoreError:
        same(append(late, "late", *range(41, 44)), 3, "appended again after a commit that has failed")
    same(late.totals()["p.out -> events", "handled", ""], 44, "records")


def what_is_not_settled_is_kept(here: Path) -> None:
    """Retention takes what is settled and nothing else, and offsets go on where they were."""
    store = opened(here, "one")
    append(store, "one", 1, 2)
    append(store, "one", 3, 4)
    first = lease(store, "one", limit=2)
    same(store.retain(NOW + 1, 1e9), 0, "records that went although none was settled")
    store.commit(Work(settle=[first]), "one", NOW + 2)
    same(store.retain(NOW + 3, 1e9), 2, "records that went")
    second = lease(store, "one", NOW + 4)
    same([record.payload["n"] for record in second.records], [3, 4], "what was kept")
    store.commit(Work(settle=[second]), "one", NOW + 5)
    same(store.retain(NOW + 6, 1e9), 2, "records that went in the end")
    append(store, "one", 5)
    same(lease(store, "one", NOW + 7).start, 4, "the offset after an empty table")


# -- telling ---------------------------------------------------------------------------------------------------------


class NoEnd(BaseException):
    """A story that goes on for ever ends badly, too. Nothing between here and there may swallow it."""


@contextmanager
def an_end_within(seconds: float) -> Iterator[None]:
    """Far more than it takes when all is well."""

    def ring(*_: object) -> None:
        raise NoEnd

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except NoEnd:
        raise AssertionError(f"no end within {seconds} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def in_time(story: Callable[[Path], None]) -> Callable[[Path], None]:
    """The same story, which ends badly when it does not end."""

    @wraps(story)
    def told(here: Path) -> None:
        with an_end_within(20):
            story(here)

    return told


def same(got: Any, want: Any, what: str) -> None:
    """Say what differs."""
    assert got == want, f"{what}: {got!r:.1500} instead of {want!r:.1500}"


def _payload(text: str) -> Any:
    return json.loads(text)[1]


STORIES: dict[str, Callable[[Path], None]] = {
    story.__name__: story
    for story in (
        the_end_is_what_a_loop_would_give,
        a_second_run_of_the_same_is_the_same,
        a_kill_after_any_transaction_leaves_no_trace,
        what_was_taken_away_is_done_again_and_counts_once,
        who_comes_late_is_refused,
        one_at_a_time_holds_a_claim,
        a_key_is_known_as_long_as_the_window_lasts,
        a_key_is_known_wherever_it_is_kept,
        what_is_not_settled_is_kept,
        a_power_cut_takes_nothing_that_was_acknowledged,
        *map(in_time, OF_PARTITIONS),
    )
}


def main() -> None:
    print(Path(penstock.__file__).resolve().parent)
    directory, *names = sys.argv[1:]
    for name in names:
        here = Path(directory) / name
        here.mkdir(parents=True)
        try:
            STORIES[name](here)
        except AssertionError as found:
            print(f"{name}: {found}")
            raise SystemExit(1) from None


if __name__ == "__main__":
    main()

"""Stores that each break one promise; all of them begin as the store of the core."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from penstock import channel_kind
from penstock.stores import LeaseLost, SqliteStore, Work


class Near(SqliteStore):
    """The store of the core, with a place to change what is committed."""

    def changed(self, work: Work) -> Work:
        return work

    def commit(self, work: Work, owner: str, now: float, *, safe: bool = True) -> Counter[Any]:
        return super().commit(self.changed(work), owner, now, safe=safe)


# -- Q401: hands out everything in order


@channel_kind("shares-among-members", ack=["process"])
class SharesAmongMembers(SqliteStore):
    """Takes the members of a broadcast group for members that compete."""

    def lease(self, channel: str, cursor: str, *rest: Any) -> Any:
        group = cursor.partition("/")[0]
        first = min(
            (name for known, name in self.cursors() if known == channel and name.startswith(group)), default=cursor
        )
        return super().lease(channel, first, *rest)


@channel_kind("sorts-large-batches", ack=["process"])
class SortsLargeBatches(SqliteStore):
    """Sorts what it reads by id, where sorting is worth it."""

    def lease(self, *asked: Any) -> Any:
        lease = super().lease(*asked)
        if lease is not None and len(lease.records) > 8:
            lease.records.sort(key=lambda record: record.id)
        return lease


# -- Q402: gives a record back as it was


@channel_kind("makes-ids-anew", ack=["process"])
class MakesIdsAnew(SqliteStore):
    """Gives records with ids of its own."""

    def lease(self, *asked: Any) -> Any:
        lease = super().lease(*asked)
        if lease is not None:
            lease.records = [record.derive(record.payload) for record in lease.records]
        return lease


# -- Q403: lends for a time


@channel_kind("forgets-to-renew", ack=["process"])
class ForgetsToRenew(SqliteStore):
    """Knows nothing of renewing."""

    def renew(self, owner: str, now: float, until: float) -> None:
        return None


@channel_kind("lends-for-half-the-time", ack=["process"])
class LendsForHalfTheTime(SqliteStore):
    """Is careful with what it lends."""

    def lease(self, channel: str, cursor: str, limit: int, owner: str, now: float, until: float) -> Any:
        return super().lease(channel, cursor, limit, owner, now, now + (until - now) / 2)


# -- Q404: refuses what comes too late


@channel_kind("keeps-state-of-what-it-refuses", ack=["process"])
class KeepsStateOfWhatItRefuses(SqliteStore):
    """Has state in a transaction of its own."""

    def commit(self, work: Work, owner: str, now: float, *, safe: bool = True) -> Counter[Any]:
        try:
            return super().commit(work, owner, now, safe=safe)
        except LeaseLost:
            super().commit(Work(state=work.state), owner, now)
            raise


@channel_kind("settles-by-offset", ack=["process"])
class SettlesByOffset(SqliteStore):
    """Has no objection to a settlement that comes late."""

    def commit(self, work: Work, owner: str, now: float, *, safe: bool = True) -> Counter[Any]:
        try:
            return super().commit(work, owner, now, safe=safe)
        except LeaseLost:
            if not work.settle:
                raise
            work.settle = []
            return super().commit(work, owner, now, safe=safe)


# -- Q405: has one holder of a claim


@channel_kind("gives-a-claim-to-everybody", ack=["process"])
class GivesAClaimToEverybody(SqliteStore):
    """Cannot say no."""

    def claim(self, resource: str, owner: str, now: float, until: float) -> int | None:
        return super().claim(resource, owner, now, until) or 1


# -- Q406: takes the same once


@channel_kind("knows-no-producers", ack=["process"])
class KnowsNoProducers(Near):
    """Has one memory for all who append."""

    def changed(self, work: Work) -> Work:
        for append in work.append:
            append.producer = "p"
        return work


@channel_kind("merges-in-silence", ack=["process"])
class MergesInSilence(SqliteStore):
    """Takes another body for the same record, and says nothing."""

    def dead_letters(self) -> Any:
        return (letter for letter in super().dead_letters() if letter.reason != "conflict")


# -- Q407: keeps until all have settled


@channel_kind("keeps-for-ever", ack=["process"])
class KeepsForEver(SqliteStore):
    """Never throws anything away."""

    def retain(self, now: float, history: float) -> int:
        return 0


@channel_kind("waits-for-the-fastest", ack=["process"])
class WaitsForTheFastest(SqliteStore):
    """Lets go when one has settled."""

    def _settled(self, channel: Any) -> int:
        return int(self.db.execute("SELECT max(next) FROM cursors WHERE channel=?", (channel.name,)).fetchone()[0])


# -- Q408: lets failed deliveries wait


@channel_kind("knows-no-lanes", ack=["process"])
class KnowsNoLanes(Near):
    """Lets those behind in a lane pass."""

    def changed(self, work: Work) -> Work:
        for row in work.park:
            row.lane = None
        return work


@channel_kind("cannot-wait", ack=["process"])
class CannotWait(SqliteStore):
    """Hands out a little early."""

    def due(self, nodes: Any, limit: int, owner: str, now: float, until: float) -> Any:
        return super().due(nodes, limit, owner, now + 2, until)


# -- Q409: keeps alarms


@channel_kind("rings-again", ack=["process"])
class RingsAgain(Near):
    """Leaves an alarm that went off."""

    def changed(self, work: Work) -> Work:
        work.fired = []
        return work


@channel_kind("deletes-by-key", ack=["process"])
class DeletesByKey(Near):
    """Takes away an alarm that was moved meanwhile."""

    def changed(self, work: Work) -> Work:
        for alarm in work.fired:
            for kept in self.alarms([alarm.node], 9, float("inf")):
                alarm.due = kept.due if kept.key == alarm.key else alarm.due
        return work


# -- Q410: keeps state and positions


@channel_kind("shares-state", ack=["process"])
class SharesState(Near):
    """Has one table of state for all nodes."""

    def changed(self, work: Work) -> Work:
        work.state = {("all", key): value for (_, key), value in work.state.items()}
        return work

    def state(self, node: str, key: str) -> bytes | None:
        return super().state("all", key)

    def state_keys(self, node: str) -> list[str]:
        return super().state_keys("all")


# -- Q411: remembers what happened


@channel_kind("throws-bytes-away", ack=["process"])
class ThrowsBytesAway(Near):
    """Keeps of a dead letter that there was one."""

    def changed(self, work: Work) -> Work:
        for letter in work.dead:
            letter.body = b""
        return work

    def dead_letters(self) -> Any:
        for letter in super().dead_letters():
            letter.body = b""
            yield letter


@channel_kind("finds-nothing", ack=["process"])
class FindsNothing(SqliteStore):
    """Cannot be asked for a record."""

    def find(self, id: str) -> Any:
        yield from ()


# -- Q412: stands where it stood


@channel_kind("forgets-at-night", ack=["process"])
class ForgetsAtNight(SqliteStore):
    """Cleans up when a run ends, and too much."""

    def end_run(self, run: str, outcome: str, now: float) -> None:
        self._write(lambda db: db.execute("DELETE FROM state"))
        super().end_run(run, outcome, now)


@channel_kind("counts-from-one-again", ack=["process"])
class CountsFromOneAgain(SqliteStore):
    """Begins with its fences where a run begins."""

    def end_run(self, run: str, outcome: str, now: float) -> None:
        super().end_run(run, outcome, now)
        self._write(lambda db: db.execute("UPDATE meta SET value=0 WHERE name='fence'"))


# -- Q413: keeps what it has acknowledged


@channel_kind("answers-before-it-writes", ack=["process"])
class AnswersBeforeItWrites(SqliteStore):
    """Collects commits that nobody waits for."""

    def __init__(self, place: str, *, ack: str) -> None:
        super().__init__(place, ack=ack)
        self.left = Work()

    def commit(self, work: Work, owner: str, now: float, *, safe: bool = True) -> Counter[Any]:
        if work.append and work.state and not work.settle and len(self.left.append) < 100:
            self.left.merge(work)
            return Counter({append.channel: len(append.records) for append in work.append})
        self.left.merge(work)
        work, self.left = self.left, Work()
        return super().commit(work, owner, now, safe=safe)

    def end_run(self, run: str, outcome: str, now: float) -> None:
        self.commit(Work(), run, now)
        super().end_run(run, outcome, now)


# -- Q414: frees what the dead held


@channel_kind("waits-for-the-dead", ack=["process"])
class WaitsForTheDead(SqliteStore):
    """Has leases that run out, and nothing else."""

    def bury(self, now: float) -> list[str]:
        return []


@channel_kind("buries-the-living", ack=["process"])
class BuriesTheLiving(SqliteStore):
    """Takes every other run for dead."""

    def begin_run(self, run: str, digest: str, now: float) -> None:
        for other in self.runs():
            self.release(other["run"])
        super().begin_run(run, digest, now)


# -- Q415: is of one graph


@channel_kind("opens-for-anybody", ack=["process"])
class OpensForAnybody(SqliteStore):
    """Does not ask whose it is."""

    def open(self, graph: str, channels: Any) -> None:
        super().open("any", channels)


@channel_kind("makes-what-it-looks-for", ack=["process"])
class MakesWhatItLooksFor(SqliteStore):
    """Leaves a folder wherever somebody looks."""

    def attach(self) -> None:
        os.makedirs(self.directory, exist_ok=True)
        super().attach()


# -- Q416: hands orders on


@channel_kind("newest-order-first", ack=["process"])
class NewestOrderFirst(SqliteStore):
    """Tells the latest news first."""

    def orders(self, after: int = 0) -> Any:
        return super().orders(after)[::-1]


# -- Q417: sheds only what nobody has taken


@channel_kind("sheds-in-silence", ack=["process"])
class ShedsInSilence(Near):
    """Does not tell the node of what was shed before it."""

    def changed(self, work: Work) -> Work:
        for trim in work.trim:
            trim.node = ""
        return work


@channel_kind("never-sheds", ack=["process"])
class NeverSheds(Near):
    """Keeps what was to go."""

    def changed(self, work: Work) -> Work:
        work.trim = []
        return work


# -- Q418: is a kind that its manifest names


@channel_kind("never-locked", ack=["process"])
class NeverLocked(SqliteStore):
    """Was written after the last `penstock pack lock`."""


@channel_kind("promises-more-since", ack=["power", "process"])
class PromisesMoreSince(SqliteStore):
    """Had one level when its manifest was made."""


class IsNoKind(PromisesMoreSince):
    """Has a parent that is one."""


# -- Q419: leases ahead as when asked


@channel_kind("reads-ahead", ack=["process"])
class ReadsAhead(SqliteStore):
    """Reads what will be asked for next, and lets nobody know."""

    def commit(self, work: Work, owner: str, now: float, *, safe: bool = True) -> Counter[Any]:
        wishes, work.ahead = work.ahead, []
        appended = super().commit(work, owner, now, safe=safe)
        for wish in wishes:
            leased = self.lease(wish.channel, wish.cursor, wish.limit, owner, now, wish.until)
            work.leased += [leased] if leased else []
            self.release(owner)
        return appended


# -- Q420: shows and lets go of claims


@channel_kind("shows-the-dead", ack=["process"])
class ShowsTheDead(SqliteStore):
    """Shows every claim that was ever made."""

    def claims(self, prefix: str, now: float) -> Any:
        return super().claims(prefix, 0.0)


@channel_kind("lets-go-of-everything", ack=["process"])
class LetsGoOfEverything(SqliteStore):
    """Has one way to give things back."""

    def let_go(self, resource: str, owner: str) -> None:
        self.release(owner)


# -- Q421: leases nothing to the ousted


@channel_kind("lets-the-ousted-go-on", ack=["process"])
class LetsTheOustedGoOn(SqliteStore):
    """Compares fences when work is done, and not before."""

    def claim(self, resource: str, owner: str, now: float, until: float) -> int | None:
        fence = super().claim(resource, owner, now, until)
        self._write(lambda db: db.execute("DELETE FROM claims WHERE resource LIKE 'ousted:%'"))
        return fence


@channel_kind("tells-the-ousted-once", ack=["process"])
class TellsTheOustedOnce(SqliteStore):
    """Takes it for understood when it was said."""

    def lease(self, channel: str, cursor: str, limit: int, owner: str, now: float, until: float) -> Any:
        try:
            return super().lease(channel, cursor, limit, owner, now, until)
        except LeaseLost:
            self._write(lambda db: db.execute("DELETE FROM claims WHERE resource=?", (f"ousted:{owner}",)))
            raise


@channel_kind("leaves-the-ousted-its-leases", ack=["process"])
class LeavesTheOustedItsLeases(SqliteStore):
    """Lets what an ousted holder has run out by itself."""

    @staticmethod
    def _give_back(db: Any, owner: str) -> None:
        db.execute("DELETE FROM claims WHERE owner=?", (owner,))

    def release(self, owner: str) -> None:
        self._write(lambda db: SqliteStore._give_back(db, owner))
        super().release(owner)

    def end_run(self, run: str, outcome: str, now: float) -> None:
        super().end_run(run, outcome, now)
        self.release(run)


OUTSIDE = (Near, NeverLocked, IsNoKind)  # what the manifest does not name

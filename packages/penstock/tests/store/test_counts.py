"""Whoever commits is told what the store has counted by itself: what was appended, left out, trimmed."""

from __future__ import annotations

from penstock._store.facts import ChannelSpec, Work

REMEMBERS = ChannelSpec("events", ("g",), dedup_window=60.0)


def test_what_a_commit_counts_is_what_the_totals_grow_by(place):
    one = place.process(REMEMBERS)
    before = one.store.totals()
    work = Work(append=[place.appending([place.record(n) for n in (1, 2, 2)])])
    work.counts["p", "out", ""] = 3
    one.store.commit(work, one.run, one.now)
    assert +work.counts == one.store.totals() - before
    assert work.counts["p.out -> events", "dropped", "duplicate"] == 1
    assert work.counts["p", "out", ""] == 3

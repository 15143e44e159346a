"""What a store and the files outside it hold, and what is wrong with it, compared with a run that nobody disturbed.

Takes:   the directory of a store, the files that sinks have written.
Gives:   `look` -> `Remains`; `faults`: sentences, none when all is well; `law`, which holds at any moment.
Ignores: how often, where and how the run died.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock._store.blocks import Block, decode_block
from penstock._store.sqlite import FILE, SqliteStore


@dataclass(frozen=True, slots=True)
class Remains:
    """Everything that is left when nobody runs."""

    channels: dict[str, dict[str, str]]  # channel -> record id -> key and payload as JSON text
    lanes: dict[str, dict[str, list[str]]]  # channel -> key -> ids, in order
    totals: Counter[tuple[str, str, str]]
    dead: Counter[tuple[Any, ...]]
    state: dict[tuple[str, str], bytes]
    effects: dict[str, list[tuple[str, str]]]  # file -> (effect key, line without it), in order
    lines: dict[str, Counter[str]]  # file -> lines
    wrong: tuple[str, ...]  # what is wrong whatever the run was to do


def look(directory: Path, ledgers: list[Path], files: list[Path], *, whole_channels: bool = True) -> Remains:
    """Read what a finished run has left, and say what can be said without knowing what it should be.

    `whole_channels` is false where settled records are not kept.
    """
    wrong: list[str] = []
    db = sqlite3.connect(directory / FILE)
    try:
        wrong += [f"integrity: {row}" for (row,) in db.execute("PRAGMA integrity_check") if row != "ok"]
        channels: dict[str, dict[str, str]] = {}
        lanes: dict[str, dict[str, list[str]]] = {}
        for name, end in db.execute("SELECT name, next FROM channels ORDER BY name").fetchall():
            channels[name], lanes[name] = {}, defaultdict(list)
            (at,) = (0,) if whole_channels else db.execute("SELECT ifnull(min(seq), ?) FROM blocks", (end,)).fetchone()
            for seq, count, *kept in db.execute(
                "SELECT seq, count, ids, roots, parents, body FROM blocks WHERE channel=? ORDER BY seq", (name,)
            ):
                records = decode_block(Block(*kept))
                wrong += [f"{name}: block {seq} begins after {at}"] * (seq != at)
                wrong += [f"{name}: block {seq} counts {count} and holds {len(records)}"] * (count != len(records))
                at = seq + count
                for record in records:
                    wrong += [f"{name}: {record.id} is there twice"] * (record.id in channels[name])
                    channels[name][record.id] = _text([record.key, record.payload, record.parents, record.correlation])
                    lanes[name][record.key or ""].append(record.id)
            wrong += [f"{name}: ends at {at}, not at {end}"] * (at != end)
        wrong += [
            f"{table}: {n} are left behind"
            for table in ("leases", "claims", "parked")
            for (n,) in db.execute(f"SELECT count(*) FROM {table}")
            if n
        ]
        wrong += [f"run {run} has no end" for (run,) in db.execute("SELECT run FROM runs WHERE ended IS NULL")]
        wrong += _uncovered(db)
        state = {(n, k): v for n, k, v in db.execute("SELECT node, key, value FROM state") if n != "archive"}
        dead = Counter(db.execute("SELECT node, subject, record, reason, class, attempts, causes FROM dead").fetchall())
    finally:
        db.close()
    totals = Counter(
        {name: n for name, n in law(directory, wrong).items() if name[1] != "delayed"}
    )  # waiting is no end
    effects = {path.name: [_effect(line) for line in _lines(path)] for path in ledgers}
    lines = {path.name: Counter(_text(line) for line in _lines(path)) for path in files}
    return Remains(channels, lanes, totals, dead, state, effects, lines, tuple(wrong))


def law(directory: Path, wrong: list[str]) -> Counter[tuple[str, str, str]]:
    """The conservation law on every link and group, at any moment; gives the totals."""
    store = SqliteStore(directory)
    store.attach()
    try:
        totals = store.totals()
        links = {subject for subject, measure, _ in totals if measure == "offered"}
        groups = {
            f"{channel}@{cursor}": store.depth(channel, cursor).total
            for channel, cursor in store.db.execute("SELECT channel, cursor FROM cursors").fetchall()
        }
        for link in sorted(links | set(groups)):
            done = sum(n for (s, m, _), n in totals.items() if s == link and m in ("handled", "dropped", "dead"))
            waiting = groups.get(link, 0) + store.parked(link)
            if totals[link, "offered", ""] != done + waiting:
                wrong.append(
                    f"law: `{link}` was offered {totals[link, 'offered', '']}, has done {done}, holds {waiting}"
                )
    finally:
        store.close()
    return totals


def _uncovered(db: sqlite3.Connection) -> list[str]:
    """The history of a group must name every offset exactly once."""
    found = []
    ends = dict(db.execute("SELECT name, next FROM channels").fetchall())
    for channel, cursor in db.execute("SELECT channel, cursor FROM cursors").fetchall():
        ranges = db.execute("SELECT start, inputs FROM steps WHERE intake=? ORDER BY start", (f"{channel}@{cursor}",))
        at = 0
        for start, inputs in ranges:
            found += [f"history of {channel}@{cursor} goes from {at} to {start}"] * (start != at)
            at = start + inputs
        found += [f"history of {channel}@{cursor} ends at {at}, not at {ends[channel]}"] * (at != ends[channel])
    for intake, inputs, last in db.execute(
        "SELECT intake, sum(inputs), max(start + inputs) FROM steps WHERE intake LIKE 'source:%' GROUP BY intake"
    ):
        found += [f"history of {intake} has {inputs} readings of {last}"] * (inputs != last)
    return found


def faults(left: Remains, whole: Remains, *, most_repeats: int | None = None) -> list[str]:
    """What differs from an undisturbed run although it must not.

    Effects may be there more than once, under the same key and with the same body; `most_repeats` bounds how often
    more than in the undisturbed run.
    """
    found = list(left.wrong)
    for name in sorted({*whole.channels, *left.channels}):
        have, want = left.channels.get(name, {}), whole.channels.get(name, {})
        found += _compared(f"{name}: record", have, want)
        found += [
            f"{name}: order of `{key}` is not the order in which it came"
            for key, ids in whole.lanes.get(name, {}).items()
            if name == "events" and left.lanes[name][key] != ids and have.keys() == want.keys()
        ]
    found += _compared("total", left.totals, whole.totals)
    found += _compared("dead letter", left.dead, whole.dead)
    found += _compared("state", left.state, whole.state)
    for name, effects in whole.effects.items():
        done, wanted = dict(left.effects[name]), dict(effects)
        found += _compared(f"{name}: effect", done, wanted)
        found += [f"{name}: one effect key with two bodies"] * (len(set(left.effects[name])) != len(done))
        repeats = len(left.effects[name]) - len(effects)
        if most_repeats is not None and repeats > most_repeats:
            found.append(f"{name}: {repeats} effects were repeated, at most {most_repeats} were in flight")
    for name, lines in whole.lines.items():
        found += _compared(f"{name}: line", left.lines[name], lines)
    return found


def _compared(what: str, have: Any, want: Any) -> list[str]:
    lost = [f"{what} {key} is lost" for key in want if key not in have]
    more = [f"{what} {key} should not be" for key in have if key not in want]
    other = [f"{what} {key} is {have[key]}, not {want[key]}" for key in want if key in have and have[key] != want[key]]
    return lost + more + other


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def _effect(line: dict[str, Any]) -> tuple[str, str]:
    return line.pop("effect"), _text(line)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)

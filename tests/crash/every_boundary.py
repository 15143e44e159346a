"""Kill the small graph at every write transaction that it makes, resume it each time, and compare.

    python every_boundary.py DIRECTORY MOMENT [--seed N] [--count N] [--first N] [--last N] [--policies]

Takes:   where to work; the moment in each transaction (`dying.MOMENTS`); the seed of the order in which things happen.
Gives:   one JSON object: how many kills, of how many boundaries, every fault with the number that it came after, and
         what policies did in the run that nobody killed.
Ignores: wall time; both runs are simulated, so a number names the same transaction every time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

from dying import MOMENTS, count_boundaries, dying_at
from processes import KILLED, ended, start
from remains import Remains, faults, law
from small_graph import BATCH, COLLECTED, simulated, small_remains

from penstock._store.sqlite import FILE


def campaign(
    directory: Path,
    moment: str,
    seed: int,
    count: int,
    first: int,
    last: int | None,
    *,
    until_fault: bool = False,
    policies: bool = False,
) -> dict[str, Any]:
    """Kill at each boundary from `first` to `last`; the last one that there is when it is None."""
    whole_at = directory / "whole"
    whole_at.mkdir(parents=True)
    counting = count_boundaries()
    simulated(whole_at, seed, counting, count, policies=policies)
    whole = small_remains(whole_at)
    found = list(whole.wrong)
    numbers = range(first, (last or counting.begun) + 1)
    for number in numbers:
        here = directory / "killed"
        here.mkdir()
        code = ended(start(partial(simulated, here, seed, dying_at(number, moment), count, policies=policies)))
        if code != KILLED:
            found.append(f"{number}: the run ended with {code} before its time came")
        found += [
            f"{number}: {fault}" for fault in after_the_kill(here, seed + number, count, whole, policies=policies)
        ]
        shutil.rmtree(here)
        if found and until_fault:
            break
    return {"kills": len(numbers), "boundaries": counting.begun, "faults": found, **hindered(whole_at / "store")}


def hindered(store: Path) -> dict[str, int]:
    """At how many nodes records were made to wait, and how many sets of policies there were, in a run."""
    db = sqlite3.connect(store / FILE)
    try:
        (held,) = db.execute("SELECT count(*) FROM totals WHERE measure='delayed'").fetchone()
        (sets,) = db.execute("SELECT count(*) FROM notes WHERE kind='policies'").fetchone()
    finally:
        db.close()
    return {"held": held, "sets": sets}


def after_the_kill(here: Path, seed: int, count: int, whole: Remains, *, policies: bool = False) -> list[str]:
    """Look at once, resume, look again."""
    found: list[str] = []
    if made(here / "store/store.sqlite3"):
        law(here / "store", found)
    try:
        simulated(here, seed + 1000, sqlite3.Connection, count, policies=policies)
    except Exception as error:  # whatever it is, it is a fault: what was killed must resume
        return [*found, f"cannot resume: {error!r}"]
    return found + faults(small_remains(here), whole, most_repeats=BATCH * (COLLECTED if policies else 1))


def made(path: Path) -> bool:
    """Whether the transaction that makes the tables was committed."""
    if not path.exists():
        return False
    db = sqlite3.connect(path)
    try:
        return db.execute("SELECT 1 FROM sqlite_master WHERE name='runs'").fetchone() is not None
    finally:
        db.close()


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("directory", type=Path)
    words.add_argument("moment", choices=MOMENTS)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--count", type=int, default=40)
    words.add_argument("--first", type=int, default=1)
    words.add_argument("--last", type=int)
    words.add_argument("--policies", action="store_true", help="hold records back, commit in groups, exchange policies")
    given = words.parse_args()
    found = campaign(
        given.directory, given.moment, given.seed, given.count, given.first, given.last, policies=given.policies
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()

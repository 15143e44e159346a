"""Kill real runs of the small graph at random moments, again and again, resume them, and compare.

    python random_moments.py DIRECTORY KILLS [--seed N] [--count N] [--workers N]

Takes:   where to work; how many kills; how many processes work on the store at once, of which one is killed at a time.
Gives:   one JSON object: kills, runs that were begun, every fault.
Ignores: what a kill hits; that is up to the delay, which is drawn from the seed, and to the machine.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from functools import partial
from pathlib import Path
from random import Random

from every_boundary import made
from processes import KILLED, ended, kill, start
from remains import Remains, faults, law
from small_graph import BATCH, running, small_remains

LONGEST = 0.25  # seconds that a process may live before it is killed
LEASE = 1.5  # seconds; a third of it is how long the others take to notice


def campaign(directory: Path, kills: int, seed: int, count: int, workers: int) -> dict[str, object]:
    """Runs, one after the other, until there were as many kills as asked for; the last one is finished too."""
    whole_at = directory / "whole"
    whole_at.mkdir(parents=True)
    running(whole_at, count)
    whole = small_remains(whole_at)
    found = list(whole.wrong)
    draw = Random(seed)
    done = runs = 0
    while done < kills:
        here = directory / "killed"
        here.mkdir()
        runs += 1
        killed, wrong = one_run(here, draw, kills - done, count, workers, whole)
        done += killed
        found += [f"run {runs}: {fault}" for fault in wrong]
        shutil.rmtree(here)
    return {"kills": done, "runs": runs, "faults": found}


def one_run(here: Path, draw: Random, kills: int, count: int, workers: int, whole: Remains) -> tuple[int, list[str]]:
    """One graph from its beginning to its end, killed on the way; how often, and what was wrong."""
    work = partial(running, here, count, LEASE)
    crew = [start(work) for _ in range(workers)]
    found: list[str] = []
    done = 0
    while done < kills:
        time.sleep(draw.uniform(0.01, LONGEST))
        code = kill(crew.pop(0))
        if code != KILLED:  # it had come to its end, and so do the others
            found += [f"a worker ended with {code}"] * (code != 0)
            break
        done += 1
        if workers == 1 and made(here / "store/store.sqlite3"):
            law(here / "store", found)
        crew.append(start(work))
    crew = crew or [start(work)]
    found += [f"a worker ended with {code}" for code in map(ended, crew) if code != 0]
    return done, found + faults(small_remains(here), whole, most_repeats=(done + 1) * BATCH)


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("directory", type=Path)
    words.add_argument("kills", type=int)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--count", type=int, default=1000)
    words.add_argument("--workers", type=int, default=1)
    given = words.parse_args()
    print(json.dumps(campaign(given.directory, given.kills, given.seed, given.count, given.workers)))


if __name__ == "__main__":
    main()

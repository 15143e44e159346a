"""Kill the site-safety example at random moments, while it tells its backend, and compare what is left.

    python example_kills.py DIRECTORY KILLS [--seed N] [--detections N]

Takes:   where to work, how many kills; the example's own graph file, generator and backend.
Gives:   one JSON object: kills, runs that were begun, every fault.
Ignores: how the graph is made and what its events mean.

The backend lives in a process of its own that is not killed: it is the other side, and what it has taken it has taken.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from every_boundary import made
from processes import KILLED, ended, kill, start
from remains import Remains, faults, law, look

from penstock._plugins.discovery import Catalog, discover
from penstock._store.sqlite import SqliteStore
from penstock.graph.load import load_graph
from penstock.manifest.build import build_node
from penstock.running import run

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/site-safety"
sys.path.insert(0, str(EXAMPLE))
import backend  # noqa: E402 - the example is no package; the line above is what makes it importable
import generate  # noqa: E402 - as above

LONGEST = 0.5  # seconds that a process may live before it is killed


def serve(here: Path, away_after: int) -> None:
    """Be the backend; its address is in a file as soon as it listens."""
    with backend.Backend(here / "effects.jsonl", away_after=away_after, away_for=1.0) as listening:
        written = here / "address.new"
        written.write_text(listening.url)
        written.rename(here / "address")
        listening.serve_forever()


def go(here: Path, catalog: Catalog, data: Path) -> None:
    """Run the example to its end, or to ours."""
    environment = {
        "SITE_DATA": str(data),
        "SITE_ARCHIVE": str(here / "archive.jsonl"),
        "UPLINK_URL": (here / "address").read_text(),
    }
    graph = load_graph(EXAMPLE / "site-safety.graph.yaml", catalog, environment=environment).graph
    assert graph is not None  # the example is checked by its own tests
    store = SqliteStore(here / "store", ack="process")
    try:
        run(graph, lambda use: build_node(catalog.load_node(use.type.id), use.config, use.id), store, until_idle=True)
    finally:
        store.close()


@contextmanager
def listening(here: Path, away_after: int) -> Iterator[None]:
    """A backend in a process of its own, ready when this begins."""
    here.mkdir()
    server = start(partial(serve, here, away_after))
    try:
        while not (here / "address").exists():
            time.sleep(0.01)
        yield
    finally:
        kill(server)


def left_in(here: Path) -> Remains:
    """What a finished run has left; attempts and their causes are the backend's moods and no part of it."""
    found = look(here / "store", [], [here / "archive.jsonl", here / "effects.jsonl"], whole_channels=False)
    moods = ("retried", "in", "out")
    totals = Counter({name: n for name, n in found.totals.items() if name[:1] != ("uplink",) or name[1] not in moods})
    dead = Counter({(*letter[:5], 0, "[]"): n for letter, n in found.dead.items()})
    return Remains(found.channels, found.lanes, totals, dead, found.state, {}, found.lines, found.wrong)


def campaign(directory: Path, kills: int, seed: int, detections: int) -> dict[str, Any]:
    """Runs, one after the other, until there were as many kills as asked for; the last one is finished too."""
    directory.mkdir(parents=True)
    data = directory / "detections.jsonl"
    generate.write(data, detections)
    catalog = discover()
    draw = Random(seed)
    with listening(directory / "whole", away_after=10**9):
        if ended(start(partial(go, directory / "whole", catalog, data))) != 0:
            raise SystemExit("the example does not run")
    whole = left_in(directory / "whole")
    found = list(whole.wrong)
    done = runs = 0
    while done < kills:
        here = directory / "killed"
        runs += 1
        with listening(here, away_after=draw.randrange(detections // 20)):
            killed, wrong = one_run(partial(go, here, catalog, data), here, draw, kills - done)
        done += killed
        found += [f"run {runs}: {fault}" for fault in wrong + faults(left_in(here), whole)]
        shutil.rmtree(here)
    return {"kills": done, "runs": runs, "faults": found}


def one_run(work: Any, here: Path, draw: Random, kills: int) -> tuple[int, list[str]]:
    """From its beginning to its end, killed on the way; how often, and what was wrong."""
    found: list[str] = []
    done = 0
    while done < kills:
        child = start(work)
        time.sleep(draw.uniform(0.01, LONGEST))
        code = kill(child)
        if code != KILLED:  # it had come to its end
            return done, [f"a run ended with {code}"] * (code != 0)
        done += 1
        if made(here / "store/store.sqlite3"):
            law(here / "store", found)
    code = ended(start(work))
    return done, found + [f"a run ended with {code}"] * (code != 0)


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("directory", type=Path)
    words.add_argument("kills", type=int)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--detections", type=int, default=generate.DETECTIONS)
    given = words.parse_args()
    print(json.dumps(campaign(given.directory, given.kills, given.seed, given.detections)))


if __name__ == "__main__":
    main()

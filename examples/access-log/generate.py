"""Write a web server's access log for one day: visitors, robots, scanners, a broken back end, and torn lines.

Takes:   a path, how many lines, a seed.
Gives:   the file, the same bytes on every machine and with every Python; `Planted`, what is wrong with it.
Ignores: the graph.

Chance comes from `random.Random(seed).random()`, the one method that Python promises never to change. A line is written
when its request ends and tells when it began, so times are slightly out of order, as in real logs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import NamedTuple

LINES = 25_000
SEED = 1996
DAY = "14/May/2024"
PAGES = (
    "/",
    "/shop",
    "/shop/pumps",
    "/shop/valves",
    "/shop/turbines",
    "/about",
    "/docs/start",
    "/docs/gates",
    "/cart",
    "/checkout",
)
ASSETS = ("/static/site.css", "/static/site.js", "/static/logo.svg")
REFERERS = ("-", "-", "https://search.example/?q=penstock", "https://news.example/item/4711")
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
)
ROBOT = "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example/)"
PROBES = ("/.env", "/wp-login.php", "/admin/config.php", "/cgi-bin/test?a=%27%20OR%201=1")
OUTAGE = (10 * 3600, 12 * 3600)  # seconds of the day in which /checkout and /cart have no back end
BROKEN_EVERY = 400  # one line in so many is damaged
DAMAGE = ("torn", "not UTF-8", "another format")


class Hit(NamedTuple):
    """One request: when it ended and began (seconds of the day), and its line."""

    ended: float
    began: int
    order: int
    line: str


@dataclass
class Planted:
    """What a file holds: lines, and how many of them are damaged in which way."""

    lines: int = 0
    damage: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DAMAGE, 0))


def write(path: Path, lines: int = LINES, seed: int = SEED) -> Planted:
    """Write the file and tell what is in it."""
    planted = Planted()
    chance = Random(seed)
    with path.open("wb") as file:
        for hit in _hits(lines, chance):
            line = hit.line.encode()
            planted.lines += 1
            if planted.lines % BROKEN_EVERY == 0:
                damage = DAMAGE[planted.lines // BROKEN_EVERY % len(DAMAGE)]
                planted.damage[damage] += 1
                line = _damaged(line, damage)
            file.write(line + b"\n")
    return planted


def _hits(wanted: int, chance: Random) -> list[Hit]:
    """So many requests, spread over the day, in the order in which they ended."""
    order = count()
    hits: list[Hit] = []
    while len(hits) < wanted:
        kind = chance.random()
        visit = _robot if kind < 0.06 else _scanner if kind < 0.08 else _visitor
        hits += [Hit(ended, began, next(order), line) for ended, began, line in visit(chance) if began < 86_400]
    return sorted(hits)[:wanted]


def _visitor(chance: Random) -> Iterator[tuple[float, int, str]]:
    """Somebody looks at some pages, and perhaps comes back after lunch."""
    host, agent, referer = _host(chance), _one_of(AGENTS, chance), _one_of(REFERERS, chance)
    moment = int(chance.random() * 80_000)
    for _ in range(1 + int(chance.random() * 1.3)):
        for _ in range(1 + int(chance.random() * 9)):
            page = PAGES[int(chance.random() * chance.random() * len(PAGES))]
            status = 502 if page in ("/cart", "/checkout") and OUTAGE[0] <= moment < OUTAGE[1] else 200
            if chance.random() < 0.01:
                status = 500
            yield _hit(chance, host, moment, f"GET {page} HTTP/2.0", status, referer, agent)
            if status == 200 and chance.random() < 0.3:
                yield _hit(chance, host, moment + 1, f"GET {_one_of(ASSETS, chance)} HTTP/2.0", 304, page, agent)
            referer = f"https://shop.example{page}"
            moment += 5 + int(chance.random() * 240)
        moment += 3 * 3600
        if moment > 86_000:
            return


def _robot(chance: Random) -> Iterator[tuple[float, int, str]]:
    moment = int(chance.random() * 80_000)
    for page in PAGES:
        yield _hit(chance, "192.0.2.66", moment, f"GET {page} HTTP/1.1", 200, "-", ROBOT)
        moment += 2 + int(chance.random() * 20)


def _scanner(chance: Random) -> Iterator[tuple[float, int, str]]:
    """Somebody tries doors; some speak TLS to a plain port."""
    host = _host(chance)
    moment = int(chance.random() * 86_000)
    yield _hit(chance, host, moment, r"\x16\x03\x01\x02\x00\x01", 400, "-", "-")
    for probe in PROBES:
        yield _hit(chance, host, moment, f"GET {probe} HTTP/1.1", 404, "-", r"scan \"3.0\"")
        moment += 1


def _hit(
    chance: Random, host: str, moment: int, request: str, status: int, referer: str, agent: str
) -> tuple[float, int, str]:
    size = 300 + int(chance.random() * 20_000) if status == 200 else 0 if status == 304 else 162
    clock = f"{moment // 3600:02d}:{moment // 60 % 60:02d}:{moment % 60:02d}"
    line = f'{host} - - [{DAY}:{clock} +0200] "{request}" {status} {size} "{referer}" "{agent}"'
    return moment + chance.random() * 3, moment, line


def _host(chance: Random) -> str:
    """An address of the ranges that are set aside for documentation."""
    number = int(chance.random() * 4 * 250)
    block, last = divmod(number, 250)
    return f"2001:db8::{last + 1:x}" if block == 3 else f"{('192.0.2', '198.51.100', '203.0.113')[block]}.{last + 1}"


def _one_of(choice: tuple[str, ...], chance: Random) -> str:
    return choice[int(chance.random() * len(choice))]


def _damaged(line: bytes, damage: str) -> bytes:
    if damage == "torn":
        return line[:40]  # in the middle of the time, so that nobody can take it for a whole line
    if damage == "not UTF-8":
        return line.replace(b"GET /", b"GET /\xe9", 1) if b"GET /" in line else line + b"\xff"
    return b"2024/05/14 10:00:00 [error] 31#31: *1 upstream timed out while reading response header"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    planted = write(given.path, given.lines, given.seed)
    print(
        f"{given.path}: {planted.lines} lines; {', '.join(f'{n} x {damage}' for damage, n in planted.damage.items())}"
    )


if __name__ == "__main__":
    main()

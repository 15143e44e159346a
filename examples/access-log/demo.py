"""Run the example, show what came out, and compare it with thirty lines of plain Python.

Takes:   nothing; everything goes into `work/` beside this file.
Gives:   the tables, and exit code 1 when the graph and the plain count disagree.
Ignores: crashes; examples/site-safety is about those.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import generate

HERE = Path(__file__).resolve().parent
LINE = re.compile(r'(\S+) - - \[(.+?)\] "(.*?)" (\d+) (\d+) "(.*?)" "(.*)"')
GAP = 1800


def penstock(*words: str, work: Path) -> Any:
    """What a command prints as JSON."""
    environment = {**os.environ, "ACCESS_LOG": str(work / "access.log"), "OUT": str(work)}
    done = subprocess.run((sys.executable, "-m", "penstock", *words, "--json"), env=environment, stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise SystemExit(f"penstock {' '.join(words)} ended with {done.returncode}")
    return json.loads(done.stdout)


def lines(path: Path) -> list[Any]:
    """The values of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def counted_plainly(log: Path) -> tuple[int, int, Counter[tuple[str, str]], int]:
    """Requests, visits, views of each page in each hour, failed requests; without any of Penstock."""
    times: dict[str, list[float]] = {}
    views: Counter[tuple[str, str]] = Counter()
    failed = 0
    for data in log.read_bytes().splitlines():
        try:
            parts = LINE.fullmatch(data.decode())
        except UnicodeDecodeError:
            continue
        if parts is None:
            continue
        host, stamp, request, status, _, _, agent = parts.groups()
        when = datetime.strptime(stamp, "%d/%b/%Y:%H:%M:%S %z")
        times.setdefault(host, []).append(when.timestamp())
        failed += status >= "500"
        if status == "200" and not request.split()[1].startswith("/static/") and "Bot" not in agent:
            views[f"{when.timestamp() // 3600 * 3600:.0f}", request.split()[1]] += 1
    visits = 0
    for moments in times.values():
        moments.sort()
        visits += 1 + sum(later - earlier > GAP for earlier, later in pairwise(moments))
    return sum(map(len, times.values())), visits, views, failed


def show(visits: list[Any], popular: list[Any], alerts: list[Any], letters: list[Any]) -> None:
    """Print what came out."""
    print(f"\n{len(visits)} visits; the longest:")
    for visit in sorted(visits, key=lambda v: -v["count"])[:3]:
        print(
            f"  {visit['count']:4} requests in {visit['seconds'] / 60:5.0f} min  {visit['key']:16} {(visit['agent'] or '-')[:50]}"
        )
    print("\npopular pages at noon:")
    for entry in next(hour for hour in popular if "T10:" in hour["start"])["top"]:  # the log's clock is two hours ahead
        print(f"  {entry['count']:4} {entry['value']}")
    print(f"\n{len(alerts)} alerts; pages that failed:")
    for path, number in Counter(alert["path"] for alert in alerts).most_common(3):
        print(f"  {number:4} {path}")
    print(f"\n{len(letters)} lines that could not be read:")
    for (node, why), number in Counter(
        (letter["node"], letter["error"].split("N")[-1]) for letter in letters
    ).most_common(4):
        print(f"  {number:4} {node:6} N{why}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=HERE / "work", help="emptied first")
    parser.add_argument("--lines", type=int, default=generate.LINES)
    given = parser.parse_args()
    work = given.work.resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    planted = generate.write(work / "access.log", given.lines)
    store = str(work / "store")
    report = penstock("run", str(HERE / "access-log.graph.yaml"), "--store", store, "--until-idle", work=work)
    letters = penstock("dlq", "list", "--store", store, work=work)["dead_letters"]
    visits, popular, alerts = (lines(work / f"{name}.jsonl") for name in ("visits", "popular", "alerts"))
    show(visits, popular, alerts, letters)

    requests, plain_visits, views, failed = counted_plainly(work / "access.log")
    held = report["nodes"]["hold"]["dropped"].get("cooldown", 0)
    checks = {
        "every line was admitted": report["admitted"] == planted.lines,
        "the counts of every link add up": report["conserved"],
        "as many dead letters as damaged lines": len(letters) == sum(planted.damage.values()),
        "as many requests": sum(visit["count"] for visit in visits) == requests,
        "as many visits": len(visits) == plain_visits,
        "as many views": sum(hour["total"] for hour in popular) == sum(views.values()),
        "the same pages on top": all(
            views[f"{datetime.fromisoformat(hour['start'].replace('Z', '+00:00')).timestamp():.0f}", entry["value"]]
            == entry["count"]
            for hour in popular
            for entry in hour["top"]
        ),
        "every failed request is an alert or was held back": len(alerts) + held == failed,
    }
    print("\ncompared with a plain count:")
    for statement, holds in checks.items():
        print(f"  {'yes' if holds else 'NO '}  {statement}")
    raise SystemExit(0 if all(checks.values()) else 1)


if __name__ == "__main__":
    main()

"""Write the input of the example: what four cameras saw in one morning, as JSON lines.

Takes:   a path, how many detections, a seed.
Gives:   the file, the same bytes on every machine and with every Python; `Planted`, what is wrong with it.
Ignores: the graph.  It knows the zones only to make every 17th event go wrong.

Chance comes from `random.Random(seed).random()`, the one method that Python promises never to change; the rest is
addition, multiplication and rounding.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

DETECTIONS = 50_000
SEED = 20240513
START = 6 * 3600 * 1000  # milliseconds after midnight: the morning shift begins
COOLDOWN = 2_000  # milliseconds, as in the graph
EVERY = 17  # one event in so many goes wrong
FAULTS = ("missing track id", "NaN confidence", "unknown severity", "undecodable bytes")
CLASSES = ("PERSON", "PERSON", "PERSON", "PERSON", "PERSON", "FORKLIFT", "FORKLIFT", "TRUCK", "DOG")

# camera -> the corners of its zone as shares of the picture, and the classes that must not be there; as in the graph
SITE: dict[str, tuple[list[tuple[float, float]], set[str]]] = {
    "gate-north": ([(0.25, 0.55), (0.75, 0.55), (0.9, 1.01), (0.1, 1.01)], {"PERSON", "TRUCK"}),
    "loading-dock": ([(0.0, 0.6), (0.7, 0.6), (0.7, 1.01), (0.0, 1.01)], {"PERSON", "FORKLIFT"}),
    "crane-yard": ([(0.3, 0.5), (0.6, 0.4), (0.9, 0.7), (0.6, 1.01), (0.3, 0.9)], {"PERSON"}),
    "aisle-7": ([(0.2, 0.5), (0.8, 0.5), (0.8, 0.95), (0.2, 0.95)], {"PERSON", "DOG"}),
}


@dataclass
class Planted:
    """What a file holds: lines, and how many of them are wrong in which way."""

    lines: int = 0
    faults: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FAULTS, 0))

    @property
    def readable(self) -> int:
        """Lines that are JSON."""
        return self.lines - self.faults["NaN confidence"] - self.faults["undecodable bytes"]


def write(path: Path, detections: int = DETECTIONS, seed: int = SEED) -> Planted:
    """Write the file and tell what is in it."""
    with path.open("wb") as file:
        return _write(file, detections, seed)


def _write(file: BinaryIO, detections: int, seed: int) -> Planted:
    planted = Planted()
    last: dict[str, int] = {}  # camera -> when its last event went through the cooldown
    events = 0
    for number, (moment, detection) in enumerate(_merged(seed)):
        if number == detections:
            break
        line = json.dumps(detection, separators=(",", ":")).encode()
        camera = detection["camera"]
        if _is_event(detection) and moment - last.get(camera, -COOLDOWN) >= COOLDOWN:
            events += 1
            fault = FAULTS[events // EVERY % len(FAULTS)] if events % EVERY == 0 else None
            if fault is not None:
                planted.faults[fault] += 1
                line = _broken(line, detection, fault)
            if fault not in ("NaN confidence", "undecodable bytes"):  # those never get as far as the cooldown
                last[camera] = moment
        file.write(line + b"\n")
        planted.lines += 1
    return planted


def _merged(seed: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """The detections of all cameras in order of time."""
    streams = [_camera(name, Random(seed + at)) for at, name in enumerate(SITE)]
    return heapq.merge(*streams, key=lambda pair: (pair[0], pair[1]["camera"]))


def _camera(name: str, chance: Random) -> Iterator[tuple[int, dict[str, Any]]]:
    """What one camera sees: somebody comes, crosses the picture, and after a while somebody else comes."""
    moment, count, visitor = START, 0, 0
    while True:
        visitor += 1
        moment += 4_000 + int(chance.random() * 60_000)
        kind = CLASSES[int(chance.random() * len(CLASSES))]
        x, y = chance.random(), 0.45 + chance.random() * 0.5
        step_x, step_y = (chance.random() - 0.5) * 0.06, (chance.random() - 0.5) * 0.02
        width, height = 0.03 + chance.random() * 0.05, 0.1 + chance.random() * 0.1
        for _ in range(8 + int(chance.random() * 32)):
            moment += 380 + int(chance.random() * 240)
            count += 1
            x, y = min(max(x + step_x, 0.0), 1.0), min(max(y + step_y, 0.2), 1.0)
            yield (
                moment,
                {
                    "id": f"{name}-{count:07d}",
                    "time": _clock(moment),
                    "camera": name,
                    "frame": moment // 40,
                    "class": kind,
                    "confidence": round(0.38 + chance.random() * 0.61, 3),
                    "bbox": [round(x - width / 2, 4), round(y - height, 4), round(width, 4), round(height, 4)],
                    "track_id": f"{name}-t{visitor:05d}",
                },
            )


def _clock(moment: int) -> str:
    """Milliseconds after midnight as a time of the day the file is about; a long file runs into the next days."""
    seconds, thousandths = divmod(moment, 1000)
    days, seconds = divmod(seconds, 86_400)
    month, day = (5, 13 + days) if days < 19 else (6, days - 18)
    return f"2024-{month:02d}-{day:02d}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{thousandths:03d}Z"


def _is_event(detection: dict[str, Any]) -> bool:
    """What the zone rule of the pack says."""
    polygon, forbidden = SITE[detection["camera"]]
    if detection["class"] not in forbidden or detection["confidence"] < 0.5:
        return False
    left, top, width, height = detection["bbox"]
    return _inside(left + width / 2, top + height, polygon)


def _inside(x: float, y: float, polygon: list[tuple[float, float]]) -> bool:
    crossings = False
    for (ax, ay), (bx, by) in zip(polygon, [polygon[-1], *polygon], strict=False):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            crossings = not crossings
    return crossings


def _broken(line: bytes, detection: dict[str, Any], fault: str) -> bytes:
    """The line as a camera with that fault would have written it."""
    if fault == "missing track id":
        del detection["track_id"]
    elif fault == "unknown severity":
        detection["severity"] = "apocalyptic"
    elif fault == "NaN confidence":
        return line.replace(b'"confidence":%a' % detection["confidence"], b'"confidence":NaN')
    else:
        return line.replace(b'"camera"', b'"cam\xe9ra"')
    return json.dumps(detection, separators=(",", ":")).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--detections", type=int, default=DETECTIONS)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    planted = write(given.path, given.detections, given.seed)
    print(f"{given.path}: {planted.lines} lines; {', '.join(f'{n} x {fault}' for fault, n in planted.faults.items())}")


if __name__ == "__main__":
    main()

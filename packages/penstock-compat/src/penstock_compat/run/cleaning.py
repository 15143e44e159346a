"""Clean what runs have kept: wheels, trees, chosen versions and results that nobody used for a while.

Takes:   the folder where runs keep things; how long something may lie unused.
Gives:   `clean`: `Cleaned`, what went and what stays.
Why so:  whatever a run uses it touches, so the time of an entry is that of its last use. An entry is gone as a whole:
         the next run makes it again. A wheel goes with the ledger's entries about it, never before them.
Ignores: caches of uv and pip, which belong to them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from penstock_compat.errors import CannotLook, Misuse
from penstock_compat.run.bin import remove
from penstock_compat.run.workshop import SIGNATURE, TAG, going_on

_LEDGER = ("ledger/wheels", "ledger/versions", "ledger/results", "interpreters")
_INTERPRETER = re.compile(r"\d+\.\d+-[0-9a-f]+")  # the name of a folder of trees
_OFFER = re.compile(r"[0-9a-f]{24}")
_BUILT = re.compile(r"[0-9a-f]{32}-.+")
_LEFT_OVER = re.compile(r"stage-\d+-\d+|.*\.(part|spoiled)-\d+-\d+|.*\.\d+\.part")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a cleaning came to; sizes in bytes, a file with several names counted once."""

    gone: int  # entries
    freed: int
    kept: int  # entries
    stays: int


def clean(folder: str, now: float, older: float) -> Cleaned:
    """Remove what was not used in the last `older` seconds before `now`, and what killed runs have left.

    Raises `CannotLook` while a run uses the folder, and `Misuse` when it is none in which runs keep things.
    """
    if not os.path.isdir(folder):
        return Cleaned(0, 0, 0, 0)
    if not _is_ours(folder):
        raise Misuse(f"`{folder}` is no folder in which runs keep things", hint="name the one that `--state` named")
    running = going_on(folder)
    if running:
        named = ", ".join(map(str, running))
        raise CannotLook(
            f"a run is going on in `{folder}`: process {named}", code="C202", hint="clean when it has ended"
        )
    entries = list(_entries(folder))
    old = [path for path in entries if _time(path) <= now - older or _LEFT_OVER.fullmatch(os.path.basename(path))]
    gone = set(old)
    wheels = {path for path in entries if path not in gone and "ledger/wheels" in path.replace(os.sep, "/")}
    needed = {os.path.dirname(path) for path in map(_wheel_of, wheels)}
    built = [path for path in _below(os.path.join(folder, "built")) if _BUILT.fullmatch(os.path.basename(path))]
    old += [path for path in built if path not in needed]
    before_it = _size(folder)
    for path in old:
        remove(path) if os.path.isdir(path) else _unlink(path)
    stays = _size(folder)
    return Cleaned(len(old), before_it - stays, len(entries) + len(built) - len(old), stays)


def _is_ours(folder: str) -> bool:
    try:
        with open(os.path.join(folder, TAG), "rb") as file:
            return file.read(len(SIGNATURE)) == SIGNATURE.encode()
    except OSError:
        return False


def _entries(folder: str) -> Iterator[str]:
    for name in _LEDGER:
        yield from (path for path in _below(os.path.join(folder, name)) if path.endswith(".json"))
    for path in _below(os.path.join(folder, "offers")):
        if _OFFER.match(os.path.basename(path)):
            yield path
    for home in _below(os.path.join(folder, "trees")):
        if _INTERPRETER.fullmatch(os.path.basename(home)):
            yield from _below(home)


def _below(folder: str) -> Iterator[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        yield os.path.join(folder, name)


def _time(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _wheel_of(entry: str) -> str:
    try:
        with open(entry, "rb") as file:
            return str(json.load(file)["path"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass  # somebody else was first


def _size(folder: str) -> int:
    seen: dict[tuple[int, int], int] = {}
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                found = os.lstat(os.path.join(base, name))
            except OSError:
                continue
            seen[found.st_dev, found.st_ino] = found.st_size
    return sum(seen.values())

"""Keep unpacked and byte-compiled distributions, once for each interpreter, and lend them to environments.

Takes:   a folder; pins; a function that installs pins into an environment.
Gives:   `Store`: `trees` (made where they are missing), `lend` (hard links into an environment), `is_whole` (whether a
         tree is still what it was: a test may have written into a file that it shares with it).
Why so:  a link costs a tenth of a copy, and looking afterwards costs less than either. Whoever finds a tree spoiled
         drops it, and the cells that had it run again with copies.
Ignores: where versions come from.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from penstock_compat.run.child import Ended
from penstock_compat.run.materials import Pin
from penstock_compat.run.source import normal_name

_LIST = "files.json"  # in a tree's folder, where nothing of an environment is called that


@dataclass(frozen=True, slots=True)
class File:
    """One file of a tree, as it was when the tree was made."""

    path: str  # relative to the environment's folder
    size: int
    time: int  # of its last change, in nanoseconds
    mode: int


@dataclass(frozen=True, slots=True)
class Tree:
    """One distribution, unpacked for one interpreter."""

    pin: Pin
    folder: str
    stage: str  # the environment in which it was made, whose interpreter its scripts name
    files: tuple[File, ...]


class Store:
    """Trees below one folder, `FOLDER/INTERPRETER/NAME-VERSION-DIGEST`, each with a list of its files.

    A tree is there as a whole or not at all, so that runs which were killed and runs beside this one do no harm.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._known: dict[tuple[str, Pin], Tree] = {}

    def trees(
        self, tag: str, pins: Sequence[Pin], install: Callable[[Sequence[Pin], str], Ended]
    ) -> list[Tree] | Ended:
        """A tree for each pin; `install` puts those that are missing into the environment that it is told."""
        with self._guard:
            lock = self._locks.setdefault(tag, threading.Lock())
        with lock:
            missing = [pin for pin in pins if self._tree(tag, pin) is None]
            if missing:
                stage = os.path.join(self.folder, tag, f"stage-{os.getpid()}-{threading.get_ident()}")
                shutil.rmtree(stage, ignore_errors=True)
                try:
                    ended = install(missing, stage)
                    if not ended.well:
                        return ended
                    self._split(tag, missing, stage)
                finally:
                    shutil.rmtree(stage, ignore_errors=True)
            found = [self._tree(tag, pin) for pin in pins]
        gone = [pin.name for pin, tree in zip(pins, found, strict=True) if tree is None]
        if gone:
            return Ended(1, log=f"the installer left no record of {', '.join(gone)}")
        return [tree for tree in found if tree is not None]

    def drop(self, tree: Tree, tag: str) -> None:
        """Forget a tree; whoever uses it now keeps what they have linked."""
        with self._guard:
            self._known.pop((tag, tree.pin), None)
        spoiled = f"{tree.folder}.spoiled-{os.getpid()}-{threading.get_ident()}"
        try:
            os.rename(tree.folder, spoiled)
        except OSError:
            return  # somebody else was first
        shutil.rmtree(spoiled, ignore_errors=True)

    def _tree(self, tag: str, pin: Pin) -> Tree | None:
        known = self._known.get((tag, pin))
        if known is not None:
            return known
        folder = self._place(tag, pin)
        try:
            with open(os.path.join(folder, _LIST), "rb") as file:
                kept = json.load(file)
            os.utime(folder)  # what is used is not cleaned away (`cleaning`)
            tree = Tree(pin, folder, kept["stage"], tuple(File(*row) for row in kept["files"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        self._known[tag, pin] = tree
        return tree

    def _place(self, tag: str, pin: Pin) -> str:
        seen = pin.digest.removeprefix("sha256:")[:16] or sha256(pin.where.encode()).hexdigest()[:16]
        return os.path.join(self.folder, tag, f"{pin.name}-{pin.version}-{seen}")

    def _split(self, tag: str, pins: Iterable[Pin], stage: str) -> None:
        """Move the files of each distribution, as its RECORD names them, into a tree of its own."""
        records = _records(stage)
        for pin in pins:
            record = records.get(pin.name)
            if record is None:
                continue
            folder = self._place(tag, pin)
            part = f"{folder}.part-{os.getpid()}-{threading.get_ident()}"
            files = list(_moved(stage, record, part))
            os.makedirs(part, exist_ok=True)
            with open(os.path.join(part, _LIST), "w", encoding="utf-8") as file:
                json.dump({"stage": stage, "files": [[f.path, f.size, f.time, f.mode] for f in files]}, file)
            try:
                os.rename(part, folder)
            except OSError:
                shutil.rmtree(part, ignore_errors=True)  # another run made the same one meanwhile


def lend(trees: Iterable[Tree], environment: str, *, copies: bool = False) -> None:
    """Put the files of the trees into an environment: hard links, or copies where those are wanted or do not work."""
    made: set[str] = set()
    for tree in trees:
        for file in tree.files:
            source, target = f"{tree.folder}/{file.path}", f"{environment}/{file.path}"
            parent = target.rpartition("/")[0]
            if parent not in made:
                os.makedirs(parent, exist_ok=True)
                made.add(parent)
            if file.path.startswith(("bin/", "Scripts/")) and _script(source, target, tree.stage, environment):
                continue
            _place(source, target, copies)


def is_whole(tree: Tree) -> bool:
    """Whether every file of the tree still is what it was."""
    try:
        for file in tree.files:
            seen = os.stat(f"{tree.folder}/{file.path}")
            if seen.st_mtime_ns != file.time or seen.st_size != file.size or seen.st_mode != file.mode:
                return False
    except OSError:
        return False
    return True


def _place(source: str, target: str, copies: bool) -> None:
    if not copies:
        try:
            os.link(source, target)
            return
        except FileExistsError:
            return  # two distributions own it, as happens with namespaces; the first wins, as it does for pip
        except OSError:
            pass  # another disk, or a file system without links
    shutil.copy2(source, target)


def _script(source: str, target: str, stage: str, environment: str) -> bool:
    """Copy a script so that it names this environment's interpreter; False for a program that is no script."""
    with open(source, "rb") as file:
        data = file.read(2)
        if data != b"#!":
            return False
        data += file.read()
    with open(target, "wb") as file:
        file.write(data.replace(os.fsencode(stage), os.fsencode(environment), 2))
    os.chmod(target, 0o755)
    return True


def _records(stage: str) -> dict[str, str]:
    """Normalised name -> the RECORD of what is installed in the environment, relative to it."""
    found = {}
    for base, folders, _ in os.walk(stage):
        for name in folders:
            record = os.path.join(base, name, "RECORD")
            if name.endswith(".dist-info") and os.path.exists(record):
                found[normal_name(name.removesuffix(".dist-info").split("-")[0])] = os.path.relpath(record, stage)
        folders[:] = [one for one in folders if not one.endswith(".dist-info")] if _is_above(base) else []
    return found


def _is_above(base: str) -> bool:
    """Whether packages may lie below: `lib`, `lib/python3.12`, but not below `site-packages`."""
    return os.path.basename(base) != "site-packages"


def _moved(stage: str, record: str, folder: str) -> Iterable[File]:
    import csv

    site = os.path.dirname(os.path.dirname(record))
    with open(os.path.join(stage, record), encoding="utf-8", newline="") as file:
        names = [row[0] for row in csv.reader(file) if row]
    for name in names:
        path = os.path.normpath(os.path.join(site, name)).replace(os.sep, "/")
        if path.startswith("../") or os.path.isabs(path):
            continue  # outside of the environment, where nothing of a wheel has any business
        for one in (path, *_compiled(stage, path)):
            source = os.path.join(stage, one)
            target = os.path.join(folder, one)
            try:
                os.makedirs(os.path.dirname(target), exist_ok=True)
                os.rename(source, target)
                seen = os.stat(target)
            except OSError:
                continue  # named twice, or named and not there
            yield File(one, seen.st_size, seen.st_mtime_ns, seen.st_mode)


def _compiled(stage: str, path: str) -> list[str]:
    if not path.endswith(".py"):
        return []
    folder, _, name = path.rpartition("/")
    cache = f"{folder}/__pycache__"
    pattern = re.compile(re.escape(name[:-3]) + r"\.[a-z]+-?\d+\.pyc")
    return [f"{cache}/{one}" for one in _listed(os.path.join(stage, cache)) if pattern.fullmatch(one)]


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []

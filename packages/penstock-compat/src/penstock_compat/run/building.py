"""Build the wheel of each pack once for each state of its tree, and read what is in it.

Takes:   a pack's source, an engine, a ledger.
Gives:   `Builder.wheel`: `Wheel`, or how the build ended.
Ignores: whether the wheel works.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from email.parser import HeaderParser
from glob import escape, glob
from hashlib import sha256
from typing import Any
from zipfile import BadZipFile, ZipFile

from penstock_compat.run.child import Ended
from penstock_compat.run.engine import Engine
from penstock_compat.run.interpreters import Identity
from penstock_compat.run.ledger import Ledger
from penstock_compat.run.materials import Wheel
from penstock_compat.run.source import copy_tree, digest_of, normal_name, top_levels


class Builder:
    """Wheels by tree; each is built in a copy, so that a build leaves nothing behind in the pack's folder."""

    def __init__(self, engine: Engine, ledger: Ledger, folder: str) -> None:
        self._engine = engine
        self._ledger = ledger
        self._folder = folder
        self._digests: dict[str, str] = {}
        self._failed: dict[str, Ended] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def digest(self, source: str) -> str:
        """The name of the source's content."""
        with self._guard:
            if source not in self._digests:
                self._digests[source] = digest_of(source)
            return self._digests[source]

    def wheel(self, source: str, version: str, python: Identity) -> Wheel | Ended:
        """The pack's wheel for that interpreter; one that fits every interpreter is built once."""
        tree = self.digest(source).removeprefix("sha256:")[:32]
        with self._guard:
            lock = self._locks.setdefault(tree, threading.Lock())
        with lock:
            for key in (tree, f"{tree}-{python.tag}"):
                if key in self._failed:
                    return self._failed[key]
                known = self._ledger.wheel(key)
                if known is not None:
                    return known
            made = self._made(source, version, python, tree)
            if isinstance(made, Ended):
                self._failed[f"{tree}-{python.tag}"] = made
                return made
            self._ledger.keep_wheel(tree if made.pure else f"{tree}-{python.tag}", made)
            return made

    def _made(self, source: str, version: str, python: Identity, tree: str) -> Wheel | Ended:
        if source.endswith(".whl"):
            return read_wheel(source) or Ended(1, log=f"`{os.path.basename(source)}` is no wheel")
        target = os.path.join(self._folder, f"{tree}-{python.tag}")
        copy = os.path.join(self._folder, f"{tree}-{os.getpid()}.tree")
        for folder in (target, copy):
            shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(target)
        try:
            unpacked = unpack(source, copy)
            ended = self._engine.build(unpacked, python.path, target, version)
        finally:
            shutil.rmtree(copy, ignore_errors=True)
        wheels = sorted(glob(os.path.join(escape(target), "*.whl")))
        if not ended.well:
            return ended
        found = read_wheel(wheels[0]) if wheels else None
        return found or Ended(1, log=f"{ended.log}\nthe build ended well, and left no usable wheel")


def tree_of(source: str, target: str) -> str:
    """The pack's tree as it lies, or as it comes out of its sdist."""
    return source if os.path.isdir(source) else unpack(source, target)


def unpack(source: str, target: str) -> str:
    """Copy the pack's tree, or unpack its sdist, into the folder; the tree's path."""
    if os.path.isdir(source):
        copy_tree(source, target)
        return target
    import tarfile

    safe: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # the last 3.10s have it too
    with tarfile.open(source) as archive:
        members = [one for one in archive if not one.name.startswith("/") and ".." not in one.name.split("/")]
        archive.extractall(target, [one for one in members if one.isreg() or one.isdir()], **safe)
    inside = sorted(os.listdir(target))
    return os.path.join(target, inside[0]) if len(inside) == 1 else target


def read_wheel(path: str) -> Wheel | None:
    """What the wheel says of itself; None when it says too little."""
    try:
        with open(path, "rb") as file:
            digest = sha256(file.read()).hexdigest()
        with ZipFile(path) as archive:
            names = archive.namelist()
            folder = next(name for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)).split("/")[0]
            metadata = HeaderParser().parsestr(archive.read(f"{folder}/METADATA").decode("utf-8", "replace"))
            tags = archive.read(f"{folder}/WHEEL").decode("utf-8", "replace")
    except (OSError, BadZipFile, StopIteration, KeyError):
        return None
    name, version = metadata.get("Name"), metadata.get("Version")
    if not name or not version:
        return None
    return Wheel(
        path=path,
        digest=f"sha256:{digest}",
        name=normal_name(name),
        version=version,
        requires=tuple(str(one) for one in metadata.get_all("Requires-Dist") or ()),
        requires_python=str(metadata.get("Requires-Python") or ""),
        modules=top_levels(names),
        pure="Tag: py3-none-any" in tags or "Tag: py2.py3-none-any" in tags,
    )

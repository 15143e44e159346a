"""Hold what all cells of a run share: places, the engine, interpreters, wheels, the ledger.

Takes:   a plan and where to keep things.
Gives:   `opened`: a `Workshop`; `Wishes`.
Ignores: the order in which cells are run (`driver`).
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from penstock_compat.errors import CannotLook
from penstock_compat.facts import Cause, Cell, Failure, Plan, Result, Rung, State
from penstock_compat.run.bin import Bin, remove
from penstock_compat.run.building import Builder
from penstock_compat.run.engine import Engine
from penstock_compat.run.interpreters import Identity, identity, this_platform
from penstock_compat.run.ledger import Ledger
from penstock_compat.run.offer import Offer, make_offer

TAG = "CACHEDIR.TAG"  # by which backups know what can be made again, and `clean` that the folder is ours
SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a run is wanted; nothing here changes what comes out of a cell."""

    jobs: int = 2
    fresh: float = 86_400.0  # seconds for which chosen versions are believed
    again: bool = False  # run cells that did not pass once more
    anew: bool = False  # run every cell once more
    anyway: bool = False  # run what cannot work by its sources
    by: str = ""
    origin: str = ""
    timeout: float = 0.0  # seconds; 0 is what the recipe says


@dataclass
class Workshop:
    """One run's surroundings."""

    plan: Plan
    engine: Engine
    ledger: Ledger
    folder: str  # for everything that may be kept
    scratch: str  # for what may not
    wishes: Wishes = field(default_factory=Wishes)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def __post_init__(self) -> None:
        self.bin = Bin()
        self.controls: dict[Cell, Result] = {}  # cell that did not pass -> its control in the same environment
        self.builder = Builder(self.engine, self.ledger, os.path.join(self.folder, "built"))
        self._identities: dict[str, Identity | None] = {}
        self._guard = threading.Lock()
        self._offer: Offer | None = None
        self.not_before = time.time() - self.wishes.fresh
        self.platform = this_platform()

    @property
    def offer(self) -> Offer:
        """The local wheels, as an index."""
        with self._guard:
            if self._offer is None:
                self._offer = make_offer(self.plan.wheels, os.path.join(self.folder, "offers"))
            return self._offer

    def python(self, version: str) -> Identity | None:
        """The interpreter for cells of that Python; None when this machine has none that answers and is one."""
        with self._guard:
            if version not in self._identities:
                path = self.plan.pythons.get(version, "")
                found = identity(path, os.path.join(self.folder, "interpreters")) if path else None
                self._identities[version] = found if found is not None and found.python == version else None
            return self._identities[version]

    def elsewhere(self, cell: Cell) -> Result | None:
        """The result of a cell that no run on this machine can say anything about."""
        if (cell.os, cell.arch) == self.platform:
            return None
        why = f"this machine is {' '.join(self.platform)}, not {cell.os} {cell.arch}"
        failure = Failure("environment", why)
        origin = self.wishes.origin
        return Result(cell, State.UNKNOWN, Cause.ENVIRONMENT, Rung.UNKNOWN, None, failure, (why,), origin)


def kept_in(given: str | None = None) -> str:
    """Where wheels, trees and the ledger are kept between runs."""
    if given:
        return os.path.abspath(given)
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(os.path.abspath(home), "penstock-compat")


@contextmanager
def opened(plan: Plan, engine: Engine, ledger: Ledger, folder: str, wishes: Wishes | None = None) -> Iterator[Workshop]:
    """A workshop with a scratch folder of its own, which is gone afterwards.

    Raises `CannotLook` when nothing can be kept in the folder, and `CannotRead` when a folder of wheels cannot be read.
    """
    scratch = os.path.join(folder, f"scratch-{os.getpid()}-{uuid4().hex[:8]}")
    try:
        os.makedirs(folder, exist_ok=True)
        _sweep(folder)
        os.makedirs(scratch)
        with open(os.path.join(folder, TAG), "w", encoding="utf-8") as file:
            file.write(f"{SIGNATURE}\n# Made by penstock-compat; `penstock-compat clean` empties it.\n")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise CannotLook(
            f"cannot keep anything in `{folder}`: {why}", code="C202", hint="name another folder with `--state`"
        ) from error
    shop = Workshop(plan, engine, ledger, folder, scratch, wishes or Wishes())
    try:
        _ = shop.offer  # made now: a folder that cannot be read is a mistake of the whole run, not of each cell
        yield shop
    finally:
        shop.bin.empty()
        engine.close()
        remove(scratch)


def going_on(folder: str) -> list[int]:
    """The processes that run cells out of the folder now."""
    found = (re.fullmatch(r"scratch-(\d+)-\w+", name) for name in os.listdir(folder))
    return sorted({int(one[1]) for one in found if one and _lives(int(one[1]))})


def _sweep(folder: str) -> None:
    """Remove what runs have left that were killed."""
    for name in os.listdir(folder):
        found = re.fullmatch(r"scratch-(\d+)-\w+", name)
        if found and not _lives(int(found[1])):
            remove(os.path.join(folder, name))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True

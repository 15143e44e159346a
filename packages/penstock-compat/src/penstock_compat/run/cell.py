"""Take one cell through its stages: build, resolve, install, probe, test.

Takes:   a cell and the workshop.
Gives:   `prepare`: `Prepared`, all that the outcome depends on, with the key of its result; `perform`: `RawOutcome`.
Why so:  what is prepared can be looked up in the ledger before anything is installed.
Ignores: what an outcome means (`classify`), and other cells.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from uuid import uuid4

from penstock_compat.facts import Cell, DependencySet, Recipe
from penstock_compat.outcome import RawOutcome
from penstock_compat.run import probe
from penstock_compat.run.building import tree_of
from penstock_compat.run.child import Ended, see_to_end
from penstock_compat.run.engine import python_in
from penstock_compat.run.interpreters import Identity
from penstock_compat.run.materials import Pin, Question, Resolution, Wheel
from penstock_compat.run.reports import read_junit, read_probe
from penstock_compat.run.source import copy_tree
from penstock_compat.run.surroundings import for_tests
from penstock_compat.run.workshop import Workshop

PROBE = os.path.abspath(probe.__file__)
IMPORT = 60.0  # seconds that the probe may take
RUNS = 3  # raised when what a run does to a cell changes, so that older results are not taken for new ones


@dataclass(frozen=True, slots=True)
class Prepared:
    """A cell that can be installed: everything that its outcome depends on."""

    cell: Cell
    recipe: Recipe
    python: Identity
    wheel: Wheel
    pins: tuple[Pin, ...]  # without the pack itself
    key: str

    @property
    def environment(self) -> dict[str, tuple[str, str]]:
        """Distribution -> version, digest; with the pack."""
        pins = sorted((*self.pins, self.wheel.pin), key=lambda pin: pin.name)
        return {pin.name: (pin.version, pin.digest) for pin in pins}


def prepare(cell: Cell, shop: Workshop, python: Identity) -> Prepared | RawOutcome:
    """Build the pack and choose versions, as far as that was not done before."""
    recipe = shop.plan.recipes[cell.pack]
    wheel = shop.builder.wheel(recipe.source, cell.version, python)
    if isinstance(wheel, Ended):
        return _broke("build", wheel, cell, recipe)
    question = _question(cell, recipe, wheel, python, shop)
    chosen = _chosen(question, shop, python)
    if isinstance(chosen, Ended):
        return _broke("resolve", chosen, cell, recipe)
    key = _key(cell, recipe, wheel, chosen.pins, python, shop)
    return Prepared(cell, recipe, python, wheel, chosen.pins, key)


def perform(ready: Prepared, shop: Workshop) -> RawOutcome:
    """Make the environment, ask it what it is, run the tests.

    If somebody wrote into files that it shares with others, all is done once more with files of its own.
    """
    outcome, spoiled = _performed(ready, shop, copies=False)
    return _performed(ready, shop, copies=True)[0] if spoiled else outcome


def _performed(ready: Prepared, shop: Workshop, copies: bool) -> tuple[RawOutcome, bool]:
    mark = uuid4().hex
    scratch = os.path.join(shop.scratch, f"cell-{mark[:12]}")
    for name in ("home", "tmp", "work"):
        os.makedirs(os.path.join(scratch, name))
    environment = os.path.join(scratch, "env")
    try:
        ended = shop.engine.environment(
            ready.python,
            (*ready.pins, ready.wheel.pin),
            shop.offer.folder,
            shop.plan.offline,
            environment,
            copies,
        )
        if not ended.well:
            return _broke("install", ended, ready.cell, ready.recipe, ready.environment), False
        outcome = _tested(ready, shop, scratch, environment, mark)
        return outcome, shop.engine.spoiled(environment)
    finally:
        shop.bin.throw(scratch)


def _tested(ready: Prepared, shop: Workshop, scratch: str, environment: str, mark: str) -> RawOutcome:
    recipe = ready.recipe
    env = for_tests(shop.environ, environment, scratch, mark, recipe.keep)
    work, told = os.path.join(scratch, "work"), os.path.join(scratch, "probe.jsonl")
    modules = (recipe.entry,) if recipe.entry else ready.wheel.modules
    words = [python_in(environment), "-I", "-X", "utf8", PROBE, told, *modules]
    limit = shop.wishes.timeout or recipe.timeout
    ended = see_to_end(words, cwd=work, env=env, timeout=min(IMPORT, limit), limit=recipe.output)
    seen = read_probe(told)
    if not ended.well:
        return _outcome("import", ended, ready, words, scratch, seen)
    if not recipe.source.endswith(".whl"):
        own = frozenset({"src", *ready.wheel.modules, *(f"{one}.py" for one in ready.wheel.modules)})
        copy_tree(tree_of(recipe.source, os.path.join(scratch, "tree")), work, own)
    junit = os.path.join(scratch, "junit.xml")
    words = _command(recipe.command, environment, junit)
    ended = see_to_end(words, cwd=work, env=env, timeout=limit, limit=recipe.output)
    return _outcome("test", ended, ready, words, scratch, seen, junit)


def _command(command: tuple[str, ...], environment: str, junit: str) -> list[str]:
    """The command with the environment's own interpreter; pytest is told to leave a report and nothing else."""
    words = list(command)
    if words[0] in ("python", "python3"):
        words[0] = python_in(environment)
    else:
        own = os.path.join(os.path.dirname(python_in(environment)), words[0])
        words[0] = own if os.path.exists(own) else words[0]
    if "pytest" in command:
        words += ["-p", "no:cacheprovider", f"--junitxml={junit}"]
    return words


def _outcome(
    stage: str,
    ended: Ended,
    ready: Prepared,
    words: list[str],
    scratch: str,
    seen: Mapping[str, object] | None,
    junit: str = "",
) -> RawOutcome:
    shown = [word.replace(scratch, "{cell}").replace(PROBE, "{probe}") for word in words]
    return RawOutcome(
        stage=stage,
        exit=ended.exit,
        signal=ended.signal,
        timed_out=ended.timed_out,
        flooded=ended.flooded,
        log=ended.log.replace(scratch, "{cell}"),
        command=tuple(shown),
        seconds=ended.seconds,
        probe=seen,
        report=read_junit(junit) if junit else None,
        python=ready.cell.python,
        resolved=ready.environment,
        recipe=_about(ready.cell, ready.recipe),
    )


def _broke(
    stage: str, ended: Ended, cell: Cell, recipe: Recipe, resolved: Mapping[str, tuple[str, str]] | None = None
) -> RawOutcome:
    return RawOutcome(
        stage=stage,
        exit=ended.exit,
        signal=ended.signal,
        timed_out=ended.timed_out,
        flooded=ended.flooded,
        log=ended.log,
        seconds=ended.seconds,
        python=cell.python,
        resolved=resolved or {},
        recipe=_about(cell, recipe),
    )


def _about(cell: Cell, recipe: Recipe) -> dict[str, object]:
    return {
        "pack": cell.pack,
        "version": cell.version,
        "core": cell.core,
        "deps": cell.deps,
        "requires": recipe.requires,
        "command": recipe.command,
    }


def _question(cell: Cell, recipe: Recipe, wheel: Wheel, python: Identity, shop: Workshop) -> Question:
    chosen = shop.plan.sets.get(cell.deps) or DependencySet(cell.deps)
    lock = tuple(chosen.locks.get(cell.pack, ()))
    return Question(
        pack=wheel,
        extras=recipe.extras,
        core=f"{shop.plan.core}=={cell.core}" if cell.core and shop.plan.core != cell.pack else "",
        tools=recipe.requires,
        constraints=(*chosen.constraints, *_without(lock, (cell.pack, shop.plan.core if cell.core else ""))),
        resolution=chosen.resolution,
        prereleases=chosen.prereleases,
        sdists=shop.plan.sdists,
        python=python.path,
        offer=shop.offer.folder,
        offline=shop.plan.offline,
    )


def _without(lines: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """What the lock says of the pack and of the core does not count: the cell says it."""
    from penstock_compat.packs import normal

    return tuple(line for line in lines if normal(line.split("==")[0].split("[")[0].strip()) not in names)


def _chosen(question: Question, shop: Workshop, python: Identity) -> Resolution | Ended:
    key = question.key(f"{shop.engine.name} {python.tag}", shop.offer.digest)
    known = shop.ledger.resolution(key, shop.not_before)
    if known is not None:
        return known
    scratch = os.path.join(shop.scratch, f"versions-{uuid4().hex[:12]}")
    os.makedirs(scratch)
    try:
        found = shop.engine.resolve(question, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if isinstance(found, Resolution):
        shop.ledger.keep_resolution(key, found)
    return found


def _key(cell: Cell, recipe: Recipe, wheel: Wheel, pins: tuple[Pin, ...], python: Identity, shop: Workshop) -> str:
    """A name for everything that the outcome depends on."""
    versions = [(pin.name, pin.version, pin.digest) for pin in pins]
    tested = (recipe.command, recipe.timeout, recipe.output, recipe.entry, recipe.keep)
    tree = shop.builder.digest(recipe.source)
    text = json.dumps([RUNS, cell.id, tree, wheel.digest, versions, tested, python.tag, shop.engine.name])
    return sha256(text.encode()).hexdigest()[:40]

"""Run cells under another system's root file system: an OS axis beside the machine's own.

Takes:   a root file system (a folder, as debootstrap makes one) with an interpreter in it, and a plan.
Gives:   `Root`, `pythons_in`, `run_in`: the results of the plan's cells of that OS; `split`: which cells are whose; `together`.
Why so:  this same program runs the cells, inside: what it needs is copied to a folder that stands at `/mnt` there, in
         a mount and process namespace of its own, so nothing of the root file system is changed.
Ignores: how a root file system is made, and kernels: the kernel is the machine's own.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from penstock_compat.errors import CannotLook
from penstock_compat.facts import Plan, Recipe, Results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penstock_compat.run.workshop import Wishes

_INSIDE = "/mnt"  # stands empty in every system, by the file system hierarchy standard
_NEEDED = ("penstock_compat", "penstock_findings", "click", "packaging", "tomli", "yaml")
_ENTER = """set -e
mount --bind "$1" "$2/mnt"
mount -t proc proc "$2/proc" 2>/dev/null || true
[ -c "$2/dev/null" ] || mount --rbind /dev "$2/dev" 2>/dev/null || true
root="$2"; shift 2
exec chroot "$root" "$@"
"""
_MAIN = (
    "import sys; sys.path.insert(0, '/mnt/tools'); from penstock_compat.cli import main; sys.exit(main(sys.argv[1:]))"
)


class CannotEnter(CannotLook):
    """A root file system cannot be used on this machine."""

    code = "C440"


@dataclass(frozen=True, slots=True)
class Root:
    """One root file system; `name` is what cells call it, such as debian-12."""

    name: str
    path: str  # absolute


def read_roots(words: Sequence[str]) -> tuple[Root, ...]:
    """The root file systems of `NAME=FOLDER` words. Raises `CannotEnter` where there is none."""
    found = []
    for word in words:
        name, equals, path = word.partition("=")
        if not equals or not re.fullmatch(r"[a-z][a-z0-9.-]*", name) or name in ("linux", "darwin", "windows"):
            raise CannotEnter(f"`{word}` names no root file system", hint="write it like `debian-12=/srv/debian-12`")
        whole = os.path.abspath(path)
        if not os.path.isdir(os.path.join(whole, "mnt")):
            raise CannotEnter(f"`{path}` is no root file system: it has no folder `mnt`")
        found.append(Root(name, whole))
    return tuple(found)


def pythons_in(root: Root) -> dict[str, str]:
    """The interpreters inside: version -> absolute path there."""
    found: dict[str, str] = {}
    for folder in ("usr/local/bin", "usr/bin"):
        here = os.path.join(root.path, folder)
        for name in sorted(os.listdir(here)) if os.path.isdir(here) else ():
            version = re.fullmatch(r"python(3\.\d+)", name)
            if version:
                found.setdefault(version[1], f"/{folder}/{name}")
    return found


def split(plan: Plan, roots: Sequence[Root]) -> tuple[Plan, dict[Root, Plan]]:
    """The plan without the cells of the root file systems, and one plan for each of those."""
    names = {root.name for root in roots}
    theirs = {root: tuple(cell for cell in plan.cells if cell.os == root.name) for root in roots}
    ours = replace(plan, cells=tuple(cell for cell in plan.cells if cell.os not in names))
    return ours, {root: replace(plan, cells=cells) for root, cells in theirs.items() if cells}


def together(whole: Plan, here: Results, elsewhere: Mapping[Root, Plan], *, folder: str, wishes: Wishes) -> Results:
    """The results of this machine's own cells, and of those under root file systems, in the order of the whole plan."""
    found = {one.cell: one for one in here.results}
    for root, plan in elsewhere.items():
        found |= {one.cell: one for one in run_in(root, plan, folder=folder, wishes=wishes).results}
    return replace(here, results=tuple(found[cell] for cell in whole.cells if cell in found))


def run_in(root: Root, plan: Plan, *, folder: str, wishes: Wishes) -> Results:
    """The results of the plan's cells, run under the root file system. `folder` is where things are kept.

    Raises `CannotEnter` when this machine lets nobody enter it, or it has no interpreter.
    """
    from penstock_compat.formats import read_results, write_plan
    from penstock_compat.run.child import see_to_end

    there = pythons_in(root)
    if not there:
        raise CannotEnter(
            f"there is no Python in `{root.path}`", hint="install one there, such as Debian's python3-venv"
        )
    home = os.path.join(folder, "roots", root.name)
    os.makedirs(home, exist_ok=True)
    write_plan(_plan_inside(plan, there, home), os.path.join(home, "plan.json"))
    _bring_tools(os.path.join(home, "tools"))
    results = os.path.join(home, "results.compat.json")
    if os.path.exists(results):
        os.unlink(results)
    words = ["run", f"{_INSIDE}/plan.json", "--output", f"{_INSIDE}/results.compat.json", "--state", f"{_INSIDE}/state"]
    words += [
        "--jobs",
        str(wishes.jobs),
        "--quiet",
        "--by",
        wishes.by or root.name,
        "--origin",
        wishes.origin or root.name,
    ]
    words += [*(["--again"] if wishes.again else []), *(["--anew"] if wishes.anew else [])]
    python = there[max(there, key=lambda version: int(version.partition(".")[2]))]
    command = [*_entering(), "/bin/sh", "-c", _ENTER, "enter", home, root.path, python, "-I", "-c", _MAIN, *words]
    ended = see_to_end(command, cwd=home, env=_surroundings(), timeout=_patience(plan), limit=2**24)
    if not os.path.exists(results):
        last = next((line for line in reversed(ended.log.splitlines()) if line.strip()), "it said nothing")
        raise CannotEnter(f"nothing can be run under `{root.path}`: {last.strip()}")
    return _renamed(read_results(results), root.name)


def _plan_inside(plan: Plan, pythons: Mapping[str, str], home: str) -> Plan:
    """The plan with paths as they are inside; packs and wheels are copied there."""
    cells = tuple(replace(cell, os="linux") for cell in plan.cells)
    recipes = {name: _recipe_inside(name, recipe, home) for name, recipe in plan.recipes.items()}
    wheels = []
    for number, there in enumerate(plan.wheels):
        shutil.rmtree(os.path.join(home, "wheels", str(number)), ignore_errors=True)
        shutil.copytree(there, os.path.join(home, "wheels", str(number)))
        wheels.append(f"{_INSIDE}/wheels/{number}")
    return replace(plan, cells=cells, excluded=(), recipes=recipes, wheels=tuple(wheels), pythons=dict(pythons))


def _recipe_inside(name: str, recipe: Recipe, home: str) -> Recipe:
    from penstock_compat.run.source import copy_tree

    folder = os.path.join(home, "packs", name)
    shutil.rmtree(folder, ignore_errors=True)
    if os.path.isdir(recipe.source):
        copy_tree(recipe.source, folder)
        return replace(recipe, source=f"{_INSIDE}/packs/{name}")
    os.makedirs(folder)
    shutil.copy(recipe.source, folder)
    return replace(recipe, source=f"{_INSIDE}/packs/{name}/{os.path.basename(recipe.source)}")


def _bring_tools(target: str) -> None:
    """Copy this program, and what it stands on, to where it can be imported inside."""
    from importlib.util import find_spec

    shutil.rmtree(target, ignore_errors=True)
    for name in _NEEDED:
        spec = find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            continue
        source = next(iter(spec.submodule_search_locations))
        shutil.copytree(source, os.path.join(target, name), ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    from penstock_compat.run.uv import find_uv

    uv = find_uv()
    if uv:
        os.makedirs(os.path.join(target, "bin"))
        shutil.copy(uv, os.path.join(target, "bin", "uv"))


def _entering() -> list[str]:
    program = shutil.which("unshare")
    if program is None or sys.platform != "linux":
        raise CannotEnter("root file systems can be entered on Linux only, with `unshare`")
    own = [] if os.geteuid() == 0 else ["--map-root-user"]
    return [program, *own, "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]


def _surroundings() -> dict[str, str]:
    """What is told inside: where packages come from, as outside, and our own programs before the system's."""
    from penstock_compat.run.surroundings import for_tools

    kept = {name: value for name, value in for_tools(os.environ).items() if name.startswith(("PIP_", "UV_"))}
    kept.pop("UV_CACHE_DIR", None)
    path = f"{_INSIDE}/tools/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {**kept, "PATH": path, "HOME": "/root", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}


def _patience(plan: Plan) -> float:
    return 600.0 + sum(60.0 + plan.recipes[cell.pack].timeout for cell in plan.cells)


def _renamed(results: Results, name: str) -> Results:
    """The results as those of cells of that OS."""
    named = (replace(one, cell=replace(one.cell, os=name)) for one in results.results)
    return replace(results, results=tuple(named))

"""Be a plugin of tox: in a folder with `compat/axes.toml`, tox knows an environment for each Python and dependency set.

    tox run -e compat-at312-lowest --result-json result.json
    penstock-compat import result.json --pack . --records .tox/penstock-compat

Takes:   the axes; the pack's own tox file, whose base settings the environments inherit.
Gives:   environments `compat-atPYTHON-SET`, with the versions of their set; after each, what it says of itself, as a record.
Ignores: results (`tox_import`).  Only tox imports this.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tox.plugin import impl

from penstock_compat.run import probe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock_compat.facts import Plan

AXES = os.path.join("compat", "axes.toml")
_BEGINS = "compat-"


@impl
def tox_extend_envs() -> Iterable[str]:
    """One name for each Python and dependency set, where there are axes."""
    plan = _plan()
    return [] if plan is None else list(dict.fromkeys(_name(cell.python, cell.deps) for cell in plan.cells))


@impl
def tox_add_core_config(core_conf: Any, state: Any) -> None:
    """Give each of our environments its interpreter; all else comes from the pack's own tox file."""
    from tox.config.loader.memory import MemoryLoader

    plan = _plan()
    for cell in () if plan is None else plan.cells:
        path = plan.pythons.get(cell.python) if plan is not None else None
        if path:
            loader = MemoryLoader(base_python=[path], wheel_build_env=".pkg")  # one wheel for all, as tox was started
            state.conf.memory_seed_loaders[_name(cell.python, cell.deps)].append(loader)


@impl
def tox_add_env_config(env_conf: Any, state: Any) -> None:
    """Ask pytest for a report, and tell the installers of our environments which versions their set has.

    The file of versions is written when something is installed.
    """
    name = env_conf.name or ""
    if _plan() is None or not name or name.startswith("."):
        return
    folder = _folder(state.conf.core)
    told = {}
    if "PYTEST_ADDOPTS" not in env_conf["set_env"]:
        told["PYTEST_ADDOPTS"] = f"--junitxml={folder / name}.xml"
    if name.startswith(_BEGINS):
        told.update(dict.fromkeys(("PIP_CONSTRAINT", "UV_CONSTRAINT"), f"{folder / name}.txt"))
    env_conf["set_env"].update(told, override=True)


@impl
def tox_on_install(tox_env: Any, arguments: Any, section: str, of_type: str) -> None:
    """Choose the versions of the set, before anything is installed."""
    name = tox_env.conf.name or ""
    path = _folder(tox_env.core) / f"{name}.txt"
    if not name.startswith(_BEGINS) or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = _versions(name)
    if isinstance(lines, str):
        from tox.tox_env.errors import Fail

        raise Fail(f"no versions for {name}: {lines}")
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@impl
def tox_after_run_commands(tox_env: Any, exit_code: int, outcomes: Any) -> None:
    """Ask the environment what it is, and keep its word beside the result."""
    if _plan() is None or not hasattr(tox_env, "env_python"):
        return
    folder = _folder(tox_env.core)
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / f"{tox_env.conf.name}.jsonl"
    words = [str(tox_env.env_python()), "-I", os.path.abspath(probe.__file__), str(record)]
    subprocess.run(words, capture_output=True, timeout=60, check=False)


def _name(python: str, deps: str) -> str:
    return f"{_BEGINS}at{python.replace('.', '')}-{deps}"  # `py312` or `3.12` would make tox look for an interpreter


def _folder(core: Any) -> Path:
    return Path(str(core["work_dir"])) / "penstock-compat"


_plans: dict[str, Plan | None] = {}


def _plan() -> Plan | None:
    """The plan for the pack in this folder; None where there are no axes, and tox stays as it is."""
    here = os.getcwd()
    if here not in _plans:
        _plans[here] = _made(here) if os.path.exists(os.path.join(here, AXES)) else None
    return _plans[here]


def _made(here: str) -> Plan:
    from penstock_compat.axes import read_axes
    from penstock_compat.packs import read_pack
    from penstock_compat.plan import plan
    from penstock_compat.run.interpreters import find_pythons, this_platform

    axes = read_axes(os.path.join(here, AXES))
    pythons = find_pythons(axes.pythons, axes.interpreters)
    return plan([read_pack(here)], axes, platform=this_platform(), pythons=pythons)


def _versions(name: str) -> list[str] | str:
    """The constraint lines of the set, or why there are none."""
    from penstock_compat.outcome import RawOutcome
    from penstock_compat.run.cell import prepare
    from penstock_compat.run.engines import engine_of
    from penstock_compat.run.ledger import Ledger
    from penstock_compat.run.workshop import kept_in, opened

    plan = _plan()
    assert plan is not None  # our environments exist only where there is one
    cell = next(one for one in plan.cells if _name(one.python, one.deps) == name)
    folder = kept_in()
    with opened(plan, engine_of("auto", folder), Ledger(os.path.join(folder, "ledger")), folder) as shop:
        python = shop.python(cell.python)
        if python is None:
            return f"there is no interpreter for Python {cell.python}"
        ready = prepare(cell, shop, python)
        if isinstance(ready, RawOutcome):
            return ready.log
        return [f"{pin.name}=={pin.version}" for pin in ready.pins]

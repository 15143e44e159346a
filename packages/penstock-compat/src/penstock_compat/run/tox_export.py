"""Write a plan as native tox TOML: a folder that any tox runs, with the same wheels, versions, tests and probe.

Takes:   prepared cells.
Gives:   `write_export`: `tox.toml`, `cells.json` (which environment is which cell), wheels, tests, the probe.
Why so:  versions are pinned, because tox's installers would choose for themselves, each in its own way.
Ignores: running it (`tox_import` reads what comes out).
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from penstock_compat.facts import Cell
from penstock_compat.run import probe
from penstock_compat.run.cell import Prepared
from penstock_compat.run.source import copy_tree

CELLS = "cells.json"
_TRAVEL = (  # how packages travel, which an installer inside of an environment has to know as well
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_CONFIG_FILE", "UV_NATIVE_TLS",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip
RECORDS = "records"  # folder of what the environments say of themselves


def name_of(cell: Cell) -> str:
    """The name of the cell's environment: without `py312` in it, by which tox would look for an interpreter itself.

    >>> name_of(Cell("site", "1.0", "", "linux", "x86_64", "3.12", "newest"))
    'site-at312-newest'
    """
    core = [f"core{cell.core}"] if cell.core else []
    return "-".join([cell.pack, f"at{cell.python.replace('.', '')}", cell.deps, *core]).replace("_", "-")


def write_export(prepared: Sequence[Prepared], local: Mapping[tuple[str, str], str], folder: str) -> list[str]:
    """Write the folder; the names of its environments. `local` is (name, version) -> wheel in a folder of one's own."""
    for name in ("wheels", "packs", RECORDS):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    shutil.copyfile(probe.__file__, os.path.join(folder, "probe.py"))
    for source, pack, modules in {(one.recipe.source, one.cell.pack, one.wheel.modules) for one in prepared}:
        target = os.path.join(folder, "packs", pack)
        shutil.rmtree(target, ignore_errors=True)
        left = frozenset({"src", *modules, *(f"{name}.py" for name in modules)})
        if os.path.isdir(source):
            copy_tree(source, target, left)
        os.makedirs(target, exist_ok=True)
    names = [name_of(one.cell) for one in prepared]
    parts = ['requires = ["tox>=4.29"]', "skip_missing_interpreters = false", f"env_list = {_toml(names)}"]
    parts += [_environment(one, local, folder) for one in prepared]
    _write(os.path.join(folder, "tox.toml"), "\n".join(parts) + "\n")
    _write(os.path.join(folder, CELLS), json.dumps(_cells(prepared), indent=2, sort_keys=True) + "\n")
    return names


def _environment(one: Prepared, local: Mapping[tuple[str, str], str], folder: str) -> str:
    name = name_of(one.cell)
    record = f"{{tox_root}}/{RECORDS}/{name}"
    command = ["python" if word == "python3" else word for word in one.recipe.command]
    if "pytest" in command:
        command += ["-p", "no:cacheprovider", f"--junitxml={record}.xml"]
    entries = [one.recipe.entry] if one.recipe.entry else [*one.wheel.modules]
    settings = {
        "base_python": [one.python.path],
        "skip_install": True,
        "pass_env": list(_TRAVEL),
        "change_dir": f"{{tox_root}}/packs/{one.cell.pack}",
        "deps": [_placed(path, folder) for path in _paths(one, local)] + _pinned(one, local),
        "commands": [["python", "-I", "{tox_root}/probe.py", f"{record}.jsonl", *entries], command],
    }
    lines = [f"[env.{json.dumps(name)}]", *(f"{key} = {_toml(value)}" for key, value in settings.items())]
    return "\n" + "\n".join(lines)


def _paths(one: Prepared, local: Mapping[tuple[str, str], str]) -> list[str]:
    return [one.wheel.path, *(local[pin.name, pin.version] for pin in one.pins if (pin.name, pin.version) in local)]


def _pinned(one: Prepared, local: Mapping[tuple[str, str], str]) -> list[str]:
    return [f"{pin.name}=={pin.version}" for pin in one.pins if (pin.name, pin.version) not in local]


def _placed(path: str, folder: str) -> str:
    name = os.path.basename(path)
    target = os.path.join(folder, "wheels", name)
    if not os.path.exists(target):
        shutil.copyfile(path, target)
    return f"{{tox_root}}/wheels/{name}"


def _cells(prepared: Sequence[Prepared]) -> dict[str, Any]:
    rows = {
        name_of(one.cell): {
            "cell": one.cell.id,
            "pack_digest": one.wheel.digest,
            "environment": {name: list(found) for name, found in one.environment.items()},
        }
        for one in prepared
    }
    return {"format": 1, "environments": rows}


def _toml(value: Any) -> str:
    """A TOML value; JSON's texts and lists are TOML's as well, once control characters are escaped alike."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return re.sub("\x7f", "\\\\u007f", json.dumps(value))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)

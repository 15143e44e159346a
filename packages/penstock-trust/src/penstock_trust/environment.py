"""Work on a Python environment from outside: where it keeps things, and how a wheel gets into it.

Takes:   the path of an interpreter; a wheel whose digest is known.
Gives:   `Environment`, `look_into`; `put`, which has pip or uv install exactly these bytes; `compile_for`.
Ignores: whether the wheel may be installed (`install`).
"""

from __future__ import annotations

import json
import marshal
import os
import subprocess
import sys

from penstock_findings.fact import Fact
from penstock_trust.loader import code
from penstock_trust.refusal import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penstock_trust.facts import Subject

INSTALLERS = ("pip", "uv")
_LOOK = """
import importlib.util, json, sys, sysconfig
paths = sysconfig.get_paths()
tag = f"{sys.implementation.cache_tag}-{importlib.util.MAGIC_NUMBER.hex()}-{sys.flags.optimize}"
print(json.dumps([sys.prefix, paths["purelib"], paths["platlib"], tag]))
"""
_PATIENCE = 600  # seconds for one program that we start


class Environment(Fact):
    """A Python environment: its interpreter, its prefix, where it keeps packages, and what code compiled for it is called."""

    python: str
    prefix: str
    purelib: str
    platlib: str
    tag: str


def look_into(python: str) -> Environment:
    """The environment of an interpreter. Raises `Refusal` (T440)."""
    python = os.path.abspath(python) if os.path.dirname(python) else python  # it is started from other folders, too
    done = _run([python, "-I", "-c", _LOOK], f"cannot ask `{python}` where it keeps packages")
    try:
        prefix, purelib, platlib, tag = json.loads(done)
    except ValueError as error:
        raise Refusal("T440", f"`{python}` does not answer as a Python interpreter") from error
    return Environment(python, prefix, purelib, platlib, tag)


def put(
    wheels: Sequence[tuple[Subject, str]], environment: Environment, folder: str, *, installer: str = "pip"
) -> None:
    """Install the wheels, whatever is there of their projects. `folder` is a private one for a file. Raises `Refusal` (T441).

    The installer is handed the digests, so that it refuses any other bytes; it looks nothing up and installs nothing else.
    """
    wanted = os.path.join(folder, "requirements.txt")
    with open(wanted, "w", encoding="utf-8") as file:
        file.writelines(f"{each.name} @ {_url(path)} --hash=sha256:{each.digest}\n" for each, path in wheels)
    words = ["--no-deps", "--no-index", "--require-hashes", "-r", wanted]
    names = ", ".join(f"`{each.filename}`" for each, _ in wheels)
    if installer == "uv":
        program = [_uv(), "pip", "install", "--quiet", "--no-config", "--offline", "--no-cache", "--reinstall"]
        _run([*program, "--python", environment.python, *words], f"uv could not install {names}", "T441", where=folder)
        return
    program = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "--no-input"]
    settings = ["--quiet", "--no-compile", "--force-reinstall", "--no-cache-dir", "--no-warn-script-location"]
    settings += ["--root-user-action=ignore"]
    what = f"pip could not install {names}"
    _run([*program, "--python", environment.python, "install", *settings, *words], what, "T441", where=folder)


def compile_for(environment: Environment, sources: Mapping[str, tuple[str, bytes]]) -> bytes:
    """Digest -> (place, source), compiled by the environment's own interpreter. Raises `Refusal` (T440)."""
    if environment.tag == code.tag():
        return code.packed(sources)
    program = [environment.python, "-I", "-S", code.__file__]
    return _run(program, f"`{environment.python}` cannot compile", given=marshal.dumps(dict(sources), 2))


def _uv() -> str:
    """The uv of our own environment, else the one on the PATH; none of the working folder."""
    from shutil import which

    own = os.path.join(os.path.dirname(sys.executable), "uv")
    found = own if os.path.exists(own) else which("uv")
    if found is None or not os.path.isabs(found):
        raise Refusal("T441", "there is no uv", hint="install it, or leave it to pip with `--installer pip`")
    return found


def _url(path: str) -> str:
    from pathlib import Path

    return Path(path).resolve().as_uri()


def _run(
    program: Sequence[str], what: str, code_of_it: str = "T440", given: bytes = b"", where: str | None = None
) -> bytes:
    """What it prints. Installers are started in a private folder: `-m` would take a `pip.py` of the working folder."""
    settings = {"PIP_CONFIG_FILE": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "PYTHON"))}
    try:
        done = subprocess.run(
            program, input=given, capture_output=True, env=kept | settings, timeout=_PATIENCE, cwd=where
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise Refusal(code_of_it, f"{what}: {str(error).lower()}") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        last = next((line for line in reversed(said) if line.strip()), f"it ended with {done.returncode}")
        raise Refusal(code_of_it, f"{what}: {last.strip()[:300]}")
    return done.stdout

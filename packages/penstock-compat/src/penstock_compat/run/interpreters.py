"""Find the interpreters of a machine, and learn from each what it is.

Takes:   versions such as "3.12"; folders where people keep interpreters.
Gives:   `find_pythons`: version -> absolute path; `Identity`, `identity`: what an interpreter says of itself, remembered
         until its file changes; `this_platform`.
Ignores: which of them a plan wants.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from glob import glob

_HOMES = ("~/.local/share/uv/python/cpython-{v}.*", "~/.local/share/uv/python/cpython-{v}-*", "/opt/python/cp{n}-cp{n}")
_ASK = """
import json, platform, sys, sysconfig
print(json.dumps({
    "implementation": platform.python_implementation(), "version": platform.python_version(),
    "build": " ".join(platform.python_build()), "executable": sys.executable,
    "platform": sysconfig.get_platform(), "python": "%d.%d" % sys.version_info[:2],
    "soabi": sysconfig.get_config_var("SOABI") or "",
}, sort_keys=True))
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """What an interpreter says of itself, by which results are kept apart."""

    path: str  # absolute
    python: str  # "3.12"
    says: Mapping[str, str]

    @property
    def tag(self) -> str:
        """A name for a folder of what only this interpreter can use.

        The build counts: two builds of one version may differ in what they were compiled with.
        """
        from hashlib import sha256

        seen = sha256(json.dumps(dict(self.says), sort_keys=True).encode()).hexdigest()
        return f"{self.python}-{seen[:12]}"


def this_platform() -> tuple[str, str]:
    """The operating system and architecture of this machine, as cells name them."""
    return platform.system().lower(), platform.machine().lower()


def find_pythons(versions: Iterable[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Absolute paths of interpreters: those given, our own, those on PATH, then those where people keep them."""
    found: dict[str, str] = {}
    for version in versions:
        path = (given or {}).get(version) or next(_candidates(version), "")
        if path:
            found[version] = os.path.abspath(path)
    return found


def _candidates(version: str) -> Iterator[str]:
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if version == own and sys.executable:
        base = getattr(sys, "_base_executable", "") or sys.executable
        yield base if os.path.exists(base) else sys.executable
    on_path = shutil.which(f"python{version}")
    if on_path and "shims" not in on_path.split(os.sep):  # a shim asks a configuration which one it is
        yield on_path
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    homes = [os.path.join(root, "versions", f"{version}.*"), *_HOMES]
    for home in homes:
        pattern = os.path.expanduser(home.format(v=version, n=version.replace(".", "")))
        for folder in sorted(glob(pattern), key=_by_number, reverse=True):
            path = os.path.join(folder, "bin", f"python{version}")
            if os.access(path, os.X_OK):
                yield path


def _by_number(path: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", os.path.basename(path))]


def identity(path: str, remembered: str = "") -> Identity | None:
    """What the interpreter says of itself; None when it does not answer. `remembered` is a folder of answers."""
    try:
        real = os.path.realpath(path)
        seen = os.stat(real)
    except OSError:
        return None
    from hashlib import sha256

    key = sha256(f"{path}|{real}|{seen.st_mtime_ns}|{seen.st_size}".encode()).hexdigest()[:24]
    note = os.path.join(remembered, f"{key}.json") if remembered else ""
    says = _read(note) or _asked(path)
    if says is None:
        return None
    if note:
        _write(note, says)
    return Identity(path, says["python"], says)


def _asked(path: str) -> dict[str, str] | None:
    try:
        done = subprocess.run([path, "-I", "-c", _ASK], capture_output=True, timeout=30, check=True)
        says = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return says if isinstance(says, dict) else None


def _read(path: str) -> dict[str, str] | None:
    try:
        with open(path, "rb") as file:
            says = json.load(file)
    except (OSError, ValueError):
        return None
    return says if isinstance(says, dict) and "python" in says else None


def _write(path: str, says: Mapping[str, str]) -> None:
    if os.path.exists(path):
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(dict(says), file)
    os.replace(temporary, path)

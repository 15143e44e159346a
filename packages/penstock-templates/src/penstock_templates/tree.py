"""Write the files of a pack: all of them or none, inside the folder and nowhere else.

Takes:   path -> bytes.
Gives:   `plan_of` (what would be written), `put_new` (a new folder, in one step), `put` (files into an old one), `locked`.
Ignores: where the bytes come from.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from penstock_findings import Location, PenstockError

_LOCK_TIMEOUT = 120.0  # seconds


class CannotWrite(PenstockError):
    """The folder cannot be written, or holds something already. Nothing was changed."""

    code = "W202"


class NoManifest(PenstockError):
    """The template makes a pack whose manifest cannot be compiled. Nothing was written."""

    code = "W205"


def plan_of(name: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    """What is to be written, as JSON: the same for a dry run and a real one."""
    rows = [
        {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for path, data in sorted(files.items())
    ]
    return {"format": 1, "name": name, "files": rows}


def with_manifest(name: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same files with the manifest of the pack, when the core is installed to make it."""
    if find_spec("penstock") is None:
        return dict(files)
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder, name), files)
        complaint = locked(Path(folder, name))
        if complaint:  # a template of ours that makes no pack
            raise NoManifest(f"the manifest of the new pack could not be compiled: {complaint}")
        found = sorted(Path(folder, name, "src").glob("*/penstock-pack.json"))
        return dict(files) | {path.relative_to(Path(folder, name)).as_posix(): path.read_bytes() for path in found}


def put_new(target: Path, files: Mapping[str, bytes], *, force: bool = False) -> None:
    """Make a folder of files, in one step; raises `CannotWrite` when it is there and not empty, unless forced.

    Forced, the files are put into the folder, over those of the same name; others stay.
    """
    if force and target.is_dir():
        put(target, files)
        return
    if target.is_symlink() or target.exists():
        if not target.is_dir() or target.is_symlink() or any(target.iterdir()):
            raise CannotWrite(
                f"`{target}` is there already", at=Location(str(target)), hint="choose another name, or say `--force`"
            )
        target.rmdir()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise CannotWrite(f"`{target}` cannot be made: {error.strerror}", at=Location(str(target))) from error
    try:
        _write(beside, files)
        beside.chmod(0o755)
        os.replace(beside, target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder that is there; each is replaced in one step, and none leads outside."""
    root = folder.resolve()
    for path in files:
        if not (folder / path).parent.resolve().is_relative_to(root) or (folder / path).is_symlink():
            raise CannotWrite(f"`{path}` leads out of `{folder}`", at=Location(str(folder / path)))
    _write(folder, files)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.new")
        beside.write_bytes(data)
        os.replace(beside, place)


def locked(folder: Path) -> str:
    """Let the core compile the manifest of a pack; gives its complaint, nothing when all is well or it is not installed."""
    if find_spec("penstock") is None:
        return ""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "penstock", "pack", "lock", str(folder)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_LOCK_TIMEOUT, check=False)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr

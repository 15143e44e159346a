"""Write wheels by hand, as small as they can be, and build the demo's packs with nothing but Python.

Takes:   names, versions, texts; as a build backend, the folder in which it stands.
Gives:   `wheel`; `build_wheel`, what PEP 517 asks of a backend.
Ignores: everything that real build backends do.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_LONG_AGO = (2020, 1, 1, 0, 0, 0)


def wheel(folder: Path, name: str, version: str, files: Mapping[str, str], *, requires: tuple[str, ...] = ()) -> Path:
    """Write a wheel, as small as they can be."""
    home = f"{name}-{version}.dist-info"
    said = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}", *(f"Requires-Dist: {one}" for one in requires)]
    contents = {
        **files,
        f"{home}/METADATA": "\n".join(said) + "\n",
        f"{home}/WHEEL": "Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in contents.items()]
    contents[f"{home}/RECORD"] = "\n".join([*lines, f"{home}/RECORD,,"]) + "\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in contents.items():
            archive.writestr(zipfile.ZipInfo(inner, _LONG_AGO), text)
    return path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: Any = None) -> str:
    """Build the pack in whose folder this file is; its name, version and need stand in the file `NAME`."""
    here = Path(__file__).parent
    name, version, need = here.joinpath("NAME").read_text("utf-8").split()
    files = {f"{name}.py": here.joinpath(f"{name}.py").read_text("utf-8")}
    return wheel(Path(wheel_directory), name, version, files, requires=(need,)).name

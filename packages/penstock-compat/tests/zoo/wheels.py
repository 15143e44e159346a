"""Make wheels by hand, as small as they can be, so that the zoo needs no build tool and no network."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_LONG_AGO = (2020, 1, 1, 0, 0, 0)


def wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    files: Mapping[str, str] | None = None,
    *,
    requires: Sequence[str] = (),
    python: str = "",
    tag: str = "py3-none-any",
    extra_metadata: str = "",
    metadata: str | None = None,
) -> Path:
    """Write one wheel into the folder and return its path; `files` are its contents beside the metadata."""
    stem = name.replace("-", "_")
    home = f"{stem}-{version}.dist-info"
    lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    lines += [f"Requires-Python: {python}"] if python else []
    lines += [f"Requires-Dist: {each}" for each in requires]
    said = metadata if metadata is not None else "\n".join(lines) + "\n" + extra_metadata
    contents = {
        **(files if files is not None else {f"{stem}.py": "VALUE = 1\n"}),
        f"{home}/METADATA": said,
        f"{home}/WHEEL": f"Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in contents.items()]
    contents[f"{home}/RECORD"] = "\n".join([*record, f"{home}/RECORD,,"]) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in contents.items():
            archive.writestr(zipfile.ZipInfo(inner, _LONG_AGO), text)
    return path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()

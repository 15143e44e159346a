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


def wheels_of_installed(folder: Path, name: str) -> None:
    """Pack an installed pure distribution, and what it needs here, into wheels again."""
    from importlib.metadata import distribution

    from packaging.requirements import Requirement

    there = distribution(name)
    stem = there.metadata["Name"].replace("-", "_").lower()
    path = folder / f"{stem}-{there.version}-py3-none-any.whl"
    if path.exists():
        return
    with zipfile.ZipFile(path, "w") as archive:
        for file in there.files or ():
            if ".." not in file.parts and not file.name.endswith(
                (".pyc", "RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
            ):
                archive.writestr(zipfile.ZipInfo(file.as_posix(), _LONG_AGO), file.locate().read_bytes())
        home = next(file.parts[0] for file in there.files or () if file.parts[0].endswith(".dist-info"))
        archive.writestr(zipfile.ZipInfo(f"{home}/RECORD", _LONG_AGO), "")
    for line in there.requires or ():
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            wheels_of_installed(folder, wanted.name)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()

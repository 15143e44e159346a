"""Make small wheels: one that stands for a list of requirements, and one that is a pack of its own.

Takes:   requirement lines; files.
Gives:   `tools_wheel`, `write_wheel`: paths of wheels, the same bytes for the same content; `needs_of`: what a wheel asks
         for, by itself and for its extras.
Ignores: what they are needed for.
"""

from __future__ import annotations

import os
import re
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256

TOOLS = "penstock-compat-tools"  # name of the distribution that asks for what the tests need


def tools_wheel(requires: Sequence[str], folder: str) -> str:
    """A wheel with nothing in it that asks for all of these."""
    return write_wheel(TOOLS, "0", requires, {}, folder)


def write_wheel(name: str, version: str, requires: Sequence[str], files: Mapping[str, str], folder: str) -> str:
    """A wheel for every platform, of text files: path in it -> text."""
    stem = f"{name.replace('-', '_')}-{version}"
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Requires-Dist: {one}" for one in requires),
    ]
    wheel = "Wheel-Version: 1.0\nGenerator: penstock-compat\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    inside = {**files, f"{stem}.dist-info/METADATA": "\n".join(metadata) + "\n", f"{stem}.dist-info/WHEEL": wheel}
    record = "".join(f"{path},sha256={_hash(text)},{len(text.encode())}\n" for path, text in inside.items())
    inside[f"{stem}.dist-info/RECORD"] = f"{record}{stem}.dist-info/RECORD,,\n"
    path = os.path.join(folder, f"{stem}-py3-none-any.whl")
    with zipfile.ZipFile(path, "w") as archive:
        for entry, text in inside.items():
            archive.writestr(zipfile.ZipInfo(entry), text)  # ZipInfo's own date, the same every time
    return path


def needs_of(requires: Sequence[str], extras: Sequence[str]) -> tuple[list[str], list[str]]:
    """Requirement lines of a wheel: those without an extra, and those that the extras bring; markers on extras are gone."""
    from packaging.requirements import Requirement

    direct, behind = [], []
    for line in requires:
        wanted = Requirement(line)
        marker = str(wanted.marker or "")
        if "extra" not in marker:
            direct.append(line)
        elif wanted.marker is not None and any(wanted.marker.evaluate({"extra": one}) for one in extras):
            bare = re.sub(r"\s*(and\s+)?extra\s*==\s*[\"'][^\"']*[\"'](\s*and\s+)?", "", marker).strip()
            wanted.marker = None
            behind.append(f"{wanted} ; {bare}" if bare and "extra" not in bare else str(wanted))
    return direct, behind


def _hash(text: str) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()

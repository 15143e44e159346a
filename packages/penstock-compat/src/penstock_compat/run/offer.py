"""Turn folders of wheels into a simple index on this disk, so that what they hold is looked for nowhere else.

Takes:   folders; a place for the index.
Gives:   `make_offer`: `Offer`, with a digest of what is in it.
Why so:  a name that stands in a folder of one's own may stand on a public index as well, with somebody else behind it.
Ignores: what the wheels are.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from penstock_compat.errors import CannotRead
from penstock_compat.run.source import normal_name
from penstock_findings.finding import Location


@dataclass(frozen=True, slots=True)
class Offer:
    """An index of local wheels; `folder` is empty when there are none."""

    folder: str = ""
    digest: str = ""
    wheels: tuple[tuple[str, str, str], ...] = ()  # normalised name, version, absolute path


def make_offer(folders: Sequence[str], place: str) -> Offer:
    """The index of all wheels in the folders; the first folder that has a file of one name wins."""
    found: dict[str, str] = {}
    for folder in folders:
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise CannotRead(f"cannot read `{folder}`: {why}", at=Location(folder)) from error
        for name in names:
            if name.endswith((".whl", ".tar.gz")):
                found.setdefault(name, os.path.join(folder, name))
    if not found:
        return Offer()
    digests = {name: _hash(path) for name, path in found.items()}
    total = sha256("".join(f"{name} {digests[name]}\n" for name in sorted(found)).encode()).hexdigest()
    home = os.path.join(place, total[:24])
    if os.path.isdir(home):
        os.utime(home)  # what is used is not cleaned away (`cleaning`)
    else:
        _write(found, digests, home)
    wheels = tuple(
        (normal_name(name.split("-")[0]), name.split("-")[1], path)
        for name, path in found.items()
        if name.endswith(".whl")
    )
    return Offer(home, total, wheels)


def _write(found: dict[str, str], digests: dict[str, str], home: str) -> None:
    part = f"{home}.{os.getpid()}.part"
    pages: dict[str, list[str]] = {}
    for name, path in found.items():
        stem = name.rsplit("-", 1)[0] if name.endswith(".tar.gz") else name.split("-")[0]
        project = normal_name(stem)
        os.makedirs(os.path.join(part, project), exist_ok=True)
        shutil.copyfile(path, os.path.join(part, project, name))
        line = f'<a href="{escape(name)}#sha256={digests[name]}">{escape(name)}</a>'
        pages.setdefault(project, []).append(line)
    for project, lines in pages.items():
        with open(os.path.join(part, project, "index.html"), "w", encoding="utf-8") as file:
            file.write("<!DOCTYPE html><html><body>\n" + "\n".join(lines) + "\n</body></html>\n")
    try:
        os.rename(part, home)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)  # another run made the same one meanwhile


def _hash(path: str) -> str:
    with open(path, "rb") as file:
        return sha256(file.read()).hexdigest()

"""Ask what the files of a pack are: nothing may be installed that does not belong to it.

Takes:   a `Material`.
Gives:   `said_of_contents`: findings M506 to M511.
Ignores: what the code does (`capabilities`) and says (`papers`).
"""

from __future__ import annotations

import base64
import csv
import hashlib
import re
from typing import TYPE_CHECKING

from penstock._review.quality import severity_of
from penstock_findings.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock._review.material import Material

_BY_ITSELF = {"sitecustomize.py", "usercustomize.py"}
_LEFTOVERS = re.compile(
    r"(^|/)(__pycache__|\.git|\.hg|\.svn|\.idea|\.vscode|\.venv|\.tox|\.nox|node_modules|\.pytest_cache|\.mypy_cache"
    r"|\.ruff_cache|\.hypothesis|\.ipynb_checkpoints)(/|$)|\.(pyc|pyo|orig|rej|bak|swp|swo|tmp|conflict)$|~$"
    r"|(^|/)(\.DS_Store|Thumbs\.db|\.coverage|core)$"
)
_SECRET_NAMES = re.compile(
    r"(^|/)(\.env(\.[\w-]+)?|\.netrc|\.pypirc|\.npmrc|\.htpasswd|id_(rsa|dsa|ecdsa|ed25519)|credentials(\.json)?"
    r"|secrets?\.(json|ya?ml|toml|ini|txt)|.*\.(pem|key|p12|pfx|jks|keystore|kdbx))$",
    re.IGNORECASE,
)
_SECRET_TEXTS = re.compile(
    rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bpypi-AgE[A-Za-z0-9_-]{50,}"
    rb"|\bxox[abpr]-[0-9A-Za-z-]{20,}|\bglpat-[0-9A-Za-z_-]{20}\b"
)
_MACHINE = re.compile(
    rb"(?<![\w/:.])(?:/home/|/Users/|/root/)[A-Za-z0-9_.-]+/[\w./-]+|\b[A-Za-z]:\\\\?Users\\\\?[^\\\s\"']+\\"
)
_LONGEST = 4 << 20  # bytes of a file that is looked through


def said_of_contents(material: Material) -> Iterator[Finding]:
    """Everything, file by file."""
    package = material.project.package.split(".")[0]
    foreign: set[str] = set()
    for name in material.files:
        top, _, rest = name.partition("/")
        last = name.rpartition("/")[2]
        in_papers = top.endswith((".dist-info", ".data"))
        if name.endswith(".pth") or last in _BY_ITSELF:
            message = f"`{name}` is run by Python at every start, whoever imports what"
            yield _found("M506", message, material, name, "leave it out; a pack is asked when it is needed")
        elif not in_papers and top not in (package, f"{package}.py") and top not in foreign:
            foreign.add(top)
            what = f"the folder `{top}`" if rest else f"`{top}`"
            message = f"{what} would be installed beside `{package}`, where every other distribution puts its own"
            yield _found("M507", message, material, name, f"let the build take `{package}` and nothing else")
        if _LEFTOVERS.search(name):
            yield _found(
                "M508", f"`{name}` is a leftover of somebody's work", material, name, "leave it out of the wheel"
            )
        elif _SECRET_NAMES.search(name):
            yield _found(
                "M509", f"`{name}` is called like a secret", material, name, "leave it out, and change the secret"
            )
        else:
            yield from _inside(material, name)
    if material.of == "wheel":
        yield from _record(material)


def _inside(material: Material, name: str) -> Iterator[Finding]:
    """What the bytes of a file give away; nothing of the secret itself is repeated."""
    path = material.file(name)
    if path.stat().st_size > _LONGEST:
        return
    data = path.read_bytes()
    if found := _SECRET_TEXTS.search(data):
        line = data.count(b"\n", 0, found.start()) + 1
        yield _found(
            "M509", f"`{name}` holds what looks like a key", material, name, "take it out, and change the key", line
        )
    if b"\0" not in data and (found := _MACHINE.search(data)):
        line = data.count(b"\n", 0, found.start()) + 1
        said = found[0].decode("utf-8", "replace")
        message = f"`{name}` names `{said}`, a place of one machine"
        yield _found("M510", message, material, name, "make it relative, or a setting", line)


def _record(material: Material) -> Iterator[Finding]:
    """Whether RECORD tells of each file, with its hash."""
    info = next(name.partition("/")[0] for name in material.files if ".dist-info/" in name)
    path = f"{info}/RECORD"
    if path not in material.files:
        yield _found("M511", "the wheel has no RECORD", material, f"{info}/METADATA", "build it with a build backend")
        return
    rows = csv.reader(material.file(path).read_text("utf-8", "replace").splitlines())
    told = {row[0]: row[1] for row in rows if len(row) >= 2}
    signed = {path, f"{path}.jws", f"{path}.p7s"}
    for name in sorted((set(material.files) ^ set(told)) - signed):
        where = "is in the wheel and not in RECORD" if name not in told else "is in RECORD and not in the wheel"
        yield _found("M511", f"`{name}` {where}", material, path, "build the wheel anew, and change nothing in it")
    for name in sorted(set(material.files) & set(told) - signed):
        kind, _, said = told[name].partition("=")
        if kind not in ("sha256", "sha384", "sha512"):
            yield _found("M511", f"RECORD has no sha256 of `{name}`", material, path, "build the wheel anew")
            continue
        digest = hashlib.new(kind, material.file(name).read_bytes()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != said:
            message = f"`{name}` is not what RECORD says it is"
            yield _found("M511", message, material, path, "build the wheel anew, and change nothing in it")


def _found(code: str, message: str, material: Material, name: str, hint: str, line: int | None = None) -> Finding:
    return Finding(code, message, material.at(name, line), severity_of(code), hint)

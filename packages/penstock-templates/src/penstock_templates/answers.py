"""The answers from which a pack is made, and everything that can be wrong with them.

Takes:   words, from flags, a file or a person.
Gives:   `Answers`, whole and checked; `checked`, which gives them or the findings, all at once.
Ignores: where the words come from, and files (`tree.py`).
"""

from __future__ import annotations

import keyword
import sys
import unicodedata
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

from penstock_findings import Finding
from penstock_findings.spelling import hint_for

KINDS: dict[str, tuple[str, ...]] = {  # kind of pack -> parts that are laid on the base
    "transform": ("transform",),
    "source": ("source",),
    "sink": ("sink",),
    "policy": ("policy",),
    "channel": ("channel",),
    "pack": ("transform", "sink", "policy"),
}
ROLES = ("transform", "source", "sink")
_OURS = ("penstock",)  # names that begin so are those of this project
_TESTS = ("test", "tests", "docs", "examples", "src", "build", "dist", "site", "pip", "setuptools")
_LONGEST = 40  # letters of a name: lines and file names that are made from it stay short enough everywhere
_LONGEST_ID = 20
_LONGEST_LINE = 200


@dataclass(frozen=True, slots=True)
class Answers:
    """What a pack is made from; what can be told from it (`package`, `short`) is told, not asked."""

    kind: str
    name: str
    id: str
    description: str = "Penstock nodes"
    author: str = "The authors"

    @property
    def package(self) -> str:
        """The import name: `acme_thresholds`."""
        return self.name.replace("-", "_")

    def as_dict(self) -> dict[str, str]:
        """As they are recorded in the pack."""
        return asdict(self)


def checked(said: dict[str, Any], *, here: frozenset[str] = frozenset()) -> tuple[Answers | None, list[Finding]]:
    """The answers, or everything that is wrong with them; `here` are distributions that may be installed already."""
    findings: list[Finding] = []
    for key, value in said.items():
        if key not in _DEFAULTS:
            findings.append(Finding("W101", f"`{key}` is not among the answers", hint=hint_for(key, list(_DEFAULTS))))
        elif not isinstance(value, str):
            findings.append(Finding("W101", f"`{key}` is to be text, not {value!r}"))
    if findings:
        return None, findings
    kind, name = said.get("kind", "transform"), said.get("name", "")
    if kind not in KINDS:
        findings.append(Finding("W102", f"there is no kind of pack `{kind}`", hint=hint_for(kind, list(KINDS))))
    findings += _wrong_with_name(name, here)
    id = said.get("id") or name.rpartition("-")[2]
    if not findings or said.get("id"):
        findings += wrong_with_id(id)
    for key in ("description", "author"):
        findings += _wrong_with_line(key, said.get(key, _DEFAULTS[key]))
    if findings:
        return None, findings
    return Answers(
        kind, name, id, said.get("description") or _DEFAULTS["description"], said.get("author") or _DEFAULTS["author"]
    ), []


_DEFAULTS = {"kind": "transform", "name": "", "id": "", "description": "Penstock nodes", "author": "The authors"}


def _wrong_with_name(name: str, here: frozenset[str]) -> list[Finding]:
    """A name is a distribution, a folder and, with underscores, a package."""
    if not _is_plain(name):
        hint = "small letters, digits and single hyphens, beginning with a letter, 40 at most: `acme-thresholds`"
        return [Finding("W103", f"{_shown(name)} cannot be the name of a pack", hint=hint)]
    package = name.replace("-", "_")
    if keyword.iskeyword(package) or keyword.issoftkeyword(package) or package in sys.stdlib_module_names:
        return [
            Finding(
                "W104", f"`{package}` means something to Python, so no package can be called so", hint=f"`{name}-pack`"
            )
        ]
    if name in _TESTS or any(name == ours or name.startswith(f"{ours}-") for ours in _OURS):
        return [
            Finding(
                "W104",
                f"the name `{name}` is reserved",
                hint=f"put your own name in front: `acme-{name.removeprefix('penstock-')}`",
            )
        ]
    if name not in here and _is_installed(name):
        return [
            Finding(
                "W105",
                f"`{name}` is the name of a distribution that is installed here",
                hint="choose a name that nobody has published",
            )
        ]
    return []


def wrong_with_id(id: str) -> list[Finding]:
    """An id of a node, a policy or a contract is also a module and, in capitals, a class."""
    if not _is_plain(id) or len(id) > _LONGEST_ID:
        hint = "small letters, digits and single hyphens, beginning with a letter, 20 at most: `over-limit`"
        return [Finding("W106", f"{_shown(id)} cannot be the name of a node, policy or contract", hint=hint)]
    module = id.replace("-", "_")
    if (
        keyword.iskeyword(module)
        or keyword.issoftkeyword(module)
        or module in ("nodes", "policies", "channels", "contracts")
    ):
        return [
            Finding("W106", f"`{module}` means something already, so no module can be called so", hint=f"`{id}-it`")
        ]
    return []


def _wrong_with_line(key: str, value: str) -> list[Finding]:
    """One line of text, which ends up in TOML, Markdown and Python, and goes through a template engine."""
    odd = [
        letter
        for letter in value
        if unicodedata.category(letter)[0] == "C" or letter in '"\\`' or letter in "\u2028\u2029"
    ]
    if odd:
        return [Finding("W107", f"`{key}` may not hold {_shown(odd[0])}", hint="one line of plain text")]
    if any(mark in value for mark in ("{{", "{%", "{#", "}}", "%}", "#}", "'''")):
        return [Finding("W107", f"`{key}` may not hold the marks of a template", hint="one line of plain text")]
    if len(value) > _LONGEST_LINE:
        return [Finding("W107", f"`{key}` has {len(value)} letters, more than {_LONGEST_LINE}")]
    return []


def _is_plain(name: str) -> bool:
    words = name.split("-")
    return (
        0 < len(name) <= _LONGEST
        and name.isascii()
        and name == name.lower()
        and name[0].isalpha()
        and all(word.isalnum() for word in words)
    )


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _shown(text: str) -> str:
    """Whatever somebody typed, harmless on a terminal."""
    return repr(text if len(text) <= 60 else f"{text[:60]}...").encode("ascii", "backslashreplace").decode()

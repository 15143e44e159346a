"""Say what the checks look at: a wheel's archive, its file name, and what the site lets pass.

Takes:   an archive that was read loosely.
Gives:   `Rules`, `Wheel` with its RECORD, metadata and entry points read as far as that goes; `complaint`.
Ignores: whether any of it is in order; each check asks one question about it.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from functools import cached_property

from penstock_findings.fact import Fact
from penstock_findings.finding import Finding, Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock_trust.hygiene.archive import Archive, Member

RECORD, ENTRY_POINTS = "RECORD", "entry_points.txt"


class Rules(Fact):
    """What a site lets pass: compiled code, scripts, and these top-level names (None: those that the wheel declares)."""

    native: bool = False
    scripts: bool = False
    top_levels: frozenset[str] | None = None


class Row(Fact):
    """One line of RECORD: `digest` is `sha256=...`, or empty; `size` is as it is written."""

    path: str
    digest: str
    size: str


class Wheel:
    """One wheel while it is looked at; what can be read of it is read once, and mistakes are left to the checks."""

    def __init__(self, archive: Archive, filename: str, rules: Rules) -> None:
        self.archive = archive
        self.filename = filename
        self.rules = rules

    def said(self, code: str, message: str, hint: str | None = None, inside: str | None = None) -> Finding:
        """A finding about this wheel, or about the file inside it."""
        return complaint(code, self.filename, message, hint, inside)

    @cached_property
    def files(self) -> Mapping[str, Member]:
        """Path -> member, folders left out; of two with one name, the last, as installers choose."""
        return {member.name: member for member in self.archive.members if not member.is_folder}

    @cached_property
    def infos(self) -> list[str]:
        """The `*.dist-info` folders, the one that fits the file name first."""
        tops = {path.partition("/")[0] for path in self.files if "/" in path}
        fits = "-".join(self.filename.split("-")[:2]).casefold() + ".dist-info"
        return sorted(
            (top for top in tops if top.endswith(".dist-info")), key=lambda top: (top.casefold() != fits, top)
        )

    @cached_property
    def info(self) -> str:
        """The folder of the metadata, "" when there is none."""
        return self.infos[0] if self.infos else ""

    def content(self, path: str) -> bytes:
        """The bytes of a file of the wheel, empty when there is none."""
        member = self.files.get(path)
        return b"" if member is None else self.archive.content(member)

    def metadata(self, name: str) -> bytes | None:
        """The bytes of a file in the metadata folder, None when there is none."""
        path = f"{self.info}/{name}"
        return self.content(path) if path in self.files else None

    @cached_property
    def record(self) -> tuple[tuple[Row, ...], str]:
        """The lines of RECORD, and what is wrong with it, or ""."""
        data = self.metadata(RECORD)
        if data is None:
            return (), f"has no {RECORD}"
        try:
            lines = list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            return (), f"has a {RECORD} that cannot be read: {error}"
        odd = next((number for number, line in enumerate(lines, 1) if len(line) != 3), None)
        rows = tuple(Row(*line) for line in lines if len(line) == 3)
        return rows, f"has a {RECORD} whose line {odd} has not three fields" if odd else ""

    @cached_property
    def headers(self) -> Mapping[str, list[str]]:
        """Name in lower case -> the values of METADATA's header."""
        return _headers(self.metadata("METADATA"))

    @cached_property
    def tags(self) -> Mapping[str, list[str]]:
        """Name in lower case -> the values of WHEEL."""
        return _headers(self.metadata("WHEEL"))

    @cached_property
    def entry_points(self) -> tuple[tuple[tuple[str, str, str], ...], str]:
        """(group, name, value) of each entry point, and what is wrong with the file, or ""."""
        return read_entry_points(self.metadata(ENTRY_POINTS) or b"")

    @cached_property
    def tops(self) -> Mapping[str, str]:
        """Top-level name -> one file that brings it; metadata and data folders are none."""
        found: dict[str, str] = {}
        for path in self.files:
            top, below, _ = path.partition("/")
            if not (below and top.endswith((".dist-info", ".data"))):
                found.setdefault(top if below else top.partition(".")[0] if importable(top) else top, path)
        return found

    @cached_property
    def declared(self) -> frozenset[str]:
        """The top-level names that the wheel may bring."""
        if self.rules.top_levels is not None:
            return self.rules.top_levels
        points = [value for group, _, value in self.entry_points[0] if group == "penstock"]
        tops = {value.partition(":")[0].partition(".")[0].strip() for value in points}
        return frozenset(tops or {self.filename.partition("-")[0]})


def complaint(code: str, filename: str, message: str, hint: str | None, inside: str | None) -> Finding:
    """A finding about a wheel, or about a file inside it; names from outside are shown so that they can be seen."""
    place = filename if inside is None else f"{filename}!{shown(inside)}"
    return Finding(code, message, Location(place), hint=hint)


def shown(text: str) -> str:
    """A name from outside with everything escaped that is not plainly visible.

    >>> shown("a" + chr(0x202E) + "b")
    'a\\\\u202eb'
    """
    if text.isascii() and text.isprintable():
        return text[:200]
    seen = (mark if _visible(mark) else mark.encode("unicode_escape", "backslashreplace").decode() for mark in text)
    return "".join(seen)[:200]


def _visible(mark: str) -> bool:
    return mark.isprintable() and unicodedata.category(mark) not in ("Cf", "Cs", "Co", "Mn", "Me")


def importable(name: str) -> bool:
    """Whether Python could import a file of this name as a module."""
    return name.endswith((".py", ".pyc", ".pyo", ".so", ".pyd", ".pyw"))


def _headers(data: bytes | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (data or b"").decode("utf-8", "replace").replace("\r\n", "\n").split("\n"):
        if not line:
            break  # what follows is the description
        name, colon, value = line.partition(":")
        if colon and not line[0].isspace():
            found.setdefault(name.strip().lower(), []).append(value.strip())
    return found


def read_entry_points(data: bytes) -> tuple[tuple[tuple[str, str, str], ...], str]:
    """What an `entry_points.txt` holds, and the first thing wrong with it, or ""."""
    found: dict[tuple[str, str], str] = {}
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return (), "is not UTF-8"
    group = ""
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        if text[0] == "[" and text[-1] == "]":
            group = text[1:-1].strip()
            continue
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (group and name and equals and value) or line[0].isspace():
            return tuple((*key, value) for key, value in found.items()), f"has a line {number} that cannot be read"
        if (group, name) in found:
            return tuple((*key, value) for key, value in found.items()), f"names `{shown(name)}` twice"
        found[group, name] = value
    return tuple(sorted((*key, value) for key, value in found.items())), ""

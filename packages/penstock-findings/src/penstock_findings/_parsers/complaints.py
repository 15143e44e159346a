"""Gather what is wrong with one text while it is parsed.

Takes:   bytes, then complaints with offsets into the decoded text.
Gives:   `decoded`, text or findings; `Complaints`, which makes findings of offsets and stops at `MANY`.
Ignores: any one language.
"""

from __future__ import annotations

import re

from penstock_findings.document import Parsed, Places
from penstock_findings.finding import Finding, Location, Related

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MANY = 200  # findings about one text; who wrote more mistakes than that has one mistake
MAX_DEPTH = 128  # lists and mappings within each other; deeper ones would end Python's own recursion somewhere


class EnoughError(Exception):
    """Reading on would only produce more of the same."""


class Complaints:
    """The findings about one text so far; at `MANY` it adds F116 and raises `EnoughError`."""

    def __init__(self, path: str, text: str) -> None:
        self.places = Places(path, text)
        self.findings: list[Finding] = []

    def add(
        self,
        code: str,
        message: str,
        start: int,
        end: int | None = None,
        *,
        hint: str | None = None,
        pointer: str | None = None,
        related: Iterable[Related] = (),
    ) -> None:
        """Say that `text[start:end]` is at fault; without `end`, the character at `start`."""
        at = self.places.of(start, end, pointer)
        self.findings.append(Finding(code, message, at, hint=hint, related=related))
        if len(self.findings) >= MANY:
            at = Location(at.path, at.line, at.column)
            self.findings.append(Finding("F116", f"gave up after {MANY} findings", at, hint="mend these first"))
            raise EnoughError

    def related(self, message: str, start: int, end: int | None = None) -> Related:
        """A place in the same text, to go with a finding."""
        return Related(message, self.places.of(start, end))


def decoded(data: bytes, path: str, limit: int, unfit: str) -> tuple[str, Parsed | None]:
    """The text, and a refusal when it is none: too large, not UTF-8, or with characters that are `unfit`, a pattern.

    `limit` is in bytes; a byte order mark is not part of the text.
    """
    if len(data) > limit:
        hint = "split the file, or raise the limit"
        return "", _refused(path, "F102", f"`{path}` is larger than {limit} bytes", hint)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "", _refused(path, "F103", f"`{path}` is UTF-16, not UTF-8", "save it as UTF-8")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").removeprefix("\ufeff")
        at = Places(path, before).of(len(before))
        message = f"not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}"
        shown = data.decode("utf-8", "replace").removeprefix("\ufeff")
        finding = Finding("F103", message, at, hint="save the file as UTF-8", evidence={"offset": error.start})
        return shown, Parsed(None, [finding], path, shown)
    # Most texts pass without the pattern, whose wide ranges take milliseconds to compile.
    if text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
        return text, None
    complaints = Complaints(path, text)
    try:
        for found in re.finditer(unfit, text):
            name = f"U+{ord(found[0]):04X}"
            complaints.add("F115", f"the character {name} may not stand in a text", found.start(), found.end())
    except EnoughError:
        pass
    return text, Parsed(None, complaints.findings, path, text) if complaints.findings else None


def _refused(path: str, code: str, message: str, hint: str) -> Parsed:
    return Parsed(None, [Finding(code, message, Location(path), hint=hint)], path)


def short(text: str) -> str:
    """At most 60 characters of it, on one line: what a message can quote."""
    line = " ".join(text[:1000].split())
    return line if len(line) <= 60 else line[:57] + "..."

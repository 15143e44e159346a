"""Hold a policy file while it is looked at: its document, and where the files that it names would be.

Takes:   a parsed document and the folder of the file.
Gives:   `Draft`: rows of the file with their pointers, whatever their shape.
Ignores: whether any of it is right (`checks`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock_findings.finding import Finding
from penstock_findings.pointers import join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.document import Document


@dataclass(frozen=True, slots=True)
class Row:
    """One table of the file: the values in it and the pointer to it."""

    pointer: str
    values: dict[str, Any]

    def text(self, key: str) -> str | None:
        """The text under the key; None where there is none."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def texts(self, key: str) -> list[tuple[str, str]]:
        """The texts of the list under the key, each with its pointer."""
        value = self.values.get(key)
        items = value if isinstance(value, list) else []
        at = join(self.pointer, key)
        return [(join(at, place), item) for place, item in enumerate(items) if isinstance(item, str)]


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy file before it is known to be one."""

    document: Document
    folder: str

    @property
    def top(self) -> Row:
        """The file itself."""
        value = self.document.value
        return Row("", value if isinstance(value, dict) else {})

    def trust(self) -> dict[str, Row]:
        """Each `[trust.NAME]`."""
        return dict(self._named("trust"))

    def identities(self) -> list[Row]:
        """Each `[[identity]]`."""
        return self.listed("identity")

    def packs(self) -> list[Row]:
        """Each `[[pack]]`."""
        return self.listed("pack")

    def deny(self) -> Row | None:
        """`[deny]`."""
        value = self.top.values.get("deny")
        return Row("/deny", value) if isinstance(value, dict) else None

    def quorums(self) -> Iterator[Row]:
        """Each `signers` table, of packs and of their attestations."""
        for pack in self.packs():
            yield from _signers(pack)
            wanted = pack.values.get("attestations")
            for place, one in enumerate(wanted if isinstance(wanted, list) else []):
                if isinstance(one, dict):
                    yield from _signers(Row(join(pack.pointer, "attestations", place), one))

    def path(self, name: str) -> str:
        """Where a file is that the policy names: relative names start at the policy's folder."""
        return os.path.abspath(os.path.join(self.folder, name))

    def finding(self, code: str, message: str, pointer: str, hint: str | None = None, **more: Any) -> Finding:
        """A finding about what stands at the pointer."""
        return Finding(code, message, self.document.at(pointer), hint=hint, **more)

    def _named(self, key: str) -> Iterator[tuple[str, Row]]:
        table = self.top.values.get(key)
        for name, value in (table if isinstance(table, dict) else {}).items():
            if isinstance(value, dict):
                yield name, Row(join("", key, name), value)

    def listed(self, key: str) -> list[Row]:
        """Each table of the list under the key."""
        rows = self.top.values.get(key)
        found = enumerate(rows if isinstance(rows, list) else [])
        return [Row(join("", key, place), row) for place, row in found if isinstance(row, dict)]


def _signers(row: Row) -> Iterator[Row]:
    value = row.values.get("signers")
    if isinstance(value, dict):
        yield Row(join(row.pointer, "signers"), value)

"""Say what a contract is to the gate: a schema, the file that it stands in, and what is known about its use.

Takes:   nothing.
Gives:   `Source`, a text that can tell where a pointer stands; `Contract`; `Link`, where two contracts meet.
Ignores: how they are read (`subjects/`), compared (`compare`) or judged by the engine (`inclusion`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock_findings.finding import Location

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock_findings.document import Document
    from penstock_findings.finding import Finding


@dataclass(slots=True)
class Source:
    """A file as it was read. Where things stand in it is worked out at the first question, which most runs never ask."""

    path: str  # how findings name it
    data: bytes = b""
    language: str = "json"
    remarks: tuple[Finding, ...] = ()  # what is odd about the text, and did not keep it from being read
    _document: Document | None = field(default=None, repr=False)
    _looked: bool = field(default=False, repr=False)

    def at(self, pointer: str) -> Location:
        """Where the value stands; the nearest parent when there is none, and the file when the text is beyond us."""
        document = self.document()
        return document.at(pointer) if document is not None else Location(self.path, pointer=pointer)

    def key_at(self, pointer: str) -> Location:
        """Where the key of that member stands."""
        document = self.document()
        return document.key_at(pointer) if document is not None else Location(self.path, pointer=pointer)

    def document(self) -> Document | None:
        """The text parsed with places; None when it cannot be."""
        if not self._looked:
            from penstock_findings import load

            parse = {"toml": load.parse_toml, "yaml": load.parse_yaml}.get(self.language, load.parse_json)
            limit = max(len(self.data), 1)
            self._document = parse(self.data, self.path, limit=limit).document if self.data else None
            self._looked = True
        return self._document

    @property
    def text(self) -> str:
        """The file as text, for carets in reports."""
        return self.data.decode("utf-8", "replace").removeprefix("\ufeff")


@dataclass(frozen=True, slots=True)
class Known:
    """One document that references may lead to."""

    value: Any
    source: Source
    prefix: str = ""  # pointer in the source to what `value` is


@dataclass(frozen=True, slots=True)
class Contract:
    """One version of one contract.

    `schema` is what the engine is asked about. `start` is the pointer in it to where the contract begins, which is not
    its root when it stands in a larger document, such as an OpenAPI description. `prefix` is the pointer in the source
    to the root of `schema`.
    """

    name: str
    schema: Any
    source: Source
    label: str  # which version of it, as people say it: "main:events.json"
    version: str | None = None
    positions: tuple[str, ...] = ()
    content: str | None = None  # "open" or "declared", if the contract says so itself
    prefix: str = ""
    start: str = ""
    base: str = ""  # absolute URI of the document, that relative references are resolved against
    dialect: str | None = None  # of schemas that do not say theirs; None for the engine's own default
    documents: Mapping[str, Known] = field(default_factory=dict)  # URI -> document, for references to other files

    def at(self, pointer: str) -> Location:
        """Where a place of the schema stands; `uri#pointer` for a place in another document."""
        uri, mark, inside = pointer.partition("#") if pointer and not pointer.startswith("/") else ("", "", pointer)
        known = self.documents.get(uri) if mark else None
        if known is not None:
            return known.source.at(known.prefix + inside)
        return self.source.at(self.prefix + (inside if mark else pointer))

    def key_at(self, pointer: str) -> Location:
        """The same, for the key of a member."""
        uri, mark, inside = pointer.partition("#") if pointer and not pointer.startswith("/") else ("", "", pointer)
        known = self.documents.get(uri) if mark else None
        if known is not None:
            return known.source.key_at(known.prefix + inside)
        return self.source.key_at(self.prefix + (inside if mark else pointer))


@dataclass(frozen=True, slots=True)
class Link:
    """A hand-over of payloads: who writes, who reads, and what each of them promises."""

    id: str  # as people say it: `zone.out -> uplink.in`
    writer: str
    reader: str
    producer: Contract
    consumer: Contract
    at: Location
    queued: bool = False  # whether the payloads were written by an older version of the writer, and still wait

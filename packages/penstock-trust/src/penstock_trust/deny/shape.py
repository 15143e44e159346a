"""List the keys of a deny list, as somebody writes it (TOML) and as it is signed (JSON).

Takes:   nothing, or a document.
Gives:   `LIST`, the shape; `misfits`, also of each entry by its kind; `entries_of`, `list_of`: facts.
Ignores: signatures and the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_findings.finding import Finding
from penstock_findings.pointers import join
from penstock_trust.deny.model import KINDS, MANY, SCHEMA, DenyList, Entry
from penstock_trust.policy import fields, shape
from penstock_trust.policy.moments import moment_of
from penstock_trust.policy.shape import Field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_findings.document import Document

_SHARED = {
    "kind": Field("text", required=True, choices=tuple(KINDS)),
    "effective-from": Field("text", like="2026-11-20T00:00:00Z"),
    "reason": Field("text", like="CVE-2026-1234"),
}
_ANY = {name: Field() for members in KINDS.values() for name in members}  # each kind says what they may be
LIST = Field(
    "table",
    members={
        "schema": Field("integer", required=True),
        "name": Field("text", pattern=fields.NAME, like="site-deny"),
        "sequence": Field("integer", required=True, low=1),
        "issued": Field("text", like="2026-11-22T12:00:00Z"),
        "expires": Field("text", required=True, like="2026-12-22T12:00:00Z"),
        "deny": Field("list", items=Field("table", members={**_SHARED, **_ANY})),
    },
)


def misfits(document: Document) -> Iterator[Finding]:
    """Everything about the document that is no deny list (T302 to T305, T308, T314, T341)."""
    yield from shape.misfits(document, LIST)
    value = document.value
    if not isinstance(value, dict):
        return
    found = value.get("schema")
    if found is not None and (type(found) is not int or found != SCHEMA):
        yield Finding("T341", f"this is no deny list of schema {SCHEMA}", document.at("/schema"))
    for key in ("issued", "expires"):
        yield from _moment(document, value.get(key), join("", key))
    rows = value.get("deny")
    rows = rows if isinstance(rows, list) else []
    if len(rows) > MANY:
        yield Finding("T341", f"the list has more than {MANY} entries", document.at("/deny"))
    for place, row in enumerate(rows[:MANY]):
        if isinstance(row, dict):
            yield from _entry(document, row, join("/deny", place))


def list_of(value: Any, *, digest: str = "", path: str = "") -> DenyList:
    """The facts of a list without misfits."""
    issued, expires = moment_of(value["issued"]), moment_of(value["expires"])
    if issued is None or expires is None:
        raise ValueError("a deny list without the moments at which it begins and ends")
    return DenyList(
        name=value.get("name", "deny"),
        sequence=value["sequence"],
        issued=issued,
        expires=expires,
        entries=tuple(_entry_of(row) for row in value.get("deny", ())),
        digest=digest,
        path=path,
    )


def _entry_of(row: dict[str, Any]) -> Entry:
    names = {name: row[name] for name in KINDS[row["kind"]] if name in row}
    since = moment_of(row["effective-from"]) if "effective-from" in row else None
    return Entry(row["kind"], names, since, row.get("reason", ""))


def _entry(document: Document, row: dict[str, Any], at: str) -> Iterator[Finding]:
    kind = row.get("kind")
    members = KINDS.get(kind) if isinstance(kind, str) else None
    if members is None:
        return
    for name, wanted in members.items():
        if wanted.required and name not in row:
            yield Finding("T303", f"a denied {kind} needs `{name}`", document.at(at), hint=f"add `{name}`")
        elif name in row:
            yield from shape.misfits_at(document, row[name], wanted, join(at, name))
    for name in row:
        if name in _ANY and name not in members:
            yield Finding("T302", f"a denied {kind} has no `{name}`", document.key_at(join(at, name)))
    if kind == "identity" and ("uri" in row) + ("email" in row) + ("repository-id" in row) == 0:
        hint = "add `uri`, `email` or `repository-id`"
        yield Finding("T303", "a denied identity needs a name beside its issuer", document.at(at), hint=hint)
    versions = row.get("versions")
    if kind == "version" and isinstance(versions, str) and versions[:1] in tuple("<>=!~"):
        yield from _versions(document, versions, join(at, "versions"))
    yield from _moment(document, row.get("effective-from"), join(at, "effective-from"))


def _moment(document: Document, value: Any, at: str) -> Iterator[Finding]:
    if isinstance(value, str) and moment_of(value) is None:
        hint = "write a moment with its zone, like `2027-01-31T00:00:00Z`"
        yield Finding("T308", f"`{value[:60]}` is no moment", document.at(at), hint=hint)


def _versions(document: Document, text: str, at: str) -> Iterator[Finding]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        yield Finding(
            "T314", f"`{text[:60]}` is no range of versions", document.at(at), hint="write it like `>=1.2,<1.4`"
        )

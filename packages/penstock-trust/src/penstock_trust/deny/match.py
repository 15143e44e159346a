"""Hold a wheel, and those who signed it, against a deny list.

Takes:   a believed list, a subject, the digests of its files, proofs, the time.
Gives:   `denied`: findings T350 to T356, one for each entry that hits.
Ignores: whether the list is to be believed (`read`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_findings.finding import Finding, Location
from penstock_trust.deny.model import SIGNER_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from penstock_findings.finding import JSON
    from penstock_trust.deny.model import DenyList, Entry

_CODES = {
    "wheel": "T350",
    "file": "T351",
    "version": "T352",
    "identity": "T353",
    "certificate": "T354",
    "key": "T355",
    "log-entry": "T356",
}


def denied(
    listed: DenyList,
    subject: Any,
    *,
    now: datetime,
    files: Mapping[str, str] | None = None,
    proofs: Iterable[Any] = (),
) -> tuple[Finding, ...]:
    """Everything in the list that hits the subject (`name`, `version`, `digest`), its files (path -> sha256) or its proofs.

    A signature of a denied signer counts when it was made at or after `effective-from`; where nobody knows when it was
    made, it counts.
    """
    by_digest: dict[str, list[str]] = {}
    for path, digest in (files or {}).items():
        by_digest.setdefault(digest, []).append(path)
    known = tuple(proofs)
    found = []
    for entry in listed.entries:
        if entry.kind not in SIGNER_KINDS and entry.effective_from is not None and now < entry.effective_from:
            continue
        found += [_finding(listed, entry, what) for what in _hits(entry, subject, by_digest, known)]
    return tuple(found)


def _hits(entry: Entry, subject: Any, files: Mapping[str, list[str]], proofs: tuple[Any, ...]) -> Iterator[str]:
    names = entry.names
    if entry.kind == "wheel" and names["sha256"] == subject.digest:
        yield f"the wheel of `{subject.name}` {subject.version}"
    elif entry.kind == "file":
        for path in files.get(str(names["sha256"]), ()):
            yield f"the file `{path}`"
    elif entry.kind == "version" and names["name"] == subject.name and _within(subject.version, str(names["versions"])):
        yield f"`{subject.name}` {subject.version} ({names['versions']})"
    elif entry.kind == "log-entry":
        for proof in proofs:
            if any(one.log_id == names["log-id"] and one.index == names["index"] for one in proof.entries):
                yield f"the log entry {names['index']}"
    elif entry.kind in SIGNER_KINDS:
        for proof in proofs:
            if _is_too_late(entry, proof.time) and (what := _signer(entry, proof)):
                yield what


def _signer(entry: Entry, proof: Any) -> str | None:
    names, identity = entry.names, proof.identity
    if entry.kind == "certificate":
        return "the certificate that signed it" if names["sha256"] == proof.certificate else None
    if entry.kind == "key":
        return f"the key `{identity.key}`" if identity.key and identity.key == _key_id(str(names["key"])) else None
    if identity.kind != "sigstore" or names["issuer"] != identity.issuer:
        return None
    own = {"uri": identity.san if identity.san_type == "uri" else None}
    own["email"] = identity.san if identity.san_type == "email" else None
    own["repository-id"] = identity.claims.get("source_repository_identifier")
    same = all(own[key] == value for key, value in names.items() if key != "issuer")
    return f"the signer `{identity.san}`" if same else None


def _key_id(text: str) -> str:
    from penstock_trust.keys import PREFIX, PublicKey
    from penstock_trust.refusal import Refusal

    if not text.startswith(PREFIX):
        return text
    try:
        return PublicKey.parse(text).id
    except Refusal:
        return text


def _is_too_late(entry: Entry, signed: datetime | None) -> bool:
    return entry.effective_from is None or signed is None or signed >= entry.effective_from


def _within(version: str, versions: str) -> bool:
    """Whether the range holds the version; what cannot be read is taken to be in it."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(versions).contains(Version(version), prereleases=True)
    except (InvalidVersion, InvalidSpecifier):
        return True


def _finding(listed: DenyList, entry: Entry, what: str) -> Finding:
    why = f": {entry.reason}" if entry.reason else ""
    evidence: dict[str, JSON] = {"entry": str(entry), "sequence": listed.sequence, "deny": listed.digest}
    hint = "take another version, or ask the owner of the list"
    at = Location(listed.path or None)
    return Finding(_CODES[entry.kind], f"{what} is on the deny list{why}", at, hint=hint, evidence=evidence)

"""Write down that a wheel was accepted, signed by the organisation, and read it again fast.

Takes:   an `Accepted` verdict and the organisation's Ed25519 key; or the bytes of a receipt and the keys that count.
Gives:   `Receipt`, `Signed`; `emit`, `read`, `CHECKS`.  A receipt is a DSSE envelope around an in-toto statement whose predicate
         is a SLSA verification summary; what the loader needs beyond that is in its member `penstock`.
Why so:  importing sigstore alone takes 0.4 s, so nothing on the way to the first import of a pack may need it.
Ignores: where receipts are kept (`store`), and what follows from one (`admission`).
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

from penstock_findings.fact import Fact
from penstock_trust import dsse
from penstock_trust.facts import FileFact, Identity, LogEntry, Subject
from penstock_trust.part import Part
from penstock_trust.refusal import Refusal
from penstock_trust.strict import canonical, json_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from penstock_trust.facts import Accepted, Proof
    from penstock_trust.keys import PrivateKey, PublicKey

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/verification_summary/v1"
VERIFIER = "https://penstock.dev/trust/v1"
FORMAT = 1
LIMIT = 8 << 20  # bytes; a table of 20,000 files has about three million
_FILE = re.compile("([0-9a-f]{64}):(0|[1-9][0-9]{0,15})")
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_LOADS = ("sealed", "verified", "checked", "off")


class Signed(Fact):
    """Who had signed the wheel when it was accepted: what a deny list may name, and what people want to know.

    Not a `Proof`: this is only what the receipt remembers of one, with the same names.
    """

    identity: Identity
    matched: tuple[str, ...] = ()
    certificate: str = ""
    entries: tuple[LogEntry, ...] = ()
    predicate_type: str = ""
    time: datetime | None = None


class Receipt(Fact):
    """That a wheel was accepted, under which policy and deny list, and everything it brings.

    `files` is path inside the wheel -> digest and size; `code` is tag of an interpreter -> sha256 of the code that was
    compiled from these files for it; `by` is the id of the key that signed; `at` is when it was decided.
    """

    subject: Subject
    files: Mapping[str, FileFact]
    top_levels: tuple[str, ...]
    entry_points: tuple[tuple[str, str, str], ...]
    native: tuple[str, ...]
    policy: str
    deny: str
    roots: Mapping[str, str]
    load: str
    code: Mapping[str, str]
    signed: tuple[Signed, ...]
    at: datetime
    by: str


class Reading(Fact):
    """A receipt while it is read: the type and the statement in the envelope, and the ids of the keys that signed it."""

    what: str
    payload_type: str
    statement: Part
    signed_by: tuple[str, ...]


def emit(verdict: Accepted, key: PrivateKey, *, code: Mapping[str, str] | None = None) -> bytes:
    """The receipt of an accepted wheel; `code` is tag of an interpreter -> sha256 of what was compiled for it."""
    subject, hygiene = verdict.subject, verdict.hygiene
    predicate = {
        "verifier": {"id": VERIFIER},
        "timeVerified": _told(verdict.at),
        "resourceUri": f"pkg:pypi/{subject.name}@{subject.version}",
        "policy": {"digest": {"sha256": verdict.policy}},
        "verificationResult": "PASSED",
        "verifiedLevels": ["PENSTOCK_ACCEPTED"],
        "penstock": {
            "format": FORMAT,
            "name": subject.name,
            "version": subject.version,
            "size": subject.size,
            "files": {path: f"{fact.sha256}:{fact.size}" for path, fact in hygiene.table.items()},
            "topLevels": list(hygiene.top_levels),
            "entryPoints": [list(point) for point in hygiene.entry_points],
            "native": list(hygiene.native),
            "deny": verdict.deny,
            "roots": dict(verdict.roots),
            "load": str(verdict.load),
            "code": dict(code or {}),
            "signed": [_signed_as_json(proof) for proof in verdict.proofs],
        },
    }
    statement = {
        "_type": STATEMENT,
        "subject": [{"name": subject.filename, "digest": {"sha256": subject.digest}}],
        "predicateType": PREDICATE,
        "predicate": predicate,
    }
    return dsse.write(dsse.sign(dsse.IN_TOTO, canonical(statement), key))


def signature(reading: Reading) -> None:
    """T402: one of the keys signed it."""
    if not reading.signed_by:
        raise Refusal(
            "T402",
            f"{reading.what} is not signed by a key whose receipts count here",
            hint="install the pack again with `penstock trust install`, or name the key in the trust configuration",
        )


def kind(reading: Reading) -> None:
    """T405: what was signed was meant as a receipt."""
    statement = reading.statement
    if (reading.payload_type, statement.said("_type"), statement.said("predicateType")) != (
        dsse.IN_TOTO,
        STATEMENT,
        PREDICATE,
    ):
        statement.wrong("what it says to be")


def result(reading: Reading) -> None:
    """T406: it says yes."""
    if reading.statement.of("predicate").said("verificationResult") != "PASSED":
        raise Refusal("T406", f"{reading.what} says that the wheel was not accepted")


CHECKS: Mapping[str, Callable[[Reading], None]] = {"signature": signature, "kind": kind, "result": result}


def read(
    data: bytes,
    keys: Sequence[PublicKey],
    *,
    what: str = "the receipt",
    checks: Mapping[str, Callable[[Reading], None]] = CHECKS,
) -> Receipt:
    """The receipt in `data`, when one of the keys signed it. Raises `Refusal` (T402, T405, T406).

    `checks` is for tests, which leave one out to see what it is there for.
    """
    envelope = dsse.read(data, what, limit=LIMIT, code="T405")
    by = tuple(key.id for key in dsse.signers(envelope, keys))
    if "signature" in checks and not by:
        signature(Reading(what, envelope.payload_type, Part({}, what), by))  # nothing is parsed that nobody signed
    statement = Part(json_of(envelope.payload, what, limit=LIMIT, code="T405", floats=False), what)
    reading = Reading(what, envelope.payload_type, statement, by)
    for check in checks.values():
        check(reading)
    return _receipt(statement, by[0] if by else "")


# -- writing ---------------------------------------------------------------------------------------------------------


def _signed_as_json(proof: Proof) -> dict[str, Any]:
    identity = proof.identity
    return {
        "kind": identity.kind,
        "trust": identity.trust,
        "issuer": identity.issuer,
        "san": identity.san,
        "sanType": identity.san_type,
        "claims": dict(identity.claims),
        "key": identity.key,
        "matched": list(proof.matched),
        "certificate": proof.certificate,
        "entries": [f"{entry.log_id}:{entry.index}" for entry in proof.entries],
        "predicateType": proof.predicate_type,
        "time": None if proof.time is None else _told(proof.time),
    }


def _told(time: datetime) -> str:
    return time.astimezone(timezone.utc).strftime(_TIME)


# -- reading ---------------------------------------------------------------------------------------------------------


def _receipt(statement: Part, by: str) -> Receipt:
    predicate = statement.of("predicate")
    ours = predicate.of("penstock")
    if ours.number("format") != FORMAT:
        ours.wrong(f"format {FORMAT}")
    subjects = statement.parts("subject")
    if len(subjects) != 1:
        statement.wrong("one subject")
    return Receipt(
        Subject(
            ours.text("name"),
            ours.text("version"),
            subjects[0].text("name"),
            subjects[0].of("digest").digest("sha256"),
            ours.number("size"),
        ),
        _files(ours),
        ours.texts("topLevels"),
        ours.points("entryPoints"),
        ours.texts("native"),
        predicate.of("policy").of("digest").digest("sha256"),
        ours.digest("deny", optional=True),
        ours.table("roots"),
        ours.one_of("load", _LOADS),
        ours.table("code"),
        tuple(map(_signed, ours.parts("signed"))),
        predicate.time("timeVerified"),
        by,
    )


def _files(ours: Part) -> dict[str, FileFact]:
    files: dict[str, FileFact] = {}
    for path, said in ours.table("files").items():
        found = _FILE.fullmatch(said)
        if found is None or path.startswith("/") or {"", ".", ".."} & set(path.split("/")):
            ours.wrong("`files`")
        files[path] = FileFact(found[1], int(found[2]))
    return files


def _signed(part: Part) -> Signed:
    entries = [entry.rpartition(":") for entry in part.texts("entries")]
    if not all(index.isdecimal() and index.isascii() and len(index) < 20 for _, _, index in entries):
        part.wrong("`entries`")
    identity = Identity(
        "key" if part.one_of("kind", ("sigstore", "key")) == "key" else "sigstore",
        part.text("trust"),
        part.text("issuer"),
        part.text("san"),
        part.one_of("sanType", ("", "uri", "email")),
        part.table("claims"),
        part.text("key"),
    )
    return Signed(
        identity,
        part.texts("matched"),
        part.text("certificate"),
        tuple(LogEntry(log, int(index)) for log, _, index in entries),
        part.text("predicateType"),
        part.maybe_time("time"),
    )

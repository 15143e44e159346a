"""Step 5: what sigstore's client lets pass and we do not.

Takes:   the readings, and the roots that vouch for them.
Gives:   only those roots whose keys were valid when it was signed; findings T129 to T139.
Why so:  measured on sigstore 4.5.1: it ignores the end of validity of authorities, logs and certificate logs, tries every key
         of the root when a log id is not the digest of one, passes over timestamps that do not verify while another does,
         ignores the label of the digest, and is content with a certificate that names no issuer.
Ignores: signatures that the step before has checked, and who the signer is.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from penstock_findings.finding import Finding
from penstock_trust import timestamps
from penstock_trust.facts import Evidence
from penstock_trust.roots import first_line
from penstock_trust.steps import checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from typing import TypeAlias

    from penstock_trust.case import Case
    from penstock_trust.reading import Reading
    from penstock_trust.roots import LogKey, TrustedRoot

    Check: TypeAlias = "Callable[[Reading, TrustedRoot], Iterator[Finding]]"

SKEW = timedelta(minutes=5)  # how far the clock of an authority may be ahead of ours


def strict(case: Case, checks: Mapping[str, Check] | None = None) -> Iterator[Evidence | Finding]:
    """Hold every reading against the profile, and every root that vouches for it against the time of signing.

    `checks` is for tests, which leave one out of `CHECKS` to see what it is there for.
    """
    for reading in case.readings:
        if reading.claim.kind == "key":
            continue
        yield from time_has_come(reading, case.now)
        kept, findings = [], []
        for name in reading.vouchers:
            root = case.roots.sigstore(name)
            wrong = misfits(reading, root, checks)
            findings += wrong
            if not wrong:
                kept.append(name)
        reading.vouchers = tuple(kept)
        if not kept:
            yield from findings
            continue
        times = [time.isoformat() for time in reading.times]
        facts = {"claim": reading.claim.source, "times": [*times], "roots": [*kept]}
        yield Evidence("strict", f"{reading.what}: every key was valid at {', '.join(times)}", facts)


def misfits(reading: Reading, root: TrustedRoot, checks: Mapping[str, Check] | None = None) -> list[Finding]:
    """Everything about a sigstore bundle that does not fit the profile, by this root."""
    asked = CHECKS if checks is None else checks
    return [finding for check in asked.values() for finding in check(reading, root)]


def time_has_come(reading: Reading, now: datetime) -> Iterator[Finding]:
    """T129: it was not signed later than now; else somebody set the clock back, so that something old holds again."""
    late = [time for time in reading.times if time > now + SKEW]
    if late:
        message = f"was signed at {late[-1].isoformat()}, and it is {now.isoformat(timespec='seconds')} here"
        yield _said("T129", reading, message)


def log_is_named(reading: Reading, root: TrustedRoot) -> Iterator[Finding]:
    """T130: the log that the entry names is in the root; T131: its key was valid; T132: it is that key that signed."""
    for entry in reading.entries:
        log = _named(root.logs, entry.log_id)
        if log is None:
            yield _said("T130", reading, f"was logged at {entry.log_id[:16]}..., which is no log of `{root.name}`")
            continue
        yield from _valid("the log's key", log.valid.covers, reading, root)
        if sha256(log.key).hexdigest() != log.id and not checkpoint.signed_by(reading, log):
            yield _said("T132", reading, "has a checkpoint of another log than the one that it names")


def authority_was_valid(reading: Reading, root: TrustedRoot) -> Iterator[Finding]:
    """T131: one of the authorities that can have issued the certificate was valid at every time."""
    issuers = [each for each in root.authorities if reading.certificate.issued_by(each.chain)]
    if issuers and not any(all(each.valid.covers(time) for time in reading.times) for each in issuers):
        yield _invalid("the certificate authority", reading, root)


def certificate_log_is_named(reading: Reading, root: TrustedRoot) -> Iterator[Finding]:
    """T133: the certificate log is in the root; T131: its key was valid."""
    for log_id, time in reading.certificate.promises:
        log = _named(root.certificate_logs, log_id)
        if log is None or sha256(log.key).hexdigest() != log.id:  # for another id sigstore would try every key
            message = f"has a certificate logged at {log_id[:16]}..., which is no certificate log of `{root.name}`"
            yield _said("T133", reading, message)
        elif not (log.valid.covers(time) and all(log.valid.covers(each) for each in reading.times)):
            yield _invalid("the certificate log's key", reading, root)


def every_timestamp_holds(reading: Reading, root: TrustedRoot) -> Iterator[Finding]:
    """T134: no timestamp is there that nobody of the root signed; T131: who signed it was valid."""
    for stamp in reading.stamps:
        signers = [each for each in root.stampers if timestamps.signed_by(stamp, each.chain, reading.signature)]
        if not signers:
            yield _said("T134", reading, f"carries a timestamp that no authority of `{root.name}` signed")
        elif not any(each.valid.covers(stamp.tst_info.gen_time) for each in signers):
            yield _invalid("the timestamp authority", reading, root)


def time_is_promised(reading: Reading, root: TrustedRoot) -> Iterator[Finding]:
    """T135: a time that the log does not sign is none, and neither is a promise without its time."""
    if (reading.integrated is None) != (not reading.entry.get("inclusionPromise")):
        yield _said("T135", reading, "has only one of the time of the log and the promise of the log that says so")


def digest_is_labelled(reading: Reading, root: TrustedRoot) -> Iterator[Finding]:
    """T136: the digest is there, and says what it is."""
    if reading.envelope is None:
        label = reading.value["messageSignature"].get("messageDigest")
        if label is None or label["algorithm"] != "SHA2_256":
            yield _said("T136", reading, "does not say that its digest is a SHA2_256")


def issuer_is_said(reading: Reading, root: TrustedRoot) -> Iterator[Finding]:
    """T137: the certificate says who vouched for the name, and in one way only."""
    try:
        _ = reading.certificate.claims
    except ValueError as error:
        yield _said("T137", reading, f"has a certificate whose claims cannot be read: {first_line(error)}")
        return
    said = {reading.certificate.claims[key] for key in ("issuer", "issuer_v2") if key in reading.certificate.claims}
    if said in (set(), {""}):
        yield _said("T137", reading, "has a certificate that does not say who vouched for the name in it")
    elif len(said) > 1:
        yield _said("T137", reading, f"has a certificate that names two issuers: {', '.join(sorted(said))[:200]}")


def name_is_one(reading: Reading, root: TrustedRoot) -> Iterator[Finding]:
    """T138: the certificate names one signer, by an address or a mailbox."""
    names = reading.certificate.names
    if len(names) != 1 or names[0].kind not in ("uri", "email") or not names[0].value.isprintable():
        yield _said("T138", reading, "has a certificate that does not name exactly one address or mailbox")


def entry_has_one_place(reading: Reading, root: TrustedRoot) -> Iterator[Finding]:
    """T139: the entry stands where its checkpoint says, in a tree of the size that the checkpoint says."""
    proof = reading.entry["inclusionProof"]
    text = proof["checkpoint"]["envelope"]
    if not all(checkpoint.names_its_log(text, entry.log_id) for entry in reading.entries):
        yield _said("T139", reading, "has a checkpoint whose signatures do not name its log")
    elif checkpoint.size_of(text) != int(proof["treeSize"]):
        yield _said("T139", reading, "proves its place in a tree of another size than the checkpoint's")
    elif reading.integrated is None and int(reading.entry["logIndex"]) != int(proof["logIndex"]):
        yield _said("T139", reading, "says another place in the log than it proves")


CHECKS: Mapping[str, Check] = {
    "log": log_is_named,
    "authority": authority_was_valid,
    "certificate-log": certificate_log_is_named,
    "timestamps": every_timestamp_holds,
    "promise": time_is_promised,
    "digest": digest_is_labelled,
    "issuer": issuer_is_said,
    "name": name_is_one,
    "place": entry_has_one_place,
}


def _named(logs: tuple[LogKey, ...], log_id: str) -> LogKey | None:
    fitting = [log for log in logs if log.id == log_id]
    return fitting[0] if len(fitting) == 1 else None


def _valid(whose: str, covers: Callable[..., bool], reading: Reading, root: TrustedRoot) -> Iterator[Finding]:
    if not all(covers(time) for time in reading.times):
        yield _invalid(whose, reading, root)


def _invalid(whose: str, reading: Reading, root: TrustedRoot) -> Finding:
    times = ", ".join(time.isoformat() for time in reading.times)
    return _said("T131", reading, f"was signed at {times}, when {whose} was not valid by the root `{root.name}`")


def _said(code: str, reading: Reading, message: str) -> Finding:
    return Finding(code, f"{reading.what} {message}", hint=_HINTS.get(code))


_HINTS = {
    "T129": "look at the clock of this machine",
    "T131": "sign it again with today's keys; if the root is out of date, pin the current one",
    "T134": "remove the timestamp, or trust its authority in the root",
}

"""Bundles, and what stands around them, that have to be refused although much about them is right.

Gives:   `BUNDLES`: each attack makes a `Case`.
Ignores: wheels that are bad by themselves (`wheels`), and policy files that are (`policies`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from hostile.archive import files_of as wheel_files
from hostile.archive import wheel_of
from hostile.attack import Collection
from hostile.case import FACTORY, SECURITY, Case, bundle_of, signed
from hostile.denials import private_key, signed_list
from hostile.forge import (
    CLAIMS,
    ISSUER,
    REPOSITORY,
    SAN,
    SIGNED,
    WORKFLOW,
    Edit,
    _usage,
    b64,
    key,
    key_id,
    nothing,
)
from hostile.policies import ROOT_FILE, forge
from penstock_trust import dsse
from penstock_trust.predicates import RELEASE
from penstock_trust.seen import Seen

BUNDLES = Collection("bundle")
DAY = timedelta(days=1)


def add(name: str, step: str, code: str, **how: Any) -> None:
    """An attack on how a bundle is made."""
    BUNDLES.add(name, step, code, lambda: signed(**how))


def edit(name: str, step: str, code: str, change: Edit, **how: Any) -> None:
    """An attack on a bundle that is made."""
    BUNDLES.add(name, step, code, lambda: signed(bundle=change, **how))


def text(name: str, step: str, code: str, change: Callable[[bytes], bytes], **how: Any) -> None:
    """An attack on the text of a bundle."""

    def make() -> Case:
        case = signed(**how)
        case.bundles = [change(json.dumps(case.bundles[0]).encode())]
        return case

    BUNDLES.add(name, step, code, make)


def entry(bundle: Any) -> Any:
    """The log entry of a bundle."""
    return bundle["verificationMaterial"]["tlogEntries"][0]


def proof(bundle: Any) -> Any:
    """Its proof."""
    return entry(bundle)["inclusionProof"]


def put(*path: Any, to: Any) -> Edit:
    """Change one value; a function is handed what was there."""

    def change(value: Any) -> None:
        for part in path[:-1]:
            value = value[part]
        value[path[-1]] = to(value[path[-1]]) if callable(to) else to

    return change


def without(*path: Any) -> Edit:
    """Take one value out."""

    def change(value: Any) -> None:
        for part in path[:-1]:
            value = value[part]
        del value[path[-1]]

    return change


def flipped(text: str) -> str:
    """Base64 of the same length, one bit in the middle of the bytes turned over."""
    data = bytearray(base64.b64decode(text))
    data[len(data) // 2] ^= 1
    return b64(bytes(data))


MATERIAL, ENTRY = ("verificationMaterial",), ("verificationMaterial", "tlogEntries", 0)
PROOF, PROMISE = (*ENTRY, "inclusionProof"), (*ENTRY, "inclusionPromise", "signedEntryTimestamp")
SIGNATURE, CERTIFICATE = ("messageSignature", "signature"), (*MATERIAL, "certificate", "rawBytes")
STAMPS = (*MATERIAL, "timestampVerificationData", "rfc3161Timestamps")

# -- before anything is parsed, and how ------------------------------------------------------------------------------

text("the bundle is larger than any bundle", "limits", "T101", lambda data: data + b" " * (1 << 20))
text(
    "the bundle is nested beyond any stack",
    "limits reading",
    "T102",
    lambda data: data[:-1] + b', "x": ' + b"[" * 90_000 + b"]" * 90_000 + b"}",
)
text("a key is there twice", "limits", "T102", lambda data: b'{"mediaType": "x", ' + data[1:])
text("a key is there twice, once in disguise", "limits", "T102", lambda data: b'{"\\u006dediaType": "x", ' + data[1:])
text(
    "a key deep inside is there twice",
    "limits",
    "T102",
    lambda data: data.replace(b'"keyId":', b'"keyId": "AAAA", "keyId":'),
)
text("a byte order mark stands before it", "limits reading", "T102", lambda data: b"\xef\xbb\xbf" + data)
text("it is UTF-16", "limits reading", "T102", lambda data: data.decode().encode("utf-16"))
text("something stands behind it", "limits reading", "T102", lambda data: data + b"{}")
text("it is empty", "limits reading", "T102", lambda data: b"")
text("it is a list of bundles", "limits reading", "T106", lambda data: b"[" + data + b"]")
text("it is cut off", "limits reading", "T102", lambda data: data[:-40])
edit("the signature has bits that no decoder reads", "bundle", "T122", put(*SIGNATURE, to="AAAB"), content=b"")
for _name, _change in {
    "base64 has a line break": lambda text: text[:64] + "\n" + text[64:],
    "base64 has a character of no meaning": lambda text: text[:64] + "!" + text[64:],
    "base64 ends twice": lambda text: text + "====",
}.items():
    edit(_name, "limits", "T103", put(*ENTRY, "canonicalizedBody", to=_change))
edit(
    "base64 of the certificate has a blank",
    "limits",
    "T103",
    put(*CERTIFICATE, to=lambda text: text[:76] + " " + text[76:]),
)
for _name, _spelled in {
    "a number has an underscore": "0_5",
    "a number has a sign": "+5",
    "a number has a blank": " 5",
    "a number has a leading nought": "05",
    "a number is in another script": "\u0665",
}.items():
    edit(_name, "limits", "T106", put(*PROOF, "logIndex", to=_spelled))

# -- the bytes that were signed --------------------------------------------------------------------------------------


@BUNDLES.by("bundle", "T122")
def the_wheel_was_changed_after_it_was_signed() -> Case:
    case = signed()
    case.wheel = wheel_of({"acme_flow/nodes.py": b"raise SystemExit('owned')\n"})
    return case


@BUNDLES.by("bundle", "T122")
def the_bundle_is_that_of_another_wheel() -> Case:
    other = signed(wheel_of(version="1.1.0"), filename="acme_flow-1.1.0-py3-none-any.whl")
    return Case(bundles=other.bundles)


add(
    "something else was signed, with the wheel's digest beside it",
    "bundle",
    "T122",
    content=b"else",
    bundle=put("messageSignature", "messageDigest", "digest", to=b64(hashlib.sha256(wheel_of()).digest())),
)
edit("a bit of the signature is turned over", "bundle", "T122", put(*SIGNATURE, to=flipped))
edit("there is no signature in the signature", "bundle", "T122", put(*SIGNATURE, to=""))
edit(
    "the signature is of another curve's length",
    "bundle",
    "T122",
    put(*SIGNATURE, to=lambda text: b64(base64.b64decode(text)[:40])),
)
edit(
    "the digest is another one's",
    "bundle",
    "T122",
    put("messageSignature", "messageDigest", "digest", to=b64(bytes(32))),
)
add("the signature is of another key than the certificate's", "bundle", "T122", signer=key("somebody"))
edit("there is nothing signed in it", "bundle reading", "T123", without("messageSignature"))
edit(
    "it has a signature and an envelope",
    "subject reading",
    "T112",
    lambda bundle: bundle.update(dsseEnvelope={"payload": "e30=", "payloadType": "x", "signatures": [{"sig": "AAAA"}]}),
)

# -- the certificate -------------------------------------------------------------------------------------------------

add("the certificate is of an authority of the same name", "bundle", "T122", ca="twin")
add("the certificate had ended when it was used", "bundle", "T122", issued=SIGNED - timedelta(minutes=30))
add("the certificate had not begun when it was used", "bundle", "T122", issued=SIGNED + timedelta(minutes=5))
add("the certificate was never logged", "bundle", "T122", scts=0)
add("the certificate is logged twice in itself", "bundle", "T122", scts=2)
add(
    "a log that nobody trusts has logged the certificate", "bundle", "T122", ct="other ct", sct_log_id=key_id(key("ct"))
)
add(
    "the log has logged another certificate",
    "bundle",
    "T122",
    sct_signed=lambda said: said.__setitem__(100, said[100] ^ 1),
)
add("the certificate is for servers", "bundle", "T122", eku=ExtendedKeyUsageOID.SERVER_AUTH)
add("the certificate is for nothing in particular", "bundle", "T122", eku=None)
add("the certificate may not sign", "bundle", "T122", usage=_usage(key_agreement=True))
add("the certificate does not say what it is for", "bundle", "T122", usage=None)
add("the certificate is an authority itself", "bundle", "T122", basic=x509.BasicConstraints(ca=True, path_length=None))
add(
    "the certificate has a critical extension that nobody knows",
    "bundle",
    "T122",
    extra=((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\5\0"), True),),
)
add("the certificate has nobody's name", "bundle strict reading", "T122", san=None)
edit("the certificate is garbage", "bundle reading", "T123", put(*CERTIFICATE, to=b64(b"certificate")))
edit("a bit of the certificate is turned over", "bundle reading", "T123", put(*CERTIFICATE, to=flipped))
edit(
    "the certificate is that of the authority",
    "bundle strict reading",
    "T122",
    put(*CERTIFICATE, to=lambda _: b64(forge().cas["ca"].der)),
)
edit("there is no certificate", "bundle reading", "T123", without(*MATERIAL, "certificate"))
edit(
    "there is a key in the place of a certificate",
    "limits reading",
    "T106",
    lambda bundle: (
        bundle["verificationMaterial"].pop("certificate"),
        bundle["verificationMaterial"].update(publicKey={"hint": "trust me"}),
    ),
)
edit(
    "there is a certificate and a key",
    "limits reading",
    "T106",
    lambda bundle: bundle["verificationMaterial"].update(publicKey={"hint": "x"}),
)

# -- the log ---------------------------------------------------------------------------------------------------------

add("a log that nobody trusts has logged it", "bundle strict", "T122", log="other rekor")
add(
    "a log that nobody trusts has logged it, under the name of one that is",
    "bundle",
    "T122",
    log="other rekor",
    bundle=lambda bundle: put(*ENTRY, "logId", "keyId", to=b64(key_id(key("rekor"))))(bundle),
)
edit("a bit of the promise is turned over", "bundle", "T122", put(*PROMISE, to=flipped))
add("the promise is for another entry", "bundle", "T122", promise=put("logIndex", to=6))
add("the promise is for another body", "bundle", "T122", promise=put("body", to="AAAA"))
edit(
    "the time was changed after it was promised",
    "bundle",
    "T122",
    put(*ENTRY, "integratedTime", to=lambda text: str(int(text) + 60)),
)
edit("nobody says when it was", "bundle strict", "T123", without(*ENTRY, "inclusionPromise"))
edit("there is no proof that it was logged", "limits reading", "T106", without(*PROOF))
edit("the proof has no checkpoint", "limits reading", "T106", without(*PROOF, "checkpoint"))
edit("the proof ends at another root", "bundle", "T122", put(*PROOF, "rootHash", to=flipped))
edit("the proof is for another place", "bundle", "T122", put(*PROOF, "logIndex", to="4"))
edit("the proof is for a place outside of the tree", "bundle", "T123", put(*PROOF, "logIndex", to="400"))
edit("the proof leaves a step out", "bundle", "T122", lambda bundle: proof(bundle)["hashes"].pop())
edit("the proof has a step too many", "bundle", "T122", lambda bundle: proof(bundle)["hashes"].append(b64(bytes(32))))
edit("the proof is of an empty tree", "bundle strict", "T123", put(*PROOF, "treeSize", to="0"))
edit(
    "the proof has a hash cut short",
    "bundle",
    "T122",
    put(*PROOF, "hashes", 0, to=lambda text: b64(base64.b64decode(text)[:16])),
)
edit("the body was changed after it was logged", "bundle", "T122", put(*ENTRY, "canonicalizedBody", to=flipped))
add(
    "the checkpoint is of another tree",
    "bundle",
    "T122",
    checkpoint=lambda text: text.replace("\n11\n", "\n11\n", 1).rsplit("\n", 2)[0] + "\n" + b64(bytes(32)) + "\n",
)
add(
    "the checkpoint was changed after it was signed",
    "bundle strict",
    "T122",
    note=lambda text: text.replace("\n11\n", "\n12\n", 1),
)
add("the checkpoint is not signed", "bundle", "T122", note=lambda text: text.split("\n\n")[0] + "\n\n")
add("the checkpoint has two texts", "bundle strict", "T122", note=lambda text: "rekor.acme.test\n\n" + text)
edit(
    "the log has logged it twice",
    "bundle",
    "T123",
    lambda bundle: bundle["verificationMaterial"]["tlogEntries"].append(entry(bundle)),
)
edit("nobody has logged it", "bundle reading", "T123", put(*MATERIAL, "tlogEntries", to=[]))
edit("the entry says that it is another kind", "bundle", "T122", put(*ENTRY, "kindVersion", "kind", to="intoto"))
edit(
    "the entry says that it is of another version", "bundle", "T122", put(*ENTRY, "kindVersion", "version", to="0.0.2")
)
edit("the entry is of a version that nobody knows", "bundle", "T123", put(*ENTRY, "kindVersion", "version", to="0.0.9"))
add("what was logged is another digest", "bundle", "T122", body=put("spec", "data", "hash", "value", to="ab" * 32))
add("what was logged is another signature", "bundle", "T122", body=put("spec", "signature", "content", to=flipped))
add(
    "what was logged is another certificate",
    "bundle",
    "T122",
    body=put("spec", "signature", "publicKey", "content", to=lambda text: b64(base64.b64decode(text) + b"\n")),
)
add("what was logged is garbage", "bundle", "T122", body_text=lambda text: b"garbage")
add("what was logged is a list", "bundle", "T122", body_text=lambda text: b"[]")
add(
    "what was logged is another digest, in the newer log",
    "bundle",
    "T122",
    rekor=2,
    tsa=True,
    body=put("spec", "hashedRekordV002", "data", "digest", to=b64(bytes(32))),
)
add(
    "what was logged is another algorithm, in the newer log",
    "bundle",
    "T122",
    rekor=2,
    tsa=True,
    body=put("spec", "hashedRekordV002", "data", "algorithm", to="SHA2_512"),
)
add("what was logged is garbage, in the newer log", "bundle", "T122", rekor=2, tsa=True, body_text=lambda text: b"{}")
edit(
    "the format is of the future",
    "bundle",
    "T123",
    put("mediaType", to="application/vnd.dev.sigstore.bundle.v0.9+json"),
)
edit("there is no format", "limits reading", "T106", without("mediaType"))
edit(
    "the format is an old one, with a certificate as the new one has it",
    "bundle",
    "T123",
    put("mediaType", to="application/vnd.dev.sigstore.bundle+json;version=0.1"),
)
edit("a field is there that nobody knows", "limits reading", "T106", lambda bundle: bundle.update(trusted=True))
edit("a number is no text", "limits reading", "T106", put(*ENTRY, "logIndex", to=5))
edit(
    "a number is larger than numbers are", "limits reading", "T106", put(*ENTRY, "logIndex", to="18446744073709551616")
)
edit("a text is a list", "limits reading", "T106", put(*ENTRY, "logId", "keyId", to=["AAAA"]))

# -- the time --------------------------------------------------------------------------------------------------------

_NEW: dict[str, Any] = {"rekor": 2, "tsa": True}
add("the newer log has no time, and nobody else says one", "bundle", "T123", rekor=2)
edit(
    "a time that nobody signed is written into the newer log's entry",
    "bundle strict",
    "T123",
    lambda bundle: entry(bundle).update(integratedTime=str(int(SIGNED.timestamp()))),
    rekor=2,
)
add("the stamp is of an authority of the same name", "bundle strict", "T122", tsa_name="twin", **_NEW)
add("the stamp is of another signature", "bundle strict", "T122", stamped=b"another", **_NEW)
add("the stamp is from before the certificate", "bundle", "T122", stamp_at=SIGNED - timedelta(hours=1), **_NEW)
add("the stamp is from after the certificate", "bundle", "T122", stamp_at=SIGNED + timedelta(hours=1), **_NEW)
add("the stamp is of another digest", "bundle strict", "T122", stamp={"imprint": bytes(32)}, **_NEW)
add("the stamp was refused by its authority", "bundle strict", "T122", stamp={"status": 2}, **_NEW)
add("there are more stamps than anybody needs", "bundle", "T122", stamps=33, **_NEW)
edit("the stamp is garbage", "bundle reading", "T123", put(*STAMPS, 0, "signedTimestamp", to=b64(b"garbage")), **_NEW)
edit(
    "a bit of the stamp is turned over", "bundle strict", "T122", put(*STAMPS, 0, "signedTimestamp", to=flipped), **_NEW
)
edit(
    "one stamp is there twice",
    "bundle",
    "T122",
    lambda bundle: bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"].append(
        bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0]
    ),
    **_NEW,
)
add(
    "the stamp and the log disagree about the certificate's time",
    "bundle",
    "T122",
    tsa=True,
    stamp_at=SIGNED + timedelta(hours=1),
)

# -- what sigstore lets pass -----------------------------------------------------------------------------------------


def rooted(name: str, code: str, change: Edit, **how: Any) -> None:
    """An attack that a closed window of the trusted root has to stop."""

    def make() -> Case:
        case = signed(**how)
        case.root = change
        return case

    BUNDLES.add(name, "strict", code, make)


def window(*path: Any, **times: Any) -> Edit:
    """Set the window in which something of the trusted root is valid."""

    def change(root: Any) -> None:
        value = root
        for part in path:
            value = value[part]
        value["validFor"] = {word: time.strftime("%Y-%m-%dT%H:%M:%SZ") for word, time in times.items()}

    return change


_LONG = SIGNED - 300 * DAY
rooted(
    "the authority had been retired when it issued",
    "T131",
    window("certificateAuthorities", 0, start=_LONG, end=SIGNED - DAY),
)
rooted("the authority began after it issued", "T131", window("certificateAuthorities", 0, start=SIGNED + DAY))
rooted(
    "the log had been retired when it logged", "T131", window("tlogs", 0, "publicKey", start=_LONG, end=SIGNED - DAY)
)
rooted("the log began after it logged", "T131", window("tlogs", 0, "publicKey", start=SIGNED + DAY))
rooted(
    "the newer log had been retired when it logged",
    "T131",
    window("tlogs", 1, "publicKey", start=_LONG, end=SIGNED - DAY),
    log="rekor2",
    log_edwards=True,
    **_NEW,
)
rooted(
    "the certificates' log had been retired", "T131", window("ctlogs", 0, "publicKey", start=_LONG, end=SIGNED - DAY)
)
rooted("the certificates' log began later", "T131", window("ctlogs", 0, "publicKey", start=SIGNED + DAY))
add("the certificate was logged under a name that no log has", "strict", "T133", sct_log_id=bytes(32))
BUNDLES.add(
    "it was logged under a name that no log has",
    "strict",
    "T130",
    lambda: signed(
        note=lambda text: _renamed_note(text),
        bundle=put(*ENTRY, "logId", "keyId", to=b64(b"\1" * 32)),
        promise=put("logID", to=(b"\1" * 32).hex()),
    ),
)
edit(
    "the digest is said to be another algorithm's",
    "strict",
    "T136",
    put("messageSignature", "messageDigest", "algorithm", to="SHA2_512"),
)
add("the certificate says no issuer", "strict identity", "T137", issuer=None, issuer_v2=None)
add("the certificate says two issuers", "strict", "T137", issuer="https://evil.test")
edit("the proof is of a tree larger than the checkpoint's", "strict", "T139", put(*PROOF, "treeSize", to="12"))
add(
    "the certificate has two names",
    "strict",
    "T138",
    sans=(x509.UniformResourceIdentifier(SAN), x509.RFC822Name("ada@acme.test")),
)


def _renamed_note(text: str) -> str:
    """A note whose signature says that it is of a log that nobody has heard of; sigstore then tries all keys."""
    head, _, signature = text.rstrip("\n").rpartition(" ")
    return f"{head} {b64(bytes([1]) * 4 + base64.b64decode(signature)[4:])}\n"


@BUNDLES.by("strict", "T129")
def it_was_signed_after_now() -> Case:
    case = signed()
    case.now = SIGNED - DAY
    return case


# -- who signed ------------------------------------------------------------------------------------------------------


def uri(name: str) -> x509.GeneralName:
    """A SAN."""
    return x509.UniformResourceIdentifier(name)


for _name, _san in {
    "another workflow of the repository signed": SAN.replace("release.yml", "test.yml"),
    "another repository of the owner signed": SAN.replace("acme/flow/", "acme/flaw/"),
    "another owner signed": SAN.replace("/acme/", "/acne/"),
    "a branch signed": SAN.replace("refs/tags/v1.2.0", "refs/heads/main"),
    "the tag of another version signed": SAN.replace("v1.2.0", "v1.1.0"),
    "a tag that begins with the version signed": SAN + "-rc1",
    "a pull request signed": SAN.replace("refs/tags/v1.2.0", "refs/pull/7/merge"),
    "the name differs in case": SAN.replace("acme/flow/", "Acme/flow/"),
    "the name ends with a slash": SAN + "/",
    "the name is written with escapes": SAN.replace("release", "%72elease"),
    "the name is inside of another": "https://evil.test/?" + SAN,
    "the name has a name before the host": SAN.replace("https://", "https://evil@"),
    "the name is without encryption": SAN.replace("https://", "http://"),
}.items():
    add(_name, "identity", "T142", san=uri(_san))
add("an email says what should be a uri", "identity", "T142", san=x509.RFC822Name("release@acme.test"))
for _name, _issuer in {
    "another issuer vouches": "https://accounts.evil.test",
    "the issuer ends with a slash": ISSUER + "/",
    "the issuer is one of an enterprise": ISSUER + "/acme",
    "the issuer differs in case": ISSUER.replace("token", "Token"),
    "the issuer begins alike": ISSUER + ".evil.test",
}.items():
    add(_name, "identity", "T141", issuer=_issuer, issuer_v2=_issuer)
for _name, _claims in {
    "the repository was deleted and made anew by another": {15: "4712"},
    "the owner was deleted and made anew": {17: "816"},
    "the repository says another address": {12: REPOSITORY + "2"},
}.items():
    add(_name, "identity", "T143", claims={**CLAIMS, **_claims})
for _name, _number in {
    "the certificate does not say the repository's id": 15,
    "the certificate does not say the owner's id": 17,
    "the certificate does not say the repository": 12,
}.items():
    add(_name, "identity", "T143", claims={number: value for number, value in CLAIMS.items() if number != _number})


@BUNDLES.by("identity", "T141")
def somebody_signed_who_may_sign_other_packs() -> Case:
    return signed(
        san=x509.RFC822Name("ada@acme.test"),
        issuer="https://accounts.acme.test",
        issuer_v2="https://accounts.acme.test",
        claims={},
    )


# -- statements ------------------------------------------------------------------------------------------------------

SLSA = "https://slsa.dev/provenance/v1"
_ASKED = f'attestations = ["{SLSA}"]'


def stated(name: str, step: str, code: str, **how: Any) -> None:
    """An attack on a statement, beside a wheel whose signature is in order."""

    def make() -> Case:
        case = signed()
        case.more = _ASKED
        case.bundles.append(bundle_of(case, dsse=True, **how))
        return case

    BUNDLES.add(name, step, code, make)


def subject(**said: Any) -> Edit:
    """Change the subject of a statement."""
    return lambda statement: statement["subject"][0].update(said)


stated("the statement is about other bytes", "subject", "T114", statement=subject(digest={"sha256": "ab" * 32}))
stated(
    "the statement is about a file of another name",
    "subject",
    "T113",
    statement=subject(name="acme_flow-1.3.0-py3-none-any.whl"),
)
stated(
    "the statement gives one name two digests",
    "subject",
    "T112",
    statement=lambda said: said["subject"].append({**said["subject"][0], "digest": {"sha256": "ab" * 32}}),
)
stated(
    "the statement knows the wheel by a weak digest only",
    "subject",
    "T112",
    statement=subject(digest={"sha1": "ab" * 20}),
)
stated("the statement is about nothing", "subject", "T112", statement=put("subject", to=[]))
stated(
    "the statement is of an old version",
    "subject",
    "T112",
    statement=put("_type", to="https://in-toto.io/Statement/v0.1"),
)
stated("the statement says more than statements say", "subject", "T112", statement=put("trusted", to=True))
stated("what is signed is no statement", "subject", "T112", payload_type="application/json")
stated("the statement has a key twice", "limits", "T102", statement_text=lambda text: b'{"subject": [], ' + text[1:])
stated("the statement is signed by another key than the certificate's", "bundle", "T122", signer=key("somebody"))
stated(
    "the statement was changed after it was signed",
    "bundle",
    "T122",
    bundle=put(
        "dsseEnvelope",
        "payload",
        to=lambda text: b64(base64.b64decode(text).replace(b"acme.test/build/v1", b"evil.test/build/v1")),
    ),
)
stated(
    "the statement's type was changed after it was signed",
    "subject bundle",
    "T112",
    bundle=put("dsseEnvelope", "payloadType", to="text/plain"),
)
stated(
    "the statement is signed twice",
    "bundle",
    "T122",
    bundle=lambda made: made["dsseEnvelope"]["signatures"].append({"sig": "AAAA"}),
)
stated("the log has another statement", "bundle", "T122", body=put("spec", "payloadHash", "value", to="ab" * 32))
stated(
    "the log has another signature of the statement",
    "bundle",
    "T122",
    body=put("spec", "signatures", 0, "signature", to=flipped),
)
stated(
    "the log has the digest of the statement without its type",
    "bundle",
    "T122",
    rekor=2,
    tsa=True,
    body=put("spec", "hashedRekordV002", "data", "digest", to=b64(bytes(32))),
)
stated(
    "the statement is of another type than was asked for",
    "attestations",
    "T150",
    predicate_type="https://slsa.dev/provenance/v0.2",
)
stated(
    "the statement's type only begins like the one that was asked for",
    "attestations",
    "T150",
    predicate_type=SLSA + "/",
)
stated(
    "the statement is by somebody who may not attest",
    "attestations",
    "T150",
    san=uri(SAN.replace("release.yml", "test.yml")),
)


@BUNDLES.by("attestations", "T150")
def a_statement_that_was_asked_for_is_not_there() -> Case:
    case = signed()
    case.more = _ASKED
    return case


@BUNDLES.by("policy", "T324")
def a_statement_about_the_wheel_is_no_signature_of_it() -> Case:
    """Whoever built it has attested that, and nobody has released it."""
    return signed(dsse=True)


# -- keys ------------------------------------------------------------------------------------------------------------


def keyed(
    by: str = FACTORY,
    change: Edit = nothing,
    envelope: Edit = nothing,
    kind: str = dsse.IN_TOTO,
    more: Edit = nothing,
    wheel: bytes | None = None,
) -> Case:
    """A wheel that a key has signed, as shops without a network do."""
    case = Case(wheel=wheel_of() if wheel is None else wheel, signers='{any = ["factory"]}')
    said = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": case.filename, "digest": {"sha256": hashlib.sha256(case.wheel).hexdigest()}}],
        "predicateType": RELEASE,
        "predicate": {},
    }
    change(said)
    made = json.loads(dsse.write(dsse.sign(kind, json.dumps(said).encode(), private_key(by))))
    envelope(made)
    case.bundles = [made]
    more(case)
    return case


def held(name: str, step: str, code: str, **how: Any) -> None:
    """An attack on an envelope of a key."""
    BUNDLES.add(name, step, code, lambda: keyed(**how))


def _renamed(made: Any) -> None:
    made["signatures"][0]["keyid"] = private_key(FACTORY).public.id


def _other_wheel(case: Case) -> None:
    case.wheel = wheel_of({"acme_flow/nodes.py": b"raise SystemExit('owned')\n"})


held("a key that nobody named signed", "bundle", "T124", by="stranger")
held("a key that nobody named signed in another's name", "bundle", "T125", by="stranger", envelope=_renamed)
held("a bit of the key's signature is turned over", "bundle", "T125", envelope=put("signatures", 0, "sig", to=flipped))
held(
    "the key's signature is cut short",
    "bundle",
    "T125",
    envelope=put("signatures", 0, "sig", to=lambda text: b64(base64.b64decode(text)[:63])),
)
held(
    "the key's signature is longer",
    "bundle",
    "T125",
    envelope=put("signatures", 0, "sig", to=lambda text: b64(base64.b64decode(text) + b"\0")),
)
held("the key of the deny list signed a wheel", "identity", "T140", by=SECURITY)
held("the key signed another wheel", "subject", "T114", more=_other_wheel)
held("the key's statement has no signature", "limits bundle", "T106", envelope=put("signatures", to=[]))
held(
    "the key's statement has seventeen signatures",
    "limits",
    "T106",
    envelope=lambda made: made["signatures"].extend(made["signatures"] * 16),
)
held("the key's statement has a field more", "limits", "T106", envelope=put("trusted", to=True))
held(
    "the key's statement has odd base64",
    "limits",
    "T106",
    envelope=put("signatures", 0, "sig", to=lambda text: text[:60] + "\n" + text[60:]),
)
held(
    "the key's statement has a key twice",
    "limits",
    "T102",
    more=lambda case: case.bundles.__setitem__(0, b'{"payloadType": "x", ' + json.dumps(case.bundles[0]).encode()[1:]),
)
held("the key signed no statement", "subject", "T112", kind="text/plain")
held("the key attested a build and released nothing", "policy", "T324", change=put("predicateType", to=SLSA))
held(
    "a byte moved from the statement to its type",
    "subject bundle",
    "T112",
    envelope=lambda made: made.update(payloadType=made["payloadType"] + " "),
)
held(
    "a key stands where a sigstore is wanted",
    "identity",
    "T140",
    more=lambda case: setattr(case, "signers", '{any = ["release"]}'),
)


@BUNDLES.by("bundle", "T125")
def one_of_two_keys_did_not_sign() -> Case:
    """Both are named; the signature of the second is a copy of the first's."""
    case = keyed()
    first = case.bundles[0]["signatures"][0]
    case.bundles[0]["signatures"].append({"keyid": private_key(SECURITY).public.id, "sig": first["sig"]})
    return case


# -- versions --------------------------------------------------------------------------------------------------------


def version_of(version: str) -> Case:
    """A wheel of another version, signed as its releases are."""
    return signed(
        wheel_of(version=version),
        filename=f"acme_flow-{version}-py3-none-any.whl",
        san=uri(f"{WORKFLOW}@refs/tags/v{version}"),
    )


def versioned(name: str, code: str, change: Edit, make: Callable[[], Case] = signed) -> None:
    """An attack with a version that is not wanted."""

    def made() -> Case:
        case = make()
        change(case)
        return case

    BUNDLES.add(name, "versions", code, made)


def requiring(*lines: str) -> Callable[[], Case]:
    """A wheel with these requirements."""
    text = "Metadata-Version: 2.1\nName: acme-flow\nVersion: 1.2.0\n" + "".join(
        f"Requires-Dist: {line}\n" for line in lines
    )
    return lambda: signed(wheel_of({"acme_flow-1.2.0.dist-info/METADATA": text.encode()}))


def _listed(case: Case) -> None:
    case.more = 'dependencies = "listed"'


versioned("a version below the lowest", "T330", nothing, lambda: version_of("0.9"))
versioned("a version before the lowest is final", "T330", nothing, lambda: version_of("1.0rc1"))
versioned(
    "a version of another age of versions",
    "T330",
    lambda case: setattr(case, "edits", (('min-version = "1.0"', 'min-version = "1!0"'),)),
)
versioned("a version older than one that was here", "T331", lambda case: setattr(case, "installed", "1.2.1"))
versioned(
    "a version older than the same with a local part", "T331", lambda case: setattr(case, "installed", "1.2.0+acme.1")
)
versioned("a dependency that no rule names", "T334", _listed, requiring("requests>=2"))
versioned("a dependency of an extra that no rule names", "T334", _listed, requiring("requests>=2; extra == 'all'"))
versioned(
    "a dependency from an address of its own", "T334", _listed, requiring("acme-flow @ https://evil.test/acme_flow.whl")
)
versioned("a dependency that cannot be read", "T333", _listed, requiring("acme-flow >=> 2"))
versioned(
    "a dependency that is not among the two that may be",
    "T334",
    lambda case: setattr(case, "more", 'dependencies = ["numpy", "penstock"]'),
    requiring("numpi"),
)

# -- the deny list ---------------------------------------------------------------------------------------------------

_DENY = '[deny]\nfile = "deny.json"\nsigners = ["security"]\nmax-age = "7d"'


def denied(
    name: str, code: str, row: Callable[[Case], dict[str, Any]], make: Callable[[], Case] = signed, **said: Any
) -> None:
    """A wheel that is on the list."""

    def made() -> Case:
        case = make()
        case.more += "\n" + _DENY
        case.deny = signed_list(row(case), **said)
        return case

    BUNDLES.add(name, "deny", code, made)


def certificate(case: Case) -> bytes:
    """The certificate of its first bundle."""
    return base64.b64decode(case.bundles[0]["verificationMaterial"]["certificate"]["rawBytes"])


denied("the wheel is denied", "T350", lambda case: {"kind": "wheel", "sha256": hashlib.sha256(case.wheel).hexdigest()})
denied(
    "a file of the wheel is denied",
    "T351",
    lambda case: {"kind": "file", "sha256": hashlib.sha256(wheel_files()["acme_flow/nodes.py"]).hexdigest()},
)
denied(
    "the version is denied", "T352", lambda case: {"kind": "version", "name": "acme-flow", "versions": ">=1.2,<1.2.1"}
)
denied("every version is denied", "T352", lambda case: {"kind": "version", "name": "acme-flow", "versions": ">=0"})
denied(
    "the range holds what comes before its end",
    "T352",
    lambda case: {"kind": "version", "name": "acme-flow", "versions": "<2"},
    lambda: version_of("1.3rc1"),
)
denied("the signer is denied", "T353", lambda case: {"kind": "identity", "issuer": ISSUER, "uri": SAN})
denied(
    "the signer's repository is denied",
    "T353",
    lambda case: {"kind": "identity", "issuer": ISSUER, "repository-id": "4711"},
)
denied(
    "the certificate is denied",
    "T354",
    lambda case: {"kind": "certificate", "sha256": hashlib.sha256(certificate(case)).hexdigest()},
)
denied("the key is denied", "T355", lambda case: {"kind": "key", "key": str(private_key(FACTORY).public)}, keyed)
denied(
    "the key is denied by its id", "T355", lambda case: {"kind": "key", "key": private_key(FACTORY).public.id}, keyed
)
denied(
    "the key is denied since some time, and nobody knows when it signed",
    "T355",
    lambda case: {"kind": "key", "key": private_key(FACTORY).public.id, "effective-from": "2026-11-22T11:00:00Z"},
    keyed,
)
denied(
    "the log entry is denied",
    "T356",
    lambda case: {"kind": "log-entry", "log-id": key_id(key("rekor")).hex(), "index": 5},
)
denied(
    "the signer is denied since the moment in which it signed",
    "T353",
    lambda case: {"kind": "identity", "issuer": ISSUER, "uri": SAN, "effective-from": "2026-11-20T09:30:00Z"},
)
denied(
    "the version is denied since now",
    "T352",
    lambda case: {
        "kind": "version",
        "name": "acme-flow",
        "versions": "==1.2",
        "effective-from": "2026-11-22T12:00:00Z",
    },
)


def seen(policies: dict[str, tuple[int, str]] | None = None, lists: dict[str, tuple[int, str]] | None = None) -> Edit:
    """Say what was used here before."""
    return lambda case: setattr(case, "seen", Seen(policies or {}, lists or {}))


def undeniable(name: str, code: str, change: Edit = nothing, /, **said: Any) -> None:
    """A deny list that is missing, or not to be believed."""

    def made() -> Case:
        case = signed()
        case.more = _DENY
        case.deny = signed_list(**said)
        change(case)
        return case

    BUNDLES.add(name, "deny", code, made)


undeniable("the deny list is gone", "T340", lambda case: setattr(case, "deny", None))
undeniable("the deny list is empty", "T341", lambda case: setattr(case, "deny", b""))
undeniable(
    "the deny list is a folder",
    "T340",
    lambda case: (
        setattr(case, "deny", None),
        setattr(case, "after", lambda folder: (folder / "deny.json").mkdir(exist_ok=True)),
    ),
)
undeniable(
    "the deny list is a pipe",
    "T340",
    lambda case: (setattr(case, "deny", None), setattr(case, "after", lambda folder: os.mkfifo(folder / "deny.json"))),
)
undeniable("the deny list has ended", "T343", expires="2026-11-22T11:59:59Z")
undeniable("the deny list is too old", "T344", issued="2026-11-10T00:00:00Z")
undeniable("the deny list is older than one that was here", "T345", seen(lists={"site-deny": (13, "")}))

# -- the policy ------------------------------------------------------------------------------------------------------


def decided(name: str, code: str, change: Edit, make: Callable[[], Case] = signed, step: str = "policy") -> None:
    """An attack that only the policy can end."""

    def made() -> Case:
        case = make()
        change(case)
        return case

    BUNDLES.add(name, step, code, made)


def edited(*edits: tuple[str, str]) -> Edit:
    """Change the text of the policy."""
    return lambda case: setattr(case, "edits", edits)


def signers(text: str) -> Edit:
    """Say who has to sign."""
    return lambda case: setattr(case, "signers", text)


_TWIN = f'[[identity]]\nname = "twin"\ntrust = "sigstore"\nissuer = "{ISSUER}"\nuri = "{SAN}"\n\n[[pack]]'


def _two_roots(case: Case) -> None:
    """The file of the same sigstore a second time, with a blank more: another digest, the same authority."""
    other = case.root_text() + b" "
    text = f'[trust.again]\nkind = "sigstore"\nfile = "again.json"\nsha256 = "{hashlib.sha256(other).hexdigest()}"\n\n[trust.factory]'
    case.signers = '{all = ["release", "again"]}'
    again = f'[[identity]]\nname = "again"\ntrust = "again"\nissuer = "{ISSUER}"\nuri = "{WORKFLOW}@refs/tags/v{{version}}"\n\n[[pack]]'
    case.edits = (("[trust.factory]", text), ("[[pack]]", again))
    case.after = lambda folder: (folder / "again.json").write_bytes(other)


def _both(case: Case) -> None:
    """A second bundle of the same signer."""
    case.bundles.append(bundle_of(case, tsa=True))


decided(
    "the policy has ended", "T320", edited(('expires = "2027-01-31T00:00:00Z"', 'expires = "2026-11-22T12:00:00Z"'))
)
decided("an older policy was put back", "T321", seen({"acme": (8, "")}))
decided("the policy was changed and kept its number", "T322", seen({"acme": (7, "0" * 64)}))
decided(
    "no rule is for the pack", "T323", edited(('match = "acme-flow"', 'match = "acme-core"')), step="policy reading"
)
decided(
    "a rule is for names that only begin alike",
    "T323",
    edited(('match = "acme-flow"', 'match = "acme-flow-*"')),
    step="policy reading",
)
decided("nobody signed", "T324", lambda case: case.bundles.clear())
decided("one signed and two have to", "T324", signers('{any = ["release", "ada"], threshold = 2}'))
decided("one of all did not sign", "T324", signers('{all = ["release", "factory"]}'))
decided(
    "one signed twice and two have to", "T324", lambda case: (signers('{all = ["release", "ada"]}')(case), _both(case))
)
decided(
    "one signature fits two names, and two have to sign",
    "T324",
    lambda case: (signers('{all = ["release", "twin"]}')(case), edited(("[[pack]]", _TWIN))(case)),
)
decided("one certificate is known by two files of one sigstore", "T324", _two_roots)

undeniable(
    "the deny list was rolled back, and the policy has its name",
    "T345",
    seen({"acme": (1, "0" * 64)}, {"acme": (13, "")}),
    name="acme",
)


@BUNDLES.by("limits reading", "T105")
def a_claim_beside_the_wheel_is_a_pipe() -> Case:
    """Whoever opens it waits for ever."""
    case = signed()
    case.after = lambda folder: os.mkfifo(folder / f"{case.filename}.more.sigstore.json")
    return case


@BUNDLES.by("limits reading", "T104")
def there_are_more_claims_beside_the_wheel_than_anybody_makes() -> Case:
    case = signed()
    case.bundles *= 40
    return case


@BUNDLES.by("bundle strict reading", "T121")
def the_trusted_root_was_exchanged_after_the_policy_was_read() -> Case:
    case = signed()
    case.later = lambda folder: (folder / ROOT_FILE).write_bytes(case.root_text() + b" ")
    return case

"""Bundles, and what stands around them, that have to be refused although much about them is right.

Gives:   `BUNDLES`: each attack makes a `Case`.
Ignores: wheels that are bad by themselves (`wheels`), and policy files that are (`policies`).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from hostile import der
from hostile.archive import wheel_of
from hostile.attack import Collection
from hostile.case import Case, bundle_of, signed
from hostile.forge import (
    BUNDLE,
    CLAIMS,
    ISSUER,
    NOW,
    REPOSITORY,
    SAN,
    SIGNED,
    WORKFLOW,
    Edit,
    Signing,
    _usage,
    b64,
    key,
    key_id,
)
from hostile.policies import forge

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
text("the bundle is nested beyond any stack", "limits", "T102", lambda data: data[:-1] + b', "x": ' + b"[" * 90_000 + b"]" * 90_000 + b"}")  # fmt: skip  # one to a line
text("a key is there twice", "limits", "T102", lambda data: b'{"mediaType": "x", ' + data[1:])
text("a key is there twice, once in disguise", "limits", "T102", lambda data: b'{"\\u006dediaType": "x", ' + data[1:])
text("a key deep inside is there twice", "limits", "T102", lambda data: data.replace(b'"keyId":', b'"keyId": "AAAA", "keyId":'))  # fmt: skip  # one to a line
text("a byte order mark stands before it", "limits", "T102", lambda data: b"\xef\xbb\xbf" + data)
text("it is UTF-16", "limits", "T102", lambda data: data.decode().encode("utf-16"))
text("something stands behind it", "limits", "T102", lambda data: data + b"{}")
text("it is empty", "limits", "T102", lambda data: b"")
text("it is a list of bundles", "limits", "T102", lambda data: b"[" + data + b"]")
text("it is cut off", "limits", "T102", lambda data: data[:-40])
edit("the signature has bits that no decoder reads", "limits", "T103", put(*SIGNATURE, to="AAAB"), content=b"")
for _name, _change in {
    "base64 has a line break": lambda text: text[:64] + "\n" + text[64:],
    "base64 has a character of no meaning": lambda text: text[:64] + "!" + text[64:],
    "base64 is not padded": lambda text: text.rstrip("=") + ("" if text.endswith("=") else "==="),
    "base64 ends twice": lambda text: text + "====",
}.items():
    edit(_name, "limits", "T103", put(*ENTRY, "canonicalizedBody", to=_change))
edit("base64 of the certificate has a blank", "limits", "T103", put(*CERTIFICATE, to=lambda text: text[:76] + " " + text[76:]))  # fmt: skip  # one to a line
for _name, _spelled in {
    "a number has an underscore": "0_5", "a number has a sign": "+5", "a number has a blank": " 5",
    "a number has a leading nought": "05", "a number is in another script": "\u0665",
}.items():  # fmt: skip  # two to a line
    edit(_name, "limits", "T104", put(*PROOF, "logIndex", to=_spelled))

# -- the bytes that were signed --------------------------------------------------------------------------------------


@BUNDLES.by("bundle", "T120")
def the_wheel_was_changed_after_it_was_signed() -> Case:
    case = signed()
    case.wheel = wheel_of({"acme_flow/nodes.py": b"raise SystemExit('owned')\n"})
    return case


@BUNDLES.by("bundle", "T120")
def the_bundle_is_that_of_another_wheel() -> Case:
    other = signed(wheel_of(version="1.1.0"), filename="acme_flow-1.1.0-py3-none-any.whl")
    return Case(bundles=other.bundles)


add("something else was signed, with the wheel's digest beside it", "bundle", "T120", content=b"else",
    bundle=put("messageSignature", "messageDigest", "digest", to=b64(__import__("hashlib").sha256(wheel_of()).digest())))  # fmt: skip  # two lines
edit("a bit of the signature is turned over", "bundle", "T120", put(*SIGNATURE, to=flipped))
edit("there is no signature in the signature", "bundle", "T120", put(*SIGNATURE, to=""))
edit("the signature is of another curve's length", "bundle", "T120", put(*SIGNATURE, to=lambda text: b64(base64.b64decode(text)[:40])))  # fmt: skip  # one to a line
edit("the digest is another one's", "bundle", "T120", put("messageSignature", "messageDigest", "digest", to=b64(bytes(32))))  # fmt: skip  # one to a line
add("the signature is of another key than the certificate's", "bundle", "T120", signer=key("somebody"))
edit("there is nothing signed in it", "bundle", "T120", without("messageSignature"))
edit("it has a signature and an envelope", "bundle", "T120", put("dsseEnvelope", to={"payload": "", "payloadType": "x", "signatures": [{"sig": "AAAA"}]}) if False else (lambda bundle: bundle.update(dsseEnvelope={"payload": "AAAA", "payloadType": "x", "signatures": [{"sig": "AAAA"}]})))  # fmt: skip  # one to a line

# -- the certificate -------------------------------------------------------------------------------------------------

add("the certificate is of an authority of the same name", "bundle", "T120", ca="twin")
add("the certificate had ended when it was used", "bundle", "T120", issued=SIGNED - timedelta(minutes=30))
add("the certificate had not begun when it was used", "bundle", "T120", issued=SIGNED + timedelta(minutes=5))
add("the certificate was never logged", "bundle", "T120", scts=0)
add("the certificate is logged twice in itself", "bundle", "T120", scts=2)
add("a log that nobody trusts has logged the certificate", "bundle", "T120", ct="other ct", sct_log_id=key_id(key("ct")))  # fmt: skip  # one to a line
add("the log has logged another certificate", "bundle", "T120", sct_signed=lambda said: said.__setitem__(100, said[100] ^ 1))  # fmt: skip  # one to a line
add("the certificate is for servers", "bundle", "T120", eku=ExtendedKeyUsageOID.SERVER_AUTH)
add("the certificate is for nothing in particular", "bundle", "T120", eku=None)
add("the certificate may not sign", "bundle", "T120", usage=_usage(key_agreement=True))
add("the certificate does not say what it is for", "bundle", "T120", usage=None)
add("the certificate is an authority itself", "bundle", "T120", basic=x509.BasicConstraints(ca=True, path_length=None))
add("the certificate has a critical extension that nobody knows", "bundle", "T120",
    extra=((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\5\0"), True),))  # fmt: skip  # two lines
add("the certificate has nobody's name", "bundle", "T120", san=None)
edit("the certificate is garbage", "bundle", "T120", put(*CERTIFICATE, to=b64(b"certificate")))
edit("a bit of the certificate is turned over", "bundle", "T120", put(*CERTIFICATE, to=flipped))
edit("the certificate is that of the authority", "bundle", "T120", put(*CERTIFICATE, to=lambda _: b64(forge().cas["ca"].der)))  # fmt: skip  # one to a line
edit("there is no certificate", "bundle", "T120", without(*MATERIAL, "certificate"))
edit("there is a key in the place of a certificate", "bundle", "T120", lambda bundle: (bundle["verificationMaterial"].pop("certificate"), bundle["verificationMaterial"].update(publicKey={"hint": "trust me"})))  # fmt: skip  # one to a line
edit("there is a certificate and a key", "bundle", "T120", put("verificationMaterial", "publicKey", to={"hint": "x"}) if False else (lambda bundle: bundle["verificationMaterial"].update(publicKey={"hint": "x"})))  # fmt: skip  # one to a line

# -- the log ---------------------------------------------------------------------------------------------------------

add("a log that nobody trusts has logged it", "bundle", "T120", log="other rekor")
add("a log that nobody trusts has logged it, under the name of one that is", "bundle", "T120", log="other rekor",
    bundle=lambda bundle: put(*ENTRY, "logId", "keyId", to=b64(key_id(key("rekor"))))(bundle))  # fmt: skip  # two lines
edit("a bit of the promise is turned over", "bundle", "T120", put(*PROMISE, to=flipped))
add("the promise is for another entry", "bundle", "T120", promise=put("logIndex", to=6))
add("the promise is for another body", "bundle", "T120", promise=put("body", to="AAAA"))
edit("the time was changed after it was promised", "bundle", "T120", put(*ENTRY, "integratedTime", to=lambda text: str(int(text) + 60)))  # fmt: skip  # one to a line
edit("nobody says when it was", "bundle", "T120", without(*ENTRY, "inclusionPromise"))
edit("there is no proof that it was logged", "bundle", "T120", without(*PROOF))
edit("the proof has no checkpoint", "bundle", "T120", without(*PROOF, "checkpoint"))
edit("the proof ends at another root", "bundle", "T120", put(*PROOF, "rootHash", to=flipped))
edit("the proof is for another place", "bundle", "T120", put(*PROOF, "logIndex", to="4"))
edit("the proof is for a place outside of the tree", "bundle", "T120", put(*PROOF, "logIndex", to="400"))
edit("the proof leaves a step out", "bundle", "T120", lambda bundle: proof(bundle)["hashes"].pop())
edit("the proof has a step too many", "bundle", "T120", lambda bundle: proof(bundle)["hashes"].append(b64(bytes(32))))
edit("the proof is of an empty tree", "bundle", "T120", put(*PROOF, "treeSize", to="0"))
edit("the proof has a hash cut short", "bundle", "T120", put(*PROOF, "hashes", 0, to=lambda text: b64(base64.b64decode(text)[:16])))  # fmt: skip  # one to a line
edit("the body was changed after it was logged", "bundle", "T120", put(*ENTRY, "canonicalizedBody", to=flipped))
add("the checkpoint is of another tree", "bundle", "T120", checkpoint=lambda text: text.replace("\n11\n", "\n11\n", 1).rsplit("\n", 2)[0] + "\n" + b64(bytes(32)) + "\n")  # fmt: skip  # one to a line
add("the checkpoint was changed after it was signed", "bundle", "T120", note=lambda text: text.replace("\n11\n", "\n12\n", 1))  # fmt: skip  # one to a line
add("the checkpoint is not signed", "bundle", "T120", note=lambda text: text.split("\n\n")[0] + "\n\n")
add("the checkpoint has two texts", "bundle", "T120", note=lambda text: "rekor.acme.test\n\n" + text)
edit("the log has logged it twice", "bundle", "T120", lambda bundle: bundle["verificationMaterial"]["tlogEntries"].append(entry(bundle)))  # fmt: skip  # one to a line
edit("nobody has logged it", "bundle", "T120", put(*MATERIAL, "tlogEntries", to=[]))
edit("the entry says that it is another kind", "bundle", "T120", put(*ENTRY, "kindVersion", "kind", to="intoto"))
edit("the entry says that it is of another version", "bundle", "T120", put(*ENTRY, "kindVersion", "version", to="0.0.2"))
edit("the entry is of a version that nobody knows", "bundle", "T120", put(*ENTRY, "kindVersion", "version", to="0.0.9"))
add("what was logged is another digest", "bundle", "T120", body=put("spec", "data", "hash", "value", to="ab" * 32))
add("what was logged is another signature", "bundle", "T120", body=put("spec", "signature", "content", to=flipped))
add("what was logged is another certificate", "bundle", "T120", body=put("spec", "signature", "publicKey", "content", to=lambda text: b64(base64.b64decode(text) + b"\n")))  # fmt: skip  # one to a line
add("what was logged is garbage", "bundle", "T120", body_text=lambda text: b"garbage")
add("what was logged is a list", "bundle", "T120", body_text=lambda text: b"[]")
add("what was logged is another digest, in the newer log", "bundle", "T120", rekor=2, tsa=True, body=put("spec", "hashedRekordV002", "data", "digest", to=b64(bytes(32))))  # fmt: skip  # one to a line
add("what was logged is another algorithm, in the newer log", "bundle", "T120", rekor=2, tsa=True, body=put("spec", "hashedRekordV002", "data", "algorithm", to="SHA2_512"))  # fmt: skip  # one to a line
add("what was logged is garbage, in the newer log", "bundle", "T120", rekor=2, tsa=True, body_text=lambda text: b"{}")
edit("the format is of the future", "bundle", "T120", put("mediaType", to="application/vnd.dev.sigstore.bundle.v0.9+json"))  # fmt: skip  # one to a line
edit("there is no format", "bundle", "T120", without("mediaType"))
edit("the format is an old one, with a certificate as the new one has it", "bundle", "T120", put("mediaType", to="application/vnd.dev.sigstore.bundle+json;version=0.1"))  # fmt: skip  # one to a line
edit("a field is there that nobody knows", "bundle", "T120", lambda bundle: bundle.update(trusted=True))
edit("a number is no text", "bundle", "T120", put(*ENTRY, "logIndex", to=5))
edit("a number is larger than numbers are", "bundle", "T120", put(*ENTRY, "logIndex", to="18446744073709551616"))
edit("a text is a list", "bundle", "T120", put(*ENTRY, "logId", "keyId", to=["AAAA"]))

# -- the time --------------------------------------------------------------------------------------------------------

_NEW: dict[str, Any] = {"rekor": 2, "tsa": True}
add("the newer log has no time, and nobody else says one", "bundle", "T120", rekor=2)
edit("a time that nobody signed is written into the newer log's entry", "bundle", "T120", put(*ENTRY, "integratedTime", to="1") if False else (lambda bundle: entry(bundle).update(integratedTime=str(int(SIGNED.timestamp())))), rekor=2)  # fmt: skip  # one to a line
add("the stamp is of an authority of the same name", "bundle", "T120", tsa_name="twin", **_NEW)
add("the stamp is of another signature", "bundle", "T120", stamped=b"another", **_NEW)
add("the stamp is from before the certificate", "bundle", "T120", stamp_at=SIGNED - timedelta(hours=1), **_NEW)
add("the stamp is from after the certificate", "bundle", "T120", stamp_at=SIGNED + timedelta(hours=1), **_NEW)
add("the stamp is of another digest", "bundle", "T120", stamp={"imprint": bytes(32)}, **_NEW)
add("the stamp was refused by its authority", "bundle", "T120", stamp={"status": 2}, **_NEW)
add("there are more stamps than anybody needs", "bundle", "T120", stamps=33, **_NEW)
edit("the stamp is garbage", "bundle", "T120", put(*STAMPS, 0, "signedTimestamp", to=b64(b"garbage")), **_NEW)
edit("a bit of the stamp is turned over", "bundle", "T120", put(*STAMPS, 0, "signedTimestamp", to=flipped), **_NEW)
edit("one stamp is there twice", "bundle", "T120", lambda bundle: bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"].append(bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0]), **_NEW)  # fmt: skip  # one to a line
add("the stamp and the log disagree about the certificate's time", "bundle", "T120", tsa=True, stamp_at=SIGNED + timedelta(hours=1))  # fmt: skip  # one to a line

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
rooted("the authority had been retired when it issued", "T131", window("certificateAuthorities", 0, start=_LONG, end=SIGNED - DAY))  # fmt: skip  # one to a line
rooted("the authority began after it issued", "T131", window("certificateAuthorities", 0, start=SIGNED + DAY))
rooted("the log had been retired when it logged", "T131", window("tlogs", 0, "publicKey", start=_LONG, end=SIGNED - DAY))  # fmt: skip  # one to a line
rooted("the log began after it logged", "T131", window("tlogs", 0, "publicKey", start=SIGNED + DAY))
rooted("the newer log had been retired when it logged", "T131", window("tlogs", 1, "publicKey", start=_LONG, end=SIGNED - DAY), log="rekor2", log_edwards=True, **_NEW)  # fmt: skip  # one to a line
rooted("the certificates' log had been retired", "T131", window("ctlogs", 0, "publicKey", start=_LONG, end=SIGNED - DAY))  # fmt: skip  # one to a line
rooted("the certificates' log began later", "T131", window("ctlogs", 0, "publicKey", start=SIGNED + DAY))
add("the certificate was logged under a name that no log has", "strict", "T132", sct_log_id=bytes(32))
BUNDLES.add("it was logged under a name that no log has", "strict", "T132", lambda: signed(
    note=lambda text: _renamed_note(text), bundle=put(*ENTRY, "logId", "keyId", to=b64(b"\1" * 32)), promise=put("logID", to=(b"\1" * 32).hex())))  # fmt: skip  # three lines
edit("the digest is said to be another algorithm's", "strict", "T133", put("messageSignature", "messageDigest", "algorithm", to="SHA2_512"))  # fmt: skip  # one to a line
add("the certificate says no issuer", "strict", "T134", issuer=None, issuer_v2=None)
add("the certificate says two issuers", "strict", "T134", issuer="https://evil.test")
edit("the proof is of a tree larger than the checkpoint's", "strict", "T135", put(*PROOF, "treeSize", to="12"))
add("the certificate has two names", "strict", "T136", sans=(x509.UniformResourceIdentifier(SAN), x509.RFC822Name("ada@acme.test")))  # fmt: skip  # one to a line


def _renamed_note(text: str) -> str:
    """A note whose signature says that it is of a log that nobody has heard of; sigstore then tries all keys."""
    head, _, signature = text.rstrip("\n").rpartition(" ")
    return f"{head} {b64(bytes([1]) * 4 + base64.b64decode(signature)[4:])}\n"


@BUNDLES.by("strict", "T137")
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
    add(_name, "identity", "T140", san=uri(_san))
add("an email says what should be a uri", "identity", "T140", san=x509.RFC822Name("release@acme.test"))
for _name, _issuer in {
    "another issuer vouches": "https://accounts.evil.test",
    "the issuer ends with a slash": ISSUER + "/",
    "the issuer is one of an enterprise": ISSUER + "/acme",
    "the issuer differs in case": ISSUER.replace("token", "Token"),
    "the issuer begins alike": ISSUER + ".evil.test",
}.items():
    add(_name, "identity", "T140", issuer=_issuer, issuer_v2=_issuer)
for _name, _claims in {
    "the repository was deleted and made anew by another": {15: "4712"},
    "the owner was deleted and made anew": {17: "816"},
    "the repository says another address": {12: REPOSITORY + "2"},
}.items():
    add(_name, "identity", "T140", claims={**CLAIMS, **_claims})
for _name, _number in {
    "the certificate does not say the repository's id": 15,
    "the certificate does not say the owner's id": 17,
    "the certificate does not say the repository": 12,
}.items():
    add(_name, "identity", "T140", claims={number: value for number, value in CLAIMS.items() if number != _number})


@BUNDLES.by("identity", "T140")
def somebody_signed_who_may_sign_other_packs() -> Case:
    return signed(san=x509.RFC822Name("ada@acme.test"), issuer="https://accounts.acme.test", issuer_v2="https://accounts.acme.test", claims={})  # fmt: skip  # one to a line

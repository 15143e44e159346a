"""Bundles of somebody else, who is called almost like the one who may.

Gives:   more of `BUNDLES`, each of which makes a `Case`.
Ignores: keys (`bundle_keys`).
"""

from __future__ import annotations

from cryptography import x509

from hostile.bundling import (
    BUNDLES,
    add,
    uri,
)
from hostile.case import Case, signed
from hostile.forge import (
    CLAIMS,
    ISSUER,
    REPOSITORY,
    SAN,
)

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

"""Bundles whose certificate is not one of the authority that is trusted, or not for this.

Gives:   more of `BUNDLES`, each of which makes a `Case`.
Ignores: who is named in it (`bundle_signers`).
"""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from hostile.bundling import (
    CERTIFICATE,
    MATERIAL,
    add,
    edit,
    flipped,
    put,
    without,
)
from hostile.forge import (
    SIGNED,
    _usage,
    b64,
    key,
    key_id,
)
from hostile.policies import forge

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

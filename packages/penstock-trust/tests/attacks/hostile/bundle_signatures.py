"""Bundles whose signature is of something else, or of nothing.

Gives:   more of `BUNDLES`, each of which makes a `Case`.
Ignores: certificates (`bundle_certificates`), and how it was logged (`bundle_logs`).
"""

from __future__ import annotations

import base64
import hashlib

from hostile.archive import wheel_of
from hostile.bundling import (
    BUNDLES,
    SIGNATURE,
    add,
    edit,
    flipped,
    put,
    without,
)
from hostile.case import Case, signed
from hostile.forge import (
    b64,
    key,
)


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

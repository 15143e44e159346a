"""Bundles of which nobody says when they were made, or not in time.

Gives:   more of `BUNDLES`, each of which makes a `Case`.
Ignores: the windows of the trusted root (`bundle_roots`).
"""

from __future__ import annotations

from datetime import timedelta

from hostile.bundling import (
    NEW,
    STAMPS,
    add,
    edit,
    entry,
    flipped,
    put,
)
from hostile.forge import (
    SIGNED,
    b64,
)

add("the newer log has no time, and nobody else says one", "bundle", "T123", rekor=2)
edit(
    "a time that nobody signed is written into the newer log's entry",
    "bundle strict",
    "T123",
    lambda bundle: entry(bundle).update(integratedTime=str(int(SIGNED.timestamp()))),
    rekor=2,
)
add("the stamp is of an authority of the same name", "bundle strict", "T122", tsa_name="twin", **NEW)
add("the stamp is of another signature", "bundle strict", "T122", stamped=b"another", **NEW)
add("the stamp is from before the certificate", "bundle", "T122", stamp_at=SIGNED - timedelta(hours=1), **NEW)
add("the stamp is from after the certificate", "bundle", "T122", stamp_at=SIGNED + timedelta(hours=1), **NEW)
add("the stamp is of another digest", "bundle strict", "T122", stamp={"imprint": bytes(32)}, **NEW)
add("the stamp was refused by its authority", "bundle strict", "T122", stamp={"status": 2}, **NEW)
add("there are more stamps than anybody needs", "bundle", "T122", stamps=33, **NEW)
edit("the stamp is garbage", "bundle reading", "T123", put(*STAMPS, 0, "signedTimestamp", to=b64(b"garbage")), **NEW)
edit(
    "a bit of the stamp is turned over", "bundle strict", "T122", put(*STAMPS, 0, "signedTimestamp", to=flipped), **NEW
)
edit(
    "one stamp is there twice",
    "bundle",
    "T122",
    lambda bundle: bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"].append(
        bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0]
    ),
    **NEW,
)
add(
    "the stamp and the log disagree about the certificate's time",
    "bundle",
    "T122",
    tsa=True,
    stamp_at=SIGNED + timedelta(hours=1),
)

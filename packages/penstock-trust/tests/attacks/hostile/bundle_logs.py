"""Bundles that no log has logged, or not like that.

Gives:   more of `BUNDLES`, each of which makes a `Case`.
Ignores: when (`bundle_times`).
"""

from __future__ import annotations

import base64

from hostile.bundling import (
    ENTRY,
    MATERIAL,
    PROMISE,
    PROOF,
    add,
    edit,
    entry,
    flipped,
    proof,
    put,
    without,
)
from hostile.forge import (
    b64,
    key,
    key_id,
)

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

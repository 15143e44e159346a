"""Bundles that can be read in two ways, or not at all.

Gives:   more of `BUNDLES`, each of which makes a `Case`.
Ignores: what they say.
"""

from __future__ import annotations

import os

from hostile.bundling import (
    BUNDLES,
    CERTIFICATE,
    ENTRY,
    PROOF,
    SIGNATURE,
    edit,
    put,
    text,
)
from hostile.case import Case, signed

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

"""Name the statements that we know, and make one.

Takes:   a subject, a predicate and its type.
Gives:   `RELEASE`, `PUBLISH`, `SIGNATURES`; `statement`, the bytes that are signed.
Source:  https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
Ignores: who signs it.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock_trust.facts import Subject

STATEMENT = "https://in-toto.io/Statement/v1"
RELEASE = "https://penstock.dev/attestation/release/v1"  # of a keyed signature: "we release these bytes"
PUBLISH = "https://docs.pypi.org/attestations/publish/v1"  # of PEP 740: "we published these bytes"
BYTES = ""  # no statement: the bytes of the wheel themselves were signed

SIGNATURES = frozenset({BYTES, RELEASE, PUBLISH})  # what counts as signing a wheel; everything else attests something


def statement(subject: Subject, predicate_type: str, predicate: Any) -> bytes:
    """An in-toto statement about the wheel. It need not be canonical: these very bytes are signed and kept."""
    said = {
        "_type": STATEMENT,
        "subject": [{"name": subject.filename, "digest": {"sha256": subject.digest}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("utf-8")

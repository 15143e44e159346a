"""Say what is known about a wheel on the way from its bytes to a decision: Subject -> Claim -> Proof -> Verdict.

Takes:   plain values.
Gives:   `Subject`, `Hygiene`, `Evidence`, `Claim`, `Identity`, `Proof`; `Accepted`, `Refused`, `Unknown`.
Ignores: how any of it is established.  Only `steps/prove.py` makes a `Proof`, so nobody can judge a mere claim.
"""

from __future__ import annotations

from penstock_findings.fact import EMPTY, Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any, Literal, TypeAlias

    from penstock_findings.finding import JSON, Finding

    Kind: TypeAlias = Literal["sigstore", "key"]
    Verdict: TypeAlias = "Accepted | Refused | Unknown"


class Subject(Fact):
    """A wheel, by its bytes: `digest` is sha256 in lower-case hex, `size` is in bytes.

    `name` is normalised (PEP 503) and `version` canonical (PEP 440); both are read from the file name.
    """

    name: str
    version: str
    filename: str
    digest: str
    size: int
    path: str | None = None


class FileFact(Fact):
    """One file inside a wheel: `sha256` in lower-case hex, `size` in bytes."""

    sha256: str
    size: int


class Hygiene(Fact):
    """What a wheel whose archive is in order would bring.

    `table` is path inside the wheel -> its digest and size, RECORD included; `top_levels` are importable names, sorted;
    `entry_points` are `(group, name, value)`, sorted; `native` are the paths of compiled code, sorted.
    """

    table: Mapping[str, FileFact]
    top_levels: tuple[str, ...] = ()
    entry_points: tuple[tuple[str, str, str], ...] = ()
    native: tuple[str, ...] = ()


class Evidence(Fact):
    """What one step has established: `what` is a sentence, `facts` are JSON values for programs."""

    step: str
    what: str
    facts: Mapping[str, Any] = EMPTY


class Claim(Fact):
    """What somebody says about a subject, not yet believed.

    `text` is what was found, as bytes; `source` is the file (or other place) where it was found.
    """

    subject: Subject
    kind: Kind
    text: bytes
    source: str


class Identity(Fact):
    """Who signed, as the certificate or the key says.

    `kind` sigstore: `issuer` and `san` as in the certificate, `san_type` uri or email, `claims` are the other
    extensions by their Fulcio names (such as `source_repository_uri`).  `kind` key: `key` is the key id.
    `trust` is the name of the trust root (`[trust.NAME]`) that vouches for it.
    """

    kind: Kind
    trust: str
    issuer: str = ""
    san: str = ""
    san_type: str = ""
    claims: Mapping[str, str] = EMPTY
    key: str = ""


class LogEntry(Fact):
    """Where a signature was logged: `log_id` is in lower-case hex, `index` counts from 0."""

    log_id: str
    index: int


class Proof(Fact):
    """A claim that was verified: `identity` did sign `subject`, at `time`.

    `matched` are the names of the policy's identities that this one meets, sorted; it may be empty.
    `time` is None for a key, where nobody else saw the signing.  `predicate_type` is "" where the bytes themselves
    were signed, otherwise `predicate` is what was attested.  `certificate` is the sha256 of the DER, "" for a key.
    """

    subject: Subject
    identity: Identity
    kind: Kind
    time: datetime | None
    matched: tuple[str, ...] = ()
    predicate_type: str = ""
    predicate: JSON = None
    certificate: str = ""
    entries: tuple[LogEntry, ...] = ()
    source: str = ""
    evidence: tuple[Evidence, ...] = ()


class Accepted(Fact):
    """The policy accepts the wheel.

    `policy` and `deny` are sha256 of the files that decided ("" where there is no deny list), `roots` is trust name ->
    sha256 of the root or id of the key, `load` is the loading mode that the policy asks for, `at` when it was decided.
    """

    subject: Subject
    proofs: tuple[Proof, ...]
    evidence: tuple[Evidence, ...]
    hygiene: Hygiene
    policy: str
    at: datetime
    deny: str = ""
    roots: Mapping[str, str] = EMPTY
    load: str = "verified"
    findings: tuple[Finding, ...] = ()


class Refused(Fact):
    """A step refuses the wheel: `step` is its name, `findings` say why; `evidence` is what held before it.

    `subject` is None when not even the bytes could be told.
    """

    subject: Subject | None
    step: str
    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...] = ()


class Unknown(Fact):
    """It could not be decided, such as where a deny list is missing; whoever asks must treat it as a refusal."""

    subject: Subject | None
    step: str
    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...] = ()

"""Hold a policy against a table of cases that says what it is meant to do.

Takes:   a policy, and a file of cases beside it (`policy.cases.toml` beside `policy.toml`).
Gives:   `read_cases`; `run_cases`: a `Tried` for each, with a finding T380 where it came out otherwise.
Why so:  nothing is signed for it: a case says who would have signed, so that the rules themselves are tried, in CI, before
         a machine meets them.
Ignores: wheels, and whether a signature is good (`verify`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock_findings.finding import NOWHERE, Finding, Location
from penstock_findings.load import parse_toml
from penstock_findings.pointers import join
from penstock_findings.spelling import hint_for
from penstock_trust import versions
from penstock_trust.facts import Identity as Signer
from penstock_trust.facts import Subject
from penstock_trust.policy import fields, shape
from penstock_trust.policy.draft import Draft
from penstock_trust.policy.judge import in_force, quorum, rule_for
from penstock_trust.policy.model import KeyRoot
from penstock_trust.policy.moments import moment_of
from penstock_trust.policy.shape import Field
from penstock_trust.predicates import BYTES, SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from penstock_trust.deny.model import DenyList
    from penstock_trust.policy.model import Policy

LIMIT = 1 << 20  # bytes
STRANGER = "stranger"  # somebody whom no policy knows

_signer = Field(
    "text|table",
    pattern=fields.NAME,
    like="acme-release",
    members={
        "trust": Field("text", required=True, pattern=fields.NAME),
        "issuer": Field("text", required=True),
        "uri": Field("text"),
        "email": Field("text"),
        "repository": Field("text"),
        "repository-id": Field("text"),
        "owner-id": Field("text"),
    },
)
_attestation = Field(
    "table",
    members={
        "type": Field("text", required=True, pattern=fields.URI, like="https://slsa.dev/provenance/v1"),
        "signed-by": Field("list", required=True, items=_signer),
    },
)
CASES = Field(
    "table",
    members={
        "schema": Field("integer", required=True),
        "case": Field(
            "list",
            required=True,
            items=Field(
                "table",
                members={
                    "name": Field("text", required=True),
                    "pack": Field("text", required=True, pattern=fields.PROJECT, like="acme-vision"),
                    "version": Field("text", required=True, like="1.4.0"),
                    "signed-by": Field("list", items=_signer),
                    "attestations": Field("list", items=_attestation),
                    "requires": Field("list", items=Field("text")),
                    "installed": Field("text", like="1.3.0"),
                    "sha256": Field("text", pattern=fields.DIGEST),
                    "at": Field("text", like="2026-12-01T00:00:00Z"),
                    "expect": Field("text", required=True, choices=("accept", "refuse")),
                    "code": Field("text", pattern=r"T\d{3}", like="T324"),
                },
            ),
        ),
    },
)


@dataclass(frozen=True, slots=True)
class Case:
    """One row: what would come, and what should become of it."""

    name: str
    values: dict[str, Any]
    at: Location


@dataclass(frozen=True, slots=True)
class Signature:
    """A proof that nobody had to make: who would have signed, and as whom the policy knows them."""

    identity: Signer
    matched: tuple[str, ...]
    predicate_type: str = BYTES
    time: datetime | None = None
    certificate: str = ""
    entries: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """How a case came out: the codes of what was found, none where it was accepted."""

    case: Case
    codes: tuple[str, ...]
    findings: tuple[Finding, ...] = field(default=())  # T380 where that is not what was expected

    @property
    def good(self) -> bool:
        """Whether it came out as the table says."""
        return not self.findings


def cases_beside(policy: str) -> str:
    """Where the cases of a policy are unless somebody says otherwise.

    >>> cases_beside("site/policy.toml")
    'site/policy.cases.toml'
    """
    return f"{os.path.splitext(policy)[0]}.cases.toml"


def read_cases(data: bytes, path: str) -> tuple[tuple[Case, ...], tuple[Finding, ...], str]:
    """The cases in the bytes, or everything that is wrong with them; and the text."""
    parsed = parse_toml(data, path, limit=LIMIT)
    if parsed.document is None or parsed.findings:
        return (), parsed.findings, parsed.text
    wrong = [*shape.misfits(parsed.document, CASES), *_moments(parsed.document)]
    value = parsed.document.value
    if wrong or not isinstance(value, dict) or value["schema"] != 1:
        return (
            (),
            tuple(wrong) or (Finding("T301", "this is no table of cases of schema 1", parsed.document.at("/schema")),),
            parsed.text,
        )
    rows = Draft(parsed.document, "").listed("case")
    return tuple(Case(row.values["name"], row.values, parsed.document.at(row.pointer)) for row in rows), (), parsed.text


def run_cases(
    policy: Policy, cases: Sequence[Case], *, now: datetime, listed: DenyList | None = None
) -> tuple[Tried, ...]:
    """Try each case; `now` is when it would come where it does not say."""
    return tuple(_tried(policy, case, now, listed) for case in cases)


def _tried(policy: Policy, case: Case, now: datetime, listed: DenyList | None) -> Tried:
    unknown = [name for name in _named(case) if name != STRANGER and name not in policy.identities]
    if unknown:
        hint = hint_for(unknown[0], [*policy.identities, STRANGER])
        return Tried(case, (), (Finding("T307", f"there is no identity `{unknown[0]}`", case.at, hint=hint),))
    found = tuple(dict.fromkeys(_found(policy, case, now, listed)))
    codes = tuple(dict.fromkeys(finding.code for finding in found))
    expected, code = case.values["expect"], case.values.get("code")
    why = "; ".join(f"{finding.code} {finding.message}" for finding in found)
    if expected == "accept" and codes:
        return Tried(case, codes, (Finding("T380", f"`{case.name}` is refused: {why}", case.at),))
    if expected == "refuse" and not codes:
        return Tried(case, codes, (Finding("T380", f"`{case.name}` is accepted, and should be refused", case.at),))
    if expected == "refuse" and code is not None and code not in codes:
        return Tried(
            case, codes, (Finding("T380", f"`{case.name}` is refused otherwise than by {code}: {why}", case.at),)
        )
    return Tried(case, codes)


def _named(case: Case) -> list[str]:
    every = [case.values, *case.values.get("attestations", ())]
    return [who for one in every for who in one.get("signed-by", ()) if isinstance(who, str)]


def _found(policy: Policy, case: Case, now: datetime, listed: DenyList | None) -> Iterator[Finding]:
    values = case.values
    moment = moment_of(values["at"]) if "at" in values else now
    moment = moment or now
    yield from in_force(policy, moment)
    rule = rule_for(policy, values["pack"])
    if isinstance(rule, Finding):
        yield rule
        return
    signatures = [_signature(policy, case, who) for who in values.get("signed-by", ())]
    attested = [
        _signature(policy, case, who, one["type"]) for one in values.get("attestations", ()) for who in one["signed-by"]
    ]
    if rule.signers is not None:
        yield from quorum(rule.signers, [one for one in [*signatures, *attested] if one.predicate_type in SIGNATURES])
    for wanted in rule.attestations:
        fitting = [one for one in attested if one.predicate_type == wanted.predicate_type]
        yield from quorum(wanted.signers, fitting, f"a `{wanted.predicate_type}`", code="T150")
    yield from versions.judge(rule, values["version"], installed=values.get("installed"))
    yield from versions.dependencies(policy, rule, values.get("requires", ()))
    if listed is not None:
        from penstock_trust.deny import denied

        subject = Subject(values["pack"], values["version"], "", values.get("sha256", ""), 0)
        yield from denied(listed, subject, now=moment, proofs=[*signatures, *attested])


def _signature(policy: Policy, case: Case, who: Any, predicate_type: str = BYTES) -> Signature:
    from penstock_trust.steps.identity import difference

    version = case.values["version"]
    signer = _by_name(policy, who, version) if isinstance(who, str) else _by_marks(who)
    known = policy.identities.values()
    return Signature(
        signer, tuple(one.name for one in known if difference(one, signer, version) is None), predicate_type
    )


def _by_name(policy: Policy, name: str, version: str) -> Signer:
    from penstock_trust.keys import PublicKey

    known = policy.identities.get(name)
    if known is None:
        return Signer("sigstore", "", issuer="", san=name)
    root = policy.root_of(known)
    if isinstance(root, KeyRoot):
        return Signer("key", root.name, key=PublicKey(root.public_key).id)
    marks = {"trust": root.name, "issuer": known.issuer, "repository": known.repository,
             "repository-id": known.repository_id, "owner-id": known.owner_id}  # fmt: skip  # as a file would say it
    marks["uri" if known.uri is not None else "email"] = known.subject_for(version)
    return _by_marks({key: value for key, value in marks.items() if value is not None})


def _by_marks(marks: dict[str, str]) -> Signer:
    kind = "uri" if "uri" in marks else "email"
    names = {
        "repository": "source_repository_uri",
        "repository-id": "source_repository_identifier",
        "owner-id": "source_repository_owner_identifier",
    }
    claims = {name: marks[key] for key, name in names.items() if key in marks}
    return Signer("sigstore", marks["trust"], marks["issuer"], marks.get(kind, ""), kind, claims)


def _moments(document: Any) -> Iterator[Finding]:
    for row in Draft(document, "").listed("case"):
        text = row.text("at")
        if text is not None and moment_of(text) is None:
            at = document.at(join(row.pointer, "at")) if document is not None else NOWHERE
            yield Finding("T308", f"`{text[:60]}` is no moment", at, hint="write it like `2026-12-01T00:00:00Z`")

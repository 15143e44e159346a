"""A deny list is believed when it is signed, fresh and the latest; and then it hits what it names and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_trust import dsse
from penstock_trust.deny import CHECKS, compile_list, denied, read_list, sign_list
from penstock_trust.deny.model import KINDS, PAYLOAD_TYPE
from penstock_trust.deny.read import list_for
from penstock_trust.facts import Identity, LogEntry, Proof, Subject
from penstock_trust.keys import PrivateKey
from penstock_trust.policy.load import load_policy
from penstock_trust.policy.model import DenyRules
from penstock_trust.strict import canonical

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
KEY, STRANGER, SIGNER = (PrivateKey.from_seed(letter * 32) for letter in (b"k", b"s", b"p"))
DIGEST, OTHER = "a" * 64, "b" * 64
RULES = DenyRules("deny.json", ("office",), max_age=7 * 86_400.0)

SOURCE = f"""\
schema = 1
name = "site-deny"
sequence = 4
issued = "2026-11-20T12:00:00Z"
expires = "2026-12-31T00:00:00Z"

[[deny]]
kind = "wheel"
sha256 = "{DIGEST}"
reason = "mines coins"

[[deny]]
kind = "file"
sha256 = "{OTHER}"

[[deny]]
kind = "version"
name = "acme-vision"
versions = ">=1.2,<1.2.5"
effective-from = "2026-11-21T00:00:00Z"

[[deny]]
kind = "identity"
issuer = "https://issuer"
uri = "https://github.com/acme/vision/release@v1"
effective-from = "2026-11-21T00:00:00Z"

[[deny]]
kind = "identity"
issuer = "https://issuer"
repository-id = "77"

[[deny]]
kind = "certificate"
sha256 = "{DIGEST}"

[[deny]]
kind = "key"
key = "{SIGNER.public}"
effective-from = "2026-11-21T00:00:00Z"

[[deny]]
kind = "log-entry"
log-id = "{OTHER}"
index = 7
"""


def payload(source=SOURCE):
    made, wrong, _ = compile_list(source.encode(), "deny.toml", now=NOW)
    assert wrong == ()
    return made


def signed(source=SOURCE, key=KEY):
    return sign_list(payload(source), key)


def read(data, *, now=NOW, rules=RULES, **more):
    return read_list(data, "deny.json", {"office": KEY.public}, now=now, rules=rules, **more)


def codes(found):
    return [finding.code for finding in found]


LISTED = read(signed()).listed


# -- believed


def test_a_signed_list_is_read_into_facts():
    assert (LISTED.name, LISTED.sequence, LISTED.signed_by) == ("site-deny", 4, ("office",))
    assert [entry.kind for entry in LISTED.entries] == [
        "wheel",
        "file",
        "version",
        "identity",
        "identity",
        "certificate",
        "key",
        "log-entry",
    ]


def retyped(key=KEY):
    return dsse.write(dsse.sign("application/json", canonical(payload()), key))


def resigned(change):
    made = payload()
    change(made)
    return dsse.write(dsse.sign(PAYLOAD_TYPE, canonical(made), KEY))


REFUSED = [
    ("T341", "kind", retyped(), {}),
    ("T342", "signature", signed(key=STRANGER), {}),
    ("T343", "expiry", signed(), {"now": datetime(2026, 12, 31, tzinfo=timezone.utc), "rules": None}),
    ("T344", "age", signed(), {"now": NOW + timedelta(days=6)}),
    ("T347", "named", signed(), {"rules": replace(RULES, name="another-deny")}),
    ("T345", "sequence", signed(), {"seen": {"site-deny": (5, "x")}}),
    ("T345", "sequence", signed(), {"seen": {"site-deny": (4, "another text")}}),
    ("T346", "issued", signed(), {"now": datetime(2026, 11, 20, 11, tzinfo=timezone.utc)}),
    ("T346", "issued", resigned(lambda made: made.update(issued="2026-12-31T00:00:00Z")), {"now": NOW}),
]  # fmt: skip  # an attack in a line


@pytest.mark.parametrize(("code", "check", "data", "how"), REFUSED)
def test_a_list_that_is_not_to_be_believed_is_refused_by_one_check(code, check, data, how):
    got = read(data, **how)
    assert got.listed is None
    assert codes(got.findings) == [code]
    assert got.doubtful == (code in ("T343", "T344"))
    without = [each for each in CHECKS if each.__name__ != check]
    assert read(data, checks=without, **how).listed is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.pop("issued"),
        lambda made: made.pop("sequence"),
        lambda made: made.update(more=1),
        lambda made: made.update(schema=2),
        lambda made: made["deny"][0].update(kind="person"),
        lambda made: made["deny"][0].update(sha256="A" * 64),
        lambda made: made["deny"][0].update(index=1),
        lambda made: made["deny"][0].pop("sha256"),
        lambda made: made["deny"][2].update(versions="<1.2; rm"),
        lambda made: made["deny"][3].update({"effective-from": "2026-11-21"}),
        lambda made: made["deny"][4].pop("repository-id"),
        lambda made: made["deny"].append("x"),
    ],
)
def test_a_list_that_is_signed_and_is_none_is_refused_whole(change):
    assert codes(read(resigned(change)).findings) == ["T341"]


def test_a_second_key_in_the_json_is_refused():
    text = canonical(payload()).replace(b'"sequence":4', b'"sequence":4,"sequence":9')
    assert codes(read(dsse.write(dsse.sign(PAYLOAD_TYPE, text, KEY))).findings) == ["T341"]


def test_a_policy_may_let_an_old_list_pass_with_a_warning_and_an_ended_one_never():
    lax = replace(RULES, refuse_stale=False)
    got = read(signed(), now=NOW + timedelta(days=6), rules=lax)
    assert got.listed is not None
    assert [(f.code, str(f.severity)) for f in got.findings] == [("T344", "warning")]
    assert read(signed(), now=NOW + timedelta(days=60), rules=lax).listed is None


def test_a_policy_can_say_which_list_it_means(site):
    """One key may sign the lists of several sites; the numbers of one say nothing about another."""
    text = (site / "policy.toml").read_text()
    (site / "policy.toml").write_text(text.replace('file = "deny.json"\n', 'file = "deny.json"\nname = "south"\n'))
    policy = load_policy(site / "policy.toml")
    assert policy.deny.name == "south"
    for name, found in (("north", ["T347"]), ("south", [])):
        made = signed(SOURCE.replace("site-deny", name))
        (site / "deny.json").write_bytes(made)
        assert codes(list_for(policy, now=NOW).findings) == found


def test_the_list_of_a_policy_is_where_it_says_and_a_missing_one_is_a_doubt(site):
    policy = load_policy(site / "policy.toml")
    missing = list_for(policy, now=NOW)
    assert (codes(missing.findings), missing.doubtful) == (["T340"], True)
    (site / "deny.json").write_bytes(signed())
    assert list_for(policy, now=NOW).listed.sequence == 4
    assert list_for(replace(policy, deny=None), now=NOW) is None


# -- hits

WHEEL = Subject("acme-vision", "1.5", "acme_vision-1.5-py3-none-any.whl", "c" * 64, 1)
BEFORE, AFTER = (datetime(2026, 11, day, tzinfo=timezone.utc) for day in (20, 22))


def proof(
    time=AFTER,
    *,
    san="https://github.com/acme/vision/release@v1",
    issuer="https://issuer",
    claims=None,
    certificate="",
    entries=(),
    key="",
):
    who = (
        Identity("key", "office", key=key) if key else Identity("sigstore", "github", issuer, san, "uri", claims or {})
    )
    return Proof(WHEEL, who, who.kind, time, certificate=certificate, entries=entries)


CLEAN = {"san": "https://github.com/acme/other@v1"}


@pytest.mark.parametrize(
    ("subject", "files", "proofs", "expected"),
    [
        (WHEEL, {}, [], []),
        (replace(WHEEL, digest=DIGEST), {}, [], ["T350"]),
        (WHEEL, {"a.py": OTHER, "b.py": DIGEST}, [], ["T351"]),
        (WHEEL, {"a.py": OTHER, "b.py": OTHER}, [], ["T351", "T351"]),
        (replace(WHEEL, version="1.2.4"), {}, [], ["T352"]),
        (replace(WHEEL, version="1.2"), {}, [], ["T352"]),
        (replace(WHEEL, version="1.2.5"), {}, [], []),
        (replace(WHEEL, version="1.2.4rc1"), {}, [], ["T352"]),
        (replace(WHEEL, version="1.2.4+local"), {}, [], ["T352"]),
        (replace(WHEEL, version="1.2.4", name="acme-visions"), {}, [], []),
        (replace(WHEEL, version="garbage"), {}, [], ["T352"]),
        (WHEEL, {}, [proof()], ["T353"]),
        (WHEEL, {}, [proof(BEFORE)], []),
        (WHEEL, {}, [proof(None)], ["T353"]),
        (WHEEL, {}, [proof(issuer="https://other")], []),
        (WHEEL, {}, [proof(**CLEAN)], []),
        (WHEEL, {}, [proof(BEFORE, claims={"source_repository_identifier": "77"}, **CLEAN)], ["T353"]),
        (WHEEL, {}, [proof(certificate=DIGEST, **CLEAN)], ["T354"]),
        (WHEEL, {}, [proof(None, key=SIGNER.public.id)], ["T355"]),
        (WHEEL, {}, [proof(None, key=STRANGER.public.id)], []),
        (WHEEL, {}, [proof(entries=(LogEntry(OTHER, 7),), **CLEAN)], ["T356"]),
        (WHEEL, {}, [proof(entries=(LogEntry(OTHER, 8), LogEntry(DIGEST, 7)), **CLEAN)], []),
    ],
)
def test_an_entry_hits_what_it_names_and_nothing_else(subject, files, proofs, expected):
    assert codes(denied(LISTED, subject, now=NOW, files=files, proofs=proofs)) == expected


def test_an_entry_for_a_thing_holds_from_its_moment_on():
    early = datetime(2026, 11, 20, 23, 59, 59, tzinfo=timezone.utc)
    bad = replace(WHEEL, version="1.2.4")
    assert denied(LISTED, bad, now=early) == ()
    assert codes(denied(LISTED, bad, now=early + timedelta(seconds=1))) == ["T352"]


def test_the_reason_is_told():
    (finding,) = denied(LISTED, replace(WHEEL, digest=DIGEST), now=NOW)
    assert finding.message == "the wheel of `acme-vision` 1.5 is on the deny list: mines coins"


# -- written


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('kind = "wheel"', 'kind = "weel"', "T305"),
        ('kind = "wheel"', 'kind = "wheel"\nindex = 1', "T302"),
        (f'sha256 = "{OTHER}"\n', "", "T303"),
        ("sequence = 4", "sequence = 0", "T305"),
        ("sequence = 4", "sequence = 9007199254740992", "T305"),  # what nobody could remember
        ("2026-12-31T00:00:00Z", "never", "T308"),
        ("2026-12-31T00:00:00Z", "2026-11-01T00:00:00Z", "T346"),
        (">=1.2,<1.2.5", "about 1.2", "T305"),
        (">=1.2,<1.2.5", ">=one", "T314"),
        (f'kind = "file"\nsha256 = "{OTHER}"', f'kind = "wheel"\nsha256 = "{DIGEST}"', "T306"),
        ("schema = 1", "schema = 3", "T341"),
        ("index = 7", "index = -7", "T305"),
        ("index = 7", 'index = "7"', "T304"),
    ],
)
def test_a_mistake_in_what_somebody_wrote_is_told_with_its_place(old, new, code):
    assert old in SOURCE
    made, found, _ = compile_list(SOURCE.replace(old, new, 1).encode(), "deny.toml", now=NOW)
    assert made is None
    assert codes(found) == [code]
    assert found[0].at.line


def test_a_list_that_does_not_say_when_it_is_issued_is_issued_now():
    assert payload(SOURCE.replace('issued = "2026-11-20T12:00:00Z"\n', ""))["issued"] == "2026-11-22T12:00:00Z"


def test_an_empty_list_is_a_list():
    assert read(signed(SOURCE.partition("[[deny]]")[0])).listed.entries == ()


def test_every_kind_is_in_the_list_that_these_tests_use():
    assert {entry.kind for entry in LISTED.entries} == set(KINDS)


# -- laws


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_itself_fail(noise):
    assert read(noise).listed is None


@given(st.integers(0, len(signed()) - 1), st.integers(0, 255))
def test_no_byte_of_a_signed_list_can_be_changed(at, byte):
    data = bytearray(signed())
    before = data[at]
    data[at] = byte
    got = read(bytes(data))
    assert (got.listed is None) == (byte != before) or json.loads(bytes(data)) == json.loads(signed())

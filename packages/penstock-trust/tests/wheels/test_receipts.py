"""A receipt says what was accepted, and nobody else can have written it."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scene import OFFICE, RELEASE

from penstock_trust import dsse
from penstock_trust.facts import Accepted, FileFact, Hygiene, Identity, LogEntry, Proof, Subject
from penstock_trust.receipt import CHECKS, PREDICATE, emit, read
from penstock_trust.refusal import Refusal
from penstock_trust.strict import canonical

hexes = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
words = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12).filter(
    lambda word: word not in (".", "..")
)
paths = st.lists(words, min_size=1, max_size=3).map("/".join)
tables = st.dictionaries(paths, st.builds(FileFact, hexes, st.integers(0, 2**40)), max_size=5)
moments = st.integers(1_600_000_000, 3_800_000_000).map(lambda second: datetime.fromtimestamp(second, timezone.utc))
identities = st.builds(
    Identity,
    st.sampled_from(["sigstore", "key"]),
    words,
    words,
    words,
    st.sampled_from(["", "uri", "email"]),
    st.dictionaries(words, words, max_size=2),
    words,
)
SUBJECT = Subject("acme-flow", "1.0", "acme_flow-1.0-py3-none-any.whl", "ab" * 32, 1234)


def verdict(table=None, proofs=(), at=datetime(2026, 6, 1, tzinfo=timezone.utc), **more):
    hygiene = Hygiene(table or {}, ("acme_flow",), (("penstock", "acme", "acme_flow"),), ())
    return Accepted(SUBJECT, proofs, (), hygiene, "cd" * 32, at, **more)


@given(tables, moments, st.lists(st.tuples(identities, moments | st.none(), hexes), max_size=2), hexes | st.just(""))
def test_what_is_read_is_what_was_written(table, at, signers, deny):
    proofs = tuple(
        Proof(SUBJECT, who, who.kind, when, ("release",), "", None, mark, (LogEntry(mark, 7),))
        for who, when, mark in signers
    )
    found = read(
        emit(verdict(table, proofs, at, deny=deny, roots={"a": "b"}), OFFICE, code={"t": "x"}), [OFFICE.public]
    )
    assert (found.subject, found.files, found.at, found.deny, found.policy) == (SUBJECT, table, at, deny, "cd" * 32)
    assert [(one.identity, one.time, one.certificate) for one in found.signed] == signers
    assert (found.roots, found.code, found.load, found.by) == ({"a": "b"}, {"t": "x"}, "verified", OFFICE.public.id)


def test_it_is_a_verification_summary_that_other_tools_read():
    statement = json.loads(dsse.read(emit(verdict(), OFFICE), "it").payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"] == [{"name": SUBJECT.filename, "digest": {"sha256": SUBJECT.digest}}]
    assert statement["predicateType"] == PREDICATE
    summary = statement["predicate"]
    assert summary["verificationResult"] == "PASSED"
    assert summary["resourceUri"] == "pkg:pypi/acme-flow@1.0"
    assert summary["policy"] == {"digest": {"sha256": "cd" * 32}}


def test_a_key_that_does_not_count_signs_for_nothing():
    with pytest.raises(Refusal) as caught:
        read(emit(verdict(), RELEASE), [OFFICE.public])
    assert caught.value.code == "T402"


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_never_believed(at, change):
    whole = bytearray(emit(verdict({"a.py": FileFact("ef" * 32, 3)}), OFFICE))
    whole[at % len(whole)] ^= change
    try:
        found = read(bytes(whole), [OFFICE.public])
    except Refusal:
        return
    assert found.subject == SUBJECT  # what was changed is not signed: the id of the key, white space behind the end


def signed(statement, kind=dsse.IN_TOTO):
    return dsse.write(dsse.sign(kind, canonical(statement), OFFICE))


def edited(**changes):
    """A statement that we signed, with members of `predicate` replaced, or of its part `penstock`."""
    statement = json.loads(dsse.read(emit(verdict({"a.py": FileFact("ef" * 32, 3)}), OFFICE), "it").payload)
    for name, value in changes.items():
        place = statement["predicate"] if name in statement["predicate"] else statement["predicate"]["penstock"]
        place[name] = value
    return statement


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {"../a.py": "ef" * 32 + ":3"}},
        {"files": {"/a.py": "ef" * 32 + ":3"}},
        {"files": {"a.py": "ef" * 32}},
        {"files": {"a.py": "EF" * 32 + ":3"}},
        {"files": {"a.py": "ef" * 32 + ":03"}},
        {"files": ["a.py"]},
        {"topLevels": "acme"},
        {"entryPoints": [["penstock", "acme"]]},
        {"load": "never"},
        {"format": 2},
        {"format": True},
        {"size": -1},
        {"deny": "none"},
        {"signed": [{}]},
        {"timeVerified": "yesterday"},
        {"timeVerified": "2026-06-01T00:00:00+00:00"},
        {"timeVerified": "2026-13-01T00:00:00Z"},
        {"policy": None},
        {"penstock": []},
    ],
    ids=str,
)
def test_what_we_signed_and_is_no_receipt_is_refused(changes):
    with pytest.raises(Refusal) as caught:
        read(signed(edited(**changes)), [OFFICE.public])
    assert caught.value.code == "T405"


def test_something_else_that_we_signed_is_no_receipt():
    for data in (signed(edited(), "text/plain"), signed({**edited(), "predicateType": "https://example.org/x"})):
        with pytest.raises(Refusal) as caught:
            read(data, [OFFICE.public])
        assert caught.value.code == "T405"
        without = {name: check for name, check in CHECKS.items() if name != "kind"}
        assert read(data, [OFFICE.public], checks=without).subject == SUBJECT


def test_a_summary_that_says_no_is_no_receipt():
    data = signed(edited(verificationResult="FAILED"))
    with pytest.raises(Refusal) as caught:
        read(data, [OFFICE.public])
    assert caught.value.code == "T406"
    without = {name: check for name, check in CHECKS.items() if name != "result"}
    assert read(data, [OFFICE.public], checks=without).subject == SUBJECT

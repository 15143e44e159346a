"""What strangers wrote is read in one way or not at all, and what we write there is one way to write."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_trust import dsse
from penstock_trust.certificate import utf8_of
from penstock_trust.keys import PrivateKey, PublicKey
from penstock_trust.local_sigstore import der
from penstock_trust.refusal import Refusal
from penstock_trust.strict import BRACKETS, DEPTH, base64_of, base64_text, canonical, json_of

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
).filter(lambda value: not _has_surrogate(value))


def _has_surrogate(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        return True
    return False


@given(values)
def test_what_we_write_is_read_as_it_was_meant(value: Any) -> None:
    assert json_of(canonical(value), "it") == value


@given(values)
def test_there_is_one_way_to_write_a_value(value: Any) -> None:
    assert canonical(json.loads(json.dumps(value))) == canonical(value)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": 1, "\\u0061": 1}',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b'"\\ud800"',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"",
        b"1" * 30,
        b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1),
        b"[" + b"[]," * BRACKETS + b"[]]",
        b"{'a': 1}",
        b"[1,]",
    ],
)
def test_json_that_can_be_read_in_two_ways_is_refused(text: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        json_of(text, "it")
    assert caught.value.code == "T102"


def test_brackets_inside_text_do_not_nest() -> None:
    assert json_of(json.dumps({"a": "[" * 1000 + '"\\{'}).encode(), "it") == {"a": "[" * 1000 + '"\\{'}


@pytest.mark.parametrize("value", [1.5, {"a": [2.0]}, {1: 2}])
def test_what_has_more_than_one_spelling_is_not_written(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical(value)


@given(st.binary(max_size=64))
def test_base64_has_one_spelling(data: bytes) -> None:
    assert base64_of(base64_text(data), "it") == data


@given(st.text("AZaz09+/=-_ \n", max_size=12))
def test_no_other_spelling_is_read(text: str) -> None:
    try:
        data = base64_of(text, "it")
    except Refusal:
        return
    assert base64.b64encode(data).decode() == text


@given(st.text("abc /", max_size=8), st.binary(max_size=8), st.text("abc /", max_size=8), st.binary(max_size=8))
def test_the_border_between_type_and_payload_cannot_be_moved(a: str, b: bytes, c: str, d: bytes) -> None:
    assert (dsse.pae(a, b) == dsse.pae(c, d)) == ((a, b) == (c, d))


def test_an_envelope_says_who_signed_it_and_nobody_else() -> None:
    one, two, three = (PrivateKey.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
    envelope = dsse.sign("a/b", b"payload", one, two)
    again = dsse.read(dsse.write(envelope), "it")
    assert again == envelope
    assert dsse.signers(again, [three.public, two.public, one.public]) == (two.public, one.public)
    assert dsse.signers(dsse.Envelope("a/c", b"payload", envelope.signatures), [one.public]) == ()


def test_a_signature_counts_only_for_the_key_that_it_names() -> None:
    one, two = (PrivateKey.from_seed(bytes([number]) * 32) for number in (1, 2))
    signature = dsse.sign("a/b", b"payload", one).signatures[0].sig
    other = dsse.Envelope("a/b", b"payload", (dsse.Signature(two.public.id, signature),))
    assert dsse.signers(other, [one.public, two.public]) == ()
    unnamed = dsse.Envelope("a/b", b"payload", (dsse.Signature("", signature),))
    assert dsse.signers(unnamed, [one.public, two.public]) == (one.public,)


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"payload": "", "payloadType": "a", "signatures": []},
        {"payload": "", "payloadType": "", "signatures": [{"sig": ""}]},
        {"payload": "", "payloadType": "a", "signatures": [{"sig": ""}], "more": 1},
        {"payload": "", "payloadType": "a", "signatures": [{"sig": "", "cert": ""}]},
        {"payload": "", "payloadType": "a", "signatures": [{"sig": "", "keyid": 1}]},
        {"payload": "", "payloadType": "a", "signatures": [{"sig": "A"}]},
        {"payload": 1, "payloadType": "a", "signatures": [{"sig": ""}]},
        {"payload": "", "payloadType": "a", "signatures": [{"sig": ""}] * 17},
    ],
)
def test_what_is_no_envelope_is_refused(value: Any) -> None:
    with pytest.raises(Refusal):
        dsse.of_json(value, "it")


@given(st.binary(min_size=32, max_size=32))
def test_a_key_is_read_back_from_both_its_spellings(seed: bytes) -> None:
    key = PrivateKey.from_seed(seed)
    assert PublicKey.parse(str(key.public)) == PublicKey.parse(key.public.pem()) == key.public
    assert PrivateKey.parse(key.pem()).public == key.public


def test_a_key_for_which_anybody_can_sign_is_none() -> None:
    """The points of small order: eight times such a point is nothing, by the curve's own arithmetic."""
    from penstock_trust.keys import _WEAK

    assert len(_WEAK) == 7
    for raw in _WEAK:
        assert _order_divides_eight(raw)
        for sign in (0, 0x80):
            with pytest.raises(Refusal):
                PublicKey(bytes([*raw[:31], raw[31] | sign]))


P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P


def _order_divides_eight(raw: bytes) -> bool:
    y = int.from_bytes(raw, "little") % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    point = (x, y)
    for _ in range(3):
        point = _twice(*point)
    return point == (0, 1)


def _twice(x: int, y: int) -> tuple[int, int]:
    product = D * x * x * y * y % P
    return 2 * x * y * pow(1 + product, P - 2, P) % P, (y * y + x * x) * pow(1 - product, P - 2, P) % P


@pytest.mark.parametrize(
    "text",
    ["", "ed25519:", "ed25519:AAAA", "ssh-ed25519 AAAA", "-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----"],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        PublicKey.parse(text)
    assert caught.value.code == "T191"


def test_a_private_key_is_written_for_its_owner_only_and_never_over_another(tmp_path: Any) -> None:
    key = PrivateKey.generate()
    path = key.save(tmp_path / "key.pem", password=b"secret")
    assert path.stat().st_mode & 0o077 == 0
    assert PrivateKey.load(path, password=b"secret").public == key.public
    for password in (None, b"wrong"):
        with pytest.raises(Refusal) as caught:
            PrivateKey.load(path, password=password)
        assert caught.value.code == "T192"
    with pytest.raises(Refusal) as caught:
        key.save(path)
    assert caught.value.code == "T190"


def test_a_private_key_does_not_leave_by_accident() -> None:
    import copy
    import pickle

    key = PrivateKey.generate()
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leave(key)
    assert repr(key) == f"PrivateKey(of {key.public})"


@given(st.text(max_size=300))
def test_a_der_text_is_read_back(text: str) -> None:
    try:
        raw = der.utf8(text)
    except UnicodeError:
        return
    assert utf8_of(raw) == text


@pytest.mark.parametrize(
    "raw", ["", "0c", "0c0161ff", "0c026100", "130161", "0c810161", "0c8200016100", "0c0261", "0c8061"]
)
def test_der_that_is_not_der_is_refused(raw: str) -> None:
    if raw == "0c026100":
        assert utf8_of(bytes.fromhex(raw)) == "a\0"
        return
    with pytest.raises(ValueError, match="UTF8String"):
        utf8_of(bytes.fromhex(raw))

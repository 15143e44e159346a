"""The local sigstore plays its parts well enough for the real client, and refuses what a real one would refuse."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from penstock_trust.certificate import Certificate
from penstock_trust.local_sigstore import LocalSigstore, Signer, TimestampAuthority
from penstock_trust.local_sigstore.rekor import leaf_hash, node_hash, root_and_path

THEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def local() -> Iterator[LocalSigstore]:
    with LocalSigstore() as listening:
        yield listening


def ask(local: LocalSigstore, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(local.base + path, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def climbed(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a path leads to (RFC 9162, 2.1.3.2), written down a second time."""
    node, last, root = index, size - 1, leaf
    for other in path:
        if node % 2 or node == last:
            root = node_hash(other, root)
            while node and not node % 2:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, other)
        node, last = node >> 1, last >> 1
    assert last == 0
    return root


@given(st.integers(1, 70), st.data())
def test_every_path_leads_to_the_root(size: int, data: Any) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    root, path = root_and_path(leaves, index)
    assert climbed(leaves[index], index, size, path) == root


def test_the_client_believes_every_place_in_a_growing_log() -> None:
    from sigstore.models import Bundle, ClientTrustConfig
    from sigstore.verify import Verifier
    from sigstore.verify.policy import Identity

    local = LocalSigstore()
    config = ClientTrustConfig.from_json(json.dumps(local.config(rekor=2)))
    ann = Identity(identity="ann@example.org", issuer="https://accounts.example.org")
    verifier = Verifier(trusted_root=config.trusted_root)
    for _ in range(17):
        verifier.verify_artifact(b"wheel", Bundle.from_json(json.dumps(local.bundle(b"wheel", rekor=2))), ann)
    assert json.loads(json.dumps(local.trusted_root()))["tlogs"][1]["publicKey"]["keyDetails"] == "PKIX_ED25519"


def test_a_certificate_says_whom_the_token_names() -> None:
    local = LocalSigstore(lambda: THEN)
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    claims = {"iss": "https://i.example.org", "sub": "x", "repository": "acme/site", "repository_id": "7"}
    claims |= {"job_workflow_ref": "acme/site/w.yml@refs/tags/v1"}
    leaf = Certificate(local.fulcio.issue(key, Signer.of_claims(claims), THEN).public_bytes(Encoding.DER))
    assert [(name.kind, name.value) for name in leaf.names] == [
        ("uri", "https://github.com/acme/site/w.yml@refs/tags/v1")
    ]
    assert leaf.issuer == leaf.claims["issuer"] == "https://i.example.org"
    assert leaf.claims["source_repository_uri"] == "https://github.com/acme/site"
    assert leaf.claims["source_repository_identifier"] == "7"
    assert leaf.promises == ((local.certificates.id.hex(), THEN),)


def test_a_timestamp_says_the_time_that_it_is_told() -> None:
    from rfc3161_client import decode_timestamp_response

    authority = TimestampAuthority(THEN - timedelta(days=1), THEN + timedelta(days=1))
    stamp = decode_timestamp_response(authority.stamp(sha256(b"signature").digest(), THEN, nonce=2**64))
    assert (stamp.tst_info.gen_time, stamp.tst_info.nonce) == (THEN, 2**64)
    assert stamp.tst_info.message_imprint.message == sha256(b"signature").digest()


def request_for(key: ec.EllipticCurvePrivateKey, *, broken: bool = False) -> bytes:
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, SHA256())
    pem = made.public_bytes(Encoding.DER)
    if broken:
        pem = pem[:-1] + bytes([pem[-1] ^ 1])
    text = b"-----BEGIN CERTIFICATE REQUEST-----\n" + base64.encodebytes(pem) + b"-----END CERTIFICATE REQUEST-----\n"
    return json.dumps({"certificateSigningRequest": base64.b64encode(text).decode()}).encode()


def test_a_certificate_is_issued_for_a_token_of_ours_and_a_key_that_is_theirs(local: LocalSigstore) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    ours = f"Bearer {local.tokens.person(local.clock())}"
    late = f"Bearer {local.tokens.person(local.clock() - timedelta(hours=2))}"
    theirs = f"Bearer {LocalSigstore().tokens.person(local.clock())}"
    path = "/api/v2/signingCert"
    assert ask(local, path, request_for(key), Authorization=ours)[0] == 200
    assert ask(local, path, request_for(key), Authorization=theirs)[0] == 400
    assert ask(local, path, request_for(key), Authorization=late)[0] == 400
    assert ask(local, path, request_for(key, broken=True), Authorization=ours)[0] == 400
    assert ask(local, path, request_for(key))[0] == 400


@pytest.mark.parametrize("path", ["/rekor1/api/v1/log/entries", "/rekor2/api/v2/log/entries", "/tsa"])
@pytest.mark.parametrize("body", [b"", b"{}", b"nonsense", b"[]", b"\x30\x03\x02\x01\x01"])
def test_nonsense_is_answered_with_what_is_wrong(local: LocalSigstore, path: str, body: bytes) -> None:
    status, said = ask(local, path, body)
    assert (status, said["code"]) == (400, 400)


def test_what_is_not_there_is_not_found_and_what_is_told_to_fail_fails(local: LocalSigstore) -> None:
    assert ask(local, "/elsewhere")[0] == 404
    local.service.failing.add("/oidc/ambient")
    assert ask(local, "/oidc/ambient")[0] == 500
    local.service.failing.clear()
    assert ask(local, "/oidc/ambient")[0] == 200


def test_it_listens_only_while_it_is_entered() -> None:
    local = LocalSigstore()
    with pytest.raises(RuntimeError, match="does not listen"):
        _ = local.service
    with local:
        base = local.base
        assert base.startswith("http://127.0.0.1:")
    assert local.base != base
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{base}/oidc/ambient", timeout=2)

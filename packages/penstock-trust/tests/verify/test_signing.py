"""Sigstore's own client signs against the local services, and what it writes verifies."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock_findings.errors import PenstockError
from penstock_trust.facts import Accepted
from penstock_trust.keys import PrivateKey
from penstock_trust.local_sigstore import LocalSigstore
from penstock_trust.sign import Session, attest_with_key, sign_with_key

SLSA = "https://slsa.dev/provenance/v1"


@pytest.fixture
def services(local: LocalSigstore) -> Iterator[LocalSigstore]:
    yield local
    local.service.failing.clear()


def session(local: LocalSigstore, **how: Any) -> Session:
    return Session(config=json.dumps(local.config(**how)).encode(), token=local.tokens.person(local.clock()))


def beside(wheel: Path) -> list[str]:
    return sorted(path.name for path in wheel.parent.glob(f"{wheel.name}.*"))


@pytest.mark.parametrize(("rekor", "stamped"), [(1, False), (1, True), (2, True)])
def test_what_is_signed_verifies(shop: Any, services: LocalSigstore, rekor: int, stamped: bool) -> None:
    shop.rule += f'\nattestations = ["{SLSA}"]'
    signing = session(services, rekor=rekor, stamped=stamped)
    signing.sign(shop.wheel)
    signing.attest(shop.wheel, b'{"builder": {"id": "here"}, "share": 0.25, "text": "\\u00e9"}', SLSA)
    verdict = shop.verify()
    assert isinstance(verdict, Accepted)
    assert {proof.predicate_type for proof in verdict.proofs} == {"", SLSA}


def test_the_token_of_a_ci_job_is_found_where_the_ci_puts_it(
    shop: Any, services: LocalSigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{services.base}/oidc/ambient?x=1")
    Session(config=json.dumps(services.config()).encode(), browser=False).sign(shop.wheel)
    shop.identities["ci"] = (
        'trust = "local"\nissuer = "https://token.actions.githubusercontent.com"\n'
        'uri = "https://github.com/acme/site/.github/workflows/release.yml@refs/tags/v1.0.0"\n'
        'repository = "https://github.com/acme/site"\nowner-id = "2002"'
    )
    shop.rule = 'signers = {any = ["ci"]}'
    assert isinstance(shop.verify(), Accepted)


@pytest.mark.parametrize(
    ("path", "rekor", "stamped", "code"),
    [
        ("/rekor1/api/v1/log/entries", 1, False, "T193"),
        ("/rekor2/api/v2/log/entries", 2, True, "T193"),
        ("/tsa", 2, True, "T195"),
        ("/tsa", 1, True, "T195"),  # only a warning to sigstore's client: the log gives a time as well
    ],
)
def test_nothing_is_written_when_a_service_fails(
    shop: Any, services: LocalSigstore, path: str, rekor: int, stamped: bool, code: str
) -> None:
    signing = session(services, rekor=rekor, stamped=stamped)
    services.service.failing.add(path)
    with pytest.raises(PenstockError) as caught:
        signing.sign(shop.wheel)
    assert caught.value.code == code
    assert beside(shop.wheel) == []


def test_nothing_is_written_that_does_not_verify(shop: Any, services: LocalSigstore) -> None:
    """Services that sign with other keys than their trust config says."""
    config = services.config()
    config["trustedRoot"]["tlogs"] = LocalSigstore().trusted_root()["tlogs"]
    signing = Session(config=json.dumps(config).encode(), token=services.tokens.person(services.clock()))
    with pytest.raises(PenstockError) as caught:
        signing.sign(shop.wheel)
    assert (caught.value.code, beside(shop.wheel)) == ("T195", [])


def test_a_certificate_that_cannot_be_had_is_told(services: LocalSigstore) -> None:
    services.service.failing.add("/api/v2/signingCert")
    with pytest.raises(PenstockError) as caught:
        session(services)
    assert (caught.value.code, caught.value.exit_code) == ("T193", 3)


def test_a_token_that_is_none_is_misuse(services: LocalSigstore) -> None:
    config = json.dumps(services.config()).encode()
    for token in ("nonsense", ""):
        with pytest.raises(PenstockError) as caught:
            Session(config=config, token=token)
        assert (caught.value.code, caught.value.exit_code) == ("T194", 2)


@pytest.mark.parametrize("config", [b"{}", b"", b'{"a": 1, "a": 2}', b"\xff"])
def test_a_trust_config_that_is_none_is_told(config: bytes) -> None:
    with pytest.raises(PenstockError) as caught:
        Session(config=config, token="x")
    assert caught.value.code == "T197"


def test_no_log_is_told_of_a_signature_that_could_not_be_written(shop: Any, services: LocalSigstore) -> None:
    signing = session(services)
    signing.sign(shop.wheel)
    asked = len(services.service.asked)
    with pytest.raises(PenstockError) as caught:
        signing.sign(shop.wheel)
    assert (caught.value.code, len(services.service.asked)) == ("T196", asked)


def test_a_signature_that_is_there_is_not_replaced_unless_wanted(shop: Any) -> None:
    path = sign_with_key(shop.wheel, shop.key)
    path.write_bytes(b"kept")
    with pytest.raises(PenstockError) as caught:
        sign_with_key(shop.wheel, shop.key)
    assert (caught.value.code, path.read_bytes()) == ("T196", b"kept")
    assert sign_with_key(shop.wheel, shop.key, replace=True) == path
    assert path.read_bytes() != b"kept"


@pytest.mark.parametrize(
    ("predicate", "kind"), [(b"[]", SLSA), (b"{", SLSA), (b'{"a": NaN}', SLSA), (b"{}", "slsa"), (b"{}", "a://\n")]
)
def test_a_predicate_that_is_none_is_misuse(shop: Any, predicate: bytes, kind: str) -> None:
    with pytest.raises(PenstockError) as caught:
        attest_with_key(shop.wheel, predicate, kind, PrivateKey.generate())
    assert (caught.value.code, caught.value.exit_code) == ("T198", 2)


def test_signing_takes_little_time(shop: Any, services: LocalSigstore) -> None:
    """A figure for the reader of the report; the local services answer in milliseconds."""
    from time import perf_counter

    signing = session(services)
    began = perf_counter()
    for _ in range(5):
        signing.sign(shop.wheel, replace=True)
    assert (perf_counter() - began) / 5 < 1


@pytest.fixture
def silent() -> Iterator[str]:
    """A service that lets everybody in and says nothing."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen(8)
        yield f"http://127.0.0.1:{door.getsockname()[1]}"


@pytest.mark.parametrize(("service", "doing"), [("caUrls", "get a certificate"), ("rekorTlogUrls", "sign")])
@pytest.mark.parametrize("rekor", [1, 2])
def test_a_service_that_never_answers_is_not_waited_for_for_ever(
    shop: Any, services: LocalSigstore, silent: str, service: str, doing: str, rekor: int
) -> None:
    config = services.config(rekor=rekor)
    for each in config["signingConfig"][service]:
        each["url"] = silent
    text, token = json.dumps(config).encode(), services.tokens.person(services.clock())
    seconds = 0.2 if doing == "get a certificate" else 1.5  # in which the certificate has to come, on a busy machine
    with pytest.raises(PenstockError, match=f"cannot {doing}: .*no answer within {seconds:g} s") as caught:
        Session(config=text, token=token, patience=seconds).sign(shop.wheel)
    assert (caught.value.findings[0].code, beside(shop.wheel)) == ("T193", [])

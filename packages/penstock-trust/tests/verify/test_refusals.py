"""Each code is seen once, from the step that owns it; the many ways to earn it are in `tests/attacks`."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from penstock_trust import dsse
from penstock_trust.facts import Accepted, Refused, Unknown
from penstock_trust.keys import PrivateKey
from penstock_trust.local_sigstore import CertificateLog, Fulcio, LocalSigstore, Signer, TimestampAuthority
from penstock_trust.local_sigstore.trust import instant
from penstock_trust.predicates import RELEASE, statement
from penstock_trust.sign import sign_with_key
from penstock_trust.strict import LIMIT, base64_text, canonical
from penstock_trust.wheels import read_wheel

CASES: dict[str, tuple[str, str, Callable[[Any], None]]] = {}


def refused(step: str, code: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Enter a case: what the function does to a shop is refused by this step with this code."""

    def enter(make: Callable[[Any], None]) -> Callable[[Any], None]:
        CASES[make.__name__] = (step, code, make)
        return make

    return enter


def about(shop: Any, **changes: Any) -> bytes:
    """A statement about the wheel with some keys changed."""
    subject, _ = read_wheel(shop.wheel)
    return canonical({**json.loads(statement(subject, RELEASE, {})), **changes})


def entry(bundle: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = bundle["verificationMaterial"]["tlogEntries"][0]
    return found


@refused("limits", "T101")
def a_bundle_of_more_than_a_mebibyte(shop: Any) -> None:
    shop.claim(json.dumps(shop.bundle()).encode() + b" " * LIMIT)


@refused("limits", "T102")
def a_key_that_is_written_twice(shop: Any) -> None:
    text = json.dumps(shop.bundle())
    shop.claim(text.replace('"mediaType"', '"mediaType": "x", "mediaType"', 1).encode())


@refused("limits", "T102")
def a_key_that_is_written_twice_in_a_statement(shop: Any) -> None:
    shop.claim(shop.bundle(statement=about(shop).replace(b'"_type"', b'"_type":"x","_type"', 1)))


@refused("limits", "T103")
def base64_with_a_line_break_in_it(shop: Any) -> None:
    bundle = shop.bundle()
    bundle["messageSignature"]["signature"] = "\n" + bundle["messageSignature"]["signature"]
    shop.claim(bundle)


@refused("limits", "T104")
def a_heap_of_claims(shop: Any) -> None:
    for number in range(40):
        shop.claim(b"{}", f".{number}.sigstore.json")


@refused("limits", "T105")
def a_claim_that_is_a_folder(shop: Any) -> None:
    (shop.folder / f"{shop.wheel.name}.sigstore.json").mkdir()


@refused("limits", "T106")
def a_key_by_its_other_name(shop: Any) -> None:
    bundle = shop.bundle()
    shop.claim({**bundle, "media_type": bundle["mediaType"]})


@refused("subject", "T110")
def no_wheel(shop: Any) -> None:
    shop.wheel.unlink()


@refused("subject", "T111")
def a_file_that_is_called_otherwise(shop: Any) -> None:
    shop.wheel = shop.wheel.rename(shop.folder / "acme_site.whl")


@refused("subject", "T112")
def an_envelope_of_another_type(shop: Any) -> None:
    shop.claim(shop.bundle(statement=about(shop), payload_type="application/json"))


@refused("subject", "T113")
def a_statement_about_another_file(shop: Any) -> None:
    digest = {"sha256": read_wheel(shop.wheel)[0].digest}
    shop.claim(shop.bundle(statement=about(shop, subject=[{"name": "other.whl", "digest": digest}])))


@refused("subject", "T114")
def a_wheel_that_was_changed_after_it_was_attested(shop: Any) -> None:
    subjects = [{"name": shop.wheel.name, "digest": {"sha256": "0" * 64}}]
    shop.claim(shop.bundle(statement=about(shop, subject=subjects)))


@refused("bundle", "T122")
def a_signature_of_other_bytes(shop: Any) -> None:
    shop.claim(shop.local.bundle(b"other bytes"))


@refused("bundle", "T122")
def a_bundle_of_another_sigstore(shop: Any) -> None:
    shop.claim(LocalSigstore().bundle(shop.wheel.read_bytes()))


@refused("bundle", "T122")
def a_checkpoint_that_nobody_signed(shop: Any) -> None:
    bundle = shop.bundle()
    proof = entry(bundle)["inclusionProof"]
    note, _, line = proof["checkpoint"]["envelope"].rpartition(" ")
    signature = bytearray(base64.b64decode(line))
    signature[-1] ^= 1
    proof["checkpoint"]["envelope"] = f"{note} {base64_text(bytes(signature))}\n"
    shop.claim(bundle)


@refused("bundle", "T123")
def a_bundle_without_a_log_entry(shop: Any) -> None:
    bundle = shop.bundle()
    bundle["verificationMaterial"]["tlogEntries"] = []
    shop.claim(bundle)


@refused("bundle", "T124")
def a_key_that_nobody_knows(shop: Any) -> None:
    shop.rule = 'signers = {any = ["own"]}'
    sign_with_key(shop.wheel, PrivateKey.generate())


@refused("bundle", "T125")
def a_key_that_is_named_and_did_not_sign(shop: Any) -> None:
    shop.rule = 'signers = {any = ["own"]}'
    envelope = dsse.sign(dsse.IN_TOTO, about(shop), PrivateKey.generate())
    named = dsse.Signature(shop.key.public.id, envelope.signatures[0].sig)
    shop.claim(dsse.write(dsse.Envelope(dsse.IN_TOTO, envelope.payload, (named,))), ".key.dsse.json")


@refused("strict", "T130")
def a_log_that_the_root_does_not_name(shop: Any) -> None:
    """Sigstore tries every key that it has, so the signature still holds."""
    shop.claim(shop.bundle())
    for log in shop.root["tlogs"]:
        log["logId"]["keyId"] = base64_text(bytes(32))


def ended(shop: Any, valid: dict[str, Any]) -> None:
    valid["end"] = instant(shop.local.since)


@refused("strict", "T131")
def a_log_whose_key_had_ended(shop: Any) -> None:
    shop.claim(shop.bundle())
    ended(shop, shop.root["tlogs"][0]["publicKey"]["validFor"])


@refused("strict", "T131")
def a_certificate_log_whose_key_had_ended(shop: Any) -> None:
    shop.claim(shop.bundle())
    ended(shop, shop.root["ctlogs"][0]["publicKey"]["validFor"])


@refused("strict", "T131")
def an_authority_that_had_ended(shop: Any) -> None:
    shop.claim(shop.bundle())
    ended(shop, shop.root["certificateAuthorities"][0]["validFor"])


@refused("strict", "T132")
def a_checkpoint_of_another_log_than_the_one_that_is_named(shop: Any) -> None:
    """The second log takes an id that is not the digest of its key, as the real one has, and the first signs for it."""
    name = b"\x05" * 32
    log = shop.local.logs[2]
    real, log.id = log.id, name
    log.key, kept = shop.local.logs[1].key, log.key
    log.version = 1
    try:
        shop.claim(shop.bundle(rekor=2))
    finally:
        log.id, log.key, log.version = real, kept, 2
    bundle = json.loads((shop.folder / f"{shop.wheel.name}.sigstore.json").read_bytes())
    entry(bundle).pop("integratedTime")
    entry(bundle).pop("inclusionPromise")
    shop.claim(bundle)
    shop.root["tlogs"][1]["logId"]["keyId"] = base64_text(name)


@refused("strict", "T133")
def a_certificate_log_that_the_root_does_not_name(shop: Any) -> None:
    shop.claim(shop.bundle())
    shop.root["ctlogs"][0]["logId"]["keyId"] = base64_text(bytes(32))


@refused("strict", "T134")
def a_timestamp_of_nobody_beside_a_promise(shop: Any) -> None:
    bundle = shop.bundle(stamped=True)
    stranger = TimestampAuthority(shop.local.since, shop.local.until)
    stamp = base64_text(stranger.stamp(bytes(32), shop.now))
    bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"].append({"signedTimestamp": stamp})
    shop.claim(bundle)


@refused("strict", "T135")
def a_time_of_the_log_without_its_promise(shop: Any) -> None:
    bundle = shop.bundle(stamped=True)
    del entry(bundle)["inclusionPromise"]
    shop.claim(bundle)


@refused("strict", "T135")
def a_promise_of_the_log_without_its_time(shop: Any) -> None:
    """Sigstore does not look at the promise then."""
    bundle = shop.bundle(stamped=True)
    del entry(bundle)["integratedTime"]
    entry(bundle)["inclusionPromise"]["signedEntryTimestamp"] = base64_text(b"whatever")
    shop.claim(bundle)


@refused("strict", "T136")
def a_digest_with_another_label(shop: Any) -> None:
    bundle = shop.bundle()
    bundle["messageSignature"]["messageDigest"]["algorithm"] = "SHA2_512"
    shop.claim(bundle)


@refused("strict", "T137")
def a_certificate_that_names_two_issuers(shop: Any) -> None:
    shop.claim(shop.bundle(leaf={"old_issuer": "https://evil.example.org"}))


@refused("strict", "T137")
def a_certificate_that_names_no_issuer(shop: Any) -> None:
    shop.claim(shop.bundle(Signer(issuer="")))


@refused("strict", "T137")
def a_certificate_with_a_claim_that_is_not_der(shop: Any) -> None:
    """Sigstore does not read the claims that its policy does not ask for."""
    shop.local.fulcio.raw = {15: b"1001"}
    try:
        shop.claim(shop.bundle())
    finally:
        shop.local.fulcio.raw = {}


@refused("strict", "T139")
def a_place_in_the_log_that_is_not_the_proved_one(shop: Any) -> None:
    bundle = shop.bundle(rekor=2)
    entry(bundle)["logIndex"] = "7777"
    shop.claim(bundle)


@refused("strict", "T139")
def a_checkpoint_in_the_name_of_somebody_else(shop: Any) -> None:
    """Nothing signs the name beside a signature."""
    bundle = shop.bundle(rekor=2)
    checkpoint = entry(bundle)["inclusionProof"]["checkpoint"]
    checkpoint["envelope"] = checkpoint["envelope"].replace("\u2014 log2.local", "\u2014 rekor.sigstore.dev")
    shop.claim(bundle)


@refused("strict", "T139")
def a_tree_of_another_size_than_the_checkpoint_s(shop: Any) -> None:
    bundle = shop.bundle(rekor=2)
    proof = entry(bundle)["inclusionProof"]
    size = int(proof["treeSize"])
    lines = proof["checkpoint"]["envelope"].split("\n")
    note = f"{lines[0]}\n{size + 1}\n{lines[2]}\n"
    log = shop.local.logs[2]
    signature = base64_text(log.id[:4] + log.sign(note.encode()))
    proof["checkpoint"]["envelope"] = f"{note}\n\u2014 {log.origin} {signature}\n"
    shop.claim(bundle)


@refused("identity", "T140")
def a_key_where_a_person_was_wanted(shop: Any) -> None:
    sign_with_key(shop.wheel, shop.key)


@refused("identity", "T141")
def the_same_name_by_another_issuer(shop: Any) -> None:
    shop.claim(shop.bundle(Signer(issuer="https://evil.example.org")))


@refused("identity", "T142")
def somebody_else(shop: Any) -> None:
    shop.claim(shop.bundle(Signer("eve@example.org")))


@refused("identity", "T143")
def a_repository_of_the_same_name_with_another_id(shop: Any) -> None:
    job = "https://github.com/acme/site/.github/workflows/release.yml@refs/tags/v1.2.0"
    shop.identities["ci"] = f'trust = "local"\nissuer = "https://i.example.org"\nuri = "{job}"\nrepository-id = "1"'
    shop.rule = 'signers = {any = ["ci"]}'
    shop.claim(shop.bundle(Signer(job, "uri", "https://i.example.org", {15: "2"})))


@refused("attestations", "T150")
def a_statement_that_is_missing(shop: Any) -> None:
    shop.rule += '\nattestations = ["https://slsa.dev/provenance/v1"]'
    shop.claim(shop.bundle())


@refused("versions", "T330")
def a_version_that_is_too_low(shop: Any) -> None:
    shop.rule += '\nmin-version = "2.0"'
    shop.claim(shop.bundle())


@refused("versions", "T334")
def a_dependency_that_the_rule_does_not_list(shop: Any) -> None:
    shop.rule += '\ndependencies = "listed"'
    shop.needs("requests>=2")
    shop.claim(shop.bundle())


@refused("policy", "T323")
def a_pack_that_no_rule_names(shop: Any) -> None:
    shop.claim(shop.bundle())
    shop.match = "somebody-else"


@refused("policy", "T324")
def nobody_signed(shop: Any) -> None:
    pass


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_by_the_step_that_owns_its_code(shop: Any, name: str) -> None:
    step, code, make = CASES[name]
    make(shop)
    verdict = shop.verify()
    assert isinstance(verdict, Refused)
    assert (verdict.step, verdict.findings[0].code) == (step, code), verdict.findings


# What no step but its own refuses: the others are refused by a second one as well, or there is nothing to look at.
ALONE = sorted(
    CASES.keys()
    - {
        "a_heap_of_claims",
        "a_claim_that_is_a_folder",
        "no_wheel",
        "a_file_that_is_called_otherwise",
        "a_bundle_without_a_log_entry",
        "a_bundle_of_another_sigstore",
        "a_key_by_its_other_name",
        "a_certificate_that_names_no_issuer",
        "a_certificate_with_a_claim_that_is_not_der",
        "a_pack_that_no_rule_names",
    }
)


@pytest.mark.parametrize("name", ALONE)
def test_only_that_step_refuses_it(shop: Any, name: str) -> None:
    step, _, make = CASES[name]
    make(shop)
    verdict = shop.verify(planted=step)
    assert isinstance(verdict, Accepted), (verdict.step, verdict.findings)


STRICT = sorted(name for name in ALONE if CASES[name][0] == "strict")


@pytest.mark.parametrize("name", STRICT)
def test_one_check_of_the_profile_alone_refuses_it(shop: Any, name: str) -> None:
    from functools import partial

    from penstock_trust.steps.strict import CHECKS, strict
    from penstock_trust.verify import STEPS, verify

    CASES[name][2](shop)
    policy, now = shop.policy(), shop.now
    lets_pass = set()
    for left_out in CHECKS:
        checks = {key: check for key, check in CHECKS.items() if key != left_out}
        steps = {**STEPS, "strict": partial(strict, checks=checks)}
        if isinstance(verify(shop.wheel, policy=policy, now=now, steps=steps), Accepted):
            lets_pass.add(left_out)
    assert len(lets_pass) == 1


def test_every_check_of_the_profile_is_there_for_something() -> None:
    """Nine checks; that of the name is asked directly below, as no Fulcio writes such a certificate."""
    from penstock_trust.steps.strict import CHECKS

    assert len(CHECKS) == 9
    assert len(STRICT) >= len(CHECKS)


@pytest.mark.parametrize("name", sorted(CASES.keys() - ALONE))
def test_two_locks_hold_the_others(shop: Any, name: str) -> None:
    step, _, make = CASES[name]
    make(shop)
    assert not isinstance(shop.verify(planted=step), Accepted)


def test_a_root_that_is_gone_leaves_it_unknown(shop: Any) -> None:
    shop.claim(shop.bundle())
    policy = shop.policy()
    (shop.folder / "root.json").unlink()
    verdict = shop.verify(policy=policy)
    assert isinstance(verdict, Unknown)
    assert (verdict.step, verdict.findings[0].code) == ("bundle", "T120")


def test_a_doubt_beside_a_refusal_is_a_refusal(shop: Any) -> None:
    from penstock_findings.finding import Finding
    from penstock_trust.refusal import Doubt
    from penstock_trust.verify import STEPS, verify

    def torn(case: Any) -> Any:
        yield Finding("T122", "it does not hold")
        raise Doubt("T120", "it cannot be read")

    verdict = verify(shop.wheel, policy=shop.policy(), now=shop.now, steps={**STEPS, "bundle": torn})
    assert isinstance(verdict, Refused)
    assert [finding.code for finding in verdict.findings] == ["T122", "T120"]


def test_a_root_that_was_exchanged_after_the_policy_was_read_is_refused(shop: Any) -> None:
    shop.claim(shop.bundle())
    policy = shop.policy()
    (shop.folder / "root.json").write_bytes(json.dumps(LocalSigstore().trusted_root()).encode())
    verdict = shop.verify(policy=policy)
    assert isinstance(verdict, Refused)
    assert verdict.findings[0].code == "T121"


def test_a_root_that_is_none_is_refused(shop: Any) -> None:
    shop.claim(shop.bundle())
    shop.root = {"mediaType": "application/json"}
    assert shop.verify().findings[0].code == "T121"


def test_a_bundle_where_only_keys_are_trusted_is_refused(shop: Any) -> None:
    shop.claim(shop.bundle())
    policy = shop.policy()
    keys = {name: root for name, root in policy.roots.items() if name == "own"}
    from dataclasses import replace

    assert shop.verify(policy=replace(policy, roots=keys)).findings[0].code == "T123"


def test_a_certificate_that_names_an_address_and_a_mailbox_names_nobody(shop: Any) -> None:
    """T138: our own Fulcio issues no such thing, so the check is asked directly."""
    from types import SimpleNamespace

    from penstock_trust.certificate import Name
    from penstock_trust.steps.strict import name_is_one

    for names in ((), (Name("uri", "https://a"), Name("email", "a@b")), (Name("other", "x"),), (Name("uri", "a\nb"),)):
        reading: Any = SimpleNamespace(what="it", certificate=SimpleNamespace(names=names))
        assert [finding.code for finding in name_is_one(reading, None)] == ["T138"]  # type: ignore[arg-type]  # it asks no root


def test_a_certificate_that_no_authority_issues_is_refused_without_a_word_on_the_terminal(shop: Any) -> None:
    """`cryptography` only warns of a serial number below one."""
    import warnings

    bundle = shop.bundle()
    raw = bytearray(base64.b64decode(bundle["verificationMaterial"]["certificate"]["rawBytes"]))
    at = raw.index(b"\xa0\x03\x02\x01\x02\x02") + 7  # behind the version: tag, length, and the serial's first byte
    raw[at] |= 0x80
    bundle["verificationMaterial"]["certificate"]["rawBytes"] = base64_text(bytes(raw))
    shop.claim(bundle)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        verdict = shop.verify()
    assert (verdict.findings[0].code, said) == ("T123", [])


def test_one_broken_claim_refuses_the_wheel_whatever_else_is_there(shop: Any) -> None:
    shop.claim(shop.bundle())
    broken = copy.deepcopy(shop.bundle())
    broken["messageSignature"]["signature"] = base64_text(b"0" * 70)
    shop.claim(broken, ".second.sigstore.json")
    assert isinstance(shop.verify(), Refused)


def test_what_was_signed_after_now_is_refused(shop: Any) -> None:
    """Somebody set the clock back, so that an old policy or an old key holds again."""
    shop.claim(shop.bundle())
    from datetime import timedelta

    verdict = shop.verify(now=shop.now - timedelta(hours=1))
    assert (verdict.step, verdict.findings[0].code) == ("strict", "T129")
    assert isinstance(shop.verify(now=shop.now - timedelta(minutes=1)), Accepted)


def test_a_policy_older_than_one_that_was_used_is_refused(shop: Any) -> None:
    from penstock_trust.seen import Seen

    shop.claim(shop.bundle())
    policy = shop.policy()
    assert isinstance(shop.verify(seen=Seen({"policy": (3, policy.digest)}, {"policy": (9, "")})), Accepted)
    assert shop.verify(seen=Seen({"policy": (4, "")})).findings[0].code == "T321"


def test_what_nobody_foresaw_is_refused_and_says_so(shop: Any) -> None:
    def broken(case: Any) -> Any:
        raise ZeroDivisionError("oops")

    from penstock_trust.verify import STEPS, verify

    verdict = verify(shop.wheel, policy=shop.policy(), now=shop.now, steps={**STEPS, "hygiene": broken})
    assert isinstance(verdict, Refused)
    assert (verdict.step, verdict.findings[0].code) == ("hygiene", "T100")


def test_another_authority_with_the_same_name_is_not_the_same(shop: Any) -> None:
    """The name of an authority proves nothing; its signature does."""
    kept = shop.local.fulcio
    shop.local.fulcio = Fulcio(CertificateLog(shop.local.certificates.key), shop.local.since, shop.local.until)
    try:
        shop.claim(shop.bundle())
    finally:
        shop.local.fulcio = kept
    assert shop.verify().findings[0].code == "T122"

"""Put changed texts before everything that reads what strangers wrote: nobody may be startled, and nobody may be slow.

Gives:   `Target`, `targets`: what there is to read, and texts to begin with; `run`: the changes that were read badly.
Badly:   with an exception that is no finding of ours, or for more than `SLOW` seconds of the processor's time.
         Also when somebody else than the signer is believed, a receipt that nobody gave, or a log that was changed where
         it is anchored.
Ignores: what is said about a text, as long as something is; blanks and line ends may change.
"""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hostile.mutate import mutated
from penstock_findings.errors import PenstockError

SLOW = 0.050  # seconds


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads; `reads` tells whether it believed the text, and raises nothing but our own errors."""

    name: str
    reads: Callable[[bytes], bool]
    seeds: Sequence[bytes]
    share: int = 1  # of the mutations


@dataclass(slots=True)
class Outcome:
    """What became of the mutations of one target."""

    name: str
    count: int = 0
    believed: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    bad: list[tuple[bytes, str]] = field(default_factory=list)


def timed(target: Target, data: bytes) -> tuple[float, bool]:
    """How long one reading takes, and whether it was believed."""
    begun = time.process_time()
    try:
        believed = target.reads(data)
    except PenstockError:
        believed = False
    return time.process_time() - begun, believed


def run(target: Target, count: int, seed: int = 0, most: int = 5) -> Outcome:
    """Change and read; ends early when `most` were read badly."""
    outcome = Outcome(target.name)
    draw = Random(f"{seed} {target.name}")
    for _ in range(count):
        data = mutated(draw, target.seeds)
        try:
            took, believed = timed(target, data)
            if took > SLOW:  # a moment at which the processor did something else as well, or really slow
                took = min(took, *(timed(target, data)[0] for _ in range(3)))
        except Exception:  # every one of them is what we look for
            outcome.bad.append((data, traceback.format_exc(limit=-4)))
        else:
            outcome.believed += believed
            outcome.seconds += took
            outcome.slowest = max(outcome.slowest, took)
            if took > SLOW:
                outcome.bad.append((data, f"{took:.3f} s"))
        outcome.count += 1
        if len(outcome.bad) >= most:
            break
    return outcome


def wheels() -> Target:
    """Wheels, good and bad."""
    from hostile.archive import FILENAME
    from hostile.wheels import DECENT, WHEELS
    from penstock_trust.hygiene import check_wheel

    made = [*(make() for make in DECENT.values()), *(attack.make() for attack in WHEELS)]
    small = [data for data in made if len(data) < 20_000]
    return Target("wheels", lambda data: not check_wheel(data, FILENAME)[1], small, share=4)


def policies(folder: str) -> Target:
    """Policy files; `folder` holds the trusted root."""
    from hostile.policies import POLICIES, WRITTEN
    from penstock_trust.policy.load import read_policy

    seeds = [*(make() for make in WRITTEN.values()), *(attack.make() for attack in POLICIES)]
    return Target("policies", lambda data: read_policy(data, f"{folder}/p.toml").policy is not None, seeds, share=3)


def deny_lists() -> Target:
    """Deny lists, as they are signed."""
    from hostile.denials import DENIALS, Listing, signed_list
    from penstock_trust.deny.read import read_list

    order = Listing(signed_list({"kind": "wheel", "sha256": "ab" * 32}))
    seeds = [order.data, *(attack.make().data for attack in DENIALS)]

    def reads(data: bytes) -> bool:
        return read_list(data, "deny.json", order.keys, now=order.now, rules=order.rules).listed is not None

    return Target("deny lists", reads, seeds)


def signed_deny_lists() -> Target:
    """What deny lists say, behind a good signature: whoever may sign may still write nonsense."""
    import json

    from hostile.denials import SECURITY, Listing, payload_of, private_key
    from penstock_trust import dsse
    from penstock_trust.deny.model import PAYLOAD_TYPE
    from penstock_trust.deny.read import read_list

    rows = (
        {"kind": "wheel", "sha256": "ab" * 32, "reason": "CVE-2026-1"},
        {"kind": "version", "name": "acme-flow", "versions": ">=1,<2", "effective-from": "2026-11-01T00:00:00Z"},
        {"kind": "identity", "issuer": "https://a.test", "uri": "https://a.test/x"},
        {"kind": "key", "key": str(private_key("x").public)},
        {"kind": "log-entry", "log-id": "cd" * 32, "index": 5},
    )
    order = Listing(b"")

    def reads(data: bytes) -> bool:
        signed = dsse.write(dsse.sign(PAYLOAD_TYPE, data, private_key(SECURITY)))
        return read_list(signed, "deny.json", order.keys, now=order.now, rules=order.rules).listed is not None

    return Target("signed deny lists", reads, [json.dumps(payload_of(*rows)).encode()])


def bundles(folder: str) -> Target:
    """Bundles and envelopes, in front of the whole verification; nothing but the bytes of the claim is changed."""
    from pathlib import Path

    from hostile.bundles import BUNDLES
    from hostile.bundling import keyed
    from hostile.case import FACTORY, signed
    from hostile.denials import private_key
    from hostile.forge import SAN
    from hostile.judging import written
    from hostile.sound import SOUND
    from penstock_trust.claims import Found
    from penstock_trust.facts import Accepted
    from penstock_trust.policy.load import load_policy
    from penstock_trust.roots import Roots
    from penstock_trust.verify import verify

    case = signed()
    case.signers = '{any = ["release", "factory"]}'
    wheel = written(case, Path(folder, "bundles"))
    policy = load_policy(wheel.parent / "acme.policy.toml")
    roots = Roots(policy)
    made = [*(make() for make in SOUND.values()), *(attack.make() for attack in BUNDLES)]
    seeds = [text for one in made for text in one.texts() if one.wheel == case.wheel and len(text) < 50_000]
    digest = hashlib.sha256(case.wheel).hexdigest()
    known = {(digest, SAN), (digest, private_key(FACTORY).public.id)}

    def reads(data: bytes) -> bool:
        kind = "key" if b"verificationMaterial" not in data else "sigstore"
        found = (Found(kind, data, "fuzz"),)  # type: ignore[arg-type]  # one of the two words
        verdict = verify(wheel, policy=policy, now=case.now, claims=found, roots=roots)
        if any(finding.code == "T100" for finding in verdict.findings):
            raise AssertionError(f"nobody foresaw this: {verdict.findings}")
        if isinstance(verdict, Accepted):
            said = {(proof.subject.digest, proof.identity.san or proof.identity.key) for proof in verdict.proofs}
            if not said <= known:
                raise AssertionError(f"somebody else is believed: {said - known}")
        return isinstance(verdict, Accepted)

    return Target("bundles", reads, [*seeds, *keyed().texts() * 10], share=6)


def signed_statements(folder: str) -> Target:
    """What statements say, behind a good signature of a key."""
    import json
    from pathlib import Path

    from hostile.bundling import keyed
    from hostile.case import FACTORY
    from hostile.denials import private_key
    from hostile.judging import written
    from penstock_trust import dsse
    from penstock_trust.claims import Found
    from penstock_trust.facts import Accepted
    from penstock_trust.policy.load import load_policy
    from penstock_trust.roots import Roots
    from penstock_trust.verify import verify

    case = keyed()
    wheel = written(case, Path(folder, "statements"))
    policy = load_policy(wheel.parent / "acme.policy.toml")
    roots = Roots(policy)
    seed = dsse.read(json.dumps(case.bundles[0]).encode(), "it").payload

    def reads(data: bytes) -> bool:
        text = dsse.write(dsse.sign(dsse.IN_TOTO, data, private_key(FACTORY)))
        verdict = verify(wheel, policy=policy, now=case.now, claims=(Found("key", text, "fuzz"),), roots=roots)
        if any(finding.code == "T100" for finding in verdict.findings):
            raise AssertionError(f"nobody foresaw this: {verdict.findings}")
        return isinstance(verdict, Accepted)

    return Target("signed statements", reads, [seed])


def receipts() -> Target:
    """Receipts, as they lie in the store."""
    from hostile.receipts import RECEIPTS, honest
    from penstock_trust.receipt import read

    key = _house()
    seeds = [honest(), *(attack.make() for attack in RECEIPTS)]
    known = read(honest(), [key.public])

    def reads(data: bytes) -> bool:
        if read(data, [key.public]) != known:
            raise AssertionError("a receipt is believed that nobody gave")
        return True

    return Target("receipts", reads, [one for one in seeds if len(one) < 50_000], 2)


def signed_receipts() -> Target:
    """What receipts say, behind the organisation's signature."""
    import base64
    import json

    from hostile.receipts import honest
    from penstock_trust import dsse
    from penstock_trust.receipt import read

    key = _house()
    seed = base64.b64decode(json.loads(honest())["payload"])
    return Target(
        "signed receipts",
        lambda data: bool(read(dsse.write(dsse.sign(dsse.IN_TOTO, data, key)), [key.public])),
        [seed],
        2,
    )


def logs() -> Target:
    """Audit logs; one that is believed is one that was not changed where somebody has anchored it."""
    from hostile.logs import ANCHORED, LOGS, honest
    from penstock_trust.audit.examine import verify_bytes

    order = honest()
    seeds = [order.data, *(attack.make().data for attack in LOGS)]
    anchored = order.data.split(b"\n")[:ANCHORED]

    def reads(data: bytes) -> bool:
        found = verify_bytes(data, "log", order.keys, checkpoints={"elsewhere": order.checkpoints})
        if found.whole and data.split(b"\n")[:ANCHORED] != anchored:
            raise AssertionError("a log is taken for whole whose anchored lines were changed")
        return found.whole

    return Target("audit logs", reads, seeds, 2)


def checkpoints() -> Target:
    """Checkpoints of a log that nobody changed."""
    from hostile.logs import LOGS, honest
    from penstock_trust.audit.examine import verify_bytes

    order = honest()
    seeds = [order.checkpoints, *(attack.make().checkpoints for attack in LOGS)]

    def reads(data: bytes) -> bool:
        return verify_bytes(order.data, "log", order.keys, checkpoints={"elsewhere": data}).whole

    return Target("checkpoints", reads, seeds)


def _house() -> Any:
    from hostile.denials import private_key
    from hostile.receipts import HOUSE

    return private_key(HOUSE)


def targets(folder: str) -> Iterator[Target]:
    """Everything that reads what strangers wrote; `folder` may be written into."""
    from pathlib import Path

    from hostile.policies import ROOT_FILE, forge

    Path(folder, ROOT_FILE).write_bytes(forge().trusted_root())
    yield wheels()
    yield policies(folder)
    yield deny_lists()
    yield signed_deny_lists()
    yield bundles(folder)
    yield signed_statements(folder)
    yield receipts()
    yield signed_receipts()
    yield logs()
    yield checkpoints()

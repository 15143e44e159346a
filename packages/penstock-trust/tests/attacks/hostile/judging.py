"""Put a case before the judge, also before one who has lost a step.

Gives:   `judged`: the verdict, after everything was written into a folder; `GULLIBLE`: what a step is replaced by when
         its bug is planted: it does what those behind it need, and asks nothing.
Ignores: what the verdict should be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from hostile.case import Case
from hostile.policies import ROOT_FILE
from penstock_trust.case import Case as Examined
from penstock_trust.hygiene import check_wheel
from penstock_trust.keys import PublicKey
from penstock_trust.policy.load import load_policy
from penstock_trust.policy.model import KeyRoot, Policy, SigstoreRoot
from penstock_trust.predicates import SIGNATURES
from penstock_trust.roots import Roots
from penstock_trust.verify import STEPS, verify
from penstock_trust.wheels import read_wheel


def _subject(case: Examined) -> Iterable[Any]:
    """The wheel is read, and what statements say that they are about is not looked at."""
    case.subject, case.data = read_wheel(case.path)
    return ()


def _hygiene(case: Examined) -> Iterable[Any]:
    """The wheel is looked into, and whatever is found is fine."""
    case.hygiene, _ = check_wheel(case.data, case.known.filename)
    return ()


def _bundle(case: Examined) -> Iterable[Any]:
    """Every root vouches for everything, and a key for whatever says to be signed by it."""
    for reading in case.readings:
        if reading.claim.kind == "key":
            said = {each.keyid for each in reading.envelope.signatures} if reading.envelope else set()
            keys = _keys(case)
            reading.vouchers = tuple(name for name, key in keys.items() if key in said) or tuple(keys)
        else:
            roots = case.policy.roots.items()
            reading.vouchers = tuple(name for name, root in roots if isinstance(root, SigstoreRoot))
    return ()


def _keys(case: Examined) -> dict[str, str]:
    roots = case.policy.roots.items()
    return {name: PublicKey(root.public_key).id for name, root in roots if isinstance(root, KeyRoot)}


def _identity(case: Examined) -> Iterator[Any]:
    """Whoever signed the wheel is whoever should have; who attested something is told as it is."""
    names = case.rule.signers.identities if case.rule is not None and case.rule.signers is not None else ()
    found = list(STEPS["identity"](case)) and case.proofs
    case.proofs = tuple(
        replace(proof, matched=tuple(names)) if proof.predicate_type in SIGNATURES else proof for proof in found
    )
    return iter(())


def _nothing(case: Examined) -> Iterable[Any]:
    """Nothing is asked."""
    return ()


GULLIBLE = {
    **dict.fromkeys(STEPS, _nothing),
    "subject": _subject,
    "hygiene": _hygiene,
    "bundle": _bundle,
    "identity": _identity,
}


def written(case: Case, folder: Path) -> Path:
    """The folder as whoever verifies finds it; the wheel in it."""
    folder.mkdir(exist_ok=True)
    wheel = folder / case.filename
    wheel.write_bytes(case.wheel)
    (folder / ROOT_FILE).write_bytes(case.root_text())
    (folder / "acme.policy.toml").write_text(case.policy_text(), "utf-8")
    if case.deny is not None:
        (folder / "deny.json").write_bytes(case.deny)
    for number, (name, text) in enumerate(zip(case.names(), case.texts(), strict=True)):
        (folder / f"{case.filename}{'.' + str(number) if number else ''}{name}").write_bytes(text)
    case.after(folder)
    return wheel


def judged(case: Case, folder: Path, *planted: str) -> Any:
    """The verdict, with a bug planted in each of these steps."""
    wheel = folder / case.filename
    if not wheel.exists():
        written(case, folder)
    steps = {name: GULLIBLE[name] if name in planted else step for name, step in STEPS.items()}
    policy, roots = _policy(folder / "acme.policy.toml")
    case.later(folder)
    return verify(
        wheel, policy=policy, now=case.now, roots=roots, seen=case.seen, installed=case.installed, steps=steps
    )


@lru_cache(maxsize=4)
def _policy(path: Path) -> tuple[Policy, Roots]:
    """The policy of a folder, and its roots: one case is judged many times."""
    policy = load_policy(path)
    return policy, Roots(policy)

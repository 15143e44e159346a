"""Step 4: the signatures are real, by sigstore's own judgement or by a key of the policy.

Takes:   the readings, the pinned roots, the keys.
Gives:   the names of the roots that vouch for each reading; findings T120 to T125.
Why so:  what sigstore's client checks well is left to it; what it lets pass is the next step's business.
Ignores: who the signers are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_trust import dsse
from penstock_trust.facts import Evidence
from penstock_trust.keys import PublicKey
from penstock_trust.policy.model import KeyRoot, SigstoreRoot
from penstock_trust.refusal import Refusal
from penstock_trust.roots import first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_trust.case import Case
    from penstock_trust.reading import Reading
    from penstock_trust.roots import TrustedRoot


def bundle(case: Case) -> Iterator[Evidence]:
    """Check every signature; one that does not hold refuses the wheel, whatever else is there."""
    for reading in case.readings:
        reading.vouchers = _keyed(case, reading) if reading.claim.kind == "key" else _logged(case, reading)
        named = ", ".join(f"`{name}`" for name in reading.vouchers)
        facts = {"claim": reading.claim.source, "roots": [*reading.vouchers], "kind": reading.claim.kind}
        yield Evidence("bundle", f"{reading.what} is signed, says {named}", facts)


def _keyed(case: Case, reading: Reading) -> tuple[str, ...]:
    """The key roots that signed it. A signature that names a key of the policy has to be of that key."""
    keys = {name: PublicKey(root.public_key) for name, root in case.policy.roots.items() if isinstance(root, KeyRoot)}
    if reading.envelope is None:
        raise Refusal("T124", f"{reading.what} holds no envelope")
    signed = dsse.signers(reading.envelope, keys.values())
    named = {each.keyid for each in reading.envelope.signatures}
    for name, key in keys.items():
        if key.id in named and key not in signed:
            raise Refusal("T125", f"{reading.what} says to be signed by the key `{name}`, and is not")
    vouchers = tuple(name for name, key in keys.items() if key in signed)
    if not vouchers:
        hint = "a key counts when the policy has a `[trust.NAME]` of kind `key` for it"
        raise Refusal("T124", f"{reading.what} is signed by no key of the policy", hint=hint)
    return vouchers


def _logged(case: Case, reading: Reading) -> tuple[str, ...]:
    """The sigstore roots by which it verifies."""
    names = [name for name, root in case.policy.roots.items() if isinstance(root, SigstoreRoot)]
    if not names:
        raise Refusal("T123", f"{reading.what} is a sigstore bundle, and the policy trusts no sigstore")
    parsed = parsed_by_sigstore(reading)
    vouchers, reasons = [], []
    for name in names:
        reason = reason_against(case.roots.sigstore(name), parsed, case.data)
        if reason is None:
            vouchers.append(name)
        else:
            reasons.append(f"`{name}` says: {reason}")
    if not vouchers:
        raise Refusal("T122", f"the signature in {reading.what} does not hold; {'; '.join(reasons)}")
    return tuple(vouchers)


def parsed_by_sigstore(reading: Reading) -> Any:
    """The bundle as sigstore's client reads it. Raises `Refusal` (T123)."""
    import warnings

    from cryptography.utils import CryptographyDeprecationWarning
    from sigstore.models import Bundle

    try:
        with warnings.catch_warnings():  # it warns of certificates that no authority issues, such as a serial below 1
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            return Bundle.from_json(reading.claim.text)
    except Exception as error:  # whatever pydantic, binascii, cryptography and sigstore raise about a bundle
        raise Refusal("T123", f"{reading.what} is no sigstore bundle: {first_line(error)}") from error


def reason_against(root: TrustedRoot, parsed: Any, data: bytes) -> str | None:
    """Why this root does not vouch for the bundle; None when it does."""
    from sigstore.errors import Error

    verifier = root.verifier
    try:
        if parsed._dsse_envelope is None:
            verifier.verify_artifact(data, parsed, _Anybody())
        else:
            verifier.verify_dsse(parsed, _Anybody())
    except Error as error:
        return first_line(error)
    except Exception as error:  # sigstore lets through what pydantic, binascii, struct and rfc3161_client raise
        return f"{type(error).__name__}: {first_line(error)}"
    return None


class _Anybody:
    """Sigstore asks a policy who may sign; ours is asked in a step of its own."""

    def verify(self, cert: Any) -> None:
        """Nobody is refused here."""

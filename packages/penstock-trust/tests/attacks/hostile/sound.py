"""What nobody may refuse: wheels that are signed as they should be, in every way in which that is done.

Gives:   `SOUND`: name -> what makes a `Case`.
Ignores: what is wrong anywhere (`bundles`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from cryptography import x509

from hostile.archive import wheel_of
from hostile.bundling import keyed, requiring, version_of
from hostile.case import Case, bundle_of, signed
from hostile.denials import signed_list
from hostile.forge import ISSUER, NOW, SAN, SIGNED
from penstock_trust.predicates import PUBLISH
from penstock_trust.seen import Seen

SLSA = "https://slsa.dev/provenance/v1"
DENY = '[deny]\nfile = "deny.json"\nsigners = ["security"]\nmax-age = "7d"'
BOTH = {"rekor": 2, "tsa": True}


def attested(**how: object) -> Case:
    """A wheel with the statement that its policy asks for."""
    case = signed(**how)
    case.more = f'attestations = ["{SLSA}"]'
    case.bundles.append(bundle_of(case, dsse=True, **how))
    return case


def attested_by_another() -> Case:
    """A statement that somebody else has to make."""
    case = signed()
    case.more = f'attestations = [{{type = "{SLSA}", signers = {{any = ["ada"]}}}}]'
    case.bundles.append(_ada(case, dsse=True))
    return case


def _ada(case: Case, **how: object) -> object:
    issuer = "https://accounts.acme.test"
    return bundle_of(case, san=x509.RFC822Name("ada@acme.test"), issuer=issuer, issuer_v2=issuer, claims={}, **how)


def by_two(signers: str) -> Case:
    """A wheel that two have signed."""
    case = signed()
    case.signers = signers
    case.bundles.append(_ada(case))
    return case


def by_sigstore_and_key() -> Case:
    """A wheel that was signed in CI, and released by hand."""
    case = signed()
    case.signers = '{all = ["release", "factory"]}'
    case.bundles += keyed(wheel=case.wheel).bundles
    return case


def published() -> Case:
    """A wheel that counts as signed by what an index keeps about its upload (PEP 740)."""
    return signed(dsse=True, predicate_type=PUBLISH)


def old_format() -> Case:
    """A bundle as the older clients wrote it, with a chain of one."""

    def change(bundle: object) -> None:
        assert isinstance(bundle, dict)
        bundle["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2"
        material = bundle["verificationMaterial"]
        material["x509CertificateChain"] = {"certificates": [material.pop("certificate")]}

    return signed(bundle=change)


def retired_since() -> Case:
    """A log and an authority that were retired after they had done their work."""
    case = signed()
    times = {"start": "2026-01-01T00:00:00Z", "end": (SIGNED + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}

    def change(root: object) -> None:
        assert isinstance(root, dict)
        for one in (root["tlogs"][0]["publicKey"], root["certificateAuthorities"][0], root["ctlogs"][0]["publicKey"]):
            one["validFor"] = times

    case.root = change
    return case


def with_deny_list(row: dict[str, object], more: str = DENY, **said: object) -> Case:
    """A wheel that is not on the list."""
    case = signed()
    case.more, case.deny = more, signed_list(row, **said)
    return case


def native() -> Case:
    """Compiled code, where the policy allows it."""
    case = signed(wheel_of({"acme_flow/fast.cpython-311-x86_64-linux-gnu.so": b"\x7fELF" + bytes(60)}))
    case.more = 'allow = ["native"]'
    return case


def changed(case: Case, **said: object) -> Case:
    """The case with some of it said differently."""
    for name, value in said.items():
        setattr(case, name, value)
    return case


def _version(versions: str, **more: object) -> dict[str, object]:
    return {"kind": "version", "name": "acme-flow", "versions": versions, **more}


_LATER = {"effective-from": "2026-11-22T12:00:01Z"}
SOUND: dict[str, Callable[[], Case]] = {
    "an artifact, Rekor v1": signed,
    "an artifact, Rekor v1 and a stamp": lambda: signed(tsa=True),
    "an artifact, Rekor v2 and a stamp": lambda: signed(**BOTH),
    "an artifact, Rekor v2 with an Edwards key and a stamp": lambda: signed(**BOTH, log="rekor2", log_edwards=True),
    "an artifact, two stamps": lambda: signed(**BOTH, stamps=2),
    "a statement, Rekor v1": attested,
    "a statement, Rekor v1 and a stamp": lambda: attested(tsa=True),
    "a statement, Rekor v2 and a stamp": lambda: attested(**BOTH),
    "a statement, Rekor v2 with an Edwards key and a stamp": lambda: attested(**BOTH, log="rekor2", log_edwards=True),
    "a statement by somebody else": attested_by_another,
    "a key": keyed,
    "a key whose statement does not say which": lambda: keyed(envelope=lambda made: made["signatures"][0].pop("keyid")),
    "a sigstore and a key": by_sigstore_and_key,
    "an attestation of the upload": published,
    "all of two": lambda: by_two('{all = ["release", "ada"]}'),
    "two of three": lambda: by_two('{any = ["release", "ada", "factory"], threshold = 2}'),
    "an older format of the bundle": old_format,
    "a tree of one": lambda: signed(size=1, index=0),
    "the last of a large tree": lambda: signed(size=1000, index=999),
    "the first issuer extension only": lambda: signed(issuer_v2=None),
    "the second issuer extension only": lambda: signed(issuer=None),
    "keys that were retired since": retired_since,
    "the version that is the lowest": lambda: version_of("1.0"),
    "a version after the lowest's final": lambda: version_of("1.0.post1"),
    "a later version than was here": lambda: changed(signed(), installed="1.1.9"),
    "an older version, where the rule lets it": lambda: changed(signed(), installed="1.3", more="rollback = true"),
    "dependencies that are listed": lambda: changed(requiring("acme-flow>=1")(), more='dependencies = "listed"'),
    "native code that is allowed": native,
    "nobody, where nobody has to": lambda: changed(Case(), edits=(('signers = {any = ["release"]}', 'allow = ["unsigned"]'),)),
    "another version is denied": lambda: with_deny_list(_version("<1.2")),
    "another pack is denied": lambda: with_deny_list({**_version(">=0"), "name": "acme-flower"}),
    "the version is denied from tomorrow on": lambda: with_deny_list(_version("==1.2", **_LATER)),
    "the signer is denied since later": lambda: with_deny_list(
        {"kind": "identity", "issuer": ISSUER, "uri": SAN, "effective-from": "2026-11-20T09:30:01Z"}
    ),
    "a deny list that is old, where that is a warning": lambda: with_deny_list(
        _version("<1.2"), DENY + '\nstale = "warn"', issued="2026-11-10T00:00:00Z"
    ),
    "a policy that was here before": lambda: changed(signed(), seen=Seen({"acme": (6, "0" * 64)})),
    "a deny list of the policy's name": lambda: changed(
        with_deny_list(_version("<1.2"), name="acme"), seen=Seen({"acme": (6, "0" * 64)}, {"acme": (11, "0" * 64)})
    ),
    "the last moment of a policy": lambda: changed(signed(), now=NOW.replace(year=2027, month=1, day=30)),
}  # fmt: skip  # one to a line, where it fits

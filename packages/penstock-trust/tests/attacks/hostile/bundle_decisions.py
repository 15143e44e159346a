"""Wheels about which everything is right, and which the policy does not accept.

Gives:   more of `BUNDLES`, each of which makes a `Case`.
Ignores: policy files that are wrong (`policies`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from hostile.bundling import (
    BUNDLES,
    seen,
)
from hostile.case import Case, bundle_of, signed
from hostile.forge import (
    ISSUER,
    SAN,
    WORKFLOW,
    Edit,
)


def decided(name: str, code: str, change: Edit, make: Callable[[], Case] = signed, step: str = "policy") -> None:
    """An attack that only the policy can end."""

    def made() -> Case:
        case = make()
        change(case)
        return case

    BUNDLES.add(name, step, code, made)


def edited(*edits: tuple[str, str]) -> Edit:
    """Change the text of the policy."""
    return lambda case: setattr(case, "edits", edits)


def signers(text: str) -> Edit:
    """Say who has to sign."""
    return lambda case: setattr(case, "signers", text)


_TWIN = f'[[identity]]\nname = "twin"\ntrust = "sigstore"\nissuer = "{ISSUER}"\nuri = "{SAN}"\n\n[[pack]]'


def _two_roots(case: Case) -> None:
    """The file of the same sigstore a second time, with a blank more: another digest, the same authority."""
    other = case.root_text() + b" "
    text = f'[trust.again]\nkind = "sigstore"\nfile = "again.json"\nsha256 = "{hashlib.sha256(other).hexdigest()}"\n\n[trust.factory]'
    case.signers = '{all = ["release", "again"]}'
    again = f'[[identity]]\nname = "again"\ntrust = "again"\nissuer = "{ISSUER}"\nuri = "{WORKFLOW}@refs/tags/v{{version}}"\n\n[[pack]]'
    case.edits = (("[trust.factory]", text), ("[[pack]]", again))
    case.after = lambda folder: (folder / "again.json").write_bytes(other)


def _both(case: Case) -> None:
    """A second bundle of the same signer."""
    case.bundles.append(bundle_of(case, tsa=True))


decided(
    "the policy has ended", "T320", edited(('expires = "2027-01-31T00:00:00Z"', 'expires = "2026-11-22T12:00:00Z"'))
)
decided("an older policy was put back", "T321", seen({"acme": (8, "")}))
decided("the policy was changed and kept its number", "T322", seen({"acme": (7, "0" * 64)}))
decided(
    "no rule is for the pack", "T323", edited(('match = "acme-flow"', 'match = "acme-core"')), step="policy reading"
)
decided(
    "a rule is for names that only begin alike",
    "T323",
    edited(('match = "acme-flow"', 'match = "acme-flow-*"')),
    step="policy reading",
)
decided("nobody signed", "T324", lambda case: case.bundles.clear())
decided("one signed and two have to", "T324", signers('{any = ["release", "ada"], threshold = 2}'))
decided("one of all did not sign", "T324", signers('{all = ["release", "factory"]}'))
decided(
    "one signed twice and two have to", "T324", lambda case: (signers('{all = ["release", "ada"]}')(case), _both(case))
)
decided(
    "one signature fits two names, and two have to sign",
    "T324",
    lambda case: (signers('{all = ["release", "twin"]}')(case), edited(("[[pack]]", _TWIN))(case)),
)
decided("one certificate is known by two files of one sigstore", "T324", _two_roots)

"""Decide who signed a wheel and whether we accept them, and keep proof of the decision.

A table of contents: each name is imported from its room when it is first used, so `import penstock_trust` costs
nothing.  Only `penstock_trust.verify.verify` is not listed: the name is its module's.  `penstock_commands` and
`penstock_secrets` are hooks: the core calls them where it is installed.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from penstock_trust.facts import Accepted as Accepted
    from penstock_trust.facts import Claim as Claim
    from penstock_trust.facts import Evidence as Evidence
    from penstock_trust.facts import Hygiene as Hygiene
    from penstock_trust.facts import Identity as Identity
    from penstock_trust.facts import Proof as Proof
    from penstock_trust.facts import Refused as Refused
    from penstock_trust.facts import Subject as Subject
    from penstock_trust.facts import Unknown as Unknown
    from penstock_trust.keys import PrivateKey as PrivateKey
    from penstock_trust.keys import PublicKey as PublicKey
    from penstock_trust.pep740 import import_pep740 as import_pep740
    from penstock_trust.policy.load import load_policy as load_policy
    from penstock_trust.roots import Roots as Roots
    from penstock_trust.sign import Session as Session
    from penstock_trust.sign import attest_with_key as attest_with_key
    from penstock_trust.sign import sign_with_key as sign_with_key

_ROOMS = {
    "facts": "Accepted Claim Evidence Hygiene Identity Proof Refused Subject Unknown",
    "keys": "PrivateKey PublicKey",
    "pep740": "import_pep740",
    "policy.load": "load_policy",
    "roots": "Roots",
    "sign": "Session attest_with_key sign_with_key",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [*_WHERE, "penstock_commands", "penstock_secrets"]


def penstock_commands() -> "Iterable[Any]":
    """Offer `penstock trust` to the host."""
    from penstock_trust.host import commands

    return commands()


def penstock_secrets() -> "Mapping[str, Callable[[str], str]]":
    """Offer `keyring:` and `cmd:` references to the host."""
    from penstock_trust.secrets.resolving import schemes

    return schemes()


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = __import__(f"{__name__}.{_WHERE[name]}", fromlist=("_",))  # importlib would be one import more
    value = globals()[name] = getattr(room, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

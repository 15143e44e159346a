"""Secrets by reference: the reference may be written anywhere, the value nowhere.

A table of contents: `SecretRef` is the reference, `resolve` gives the `Secret` behind it, which shows itself to nobody who
does not ask for it.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_findings.secret import Secret as Secret
    from penstock_findings.secret import redacted as redacted
    from penstock_trust.secrets.reference import SecretRef as SecretRef
    from penstock_trust.secrets.resolving import resolve as resolve

_ROOMS = {
    "Secret": "penstock_findings.secret",
    "redacted": "penstock_findings.secret",
    "SecretRef": "penstock_trust.secrets.reference",
    "resolve": "penstock_trust.secrets.resolving",
}

__all__ = [*_ROOMS]


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(__import__(_ROOMS[name], fromlist=("_",)), name)
    return value

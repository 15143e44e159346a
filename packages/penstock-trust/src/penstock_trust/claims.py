"""Find what is claimed about a wheel: the bundles and envelopes that lie beside it.

Takes:   the path of a wheel, or of one claim.
Gives:   `beside`, `read_claim`.
Ignores: what the claims say.
"""

from __future__ import annotations

import os

from penstock_findings.fact import Fact
from penstock_trust.policy.files import read_small
from penstock_trust.refusal import Refusal
from penstock_trust.strict import LIMIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock_trust.facts import Kind

SIGSTORE = ".sigstore.json"
KEYED = ".dsse.json"
MANY = 32  # claims beside one wheel


class Found(Fact):
    """A claim before its wheel was looked at."""

    kind: Kind
    text: bytes
    source: str


def beside(wheel: str | os.PathLike[str]) -> tuple[Found, ...]:
    """Every claim beside the wheel, by name: `WHEEL.sigstore.json`, `WHEEL.NAME.sigstore.json`, `WHEEL.NAME.dsse.json`.

    Raises `Refusal`: T104 for too many, T105 for one that cannot be read.
    """
    folder, name = os.path.split(os.fsdecode(wheel))
    try:
        names = sorted(os.listdir(folder or "."))
    except (OSError, ValueError) as error:
        raise Refusal("T105", f"cannot look beside `{name}`: {_why(error)}") from error
    named = [each for each in names if each.startswith(f"{name}.") and each.endswith((SIGSTORE, KEYED))]
    if len(named) > MANY:
        raise Refusal("T104", f"there are {len(named)} claims beside `{name}`, and {MANY} are read at most")
    return tuple(read_claim(os.path.join(folder, each)) for each in named)


def read_claim(path: str | os.PathLike[str]) -> Found:
    """The claim in a file, whose name says of which kind it is. Raises `Refusal` (T105)."""
    name = os.fsdecode(path)
    try:
        text = read_small(name, 4 * LIMIT)  # the step `limits` refuses those above one; this is so that none is endless
    except (OSError, ValueError) as error:
        raise Refusal("T105", f"cannot read `{name}`: {_why(error)}") from error
    return Found("key" if name.endswith(KEYED) else "sigstore", text, name)


def _why(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()

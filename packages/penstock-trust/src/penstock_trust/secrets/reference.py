"""Say which secret is meant, in the one form that may stand in a graph, a record or a store.

Takes:   a text: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER` or `cmd:PROGRAM ARGUMENTS...`.
Gives:   `SecretRef`; `SCHEMES`.
Ignores: the value; `resolving` looks there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from penstock_findings.errors import PenstockError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SCHEMES = {
    "env": "`env:NAME`, a variable of the environment",
    "file": "`file:PATH`, what stands in a file",
    "keyring": "`keyring:SERVICE/USER`, an entry of the system's keyring",
    "cmd": "`cmd:PROGRAM ARGUMENTS...`, what a program prints, such as sops or age",
}
LONGEST = 4096  # characters


class BadReference(PenstockError):
    """A text that should name a secret names none. It is not repeated: it may be the secret itself."""

    code = "T601"

    def __init__(self, why: str) -> None:
        super().__init__(f"this names no secret: {why}", hint="write " + ", ".join(SCHEMES.values()))


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A reference; `str` gives the text that it was read from.

    >>> str(SecretRef.parse("keyring:uplink/robot"))
    'keyring:uplink/robot'
    """

    scheme: str
    place: str

    @classmethod
    def parse(cls, text: str) -> SecretRef:
        """The reference that the text spells; raises `BadReference` (T601)."""
        scheme, colon, place = text.partition(":")
        if not colon or scheme not in SCHEMES:
            raise BadReference("it does not begin with the kind of a reference")
        if not place or place != place.strip() or len(place) > LONGEST or not place.isprintable():
            raise BadReference(f"what stands behind `{scheme}:` is no place")
        if scheme == "env" and not _NAME.fullmatch(place):
            raise BadReference("what stands behind `env:` is no name of a variable")
        if scheme == "keyring" and not all(part.strip() == part != "" for part in place.rpartition("/")[::2]):
            raise BadReference("what stands behind `keyring:` is not `SERVICE/USER`")
        return cls(scheme, place)

    @property
    def label(self) -> str:
        """What is shown in the place of the value; of a command only its program."""
        return f"cmd:{self.place.split(' ', 1)[0]}" if self.scheme == "cmd" else str(self)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.place}"

"""Remember the highest policy and deny list that were used here, so that an older one cannot come back.

Takes:   the folder where this machine keeps what it accepted.
Gives:   `Seen`; `read_seen`, `write_seen`.
Ignores: what an older one leads to (`policy.judge`, `deny.read`); who can write the folder can forget (`trust doctor` looks).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from penstock_trust.policy.files import read_small
from penstock_trust.refusal import Refusal
from penstock_trust.strict import canonical, json_of

if TYPE_CHECKING:
    from collections.abc import Mapping


FILE = "seen.json"
LIMIT = 1 << 20  # bytes


class Numbered(Protocol):
    """A policy or a deny list, as far as it is remembered."""

    @property
    def name(self) -> str:
        """What its owner calls it."""

    @property
    def sequence(self) -> int:
        """Which one of that name it is."""

    @property
    def digest(self) -> str:
        """The sha256 of the file."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Name -> the highest sequence that was used, and the sha256 (hex) of that file."""

    policies: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    lists: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    def after(self, policy: Numbered, listed: Numbered | None = None) -> Seen:
        """What is remembered once these have been used; a lower sequence changes nothing."""
        lists = self.lists if listed is None else _higher(self.lists, listed.name, listed.sequence, listed.digest)
        return Seen(_higher(self.policies, policy.name, policy.sequence, policy.digest), lists)


def read_seen(folder: str | os.PathLike[str]) -> Seen:
    """What is remembered; nothing where there is no file. Raises `Refusal` (T325) for a file that cannot be read."""
    path = os.path.join(os.fsdecode(folder), FILE)
    try:
        data = read_small(path, LIMIT)
    except FileNotFoundError:
        return Seen()
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise Refusal("T325", f"cannot read what was used here before, `{path}`: {why}") from error
    value = json_of(data, f"`{path}`", limit=LIMIT, code="T325", floats=False)
    if not isinstance(value, dict) or value.keys() != {"format", "lists", "policies"} or value["format"] != 1:
        raise Refusal("T325", f"`{path}` does not say what was used here before")
    return Seen(_table(value["policies"], path), _table(value["lists"], path))


def write_seen(folder: str | os.PathLike[str], seen: Seen) -> None:
    """Replace what is remembered, as a whole. Raises `Refusal` (T325)."""
    path = os.path.join(os.fsdecode(folder), FILE)
    fresh = f"{path}.{os.getpid()}"
    tables = {"policies": seen.policies, "lists": seen.lists}
    text = canonical(
        {"format": 1} | {key: {name: list(row) for name, row in table.items()} for key, table in tables.items()}
    )
    try:
        os.makedirs(folder, exist_ok=True)
        with open(fresh, "wb") as file:
            file.write(text + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Refusal("T325", f"cannot write what was used here, `{path}`: {why}") from error


def _higher(
    table: Mapping[str, tuple[int, str]], name: str, sequence: int, digest: str
) -> Mapping[str, tuple[int, str]]:
    return table if table.get(name, (0, ""))[0] >= sequence else {**table, name: (sequence, digest)}


def _table(value: Any, path: str) -> dict[str, tuple[int, str]]:
    rows = value.items() if isinstance(value, dict) else [("", None)]
    made: dict[str, tuple[int, str]] = {}
    for name, row in rows:
        if not (isinstance(row, list) and len(row) == 2 and type(row[0]) is int and isinstance(row[1], str)):
            raise Refusal("T325", f"`{path}` does not say what was used here before")
        made[name] = (row[0], row[1])
    return made

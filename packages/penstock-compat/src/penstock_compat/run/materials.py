"""Name what goes into an environment: a wheel that was built, versions that were chosen.

Gives:   `Pin`, `Wheel`, `Question`, `Resolution`: frozen facts that the engines hand to each other.
Ignores: how they come about (`uv`, `pip`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pin:
    """One distribution at one version."""

    name: str  # normalised
    version: str
    digest: str = ""  # of the wheel, "sha256:..."; "" where nobody knows it
    where: str = ""  # absolute path of the wheel; "" is wherever the tool takes packages from


@dataclass(frozen=True, slots=True)
class Wheel:
    """A pack, built."""

    path: str
    digest: str
    name: str
    version: str
    requires: tuple[str, ...]  # Requires-Dist lines
    requires_python: str
    modules: tuple[str, ...]  # that it puts on the import path
    pure: bool

    @property
    def pin(self) -> Pin:
        """The wheel as one of the versions of an environment."""
        return Pin(self.name, self.version, self.digest, self.path)


@dataclass(frozen=True, slots=True)
class Question:
    """What versions are wanted: all that the answer depends on, beside what is on offer."""

    pack: Wheel
    extras: tuple[str, ...]  # of the pack
    core: str  # requirement line, or ""
    tools: tuple[str, ...]  # requirement lines of what the tests need; always the newest that fit
    constraints: tuple[str, ...]
    resolution: str  # newest, lowest
    prereleases: bool
    sdists: bool
    python: str  # absolute path of the interpreter
    offer: str  # folder of local wheels as a simple index; "" is none
    offline: bool

    def key(self, interpreter: str, offer_digest: str) -> str:
        """A name for the question that changes when the answer may."""
        import json
        from hashlib import sha256

        pack = (self.pack.name, self.pack.version, self.pack.requires, self.pack.requires_python)
        rest = (self.extras, self.core, self.tools, self.constraints, self.resolution, self.prereleases, self.sdists)
        text = json.dumps([pack, rest, self.offline, interpreter, offer_digest])
        return sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Resolution:
    """The versions that were chosen, without the pack itself; sorted by name."""

    pins: tuple[Pin, ...]
    at: float  # seconds since the epoch

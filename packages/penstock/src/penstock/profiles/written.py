"""A profile as facts: what stands in its file and where, with no name looked up yet.

Takes:   nothing.
Gives:   `WrittenProfile`, `ProfileFile`.
Ignores: which profiles exist (`load`) and which settings win (`resolve`).
"""

from __future__ import annotations

from penstock_findings.fact import EMPTY, Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from penstock.graph.places import Places


class Given(Fact):
    """A setting that a file gives: its value as the model wants it, and where it stands."""

    pointer: str
    value: Any


class WrittenProfile(Fact):
    """What stands in a profile, as far as it could be read."""

    name: str
    description: str = ""
    inherits: str | None = None
    inherits_pointer: str = ""
    settings: Mapping[str, Given] = EMPTY
    policies: tuple[tuple[str, str], ...] = ()  # pointer and path of policy files
    accepts: tuple[str, ...] = ()  # settings whose lossy value is accepted


class ProfileFile(Fact):
    """A profile in hand. `origin` is `built in`, `file`, or the name of the pack that offers it."""

    path: str
    origin: str
    written: WrittenProfile
    places: Places
    text: str
    folder: str  # relative to which its policy files are named

"""Decide which questions a comparison has to answer: by mode, by position, by what else is still out there.

Takes:   the mode, the positions of a contract.
Gives:   `MODES`, `needs`: the directions that are needed, each with the reason.
Ignores: the answers (`compare`).
"""

from __future__ import annotations

from dataclasses import dataclass

BACKWARD = "backward"  # the baseline's payloads are read with the candidate
FORWARD = "forward"  # the candidate's payloads are read with the baseline
_DIRECTIONS = {"backward": (BACKWARD,), "forward": (FORWARD,), "full": (BACKWARD, FORWARD)}
TRANSITIVE = "-transitive"
MODES = (*_DIRECTIONS, *(f"{mode}{TRANSITIVE}" for mode in _DIRECTIONS))
POSITIONS = ("input", "output", "state")

_OF_POSITION = {
    "input": (BACKWARD, "an input has to keep accepting everything that was written for it"),
    "output": (FORWARD, "an output has to stay inside of what its consumers accept"),
    "state": (BACKWARD, "state that was kept by the old version is read by the new one"),
}
_OF_MODE = {
    BACKWARD: "what was written with the baseline is read with the candidate",
    FORWARD: "what is written with the candidate is read with the baseline",
}


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be asked. `why`: direction -> the reason; only the directions in it fail the gate."""

    mode: str  # "backward", "forward" or "full"
    why: dict[str, str]


def needs(mode: str | None, positions: tuple[str, ...]) -> Needs:
    """The directions of the mode; without a mode those of the positions; without these, backward.

    >>> needs(None, ("output",)).mode, needs(None, ("input", "output")).mode, needs("full", ()).mode
    ('forward', 'full', 'full')
    """
    if mode is not None:
        plain = mode.removesuffix(TRANSITIVE)
        why = {direction: _OF_MODE[direction] for direction in _DIRECTIONS[plain]}
        return Needs(plain, why)
    found: dict[str, str] = {}
    for position in positions:
        direction, reason = _OF_POSITION[position]
        found[direction] = f"{found[direction]}; {reason}" if direction in found else reason
    if not found:
        return Needs("backward", {BACKWARD: _OF_MODE[BACKWARD]})
    return Needs("full" if len(found) > 1 else next(iter(found)), found)


def is_transitive(mode: str | None) -> bool:
    """Whether all versions of the retention window count, and not only the latest."""
    return mode is not None and mode.endswith(TRANSITIVE)

"""Say what an attack is, and what is not one.

Gives:   `Attack`: material, the one step that refuses it, and the code it is refused with; `Collection`, which a module
         of attacks fills with a decorator.
Ignores: how material is put before the steps; each family has its own way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

READING = "reading"  # stands behind a step where nothing is left that anybody could read


@dataclass(frozen=True, slots=True)
class Attack:
    """Something that has to be refused: by `step`, with `code`, and but for those `behind` it by nothing else."""

    name: str
    family: str
    step: str
    code: str
    make: Callable[..., Any]
    behind: tuple[str, ...] = ()  # further steps that would refuse it, were `step` not there

    def __str__(self) -> str:
        return self.name


@dataclass(slots=True)
class Collection:
    """The attacks of one family, by name, in the order in which they are written down."""

    family: str
    attacks: dict[str, Attack] = field(default_factory=dict)

    def by(self, step: str, code: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Enter what the function makes as an attack that `step` refuses with `code`; its name is the attack's."""

        def enter(make: Callable[..., Any]) -> Callable[..., Any]:
            self.add(make.__name__.replace("_", " "), step, code, make)
            return make

        return enter

    def add(self, name: str, step: str, code: str, make: Callable[..., Any]) -> None:
        """Enter an attack; further words of `step` are the steps behind it."""
        if name in self.attacks:
            raise ValueError(f"there are two attacks `{name}`")
        first, *behind = step.split()
        self.attacks[name] = Attack(name, self.family, first, code, make, tuple(behind))

    def alone(self) -> list[Attack]:
        """Those that one step alone refuses."""
        return [attack for attack in self if not attack.behind and attack.step != READING]

    def __iter__(self) -> Iterator[Attack]:
        return iter(self.attacks.values())

    def __len__(self) -> int:
        return len(self.attacks)

"""A policy file as facts: what stands in it and where, with no name looked up yet.

Takes:   nothing.
Gives:   `WrittenPolicies` and its parts; a pointer says where each stands in the file.
Ignores: which policies and nodes exist (`compose`).
"""

from __future__ import annotations

from penstock_findings.fact import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Pattern(Fact):
    """A name, or a pattern with `*` and `?` that names may fit."""

    pointer: str
    text: str


class Selector(Fact):
    """What a rule is for. `kind` is node, channel, link or run; every key has to hold, by any of its patterns."""

    pointer: str
    kind: str
    keys: Mapping[str, tuple[Pattern, ...]]

    @property
    def words(self) -> str:
        """As one would say it: `node up*, tag outside`."""
        if self.kind == "run":
            return "run"
        said = [f"{key} {' or '.join(pattern.text for pattern in patterns)}" for key, patterns in self.keys.items()]
        return ", ".join(said)


class WrittenUse(Fact):
    """A policy that a rule binds, or (`off`) takes away."""

    pointer: str
    type: str
    type_pointer: str
    alias: str | None  # a place of its own, in a layer that has room for several
    alias_pointer: str
    config: Mapping[str, Any]
    config_pointer: str
    off: bool


class WrittenNumber(Fact):
    """A setting of what the rule is for."""

    pointer: str
    name: str
    value: int


class WrittenFailure(Fact):
    """How one kind of failure is to be classified here; `status` is half-open."""

    pointer: str
    gives: str
    error: str | None
    status: tuple[int, int] | None
    retry_after: bool | None

    @property
    def condition(self) -> tuple[Any, ...]:
        """What it is about."""
        return self.error, self.status, self.retry_after


class WrittenRule(Fact):
    """One rule; `number` counts from 1, in the order of the file."""

    pointer: str
    number: int
    selector: Selector | None  # None when it could not be read
    uses: tuple[WrittenUse, ...] = ()
    numbers: tuple[WrittenNumber, ...] = ()
    failures: tuple[WrittenFailure, ...] = ()
    accepts_loss: bool = False
    is_optional: bool = False


class WrittenPolicies(Fact):
    """A whole file, as far as it could be read; the parts that could not are left out and were complained about."""

    name: str
    name_pointer: str
    rules: tuple[WrittenRule, ...]
    description: str = ""

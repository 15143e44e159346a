"""Say what a comparison of contracts found, as facts: every change, its place on both sides, and what follows from it.

Takes:   nothing.
Gives:   `Outcome`, made of `Comparison`s, made of `Direction`s and `Change`s; and the small facts in them.
Ignores: how it was found (`compare`, `walk`), waived (`waiver`) and phrased for a format (`reports`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from penstock_findings.finding import NOWHERE, Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock_contracts.verdict import Verdict


class Effect(str, Enum):
    """What a change does in one direction."""

    BREAKS = "breaks"  # a payload that is written is no longer accepted; `witness` is one
    HARMLESS = "harmless"  # alone it would break, here it cannot; `reason` says why
    FITS = "fits"  # everything that is written is accepted
    UNDECIDED = "undecided"  # `reason` says why
    UNASKED = "unasked"  # there was no time left to look at this change alone; the whole contract was decided

    def __str__(self) -> str:
        return str(self.value)


class Bump(str, Enum):
    """The smallest version step that a change allows, as in semantic versioning."""

    PATCH = "patch"  # proved: both sides accept the same payloads
    MINOR = "minor"
    MAJOR = "major"

    def __str__(self) -> str:
        return str(self.value)

    @property
    def rank(self) -> int:
        """A number to compare by: the larger the step, the higher."""
        return ("patch", "minor", "major").index(self.value)


@dataclass(frozen=True, slots=True)
class Payload:
    """A JSON value that tells two contracts apart; `text` is it as JSON, exact and on one line."""

    value: Any
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where one side of a change stands; `pointer` is into the schema, the one in `at` into the file.

    `present` is False when this side has nothing there; then `at` is the nearest parent that there is.
    """

    pointer: str
    at: Location = NOWHERE
    value: Any = None
    present: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What one change does in one direction."""

    direction: str  # "backward": what the baseline's payloads meet in the candidate; "forward": the other way round
    effect: Effect
    reason: str = ""
    witness: Payload | None = None
    exotic: bool = False  # only a line terminator or a dialect of regular expressions shows it


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody's word that one finding may pass until a day."""

    code: str
    subject: str  # digest of the contract that it was written for
    pointer: str
    reason: str
    owner: str
    expires: str  # the last day on which it holds, as 2026-01-31
    at: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two schemas, at the smallest place that differs."""

    code: str  # K2..: see `penstock-contracts explain`
    keyword: str  # the JSON Schema keyword, or "" for a whole schema
    message: str  # one sentence with the names in backticks
    was: str  # what the baseline allows here, in plain words
    now: str  # what the candidate allows here
    baseline: Place
    candidate: Place
    answers: tuple[Answer, ...]  # backward, forward
    severity: Severity
    bump: Bump
    breaking: bool = False  # in a direction that the gate asks for, under the content policy in use
    undecided: bool = False  # the same, for what could not be decided
    cleared: bool = (
        False  # breaks with contents as the schemas are written, and not when only declared properties occur
    )
    waiver: Waiver | None = None

    def answer(self, direction: str) -> Answer:
        """What it does in the direction."""
        return next(answer for answer in self.answers if answer.direction == direction)

    @property
    def witness(self) -> Payload | None:
        """The payload that shows the break; of a direction that breaks if there is one."""
        shown = sorted((a for a in self.answers if a.witness), key=lambda a: a.effect is not Effect.BREAKS)
        return shown[0].witness if shown else None


@dataclass(frozen=True, slots=True)
class Direction:
    """One question about whole contracts: is everything that `producer` writes accepted by `consumer`?"""

    name: str  # "backward" or "forward"
    needed: bool  # whether the gate fails when the answer is no
    why: str  # "an input must keep accepting what was written for it"
    producer: str  # how reports name the two sides
    consumer: str
    verdict: Verdict  # as the schemas are written
    declared: Verdict | None = None  # when payloads hold declared properties only; None when that was not asked


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of one contract, compared."""

    name: str  # what is compared: "site.alert", "alert.json", "zone-rule.out"
    baseline: str  # which version, as people say it: "main:alert.json", "site-pack 0.2.0"
    candidate: str
    digest: str  # of the candidate's schema, for waivers: "sha256:..."
    positions: tuple[str, ...]  # input, output, state; () when nothing is known about it
    mode: str  # "backward", "forward", "full"
    content: str  # "open" or "declared"
    directions: tuple[Direction, ...]
    changes: tuple[Change, ...]
    bump: Bump | None  # None when it could not be decided
    equivalent: bool = False  # proved: the same payloads on both sides
    baseline_version: str | None = None
    candidate_version: str | None = None
    extra: tuple[Direction, ...] = ()  # older versions, queued records and known consumers: what else was asked
    is_link: bool = False  # two ends of a link, not two versions: what `baseline` writes is read by `candidate`

    @property
    def breaking(self) -> bool:
        """Whether a needed question was answered with no, and no waiver lets it pass."""
        return any(change.breaking and change.waiver is None for change in self.changes)

    @property
    def undecided(self) -> bool:
        """Whether a needed question could not be answered, and no waiver lets that pass."""
        return any(change.undecided and change.waiver is None for change in self.changes)


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one run of the gate found. `findings` hold what is not a change of a schema: ports, files, waivers."""

    command: str  # "diff", "check", "bump"
    baseline: str  # "main", "site-pack 0.2.0", "old.json"
    candidate: str
    comparisons: tuple[Comparison, ...] = ()
    findings: tuple[Finding, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)  # path -> text, for carets and for before and after
    bump: Bump | None = None  # over all comparisons and findings; None when something is undecided

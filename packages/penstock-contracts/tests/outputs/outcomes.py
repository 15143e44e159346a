"""Outcomes to print: one with a change of every kind, and some at the edge."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from penstock_contracts.change import (
    Answer,
    Bump,
    Change,
    Comparison,
    Direction,
    Effect,
    Outcome,
    Payload,
    Place,
    Waiver,
)
from penstock_contracts.exact import text_of
from penstock_contracts.verdict import Proven, Refuted, Undecided
from penstock_findings import Finding, Location, Severity, load

OLD = {
    "type": "object",
    "required": ["id", "time"],
    "properties": {
        "id": {"type": "string"},
        "time": {"type": "string", "description": "when the camera saw it"},
        "class": {"enum": ["PERSON", "TRUCK"]},
        "confidence": {"type": "number", "maximum": 1},
        "note": {"type": "string", "pattern": "^(a+)+$"},
        "frame": {"type": "integer"},
    },
}
NEW = {
    "type": "object",
    "required": ["id", "time", "site"],
    "properties": {
        "id": {"type": "string"},
        "time": {"type": "string", "description": "when it was seen"},
        "class": {"enum": ["PERSON", "TRUCK", "DOG"]},
        "confidence": {"type": "number", "maximum": 0.99},
        "note": {"type": "string", "pattern": "^(a+)+b?$"},
        "frame": {"type": "number"},
        "site": {"type": "string"},
    },
}
TEXTS = {
    "main:event.schema.json": json.dumps(OLD, indent=2) + "\n",
    "event.schema.json": json.dumps(NEW, indent=2) + "\n",
}


def place(path: str, pointer: str) -> Place:
    document = load.parse_json(TEXTS[path].encode(), path).document
    assert document is not None
    return Place(pointer, document.at(pointer))


def payload(value: Any) -> Payload:
    return Payload(value, text_of(value))


def change(
    code: str,
    keyword: str,
    pointer: str,
    message: str,
    was: str,
    now: str,
    backward: Answer,
    forward: Answer,
    **more: Any,
) -> Change:
    return Change(
        code,
        keyword,
        message,
        was,
        now,
        place("main:event.schema.json", pointer),
        place("event.schema.json", pointer),
        (backward, forward),
        more.pop("severity", Severity.ERROR if more.get("breaking") or more.get("undecided") else Severity.NOTE),
        more.pop("bump", Bump.MAJOR if more.get("breaking") else Bump.MINOR),
        **more,
    )


FITS_B, FITS_F = Answer("backward", Effect.FITS), Answer("forward", Effect.FITS)
LACKS_SITE = payload({"id": "", "time": ""})
WAIVER = Waiver(
    "K205", "sha256:" + "0" * 64, "/properties/confidence", "no camera has ever told 1", "ada", "2026-12-31",
    Location("penstock-waivers.toml", 1, 1),
)  # fmt: skip  # what, why, who, where


def event() -> Comparison:
    """Events 0.2 -> 0.3: a change of every standing."""
    changes = (
        change(
            "K201", "required", "/required", "`site` is required now", "`id` and `time` are required",
            "`id`, `site` and `time` are required",
            Answer("backward", Effect.BREAKS, witness=LACKS_SITE), FITS_F, breaking=True,
        ),
        change(
            "K203", "enum", "/properties/class/enum", "`class` may be `DOG` now", "`PERSON` or `TRUCK`",
            "`PERSON`, `TRUCK` or `DOG`",
            FITS_B, Answer("forward", Effect.BREAKS, witness=payload({"class": "DOG", "id": "", "site": "", "time": ""})),
        ),
        change(
            "K205", "maximum", "/properties/confidence/maximum", "`confidence` is at most 0.99 now", "at most 1",
            "at most 0.99",
            Answer("backward", Effect.BREAKS, witness=payload({"confidence": Decimal("0.995"), "id": "", "time": ""})),
            FITS_F, breaking=True, waiver=WAIVER,
        ),
        change(
            "K301", "pattern", "/properties/note/pattern", "`note` has another pattern", "texts like `^(a+)+$`",
            "texts like `^(a+)+b?$`",
            Answer("backward", Effect.UNDECIDED, "budget, 2 seconds"), Answer("forward", Effect.UNDECIDED, "budget, 2 seconds"),
            undecided=True,
        ),
        change(
            "K206", "type", "/properties/frame/type", "`frame` may be any number now", "a whole number", "a number",
            FITS_B, Answer("forward", Effect.HARMLESS, "the object around it is refused anyway", exotic=True), cleared=True,
        ),
    )  # fmt: skip  # a change is a table: where, what was, what is, what follows
    return Comparison(
        name="site.event",
        baseline="main:event.schema.json",
        candidate="event.schema.json",
        digest="sha256:" + "ab" * 32,
        positions=("input",),
        mode="backward",
        content="open",
        directions=(
            Direction(
                "backward", True, "an input must keep accepting what was written for it", "main:event.schema.json",
                "event.schema.json", Refuted(LACKS_SITE.value, "", "/required", "required"), Proven(),
            ),
            Direction(
                "forward", False, "", "event.schema.json", "main:event.schema.json", Undecided("budget", "2 seconds")
            ),
        ),
        changes=changes,
        bump=None,
        baseline_version="0.2.0",
        candidate_version="0.3.0",
        extra=(Direction("queued", True, "12 records of 0.2.0 wait in `events`", "0.2.0", "0.3.0", Proven()),),
    )  # fmt: skip  # the directions read as rows


def same() -> Comparison:
    """A contract that did not change in what it accepts."""
    return Comparison(
        "site.zone", "main:zone.schema.json", "zone.schema.json", "sha256:" + "cd" * 32, (), "full", "declared",
        (
            Direction("backward", True, "", "main:zone.schema.json", "zone.schema.json", Proven()),
            Direction("forward", True, "", "zone.schema.json", "main:zone.schema.json", Proven()),
        ),
        (), Bump.PATCH, equivalent=True,
    )  # fmt: skip  # the directions read as rows


def outcome(*comparisons: Comparison, **more: Any) -> Outcome:
    return Outcome("diff", "main", "working tree", comparisons, sources=TEXTS, **more)


LATE = Finding(
    "K402",
    "this waiver has expired on 2026-01-31",
    Location("penstock-waivers.toml", 9, 1),
    Severity.WARNING,
    hint="mend the contract, or ask its owner again",
)
OUTCOMES = {
    "of every kind": outcome(event(), same(), findings=(LATE,)),
    "equal": outcome(same(), bump=Bump.PATCH),
    "nothing": outcome(),
    "no baseline": outcome(findings=(Finding("K302", "there is no `event.schema.json` at `main`"),)),
}

"""Print answers, for people and for programs.

Takes:   answers and obstacles.
Gives:   `lines_of`, `value_of`, `exit_code`.
Ignores: how answers come about (`questions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from penstock_compat.questions import Answer, Verdict
from penstock_compat.report.model import Obstacle
from penstock_compat.report.phrases import cells, safe

_MOST = 6  # reasons of one answer
_LONGEST = 200  # characters of one reason


def lines_of(answer: Answer) -> Iterator[str]:
    """The answer in lines: the verdict, then what else is to be said."""
    name = f"{answer.pack} {answer.version}".rstrip()
    count = f" ({cells(len(answer.standings))})" if answer.standings else ""
    yield f"{answer.verdict}: {safe(name)}{count}"
    for reason in answer.reasons[:_MOST]:
        text = safe(reason)
        yield f"  {text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}"
    if len(answer.reasons) > _MOST:
        yield f"  and {len(answer.reasons) - _MOST} more"


def value_of(answer: Answer) -> dict[str, Any]:
    """The answer as JSON values."""
    return {
        "pack": answer.pack,
        "version": answer.version,
        "verdict": str(answer.verdict),
        "reasons": list(answer.reasons),
        "cells": {standing.cell.id: standing.look.key for standing in answer.standings},
    }


def value_of_obstacle(one: Obstacle) -> dict[str, Any]:
    """What stands in the way, as JSON values."""
    return {name: getattr(one, name) for name in one.__match_args__}


def exit_code(answers: Iterable[Answer]) -> int:
    """0 when all are yes, 1 when something does not work, 3 when something is not known."""
    answers = list(answers)
    if any(answer.broken for answer in answers):
        return 1
    return 0 if answers and all(answer.verdict is Verdict.YES for answer in answers) else 3

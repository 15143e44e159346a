"""Many values of a strategy at once, and the reference validator that judges them."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import validators


def drawn(strategy: Any, count: int = 150) -> list[Any]:
    """That many values of a strategy, or all that there are; every health check of hypothesis is on but that of time."""
    values: list[Any] = []

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],  # the machine may be busy
    )
    @given(strategy)
    def collect(value: Any) -> None:
        values.append(value)

    collect()
    return values


def refused(schema: Any, values: list[Any], *, formats: bool = False) -> list[Any]:
    """The values that the reference validator finds invalid; where it stumbles over a schema, it finds nothing."""
    validator = validators.validator_for(schema, default=validators.Draft202012Validator)
    judge = validator(schema, format_checker=validator.FORMAT_CHECKER if formats else None)
    wrong = []
    for value in values:
        try:
            if not judge.is_valid(value):
                wrong.append(value)
        except (
            TypeError,
            re.error,
        ):  # draft 7 with `items: true` and `additionalItems`; a pattern that Python cannot read
            continue
    return wrong

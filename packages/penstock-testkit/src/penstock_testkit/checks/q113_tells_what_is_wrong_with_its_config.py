"""Q113: a node answers a config that its schema allows with an error that nobody can place.

Why: `penstock check` holds a config against the schema before anything is imported. What the schema cannot say, the
node's constructor says, by a `ValueError` with a sentence or a `PenstockError` with a place; a `KeyError` or an
`AttributeError` from inside is a traceback at three in the morning.
Bad:   `fields: dict[str, str]`, and `self.fields["id"]` in `__post_init__`.
Good:  `if "id" not in self.fields: raise ValueError("`fields` needs an `id`")`
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from penstock.testing import NodeSpec, settings_schema
from penstock_findings import PenstockError
from penstock_testkit.question import Broken, Check, Records
from penstock_testkit.subject import Subject

_TRIES = 30


def has_config(spec: NodeSpec) -> bool:
    """Nodes with something to set."""
    return bool(spec.config)


def examine(subject: Subject, port: str, records: Records) -> None:
    """Make nodes of configs as the schema allows them."""
    from penstock_contracts.strategies import instances

    @settings(
        max_examples=_TRIES, database=None, deadline=None, derandomize=True,
        phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck),
    )  # fmt: skip  # one line a handful of settings
    @given(instances(settings_schema(subject.spec)))
    def try_one(config: dict[str, Any]) -> None:
        try:
            subject.node(**config)
        except (PenstockError, ValueError):
            pass
        except Exception as error:
            raise Broken(
                f"the config {config} is allowed by its schema and raises {error!r}",
                hint="raise `ValueError` with a sentence, or let the schema forbid it",
            ) from error

    try_one()


CHECK = Check("Q113", "tells what is wrong with its config", examine, asks=has_config, generated=False)

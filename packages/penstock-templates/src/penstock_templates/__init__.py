"""Scaffold packs: what this distribution offers to the core.

`penstock_templates` works without the core; only the function below, which the core alone calls, imports it.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def penstock_commands() -> "Iterable[Any]":
    """`penstock pack new`, `add` and `update`."""
    from penstock import CommandFacts

    return [
        CommandFacts("pack new", "Make a new pack, complete and tested.", "penstock_templates.cli:new"),
        CommandFacts(
            "pack add", "Grow a pack by a node, a policy, a channel kind or a contract.", "penstock_templates.cli:add"
        ),
        CommandFacts("pack update", "Bring a newer template to a pack.", "penstock_templates.cli:update"),
    ]

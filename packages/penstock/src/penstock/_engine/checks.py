"""Contracts of ports as checks on payloads, and secret references as values: what a run resolves once, at its start.

Takes:   the graph's contracts and secret references.
Gives:   `contract_checks`, `resolve_secrets`.
Ignores: which port wants which check (`driver.py`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from penstock._engine.failure import plain
from penstock._engine.ledger import Check
from penstock.graph.model import Graph
from penstock_findings import Finding, PenstockError


class CannotStart(PenstockError):
    """A run lacks something before its first record; all that it lacks is told at once."""

    code = "R204"


def contract_checks(graph: Graph) -> dict[str, Check]:
    """`name@version` -> a check that says what is wrong with a payload, or None."""
    if not graph.settings.validate or not graph.contracts:
        return {}
    import jsonschema_rs  # 25 ms, and only graphs with contracts need it

    def check_for(schema: Any) -> Check:
        validator = jsonschema_rs.validator_for(schema)

        def check(payload: Any) -> str | None:
            try:
                if validator.is_valid(payload):
                    return None
                first = next(iter(validator.iter_errors(payload)))
            except ValueError as error:  # not JSON at all, or only so far that the first error could be told from it
                return plain(error)
            pointer = "".join(f"/{token}" for token in first.instance_path)
            return f"{plain(first.message, 300)} (at `{pointer or '/'}`)"

        return check

    return {ref: check_for(contract.schema) for ref, contract in graph.contracts.items()}


def resolve_secrets(graph: Graph, environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Node id -> name -> value. Raises `CannotStart` with every reference that leads nowhere; values are never told."""
    found: dict[str, dict[str, str]] = {}
    missing: list[Finding] = []
    for node in graph.nodes.values():
        for name, reference in node.secrets.items():
            kind, _, place = reference.partition(":")
            value = environment.get(place) if kind == "env" else _read(place)
            if value is None:
                missing.append(
                    Finding(
                        code="R204",
                        message=f"secret `{name}` of node `{node.id}` is not there: `{reference}`",
                        hint="set it before the run",
                    )
                )
            else:
                found.setdefault(node.id, {})[name] = value
    if missing:
        raise CannotStart(missing[0].message, findings=missing)
    return found


def _read(path: str) -> str | None:
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            return file.read().rstrip("\n")
    except (OSError, UnicodeDecodeError):
        return None

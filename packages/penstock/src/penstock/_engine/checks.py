"""Contracts of ports as checks on payloads, compiled once, at the start of a run.

Takes:   the graph's contracts.
Gives:   `contract_checks`; `CannotStart`.
Ignores: which port wants which check (`driver.py`), and whether two contracts fit (`penstock contracts`).
"""

from __future__ import annotations

from typing import Any

from penstock._engine.failure import plain
from penstock._engine.ledger import Check
from penstock.graph.model import Graph
from penstock_findings import Finding, PenstockError
from penstock_findings.pointers import join


class CannotStart(PenstockError):
    """A run lacks something before its first record; all that it lacks is told at once."""

    code = "R204"


class UnusableContract(PenstockError):
    """A contract of the graph is no JSON Schema, or refers to something outside of itself. The pack is at fault."""

    code = "R206"


def contract_checks(graph: Graph) -> dict[str, Check]:
    """`name@version` -> a check that says what is wrong with a payload and where, or None; each compiled once.

    Raises `UnusableContract` with every contract that nothing can be checked against; nothing is fetched for one.
    """
    if not graph.settings.validate or not graph.contracts:
        return {}
    checks: dict[str, Check] = {}
    unusable: list[Finding] = []
    for ref, contract in graph.contracts.items():
        try:
            checks[ref] = _check_against(contract.schema)
        except ValueError as error:  # ValidationError (the schema is none) and ReferencingError are children of it
            reason = plain(error).strip().partition("\n")[0]
            message = f"the contract `{ref}` cannot be used: {reason}"
            unusable.append(Finding("R206", message, hint="its pack needs mending: `penstock pack check` tells what"))
    if unusable:
        raise UnusableContract(unusable[0].message, findings=unusable)
    return checks


def _check_against(schema: Any) -> Check:
    import jsonschema_rs  # 25 ms, and only graphs with contracts need it

    validator = jsonschema_rs.validator_for(schema, retriever=_refuse)

    def check(payload: Any) -> str | None:
        try:
            if validator.is_valid(payload):
                return None
            first = _meant(next(iter(validator.iter_errors(payload))))
        except ValueError as error:  # not JSON at all, or only so far that the first error could be told from it
            return plain(error)
        where, rule = join("", *first.instance_path), join("", *first.schema_path)
        return f"{plain(first.message, 300)} (at `{where or '/'}`, by `{rule}`)"

    return check


def _meant(error: Any) -> Any:
    """The error; instead of "none of the forms fits", what is wrong with the one form that was probably meant."""
    while type(error.kind).__name__ in ("AnyOf", "OneOfNotValid"):
        forms = [form for form in error.kind.context if form and not any(_is_other_type(each, error) for each in form)]
        if len(forms) != 1:
            break
        error = forms[0][0]
    return error


def _is_other_type(inner: Any, outer: Any) -> bool:
    return type(inner.kind).__name__ == "Type" and inner.instance_path == outer.instance_path


def _refuse(uri: str) -> Any:
    raise ValueError(f"`{uri}` is outside of the contract, and nothing is fetched")

"""Read and write `penstock-contracts.lock`: the versions of contracts that were released, with their schemas.

Takes:   a tree and a name, or contracts and a day.
Gives:   `read_lock`: `Locked` versions, newest first; `lock_text`: the file with one more version of each contract.
Ignores: which of them a candidate is compared with (`open`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock_contracts.exact import digest_of, text_of
from penstock_contracts.subjects.errors import CannotRead
from penstock_contracts.subjects.reading import contract_of, read_document
from penstock_contracts.subjects.shape import Field, misfits
from penstock_findings.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock_contracts.contract import Contract
    from penstock_contracts.subjects.trees import Tree

NAME = "penstock-contracts.lock"
FORMAT = 1
DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"

SHAPE = Field(
    "object",
    members={
        "format": Field("integer", required=True),
        "contracts": Field(
            "list",
            required=True,
            items=Field(
                "object",
                members={
                    "name": Field("text", required=True),
                    "version": Field("text", required=True),
                    "released": Field("text", required=True, pattern=DAY, like="2026-01-31"),
                    "digest": Field("text", required=True),
                    "schema": Field("schema", required=True),
                    "positions": Field("list", items=Field("text", choices=("input", "output", "state"))),
                },
            ),
        ),
    },
)


@dataclass(frozen=True, slots=True)
class Locked:
    """One released version of a contract."""

    contract: Contract
    released: str  # the day, as 2026-01-31


def read_lock(tree: Tree, name: str) -> list[Locked]:
    """All versions in the file, the newest first. Raises `CannotRead` with everything that is wrong with it."""
    value, source = read_document(tree, name)
    wrong = list(misfits(value, SHAPE, source))
    if not wrong and value["format"] != FORMAT:
        message = f"this lock file is of format {value['format']}, and only format {FORMAT} is known here"
        wrong = [Finding("K113", message, source.at("/format"), hint="upgrade `penstock-contracts`")]
    found: list[Locked] = []
    for place, one in enumerate(value["contracts"] if not wrong else ()):
        pointer = f"/contracts/{place}"
        contract, findings = contract_of(
            tree,
            name,
            one["schema"],
            source,
            called=one["name"],
            version=one["version"],
            positions=tuple(one.get("positions", ())),
            prefix=f"{pointer}/schema",
        )
        wrong += [finding for finding in findings if finding.severity is Severity.ERROR]
        if digest_of(one["schema"]) != one["digest"]:
            message = f"the digest of `{one['name']}` {one['version']} is not that of its schema"
            hint = "do not edit the lock file; a released version never changes"
            wrong.append(Finding("K113", message, source.at(f"{pointer}/digest"), hint=hint))
        found.append(Locked(contract, one["released"]))
    if wrong:
        raise CannotRead(f"`{source.path}` is no lock file", findings=wrong, sources={source.path: source.text})
    return sorted(found, key=lambda one: one.released, reverse=True)


def lock_text(known: Iterable[Locked], added: Iterable[Contract], today: str) -> str:
    """The lock file with these versions added; a version that is in it already stays as it was released."""
    rows = [_row(one.contract, one.released) for one in known]
    have = {(row["name"], row["version"]) for row in rows}
    for contract in added:
        version = contract.version or "0"
        if (contract.name, version) not in have:
            rows.append(_row(contract, today))
    rows.sort(key=lambda row: (row["name"], row["released"], row["version"]))
    return text_of({"format": FORMAT, "contracts": rows}, indent=2) + "\n"


def _row(contract: Contract, released: str) -> dict[str, Any]:
    row = {
        "name": contract.name,
        "version": contract.version or "0",
        "released": released,
        "digest": digest_of(contract.schema),
        "schema": contract.schema,
    }
    return {**row, "positions": list(contract.positions)} if contract.positions else row

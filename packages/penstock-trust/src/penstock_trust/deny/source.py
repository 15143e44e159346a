"""Make a deny list of what somebody wrote, and sign it.

Takes:   a TOML file with `schema`, `sequence`, `expires` and `[[deny]]` rows; Ed25519 keys.
Gives:   `compile_list`: the payload, or everything that is wrong; `sign_list`: the bytes of the signed file.
Ignores: where either is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_findings.document import Document
from penstock_findings.finding import Finding
from penstock_findings.load import parse_toml
from penstock_trust import dsse
from penstock_trust.deny.model import PAYLOAD_TYPE
from penstock_trust.deny.read import LIMIT
from penstock_trust.deny.shape import misfits
from penstock_trust.policy.moments import moment_of, moment_text
from penstock_trust.strict import canonical

if TYPE_CHECKING:
    from datetime import datetime

    from penstock_trust.keys import PrivateKey


def compile_list(data: bytes, path: str, *, now: datetime) -> tuple[dict[str, Any] | None, tuple[Finding, ...], str]:
    """The payload of the list, what is wrong with it, and its text; `issued` is now where the file does not say."""
    parsed = parse_toml(data, path, limit=LIMIT)
    if parsed.document is None or parsed.findings:
        return None, parsed.findings, parsed.text
    findings = [*misfits(parsed.document), *_twice(parsed.document)]
    value = parsed.document.value
    if findings or not isinstance(value, dict):
        return None, tuple(findings), parsed.text
    made: dict[str, Any] = {"name": "deny", "deny": [], **value}
    made.setdefault("issued", moment_text(now.replace(microsecond=0)))
    issued, expires = moment_of(made["issued"]), moment_of(made["expires"])
    if issued is None or expires is None or expires <= issued:
        at = parsed.document.at("/expires")
        return None, (Finding("T346", "the list ends before it is issued", at),), parsed.text
    return made, (), parsed.text


def sign_list(payload: dict[str, Any], *keys: PrivateKey) -> bytes:
    """The signed list, as it is kept in a file."""
    return dsse.write(dsse.sign(PAYLOAD_TYPE, canonical(payload), *keys))


def _twice(document: Document) -> list[Finding]:
    """Rows that say the same again (T306)."""
    rows = document.value.get("deny", []) if isinstance(document.value, dict) else []
    found: list[Finding] = []
    seen: dict[bytes, int] = {}
    for place, row in enumerate(rows if isinstance(rows, list) else []):
        if not isinstance(row, dict):
            continue
        names = {key: value for key, value in row.items() if key not in ("reason", "effective-from")}
        try:
            first = seen.setdefault(canonical(names), place)
        except TypeError:
            continue  # a value of a wrong kind, which the shape tells
        if first != place:
            message = f"this entry says the same as entry {first + 1}"
            found.append(Finding("T306", message, document.at(f"/deny/{place}"), hint="remove one of them"))
    return found

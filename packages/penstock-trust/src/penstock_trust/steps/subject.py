"""Step 2: what the claims are about is this wheel, by its bytes and by its name.

Takes:   the path of the wheel, the statements.
Gives:   `case.subject`, `case.data`; findings T110 to T114.
Ignores: who says it, and what is inside the wheel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock_trust.dsse import IN_TOTO
from penstock_trust.facts import Evidence
from penstock_trust.predicates import STATEMENT
from penstock_trust.refusal import Refusal
from penstock_trust.wheels import read_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock_trust.case import Case
    from penstock_trust.facts import Subject
    from penstock_trust.reading import Reading

MANY = 1024  # subjects of one statement


def subject(case: Case) -> Iterator[Evidence]:
    """Read the wheel, once, and hold every statement against it."""
    case.subject, case.data = read_wheel(case.path)
    for reading in case.readings:
        if reading.envelope is not None:
            about(reading, case.subject)
    facts = {"name": case.subject.name, "version": case.subject.version, "sha256": case.subject.digest}
    yield Evidence("subject", f"`{case.subject.filename}` is the wheel that the statements are about", facts)


def about(reading: Reading, subject: Subject) -> None:
    """Refuse a statement about something else (T112, T113, T114)."""
    envelope, statement = reading.envelope, reading.statement
    if envelope is None or envelope.payload_type != IN_TOTO:
        raise Refusal("T112", f"what is signed in {reading.what} is no in-toto statement")
    named = _subjects(statement, reading.what)
    if subject.filename not in named:
        shown = ", ".join(f"`{name[:80]}`" for name in list(named)[:3])
        raise Refusal("T113", f"{reading.what} is about {shown}, not about `{subject.filename}`")
    if named[subject.filename] != subject.digest:
        hint = "the wheel was changed after it was signed, or the statement is about another build"
        message = f"{reading.what} is about a `{subject.filename}` with other bytes"
        raise Refusal("T114", message, hint=hint)


def _subjects(statement: Any, what: str) -> dict[str, str]:
    """File name -> sha256 of what the statement is about."""
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT:
        raise Refusal("T112", f"what is signed in {what} is no in-toto statement of version 1")
    if not statement.keys() <= {"_type", "subject", "predicateType", "predicate"}:
        raise Refusal("T112", f"the statement in {what} has keys that a statement has not")
    if not isinstance(statement.get("predicateType"), str) or not statement["predicateType"]:
        raise Refusal("T112", f"the statement in {what} does not say of which type it is")
    listed = statement.get("subject")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MANY:
        raise Refusal("T112", f"the statement in {what} has not between 1 and {MANY} subjects")
    found: dict[str, str] = {}
    for one in listed:
        name = one.get("name") if isinstance(one, dict) else None
        digests = one.get("digest") if isinstance(one, dict) else None
        digest = digests.get("sha256") if isinstance(digests, dict) else None
        if not isinstance(name, str) or not isinstance(digest, str):
            raise Refusal("T112", f"the statement in {what} has a subject without a name or without a sha256")
        if found.setdefault(name, digest) != digest:
            raise Refusal("T112", f"the statement in {what} gives `{name[:80]}` two digests")
    return found

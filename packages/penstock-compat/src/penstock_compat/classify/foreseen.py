"""Say what a run would have come to, where a reading of the sources has proven that it cannot come further.

Takes:   `Static`, with a reason that blocks.
Gives:   the state and the failure, worded and detailed as those of a real run.
Ignores: verdicts that leave something to a run.
"""

from __future__ import annotations

from typing import Any

from penstock_compat.facts import Failure, State
from penstock_compat.static.verdict import Reason, Static, Verdict, When


def foreseen(said: Static) -> tuple[State, Failure] | None:
    """State and failure of a cell that needs no run; nothing where one is needed."""
    blocking = [each for each in said.reasons if each.verdict is Verdict.BROKEN and each.when is not When.CALL]
    if not blocking:
        return None
    first = blocking[0]
    state, kind = _COMES_TO[first.code]
    findings = tuple(each.finding() for each in said.reasons)
    return state, Failure(kind, first.message, {"static": True, **_detail(first)}, findings)


def _detail(reason: Reason) -> dict[str, Any]:
    found: dict[str, Any] = {"subject": reason.subject} if reason.subject else {}
    if reason.code == "C403":
        found["names"] = [reason.subject]
    elif reason.code == "C414":
        found |= {"exception": "ImportError", "missing": reason.subject}
    elif reason.code == "C415":
        found |= {"exception": "SyntaxError", "needs": "python"} if reason.subject else {"exception": "SyntaxError"}
    return found


_COMES_TO = {
    "C401": (State.SKIPPED, "requires-python"),
    "C402": (State.NO_WHEEL, "missing-wheel"),
    "C403": (State.RESOLVE_FAILED, "resolver-conflict"),
    "C404": (State.RESOLVE_FAILED, "metadata"),
    "C411": (State.FAILED, "surface"),
    "C412": (State.FAILED, "surface"),
    "C413": (State.FAILED, "surface"),
    "C414": (State.FAILED, "import"),
    "C415": (State.FAILED, "import"),
    "C416": (State.FAILED, "import"),
}

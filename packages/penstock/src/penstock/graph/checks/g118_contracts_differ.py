"""G118: a link joins ports with different contracts.

Why: each port says what its payloads look like, and here the two do not say the same. Whether the one keeps the
     promises of the other is for `penstock contracts check` to decide, which comes with penstock-contracts.
Bad:   an output `alarm@1.0` linked to an input `alarm@2.0`, also through a channel.
Good:  one contract at both ends, or a node between them that turns one into the other.
"""

from __future__ import annotations

from penstock.graph.check import Check
from penstock.graph.wording import listed, quoted
from penstock_findings.finding import Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.graph.draft import Draft, Join


def _unequal(draft: Draft) -> Iterator[tuple[Join, str, list[str]]]:
    """Each link into a port with a contract, with the other contracts that may come along it."""
    carried: dict[str, set[str]] = {}
    for join in draft.sound:
        start, finish = join.start, join.finish
        if start is not None and start.port is not None and start.port.contract and finish and finish.channel:
            carried.setdefault(finish.channel.name, set()).add(start.port.contract)
    for join in draft.sound:
        wanted = join.finish.port.contract if join.finish is not None and join.finish.port is not None else None
        if wanted is None or join.start is None:
            continue
        given = {join.start.port.contract} if join.start.port is not None else carried.get(join.start.place, set())
        others = sorted(contract for contract in given if contract and contract != wanted)
        if others:
            yield join, wanted, others


CHECK = Check(
    "G118",
    asks=_unequal,
    says=lambda about: (
        f"{quoted(about[0].finish.place if about[0].finish else '')} wants {quoted(about[1])}, and "
        f"{quoted(about[0].start.place if about[0].start else '')} gives {listed(about[2])}"
    ),
    at=lambda about: about[0].pointer,
    hint="`penstock contracts check` proves whether they fit, or shows a payload that does not",
    severity=Severity.WARNING,
)

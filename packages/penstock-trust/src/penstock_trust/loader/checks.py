"""List the questions that are asked of a pack that wants to load, in order.

Takes:   nothing.
Gives:   `CHECKS`: name -> question; `FIRST`, those whose answers the others need.
Why so:  every question can be left out, which is how a test shows what it is there for.
Ignores: how a question is answered (`standing`, `files`, `beside`), and what an answer leads to (`judge`).
"""

from __future__ import annotations

from penstock_trust.loader import beside, files, standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from penstock_findings.finding import Finding
    from penstock_trust.loader.case import Case

    Check: TypeAlias = Callable[[Case], Iterator[Finding]]

_STANDING: Mapping[str, Check] = {
    "policy": standing.policy,
    "editable": standing.editable,
    "receipt": standing.receipt,
    "signature": standing.signature,
    "names": standing.names,
    "denied": standing.denied,
    "twice": standing.twice,
}
CHECKS: Mapping[str, Check] = {
    **_STANDING,
    "modified": files.modified,
    "missing": files.missing,
    "extra": files.extra,
    "foreign": files.foreign,
    "claimed": files.claimed,
    "shadow": beside.shadow,
    "namespace": beside.namespace,
    "preloaded": beside.preloaded,
    "sealed": beside.sealed,
}
FIRST = tuple(_STANDING)

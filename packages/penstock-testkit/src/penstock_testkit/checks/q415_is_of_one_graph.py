"""Q415: a store opens for another graph than its own, or makes something where it was only to look.

Why: Two graphs in one store would mix their records. Commands that only look (`penstock records`, `penstock dlq`) attach to
whatever is there, and must not leave an empty store where somebody mistyped a name.
Bad:   `open` that takes any name; `attach` that makes what it does not find.
Good:  `raise foreign(owner, graph)`; `StoreError` with the code S102 where nothing is.
"""

from __future__ import annotations

from collections.abc import Callable

from penstock_testkit.keeping import Place, StoreCheck, StoreError, same
from penstock_testkit.question import Broken


def examine(place: Place) -> None:
    """Look where nothing is, open for one graph, look again, and open for another."""
    before = sorted(place.folder.rglob("*"))
    same("how it tells that nothing is there", _code(lambda: place.store().attach()), "S102")
    same("what is there after a look at nothing", sorted(place.folder.rglob("*")), before)
    one = place.process(graph="here")
    one.append(0, 1)
    looker = place.store()
    looker.attach()
    same("what somebody sees who only looks", looker.depth("events", "g").total, 2)
    same("which runs somebody sees who only looks", [run["run"] for run in looker.runs()], [one.run])
    looker.close()
    one.end()
    same("how it tells another graph", _code(lambda: place.process(graph="elsewhere")), "S103")
    same("what is there for its own graph after that", place.process(graph="here").drain(), [0, 1])


def _code(work: Callable[[], object]) -> str:
    try:
        work()
    except StoreError as error:
        return error.findings[0].code
    except Exception as error:
        raise Broken(f"raises {error!r}, and not `StoreError`") from error
    return "not at all"


CHECK = StoreCheck("Q415", "is of one graph", examine)

"""Make the set of policies of a run: at its start, and whenever somebody orders others.

Takes:   what was assembled, a catalog whose packs may be imported, orders of the store.
Gives:   `set_of`: a `PolicySet`; `Binder`, which answers orders with new sets.
Ignores: who gives orders (`policies`), and when a run takes them up (the engine).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.bindings import Numbers, PolicySet
from penstock.cli.assembly import Assembled, on_ground
from penstock.policies.bind import bind
from penstock.policies.orders import KIND, files_of
from penstock.profiles.resolve import capacities, concurrencies
from penstock_findings.errors import PenstockError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock._plugins.discovery import Catalog
    from penstock._store.facts import Order
    from penstock.cli.wishes import Wishes
    from penstock_findings.document import Parsed


def set_of(assembled: Assembled, catalog: Catalog) -> PolicySet:
    """The set that was asked for; raises `PenstockError` with everything that cannot be built."""
    if assembled.composition is None or assembled.resolved is None:
        report = assembled.report
        raise PenstockError("the policies cannot be used", findings=report.findings, sources=report.sources)
    numbers = Numbers(capacity=capacities(assembled.resolved), concurrency=concurrencies(assembled.resolved))
    return replace(bind(assembled.composition, catalog), numbers=numbers)


class Binder:
    """Makes sets for one run: the graph, the profile and the flags stay, the policy files change."""

    def __init__(self, assembled: Assembled, catalog: Catalog, wishes: Wishes) -> None:
        self._ground = assembled.ground
        self._catalog = catalog
        self._wishes = wishes

    def with_files(self, files: Sequence[Parsed]) -> Assembled:
        """Everything with these policy files."""
        return on_ground(self._ground, self._catalog, self._wishes, files)

    def answer(self, order: Order) -> PolicySet:
        """The set that an order wants; raises `PenstockError` when it cannot be had."""
        if order.kind != KIND:
            raise PenstockError(f"nobody here knows orders of the kind `{order.kind}`", code="L121")
        return set_of(self.with_files(files_of(order.body)), self._catalog)

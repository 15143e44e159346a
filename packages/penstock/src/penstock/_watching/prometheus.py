"""Metrics for Prometheus: a page of text that is made when somebody asks for it.

Takes:   a `Watch`, an address.
Gives:   `served`, a server in a thread of its own for the time of a `with` block.
Ignores: history; Prometheus keeps that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from penstock._watching.snapshot import Watch


class Collector:
    """What Prometheus asks for its metrics."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def collect(self) -> Iterator[Any]:
        """The latest snapshot, as families of metrics."""
        seen = self._watch.latest
        records = CounterMetricFamily(
            "penstock_records", "Records that this process has counted, by node or link, measure and reason.",
            labels=("graph", "subject", "measure", "reason"),
        )  # fmt: skip  # what it is in one line, what it is told by in another
        for (subject, measure, reason), n in sorted(seen.counts.items()):
            records.add_metric((seen.graph, subject, measure, reason), n)
        yield records
        waiting = GaugeMetricFamily(
            "penstock_in_flight", "Records in flight on a link or group.", labels=("graph", "link")
        )
        for link, n in sorted(seen.in_flight.items()):
            waiting.add_metric((seen.graph, link), n)
        yield waiting
        times = HistogramMetricFamily(
            "penstock_node_seconds", "Seconds that a node took for a record, in this process.", labels=("graph", "node")
        )
        for node, of in sorted(seen.times.items()):
            buckets = [(f"{upper:.9g}", float(n)) for upper, n in of.buckets]
            times.add_metric((seen.graph, node), [*buckets, ("+Inf", float(of.records))], of.seconds)
        yield times
        late = CounterMetricFamily(
            "penstock_late_completions", "Completions that were refused because the lease was lost.", labels=("graph",)
        )
        late.add_metric((seen.graph,), seen.late)
        yield late


@contextmanager
def served(watch: Watch, host: str, port: int) -> Iterator[int]:
    """Serve `/metrics` while the block runs; gives the port. Raises `OSError` when the address cannot be had."""
    registry = CollectorRegistry()
    registry.register(Collector(watch))
    server, thread = start_http_server(port, host, registry)
    try:
        yield int(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""Metrics over OTLP: pushed to a collector every few seconds, and once at the end.

Takes:   a `Watch`, the URL of a collector that takes OTLP over HTTP.
Gives:   `pushed`, for the time of a `with` block.
Ignores: traces; a record's way is in the history.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from penstock._version import VERSION
from penstock._watching.snapshot import Watch, encodable

EVERY = 10.0  # seconds
PATIENCE = 10.0  # seconds that the end of a run waits for a collector
_log = logging.getLogger("penstock.run")


@contextmanager
def pushed(watch: Watch, url: str, graph: str, patience: float = PATIENCE) -> Iterator[None]:
    """Push while the block runs. A collector that does not answer is no matter of the run; the exporter logs it."""

    def records(_: CallbackOptions) -> Iterator[Observation]:
        for (subject, measure, reason), n in sorted(watch.latest.counts.items()):
            yield Observation(n, {"graph": graph, "subject": subject, "measure": measure, "reason": encodable(reason)})

    def waiting(_: CallbackOptions) -> Iterator[Observation]:
        for link, n in sorted(watch.latest.in_flight.items()):
            yield Observation(n, {"graph": graph, "link": link})

    def busy(_: CallbackOptions) -> Iterator[Observation]:
        for node, of in sorted(watch.latest.times.items()):
            yield Observation(of.seconds, {"graph": graph, "node": node})

    reader = PeriodicExportingMetricReader(OTLPMetricExporter(url), export_interval_millis=EVERY * 1e3)
    provider = MeterProvider([reader], Resource.create({"service.name": "penstock", "penstock.graph": graph}))
    meter = provider.get_meter("penstock", VERSION)
    meter.create_observable_counter("penstock.records", [records], "{record}", "Records counted, by node or link.")
    meter.create_observable_gauge("penstock.in_flight", [waiting], "{record}", "Records in flight on a link or group.")
    meter.create_observable_counter("penstock.node.busy", [busy], "s", "Seconds that a node has worked on records.")
    try:
        yield
    finally:
        try:
            provider.shutdown(patience * 1e3)
        except Exception as error:  # the last push has failed, and the run has not
            _log.warning("metrics were not pushed at the end: %s", error)

"""Metrics that are pushed: what a collector is told, and how little a bad one can do to the run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from penstock._watching import otlp
from penstock._watching.snapshot import Snapshot, Times, Watch


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.taken.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b"\xff" * 10)  # nothing that anybody has asked for

    def log_message(self, *_):
        pass


@contextmanager
def collecting(status=200):
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        server.taken, server.status = Queue(), status
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def watch():
    seen = Watch("site")
    counts = {("out", "dropped", "odd \udc80"): 3, ("out", "in", ""): 5}
    seen.latest = Snapshot("site", "r", counts, {"a.out -> out.in": 2}, {"out": Times(((1.0, 5),), 2.5)})
    return seen


def test_counters_are_cumulative_and_rise_and_have_their_units_whatever_a_reason_holds():
    with collecting() as server:
        with otlp.pushed(watch(), f"http://127.0.0.1:{server.server_port}/v1/metrics", "site"):
            pass
        told = ExportMetricsServiceRequest.FromString(server.taken.get(timeout=10))
    found = {m.name: m for of in told.resource_metrics for scope in of.scope_metrics for m in scope.metrics}
    records, busy = found["penstock.records"], found["penstock.node.busy"]
    assert (records.unit, busy.unit) == ("{record}", "s")
    assert all((m.sum.is_monotonic, m.sum.aggregation_temporality) == (True, 2) for m in (records, busy))
    values = {tuple(a.value.string_value for a in point.attributes): point.as_int for point in records.sum.data_points}
    assert values == {("site", "out", "dropped", "odd \\udc80"): 3, ("site", "out", "in", ""): 5}
    assert [point.as_double for point in busy.sum.data_points] == [2.5]
    assert [point.as_int for point in found["penstock.in_flight"].gauge.data_points] == [2]
    assert all(0 < p.start_time_unix_nano <= p.time_unix_nano for p in records.sum.data_points)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_what_a_collector_answers_is_no_matter_of_the_run(status):
    with (
        collecting(status) as server,
        otlp.pushed(watch(), f"http://127.0.0.1:{server.server_port}/v1/metrics", "site"),
    ):
        pass


def test_a_collector_that_hangs_is_waited_for_only_so_long():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with otlp.pushed(watch(), f"http://127.0.0.1:{silent.getsockname()[1]}/v1/metrics", "site", patience=0.2):
            pass
        assert time.monotonic() - began < 5


GRAPH = """\
format: 1
name: seen
packs: {penstock-standard: ">=0.1"}
nodes:
  read: {type: generator, config: {template: {n: 1}, count: 5}}
  out: {type: stdout}
links:
  - {from: read, to: out}
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM there")
def test_the_report_is_there_before_a_collector_is_waited_for(tmp_path):
    (tmp_path / "seen.graph.yaml").write_text(GRAPH)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1/metrics"
        words = ["run", "seen.graph.yaml", "--until-idle", "--report", "report.json", "--otlp", url]
        with subprocess.Popen(
            [sys.executable, "-m", "penstock", *words], cwd=tmp_path, stdout=subprocess.DEVNULL, env=os.environ
        ) as process:
            peer, _ = silent.accept()  # it waits for an answer now
            process.send_signal(signal.SIGTERM)  # which somebody does not care for
            peer.close()
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["outcome"], report["conserved"], report["admitted"]) == ("idle", True, 5)

"""A run can be watched from outside: metrics are asked for and pushed, logs are lines of JSON, the report is a file."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from penstock._engine.meter import Meter
from penstock._watching.logs import Lines, as_lines
from penstock.cli import main

GRAPH = """\
format: 1
name: seen
packs: {{penstock-standard: ">=0.1"}}
channels:
  events: {{kind: sqlite, groups: {{out: compete}}}}
nodes:
  read: {{type: generator, config: {{template: {{n: 1}}, count: {count}{rate}}}}}
  out: {{type: stdout}}
links:
  - {{from: read, to: events}}
  - {{from: events, group: out, to: out}}
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seen.graph.yaml").write_text(GRAPH.format(count=50, rate=""))
    (tmp_path / "slow.graph.yaml").write_text(GRAPH.format(count=1_000_000, rate=", rate: 200"))
    return tmp_path


@contextmanager
def running(*words):
    """`penstock run` in a process of its own, which is told to stop at the end; gives the lines of its standard error."""
    command = [sys.executable, "-m", "penstock", "run", *words]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.read()
    assert process.returncode == 0


def metrics_of(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        text = answer.read().decode()
    return {
        (
            sample.name,
            *sorted(value for name, value in sample.labels.items() if name in ("subject", "measure", "link", "node")),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM there")
def test_prometheus_is_told_of_a_run_while_it_runs(here):
    with running("slow.graph.yaml", "--metrics", "0", "--no-progress") as process:
        url = next(line for line in process.stderr if line.startswith("metrics: ")).split()[1]
        seen = {}
        while not seen.get(("penstock_records_total", "in", "out")):  # the next second has it
            seen = metrics_of(url)
        assert seen["penstock_records_total", "in", "read"] >= seen["penstock_records_total", "in", "out"] > 0
        assert seen["penstock_in_flight", "events@out"] >= 0
        assert seen["penstock_node_seconds_count", "out"] > 0
        assert seen["penstock_node_seconds_sum", "out"] > 0


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.taken.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def collector():
    server = HTTPServer(("127.0.0.1", 0), Collector)
    server.taken = Queue()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_collector_is_told_at_the_end_at_the_latest(here, collector):
    url = f"http://127.0.0.1:{collector.server_port}/v1/metrics"
    command = [sys.executable, "-m", "penstock", "run", "seen.graph.yaml", "--until-idle", "--otlp", url]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    told = ExportMetricsServiceRequest.FromString(collector.taken.get(timeout=10))
    names = {metric.name for of in told.resource_metrics for scope in of.scope_metrics for metric in scope.metrics}
    assert {"penstock.records", "penstock.in_flight"} <= names
    facts = {a.key: a.value.string_value for of in told.resource_metrics for a in of.resource.attributes}
    assert (facts["service.name"], facts["penstock.graph"]) == ("penstock", "seen")


def test_a_collector_that_is_not_there_costs_the_run_nothing(here):
    command = [
        sys.executable,
        "-m",
        "penstock",
        "run",
        "seen.graph.yaml",
        "--until-idle",
        "--json",
        "--otlp",
        "http://127.0.0.1:9/v1/metrics",
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert '"conserved": true' in done.stdout


def test_the_report_is_a_file(here, capsys):
    assert main(["run", "seen.graph.yaml", "--until-idle", "--report", "report.json"]) == 0
    report = json.loads((here / "report.json").read_text())
    assert (report["admitted"], report["conserved"], report["outcome"]) == (50, True, "idle")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--metrics", "nowhere"), "is no address"),
        (("--metrics", "1.2.3.4.5:99999"), "is no address"),
        (("--metrics", "203.0.113.1:9464"), "cannot be served"),
        (("--otlp", "collector:4318"), "is no URL"),
    ],
)
def test_an_address_that_cannot_be_had_is_told_before_anything_runs(here, capsys, words, told):
    assert main(["run", "seen.graph.yaml", "--until-idle", *words]) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert "R404" in said.err
    assert not said.out


def test_a_log_line_is_json_with_everything_that_was_handed_over(capsys):
    log = logging.getLogger("penstock.test")
    with as_lines(graph="g"):
        log.info("lost %d", 3, extra={"channel": "events"})
        try:
            raise ValueError("inside")
        except ValueError:
            log.exception("failed")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert {name: first[name] for name in ("level", "logger", "message", "graph", "channel")} == {
        "level": "info", "logger": "penstock.test", "message": "lost 3", "graph": "g", "channel": "events",
    }  # fmt: skip  # names and values in one line
    assert first["time"].endswith("+00:00")
    assert "ValueError: inside" in second["error"]


def test_what_json_has_no_word_for_is_written_as_text():
    record = logging.makeLogRecord({"msg": "x", "odd": {1, 2}.__class__})
    assert json.loads(Lines({}).format(record))["odd"] == "<class 'set'>"


def test_buckets_rise_and_hold_every_record():
    meter = Meter()
    for nanoseconds, records in ((900, 3), (50_000, 5), (2_000_000, 1), (51_000, 2)):
        meter.add(nanoseconds, records)
    buckets = list(meter.buckets())
    assert [upper for upper, _ in buckets] == sorted({upper for upper, _ in buckets})
    assert buckets[-1] == (pytest.approx(2e-3, rel=0.2), 11)
    assert meter.nanoseconds == 900 * 3 + 50_000 * 5 + 2_000_000 + 51_000 * 2


def test_a_report_that_cannot_be_written_is_told_before_anything_runs(here, capsys):
    assert main(["run", "seen.graph.yaml", "--until-idle", "--report", "nowhere/report.json"]) == 2
    said = capsys.readouterr()
    assert ("R405" in said.err, said.out) == (True, "")


def is_root():
    return hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.mark.skipif(is_root() or sys.platform == "win32", reason="nothing is forbidden to root")
def test_a_report_that_may_not_be_replaced_is_told_before_anything_runs(here, capsys):
    (here / "kept").mkdir()
    (here / "kept" / "report.json").write_text("{}")
    (here / "kept").chmod(0o555)
    assert main(["run", "seen.graph.yaml", "--until-idle", "--report", "kept/report.json"]) == 2
    said = capsys.readouterr()
    assert ("R405" in said.err, said.out) == (True, "")


def test_how_a_run_went_is_told_although_its_report_cannot_be_written_any_more(here, capfd):
    (
        here / f"report.json.{os.getpid()}.part"
    ).mkdir()  # which nobody could know beforehand, as of a disk that has filled up
    assert main(["run", "seen.graph.yaml", "--until-idle", "--json", "--report", "report.json"]) == 2
    said = capfd.readouterr()
    assert '"conserved": true' in said.out
    assert "R405" in said.err


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe without a reader is told otherwise there")
def test_a_run_does_not_end_because_nobody_reads_its_progress_any_more(here):
    (here / "some.graph.yaml").write_text(GRAPH.format(count=60, rate=", rate: 100"))
    reads, writes = os.pipe()
    command = [sys.executable, "-m", "penstock", "run", "some.graph.yaml", "--until-idle", "--progress", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=writes, text=True) as process:
        os.close(writes)
        os.read(reads, 1)
        os.close(reads)
        out = process.stdout.read()
    assert (process.returncode, '"conserved": true' in out) == (0, True)


def test_a_run_that_fails_keeps_its_report_and_no_older_one(here, capsys):
    (here / "broken.graph.yaml").write_text(
        GRAPH.format(count=3, rate="").replace(
            "{type: stdout}", "{type: jsonl-sink, config: {path: seen.graph.yaml/out.jsonl}}"
        )
    )
    assert main(["run", "seen.graph.yaml", "--until-idle", "--report", "report.json"]) == 0
    assert main(["run", "broken.graph.yaml", "--until-idle", "--report", "report.json", "--store", "other"]) != 0
    report = json.loads((here / "report.json").read_text())
    assert (report["outcome"], report["conserved"]) == ("failed", True)
    assert "out.jsonl" in capsys.readouterr().err

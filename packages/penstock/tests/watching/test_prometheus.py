"""The page of metrics: whoever asks, however, the page is one that Prometheus reads, and the run is left alone."""

from __future__ import annotations

import socket
import struct
import threading
import urllib.request
from contextlib import ExitStack
from socketserver import ThreadingMixIn

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from penstock._engine.meter import Meter
from penstock._watching.prometheus import AT_ONCE, BOUNDS, Server, served
from penstock._watching.snapshot import Snapshot, Times, Watch
from penstock.cli import main


def watch(*, counts=None, times=None):
    seen = Watch("site")
    seen.latest = Snapshot("site", counts=counts or {}, times=times or {})
    return seen


def page(port, accept=""):
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return answer.read().decode()


def samples(text, reader=prometheus):
    return [sample for family in reader(text) for sample in family.samples]


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text; version=1.0.0"])
@pytest.mark.parametrize("reason", ["", 'a "quoted" one', "back\\slash", "two\nlines", "größe €", "odd \udc80", "\x00"])
def test_a_reason_is_read_as_it_was_written(reason, accept):
    with served(watch(counts={("out", "dropped", reason): 3}), "127.0.0.1", 0) as port:
        found = samples(page(port, accept), open_metrics if accept else prometheus)
    (told,) = [sample for sample in found if sample.name == "penstock_records_total"]
    assert told.labels["reason"] == reason.encode("utf-8", "backslashreplace").decode()
    assert told.value == 3


def times_of(*nanoseconds):
    meter = Meter()
    for each in nanoseconds:
        meter.add(each)
    return Times(tuple(meter.buckets()), meter.nanoseconds / 1e9)


def test_every_node_and_process_has_the_same_buckets_from_the_beginning():
    times = {"idle": Times(), "fast": times_of(0, 1, 900, 5_000), "slow": times_of(7_000, 2 * 10**9, 10**12)}
    with served(watch(times=times), "127.0.0.1", 0) as port:
        found = samples(page(port))
    buckets = {
        node: {float(s.labels["le"]): s.value for s in found if "le" in s.labels and s.labels["node"] == node}
        for node in times
    }
    bounds = sorted(buckets["idle"])
    assert bounds == pytest.approx([*BOUNDS, float("inf")])
    assert all(sorted(of) == bounds for of in buckets.values())
    assert all(sorted(of.values()) == [of[bound] for bound in bounds] for of in buckets.values())
    assert [buckets["slow"][bound] for bound in bounds[-1:]] == [3]
    assert buckets["fast"][bounds[0]] == 3
    assert [n for bound, n in sorted(buckets["slow"].items()) if 1.0 < bound < 1.9] == [1]
    assert [n for bound, n in sorted(buckets["slow"].items()) if 2.0 < bound < 3.9] == [2]


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def test_connections_that_say_nothing_take_no_more_threads_than_allowed():
    with served(watch(), "127.0.0.1", 0) as port, ExitStack() as silent:
        before = threading.active_count()
        held = [silent.enter_context(connected(port)) for _ in range(AT_ONCE)]
        with connected(port) as late:  # it is served last, so all before it have been
            assert late.recv(1) == b""  # sent away
        assert threading.active_count() - before == AT_ONCE
        for each in held:
            each.close()
        while threading.active_count() > before:  # they notice
            pass
        assert "penstock_late_completions_total" in page(port)


def test_clients_that_talk_nonsense_or_go_away_are_not_written_about(capfd):
    with served(watch(), "127.0.0.1", 0) as port:
        for words in (b"\xff\x00\r\n\r\n", b"GET /metrics HTTP/9\r\n\r\n", b"GET /" + b"a" * 70_000, b""):
            with connected(port) as client:
                client.sendall(words)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        assert "penstock_late_completions_total" in page(port)
    assert capfd.readouterr().err == ""


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
@pytest.mark.parametrize("host", ["[::1]", "::1"])
def test_an_address_of_ipv6_is_told_as_a_url_that_can_be_asked(tmp_path, monkeypatch, capsys, host):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "none.graph.yaml").write_text(NONE)
    assert main(["run", "none.graph.yaml", "--until-idle", "--metrics", f"{host}:0"]) == 0
    assert "metrics: http://[::1]:" in capsys.readouterr().err


NONE = """\
format: 1
name: none
packs: {penstock-standard: ">=0.1"}
nodes:
  read: {type: generator, config: {template: {n: 1}, count: 1}}
  out: {type: stdout}
links:
  - {from: read, to: out}
"""


@pytest.mark.parametrize(
    "words", [("--metrics", ""), ("--metrics", "..:9464"), ("--metrics", "٩٤٦٤"), ("--otlp", ""), ("--report", "")]
)
def test_what_cannot_be_meant_is_refused_and_never_passed_over(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "none.graph.yaml").write_text(NONE)
    assert main(["run", "none.graph.yaml", "--until-idle", *words]) == 2
    assert ("R405" if "--report" in words else "R404") in capsys.readouterr().err


class NoThreads(ThreadingMixIn):
    """A system that has no threads left."""

    asked = 0

    def process_request(self, request, client_address):
        self.asked += 1
        raise RuntimeError("can't start new thread")


class Poor(Server, NoThreads):
    """Comes to `NoThreads` where it would come to `ThreadingMixIn`."""


def test_a_thread_that_could_not_be_had_takes_no_place_for_ever():
    with Poor("127.0.0.1", 0) as server:
        for _ in range(AT_ONCE + 1):
            with socket.create_connection(server.server_address[:2], timeout=10):
                server.handle_request()
        assert server.asked == AT_ONCE + 1

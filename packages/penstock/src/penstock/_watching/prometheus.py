"""Metrics for Prometheus: a page of text that is made when somebody asks for it.

Takes:   a `Watch`, an address.
Gives:   `served`, a server in a thread of its own for the time of a `with` block.
Why so:  whoever asks may be anybody: only so many are heard at once, and none for long, since each takes a thread and a
         file descriptor of the run.
Ignores: history; Prometheus keeps that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from socket import AI_PASSIVE, SOCK_STREAM, getaddrinfo
from socketserver import TCPServer, ThreadingMixIn
from threading import BoundedSemaphore, Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from penstock._watching.snapshot import Times, Watch, encodable

AT_ONCE = 16  # connections
PATIENCE = 10.0  # seconds that a connection may be silent
# The same for all nodes and processes, and from the beginning, since Prometheus adds buckets up and takes their rates.
BOUNDS = tuple(2.0**exponent / 1e9 for exponent in range(10, 37))  # seconds: a microsecond to a minute, doubling


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
            records.add_metric((seen.graph, subject, measure, encodable(reason)), n)
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
            times.add_metric((seen.graph, node), [*_buckets(of), ("+Inf", float(of.records))], of.seconds)
        yield times
        late = CounterMetricFamily(
            "penstock_late_completions", "Completions that were refused because the lease was lost.", labels=("graph",)
        )
        late.add_metric((seen.graph,), seen.late)
        yield late


def _buckets(of: Times) -> Iterator[tuple[str, float]]:
    """Each bound, and how many records took at most so long."""
    finer = iter([*of.buckets, (float("inf"), 0)])
    upper, n = next(finer)
    below = 0
    for bound in BOUNDS:
        while upper <= bound:
            below = n
            upper, n = next(finer)
        yield f"{bound:.9g}", float(below)


class Handler(WSGIRequestHandler):
    """Hears one request, and keeps silent on standard error whatever it is."""

    timeout = PATIENCE

    def log_message(self, format: str, *words: Any) -> None:
        """Nobody asked to read of requests."""

    def get_stderr(self) -> StringIO:
        """Where wsgiref tells of a client that has gone."""
        return StringIO()


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each connection, up to so many; who comes then is sent away."""

    daemon_threads = True
    request_queue_size = AT_ONCE

    def __init__(self, host: str, port: int) -> None:
        self.address_family, _, _, _, address = getaddrinfo(host, port, type=SOCK_STREAM, flags=AI_PASSIVE)[0]
        self._free = BoundedSemaphore(AT_ONCE)
        super().__init__(address[:2], Handler)  # type: ignore[arg-type]  # the address of an interface is host, port and more

    def server_bind(self) -> None:
        """Without asking for the full name of the host, which takes long where no name server answers."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """In a thread, when there is one left."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # the system gives no thread just now; later it may
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Hear it out, and make room for the next one."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is too slow, or has gone, is its own affair."""


@contextmanager
def served(watch: Watch, host: str, port: int) -> Iterator[int]:
    """Serve `/metrics` while the block runs; gives the port.

    Raises `OSError` when the address cannot be had, `UnicodeError` when the host is no name at all.
    """
    registry = CollectorRegistry()
    registry.register(Collector(watch))
    with Server(host, port) as server:
        server.set_app(make_wsgi_app(registry))
        thread = Thread(target=server.serve_forever, name="penstock-metrics", daemon=True)
        thread.start()
        try:
            yield int(server.server_port)
        finally:
            server.shutdown()
            thread.join()

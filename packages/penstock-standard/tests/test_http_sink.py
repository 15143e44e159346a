"""The HTTP sink against a real server on this machine: what arrives, and what each answer means."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from penstock import Record, Reject, Transient
from penstock.decisions import FailureClass, classify
from penstock_standard import HttpSink
from penstock_standard.errors import BadSetting, CannotRead, NotJson, Redirected, Refused, SecretInClear

LOCALHOST = Path(__file__).with_name("localhost.pem")  # key and certificate of nobody, for tests


class Peer(ThreadingHTTPServer):
    """Answers what it was told to, 200 otherwise, and remembers every request."""

    daemon_threads = True
    request_queue_size = 64  # a full queue costs the ninth caller a second

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: deque = deque()  # (status, headers, body), more: hang up afterwards; None: hang up at once
        self.requests: list[dict] = []
        self.connections: set = set()
        self.together: threading.Barrier | None = None

    def handle_error(self, request, client_address) -> None:
        """Clients that hang up are part of what is tested."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/events?site=1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.connections.add(self.client_address)
        self.server.requests.append(
            {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": json.loads(body)}
        )
        if self.server.together:
            self.server.together.wait(10)
        answer = self.server.answers.popleft() if self.server.answers else (200, {}, b"")
        if answer is None:
            self.close_connection = True
            return
        status, headers, body, *last = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = bool(last)  # without having said so

    do_PUT = do_POST

    def log_message(self, *words) -> None: ...


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def deliver(context):
    """Deliver one record with a fresh sink."""

    def delivering(url, payload=None, ctx=None, **config):
        ctx = ctx or context()
        sink = HttpSink(url, **config)
        sink.open(ctx)
        try:
            return sink.write(Record({"n": 1} if payload is None else payload, key="k"), ctx)
        finally:
            sink.close(ctx)

    return delivering


def test_a_record_arrives_as_json_with_its_idempotency_key(peer, deliver):
    deliver(peer.url, headers={"X-Site": "north"})
    (request,) = peer.requests
    assert (request["method"], request["path"], request["body"]) == ("POST", "/events?site=1", {"n": 1})
    headers = request["headers"]
    assert headers["Idempotency-Key"] == "effect-1"
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Site"] == "north"


def test_method_and_body_are_what_was_asked_for(peer, deliver):
    deliver(peer.url, method="PUT", body="record")
    (request,) = peer.requests
    assert (request["method"], request["body"]["key"], request["body"]["payload"]) == ("PUT", "k", {"n": 1})


def test_a_secret_header_holds_the_secret(peer, deliver, context):
    deliver(peer.url, ctx=context(secrets={"token": "s3cret"}), secret_headers={"Authorization": "Bearer {token}"})
    assert peer.requests[0]["headers"]["Authorization"] == "Bearer s3cret"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_delivered(peer, deliver, status):
    peer.answers.append((status, {}, b""))
    assert deliver(peer.url) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 422])
def test_a_refusal_rejects_with_status_and_a_piece_of_the_answer(peer, deliver, status):
    peer.answers.append((status, {}, b'{"error":\n  "no \x07such   track"}'))
    with pytest.raises(Refused) as caught:
        deliver(peer.url)
    assert str(caught.value) == f'N206: refused with status {status}: {{"error": "no such track"}}'
    assert caught.value.status == status
    assert classify(caught.value) is FailureClass.PERMANENT


def test_a_long_answer_is_cut_and_a_binary_one_survived(peer, deliver):
    peer.answers.append((400, {}, b"\xff" + b"x" * 200_000))
    with pytest.raises(Refused) as caught:
        deliver(peer.url)
    assert len(str(caught.value)) < 260
    assert str(caught.value).endswith("xxx...")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_busy_server_is_transient(peer, deliver, status):
    peer.answers.append((status, {}, b"later"))
    with pytest.raises(Transient, match=f"{status}: later") as caught:
        deliver(peer.url)
    assert (caught.value.status, caught.value.retry_after) == (status, None)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0), ("soon", None)])
def test_retry_after_is_handed_on(peer, deliver, context, header, seconds):
    peer.answers.append((503, {"Retry-After": header}, b""))
    with pytest.raises(Transient) as caught:
        deliver(peer.url, ctx=context(now=1_700_000_000.0))  # 22:13:20 on that day
    assert caught.value.retry_after == seconds


def test_a_redirect_is_not_followed(peer, deliver):
    peer.answers.append((307, {"Location": "https://elsewhere.example/"}, b""))
    with pytest.raises(Redirected, match="elsewhere") as caught:
        deliver(peer.url)
    assert isinstance(caught.value, Reject)
    assert len(peer.requests) == 1


def test_nobody_listening_is_transient(deliver):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionRefusedError) as caught:
        deliver(f"http://127.0.0.1:{port}/")
    assert classify(caught.value) is FailureClass.TRANSIENT


def test_a_server_that_hangs_up_is_transient(peer, deliver):
    peer.answers.append(None)
    with pytest.raises(ConnectionError):
        deliver(peer.url)
    assert len(peer.requests) == 1


def test_silence_ends_at_the_timeout(deliver):
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError) as caught:
        deliver(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.05)
    assert classify(caught.value) is FailureClass.TIMEOUT


def test_what_is_not_http_is_transient(deliver):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"220 smtp.example ready\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Transient, match="not an answer in HTTP"):
            deliver(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()


def test_a_connection_is_kept_and_a_stale_one_replaced(peer, context):
    sink, ctx = HttpSink(peer.url), context()
    sink.open(ctx)
    peer.answers.extend([(200, {}, b""), (200, {}, b""), (200, {}, b"", "hang up")])
    for _ in range(3):
        sink.write(Record({"n": 1}), ctx)
    assert len(peer.connections) == 1
    sink.write(Record({"n": 1}), ctx)
    sink.close(ctx)
    assert len(peer.requests) == 4
    assert len(peer.connections) == 2


def test_an_answer_does_not_leak_into_the_next_one(peer, context):
    peer.answers.extend([(422, {}, b"y" * 300_000), (503, {}, b"next")])
    sink, ctx = HttpSink(peer.url), context()
    sink.open(ctx)
    with pytest.raises(Refused):
        sink.write(Record({}), ctx)
    with pytest.raises(Transient, match="503: next"):
        sink.write(Record({}), ctx)
    sink.close(ctx)


def test_threads_deliver_at_the_same_time(peer, context):
    peer.together = threading.Barrier(8)  # nobody is answered until all have asked
    sink = HttpSink(peer.url)
    sink.open(context())
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: sink.write(Record({"n": n}), context()), range(8)))
    sink.close(context())
    assert sorted(request["body"]["n"] for request in peer.requests) == list(range(8))


def test_a_payload_that_is_not_json_is_refused_before_anything_is_sent(peer, deliver):
    with pytest.raises(NotJson):
        deliver(peer.url, payload={"confidence": float("nan")})
    assert not peer.requests


def test_certificates_are_verified(peer, deliver):
    encrypted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    encrypted.load_cert_chain(LOCALHOST)
    peer.socket = encrypted.wrap_socket(peer.socket, server_side=True)
    url = f"https://localhost:{peer.server_port}/"
    deliver(url, ca_file=str(LOCALHOST))
    assert len(peer.requests) == 1
    with pytest.raises(ssl.SSLCertVerificationError):
        deliver(url)
    assert len(peer.requests) == 1
    with pytest.raises(CannotRead):
        deliver(url, ca_file="absent.pem")


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "example.org", "http://", "http://example.org:port/", "https://user:pw@example.org/"]
)
def test_a_url_that_cannot_work_is_refused_at_the_start(url):
    with pytest.raises(BadSetting, match="`url`"):
        HttpSink(url)


def test_secrets_do_not_travel_in_clear_text():
    for url in ("http://example.org/", "http://10.0.0.1/"):
        with pytest.raises(SecretInClear) as caught:
            HttpSink(url, secret_headers={"Authorization": "{token}"})
        assert caught.value.findings[0].code == "N109"
    HttpSink("https://example.org/", secret_headers={"Authorization": "{token}"})
    HttpSink("http://[::1]:8080/", secret_headers={"Authorization": "{token}"})


def test_a_secret_that_the_graph_does_not_give_is_named(deliver):
    with pytest.raises(BadSetting, match=r"`secret_headers`.*'token'"):
        deliver("http://localhost/", secret_headers={"Authorization": "Bearer {token}"})


@pytest.mark.parametrize("name", ["Idempotency-Key", "content-length", "Host"])
def test_headers_that_are_the_sinks_own_cannot_be_set(name):
    with pytest.raises(BadSetting, match="`headers`"):
        HttpSink("http://localhost/", headers={name: "x"})

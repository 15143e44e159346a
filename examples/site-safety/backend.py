"""A small backend for the example: takes events over HTTP, is away for a while, and refuses what is no event.

Takes:   POST of one event as JSON, with the header `Idempotency-Key`.
Gives:   201 and one line in the ledger; 200 for a key that it has already seen; 422 with a reason; 503 with Retry-After;
         nothing at all while it is dead.
Ignores: everything else that a backend needs, such as TLS and a database.

The ledger is a file of JSON lines, one for each effect. It is flushed and not fsynced: the demo kills the sender, never
the backend, and a process that lives loses nothing that it has handed to the operating system.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SEVERITIES = ("info", "warning", "critical")


class Backend(ThreadingHTTPServer):
    """Listens on this machine only. After `away_after` effects it answers 503 for `away_for` seconds, once.

    `on_effect` is called with the number of effects after each one is in the ledger and before it is answered.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        ledger: Path,
        *,
        port: int = 0,
        away_after: int | None = None,
        away_for: float = 0.0,
        on_effect: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.counts: Counter[str] = Counter()  # effect, repeated, refused, away, dead -> requests that ended so
        self._seen: dict[str, Any] = {}  # key -> event
        self._ledger = ledger.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._away_after = away_after
        self._away_for = away_for
        self._back: float | None = None  # when it is there again
        self._on_effect = on_effect
        self.dead = False  # while it is, connections are closed without an answer

    @property
    def url(self) -> str:
        """Where events go."""
        return f"http://127.0.0.1:{self.server_port}/events"

    def answer(self, key: str | None, event: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Status, headers and body for one event."""
        with self._lock:
            kind, status, headers, body = self._decide(key, event)
            self.counts[kind] += 1
            if kind == "effect" and key is not None:
                self._seen[key] = event
                self._ledger.write(json.dumps({"key": key, "event": event}) + "\n")
                self._ledger.flush()
                if self._on_effect:
                    self._on_effect(self.counts["effect"])
            return status, headers, body

    def _decide(self, key: str | None, event: Any) -> tuple[str, int, dict[str, str], dict[str, Any]]:
        wait = self._away()
        if wait > 0:
            return "away", 503, {"Retry-After": str(int(wait) + 1)}, {"error": "away for a while"}
        reason = _why_not(key, event)
        if reason is None and key in self._seen and self._seen[key] != event:
            reason = "key was used for another event"
        if reason is not None:
            return "refused", 422, {}, {"error": reason}
        if key in self._seen:
            return "repeated", 200, {}, {"status": "known"}
        return "effect", 201, {}, {"status": "taken"}

    def _away(self) -> float:
        """Seconds until it is there again."""
        if self._back is None:
            if self._away_after is None or self.counts["effect"] < self._away_after:
                return 0.0
            self._back = time.monotonic() + self._away_for
        return self._back - time.monotonic()

    def server_close(self) -> None:
        super().server_close()
        self._ledger.close()


def _why_not(key: str | None, event: Any) -> str | None:
    if not key:
        return "no idempotency key"
    if not isinstance(event, dict):
        return "not an object"
    if not event.get("track_id"):
        return "missing track id"
    if event.get("severity") not in SEVERITIES:
        return "unknown severity"
    return None


class _Handler(BaseHTTPRequestHandler):
    server: Backend
    protocol_version = "HTTP/1.1"  # keeps connections
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one piece

    def do_POST(self) -> None:
        if self.server.dead:
            self.server.counts["dead"] += 1
            self.close_connection = True
            return
        try:
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        except (TypeError, ValueError):
            status, headers, body = 400, {}, {"error": "not JSON"}
        else:
            status, headers, body = self.server.answer(self.headers["Idempotency-Key"], event)
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:  # the sender was killed
            pass

    def log_message(self, format: str, *args: Any) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ledger", type=Path, default=Path("work/ledger.jsonl"))
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--away-after", type=int, help="go away after so many effects")
    parser.add_argument("--away-for", type=float, default=5.0, help="for so many seconds")
    given = parser.parse_args()
    given.ledger.parent.mkdir(parents=True, exist_ok=True)
    with Backend(given.ledger, port=given.port, away_after=given.away_after, away_for=given.away_for) as backend:
        print(f"listening on {backend.url}, ledger in {given.ledger}")
        try:
            backend.serve_forever()
        except KeyboardInterrupt:
            print(dict(backend.counts))


if __name__ == "__main__":
    main()

"""A server that does the work of each idempotency key once: a process of its own, so that a killed client is no matter to it.

Run:     python remembering_server.py        prints its port, then serves until its standard input ends
Keeps:   POST /PATH does its work by adding a line to PATH/seen, unless it has seen the key for that path.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

SEEN: set[tuple[str, str]] = set()
LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        once = (self.path, self.headers["Idempotency-Key"])
        with LOCK:
            if once not in SEEN:
                SEEN.add(once)
                with open(Path(unquote(self.path), "seen"), "a", encoding="utf-8") as file:
                    file.write(json.dumps([once[1], body]) + "\n")
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None: ...


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        print(server.server_port, flush=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()

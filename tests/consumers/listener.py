"""A stand-in on this machine for a service, which keeps what a client sends it."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any


@contextmanager
def listening(answer: Callable[[str, Any], Any]) -> Iterator[str]:
    """The address of a service that answers each request, by its path and its body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            said = json.dumps(answer(self.path, json.loads(body or "null"))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def run_its_command(folder: Path, **environment: str) -> None:
    """Run the command on the card of an export."""
    card = (folder / "README.md").read_text("utf-8")
    (command,) = (line for line in card.split("\n") if line.strip().startswith("python -c "))
    _, *arguments = shlex.split(command)
    subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.1", **environment},
        check=True,
    )

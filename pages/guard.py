"""What keeps logged text inside this process and this browser tab.

Questions and answers are written by strangers and may hold personal data, and an upload is still
raw text. Four ways out are closed here, for whatever page, route or library opens them by mistake:
a response that makes the browser fetch from or send to another address, a request under a foreign
host name, a temporary file, and an error message (which may quote the text it failed on).
"""

import base64
import hashlib
import logging
import re
import traceback
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from pages import keys, landmarks, texts


def inline_scripts() -> str:
    """Hashes of the inline scripts that may run: those of Streamlit's index page, and ours."""
    index = Path(st.__file__).parent / "static" / "index.html"
    scripts = re.findall(r"<script>(.*?)</script>", index.read_text("utf-8"), re.DOTALL)
    scripts += [keys.SCRIPT, landmarks.SCRIPT]
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


# As tight as Streamlit's frontend allows: charts need no 'unsafe-eval', nothing needs a worker.
POLICY = {
    "default-src": "'none'",
    "script-src": f"'self' {inline_scripts()}",
    "style-src": "'self' 'unsafe-inline'",  # its components write <style> elements
    "img-src": "'self' data: blob:",  # data: is the page's icon, icons within cells
    "font-src": "'self' data:",  # data: is one font for formulas, inlined in the style sheet
    "connect-src": "'self'",  # the websocket too
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}

HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """ASGI middleware that adds `HEADERS` to every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def only_known_hosts(app: ASGIApp) -> TrustedHostMiddleware:
    """Refuse a foreign Host header (DNS rebinding) on every route and on the websocket.

    Streamlit checks `server.allowedHosts` on its websocket only. The same list rules here, read
    when the server starts, so that a flag or an environment variable counts; an empty one refuses
    everybody.
    """
    hosts = config.get_option("server.allowedHosts")
    return TrustedHostMiddleware(app, allowed_hosts=hosts, www_redirect=False)


MIDDLEWARE = [Middleware(SecurityHeaders), Middleware(only_known_hosts)]


def keep_uploads_in_memory() -> None:
    """Starlette writes a multipart body above 1 MB to a temporary file, which would be raw text.

    A limit above the largest upload that Streamlit accepts leaves nothing to write.
    """
    MultiPartParser.spool_max_size = (config.get_option("server.maxUploadSize") + 1) * 2**20


class PlaceOnlyRecord(logging.LogRecord):
    """A log record whose traceback tells where and what kind, but not the exception's message."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info and self.exc_info[1]:
            self.exc_text = "".join(places(self.exc_info[1]))  # formatters print this if present


def places(error: BaseException) -> list[str]:
    """The traceback of an error and of those it came from: files, lines, code and types."""
    source = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = [*places(source), "which led to\n"] if source else []
    return [*before, *traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}\n"]


def keep_messages_out_of_logs() -> None:
    """For every logger of this process: Streamlit's and the web server's log exceptions whole."""
    logging.setLogRecordFactory(PlaceOnlyRecord)


def show_error(_error: Exception) -> bool:
    """Tell the visitor that a page failed, in our words; True keeps Streamlit's own away."""
    texts.notice(
        "Something went wrong on this page. Everything saved before is still there. "
        "Reload to try again; the server's log names the place in the code.",
        "error",
    )
    return True

"""The real app in a child process, and a real browser in front of it.

Tests of the screen start the app as its users do, with a store of their own in a temporary folder,
and drive it with Debian's chromium: Playwright's own browser builds need a download that a build
machine may not be able to make.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, WebSocket, expect, sync_playwright

from core.settings import secret_key
from core.store import Store

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
DATABASE = "flywheel.duckdb"
KEY = "a key for tests only, 32 bytes or more"
BROWSER_ARGUMENTS = [
    "--no-sandbox",  # chromium refuses to start as root otherwise
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running app. `restart` keeps its port and its store, as a real restart does."""

    folder: Path
    env: dict[str, str]
    root: Path = ROOT
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What the app printed, from all its starts."""
        return self.folder / "server.log"

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", str(self.root / "dashboard.py")]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(self.port)],
                cwd=self.folder,
                env=self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the app did not start:\n{self.log.read_text('utf-8')}")
            time.sleep(0.05)

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """End the app as Ctrl+C or a service manager does."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the app as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()


@contextmanager
def serve(
    folder: Path, env: Mapping[str, str | None] | None = None, root: Path = ROOT
) -> Iterator[Server]:
    """The app with a store of its own under `folder`.

    `env` adds environment variables, or with None takes them away; `root` is another copy of the
    app, as `probe` makes.
    """
    own = {
        "HOME": str(folder),  # nobody's personal Streamlit settings
        "FLYWHEEL_DB": str(folder / DATABASE),
        "FLYWHEEL_KEY": KEY,
    }
    wanted = {**os.environ, **own, **(env or {})}
    server = Server(folder, {name: v for name, v in wanted.items() if v is not None}, root)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def store_of(folder: Path) -> Iterator[Store]:
    """The store of `serve(folder)`, opened before the app starts or after it has ended."""
    with pytest.MonkeyPatch.context() as patch, Store(folder / DATABASE) as store:
        patch.setenv("FLYWHEEL_KEY", KEY)
        secret_key.cache_clear()
        yield store


@contextmanager
def copy_of(folder: Path, to: Path) -> Iterator[Store]:
    """What a power cut would leave now of the store of a running `serve(folder)`."""
    for name in (DATABASE, f"{DATABASE}.wal"):
        if (folder / name).exists():
            shutil.copy(folder / name, to)
    with store_of(to) as store:
        yield store


def probe(folder: Path, **pages: str) -> Path:
    """A copy of the app under `folder` where the named pages hold other code.

    For what no page of ours should do, such as failing or drawing a hostile text as Markdown.
    """
    copy = folder / "probe"
    shutil.copytree(ROOT / ".streamlit", copy / ".streamlit")
    shutil.copytree(ROOT / "pages", copy / "pages", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "dashboard.py", copy)
    for shared in ("core", "data"):
        (copy / shared).symlink_to(ROOT / shared)
    for name, code in pages.items():
        (copy / "pages" / f"{name}.py").write_text(textwrap.dedent(code), "utf-8")
    return copy


@dataclass
class Traffic:
    """Every address a page asked for, fetched or refused, what came in, what its console said."""

    urls: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # by the browser, before anything was sent
    frames: list[bytes] = field(default_factory=list)  # what the server sent by websocket
    console: list[str] = field(default_factory=list)

    def failed(self, request: Request) -> None:
        if request.failure == "csp":
            self.refused.append(request.url)

    def connected(self, socket: WebSocket) -> None:
        self.urls.append(socket.url)
        socket.on(
            "framereceived",
            lambda data: self.frames.append(data if isinstance(data, bytes) else data.encode()),
        )

    def outside(self) -> list[str]:
        """Addresses that are not this machine; `data:` and `blob:` never leave the browser."""
        remote = [url for url in self.urls if urlsplit(url).scheme not in ("data", "blob")]
        return [url for url in remote if urlsplit(url).hostname not in ("127.0.0.1", "localhost")]


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise RuntimeError("no chromium on PATH; `make test` installs it on Debian")
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's chromium, for several pages one after the other or beside each other."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=BROWSER_ARGUMENTS)
        try:
            yield running
        finally:
            running.close()


@contextmanager
def page_of(
    running: Browser,
    width: int = 1440,
    height: int = 900,
    scheme: Literal["light", "dark"] = "light",
    **options: Any,
) -> Iterator[tuple[Page, Traffic]]:
    """A page that shares nothing with others, and the list of all it asked the network for."""
    context = running.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, **options
    )
    traffic = Traffic()
    context.on("request", lambda request: traffic.urls.append(request.url))
    page = context.new_page()
    page.on("requestfailed", traffic.failed)
    page.on("websocket", traffic.connected)
    page.on("console", lambda message: traffic.console.append(message.text))
    page.on("pageerror", lambda error: traffic.console.append(str(error)))
    try:
        yield page, traffic
    finally:
        context.close()


@contextmanager
def browser_page(
    width: int = 1440, height: int = 900, **options: Any
) -> Iterator[tuple[Page, Traffic]]:
    """A page in a browser of its own; `options` are those of `page_of`."""
    with browser() as running, page_of(running, width, height, **options) as both:
        yield both


def settled(page: Page) -> None:
    """Wait until the app has finished the run it is in.

    A locator, as `page.wait_for_function` evaluates strings, which the app's policy forbids.
    """
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def visit(page: Page, server: Server, address: str = "") -> None:
    """Go to an address of the app as a new visitor does."""
    page.goto(f"{server.url}/{address}")
    settled(page)


def turn_to(page: Page, title: str) -> None:
    """Go to another page of the app within the same session."""
    page.get_by_role("link", name=title, exact=True).first.click()
    expect(page.get_by_role("heading", name=title, exact=True).first).to_be_visible(timeout=20_000)
    settled(page)


def button(page: Page, name: str) -> Locator:
    """A button by its words; on Review its key is written beside them."""
    return page.get_by_role("button", name=re.compile(rf"^{re.escape(name)}( Shortcut .+)?$"))


def item_in_address(page: Page) -> str:
    return "".join(parse_qs(urlsplit(page.url).query).get("item", []))


def item_shown(page: Page, id_: str) -> None:
    """Wait until an item is in the address and on the screen, ready to be decided."""
    head = page.locator(".st-key-item-head")
    expect(head.filter(has_text=id_)).to_have_count(1, timeout=20_000)
    settled(page)
    expect(head).to_have_count(1)  # while it is being drawn the one before may be there too
    assert item_in_address(page) == id_

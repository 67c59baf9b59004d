"""Text made to act, in every field of a log: nothing is fetched, nothing runs, all is shown."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import expect

from core.pipeline import load_file
from tests.serving import browser_page, serve, settled, store_of, visit

pytestmark = pytest.mark.browser


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address that nothing may ask, and what asked it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def hostile(address: str) -> str:
    return (
        f"![x]({address}/image) [link]({address}/link) <img src={address}/img onerror=window.hit=1>"
        f"<script>window.hit=1;fetch('{address}/fetch')</script>"
        f"<style>@import '{address}/css';</style>"
        f"<svg onload=window.hit=1> $$\\href{{{address}/tex}}{{x}}$$ :red[red] :material/home: "
        "{{7*7}} {% raw %} [js](javascript:window.hit=1) \u202eabc \u200b" + "long" * 300
    )


def test_hostile_text_does_nothing(tmp_path: Path, listener: tuple[str, list[str]]) -> None:
    address, asked = listener
    text = hostile(address)
    lines = [
        {
            "id": f"h-{number}",
            "logged_at": "2026-11-20T10:00:00Z",
            "question": f"Why? {text}",
            "answer": f"Because. {text}\n\n| a | b |\n|---|---|\n| {text} | `code` |",
            "history": [{"role": "user", "content": text}],
            "sources": [{"title": text, "uri": f"{address}/source", "text": text}],
            "tags": [text],
            "agent_version": text,
            "model": text,
            "session_id": text,
            "user": text,
            "metadata": {text: text},
            "feedback": {
                "signal": "down",
                "correction": f"Rather this. {text}",
                "comment": text,
                "tags": [text],
            },
        }
        for number in (1, 2)
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join([*map(json.dumps, lines), f"{{broken {text}"]), "utf-8")
    with store_of(tmp_path) as store:
        assert load_file(store, log).loaded == 2
    with serve(tmp_path) as server:
        for width in (1440, 390):
            with browser_page(width, 844) as (page, traffic):
                page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
                for place in ("", "review?reviewer=Ann", "datasets", "logs"):
                    visit(page, server, place)
                    if place == "datasets":
                        page.get_by_role("button", name="Prepare export").click()
                        settled(page)
                    assert page.evaluate("window.hit") is None
                    assert page.locator("[onerror], [onload]").count() == 0
                    assert page.evaluate("document.documentElement.scrollWidth") <= width
                visit(page, server, "review?reviewer=Ann&item=h-1")
                expect(page.get_by_text("{{7*7}}").first).to_be_visible()
                page.get_by_text("Raw", exact=True).click()
                settled(page)
                expect(page.get_by_text("<script>").first).to_be_visible()
                if width == 390:
                    page.get_by_role("button", name="Approve").click()
                    page.get_by_role("button", name="Show what it became").click()
                    settled(page)
                    expect(page.get_by_text("{{7*7}}").first).to_be_visible()
                assert page.evaluate("window.hit") is None
                assert traffic.outside() == []
    assert asked == []

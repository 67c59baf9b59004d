"""Exports made, in the real browser: looked at, downloaded again, compared, and refused."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from core.export import prepare, record
from core.pipeline import load_file, redactor_of
from core.review import decide, report
from core.store import Store
from tests.exporting import archive_of
from tests.serving import Server, browser, button, page_of, serve, settled, store_of, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECONDS = 30_000
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOWN = {"signal": "down", "correction": "Hold the right button."}
LOG = [
    {"id": id_, "question": f"How do I reset {id_}?", "answer": answer, "feedback": feedback}
    for id_, answer, feedback in (
        ("liked", "Hold it.", "up"),
        ("fixed", "Turn it.", DOWN),
        ("waiting", "Shake it.", DOWN),
        ("quiet", "Wait.", "up"),
    )
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


def made(store: Store, **given: Any) -> tuple[str, bytes]:
    """The id and the zip of an export that has left the house."""
    prepared = prepare(store, redactor_of(store).redactor, "eval", sample=False, **given)
    record(store, prepared, NOW)
    return prepared.export_id, archive_of(prepared)


def decided(store: Store, id_: str, action: Any, revision: int, **more: Any) -> None:
    who: dict[str, Any] = {"reviewer": "Ann", "now": NOW, "revision": revision}
    decide(store, redactor_of(store), id_, action, **who, **more)


@pytest.fixture
def exported(tmp_path: Path) -> list[tuple[str, bytes]]:
    """Three exports: the first one, a later one, and one that was superseded."""
    log = tmp_path / "agent.jsonl"
    log.write_text("".join(f"{json.dumps(line)}\n" for line in LOG), "utf-8")
    with store_of(tmp_path) as store:
        load_file(store, log)
        decided(store, "fixed", "approve", 0)
        withdrawn = made(store)
        first = made(store, without=["quiet"])
        decided(store, "fixed", "edit", 1, answer="Hold both buttons.")
        decided(store, "waiting", "approve", 0)
        later = made(store, without=["quiet", "liked"])
        redactor = redactor_of(store)
        report.take_out(store, redactor, "wait", kind="PERSON", reporter="Ann", now=NOW)
    return [first, later, withdrawn]


@pytest.fixture
def app(exported: list[tuple[str, bytes]], tmp_path: Path) -> Iterator[Server]:
    with serve(tmp_path) as server:
        yield server


def choose(page: Page, label: str, export_id: str) -> None:
    wanted = page.get_by_role("option", name=re.compile(export_id[:8]))
    for _ in range(5):
        page.get_by_role("combobox", name=label, exact=True).click()
        try:
            # A list closes when the page is drawn anew.
            wanted.click(timeout=3_000)
        except TimeoutError:
            page.keyboard.press("Escape")
        else:
            break
    settled(page)


def test_exports_are_downloaded_again_and_compared(
    chromium: Browser, app: Server, exported: list[tuple[str, bytes]]
) -> None:
    (first, content), (later, _), (withdrawn, _) = exported
    with page_of(chromium, width=390, height=844) as (page, _):
        visit(page, app, "datasets")
        expect(page.get_by_role("heading", name="Exports made")).to_be_visible(timeout=SECONDS)
        assert button(page, "Download again").count() == 0
        choose(page, "Look at an export", first)
        expect(page.get_by_text("2 items up to event")).to_be_visible(timeout=SECONDS)
        with page.expect_download(timeout=SECONDS) as caught:
            button(page, "Download again").click()
        assert caught.value.suggested_filename == f"flywheel-eval-{first[:8]}.zip"
        assert caught.value.path().read_bytes() == content
        page.get_by_text("manifest.json of this export").click()
        expect(page.get_by_text(f'"export_id": "{first}"')).to_be_visible(timeout=SECONDS)

        choose(page, "Compare it with", later)
        names = f"From eval {first[:8]} to eval {later[:8]}"
        expect(page.get_by_role("heading", name=names)).to_be_visible(timeout=SECONDS)
        for kind, id_, words in (
            ("added", "waiting", "waits for a reviewer; approved by Ann, 23 Nov 2026"),
            ("removed", "liked", "revision 0: not in eval .*: taken out by hand after the scan"),
            ("changed", "fixed", "revision 1, then 2: edited by Ann, 23 Nov 2026"),
        ):
            listed = page.locator(f".st-key-changes-{kind}")
            expect(listed).to_contain_text(f"1 item {kind}")
            expect(listed).to_contain_text(re.compile(words))
            expect(listed.get_by_role("link", name=id_)).to_be_visible()
        main = page.get_by_test_id("stMain")
        assert main.evaluate("element => element.scrollWidth <= element.clientWidth")

        choose(page, "Look at an export", withdrawn)
        refused = page.get_by_role("alert").filter(has_text="cannot be made again")
        expect(refused).to_contain_text("changed by a report of personal data: quiet")
        assert button(page, "Download again").count() == 0
        choose(page, "Compare it with", later)
        removed = page.locator(".st-key-changes-removed")
        expect(removed).to_contain_text("2 items removed", timeout=SECONDS)

        page.locator(".st-key-changes-changed").get_by_role("link", name="fixed").click()
        line = page.get_by_text("In exports: ")
        expect(line).to_have_text(
            f"In exports: eval {later[:8]} (revision 2), eval {first[:8]} (revision 1), "
            f"eval {withdrawn[:8]} (revision 1, superseded)",
            timeout=SECONDS,
        )

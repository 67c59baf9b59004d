"""What a click means when the server has died, a colleague was first, or the finger was too quick.

The database is read from a copy, as a power cut would leave it, so the app need not be stopped for
every look.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.pipeline import load_file
from tests.serving import (
    Server,
    browser,
    button,
    copy_of,
    item_in_address,
    item_shown,
    page_of,
    serve,
    settled,
    store_of,
    visit,
)

pytestmark = pytest.mark.browser

ITEMS = 90
Decided = list[tuple[str, int, str, str, str | None]]


def line(number: int) -> dict[str, Any]:
    return {
        "id": f"item-{number:02}",
        "logged_at": f"2026-11-20T{23 - number // 60:02}:{59 - number % 60:02}:00Z",
        "question": f"How do I reset meter {number}?",
        "answer": "Hold the left button and wait.",
        "feedback": {
            "signal": "down",
            "correction": f"Hold the right button of meter {number} for ten seconds.",
        },
    }


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    log = folder / "log.jsonl"
    log.write_text("\n".join(json.dumps(line(number)) for number in range(ITEMS)))
    with store_of(folder) as store:
        load_file(store, log)
    with serve(folder) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def server(app: Server) -> Server:
    if not app.healthy():
        app.start()
    return app


@pytest.fixture
def decided(server: Server, tmp_path: Path) -> Callable[[], Decided]:
    """The decisions since the test began, oldest first."""
    count = 0

    def look() -> Decided:
        count_before = len(list(tmp_path.glob("look-*")))
        folder = tmp_path / f"look-{count_before}"
        folder.mkdir()
        with copy_of(server.folder, folder) as store:
            rows = store.rows("SELECT * FROM decisions ORDER BY seq")
        return [
            (
                row["interaction_id"],
                row["revision"],
                row["action"],
                row["reviewer"],
                row["final_answer"],
            )
            for row in rows
        ][count:]

    count = len(look())
    return look


def correction_of(id_: str) -> str:
    return f"Hold the right button of meter {int(id_.removeprefix('item-'))} for ten seconds."


def open_review(page: Page, server: Server, reviewer: str) -> str:
    """Go to Review; returns the item on the screen."""
    visit(page, server, f"review?reviewer={reviewer}")
    expect(button(page, "Approve")).to_be_enabled()
    id_ = item_in_address(page)
    item_shown(page, id_)
    return id_


def act(page: Page, how: str) -> None:
    if how == "mouse":
        button(page, "Approve").click()
    else:
        page.keyboard.press("a")


def decided_notice(page: Page, id_: str, words: str) -> None:
    expect(page.locator(".notice.done")).to_contain_text(f"{id_} {words}", timeout=20_000)
    settled(page)


# ---- a restart ------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["mouse", "key"])
def test_the_first_click_after_a_restart_decides_the_item_on_the_screen(
    server: Server, chromium: Browser, decided: Callable[[], Decided], how: str
) -> None:
    with page_of(chromium) as (page, _):
        before = open_review(page, server, f"restart-{how}")
        act(page, how)  # so that the session has a history which the new server knows nothing of
        decided_notice(page, before, "approved")
        id_ = item_in_address(page)
        item_shown(page, id_)
        assert id_ != before
        server.kill()
        server.start()
        expect(button(page, "Approve")).to_be_enabled(timeout=20_000)
        act(page, how)
        decided_notice(page, id_, "approved")
        assert item_in_address(page) not in (before, id_)
    server.stop()
    assert decided() == [
        (item, 1, "approve", f"restart-{how}", correction_of(item)) for item in (before, id_)
    ]


def test_what_is_pressed_while_the_server_is_away_decides_nothing_else(
    server: Server, chromium: Browser, decided: Callable[[], Decided]
) -> None:
    with page_of(chromium) as (page, _):
        id_ = open_review(page, server, "away")
        server.kill()
        for _ in range(3):
            page.keyboard.press("a")
            page.wait_for_timeout(100)
        server.start()
        expect(button(page, "Approve")).to_be_enabled(timeout=20_000)
        settled(page)
        page.wait_for_timeout(1000)
        assert decided() in ([], [(id_, 1, "approve", "away", correction_of(id_))])


def test_text_typed_before_a_restart_is_saved_after_it(
    server: Server, chromium: Browser, decided: Callable[[], Decided]
) -> None:
    with page_of(chromium) as (page, _):
        id_ = open_review(page, server, "typing")
        field = page.get_by_label("Correction", exact=True)
        field.fill("Hold both buttons.")
        server.kill()
        server.start()
        expect(button(page, "Save edit")).to_be_enabled(timeout=20_000)
        expect(field).to_have_value("Hold both buttons.")
        field.press("Control+Enter")
        decided_notice(page, id_, "saved with your edit")
        assert decided() == [(id_, 1, "edit", "typing", "Hold both buttons.")]


# ---- somebody else --------------------------------------------------------------------------


def test_a_stale_decision_changes_nothing_and_says_who_was_first(
    server: Server, chromium: Browser, decided: Callable[[], Decided]
) -> None:
    expected: Decided = []
    with page_of(chromium) as (ann, _), page_of(chromium) as (bob, _):
        open_review(ann, server, "Ann")
        for keys, typed in (
            (["Control+Enter"], "Hold both buttons for a minute."),
            (["Tab", "a"], None),
            (["Tab", "s"], None),
        ):
            id_ = item_in_address(ann)
            item_shown(ann, id_)
            visit(bob, server, f"review?reviewer=Bob&item={id_}")
            item_shown(bob, id_)
            other = bob.get_by_text("Another reviewer has this item on the screen too")
            expect(other).to_be_visible()
            field = bob.get_by_label("Correction", exact=True)
            field.focus()
            if typed:
                field.fill(typed)
            act(ann, "mouse")
            decided_notice(ann, id_, "approved")
            expected.append((id_, 1, "approve", "Ann", correction_of(id_)))

            for key in keys:
                bob.keyboard.press(key)
            warning = bob.get_by_role("alert").filter(has_text="Ann approved this item first")
            expect(warning).to_contain_text("Nothing was changed", timeout=20_000)
            settled(bob)
            assert item_in_address(bob) == id_
            expect(field).to_have_value(typed or correction_of(id_))
            expect(bob.locator(".st-key-item-head")).to_contain_text("approved")
    assert decided() == expected


def test_two_reviewers_get_different_items(
    server: Server, chromium: Browser, decided: Callable[[], Decided]
) -> None:
    with page_of(chromium) as (ann, _), page_of(chromium) as (bob, _):
        first = open_review(ann, server, "Ann")
        second = open_review(bob, server, "Bob")
        assert first != second
        expect(bob.locator(".st-key-review-head")).to_contain_text("with other reviewers")
        act(ann, "mouse")
        decided_notice(ann, first, "approved")
        third = item_in_address(ann)
        assert third not in (first, second)
        act(bob, "key")
        decided_notice(bob, second, "approved")
        assert item_in_address(bob) not in (first, second, third)
        assert [(id_, who) for id_, _, _, who, _ in decided()] == [(first, "Ann"), (second, "Bob")]


# ---- quick fingers --------------------------------------------------------------------------

# What the eye sees, not what the buttons know: noted before the app hears of the key or click.
WATCH = """() => {
  window.seen = [];
  const look = () => window.seen.push(
    document.querySelector(".st-key-item-head").innerText.match(/item-\\d+/)[0]);
  window.addEventListener("keydown", look, true);
  window.addEventListener("pointerdown", look, true);
}"""


@pytest.mark.parametrize("how", ["mouse", "key"])
def test_each_press_decides_at_most_the_item_on_the_screen(
    server: Server, chromium: Browser, decided: Callable[[], Decided], how: str
) -> None:
    """Two presses in a row, from a bouncing key to a slow double click."""
    with page_of(chromium) as (page, _):
        open_review(page, server, f"quick-{how}")
        page.evaluate(WATCH)
        place = button(page, "Approve").bounding_box()
        assert place
        for gap in (0, 80, 110, 140, 180):
            for wait in (gap, 600):
                if how == "mouse":
                    page.mouse.click(place["x"] + 20, place["y"] + 10)
                else:
                    page.keyboard.press("a")
                page.wait_for_timeout(wait)
            settled(page)
            # The next item has come up by itself, whatever was pressed too much.
            expect(page.locator(".st-key-item-head")).to_contain_text("pending")
            expect(page.locator(".notice.warning")).to_have_count(0)
        seen = page.evaluate("() => window.seen")
        ids = [id_ for id_, *_ in decided()]
        assert len(set(ids)) == len(ids)
        assert set(ids) <= set(seen)
        assert {(revision, action) for _, revision, action, *_ in decided()} == {(1, "approve")}

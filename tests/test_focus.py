"""Where the cursor is: nobody who decides by keyboard has to look for it again.

In the real browser, on items that are decided one after the other.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.pipeline import load_file
from tests.serving import (
    Server,
    browser,
    button,
    item_in_address,
    item_shown,
    page_of,
    serve,
    settled,
    store_of,
    visit,
)

pytestmark = pytest.mark.browser

SECONDS = 20_000


def line(number: int) -> dict[str, Any]:
    return {
        "id": f"item-{number:02}",
        "logged_at": f"2026-11-20T10:{59 - number:02}:00Z",
        "question": f"How do I reset meter {number}?",
        "answer": "Hold the left button and wait.",
        "feedback": {"signal": "down", "correction": f"Hold the right button of meter {number}."},
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    log = folder / "log.jsonl"
    log.write_text("\n".join(json.dumps(line(number)) for number in range(40)))
    with store_of(folder) as store:
        load_file(store, log)
    with serve(folder) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def page(chromium: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Review, open for a reviewer of this test's own."""
    with page_of(chromium) as (opened, _):
        name = f"r{abs(hash(request.node.name)) % 10_000}"
        visit(opened, server, f"review?reviewer={name}")
        expect(button(opened, "Approve")).to_be_enabled(timeout=SECONDS)
        item_shown(opened, item_in_address(opened))
        yield opened


def focused(page: Page) -> str:
    """What has the cursor, in a word or two."""
    return str(
        page.evaluate(
            "() => { const it = document.activeElement; "
            "return `${it.tagName.toLowerCase()} ${it.innerText || it.ariaLabel || ''}`.trim() }"
        )
    )


def has_cursor(page: Page, *wanted: str) -> None:
    """Wait until one of these has the cursor; a busy machine draws late."""
    for _ in range(100):
        page.wait_for_timeout(100)
        if focused(page).startswith(wanted):
            return
    raise AssertionError(f"the cursor is at {focused(page)!r}")


def next_item(page: Page, before: str) -> str:
    """Wait for another item; returns it."""
    expect(page.locator(".st-key-item-head").filter(has_text=before)).to_have_count(
        0, timeout=SECONDS
    )
    settled(page)
    id_ = item_in_address(page)
    item_shown(page, id_)
    return id_


def at_heading(page: Page, id_: str) -> None:
    expect(page.get_by_role("heading", name=id_, exact=True)).to_be_focused(timeout=SECONDS)


@pytest.mark.parametrize("name", ["Approve", "Save edit", "Reject", "Skip"])
def test_after_a_click_the_cursor_is_at_the_head_of_the_next_item(page: Page, name: str) -> None:
    for _ in range(2):
        before = item_in_address(page)
        button(page, name).click()
        at_heading(page, next_item(page, before))


def test_keys_decide_one_item_after_the_other_wherever_the_cursor_is(page: Page) -> None:
    seen = [item_in_address(page)]
    for key in ("a", "s", "x", "a"):
        page.keyboard.press(key)
        seen.append(next_item(page, seen[-1]))
        at_heading(page, seen[-1])
    assert len(set(seen)) == 5
    page.keyboard.press("u")
    at_heading(page, next_item(page, seen[-1]))
    assert item_in_address(page) == seen[-2]


def test_an_edit_saved_from_the_field_leads_to_the_next_item_and_back_into_its_field(
    page: Page,
) -> None:
    before = item_in_address(page)
    page.keyboard.press("e")
    page.keyboard.type(" And wait.")
    page.keyboard.press("Control+Enter")
    at_heading(page, next_item(page, before))
    page.keyboard.press("e")
    expect(page.get_by_label("Correction", exact=True)).to_be_focused()


def test_enter_on_a_button_decides_and_tab_goes_on_from_the_head(page: Page) -> None:
    before = item_in_address(page)
    button(page, "Approve").focus()
    page.keyboard.press("Enter")
    at_heading(page, next_item(page, before))
    page.keyboard.press("Tab")
    assert focused(page).split()[0] not in ("body", "main")
    for _ in range(30):
        if focused(page).startswith("button Approve"):
            break
        page.keyboard.press("Tab")
    else:
        pytest.fail("Approve cannot be reached by Tab")


def test_the_order_of_the_tab_key_is_that_of_reading(page: Page) -> None:
    page.get_by_role("heading", name=item_in_address(page), exact=True).focus()
    stops = []
    for _ in range(14):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                "() => { const it = document.activeElement; const place = "
                "it.closest('[class*=st-key-]'); return it.ariaLabel || it.innerText || "
                "(place ? place.className : '') }"
            )
        )
    words = " | ".join(stop.replace("\n", " ") for stop in stops)
    order = ["Raw", "What the text below changes", "Correction", "Approve", "Save edit"]
    order += ["Reject", "Skip", "Undo", "Reason for a rejection", "Note"]
    places = [words.find(name) for name in order]
    assert places == sorted(places), words
    assert -1 not in places, words


def test_every_stop_shows_where_the_cursor_is(page: Page) -> None:
    page.get_by_role("heading", name=item_in_address(page), exact=True).focus()
    while True:
        page.keyboard.press("Tab")
        if page.evaluate("() => !document.activeElement.closest('.stMain')"):
            break
        ring = page.evaluate(
            """() => {
              const around = [document.activeElement];
              for (let i = 0; i < 3; i++) around.push(around.at(-1).parentElement || around[0]);
              return around.some((it) => {
                const look = getComputedStyle(it);
                return (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 1)
                  || look.boxShadow !== "none";
              });
            }"""
        )
        assert ring, focused(page)


def test_undo_by_mouse_keeps_the_cursor_on_undo(page: Page) -> None:
    first = item_in_address(page)
    page.keyboard.press("s")
    second = next_item(page, first)
    page.keyboard.press("s")
    third = next_item(page, second)
    for before in (third, second):
        button(page, "Undo").click()
        next_item(page, before)
        has_cursor(page, "button Undo", "h2")
    assert item_in_address(page) == first


def test_closing_the_help_gives_the_cursor_back(page: Page) -> None:
    button(page, "Keys").click()
    expect(page.get_by_role("dialog")).to_be_visible(timeout=SECONDS)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=SECONDS)
    settled(page)
    has_cursor(page, "button Keys", "h2")
    before = item_in_address(page)
    page.keyboard.press("s")
    next_item(page, before)


def test_show_what_it_became_keeps_the_cursor(page: Page) -> None:
    before = item_in_address(page)
    button(page, "Approve").click()
    next_item(page, before)
    for count in (2, 0):
        button(page, "Show what it became").click()
        expect(page.get_by_test_id("stCode")).to_have_count(count, timeout=SECONDS)
        settled(page)
        has_cursor(page, "button Show what it became")


def test_reopening_and_going_on_by_mouse(page: Page, server: Server) -> None:
    id_ = item_in_address(page)
    button(page, "Reject").click()
    next_item(page, id_)
    visit(page, server, f"review?reviewer=Ann&item={id_}")
    button(page, "Reopen").click()
    expect(button(page, "Approve")).to_be_enabled(timeout=SECONDS)
    settled(page)
    has_cursor(page, "button", "h2")


def test_who_types_keeps_the_cursor_when_the_page_changes_under_them(page: Page) -> None:
    """A colleague decides the item meanwhile: the warning comes, the cursor stays."""
    id_ = item_in_address(page)
    field = page.get_by_label("Correction", exact=True)
    field.focus()
    assert page.context.browser
    with page_of(page.context.browser) as (other, _):
        visit(other, _server(page), f"review?reviewer=Bob&item={id_}")
        button(other, "Reject").click()
        next_item(other, id_)
    page.keyboard.type("Hold both. ")
    alert = page.get_by_role("alert").filter(has_text="Bob rejected this item first")
    expect(alert).to_be_visible(timeout=SECONDS)
    settled(page)
    expect(field).to_be_focused()
    page.keyboard.type("Then wait. ")
    assert "Then wait. " in field.input_value()


def _server(page: Page) -> Any:
    class There:
        url = page.url.split("/review")[0]

    return There()


def test_a_click_beside_everything_leaves_the_cursor_nowhere(page: Page) -> None:
    """It is not pulled back to a button that the visitor has left on purpose."""
    button(page, "Undo").focus()
    page.get_by_role("heading", name="Review", exact=True).click()
    page.wait_for_timeout(400)
    assert focused(page).split()[0] in ("body", "main")
    before = item_in_address(page)
    page.keyboard.press("s")
    at_heading(page, next_item(page, before))

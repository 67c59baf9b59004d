"""What is typed and not decided: kept, redacted, and given back, in the store and the browser."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core import review
from core.pipeline import load_file, load_log, record_redactor
from core.redaction import VERSION, Redactor
from core.redaction.records import RecordRedactor
from core.reredaction import reredact
from core.store import Store, drafts, log, rewrite
from tests.serving import (
    DATABASE,
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

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIX = "Hold the right button."
SECONDS = 20_000


def line(id_: str, **more: Any) -> dict[str, Any]:
    vote = {"signal": "down", "correction": FIX}
    return {
        "id": id_,
        "logged_at": "2026-11-20T10:00:00Z",
        "question": f"I am jane@example.com. How do I reset {id_}?",
        "answer": "Hold the left button.",
        "feedback": vote,
        **more,
    }


# ---- the rules, on a real store -------------------------------------------------------------


@pytest.fixture
def loaded(store: Store, write_log: Callable[..., Path]) -> Store:
    load_file(store, write_log(line("i-1"), line("i-2")))
    return store


def shown(store: Store, id_: str = "i-1") -> review.Item:
    found = review.item(store, id_)
    assert found is not None
    return found


def keep(store: Store, correction: str, note: str = "", **more: Any) -> review.Draft | None:
    given: dict[str, Any] = {"reviewer": "Ann", "revision": 0, "now": NOW, **more}
    redactor = given.pop("redactor", None) or record_redactor()
    return review.keep_draft(
        store, redactor, shown(store), correction=correction, note=note, **given
    )


def decide(store: Store, action: Any, reviewer: str = "Ann", **more: Any) -> int:
    who: dict[str, Any] = {"revision": 0, "reviewer": reviewer, "now": NOW, **more}
    return review.decide(store, record_redactor(), "i-1", action, **who)


def test_a_draft_is_kept_redacted_with_the_placeholders_of_its_item(loaded: Store) -> None:
    kept = keep(loaded, "We wrote to jane@example.com and new@example.net.", "Ask new@example.net.")
    assert kept == review.Draft(
        revision=0,
        correction="We wrote to [EMAIL-1] and [EMAIL-2].",
        note="Ask [EMAIL-2].",
        replaced=("[EMAIL-1]", "[EMAIL-2]"),
    )
    found = review.draft(loaded, "i-1", " Ann ")
    assert found is not None
    assert (found.correction, found.note, found.replaced) == (kept.correction, kept.note, ())
    assert loaded.rows("SELECT redaction_version FROM drafts") == [{"redaction_version": VERSION}]
    assert "@" not in str(loaded.rows("SELECT * FROM drafts"))


def test_a_placeholder_that_was_typed_was_not_put_there(loaded: Store) -> None:
    kept = keep(loaded, "Write to [EMAIL-1], or new@example.net.")
    assert kept is not None
    assert kept.replaced == ("[EMAIL-2]",)


def test_a_draft_is_its_writers_own(loaded: Store) -> None:
    keep(loaded, "Hold both.")
    keep(loaded, "Hold none.", reviewer="Bob")
    assert [
        found and found.correction
        for found in (review.draft(loaded, "i-1", name) for name in ("Ann", "Bob", "Eve", " "))
    ] == ["Hold both.", "Hold none.", None, None]


def test_nobody_has_no_draft(loaded: Store) -> None:
    assert keep(loaded, "Typed by nobody.", reviewer="  ") is None
    assert loaded.rows("SELECT * FROM drafts") == []


@pytest.mark.parametrize("text", [FIX, f"\n{FIX}  \r\n"])
def test_the_proposal_again_is_no_draft(loaded: Store, text: str) -> None:
    keep(loaded, "Something else.")
    assert keep(loaded, text) is None
    assert review.draft(loaded, "i-1", "Ann") is None


def test_a_note_alone_leaves_the_proposal_as_it_is(loaded: Store) -> None:
    assert keep(loaded, FIX, "Checked.") == review.Draft(revision=0, note="Checked.")


def test_an_emptied_field_is_a_draft_too(loaded: Store) -> None:
    assert keep(loaded, "") == review.Draft(revision=0, correction="")


@pytest.mark.parametrize(
    ("action", "more"), [("approve", {}), ("edit", {"answer": "Both."}), ("reject", {})]
)
def test_deciding_ends_ones_own_draft_and_no_other(
    loaded: Store, action: str, more: dict[str, Any]
) -> None:
    keep(loaded, "Hold both.")
    keep(loaded, "Hold none.", reviewer="Bob")
    decide(loaded, action, **more)
    assert review.draft(loaded, "i-1", "Ann") is None
    bobs = review.draft(loaded, "i-1", "Bob")
    assert bobs == review.Draft(revision=0, correction="Hold none.")
    assert shown(loaded).revision == 1  # so his draft is seen to be older


def test_skipping_and_a_refused_decision_keep_a_draft(loaded: Store) -> None:
    keep(loaded, "Hold both.")
    decide(loaded, "skip")
    with pytest.raises(review.Refused):
        decide(loaded, "approve", answer="Hold both.")
    with pytest.raises(review.Refused):
        decide(loaded, "reject", reason="no such reason")
    assert review.draft(loaded, "i-1", "Ann") == review.Draft(revision=0, correction="Hold both.")


def test_undoing_an_edit_gives_its_text_back(loaded: Store) -> None:
    decide(loaded, "edit", answer="Hold both.", note="See page 3.")
    review.undo(loaded, reviewer="Ann", now=NOW, sample=False)
    given_back = review.Draft(revision=2, correction="Hold both.", note="See page 3.")
    assert review.draft(loaded, "i-1", "Ann") == given_back


def test_undoing_never_takes_the_place_of_a_newer_draft(loaded: Store) -> None:
    decide(loaded, "edit", answer="Hold both.")
    keep(loaded, "Newer.", revision=1)
    review.undo(loaded, reviewer="Ann", now=NOW, sample=False)
    assert review.draft(loaded, "i-1", "Ann") == review.Draft(revision=1, correction="Newer.")


def test_numbers_given_in_a_draft_are_not_given_again_after_a_restart(loaded: Store) -> None:
    keep(loaded, "Write to new@example.net.")
    fresh = RecordRedactor(Redactor())  # what a new process has: no numbers in memory
    review.decide(
        loaded,
        fresh,
        "i-1",
        "reject",
        revision=0,
        reviewer="Bob",
        now=NOW,
        note="Ask other@example.org.",
    )
    assert shown(loaded).decisions[0].note == "Ask [EMAIL-3]."


def test_clearing_the_sample_clears_its_drafts(
    loaded: Store, write_log: Callable[..., Path]
) -> None:
    with write_log(line("s-1"), name="sample.jsonl").open("rb") as stream:
        load_log(loaded, stream, "sample", is_sample=True)
    keep(loaded, "Own.")
    sample = shown(loaded, "s-1")
    given: dict[str, Any] = {"reviewer": "Ann", "revision": 0, "now": NOW, "note": ""}
    review.keep_draft(loaded, record_redactor(), sample, correction="Theirs.", **given)
    log.clear_sample(loaded, NOW)
    assert [row["interaction_id"] for row in loaded.rows("SELECT * FROM drafts")] == ["i-1"]
    # A page that is still open may send more of it.
    review.keep_draft(loaded, record_redactor(), sample, correction="Theirs, again.", **given)
    assert [row["interaction_id"] for row in loaded.rows("SELECT * FROM drafts")] == ["i-1"]


def test_drafts_are_redacted_again_with_everything_else(loaded: Store) -> None:
    for name in ("Ann", "Bob"):
        drafts.save(
            loaded,
            "i-1",
            name,
            revision=0,
            correction="Please ring 020 7946 0018.",
            note="old@example.com",
            now=NOW,
            redaction_version="0",
        )
    assert rewrite.outdated(loaded, VERSION) == ["i-1"]
    done = reredact(loaded)
    assert (done.outdated, done.changed, done.failed) == (1, 1, [])
    ann, bob = review.draft(loaded, "i-1", "Ann"), review.draft(loaded, "i-1", "Bob")
    assert ann
    assert bob
    assert (ann.correction, bob.correction) == ("Please ring [PHONE-1].", "Please ring [PHONE-1].")
    assert ann.note == bob.note == "[EMAIL-2]"
    assert rewrite.outdated(loaded, VERSION) == []


def test_redacting_again_does_not_undo_what_is_typed_meanwhile(loaded: Store) -> None:
    drafts.save(
        loaded,
        "i-1",
        "Ann",
        revision=0,
        correction="Old.",
        note=None,
        now=NOW,
        redaction_version="0",
    )
    before = rewrite.texts(loaded, "i-1")
    keep(loaded, "Newer.")
    rewrite.replace(loaded, before, VERSION)
    assert review.draft(loaded, "i-1", "Ann") == review.Draft(revision=0, correction="Newer.")


# ---- in the browser -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    path = folder / "log.jsonl"
    path.write_text("\n".join(json.dumps(line(f"item-{number:02}")) for number in range(30)))
    with store_of(folder) as store:
        load_file(store, path)
    with serve(folder) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def stored(server: Server, tmp_path: Path) -> Callable[[], dict[tuple[str, str], tuple[Any, Any]]]:
    """The drafts that a power cut would leave now: (item, reviewer) -> (correction, note)."""

    def look() -> dict[tuple[str, str], tuple[Any, Any]]:
        folder = tmp_path / f"look-{len(list(tmp_path.glob('look-*')))}"
        folder.mkdir()
        with copy_of(server.folder, folder) as store:
            rows = store.rows("SELECT * FROM drafts")
        return {
            (row["interaction_id"], row["reviewer"]): (row["correction"], row["note"])
            for row in rows
        }

    return look


def opened(page: Page, server: Server, id_: str, reviewer: str = "Ann") -> Locator:
    """Open an item; returns the field of its correction."""
    visit(page, server, f"review?reviewer={reviewer}&item={id_}")
    item_shown(page, id_)
    return page.get_by_label("Correction", exact=True)


def kept(page: Page, words: str = "Draft kept") -> None:
    expect(page.locator(".st-key-draft")).to_contain_text(words, timeout=SECONDS)
    settled(page)


@pytest.mark.browser
@pytest.mark.parametrize("restart", [False, True], ids=["reload", "server restart"])
def test_what_is_typed_survives(
    server: Server, chromium: Browser, stored: Callable[[], Any], restart: bool
) -> None:
    id_ = f"item-{int(restart):02}"
    with page_of(chromium) as (page, _):
        field = opened(page, server, id_)
        field.press("ControlOrMeta+End")
        page.keyboard.type(" And wait.")
        kept(page)  # without leaving the field
        expect(field).to_be_focused()
        page.get_by_label("Note (optional)").click()
        page.keyboard.type("See page 3.")
        expect(page.get_by_label("Note (optional)")).to_be_focused()
        page.wait_for_timeout(1500)
        settled(page)
        if restart:
            server.kill()
            assert stored()[id_, "Ann"] == (f"{FIX} And wait.", "See page 3.")
            server.start()
        page.reload()
        item_shown(page, id_)
        kept(page)
        expect(field).to_have_value(f"{FIX} And wait.")
        expect(page.get_by_label("Note (optional)")).to_have_value("See page 3.")
    with page_of(chromium) as (page, _):  # another browser, another reviewer
        expect(opened(page, server, id_, "Bob")).to_have_value(FIX)
        expect(opened(page, server, id_, "Ann")).to_have_value(f"{FIX} And wait.")


@pytest.mark.browser
def test_a_discarded_draft_gives_the_proposal_back(
    server: Server, chromium: Browser, stored: Callable[[], Any]
) -> None:
    with page_of(chromium) as (page, _):
        field = opened(page, server, "item-02")
        field.fill("Something else.")
        page.get_by_label("Note (optional)").fill("A note.")
        kept(page)
        button(page, "Discard draft").click()
        expect(field).to_have_value(FIX, timeout=SECONDS)
        kept(page, "What you type is kept")
        expect(page.get_by_label("Note (optional)")).to_have_value("")
        page.wait_for_timeout(300)
        assert page.evaluate("() => document.activeElement.tagName") != "BODY"
        assert ("item-02", "Ann") not in stored()
        page.reload()
        item_shown(page, "item-02")
        expect(field).to_have_value(FIX)
        field.fill("Once more.")
        kept(page)
        expect(field).to_have_value("Once more.")


@pytest.mark.browser
def test_personal_data_is_replaced_in_what_is_kept_and_not_under_the_cursor(
    server: Server, chromium: Browser
) -> None:
    secret = "unheard.of.person@example.net"
    with page_of(chromium) as (page, _):
        field = opened(page, server, "item-03")
        field.fill(f"Write to {secret}.")
        kept(page, "Draft kept with [EMAIL-2] for what you typed")
        expect(field).to_have_value(f"Write to {secret}.")
        expect(page.locator(".diff")).to_contain_text("Write to [EMAIL-2]")
        for name in (DATABASE, f"{DATABASE}.wal"):
            file = server.folder / name
            assert not file.exists() or secret.encode() not in file.read_bytes()
        page.reload()
        item_shown(page, "item-03")
        expect(field).to_have_value("Write to [EMAIL-2].")


@pytest.mark.browser
def test_deciding_ends_a_draft_and_skipping_does_not(
    server: Server, chromium: Browser, stored: Callable[[], Any]
) -> None:
    with page_of(chromium) as (page, _):
        field = opened(page, server, "item-04", "Eve")
        field.fill("Skipped.")
        kept(page)
        button(page, "Skip").click()
        expect(page.locator(".notice.done")).to_contain_text("item-04 skipped", timeout=SECONDS)
        settled(page)
        kept(page, "What you type is kept")  # the next item has none
        field = opened(page, server, "item-04", "Eve")
        expect(field).to_have_value("Skipped.")
        field.fill("Saved.")
        kept(page)
        field.press("Control+Enter")
        expect(page.locator(".notice.done")).to_contain_text("item-04 saved", timeout=SECONDS)
        settled(page)
        page.wait_for_timeout(1200)  # what a late pause might still send
        assert ("item-04", "Eve") not in stored()
        page.keyboard.press("u")  # a hasty decision costs no text
        item_shown(page, "item-04")
        expect(field).to_have_value("Saved.", timeout=SECONDS)
        kept(page)


@pytest.mark.browser
def test_a_draft_of_an_older_revision_is_offered_with_a_warning(
    server: Server, chromium: Browser
) -> None:
    with page_of(chromium) as (page, _):
        opened(page, server, "item-05").fill("First thought.")
        kept(page)
        opened(page, server, "item-05", "Bob")
        button(page, "Reject").click()
        expect(page.locator(".notice.done")).to_contain_text("item-05 rejected", timeout=SECONDS)
        settled(page)
        older = page.get_by_text("Your draft is older than the last decision")
        expect(opened(page, server, "item-05")).to_have_value("First thought.")
        expect(older).to_be_visible()
        button(page, "Reopen").click()
        expect(button(page, "Approve")).to_be_enabled(timeout=SECONDS)
        settled(page)
        field = page.get_by_label("Correction", exact=True)
        expect(field).to_have_value("First thought.")
        field.fill("Second thought.")
        expect(older).to_have_count(0, timeout=SECONDS)
        kept(page)


@pytest.mark.browser
def test_without_a_name_nothing_is_kept_until_one_is_entered(
    server: Server, chromium: Browser, stored: Callable[[], Any]
) -> None:
    with page_of(chromium) as (page, _):
        visit(page, server, "review?item=item-06")
        item_shown(page, "item-06")
        field = page.get_by_label("Correction", exact=True)
        kept(page, "Enter your name to keep drafts")
        field.fill("Typed by nobody yet.")
        page.wait_for_timeout(1500)
        settled(page)
        assert not [key for key in stored() if key[0] == "item-06"]
        page.get_by_label("Your name").fill("Zoe")
        page.get_by_label("Your name").press("Enter")
        kept(page)
        expect(field).to_have_value("Typed by nobody yet.")
        assert stored()["item-06", "Zoe"] == ("Typed by nobody yet.", None)


# ---- typing is never disturbed --------------------------------------------------------------


@pytest.mark.browser
def test_fast_and_slow_typing_arrives_as_typed(server: Server, chromium: Browser) -> None:
    """With pauses around the one after which the text is sent, in the middle of the text."""
    text = "Hold both buttons, count to ten, then let go. "
    with page_of(chromium) as (page, _):
        field = opened(page, server, "item-07")
        field.fill("first  last")
        field.evaluate("(it) => it.setSelectionRange(6, 6)")
        for pause in (0, 780, 810, 850, 900, 1000):
            page.keyboard.type(text, delay=15)
            page.wait_for_timeout(pause)
            page.keyboard.type(text)
        value = f"first {text * 12} last"
        expect(field).to_have_value(value)
        kept(page)
        expect(field).to_have_value(value)
        expect(field).to_be_focused()
        assert field.evaluate("(it) => it.selectionStart") == 6 + 12 * len(text)


@pytest.mark.browser
def test_a_selection_stays_while_the_text_is_sent(server: Server, chromium: Browser) -> None:
    with page_of(chromium) as (page, _):
        field = opened(page, server, "item-08")
        field.fill("Hold both buttons.")
        field.evaluate("(it) => it.setSelectionRange(5, 9)")
        kept(page)
        place = field.evaluate("(it) => [it.selectionStart, it.selectionEnd]")
        assert place == [5, 9]
        page.keyboard.type("the two")
        expect(field).to_have_value("Hold the two buttons.")


@pytest.mark.browser
def test_nothing_is_sent_while_a_character_is_composed(
    server: Server, chromium: Browser, stored: Callable[[], Any]
) -> None:
    with page_of(chromium) as (page, _):
        field = opened(page, server, "item-09")
        field.fill("")
        kept(page)
        ime = page.context.new_cdp_session(page)
        for so_far in ("に", "にほ", "にほん"):
            ime.send(
                "Input.imeSetComposition",
                {"text": so_far, "selectionStart": len(so_far), "selectionEnd": len(so_far)},
            )
        page.wait_for_timeout(1800)
        settled(page)
        assert stored()["item-09", "Ann"] == ("", None)
        ime.send("Input.insertText", {"text": "日本"})
        expect(field).to_have_value("日本")
        page.wait_for_timeout(1500)
        settled(page)
        assert stored()["item-09", "Ann"] == ("日本", None)
        expect(field).to_be_focused()


@pytest.mark.browser
def test_buttons_stay_where_they_are_while_one_types(server: Server, chromium: Browser) -> None:
    with page_of(chromium) as (page, _):
        field = opened(page, server, "item-10")
        field.focus()
        page.wait_for_timeout(300)
        before = button(page, "Approve").bounding_box()
        page.keyboard.type("Line after line.\n" * 12)
        kept(page)
        expect(page.locator(".diff")).to_contain_text("Line after line.")
        assert button(page, "Approve").bounding_box() == before


@pytest.mark.browser
def test_single_keys_decide_after_the_field_is_left(server: Server, chromium: Browser) -> None:
    with page_of(chromium) as (page, _):
        field = opened(page, server, "item-11", "Kim")
        field.fill("asx")  # while typing, the keys of the decisions are letters
        kept(page)
        assert item_in_address(page) == "item-11"
        page.get_by_role("heading", name="Review", exact=True).click()
        page.keyboard.press("s")
        expect(page.locator(".notice.done")).to_contain_text("item-11 skipped", timeout=SECONDS)

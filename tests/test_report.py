"""A value that slipped through is reported: gone from everything stored, and known from then on."""

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from core import export, pipeline, review
from core.commands import main
from core.pipeline import load_file, redactor_of
from core.redaction import TYPES
from core.redaction.records import RecordRedactor
from core.redaction.reported import Watch, Watchful, keyed_mark, words_of
from core.review import report
from core.store import DatabaseError, Store, drafts, exports, log, reported
from tests.serving import (
    Server,
    browser,
    button,
    item_shown,
    page_of,
    serve,
    settled,
    store_of,
    visit,
)

NAME = "Zorblax Quuxley"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RAW: dict[str, Any] = {
    "id": "a-1",
    "question": "Why was zorblax quuxley charged twice?",
    "answer": "ZORBLAX  QUUXLEY has two meters, says zorblax.quuxley.",
    "history": [{"role": "user", "content": "It is about\nZorblax Quuxley's bill"}],
    "sources": [{"title": "On Zorblax Quuxley", "uri": "https://help.example/zorblax%20quuxley/a"}],
    "tags": ["zorblax quuxley"],
    "metadata": {"note": ["for Zorblax Quuxley"], "zorblax quuxley": "key"},
    "agent_version": "build of zorblax quuxley",
    "feedback": [
        {
            "signal": "down",
            "correction": "Zorblax Quuxley has one meter.",
            "comment": "poor Zorblax Quuxley",
            "tags": ["zorblax quuxley"],
            "rater": "r",
        }
    ],
}
CLEAN = {"id": "a-2", "question": "Is Zorblaxia far?", "answer": "It is.", "feedback": "up"}


def short_sighted() -> RecordRedactor:
    """A redactor that lets every name slip through, but for those reported."""
    return RecordRedactor(Watchful(types=set(TYPES) - {"PERSON", "ADDRESS", "URL"}))


@pytest.fixture(autouse=True)
def _names_slip_through(monkeypatch: pytest.MonkeyPatch) -> None:
    redactor = short_sighted()
    monkeypatch.setattr(pipeline, "record_redactor", lambda: redactor)


def everything(store: Store) -> str:
    tables = [row["name"] for row in store.rows("SELECT table_name AS name FROM duckdb_tables()")]
    return "\n".join(str(store.rows(f"SELECT * FROM {table}")) for table in tables)


def holds(text: str) -> bool:
    return "quuxley" in text.casefold()


@pytest.fixture
def loaded(store: Store, write_log: Callable[..., Path]) -> Store:
    """The name in every place there is: loaded, decided, drafted, exported, rejected."""
    path = write_log(
        RAW,
        CLEAN,
        {"id": "zorblax.quuxley", "question": "Who?", "answer": "Nobody.", "feedback": "up"},
        f"ERROR near {NAME} " + "x" * 300,
        {"interaction_id": "later", "signal": "down", "comment": f"{NAME} again"},
        name="of zorblax quuxley.jsonl",
    )
    load_file(store, path)
    redactor = redactor_of(store)
    review.decide(
        store,
        redactor,
        "a-1",
        "edit",
        revision=0,
        reviewer="Ann",
        now=NOW,
        answer=f"{NAME} has one meter.",
        note=f"asked {NAME}",
    )
    for id_, reviewer in (("a-1", "Bob"), ("zorblax.quuxley", "Bob")):
        drafts.save(
            store,
            id_,
            reviewer,
            revision=0,
            correction=f"{NAME} has none.",
            note=NAME,
            now=NOW,
            redaction_version="1",
        )
    prepared = export.prepare(store, redactor.redactor, "eval", sample=False)
    export.record(store, prepared, NOW)
    assert everything(store).casefold().count("quuxley") > 20
    return store


def take_out(store: Store, value: str = NAME, kind: str = "PERSON") -> report.Reported:
    return report.take_out(store, redactor_of(store), value, kind=kind, reporter="Ann", now=NOW)


def test_it_is_gone_from_everything_stored(loaded: Store) -> None:
    places = report.preview(loaded, redactor_of(loaded), f" {NAME.upper()}\n")
    assert holds(everything(loaded))
    done = take_out(loaded)
    assert not holds(everything(loaded))
    assert (done.interactions, done.places, done.exports) == (
        places.interactions,
        places.places,
        places.exports,
    )
    assert (done.interactions, done.exports, done.gone) == (3, 1, True)
    item = review.item(loaded, "a-1")
    assert item
    # The same value has the same number, whatever stands between its words.
    assert item.question == "Why was [PERSON-1] charged twice?"
    assert item.history[0].content == "It is about\n[PERSON-1]'s bill"
    assert item.sources[0].uri == "https://help.example/[PERSON-1]/a"
    assert item.final_answer == "[PERSON-1] has one meter."
    assert item.decisions[0].note == "asked [PERSON-1]"
    assert item.tags == ("[PERSON-1]",)
    assert item.found["PERSON"] >= 8
    draft = review.draft(loaded, "a-1", "Bob")
    assert draft
    assert draft.correction == "[PERSON-1] has none."
    clean = review.item(loaded, "a-2")
    assert clean
    assert clean.question == "Is Zorblaxia far?"


def test_what_remains_is_a_record_without_text(loaded: Store) -> None:
    done = take_out(loaded)
    (record,) = reported.past(loaded)
    assert record == {
        "type": "PERSON",
        "reporter": "Ann",
        "reported_at": datetime(2026, 11, 23, 12),
        "interactions": 3,
        "places": done.places,
        "exports": 1,
        "gone_at": datetime(2026, 11, 23, 12),
    }
    (made,) = exports.made(loaded, sample=False)
    assert made["superseded_at"] == datetime(2026, 11, 23, 12)
    assert made["superseded_because"] == "held personal data that a reviewer reported"


def test_an_export_that_did_not_hold_it_stays(store: Store, write_log: Callable[..., Path]) -> None:
    load_file(store, write_log(CLEAN, {**CLEAN, "id": "a-3", "feedback": RAW["feedback"]}))
    prepared = export.prepare(store, redactor_of(store).redactor, "eval", sample=False)
    export.record(store, prepared, NOW)
    assert take_out(store).exports == 0  # only a comment held it, which no export has
    (made,) = exports.made(store, sample=False)
    assert made["superseded_at"] is None


def test_an_id_that_held_it_is_what_it_would_have_been(
    loaded: Store, write_log: Callable[..., Path]
) -> None:
    take_out(loaded)
    new = redactor_of(loaded).safe_id("zorblax.quuxley")
    assert new.startswith("id-")
    assert review.item(loaded, new)
    assert review.draft(loaded, new, "Bob")
    assert loaded.rows("SELECT 1 FROM export_items WHERE interaction_id = ?", [new])
    again = {"id": "zorblax.quuxley", "question": "Who?", "answer": "Nobody.", "feedback": "up"}
    counts = load_file(loaded, write_log(again, name="again.jsonl"))
    # Its vote is told from others by its id too, so it is stored once more; it counts once.
    assert (counts.loaded, counts.feedback) == (0, 1)
    item = review.item(loaded, new)
    assert item
    assert len(item.votes) == 1


def test_what_comes_later_does_not_bring_it_back(
    loaded: Store, write_log: Callable[..., Path]
) -> None:
    take_out(loaded)
    path = write_log(
        RAW,
        {**RAW, "id": "b-1"},
        {"interaction_id": "a-1", "signal": "up", "comment": f"thanks, {NAME.lower()}"},
        f"ERROR near {NAME}",
        name="of zorblax quuxley.jsonl",
    )
    counts = load_file(loaded, path)
    assert (counts.loaded, counts.duplicate, counts.feedback, counts.rejected) == (1, 1, 1, 1)
    assert not holds(everything(loaded))
    redactor = redactor_of(loaded)
    review.decide(
        loaded,
        redactor,
        "b-1",
        "edit",
        revision=0,
        reviewer="Ann",
        now=NOW,
        answer=f"As {NAME} says.",
    )
    assert not holds(everything(loaded))
    # The scan before an export knows it too.
    with loaded.write() as cursor:
        cursor.execute("UPDATE interactions SET answer = ? WHERE id = 'a-2'", [f"Ask {NAME}."])
    prepared = export.prepare(loaded, redactor.redactor, "eval", sample=False)
    assert [(found.id, found.type) for found in prepared.found] == [("a-2", "PERSON")]
    # Reported again, it goes again.
    assert take_out(loaded).interactions == 1


def test_another_start_knows_it(
    tmp_path: Path, write_log: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path / "other.duckdb") as store:
        take_out(store)
    path = write_log(RAW)
    redactor = short_sighted()
    monkeypatch.setattr(pipeline, "record_redactor", lambda: redactor)
    with Store(tmp_path / "other.duckdb") as store:
        load_file(store, path)
        assert not holds(everything(store))


def test_a_killed_report_is_finished_at_the_next_start(
    loaded: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def fails(_self: Store) -> None:
            raise DatabaseError("No space left.")

        patch.setattr(Store, "rewrite_file", fails)
        done = take_out(loaded)
    assert (done.gone, done.problem) == (False, "No space left.")
    assert not holds(everything(loaded))
    assert reported.unfinished(loaded)
    assert report.finish(loaded, NOW)
    assert not report.finish(loaded, NOW)


def test_nothing_redacted_before_is_stored_after(store: Store) -> None:
    """Whoever redacts and then stores is waited for."""
    inside, out = threading.Event(), threading.Event()
    order: list[str] = []

    def slow() -> None:
        with store.storing.shared():
            inside.set()
            out.wait(5)
            order.append("stored")

    thread = threading.Thread(target=slow)
    thread.start()
    inside.wait(5)
    threading.Timer(0.2, out.set).start()
    take_out(store)
    order.append("reported")
    thread.join()
    assert order == ["stored", "reported"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "Too short"),
        ("x", "Too short"),
        ("…!", "Too short"),
        ("a " * 150, "Longer than 200"),
        ("[PERSON-1] Jones", "placeholder"),
    ],
)
def test_what_cannot_be_reported(store: Store, value: str, words: str) -> None:
    with pytest.raises(review.Refused, match=words):
        take_out(store, value)
    with pytest.raises(review.Refused, match="one of EMAIL"):
        take_out(store, NAME, "NAME")
    assert reported.past(store) == []


@pytest.mark.parametrize(
    ("value", "text", "redacted"),
    [
        (NAME, "zorblax quuxley, Zorblax-Quuxley", "[PERSON-1], [PERSON-1]"),
        (NAME, "Zorblaxa Quuxley Zorblax Quuxleys", "Zorblaxa Quuxley Zorblax Quuxleys"),
        (NAME, "Zorblax, and Quuxley", "Zorblax, and Quuxley"),
        (NAME, "zorblax.quuxley@example.com", "[EMAIL-1]"),
        (NAME, "Ｚorblax Quux\u200bley!", "[PERSON-1]!"),
        ("José Núñez", "jose\u0301 NU\u0301N\u0303EZ", "[PERSON-1]"),
        ("张伟", "我是张伟。", "我是[PERSON-1]。"),
        ("张伟", "我是张 三伟。", "我是张 三伟。"),
        ("CX-4711/b", "case cx 4711 B", "case [PERSON-1]"),
        ("Straße 5x", "STRASSE 5X", "[PERSON-1]"),
    ],
)
def test_by_what_a_value_is_known(value: str, text: str, redacted: str) -> None:
    words = words_of(value)
    keyed = Watch({(len(words), keyed_mark(words)): "PERSON"})
    for watch in (keyed, Watch.of(value, "PERSON")):
        redactor = Watchful(types={"EMAIL"}, watch=watch)
        assert redactor.redact(text).text == redacted
        assert redactor.redact(redacted).text == redacted


def test_the_value_is_not_in_what_is_kept() -> None:
    mark = keyed_mark(words_of(NAME))
    assert len(mark) == 18
    assert mark != keyed_mark(words_of("Zorblax Quuxlex"))
    assert not holds(mark)


# ---- the command line -----------------------------------------------------------------------


def test_command_line(write_log: Callable[..., Path]) -> None:
    def run(*arguments: str, given: str = "") -> str:
        result = CliRunner().invoke(main, list(arguments), input=given)
        assert result.exit_code == 0, result.output
        return result.output

    run("load", str(write_log(RAW, CLEAN)))
    ask = ("report-personal-data", "--reviewer", "Ann")
    looked = json.loads(run(*ask, "--preview", "--json", given=NAME))
    assert (looked["interactions"], looked["of"], looked["exports"]) == (1, 2, 0)
    done = json.loads(run(*ask, "--type", "PERSON", "--json", given=f"{NAME}\n"))
    assert done == {
        "type": "PERSON",
        "interactions": 1,
        "places": looked["places"],
        "exports": 0,
        "gone": True,
        "problem": "",
    }
    assert not holds(run("queue", "--json"))
    assert "Replaced in 0 interactions" in run(*ask, given=NAME)
    refused = CliRunner().invoke(main, [*ask, "--type", "NAME"], input=NAME)
    assert (refused.exit_code, holds(refused.output)) == (1, False)
    with Store(Path(os.environ["FLYWHEEL_DB"])) as store:
        assert not holds(everything(store))
        assert log.number(store) == 2


# ---- in the browser -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("report")
    path = folder / "log.jsonl"
    second = {**RAW, "id": "a-3", "question": f"Where does {NAME} live?"}
    lines = (json.dumps(each) for each in (RAW, second, CLEAN))
    path.write_text("\n".join(lines), "utf-8")
    redactor = short_sighted()
    with pytest.MonkeyPatch.context() as patch, store_of(folder) as store:
        patch.setattr(pipeline, "record_redactor", lambda: redactor)
        load_file(store, path)
    path.unlink()
    with serve(folder) as server:
        yield server


def mark(page: Page, words: str) -> None:
    """Mark words on the screen as a mouse does."""
    text = page.locator(".stMain .stHtml").get_by_text(words).first
    box = text.evaluate(
        """(element, words) => {
          const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
          for (let node; (node = walker.nextNode());) {
            const at = node.data.toLowerCase().indexOf(words);
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(node, at); range.setEnd(node, at + words.length);
            const box = range.getBoundingClientRect();
            return [box.left, box.right, (box.top + box.bottom) / 2];
          }
        }""",
        words.lower(),
    )
    left, right, middle = box
    page.mouse.move(left + 1, middle)
    page.mouse.down()
    page.mouse.move(right - 1, middle, steps=5)
    page.mouse.up()


@pytest.mark.browser
@pytest.mark.slow
def test_a_reviewer_marks_and_reports_it(chromium: Browser, app: Server) -> None:
    with page_of(chromium) as (page, _):
        visit(page, app, "review?reviewer=Ann&item=a-1")
        item_shown(page, "a-1")
        button(page, "Report personal data").click()
        field = page.get_by_label("What slipped through")
        expect(field).to_be_focused()
        settled(page)
        # Nothing that decides is on the screen now.
        expect(button(page, "Approve")).to_have_count(0)
        mark(page, "zorblax quuxley")
        expect(field).to_have_value(re.compile("^zorblax quuxley$", re.IGNORECASE))
        settled(page)
        button(page, "See where it stands").click()
        expect(page.locator(".st-key-report .notice.info")).to_contain_text("2 interactions")
        settled(page)
        button(page, "Replace it everywhere").click()
        told = page.locator(".st-key-review-head .notice.done")
        expect(told).to_contain_text("in 2 interactions", timeout=20_000)
        item_shown(page, "a-1")
        expect(page.locator(".stMain")).not_to_contain_text("uuxley")
        expect(page.get_by_label("Correction")).to_have_value("[PERSON-1] has one meter.")
        expect(button(page, "Approve")).to_be_visible()
        visit(page, app, "logs")
        page.get_by_text("Reported by reviewers (1)").click()
        settled(page)
        # A text with it is redacted wherever it is typed.
        page.get_by_label("Try a text").fill("Is it zorblax quuxley?")
        button(page, "Show what is found").click()
        expect(page.get_by_text("Is it [PERSON-1]?")).to_be_visible(timeout=20_000)


@pytest.mark.browser
@pytest.mark.slow
def test_it_needs_a_name_and_a_value(chromium: Browser, app: Server) -> None:
    with page_of(chromium) as (page, _):
        visit(page, app, "review?item=a-2")
        item_shown(page, "a-2")
        button(page, "Report personal data").click()
        field = page.get_by_label("What slipped through")
        expect(field).to_be_focused()
        button(page, "See where it stands").click()
        expect(page.locator(".st-key-report .notice.error")).to_contain_text("Too short")
        field.fill("nowhere at all")
        button(page, "See where it stands").click()
        expect(page.locator(".st-key-report .notice.info")).to_contain_text("It stands nowhere")
        expect(page.get_by_text("Enter your name first: every report")).to_be_visible()
        expect(button(page, "Replace it everywhere")).to_have_count(0)
        button(page, "Back to the decision").click()
        expect(page.locator(".st-key-report")).to_have_count(0)
        assert "report" not in page.url.split("?")[1]

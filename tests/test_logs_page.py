"""Logs in the real browser: any log gets in, is asked about, tried again, and goes on."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from core.load import parse_shape
from core.store import log, reports
from tests.serving import Server, browser, button, page_of, serve, settled, store_of, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECONDS = 30_000
DATA = Path(__file__).parent / "data"
APP = [
    {"userQuery": "How? I am ann@example.com", "botReply": "So.", "stars": 5, "verdict": "meh"},
    {"userQuery": "Why?", "botReply": "Because.", "stars": 1, "verdict": "nope"},
    {"userQuery": "What?", "botReply": "That.", "stars": 3, "verdict": "yay"},
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("logs")) as server:
        yield server


def write(path: Path, *records: object) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), "utf-8")
    return path


def upload(page: Page, *paths: Path) -> None:
    page.locator("input[type=file]").set_input_files([str(path) for path in paths])


def done(page: Page, words: str) -> None:
    expect(page.locator(".notice").filter(has_text=words)).to_be_visible(timeout=SECONDS)
    settled(page)


def choose(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    wanted = page.get_by_role("option", name=option, exact=isinstance(option, str))
    for _ in range(5):
        page.get_by_role("combobox", name=label, exact=True).click()
        try:
            # A list closes when the page is drawn anew, as it is when a load ends.
            wanted.click(timeout=3_000)
        except TimeoutError:
            page.keyboard.press("Escape")
        else:
            break
    settled(page)


def say(page: Page, place: int, vote: str, *, unsaid: int) -> None:
    """Say what a value counts as; `unsaid` is how many are left then, which only the app knows."""
    page.get_by_role("radiogroup").filter(has_text="No vote").nth(place).get_by_role(
        "radio", name=re.compile(vote)
    ).click()
    unsure = page.locator(".notice").filter(has_text="not said yet")
    if unsaid:
        expect(unsure).to_contain_text(re.compile(rf"\b{unsaid} value"), timeout=SECONDS)
    else:
        expect(unsure).to_have_count(0, timeout=SECONDS)
    settled(page)


def rejects_of(page: Page) -> list[dict[str, object]]:
    with page.expect_download() as caught:
        button(page, "Download these rejects").click()
    return [json.loads(line) for line in caught.value.path().read_text("utf-8").splitlines()]


def test_known_logs_load_by_being_dropped(chromium: Browser, app: Server, tmp_path: Path) -> None:
    csv = tmp_path / "feedback_log.csv"
    csv.write_text(
        "Timestamp,Query,Response,Helpful\n"
        '2026-01-10 01:11:39.039055,fees,"£9,535\nor more",No\n'
        "2026-01-10 01:11:44.976129,fees,£9.535,Yes\n",
        "utf-8",
    )
    with page_of(chromium) as (page, _):
        visit(page, app, "logs")
        upload(page, csv, DATA / "langfuse" / "openai-agents.trace.json")
        done(page, "feedback_log.csv: 2 records. 2 loaded.")
        done(page, "openai-agents.trace.json: 1 record. 1 loaded.")
        expect(page.locator(".st-key-offer")).to_have_count(0)


def test_a_guess_is_shown_put_right_and_remembered(
    chromium: Browser, app: Server, tmp_path: Path
) -> None:
    first = write(tmp_path / "app.jsonl", *APP)
    with page_of(chromium) as (page, traffic):
        visit(page, app, "logs")
        upload(page, first)
        offer = page.locator(".st-key-offer")
        expect(offer).to_contain_text("How is this log to be read? app.jsonl", timeout=SECONDS)
        # Nothing is shown that was not redacted.
        expect(offer).to_contain_text("How? I am [EMAIL-1]", timeout=SECONDS)
        assert not any(b"ann@example.com" in frame for frame in traffic.frames)

        choose(page, "Answer", "botReply")
        choose(page, "Vote", "verdict")
        done(page, "said yet: such records will be rejected")
        for unsaid, (place, vote) in enumerate([(0, "No vote"), (1, "Down"), (2, "Up")][::-1]):
            say(page, place, vote, unsaid=2 - unsaid)
        expect(offer).to_contain_text("3 of the first 3 records", timeout=SECONDS)
        with page.expect_download() as caught:
            button(page, "Save as preset").click()
        shape = parse_shape(caught.value.path().read_text("utf-8"))
        assert shape.fields["answer"] == "botReply"
        assert (shape.votes.up, shape.votes.down, shape.votes.none) == (
            ("yay",),
            ("nope",),
            ("meh",),
        )
        button(page, "Load this log").click()
        done(page, "app.jsonl: 3 records. 3 loaded.")
        # The next one of its kind is not asked about.
        again = [{**record, "userQuery": f"{record['userQuery']} Again?"} for record in APP]
        upload(page, write(tmp_path / "later.jsonl", *again))
        done(page, "later.jsonl: 3 records. 3 loaded.")
        expect(offer).to_have_count(0)


def test_rejects_are_filtered_downloaded_and_tried_again(
    chromium: Browser, app: Server, tmp_path: Path
) -> None:
    path = tmp_path / "votes.csv"
    path.write_text(
        "Frage,Antwort,ok\nA?,a.,alpha\nB?,b. jo@example.com,beta\nC?,c.,gamma\nD?,d.\n", "utf-8"
    )
    with page_of(chromium) as (page, _):
        visit(page, app, "logs")
        page.get_by_label("Or a file or folder on this machine").fill(str(path))
        button(page, "Load it").click()
        done(page, "Nothing in this log looks like a question and its answer")
        for field, column in (("Question", "Frage"), ("Answer", "Antwort"), ("Vote", "ok")):
            choose(page, field, column)
        done(page, "3 values not said yet")
        say(page, 0, "Up", unsaid=2)
        say(page, 2, "Down", unsaid=1)
        button(page, "Load this log").click()
        done(page, "votes.csv: 4 records. 2 loaded, 2 rejected")

        choose(page, "Log", re.compile("votes.csv"))
        listed = rejects_of(page)
        assert [row["line"] for row in listed] == [3, 5]
        assert listed[0]["excerpt"] == "B?,b. [EMAIL-1],beta"
        assert listed[1]["reason"] == "the row has 2 cells, the header has 3"
        choose(page, "Reason", re.compile("the row has 2 cells"))
        assert [row["line"] for row in rejects_of(page)] == [5]

        button(page, "Read this log differently").click()
        expect(page.locator(".st-key-offer")).to_be_visible(timeout=SECONDS)
        settled(page)
        done(page, "1 value not said yet")
        say(page, 1, "Down", unsaid=0)
        button(page, "Load this log").click()
        done(page, "votes.csv: 4 records. 1 loaded, 2 seen before, 1 rejected")


def test_what_is_no_log_is_said_in_words(chromium: Browser, app: Server, tmp_path: Path) -> None:
    (empty := tmp_path / "empty.jsonl").write_bytes(b"")
    (binary := tmp_path / "photo.jsonl").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (folder := tmp_path / "nothing").mkdir()
    with page_of(chromium) as (page, _):
        visit(page, app, "logs")
        upload(page, empty, binary)
        done(page, "empty.jsonl is empty: there is no record in it.")
        done(page, "photo.jsonl: 1 record. 0 loaded, 1 rejected")
        for given, words in ((folder, "no log in this folder"), (tmp_path / "x", "No such file")):
            page.get_by_label("Or a file or folder on this machine").fill(str(given))
            button(page, "Load it").click()
            done(page, words)


def test_a_load_is_cancelled_and_gone_on_with(chromium: Browser, tmp_path: Path) -> None:
    """Once by its button, once by the start of the app after its power was cut."""
    count = 6000
    path = write(
        tmp_path / "long.jsonl",
        *(
            {
                "id": f"q-{number}",
                "question": f"Is number {number} the one that Anna Schmidt asked about?",
                "answer": f"No, number {number + 1} is. " + "Please look at your bill again. " * 6,
            }
            for number in range(count)
        ),
    )
    home = tmp_path / "home"
    home.mkdir()
    with serve(home) as server, page_of(chromium) as (page, _):
        visit(page, server, "logs")
        page.get_by_label("Or a file or folder on this machine").fill(str(path))
        button(page, "Load it").click()
        expect(page.get_by_text(re.compile(r"long\.jsonl: [1-9]\d*% .* a second"))).to_be_visible(
            timeout=SECONDS
        )
        button(page, "Cancel").first.click()
        done(page, "long.jsonl: cancelled after")
        button(page, "Go on with it").click()
        expect(page.get_by_text(re.compile(r"long\.jsonl: \d+%"))).to_be_visible(timeout=SECONDS)
        server.kill()
        server.start()
        visit(page, server, "logs")
        done(page, f"long.jsonl: {count:,} records. {count:,} loaded.")
    with store_of(home) as store:
        (row,) = log.loads(store)
        assert (row["loaded"], row["duplicate"], row["rejected"]) == (count, 0, 0)
        assert reports.stats(store, sample=False)["interactions"] == count

"""A newcomer's way through the running app, from an empty database to files they can use."""

import hashlib
import io
import json
import re
import shutil
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core import export
from core.pipeline import load_log, record_redactor
from core.store import decisions, log, reports
from tests.exporting import archive_of, files_in
from tests.serving import (
    DATABASE,
    ROOT,
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
    turn_to,
    visit,
)

pytestmark = pytest.mark.browser

PAGES = ["Flywheel", "Review", "Datasets", "Logs"]
RAW = {
    "Maria Keller": "PERSON",
    "m.keller@example.com": "EMAIL",
    "020 7946 0018": "PHONE",
    "12 Elm Street, London SW1A 1AA": "ADDRESS",
    "4111 1111 1111 1111": "CREDIT_CARD",
}
SECONDS = 20_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


def numbers(page: Page) -> dict[str, str]:
    """The tiles at the top of a page."""
    tiles = page.get_by_test_id("stMetric")
    expect(tiles.first).to_be_visible(timeout=SECONDS)
    pairs = (tile.inner_text().split("\n") for tile in tiles.all())
    return {words[0]: words[-1] for words in ([w for w in pair if w.strip()] for pair in pairs)}


def cells(table: Locator) -> list[list[str]]:
    """The rows of a table; it is drawn on a canvas, with a copy for screen readers."""
    rows = table.locator("table tbody tr")
    expect(rows.first).to_be_attached(timeout=SECONDS)
    return [row.locator("td").all_text_contents() for row in rows.all()]


def standing(page: Page) -> str:
    return page.locator(".st-key-review-head").inner_text()


def waiting(page: Page) -> int:
    """How many items the head of Review counts."""
    words = standing(page).replace("\n", " ").split(" waiting for you")[0].split()
    return int(words[-1])


def done(page: Page, words: str) -> None:
    expect(page.locator(".notice.done")).to_contain_text(words, timeout=SECONDS)
    settled(page)


def warned(page: Page, words: str) -> None:
    expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible(timeout=SECONDS)
    settled(page)


def turn_switch(page: Page, to: str) -> None:
    page.get_by_role("radiogroup", name="Data").get_by_text(to, exact=True).click()
    scope = "sample" if to == "Sample" else "own"
    expect(page.locator(f".st-key-scope-{scope}")).to_be_visible(timeout=SECONDS)
    settled(page)


def choose(page: Page, field: str, option: str) -> None:
    box = page.get_by_role("combobox", name=field)
    box.scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # a list that opens while the page still scrolls closes again
    box.click()
    page.get_by_role("option", name=option).click()
    expect(box).to_have_value(option, timeout=SECONDS)
    settled(page)


def leave_fields(page: Page) -> None:
    """Put the focus nowhere, so that single keys mean what Review says."""
    page.get_by_role("heading", name="Review", exact=True).click()


# ---- the journey ----------------------------------------------------------------------------


def test_from_an_empty_database_to_files_and_back(chromium: Browser, tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        with page_of(chromium) as (page, traffic):
            meet_empty_pages(page, server)
            own = add_one_interaction(page)
            for raw in RAW:
                assert not [frame for frame in traffic.frames if raw.encode() in frame]
                assert raw.encode() not in (tmp_path / DATABASE).read_bytes()
            load_the_sample(page)
            see_one_side_at_a_time(page)
            lines = decide(page)
            files = {
                "Eval cases (JSONL)": download(page, "Eval cases (JSONL)", lines[0]),
                "Fine-tuning chat (messages JSONL)": download(
                    page, "Fine-tuning chat (messages JSONL)", lines[1]
                ),
            }
            compare_with_the_command_line(tmp_path, files)
            clear_the_sample(page, own)
            assert traffic.outside() == []
        server.restart()
        with page_of(chromium) as (page, _):
            visit(page, server)
            assert numbers(page)["Interactions"] == "1"
            expect(page.get_by_text("Sample data")).to_have_count(0)
    with store_of(tmp_path) as store:
        assert reports.stats(store, sample=False)["interactions"] == 1
        assert not log.has_rows(store, sample=True)


def meet_empty_pages(page: Page, server: Server) -> None:
    visit(page, server)
    for title, words in (
        ("Flywheel", "Load your agent's feedback log, or the sample to look around"),
        ("Review", "appear here once a log is loaded"),
        ("Datasets", "Load a log and decide some thumbs down"),
    ):
        turn_to(page, title)
        expect(page.get_by_text(words)).to_be_visible()
        expect(page.get_by_role("link", name="Load a log")).to_be_visible()
    page.get_by_role("link", name="Load a log").click()
    expect(page.get_by_role("heading", name="Logs", exact=True)).to_be_visible(timeout=SECONDS)
    for name in ("Load sample log", "Load it", "Add one interaction"):
        expect(button(page, name)).to_be_visible()
    expect(page.get_by_text("Sample data")).to_have_count(0)


def add_one_interaction(page: Page) -> str:
    """Returns the id that it got."""
    typed = {
        "Question": "I'm Maria Keller, m.keller@example.com, 020 7946 0018. How do I move house?",
        "Answer": "Dear Maria Keller, we will write to 12 Elm Street, London SW1A 1AA.",
        "Sources": "https://help.example/move?email=m.keller@example.com\nA guide by Maria Keller",
        "Correction": "You can do it online, Maria Keller, with card 4111 1111 1111 1111.",
    }
    for label, text in typed.items():
        page.get_by_label(label, exact=True).fill(text)
    button(page, "Add one interaction").click()
    result = page.locator(".st-key-added")
    expect(result).to_contain_text("Stored, without what was found", timeout=60_000)
    settled(page)
    for words in (
        "I'm [PERSON-1], [EMAIL-1], [PHONE-1]. How do I move house?",
        "Dear [PERSON-1], we will write to [ADDRESS-1].",
        "You can do it online, [PERSON-1], with card [CREDIT_CARD-1].",
        "https://help.example/move?email=[VALUE]",
        "A guide by [PERSON-1]",
    ):
        expect(result).to_contain_text(words)
    counts = {row[0]: int(row[1]) for row in cells(result.get_by_test_id("stDataFrame"))}
    assert counts == {"ADDRESS": 1, "CREDIT_CARD": 1, "EMAIL": 1, "PERSON": 4, "PHONE": 1}
    for label in typed:
        expect(page.get_by_label(label, exact=True)).to_have_value("")
    for raw in RAW:
        assert raw not in page.content()

    page.get_by_role("link", name="Open it in Review").click()
    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible(timeout=SECONDS)
    id_ = item_in_address(page)
    item_shown(page, id_)
    assert waiting(page) == 1
    expect(page.get_by_label("Correction", exact=True)).to_have_value(
        "You can do it online, [PERSON-1], with card [CREDIT_CARD-1]."
    )
    for raw in RAW:
        assert raw not in page.content()
    return id_


def load_the_sample(page: Page) -> None:
    turn_to(page, "Logs")
    button(page, "Load sample log").click()
    expect(page.get_by_role("progressbar")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("Removing personal data and loading")).to_be_visible()
    notice = page.locator(".notice", has_text="sample_log.jsonl")
    expect(notice).to_contain_text(
        "479 records. 400 loaded, 71 votes alone, 1 seen before, 7 rejected", timeout=120_000
    )
    settled(page)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_text("Rejected records (7)")).to_be_visible()


def see_one_side_at_a_time(page: Page) -> None:
    """The sample and the own rows: never both in a number, and the badge says which."""
    badge = page.get_by_text("Sample data", exact=True)
    for title in PAGES:
        turn_to(page, title)
        expect(badge).to_be_visible()
        if title == "Review":
            assert waiting(page) == 72
            assert item_in_address(page).startswith("grw-")
            continue  # see test_the_switch_on_review_turns_to_the_other_side
        turn_switch(page, "Your logs")
        expect(badge).to_have_count(0)
        match title:
            case "Flywheel":
                assert numbers(page)["Interactions"] == "1"
                turn_switch(page, "Sample")
                assert numbers(page)["Interactions"] == "400"
            case "Datasets":
                button(page, "Prepare export").click()
                expect(page.get_by_text("No row yet")).to_be_visible(timeout=SECONDS)
                assert numbers(page) == {"Rows": "0", "Left out": "1"}
            case "Logs":
                expect(page.get_by_text("Rejected records")).to_have_count(0)
        if title != "Flywheel":
            turn_switch(page, "Sample")
        expect(badge).to_be_visible()


def decide(page: Page) -> tuple[list[str], list[str]]:
    """Every action by mouse and key; returns the eval and the training lines that were shown."""
    turn_to(page, "Review")
    item_shown(page, item_in_address(page))
    button(page, "Approve").click()
    warned(page, "Say who you are first")
    assert waiting(page) == 72
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Your name").press("Enter")
    expect(page).to_have_url(re.compile("reviewer=Ann"), timeout=SECONDS)
    settled(page)
    leave_fields(page)

    shown: tuple[list[str], list[str]] = ([], [])
    seen = [item_in_address(page)]

    def next_one(words: str, left: int) -> str:
        done(page, f"{seen[-1]} {words}")
        id_ = item_in_address(page)
        assert id_ not in seen
        item_shown(page, id_)
        assert waiting(page) == left
        seen.append(id_)
        return id_

    def note_lines() -> None:
        button(page, "Show what it became").click()
        code = page.get_by_test_id("stCode")
        expect(code).to_have_count(2, timeout=SECONDS)
        for kind, block in zip(shown, code.all(), strict=True):
            kind.append(block.inner_text())
        button(page, "Show what it became").click()
        expect(code).to_have_count(0)
        settled(page)

    button(page, "Approve").click()
    next_one("approved", 71)
    note_lines()
    page.keyboard.press("a")
    next_one("approved", 70)
    note_lines()

    choose(page, "Reason for a rejection", "Cannot tell what is right")
    leave_fields(page)
    page.keyboard.press("x")
    next_one("rejected", 69)
    rejected = seen[-2]
    page.keyboard.press("s")
    skipped = seen[-1]
    next_one("skipped", 68)
    expect(page.locator(".st-key-review-head")).to_contain_text("1 skipped")
    page.keyboard.press("u")
    done(page, f"{skipped} is back")
    item_shown(page, skipped)
    assert waiting(page) == 69
    page.keyboard.press("u")
    done(page, f"{rejected} is back")
    item_shown(page, rejected)
    expect(page.get_by_text("1. reject because unclear by Ann")).to_be_visible()
    expect(page.get_by_text("2. reopen by Ann, undoing revision 1")).to_be_visible()
    assert waiting(page) == 70

    # A changed text is not what the user proposed, so it cannot be approved.
    seen = [rejected]
    field = page.get_by_label("Correction", exact=True)
    before = field.input_value()
    page.keyboard.press("e")
    expect(field).to_be_focused()
    page.keyboard.type(" Ask us if in doubt.")
    button(page, "Approve").click()
    warned(page, "so it was not approved")
    item_shown(page, rejected)
    expect(field).to_have_value(f"{before} Ask us if in doubt.")
    assert waiting(page) == 70
    page.keyboard.press("e")
    page.keyboard.type(" Any time.")
    page.keyboard.press("Control+Enter")
    next_one("saved with your edit", 69)
    note_lines()
    for kind in shown:
        assert "Ask us if in doubt. Any time." in kind[-1]

    button(page, "Reject").click()
    next_one("rejected", 68)
    write_a_missing_fix(page)
    return shown


def write_a_missing_fix(page: Page) -> None:
    """An item without a correction, found by way of Datasets: Approve is off, an edit makes one."""
    left = waiting(page)
    turn_to(page, "Datasets")
    prepare(page)
    link = page.get_by_role("main").get_by_role("link", name=re.compile("^grw-")).first
    before = link.inner_text()
    choose(page, "Look at those left out because", "needs_fix")
    expect(link).not_to_have_text(before, timeout=SECONDS)
    settled(page)
    id_ = link.inner_text().strip()
    link.click()
    item_shown(page, id_)
    expect(page.get_by_text("needs a fix", exact=True)).to_be_visible()
    expect(button(page, "Approve")).to_be_disabled()
    leave_fields(page)
    page.keyboard.press("a")
    page.keyboard.press("e")
    page.keyboard.type("Please look at Profile > Meters.")
    page.keyboard.press("Control+Enter")
    done(page, f"{id_} saved with your edit")
    assert waiting(page) == left - 1


def prepare(page: Page) -> None:
    button(page, "Prepare export").click()
    expect(page.get_by_text("Last scan: no personal data found")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("Something was loaded or decided since")).to_have_count(0)
    settled(page)


def download(page: Page, format_: str, lines: list[str]) -> bytes:
    """Prepare, look, download twice; returns the zip."""
    turn_to(page, "Datasets")
    choose(page, "Format", format_)
    prepare(page)
    zips = []
    for _ in range(2):
        with page.expect_download() as started:
            button(page, "Download").click()
        zips.append(Path(started.value.path()).read_bytes())
        assert started.value.suggested_filename.startswith("flywheel-")
        settled(page)
    assert zips[0] == zips[1]

    with zipfile.ZipFile(io.BytesIO(zips[0])) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
        (described,) = manifest["files"]
        data = archive.read(described["path"])
    assert sorted(names) == sorted([described["path"], "manifest.json", "README.md"])
    assert hashlib.sha256(data).hexdigest() == described["sha256"]
    rows = data.decode().split("\n")
    assert rows.pop() == ""
    assert len(rows) == described["rows"] == manifest["rows"]
    assert len(lines) == 3
    assert set(lines) <= set(rows)

    tiles = numbers(page)
    assert tiles["Rows"] == str(len(rows))
    assert tiles["Left out"] == str(sum(manifest["excluded"].values()))
    assert {kind.lower(): int(n) for kind, n in list(tiles.items())[1:-1]} == manifest["counts"]
    reasons = page.get_by_test_id("stDataFrame").first
    assert {row[0]: int(row[1]) for row in cells(reasons)} == manifest["excluded"]
    assert {"rejected", "pending", "needs_fix"} <= set(manifest["excluded"])
    assert "\n".join(rows[:5]) == page.get_by_test_id("stCode").first.inner_text()
    expect(page.get_by_text("Exports made")).to_be_visible()
    return zips[0]


def compare_with_the_command_line(folder: Path, zips: dict[str, bytes]) -> None:
    copy = folder / "copy"
    copy.mkdir()
    with copy_of(folder, copy) as store:
        assert len(decisions.queue(store, sample=False)) == 1
        for name, format_ in export.FORMATS.items():
            if format_.title not in zips:
                continue
            made = export.prepare(store, record_redactor().redactor, name, sample=True)
            with zipfile.ZipFile(io.BytesIO(zips[format_.title])) as archive:
                assert {name: archive.read(name) for name in archive.namelist()} == files_in(made)
            assert archive_of(made) == zips[format_.title]


def clear_the_sample(page: Page, own: str) -> None:
    button(page, "Clear the sample").click()
    expect(page.get_by_text("Sample data")).to_have_count(0, timeout=SECONDS)
    settled(page)
    for title in PAGES:
        turn_to(page, title)
        expect(page.get_by_text("Sample data")).to_have_count(0)
        expect(page.get_by_role("radiogroup", name="Data")).to_have_count(0)
        match title:
            case "Flywheel":
                assert numbers(page)["Interactions"] == "1"
            case "Review":
                item_shown(page, own)
                assert waiting(page) == 1
            case "Datasets":
                expect(page.get_by_text("Exports made")).to_have_count(0)
                button(page, "Prepare export").click()
                expect(page.get_by_text("No row yet")).to_be_visible(timeout=SECONDS)
            case "Logs":
                expect(page.get_by_text("Rejected records")).to_have_count(0)
                states = [row[3] for row in cells(page.get_by_test_id("stDataFrame").last)]
                assert states == ["cleared", "done"]


# ---- what lies beside the way ---------------------------------------------------------------


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An app that holds a bit of a sample and a bit of a team's own log."""
    folder = tmp_path_factory.mktemp("both")
    with store_of(folder) as store:
        for name in ("own", "sample"):
            lines = [
                {
                    "id": f"{name}-{number}",
                    "logged_at": f"2026-11-20T10:{number:02}:00Z",
                    "question": f"How do I reset meter {number}?",
                    "answer": "Hold the left button.",
                    "feedback": {"signal": "down", "correction": "Hold the right button."},
                }
                for number in range(5)
            ]
            text = "\n".join(json.dumps(line) for line in lines)
            load_log(store, io.BytesIO(text.encode()), name, is_sample=name == "sample")
    with serve(folder) as running:
        yield running


def test_the_switch_on_review_turns_to_the_other_side(chromium: Browser, both: Server) -> None:
    with page_of(chromium) as (page, _):
        visit(page, both, "review")
        for scope in ("Sample", "Your logs", "Sample"):
            turn_switch(page, scope)
            side = "sample" if scope == "Sample" else "own"
            item_shown(page, f"{side}-4")
            assert waiting(page) == 5


def test_an_address_of_the_other_side_turns_the_switch(chromium: Browser, both: Server) -> None:
    with page_of(chromium) as (page, _):
        visit(page, both, "review?item=sample-2")
        item_shown(page, "sample-2")
        expect(page.get_by_text("Sample data", exact=True)).to_be_visible()
        expect(page.get_by_role("radio", name="Sample")).to_be_checked()
        visit(page, both, "review?item=own-2")
        item_shown(page, "own-2")
        expect(page.get_by_text("Sample data", exact=True)).to_have_count(0)


def test_after_the_name_is_entered_keys_decide(chromium: Browser, both: Server) -> None:
    """Otherwise A, X and S would be typed into the name, and go on record with it."""
    with page_of(chromium) as (page, _):
        visit(page, both, "review?item=own-1")
        name = page.get_by_label("Your name")
        name.fill("Ann")
        name.press("Enter")
        expect(name).not_to_be_focused()
        expect(page).to_have_url(re.compile("reviewer=Ann"), timeout=SECONDS)
        settled(page)
        page.keyboard.press("s")
        done(page, "own-1 skipped")
        expect(name).to_have_value("Ann")


# ---- the first start ------------------------------------------------------------------------


def test_a_first_start_loads_the_sample_while_the_first_page_is_there(
    chromium: Browser, tmp_path: Path
) -> None:
    root = tmp_path / "checkout"
    root.mkdir()
    for name in ("core", "pages", ".streamlit"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    (root / "data").mkdir()
    for name in ("dashboard.py", "data/settings.toml", "data/sample_log.jsonl"):
        shutil.copy(ROOT / name, root / name)
    home = tmp_path / "home"
    home.mkdir()
    env = {"FLYWHEEL_DB": None, "FLYWHEEL_KEY": None}
    with serve(home, env, root) as server, page_of(chromium) as (page, _):
        page.goto(server.url)
        expect(page.get_by_role("heading", name="Flywheel", exact=True)).to_be_visible(
            timeout=SECONDS
        )
        expect(page.get_by_text("Removing personal data and loading")).to_be_visible()
        tile = page.get_by_test_id("stMetricValue").first
        expect(tile).to_have_text("400", timeout=120_000)
        expect(page.get_by_text("Sample data", exact=True)).to_be_visible()
        expect(page.get_by_role("progressbar")).to_have_count(0, timeout=SECONDS)
        settled(page)
        assert numbers(page)["Interactions"] == "400"
        assert (root / "data" / DATABASE).exists()
        assert stat.S_IMODE((root / "data" / "secret.key").stat().st_mode) == 0o600
        button(page, "Clear the sample").click()
        expect(page.get_by_text("Nothing is loaded yet")).to_be_visible(timeout=SECONDS)
        server.restart()
        visit(page, server)
        expect(page.get_by_text("Nothing is loaded yet")).to_be_visible()
        expect(page.get_by_role("progressbar")).to_have_count(0)

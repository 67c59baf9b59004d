"""axe finds nothing to complain of: on every page, in every state, in either scheme, on a phone.

Every rule of axe counts, its best practices and those of level AAA too. Left out are only what axe
itself calls deprecated or experimental. One server goes through the states in the order in which
a team does: it cannot open its database, it has none, it has loaded a log.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core import pipeline
from core.export import prepare as prepare_export
from core.export import record
from core.pipeline import load_file, redactor_of
from core.review import claim, decide, report
from core.store import rewrite
from tests.benchmarks.export import fill
from tests.serving import (
    DATABASE,
    Server,
    Traffic,
    browser,
    button,
    page_of,
    serve,
    settled,
    store_of,
    visit,
)

pytestmark = pytest.mark.browser

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
LIGHT, DARK = "rgb(255, 255, 255)", "rgb(17, 25, 23)"
LOOKS = [("light", LIGHT, 1440, 900), ("dark", DARK, 1440, 900), ("dark", DARK, 390, 844)]
PAGES = ["", "review?reviewer=Ann", "datasets", "logs"]
ANSWER = "# Resetting\n\nHold the **left** button.\n\n| step | how |\n|---|---|\n| 1 | hold |"
CODE = "def reset(meter):\n    return meter.hold('left', seconds=10)  # as the manual has it"
RUN = """() => {
  const left_out = ["deprecated", "experimental"];
  const rules = axe.getRules().filter((rule) => !rule.tags.some((tag) => left_out.includes(tag)));
  const on = Object.fromEntries(rules.map((rule) => [rule.ruleId, { enabled: true }]));
  return axe.run({ rules: on, resultTypes: ["violations"] });
}"""


def line(id_: str, **more: Any) -> str:
    full = {
        "id": id_,
        "logged_at": "2026-11-20T10:00:00Z",
        "question": f"How do I reset meter {id_}?",
        "answer": ANSWER,
        "sources": [{"title": "Meters", "uri": "https://help.example/meters", "text": "Hold it."}],
        "agent_version": "2026-11-01",
        "feedback": "up",
    }
    return json.dumps({**full, **more})


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOWN = {"signal": "down", "correction": "Hold the right button for ten seconds.", "tags": ["old"]}
LOG = "\n".join(
    [
        line("o-1", feedback=[{**DOWN, "rater": "a"}, {"signal": "up", "rater": "b"}]),
        line(
            "o-2", feedback=DOWN, question="How do I reset meter o-1?", agent_version="2026-11-15"
        ),
        line("o-3", feedback="down", answer=CODE),
        line("o-4", feedback=DOWN, logged_at="2026-11-12T10:00:00Z"),
        line("o-5", feedback="retry", logged_at=None),
        line("o-6"),
        line("o-7"),
        "{broken",
        line("o-1", answer="Another answer."),
    ]
)


@dataclass
class House:
    """The running app, its browser, and how far it is furnished."""

    server: Server
    browser: Browser
    stage: str = "broken"
    database: Path = field(init=False)

    def __post_init__(self) -> None:
        self.database = self.server.folder / DATABASE

    def empty(self) -> None:
        """The state after a mistake was mended: no data yet."""
        if self.stage == "broken":
            self.database.unlink()
            self.stage = "empty"

    def fill(self) -> None:
        """The state some days later: a log and the sample, a decision, a claim, an export."""
        if self.stage == "full":
            return
        self.server.stop()
        self.database.unlink(missing_ok=True)
        redactor = pipeline.record_redactor()
        with store_of(self.server.folder) as store:
            for log, sample in ((LOG, False), (line("s-1", feedback=DOWN), True)):
                pipeline.load_log(store, BytesIO(log.encode()), "agent.jsonl", is_sample=sample)
            decide(store, redactor, "o-4", "approve", revision=0, reviewer="Ann", now=NOW)
            claim(store, "o-2", reviewer="Bob", now=datetime.now(UTC))
            record(store, prepare_export(store, redactor.redactor, "eval", sample=False), NOW)
        self.server.start()
        self.stage = "full"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    (folder / DATABASE).write_text("not a database, but quite long " * 500)
    with serve(folder) as server, browser() as running:
        yield House(server, running)


def prepare(page: Page) -> None:
    button(page, "Prepare export").click()
    expect(button(page, "Download")).to_be_visible(timeout=30_000)
    settled(page)


def help_dialog(page: Page) -> None:
    button(page, "Keys").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_css("opacity", "1")


def warning(page: Page) -> None:
    button(page, "Save edit").click()
    expect(page.locator(".notice.warning[role=alert]").first).to_be_visible()
    settled(page)


def offer(page: Page) -> None:
    """A log of which it is asked how it is to be read, one of its votes unclear."""
    lines = [{"userQuery": "Why?", "reply": "So.", "verdict": word} for word in ("meh", "no")]
    content = "\n".join(json.dumps(each) for each in lines).encode()
    file = {"name": "asked.jsonl", "mimeType": "application/jsonl", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    expect(page.locator(".st-key-offer")).to_be_visible(timeout=30_000)
    settled(page)
    page.get_by_text("More fields").click()
    expect(page.get_by_role("combobox", name="Zone of times that name none")).to_be_visible()
    settled(page)


def looked_up(page: Page) -> None:
    page.get_by_label("What slipped through").fill("right button")
    button(page, "See where it stands").click()
    expect(button(page, "Replace it everywhere")).to_be_visible(timeout=20_000)
    page.get_by_text("What happens to it").click()
    settled(page)


def tried(page: Page) -> None:
    page.get_by_label("Try a text").fill("Ask Martha Jones, jo@example.com or 541-754-3010.")
    button(page, "Show what is found").click()
    expect(page.locator("mark.found").first).to_be_visible(timeout=20_000)
    settled(page)


def asks_the_same(page: Page) -> None:
    page.get_by_text("Asks the same as …").click()
    expect(page.get_by_label("Id of another item that asks the same")).to_be_visible(timeout=20_000)
    settled(page)


def prepare_big(page: Page) -> None:
    """An export whose download is a link."""
    button(page, "Prepare export").click()
    expect(page.locator("a.button[role=button]")).to_be_visible(timeout=60_000)
    settled(page)


def nothing(_page: Page) -> None:
    pass


def complaints(page: Page) -> list[str]:
    """What axe finds on the page as it is now."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE)
    found = page.evaluate(RUN)
    assert len(found["passes"]) > 20  # else it has looked at nothing
    return [
        f"{violation['id']}: {node['target']} {node['html'][:200]} {node['failureSummary'][:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def in_all_looks(page: Page) -> list[str]:
    """What axe finds in the light scheme, in the dark one, and on a phone."""
    found = []
    page.add_style_tag(content="* { transition: none !important; animation: none !important }")
    for scheme, background, width, height in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(page.locator(".stApp")).to_have_css("background-color", background)
        found += [f"{scheme} {width}: {text}" for text in complaints(page)]
    return found


def look(house: House, address: str, act: Callable[[Page], None] = nothing) -> None:
    # axe is put into the page by a script, which the app's policy would refuse.
    options = {"bypass_csp": True, "reduced_motion": "reduce"}
    with page_of(house.browser, **options) as (page, traffic):  # type: ignore[arg-type]
        visit(page, house.server, address)
        expect(page.locator("h1")).to_be_visible(timeout=20_000)
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
        settled(page)
        act(page)
        expect(page.locator("[role=navigation][aria-label=Pages]")).to_have_count(1)
        assert in_all_looks(page) == []
        assert quiet(traffic)


def quiet(traffic: Traffic) -> bool:
    return not [text for text in traffic.console if "rror" in text]


@pytest.mark.parametrize("address", PAGES[:2])
def test_a_database_that_cannot_be_opened(house: House, address: str) -> None:
    assert house.stage == "broken"
    look(house, address)


@pytest.mark.parametrize("address", PAGES)
def test_an_empty_database(house: House, address: str) -> None:
    house.empty()
    look(house, address)


@pytest.mark.parametrize(
    ("address", "act"),
    [
        pytest.param("", nothing, id="charts"),
        pytest.param("?per=day&split=by version", nothing, id="charts-by-version"),
        pytest.param("review?reviewer=Ann&item=o-1", nothing, id="open-item"),
        pytest.param("review?reviewer=Ann&item=o-2", nothing, id="item-of-another-reviewer"),
        pytest.param("review?reviewer=Ann&item=s-1", nothing, id="sample"),
        pytest.param("review?reviewer=Ann&item=o-3", nothing, id="code-without-a-fix"),
        pytest.param("review?reviewer=Ann&item=o-4", nothing, id="decided-item"),
        pytest.param("review?reviewer=Ann&item=o-3", warning, id="warning"),
        pytest.param("review?reviewer=Ann&item=o-1", help_dialog, id="help"),
        pytest.param("review?reviewer=Ann&item=o-1", asks_the_same, id="asks-the-same"),
        pytest.param("review?reviewer=Ann&item=o-1&report=1", nothing, id="report"),
        pytest.param("review?reviewer=Ann&item=o-1&report=1", looked_up, id="report-looked-up"),
        pytest.param("review?item=nope", nothing, id="no-such-item"),
        pytest.param("datasets", nothing, id="datasets"),
        pytest.param("datasets", prepare, id="prepared"),
        pytest.param("logs", nothing, id="logs-with-rejects"),
        pytest.param("logs", offer, id="how-a-log-is-read"),
        pytest.param("logs", tried, id="redaction-tried"),
        pytest.param("nowhere", nothing, id="page-not-found"),
    ],
)
def test_every_page_with_data(house: House, address: str, act: Callable[[Page], None]) -> None:
    house.fill()
    look(house, address, partial(act))


def test_stored_text_that_needs_another_look(house: House, tmp_path: Path) -> None:
    """Outdated, reported, not checked, superseded: what no fresh database has."""
    log = tmp_path / "agent.jsonl"
    log.write_text(LOG, "utf-8")
    with store_of(tmp_path) as store:
        load_file(store, log)
        redactor, now = redactor_of(store), datetime.now(UTC)
        for name, without in (("eval", []), ("eval", ["o-6"]), ("messages", ["o-6", "o-7"])):
            prepared = prepare_export(store, redactor.redactor, name, sample=False, without=without)
            record(store, prepared, now)
        report.take_out(store, redactor, "reset meter", kind="PERSON", reporter="Ann", now=now)
        rewrite.end(
            store, rewrite.begin(store, "0", 3, now), now, changed=1, failed=0, because=None
        )
        with store.write() as cursor:
            cursor.execute(
                "UPDATE interactions SET redaction_counts = '{\"REDACTION-FAILED\":1}', "
                "redaction_version = '0' WHERE id IN ('o-3', 'o-6')"
            )
    with serve(tmp_path) as server:
        other = House(server, house.browser, "full")
        look(other, "logs", opened_up)
        look(other, "datasets", compared)


@pytest.mark.slow
def test_an_export_that_is_downloaded_by_a_link(house: House, tmp_path: Path) -> None:
    fill(tmp_path / DATABASE, 7_500)
    with serve(tmp_path) as server:
        look(House(server, house.browser, "full"), "datasets", prepare_big)


def compared(page: Page) -> None:
    """An export that cannot be made again, beside another one."""
    for label, words in (("Look at an export", "eval"), ("Compare it with", "messages")):
        page.get_by_role("combobox", name=label, exact=True).click()
        page.get_by_role("option").filter(has_text=words).last.click()
        settled(page)
    expect(page.get_by_text("cannot be made again")).to_be_visible()
    expect(page.get_by_text("No item was added.")).to_be_visible()


def opened_up(page: Page) -> None:
    expect(page.get_by_role("heading", name="could not be checked (2)")).to_be_visible()
    expect(button(page, "Redact stored text again")).to_be_visible()
    for words in ("Redacted again (1)", "Reported by reviewers (1)"):
        page.get_by_text(words).click()
    settled(page)


def test_axe_would_find_a_fault(house: House) -> None:
    with page_of(house.browser, bypass_csp=True) as (page, _):
        visit(page, house.server, "review?item=nope")
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x><h5>Deep</h5>')")
        assert {text.split(":")[0] for text in complaints(page)} >= {"image-alt", "region"}

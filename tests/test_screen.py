"""The screen in a real browser: the reader's clock, one thumb on a phone, the keyboard alone."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.testing.v1 import AppTest

from core import export, pipeline, runtime
from core.jobs import LoadJob
from core.review import decide
from core.runtime import Runtime
from pages import texts
from tests.serving import (
    ROOT,
    Server,
    browser,
    button,
    item_shown,
    page_of,
    serve,
    settled,
    store_of,
    turn_to,
    visit,
)

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
PAGES = ["", "review?reviewer=Ann&item=o-1", "datasets", "logs"]
TITLES = {"": "Flywheel", **{name.lower(): name for name in ("Review", "Datasets", "Logs")}}
FIX = "Hold the right button."
# In California still the evening of Monday, 9 November; in Tokyo the morning of the 10th.
LATE = "2026-11-10T02:30:00Z"


def line(id_: str, signal: str, **more: object) -> str:
    full = {
        "id": id_,
        "logged_at": LATE,
        "question": f"How do I reset meter {id_}?",
        "answer": "Hold the **left** button, please, " + "and keep holding it " * 30,
        "agent_version": "2026-11-01",
        "feedback": {"signal": signal, "correction": FIX if signal == "down" else None},
    }
    return json.dumps({**full, **more})


LOG = [line("o-1", "down"), line("o-2", "down"), line("o-3", "down"), line("o-4", "up"), "{broken"]
# Without a time, and the only one without a version.
LOG.append(line("o-5", "down", logged_at=None, agent_version=None))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("screen")
    with store_of(folder) as store:
        pipeline.load_log(store, BytesIO("\n".join(LOG).encode()), "agent.jsonl", is_sample=False)
        made_at = datetime(2026, 11, 10, 2, 30, tzinfo=UTC)
        redactor = pipeline.record_redactor()
        decide(store, redactor, "o-3", "approve", revision=0, reviewer="Bob", now=made_at)
        prepared = export.prepare(store, redactor.redactor, "eval", sample=False)
        export.record(store, prepared, made_at)
    with serve(folder) as running:
        yield running


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as running:
        yield running


def opened(page: Page, server: Server, address: str) -> None:
    """Go to an address and wait until all of it is there: parts of Streamlit load when needed."""
    visit(page, server, address)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=20_000)
    expect(page.get_by_label("Your name")).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    settled(page)


def first_column(page: Page) -> list[str]:
    """What a table, drawn on a canvas, tells a screen reader."""
    found = page.locator("td[role=gridcell][aria-colindex='1']")
    expect(found.first).to_be_attached(timeout=20_000)
    return [text.strip() for text in found.all_text_contents()]


# ---- the reader's clock ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "moment", "day", "cell"),
    [
        ("America/Los_Angeles", "9 Nov 2026, 18:30 PST", "2026-11-09", "2026-11-09 18:30"),
        ("Asia/Tokyo", "10 Nov 2026, 11:30 JST", "2026-11-10", "2026-11-10 11:30"),
        ("America/Sao_Paulo", "9 Nov 2026, 23:30 UTC-03", "2026-11-09", "2026-11-09 23:30"),
    ],
)
def test_times_are_the_readers(
    server: Server, window: Browser, zone: str, moment: str, day: str, cell: str
) -> None:
    with page_of(window, timezone_id=zone) as (page, _):
        visit(page, server, "review?reviewer=Ann&item=o-3")
        item_shown(page, "o-3")
        expect(page.get_by_text(f"{moment} · version 2026-11-01")).to_be_visible()
        expect(page.get_by_text(re.compile(rf"approve by Bob, {moment}$"))).to_be_visible()

        visit(page, server, "datasets")
        heads = page.locator("th[role=columnheader]")
        expect(heads.filter(has_text=f"when ({zone})")).to_have_count(1)
        assert first_column(page) == [f"{cell}:00"]

        visit(page, server, "?per=day")
        expect(page.get_by_text(f"Days begin at midnight, {zone} time")).to_be_visible()
        assert first_column(page) == [day]
        tick = f"{int(day[-2:]):02} Nov"
        axis = page.locator(".stVegaLiteChart .role-axis-label text")
        expect(axis.filter(has_text=tick).first).to_be_attached()
        expect(axis.filter(has_text="Nov").filter(has_not_text=tick)).to_have_count(0)


# ---- what there is before there is anything ---


def test_the_first_load_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    job = LoadJob("agent.jsonl", b"", 100, sample=False, shape=None)
    monkeypatch.setattr(Runtime, "active_jobs", lambda _self: [job])
    app = AppTest.from_file(ROOT / "dashboard.py", default_timeout=30).run()
    app.switch_page("pages/flywheel.py").run()
    runtime.close()
    assert not app.exception
    assert [heading.value for heading in app.header] == ["Loading"]
    drawn = [element.proto.body for element in app.get("html")]
    for expected in ('role="status">The first interactions appear', 'class="skeleton" aria-hidden'):
        assert any(expected in body for body in drawn)


def test_no_match_leads_back_to_all(server: Server, window: Browser) -> None:
    with page_of(window) as (page, _):
        opened(page, server, "")
        page.get_by_label("Agent version").click()
        page.get_by_role("option", name="(none)").click()
        page.keyboard.press("Escape")
        expect(page.get_by_role("heading", name="Nothing to draw")).to_be_visible()
        button(page, "Show all versions and days").click()
        expect(page.get_by_role("heading", name="Thumbs down among votes")).to_be_visible()


# ---- numbers --------------------------------------------------------------------------------


def test_numbers_carry_their_unit() -> None:
    assert [texts.count(n, "item") for n in (0, 1, 2500)] == ["0 items", "1 item", "2,500 items"]
    sizes = ["812 B", "2.3 kB", "23 kB", "1.4 MB"]
    assert [texts.size(n) for n in (812, 2_345, 23_456, 1_400_000)] == sizes


# ---- a phone --------------------------------------------------------------------------------

# What a thumb is to hit: its box, or that of the label or frame which takes the touch for it.
SMALL = """() => {
  const small = [];
  const all = "a, button, summary, input, textarea, [role=radio], [role=switch], [role=combobox]";
  for (const element of document.querySelectorAll(all)) {
    if (element.closest("[data-testid=stSkipToContent], [role=grid], .stDataFrame")) continue;
    if (element.type === "file" || !element.checkVisibility({ visibilityProperty: true })) continue;
    const field = "label, [data-testid=stTextInputRootElement], .stSelectbox";
    const target = element.matches("input") ? element.closest(field) || element : element;
    const box = target.getBoundingClientRect();
    if (box.width && box.height < 43.9) {
      small.push(`${box.width}x${box.height} ${element.outerHTML.slice(0, 160)}`);
    }
  }
  return small;
}"""


@pytest.mark.parametrize("address", PAGES)
def test_a_phone_has_nothing_too_small_or_too_wide(
    server: Server, window: Browser, address: str
) -> None:
    with page_of(window, bypass_csp=True, **PHONE) as (page, _):  # type: ignore[arg-type]
        opened(page, server, address)
        if address == "datasets":
            button(page, "Prepare export").tap()
            expect(button(page, "Download")).to_be_visible(timeout=30_000)
        settled(page)
        assert page.evaluate(SMALL) == []
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            page.wait_for_timeout(600)  # charts fit themselves
            widths = page.locator(".stMain").evaluate("e => [e.scrollWidth, innerWidth]")
            assert widths == [width, width]


def test_the_decision_lies_under_the_thumb(server: Server, window: Browser) -> None:
    with page_of(window, **PHONE) as (page, _):  # type: ignore[arg-type]
        visit(page, server, "review?reviewer=Ann&item=o-1")
        item_shown(page, "o-1")
        for name in ("Approve", "Save edit", "Reject", "Undo", "Skip"):
            box = button(page, name).bounding_box()
            assert box
            assert 844 / 2 < box["y"] < 844 - box["height"]  # without any scrolling
            assert 0 <= box["x"] <= 390 - box["width"]
        assert box
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        item_shown(page, "o-2")
        # The last of what is under the bar can be scrolled out from under it.
        page.locator(".stMain").evaluate("e => e.scrollTo(0, e.scrollHeight)")
        note = page.get_by_label("Note (optional)").bounding_box()
        bar = page.locator(".st-key-decide").bounding_box()
        assert note and bar and note["y"] + note["height"] <= bar["y"]


# ---- the keyboard ---------------------------------------------------------------------------

FOCUSED = """() => {
  let ringed = document.activeElement;
  if (ringed === document.body) return null;
  const name = ringed.getAttribute("aria-label") || ringed.textContent.trim() || ringed.tagName;
  const seen = (e) => {
    const style = getComputedStyle(e);
    return style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2
      ? style.outlineColor : "";
  };
  const label = ringed.closest("label");
  return [name, seen(ringed) || (label ? seen(label) : "")];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES)
def test_every_stop_of_the_tab_key_is_seen(
    server: Server, window: Browser, address: str, scheme: str
) -> None:
    accent = {"light": "rgb(9, 86, 80)", "dark": "rgb(82, 211, 193)"}[scheme]
    options = {"bypass_csp": True, "scheme": scheme}
    with page_of(window, **options) as (page, _):  # type: ignore[arg-type]
        opened(page, server, address)
        stops: list[tuple[str, str]] = []
        for _ in range(80):
            page.keyboard.press("Tab")
            stop = page.evaluate(FOCUSED)
            if stop is None:
                break
            stops.append((stop[0], stop[1]))
        names = [name for name, _ in stops]
        assert [name for name, ring in stops if ring != accent] == []
        for name in page.get_by_role("button").all():
            if name.is_visible() and name.is_enabled() and not name.evaluate(IN_A_WIDGET):
                label = name.get_attribute("aria-label") or (name.text_content() or "").strip()
                assert label in names


# Streamlit's own parts of a widget, which the arrow keys reach or a field opens.
IN_A_WIDGET = "e => e.tabIndex < 0 || Boolean(e.closest('[role=grid], .stElementToolbar'))"


def test_skipping_the_frame(server: Server, window: Browser) -> None:
    with page_of(window) as (page, _):
        opened(page, server, "datasets")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#content")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_label("Your name")).to_be_focused()


def test_where_one_is(server: Server, window: Browser) -> None:
    with page_of(window) as (page, _):
        visit(page, server)
        navigation = page.get_by_role("navigation", name="Pages")
        for title in [*TITLES.values(), "Flywheel"]:
            turn_to(page, title)
            current = navigation.locator("[aria-current=page]")
            expect(current).to_have_text(title)
            expect(page).to_have_title("Flywheel" if title == "Flywheel" else f"{title} · Flywheel")
            # A link that is opened in a tab of its own leads to its page, the first one too.
            hrefs = navigation.get_by_role("link").evaluate_all("all => all.map((e) => e.href)")
            assert hrefs == [f"{server.url}/{address}" for address in TITLES]


# ---- one design system ----------------------------------------------------------------------


def test_colours_are_named_in_one_place() -> None:
    css = (ROOT / "pages" / "style.css").read_text("utf-8")
    _, rest = css.split("/* ---- Focus", 1)
    assert re.findall(r"#[0-9a-f]{3,8}\b(?=[;, )])|light-dark|rgba?\(", rest) == []
    defined, used = set(re.findall(r"(--[\w-]+):", css)), set(re.findall(r"var\((--[\w-]+)", rest))
    assert used - defined - {"--held"} == set()  # that one is set by pages/keys.py
    assert defined - set(re.findall(r"var\((--[\w-]+)", css)) == set()

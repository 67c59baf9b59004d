"""Redaction on Logs: tried on a text, what it misses, stored text redacted again, texts that could
not be checked tried again."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from core import export, pipeline
from core import settings as config
from core.jobs import RedactionJob
from core.pipeline import load_file
from core.rates import Rate, rates, share, with_rates
from core.redaction import FAILED, TYPES, VERSION, Finding, Redactor
from core.redaction.records import version
from core.reredaction import Reredaction, outdated, reredact
from core.settings import RATES_FILE, RedactionSettings, settings
from core.store import Store, exports, log, rewrite, unchecked
from pages.redaction_view import highlighted
from tests.serving import ROOT, browser, button, page_of, serve, settled, store_of, visit

SECONDS = 30_000

README = (ROOT / "README.md").read_text("utf-8")


def qa(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "question": f"Why {id_}?", "answer": "Because.", **more}


# ---- what it misses: one place for the numbers ------------------------------------------------


def test_the_readme_has_the_numbers_of_the_file() -> None:
    table = re.findall(
        r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$",
        README.split("changed | Flywheel | plain scrubadub |")[1].split("\n\n")[0],
        re.MULTILINE,
    )
    assert table == [
        (rate.what, rate.flywheel, rate.scrubadub, rate.presidio) for rate in rates().rates
    ]


def test_the_readme_says_what_is_not_looked_for() -> None:
    readme = " ".join(README.split())
    for words in (*rates().not_looked_for, *rates().missed_more_often):
        assert words in readme


def test_the_benchmark_can_write_the_file_anew() -> None:
    before = RATES_FILE.read_text("utf-8")
    assert with_rates(before, rates().rates) == before
    after = with_rates(before, [Rate("e-mail address", share(1, 25), share(3, 300))])
    assert tomllib.loads(after)["rates"] == [
        {"what": "e-mail address", "flywheel": "1 of 25", "scrubadub": "1 %"}
    ]
    assert after.startswith("# What redaction misses")


# ---- a text, with what is found in it ---------------------------------------------------------


def test_findings_are_marked_and_escaped() -> None:
    html = highlighted("<b>Jo</b> & co", [Finding(3, 5, "PERSON")])
    assert html == (
        '<div class="plain">&lt;b&gt;<mark class="found">Jo <span class="kind">PERSON</span></mark>'
        "&lt;/b&gt; &amp; co</div>"
    )


# ---- the version of stored text -----------------------------------------------------------------


def with_settings(monkeypatch: pytest.MonkeyPatch, **chosen: Any) -> None:
    changed = config.Settings(
        redaction=RedactionSettings(**chosen),
        review=settings().review,
        export=settings().export,
        load=settings().load,
    )
    pipeline.record_redactor.cache_clear()
    for module in ("core.redaction.records", "core.pipeline", "core.keys"):
        monkeypatch.setattr(f"{module}.settings", lambda: changed)


def test_other_settings_are_another_version(
    store: Store, write_log: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_file(store, write_log(qa("a", question="Is project heron on?"), qa("b")))
    assert (version(), outdated(store)) == (VERSION, 0)
    with_settings(monkeypatch, deny=("project heron",))
    assert re.fullmatch(rf"{VERSION}\+[0-9a-f]{{8}}", version())
    assert outdated(store) == 2
    assert reredact(store) == Reredaction(outdated=2, changed=1, failed=[])
    (row,) = store.rows("SELECT question, redaction_counts FROM interactions WHERE id = 'a'")
    assert row == {"question": "Is [DENIED-1] on?", "redaction_counts": '{"DENIED":1}'}
    (run,) = rewrite.runs(store)
    assert (run["version"], run["outdated"], run["changed"], run["failed"]) == (version(), 2, 1, 0)
    assert run["finished_at"]
    # Nothing to do leaves no record, and what was taken out stays out.
    assert reredact(store) == Reredaction(0, 0, [])
    assert len(rewrite.runs(store)) == 1
    with_settings(monkeypatch)
    assert reredact(store) == Reredaction(outdated=2, changed=0, failed=[])


def test_a_run_is_cancelled_and_gone_on_with(store: Store, write_log: Callable[..., Path]) -> None:
    load_file(store, write_log(*(qa(f"q-{number}") for number in range(5))))
    with store.write() as cursor:
        cursor.execute("UPDATE interactions SET redaction_version = '0'")
    job = RedactionJob()
    job.cancel()
    job.run(store)
    assert (job.state, job.done, job.size) == ("cancelled", 1, 5)
    assert outdated(store) == 4
    again = job.again()
    again.run(store)
    assert again.state == "done"
    assert again.result == Reredaction(outdated=4, changed=0, failed=[])
    assert [row["stopped_because"] for row in rewrite.runs(store)] == [None, "stopped"]


def test_an_export_that_held_what_is_found_now_is_superseded(
    store: Store, write_log: Callable[..., Path]
) -> None:
    load_file(store, write_log(qa("a", feedback="up"), qa("b", feedback="up")))
    redactor = pipeline.redactor_of(store).redactor
    for without in ([], ["a"]):
        prepared = export.prepare(store, redactor, "eval", sample=False, without=without)
        export.record(store, prepared, datetime.now(UTC))
    with store.write() as cursor:
        cursor.execute(
            "UPDATE interactions SET answer = 'ask bob@example.com', redaction_version = '0' "
            "WHERE id = 'a'"
        )
    reredact(store)
    made = exports.made(store, sample=False)
    assert [bool(row["superseded_at"]) for row in made] == [False, True]


# ---- texts that could not be checked ------------------------------------------------------------


def test_a_repeated_line_takes_the_place_of_what_failed(
    store: Store, write_log: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    find_many = Redactor.find_many

    def poisoned(self: Redactor, texts: list[str], **options: Any) -> Any:
        if any("poison" in text for text in texts):
            raise RuntimeError
        return find_many(self, texts, **options)

    path = write_log(
        qa("a", question="poison, ann@example.com", feedback={"signal": "down", "comment": "so"}),
        qa("b", feedback={"signal": "down", "comment": "poison, bob@example.com"}),
        qa("c"),
    )
    with monkeypatch.context() as patch:
        patch.setattr(Redactor, "find_many", poisoned)
        load_file(store, path)
        failed = unchecked.listed(store, sample=False)
        assert [(row["id"], row["part"], row["log_line"]) for row in failed] == [
            ("b", "feedback", 2),
            ("a", "interaction", 1),
        ]
        before = store.rows("SELECT id, question FROM interactions ORDER BY id")
        assert before[0]["question"] == FAILED
        # Once more in vain: nothing changes, and it is not told as if it had.
        counts = load_file(store, path)
        assert (counts.lines, counts.loaded) == (3, 0)
        assert store.rows("SELECT id, question FROM interactions ORDER BY id") == before
    seqs = store.rows("SELECT id, seq, stored_at FROM interactions ORDER BY id")
    counts = load_file(store, path)
    assert (counts.lines, counts.loaded, counts.feedback, counts.duplicate) == (3, 1, 1, 1)
    assert unchecked.listed(store, sample=False) == []
    (row,) = store.rows("SELECT question, redaction_counts FROM interactions WHERE id = 'a'")
    assert row == {"question": "poison, [EMAIL-1]", "redaction_counts": '{"EMAIL":1}'}
    (vote,) = store.rows("SELECT comment FROM feedback WHERE interaction_id = 'b'")
    assert vote == {"comment": "poison, [EMAIL-1]"}
    assert store.rows("SELECT id, seq, stored_at FROM interactions ORDER BY id") == seqs
    assert load_file(store, path).duplicate == 3


# ---- in the browser -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.mark.browser
@pytest.mark.slow
def test_the_section(chromium: Browser, tmp_path: Path) -> None:
    log_file = tmp_path / "agent.jsonl"
    lines = [json.dumps(qa(f"q-{number}")) for number in range(40)]
    log_file.write_text("\n".join(lines), "utf-8")
    home = tmp_path / "home"
    home.mkdir()
    with store_of(home) as store:
        load_file(store, log_file)
        with store.write() as cursor:
            cursor.execute("UPDATE interactions SET redaction_version = '0' WHERE id <> 'q-1'")
            cursor.execute(
                "UPDATE interactions SET question = ?, redaction_counts = ? WHERE id = 'q-7'",
                [FAILED, '{"REDACTION-FAILED":1}'],
            )
    with serve(home) as server, page_of(chromium) as (page, traffic):
        visit(page, server, "logs")
        # What is on, and what is not caught.
        for kind in TYPES:
            expect(page.get_by_role("rowheader", name=kind, exact=True)).to_be_visible()
        for words in (*rates().not_looked_for, *(rate.flywheel for rate in rates().rates)):
            expect(page.locator(".stMain").get_by_text(words, exact=True).first).to_be_visible()
        # A text.
        page.get_by_label("Try a text").fill("Write <b>jo@example.com</b>, call 541-754-3010")
        button(page, "Show what is found").click()
        expect(page.locator("mark.found")).to_have_text(
            ["jo@example.com EMAIL", "541-754-3010 PHONE"], timeout=SECONDS
        )
        expect(page.get_by_text("Write <b>[EMAIL-1]</b>, call [PHONE-1]")).to_be_visible()
        settled(page)
        # Stored text.
        expect(page.get_by_text("39 interactions redacted by another version")).to_be_visible()
        button(page, "Redact stored text again").click()
        told = page.locator(".notice").filter(has_text="Stored text was redacted again")
        expect(told).to_contain_text("39 interactions looked at, 0 changed", timeout=SECONDS)
        expect(page.get_by_text("All of it was redacted by today's version")).to_be_visible()
        settled(page)
        # What could not be checked.
        expect(
            page.get_by_role("heading", name="Texts that could not be checked (1)")
        ).to_be_visible()
        expect(page.get_by_text(re.compile("line 8, interaction"))).to_be_visible()
        expect(page.get_by_role("link", name="q-7", exact=True)).to_be_visible()
        button(page, "Load this log again").click()
        done = page.locator(".notice").filter(has_text="1 loaded, 39 seen before")
        expect(done).to_be_visible(timeout=SECONDS)
        expect(page.get_by_role("heading", name=re.compile("could not be"))).to_have_count(0)
        assert not [text for text in traffic.console if "rror" in text]
    with store_of(home) as store:
        assert store.rows("SELECT question FROM interactions WHERE id = 'q-7'") == [
            {"question": "Why q-7?"}
        ]
        assert len(log.loads(store)) == 2
        assert "541-754-3010" not in (home / "server.log").read_text("utf-8")

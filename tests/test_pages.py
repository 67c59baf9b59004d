"""Every page through the launcher, without a browser: what it shows of an empty and of a small
database, and what it says when there is none to show."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import pipeline, runtime
from core import settings as settings_module
from core.settings import database_path
from core.store import Store, decisions
from tests.serving import ROOT

PAGES = ["flywheel", "review", "datasets", "logs"]
FIX = "Hold the right button for ten seconds."


def line(id_: str, signal: str | None, **more: Any) -> dict[str, Any]:
    feedback = {"signal": signal, "correction": more.pop("correction", None), "tags": ["outdated"]}
    return {
        "id": id_,
        "logged_at": "2026-11-20T10:00:00Z",
        "question": f"How do I reset meter {id_}?",
        "answer": "Hold the **left** button.",
        "sources": [{"title": "Meters", "uri": "https://help.example/meters"}],
        "agent_version": "2026-11-01",
        "feedback": feedback if signal else None,
        **more,
    }


SAMPLE = [line("s-1", "down", correction=FIX), line("s-2", "up"), line("s-3", None)]
OWN = [
    line("o-1", "down", correction=FIX, logged_at="2026-11-21T10:00:00Z"),
    line("o-2", "down"),
    line("o-3", "up"),
    line("o-4", "up", logged_at="2026-11-12T10:00:00Z"),
    line("o-5", "retry"),
]


@pytest.fixture(autouse=True)
def _one_process_one_runtime() -> Iterator[None]:
    runtime.close()
    yield
    runtime.close()


def load(*lines: dict[str, Any] | str, sample: bool = False) -> None:
    texts = [text if isinstance(text, str) else json.dumps(text) for text in lines]
    with Store(database_path()) as store:
        content = BytesIO("\n".join(texts).encode())
        pipeline.load_log(store, content, "agent.jsonl", is_sample=sample)


def opened(name: str = "flywheel", **query: str) -> AppTest:
    """The page as a visitor with this address sees it."""
    app = AppTest.from_file(ROOT / "dashboard.py", default_timeout=30)
    app.query_params.update(query)
    app.run()
    return run(app.switch_page(f"pages/{name}.py"))


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def click(app: AppTest, label: str) -> AppTest:
    button(app, label).click()
    return run(app)


def button(app: AppTest, label: str) -> Any:
    (found,) = [button for button in app.button if button.label == label]
    return found


def drawn(app: AppTest, kind: str) -> list[Any]:
    return list(app.get(kind))


def words(app: AppTest) -> str:
    """All that is drawn by calls that take plain text or our own HTML."""
    html = [body for element in drawn(app, "html") if "<style>" not in (body := element.proto.body)]
    plain = [text.value for text in [*app.title, *app.header, *app.subheader, *app.text]]
    return "\n".join([*plain, *map(unescape, html)])


def links(app: AppTest) -> list[str]:
    """Labels of the links below the navigation, without the signs that keep them from acting."""
    labels = [link.proto.label for link in drawn(app, "page_link")][len(PAGES) :]
    return [label.replace("\\", "") for label in labels]


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def on_screen(app: AppTest) -> str:
    """The item in the address."""
    given = app.query_params["item"]
    return given if isinstance(given, str) else given[0]


def frames(app: AppTest) -> list[pd.DataFrame]:
    return [table.value for table in app.dataframe]


# ---- nothing there --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state", "next_step"),
    [
        ("flywheel", "Nothing is loaded yet", "Load your agent's feedback log"),
        ("review", "The queue is empty", "once a log is loaded"),
        ("datasets", "Nothing to export yet", "Load a log and decide"),
    ],
)
def test_an_empty_page_says_what_to_do_next(name: str, state: str, next_step: str) -> None:
    app = opened(name)
    assert [heading.value for heading in app.header] == [state]
    assert next_step in words(app)
    assert links(app) == ["Load a log"]
    assert not app.metric
    assert not app.dataframe


def test_an_empty_logs_page_offers_three_ways_in() -> None:
    app = opened("logs")
    assert [heading.value for heading in app.header] == [
        "Add log files",
        "Or look around first",
        "Add one interaction",
        "Redaction",
    ]
    for label in ("Load sample log", "Load it", "Add one interaction"):
        assert button(app, label)
    assert not app.dataframe


# ---- the team's own rows --------------------------------------------------------------------


def test_flywheel_counts_what_is_loaded() -> None:
    load(*OWN)
    app = opened()
    assert metrics(app) == {
        "Interactions": "5",
        "Thumbs up": "2",
        "Thumbs down": "2",
        "Down rate": "50%",
        "Waiting for review": "2",
        "Fixes approved": "0",
    }
    assert len(app.get("vega_lite_chart")) == 4
    (table,) = frames(app)
    assert table["interactions"].tolist() == [1, 4]
    assert table["down"].tolist() == [0, 2]
    assert not sample_badge(app)


def test_flywheel_by_day_and_version() -> None:
    load(*OWN, line("o-6", "up", agent_version="2026-12-01"))
    app = opened()
    per, split = drawn(app, "button_group")
    per.set_value("day")
    split.set_value("by version")
    run(app)
    (table,) = frames(app)
    assert table["version"].tolist() == ["2026-11-01", "2026-11-01", "2026-12-01", "2026-11-01"]
    (versions,) = app.multiselect
    versions.set_value(["2026-12-01"])
    run(app)
    (table,) = frames(app)
    assert table["interactions"].tolist() == [1]


def test_rows_without_a_time_or_a_vote_draw_no_chart() -> None:
    load(line("o-1", None, logged_at=None))
    app = opened()
    assert metrics(app)["Down rate"] == "–"
    assert "No interaction with a time matches these filters." in words(app)


def test_review_shows_the_first_item_and_where_one_stands() -> None:
    load(*OWN)
    app = opened("review", reviewer="Ann")
    assert on_screen(app) == "o-1"
    assert "Item 1 of 2 waiting for you · 1 need a fix" in words(app)
    for text in ("How do I reset meter o-1?", "<strong>left</strong>", "thumbs down · outdated"):
        assert text in words(app)
    (correction,) = app.text_area
    assert (correction.label, correction.value) == ("Correction", FIX)
    assert not button(app, "Approve").disabled
    assert {b.label for b in app.button} >= {"Approve", "Save edit", "Reject", "Skip", "Undo"}


def test_a_decision_without_a_name_is_refused() -> None:
    load(*OWN)
    app = click(opened("review"), "Approve")
    assert "Say who you are first" in words(app)
    assert on_screen(app) == "o-1"
    assert history("o-1") == []


def history(id_: str) -> list[tuple[int, str, str]]:
    rows = decisions.history(runtime.runtime().store, id_)
    return [(row["revision"], row["action"], row["reviewer"]) for row in rows]


def test_a_decision_turns_to_the_next_item_and_undo_turns_back() -> None:
    load(*OWN)
    app = click(opened("review", reviewer="Ann"), "Approve")
    assert history("o-1") == [(1, "approve", "Ann")]
    assert on_screen(app) == "o-2"
    assert "o-1 approved" in words(app)
    assert "Item 1 of 1 waiting for you · 1 need a fix" in words(app)
    assert button(app, "Approve").disabled

    click(app, "Undo")
    assert history("o-1") == [(1, "approve", "Ann"), (2, "reopen", "Ann")]
    assert on_screen(app) == "o-1"


def test_an_item_that_needs_a_fix_takes_no_empty_one() -> None:
    load(*OWN)
    app = click(opened("review", item="o-2", reviewer="Ann"), "Save edit")
    assert "An edit needs the right answer." in words(app)
    app.text_area[0].set_value(FIX)
    click(app, "Save edit")
    assert history("o-2") == [(1, "edit", "Ann")]


def test_a_changed_text_is_not_approved() -> None:
    load(*OWN)
    app = opened("review", reviewer="Ann")
    app.text_area[0].set_value("Hold both.")
    click(app, "Approve")
    assert "The text is not the user's correction, so it was not approved" in words(app)
    assert app.text_area[0].value == "Hold both."
    assert history("o-1") == []


def test_the_ends_of_the_queue() -> None:
    load(line("o-1", "down", correction=FIX), line("o-2", "down", correction=FIX))
    app = click(opened("review", reviewer="Ann"), "Skip")
    assert "2 waiting" not in words(app)
    click(app, "Skip")
    assert "Nothing else waits for you" in words(app)
    click(app, "Look at the first skipped item")
    click(app, "Reject")
    app = opened("review", reviewer="Bob")
    click(app, "Approve")
    assert "Everything is decided" in words(app)
    assert links(app) == ["Make a dataset"]


def test_a_decided_item_can_be_reopened() -> None:
    load(*OWN)
    click(opened("review", reviewer="Ann"), "Reject")
    app = opened("review", item="o-1", reviewer="Bob")
    assert "Decisions" in words(app)
    assert "1. reject because wrong_correction by Ann" in words(app)
    assert "Approve" not in {b.label for b in app.button}
    click(app, "Reopen")
    assert history("o-1")[-1] == (2, "reopen", "Bob")
    assert button(app, "Approve")


def test_an_item_that_does_not_exist() -> None:
    load(*OWN)
    app = opened("review", item="o-99", reviewer="Ann")
    assert "There is no such item" in words(app)
    click(app, "Show the next item that waits")
    assert on_screen(app) == "o-1"


def test_an_item_that_nobody_disliked_has_nothing_to_decide() -> None:
    load(*OWN)
    app = opened("review", item="o-3", reviewer="Ann")
    assert "How do I reset meter o-3?" in words(app)
    assert not {b.label for b in app.button} & {"Approve", "Reject", "Save edit", "Reopen"}


@pytest.mark.parametrize(("format_", "first_key"), [("eval", "id"), ("messages", "messages")])
def test_datasets_prepares_an_export(format_: str, first_key: str) -> None:
    load(*OWN)
    app = opened("datasets")
    app.selectbox(key="format").set_value(format_)
    click(app, "Prepare export")
    assert metrics(app) == {"Rows": "2", "Golden": "2", "Left out": "3"}
    assert "Last scan: no personal data found in any row." in words(app)
    assert ("fewer than 10 rows" in words(app)) == (format_ == "messages")
    (download,) = drawn(app, "download_button")
    assert download.label == "Download"
    (reasons,) = frames(app)
    assert dict(zip(reasons["reason"], reasons["interactions"], strict=True)) == {
        "implicit_only": 1,
        "needs_fix": 1,
        "pending": 1,
    }
    rows = [json.loads(text) for text in app.code[0].value.split("\n")]
    assert [list(row)[:1] for row in rows] == [[first_key]] * 2
    assert links(app) == ["o-5"]


def test_datasets_says_that_an_export_is_out_of_date() -> None:
    load(*OWN)
    app = click(opened("datasets"), "Prepare export")
    click(opened("review", reviewer="Ann"), "Approve")
    assert "Something was loaded or decided since" in words(run(app))


def test_an_export_without_a_row_offers_no_download() -> None:
    load(line("o-1", "down"))
    app = click(opened("datasets"), "Prepare export")
    assert metrics(app) == {"Rows": "0", "Left out": "1"}
    assert "No row yet" in words(app)
    assert not app.get("download_button")


def test_logs_lists_loads_and_rejected_lines() -> None:
    load(*OWN, "{broken", line("o-1", "up", answer="Another answer."))
    app = opened("logs")
    loads, rejects = frames(app)
    assert loads["log"].tolist() == ["agent.jsonl"]
    counts = loads[["state", "records", "loaded", "rejected"]]
    assert counts.iloc[0].tolist() == ["done", 7, 5, 2]
    assert rejects["line"].tolist() == [6, 7]
    assert rejects["reason"][0].startswith("not valid JSON")
    assert rejects["reason"][1].startswith("id_conflict")


@pytest.mark.parametrize(
    "id_",
    [
        "0c9d8e7f-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
        # By chance there is a card's number in it, so it is stored as a hash.
        "50e1ef69-6215-4050-9083-d4cef306d192",
    ],
)
def test_one_interaction_by_hand(id_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uuid, "uuid4", lambda: id_)
    app = opened("logs")
    question = "I am Ada Byron, ada@example.com. How do I move house?"
    app.text_area[0].set_value(question)
    click(app, "Add one interaction")
    assert "Not added: answer is empty." in words(app)
    assert app.text_area[0].value == question  # nothing typed is lost
    _, answer, _, correction, _ = app.text_area
    answer.set_value("Write to us, Ada Byron.")
    correction.set_value("Call us, Ada Byron.")
    click(app, "Add one interaction")
    assert [area.value for area in app.text_area[:4]] == ["", "", "", ""]
    assert "I am [PERSON-1], [EMAIL-1]. How do I move house?" in words(app)
    found = frames(app)[0]
    assert dict(zip(found["type"], found["times"], strict=True)) == {"EMAIL": 1, "PERSON": 3}
    assert links(app) == ["Open it in Review"]


# ---- the sample -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_the_sample_alone_is_named_on_every_page(name: str) -> None:
    load(*SAMPLE, sample=True)
    app = opened(name)
    assert sample_badge(app)
    assert button(app, "Clear the sample")
    assert not [group for group in drawn(app, "button_group") if group.proto.label == "Data"]


def sample_badge(app: AppTest) -> bool:
    return any("Sample data" in text.value for text in app.markdown)


def switch(app: AppTest, to: str) -> AppTest:
    (group,) = [group for group in drawn(app, "button_group") if group.proto.label == "Data"]
    group.set_value(to)
    return run(app)


def test_the_switch_never_mixes_what_pages_count() -> None:
    load(*SAMPLE, sample=True)
    load(*OWN)
    app = opened()
    assert metrics(app)["Interactions"] == "5"
    switch(app, "sample")
    assert metrics(app)["Interactions"] == "3"
    run(app.switch_page("pages/review.py"))
    assert on_screen(app) == "s-1"
    assert "Item 1 of 1 waiting for you" in words(app)
    click(run(app.switch_page("pages/datasets.py")), "Prepare export")
    assert metrics(app) == {"Rows": "1", "Golden": "1", "Left out": "2"}
    switch(app, "own")
    assert not app.metric  # what was prepared is not what the switch says now
    click(app, "Prepare export")
    assert metrics(app) == {"Rows": "2", "Golden": "2", "Left out": "3"}


def test_clearing_the_sample_leaves_the_own_rows() -> None:
    load(*SAMPLE, sample=True)
    load(*OWN)
    app = switch(opened(), "sample")
    click(app, "Clear the sample")
    assert metrics(app)["Interactions"] == "5"
    assert not sample_badge(app)
    (loads,) = frames(opened("logs"))
    assert loads["state"].tolist() == ["done", "cleared"]


# ---- nothing to show, and why ---------------------------------------------------------------

HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"


def test_a_database_held_by_another_process_is_explained_on_every_page() -> None:
    load(*OWN)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database_path())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        app = opened()
        for name in PAGES:
            run(app.switch_page(f"pages/{name}.py"))
            assert [title.value for title in app.title] == ["The database cannot be opened"]
            assert f"in use by process {holder.pid}" in words(app)
            assert "stop the app first" in words(app)
            assert not app.metric
        holder.communicate(b"\n")
    click(app, "Try again")
    assert [title.value for title in app.title] == ["Logs"]


def test_a_folder_that_does_not_exist_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_DB", str(tmp_path / "nowhere" / "flywheel.duckdb"))
    assert "is not a folder, so flywheel.duckdb cannot be made there" in words(opened())


def test_a_file_that_is_no_database_is_explained() -> None:
    database_path().write_text("not a database, but quite long " * 500)
    assert "cannot be opened as a database" in words(opened())


@pytest.mark.parametrize(
    ("text", "at_fault"),
    [
        ("[redaction\n", "line 1"),
        ("[review]\nclaim_minutes = 'ten'\n", "claim_minutes"),
        ("[redaction]\noff = []\n", "review"),
    ],
)
def test_a_mistake_in_the_settings_is_explained_on_every_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, at_fault: str
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    good = settings_module.SETTINGS_FILE
    monkeypatch.setattr(settings_module, "SETTINGS_FILE", file)
    app = opened()
    for name in PAGES:
        run(app.switch_page(f"pages/{name}.py"))
        assert [title.value for title in app.title] == ["The settings cannot be used"]
        assert str(file) in words(app)
        assert at_fault in words(app)
    file.write_text(good.read_text("utf-8"))
    click(app, "Try again")
    assert [title.value for title in app.title] == ["Logs"]

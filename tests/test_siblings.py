"""Other answers to the same question, and raters who say different things of one answer."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from core import review
from core.pipeline import load_file, load_log, record_redactor
from core.review.siblings import SHOWN
from core.store import Store
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

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUESTION = "How do I reset the meter?"
SECONDS = 20_000

Load = Callable[..., None]


def line(id_: str, *votes: Any, **more: Any) -> dict[str, Any]:
    given = {"id": id_, "question": QUESTION, "answer": f"Answer {id_}."}
    given["logged_at"] = "2026-11-20T10:00:00Z"
    return {**given, "feedback": list(votes), **more}


def vote(signal: str, rater: str | None = None, at: str | None = None, **more: Any) -> Any:
    return {"signal": signal, "rater": rater, "at": at, **more}


@pytest.fixture
def load(store: Store, write_log: Callable[..., Path]) -> Load:
    def into_store(*lines: dict[str, Any]) -> None:
        load_file(store, write_log(*lines))

    return into_store


def shown(store: Store, id_: str = "asked") -> review.Item:
    found = review.item(store, id_)
    assert found is not None
    return found


def others(store: Store, id_: str = "asked") -> list[str]:
    found = review.siblings(store, shown(store, id_))
    assert found.count == len(found.first)
    return [sibling.id for sibling in found.first]


def decide(store: Store, id_: str, action: Any, **more: Any) -> None:
    who: dict[str, Any] = {"revision": 0, "reviewer": "Ann", "now": NOW, **more}
    review.decide(store, record_redactor(), id_, action, **who)


# ---- siblings -------------------------------------------------------------------------------


def test_siblings_have_the_same_question_and_the_same_history(store: Store, load: Load) -> None:
    before = [{"role": "user", "content": "Good morning."}]
    load(
        line("asked", "down"),
        line("again"),
        line("shouted", question="HOW DO I RESET THE METER?"),
        line("blanks", question=" \n How do I reset the meter?\t "),
        line("later", history=before),
        line("other", question="How do I reset the meters?"),
        line("more", question=f"{QUESTION} And the clock?"),
    )
    assert sorted(others(store)) == ["again", "blanks", "shouted"]
    assert sorted(others(store, "shouted")) == ["again", "asked", "blanks"]
    assert others(store, "later") == []
    assert others(store, "other") == []
    load(line("later-2", history=before))
    assert others(store, "later") == ["later-2"]


def test_sample_and_own_answers_are_no_siblings(
    store: Store, load: Load, write_log: Callable[..., Path]
) -> None:
    load(line("asked", "down"))
    with write_log(line("s-1"), line("s-2"), name="sample.jsonl").open("rb") as stream:
        load_log(store, stream, "sample", is_sample=True)
    assert others(store) == []
    assert others(store, "s-1") == ["s-2"]


def test_what_is_known_to_be_good_comes_first(store: Store, load: Load) -> None:
    load(
        line("asked", "down"),
        line("silent", logged_at="2026-11-22T10:00:00Z"),
        line("old", logged_at="2026-11-01T10:00:00Z"),
        line("liked", "up"),
        line("loved", vote("up", "a"), vote("up", "b")),
        line("disputed", vote("up", "a"), vote("down", "b")),
        line("fixed", vote("down", correction="Hold both.")),
        line("refused", vote("down", correction="Hold none.")),
    )
    decide(store, "fixed", "approve")
    decide(store, "refused", "reject")
    order = ["fixed", "loved", "liked", "disputed", "silent", "refused", "old"]
    assert others(store) == order
    found = {sibling.id: sibling for sibling in review.siblings(store, shown(store)).first}
    assert [(found[id_].ups, found[id_].downs, found[id_].status) for id_ in order] == [
        (0, 1, "approved"),
        (2, 0, "pending"),
        (1, 0, "pending"),
        (1, 1, "pending"),
        (0, 0, "pending"),
        (0, 1, "rejected"),
        (0, 0, "pending"),
    ]
    assert {id_: review.usable(found[id_], shown(store)) for id_ in order} == {
        "fixed": "Hold both.",
        "loved": "Answer loved.",
        "liked": "Answer liked.",
        "disputed": "Answer disputed.",
        "silent": None,
        "refused": None,
        "old": None,
    }


def test_the_answer_that_is_wrong_here_is_not_offered(store: Store, load: Load) -> None:
    load(line("asked", "down"), line("same", "up", answer=" Answer asked.\n"))
    (sibling,) = review.siblings(store, shown(store)).first
    assert sibling.good == " Answer asked.\n"
    assert review.usable(sibling, shown(store)) is None


def test_many_siblings_are_counted_and_the_first_are_listed(store: Store, load: Load) -> None:
    load(line("asked", "down"), *(line(f"s-{number:02}") for number in range(30)))
    found = review.siblings(store, shown(store))
    assert (found.count, len(found.first)) == (30, SHOWN)


# ---- raters ---------------------------------------------------------------------------------


def test_each_rater_has_a_number_and_their_last_vote_counts(store: Store, load: Load) -> None:
    load(
        line(
            "asked",
            vote("down", "jane@example.com", "2026-11-21T10:00:00Z", comment="Wrong button."),
            vote("up", "bob", "2026-11-21T11:00:00Z"),
            vote("up", "jane@example.com", "2026-11-20T10:00:00Z"),
            vote("retry", "bob", "2026-11-20T09:00:00Z"),
        )
    )
    found = shown(store)
    assert [(e.rater, e.signal, e.superseded) for e in found.events] == [
        (1, "retry", False),
        (2, "up", True),
        (2, "down", False),
        (1, "up", False),
    ]
    assert [(vote_.rater, vote_.signal) for vote_ in found.votes] == [(2, "down"), (1, "up")]
    assert found.conflict


def test_a_later_line_replaces_an_earlier_vote(store: Store, load: Load) -> None:
    load(line("asked", vote("down", "a", "2026-11-20T10:00:00Z")))
    load(
        {
            "type": "feedback",
            "interaction_id": "asked",
            **vote("up", "a", "2026-11-20T11:00:00Z"),
        }
    )
    assert [(e.signal, e.superseded) for e in shown(store).events] == [
        ("down", True),
        ("up", False),
    ]
    assert not shown(store).conflict


def test_votes_without_a_rater_are_one_raters(store: Store, load: Load) -> None:
    """As everywhere: nobody can tell them apart, so the last one counts."""
    load(
        line(
            "asked",
            vote("down", at="2026-11-20T10:00:00Z"),
            vote("up", at="2026-11-20T11:00:00Z"),
        )
    )
    assert [(e.rater, e.superseded) for e in shown(store).events] == [(0, True), (0, False)]
    assert not shown(store).conflict


# ---- on the screen --------------------------------------------------------------------------

GOOD = "Hold the **right** button for ten seconds, then write to [EMAIL-1]."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    lines = [
        line(
            "asked",
            vote("down", "jane@example.com", "2026-11-21T10:00:00Z", correction="Ask us."),
            vote("up", "bob", "2026-11-21T11:00:00Z", comment="Worked for me."),
            vote("up", "jane@example.com", "2026-11-20T10:00:00Z"),
        ),
        line("liked", "up", answer=GOOD.replace("[EMAIL-1]", "help@example.org")),
        line("silent"),
        line("wrong", "down"),
    ]
    path = folder / "log.jsonl"
    path.write_text("\n".join(json.dumps(each) for each in lines))
    with store_of(folder) as store:
        load_file(store, path)
    with serve(folder) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.mark.browser
def test_raters_who_disagree_are_shown_with_what_can_be_done(
    server: Server, chromium: Browser
) -> None:
    with page_of(chromium) as (page, _):
        visit(page, server, "review?reviewer=Ann&item=asked")
        item_shown(page, "asked")
        conflict = page.get_by_role("note").filter(has_text="Raters disagree")
        expect(conflict).to_contain_text("thumbs down: Rater 1; thumbs up: Rater 2.")
        expect(conflict).to_contain_text("Approve or write a fix: then the thumbs down stands.")
        expect(conflict).to_contain_text("The answer was right, the vote was not")
        said = [text for text in page.locator(".plain").all_inner_texts() if "Rater" in text]
        assert said == [
            "Rater 1: thumbs down",
            "Rater 2: thumbs up\nWorked for me.",
            "Rater 1: thumbs up · earlier vote, replaced since",
        ]
        assert "u-" not in page.get_by_role("main").inner_text()


@pytest.mark.browser
def test_a_liked_answer_is_used_as_the_correction(
    server: Server, chromium: Browser, tmp_path: Path
) -> None:
    with page_of(chromium) as (page, _):
        visit(page, server, "review?reviewer=Ann&item=asked")
        item_shown(page, "asked")
        expect(page.get_by_text("Other answers to this question (3)")).to_be_visible()
        liked = page.locator(".st-key-sibling-liked")
        expect(liked).to_contain_text("1 thumbs up · pending")
        expect(button(page, "Use this answer")).to_have_count(1)
        button(page, "Use this answer").click()
        field = page.get_by_label("Correction", exact=True)
        expect(field).to_have_value(GOOD, timeout=SECONDS)
        expect(page.locator(".st-key-draft")).to_contain_text("Draft kept", timeout=SECONDS)
        expect(page.locator(".diff")).to_contain_text("right")
        settled(page)
        page.reload()
        item_shown(page, "asked")
        expect(field).to_have_value(GOOD)
        button(page, "Save edit").click()
        expect(page.locator(".notice.done")).to_contain_text("asked saved", timeout=SECONDS)
    with copy_of(server.folder, tmp_path) as store:
        assert [(d.action, d.final_answer) for d in shown(store).decisions] == [("edit", GOOD)]


@pytest.mark.browser
def test_a_sibling_is_a_click_away(server: Server, chromium: Browser) -> None:
    with page_of(chromium) as (page, _):
        visit(page, server, "review?reviewer=Ann&item=wrong")
        item_shown(page, "wrong")
        page.get_by_role("link", name="liked", exact=True).click()
        item_shown(page, "liked")
        expect(page.get_by_text("there is nothing to decide")).to_be_visible()
        expect(page.get_by_label("Correction", exact=True)).to_have_count(0)
        expect(button(page, "Use this answer")).to_have_count(0)
        page.get_by_text("2 more").or_(page.get_by_text("3, none of them")).first.click()
        page.get_by_role("link", name="silent", exact=True).click()
        item_shown(page, "silent")
        assert item_in_address(page) == "silent"

"""An exam that no lesson gives away: clusters, sides that stay, refusal on overlap."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from core import curate, export
from core.curate.clusters import Link, Question, links
from core.curate.holdout import sides
from core.curate.sides import Arrived, Chosen, Event, Joined, Side, Sides, Split, Trained
from core.export import ExportRefused
from core.pipeline import load_file, redactor_of
from core.review import decide
from core.store import Store, holdout, log
from tests.serving import browser, button, page_of, serve, settled, store_of, visit

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Load = Callable[..., None]


def found(*questions: tuple[str, str, str | None]) -> list[tuple[str, str, str]]:
    new = [Question(*each) for each in questions]
    return [(link.interaction_id, link.first_id, link.why) for link in links([], new)]


# ---- what is one question -----------------------------------------------------------------------


def test_case_white_space_and_numbers_of_placeholders_make_no_other_question() -> None:
    assert found(
        ("a", "Why is  my bill so HIGH, [PERSON-1]?", None),
        ("b", "why is my bill so high, [PERSON-2]?", None),
        ("c", "Why?", None),
        ("d", "When?", None),
    ) == [("a", "a", "first"), ("b", "a", "same_text"), ("c", "c", "first"), ("d", "d", "first")]


def test_nearly_the_same_words_are_one_question_and_others_are_not() -> None:
    assert found(
        ("a", "How do I reset the prepayment meter after a power cut?", None),
        ("b", "How can I reset the prepayment meter after a power cut?", None),
        ("c", "How do I read the prepayment meter in the dark?", None),
    ) == [("a", "a", "first"), ("b", "a", "similar"), ("c", "c", "first")]


def test_small_changes_do_not_chain_until_everything_is_one_question() -> None:
    words = "how do i move my account to a new flat when the old one is still rented".split()
    texts = []
    for place in range(len(words)):
        texts.append(" ".join(words))
        words[place] = f"other{place}"
    result = found(*((str(n), text, None) for n, text in enumerate(texts)))
    assert {first for _, first, _ in result} > {"0"}


def test_a_session_is_one_cluster() -> None:
    assert found(("a", "Why?", "s"), ("b", "And for gas?", "s"), ("c", "When?", "t")) == [
        ("a", "a", "first"),
        ("b", "a", "session"),
        ("c", "c", "first"),
    ]


def test_what_comes_later_is_linked_to_what_is_known() -> None:
    known = [(Question("a", "Why is it so?", "s"), True)]
    new = [Question("b", "why is it so?", None), Question("c", "Else?", "s")]
    assert list(links(known, new)) == [Link("b", "a", "same_text"), Link("c", "a", "session")]


# ---- sides --------------------------------------------------------------------------------------


def played(*events: Event, draws: dict[str, int] | None = None) -> Sides:
    return Sides(lambda id_: (draws or {}).get(id_, 99)).play(events)


def alone(seq: int, id_: str) -> Arrived:
    return Arrived(seq, id_, (id_,))


def like(seq: int, id_: str, *first: str) -> Arrived:
    return Arrived(seq, id_, first)


def test_no_share_no_exam() -> None:
    assert played(alone(1, "a"), draws={"a": 0}).side("a") == "lesson"


def test_a_share_draws_what_is_there_and_what_comes() -> None:
    after = played(alone(1, "a"), Chosen(2, 20), alone(3, "b"), draws={"a": 19, "b": 19})
    assert (after.side("a"), after.side("b"), after.split()) == ("exam", "exam", Split(0, 2, 0))
    assert played(alone(1, "a"), Chosen(2, 20), draws={"a": 20}).side("a") == "lesson"


def test_who_joins_a_cluster_has_its_side_whatever_it_would_draw_itself() -> None:
    draws = {"a": 10, "b": 90, "c": 50, "d": 0}
    after = played(
        Chosen(1, 20),
        alone(2, "a"),
        like(3, "b", "a"),
        alone(4, "c"),
        like(5, "d", "c"),
        draws=draws,
    )
    assert [after.side(id_) for id_ in "abcd"] == ["exam", "exam", "lesson", "lesson"]


def test_what_was_taught_never_becomes_an_exam() -> None:
    events = (alone(1, "a"), alone(2, "b"), Trained(3, frozenset({"a"})), Chosen(4, 50))
    after = played(*events, draws={"a": 0, "b": 0})
    assert (after.side("a"), after.side("b")) == ("lesson", "exam")
    assert (after.trained("a"), after.trained("b")) == (True, False)


def test_a_lower_share_takes_nothing_back() -> None:
    draws = {"a": 30, "b": 30}
    after = played(alone(1, "a"), Chosen(2, 50), Chosen(3, 10), alone(4, "b"), draws=draws)
    assert (after.side("a"), after.side("b"), after.percent) == ("exam", "lesson", 10)


@pytest.mark.parametrize("merge", [like(4, "c", "a", "b"), Joined(4, "b", "a")])
def test_when_clusters_turn_out_to_be_one_the_exam_wins(merge: Event) -> None:
    after = played(Chosen(1, 20), alone(2, "a"), alone(3, "b"), merge, draws={"a": 90, "b": 0})
    assert after.side("a") == after.side("b") == "exam"
    assert after.cluster("b") == "a" and after.split() == Split(0, 1, 0)


@given(st.data())
def test_a_side_never_flips_back(data: st.DataObject) -> None:
    """Whatever happens: an exam stays an exam, and what was taught alone stays a lesson."""
    events: list[Event] = []
    ids: list[str] = []
    for seq in range(1, data.draw(st.integers(1, 25))):
        kind = data.draw(st.sampled_from(["new", "like", "join", "choose", "train"]))
        if kind in ("new", "like") or len(ids) < 2:
            firsts = data.draw(st.lists(st.sampled_from(ids), max_size=2)) if ids else []
            new = f"i{seq}"
            events.append(like(seq, new, *firsts) if kind == "like" else alone(seq, new))
            ids.append(new)
        elif kind == "join":
            events.append(
                Joined(seq, data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids)))
            )
        elif kind == "choose":
            events.append(Chosen(seq, data.draw(st.integers(0, 90))))
        else:
            now = Sides(_spread).play(events)
            taught = {id_ for id_ in ids if now.side(id_) == "lesson"}
            events.append(Trained(seq, frozenset(taught)))
    before: dict[str, Side] = {}
    for end in range(1, len(events) + 1):
        after = Sides(_spread).play(events[:end])
        sides_now = {id_: after.side(id_) for id_ in ids if id_ in after}
        for id_, side in before.items():
            joined = isinstance(events[end - 1], Joined | Arrived)
            assert (
                sides_now[id_] == side
                or (joined and sides_now[id_] == "exam")
                or (side == "lesson" and not after.trained(id_))
            )
        assert all(after.side(id_) == after.side(after.cluster(id_)) for id_ in sides_now)
        before = sides_now


def _spread(id_: str) -> int:
    return int(id_[1:]) * 37 % 100


# ---- with the store -----------------------------------------------------------------------------


@pytest.fixture
def load(store: Store, write_log: Callable[..., Path]) -> Load:
    def into_store(*lines: dict[str, Any]) -> None:
        load_file(store, write_log(*lines))

    return into_store


def liked(id_: str, question: str, **more: Any) -> dict[str, Any]:
    line = {"id": id_, "question": question, "answer": "Hold the left button."}
    return {**line, "feedback": "up", **more}


def topics(count: int) -> list[dict[str, Any]]:
    words = "invoice meter refund tariff outage boiler tank solar switch deposit".split()
    return [
        liked(f"q-{n}", f"{words[n % 10].title()} question number {n}: {words[n // 10]} or what?")
        for n in range(count)
    ]


def files(store: Store, name: str) -> export.Prepared:
    prepared = export.prepare(store, redactor_of(store).redactor, name, sample=False)
    export.record(store, prepared, NOW)
    return prepared


def ids(prepared: export.Prepared) -> set[str]:
    return {case.id for case in prepared.cases}


def test_an_exam_and_its_lessons_share_no_question(store: Store, load: Load) -> None:
    load(*topics(60))
    curate.choose(store, 30, by="Ann", now=NOW, sample=False)
    lessons, exam = files(store, "messages"), files(store, "eval")
    apart = {case.id for case in exam.cases if not case.seen_in_training}
    assert 5 <= len(apart) <= 35
    assert ids(lessons) == ids(exam) - apart
    assert lessons.excluded["held_out"] == sorted(apart)
    assert lessons.manifest["holdout"] == exam.manifest["holdout"] == 30


def test_choosing_a_share_moves_nothing_that_was_taught(store: Store, load: Load) -> None:
    load(*topics(30))
    first = files(store, "messages")
    load(*topics(60)[30:])
    curate.choose(store, 50, by="Ann", now=NOW, sample=False)
    second = files(store, "messages")
    assert ids(first) <= ids(second)
    assert second.excluded["held_out"]
    # What an earlier file has taught is no clean exam, today or later.
    assert all(c.seen_in_training for c in files(store, "eval").cases if c.id in ids(first))


def test_the_past_stays_as_it_was(store: Store, load: Load) -> None:
    load(*topics(20))
    before = files(store, "messages")
    cut = log.last_event(store, sample=False)
    assert cut == before.manifest["cut_off"]
    curate.choose(store, 50, by="Ann", now=NOW, sample=False)
    later = export.prepare(
        store,
        redactor_of(store).redactor,
        "messages",
        sample=False,
        as_of=datetime(2026, 11, 23, 11, tzinfo=UTC),
    )
    assert later.manifest["holdout"] == 0 or later.manifest["rows"] == 0
    assert sides(store, sample=False, cut=cut).percent == 0


def test_a_question_of_the_exam_in_an_earlier_turn_is_refused(
    store: Store, load: Load, tmp_path: Path
) -> None:
    load(*topics(20))
    curate.choose(store, 50, by="Ann", now=NOW, sample=False)
    held = next(
        id_
        for id_ in (f"q-{n}" for n in range(20))
        if sides(store, sample=False).side(id_) == "exam"
    )
    asked = next(line["question"] for line in topics(20) if line["id"] == held)
    turns = [
        {"role": "user", "content": f" {asked.lower()}  "},
        {"role": "assistant", "content": "So."},
    ]
    number = 0
    while True:
        number += 1
        load(liked(f"t-{number}", f"{'xyzw'[number % 4] * 9} and then, {number}?", history=turns))
        if sides(store, sample=False).side(f"t-{number}") == "lesson":
            break
    prepared = export.prepare(store, redactor_of(store).redactor, "messages", sample=False)
    assert prepared.overlaps == ((f"t-{number}", held),)
    with pytest.raises(ExportRefused, match=f"t-{number} asks what {held} asks"):
        export.write(prepared, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    without = export.prepare(
        store, redactor_of(store).redactor, "messages", sample=False, without=[f"t-{number}"]
    )
    assert without.overlaps == ()


def test_a_reviewer_says_that_two_ask_the_same(store: Store, load: Load) -> None:
    load(*topics(20))
    curate.choose(store, 50, by="Ann", now=NOW, sample=False)
    before = sides(store, sample=False)
    names = [f"q-{n}" for n in range(20)]
    exam = next(id_ for id_ in names if before.side(id_) == "exam")
    lesson = next(id_ for id_ in names if before.side(id_) == "lesson")
    curate.same_question(store, lesson, exam, by="Ann", now=NOW)
    assert sides(store, sample=False).side(lesson) == "exam"
    assert lesson in files(store, "messages").excluded["held_out"]


def test_links_that_cannot_be(store: Store, load: Load) -> None:
    load(liked("a", "Why is it so?"))
    for other, why in (("a", "itself"), ("zzz", "no interaction zzz")):
        with pytest.raises(curate.Refused, match=why):
            curate.same_question(store, "a", other, by="Ann", now=NOW)


@pytest.mark.parametrize("share", [-1, 91, 100])
def test_a_share_that_leaves_nothing(store: Store, share: int) -> None:
    with pytest.raises(curate.Refused, match="0 to 90"):
        curate.choose(store, share, by="Ann", now=NOW, sample=False)


def test_a_preview_changes_nothing(store: Store, load: Load) -> None:
    load(*topics(40))
    assert curate.preview(store, 0, sample=False) == curate.Split(lessons=40, exam=0, taught=0)
    half = curate.preview(store, 50, sample=False)
    assert half.lessons + half.exam == 40 and half.exam > 5
    assert curate.percent(store, sample=False) == 0
    assert holdout.chosen(store, sample=False, cut=2**62) == []


def test_a_decision_on_what_is_held_out_stays_an_exam_case(store: Store, load: Load) -> None:
    lines = [
        {**line, "feedback": {"signal": "down", "correction": "Hold both."}} for line in topics(12)
    ]
    load(*lines)
    curate.choose(store, 50, by="Ann", now=NOW, sample=False)
    for line in lines:
        decide(
            store, redactor_of(store), line["id"], "approve", revision=0, reviewer="Ann", now=NOW
        )
    lessons, exam = files(store, "messages"), files(store, "eval")
    assert len(exam.cases) == 12 and 0 < len(lessons.cases) < 12
    assert {c.id for c in exam.cases if not c.seen_in_training} == ids(exam) - ids(lessons)


# ---- on the screen ------------------------------------------------------------------------------

SECONDS = 30_000


@pytest.mark.browser
def test_a_share_is_chosen_and_two_items_are_said_to_ask_the_same(
    tmp_path: Path, write_log: Callable[..., Path]
) -> None:
    path = write_log(*topics(40))
    with store_of(tmp_path) as store:
        load_file(store, path)
    with browser() as chromium, serve(tmp_path) as server, page_of(chromium) as (page, _):
        visit(page, server, "datasets?reviewer=Ann")
        expect(page.get_by_text("40 may be learnt from")).to_have_count(0)
        expect(page.get_by_role("img", name="for the exam")).to_be_visible(timeout=SECONDS)
        button(page, "Keep 20 % for the exam").click()
        expect(page.get_by_text("20 % is in force.")).to_be_visible(timeout=SECONDS)
        slider = page.get_by_role("slider", name="Share kept for the exam")
        before = page.get_by_role("img", name="for the exam").get_attribute("aria-label")
        slider.focus()
        for _ in range(4):
            slider.press("ArrowRight")
        expect(button(page, "Keep 40 % for the exam")).to_be_visible(timeout=SECONDS)
        settled(page)
        assert page.get_by_role("img", name="for the exam").get_attribute("aria-label") != before

        visit(page, server, "review?reviewer=Ann&item=q-1")
        page.get_by_text("Asks the same as …").click()
        field = page.get_by_label("Id of another item that asks the same")
        field.fill("q-999")
        button(page, "They ask the same").click()
        expect(page.get_by_text("There is no interaction q-999.")).to_be_visible(timeout=SECONDS)
        field.fill("q-2")
        field.press("Enter")
        expect(page.get_by_role("link", name="q-2")).to_be_visible(timeout=SECONDS)
    with store_of(tmp_path) as store:
        assert curate.percent(store, sample=False) == 20
        assert curate.asks_the_same(store, "q-2", sample=False)[0] == ["q-1"]

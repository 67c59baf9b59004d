"""The queue, claims, decisions with revisions, and undo: on real logs in a real database."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.pipeline import load_file, record_redactor
from core.records import Action
from core.redaction import VERSION, Redactor
from core.redaction.records import RecordRedactor
from core.review import Desk, Item, Refused, decide, desk, item, undo
from core.review.queue import Decision, Event, claim
from core.settings import settings
from core.store import Stale, Store, decisions, reports

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLAIN = datetime(2026, 11, 23, 12)  # the same moment as the store keeps it
QUESTION, ANSWER = "How do I reset the meter?", "Hold the left button."
FIX = "Hold the right button for ten seconds."

Load = Callable[..., None]


@pytest.fixture
def load(store: Store, write_log: Callable[..., Path]) -> Load:
    def into_store(*lines: dict[str, Any]) -> None:
        load_file(store, write_log(*lines))

    return into_store


def answered(id_: str, *votes: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    line = {"id": id_, "question": QUESTION, "answer": ANSWER, "logged_at": "2026-11-20T10:00:00Z"}
    return {**line, "feedback": list(votes), **more}


def down(correction: str | None = FIX, **more: Any) -> dict[str, Any]:
    return {"signal": "down", "correction": correction, **more}


def vote(id_: str, signal: str, at: str = "2026-11-21T10:00:00Z", **more: Any) -> dict[str, Any]:
    return {"type": "feedback", "interaction_id": id_, "signal": signal, "at": at, **more}


def act(
    store: Store,
    id_: str,
    action: Action,
    *,
    revision: int = 0,
    reviewer: str = "Ann",
    now: datetime = NOW,
    redactor: RecordRedactor | None = None,
    **more: Any,
) -> int:
    who: dict[str, Any] = {"reviewer": reviewer, "now": now}
    return decide(
        store, redactor or record_redactor(), id_, action, revision=revision, **who, **more
    )


def waiting(store: Store, reviewer: str = "Ann", now: datetime = NOW) -> tuple[str, ...]:
    return desk(store, sample=False, reviewer=reviewer, now=now).waiting


def shown(store: Store, id_: str) -> Item:
    found = item(store, id_)
    assert found is not None
    return found


def standing(store: Store, id_: str) -> tuple[int, str, str | None]:
    found = shown(store, id_)
    return found.revision, found.status, found.final_answer


# ---- the queue ------------------------------------------------------------------------------


def test_order_is_pressing_first_then_newest_then_id(store: Store, load: Load) -> None:
    load(
        answered("content", down(), "resolved"),
        answered("timeless", down(), logged_at=None),
        answered("old", down(), logged_at="2026-11-19T10:00:00Z"),
        answered("b-new", down()),
        answered("a-new", down()),
        answered("asked-again", down(), "retry", logged_at="2026-11-01T10:00:00Z"),
        answered("changed", {"signal": "edit", "correction": FIX}),
        answered("happy", "up"),
        answered("silent"),
        answered("only-retry", "retry"),
        answered("only-resolved", "resolved"),
    )
    order = ("asked-again", "a-new", "b-new", "changed", "old", "timeless", "content")
    assert waiting(store) == order
    assert tuple(row["id"] for row in decisions.queue(store, sample=False)) == order
    assert [row["id"] for row in decisions.queue(store, sample=False, limit=2)] == [
        "asked-again",
        "a-new",
    ]


def test_an_item_without_a_correction_needs_a_fix(store: Store, load: Load) -> None:
    load(
        answered("with", down()),
        answered("without", "down"),
        answered("same", down(ANSWER)),
        answered("liked", "up"),
    )
    assert desk(store, sample=False, reviewer="Ann", now=NOW) == Desk(
        waiting=("same", "with", "without"), needs_fix=2, skipped=(), with_others=0
    )
    assert {row["id"]: row["correction"] for row in decisions.queue(store, sample=False)} == {
        "same": None,  # "correcting" an answer into itself corrects nothing
        "with": FIX,
        "without": None,
    }


def test_raters_who_disagree_are_a_conflict_and_one_who_changes_their_mind_is_none(
    store: Store, load: Load
) -> None:
    load(
        answered("disputed", down(rater="a"), {"signal": "up", "rater": "b"}),
        answered("reconsidered", down(rater="a", at="2026-11-20T10:00:00Z")),
        vote("reconsidered", "up", "2026-11-20T11:00:00Z", rater="a"),
        answered("soured", {"signal": "up", "rater": "a", "at": "2026-11-20T10:00:00Z"}),
        vote("soured", "down", "2026-11-20T11:00:00Z", rater="a"),
    )
    assert waiting(store) == ("disputed", "soured")
    assert [shown(store, id_).conflict for id_ in ("disputed", "reconsidered", "soured")] == [
        True,
        False,
        False,
    ]
    assert shown(store, "disputed").signal == "down"
    assert shown(store, "disputed").correction == FIX
    # Their vote up takes the correction back.
    assert shown(store, "reconsidered").signal == "up"
    assert shown(store, "reconsidered").correction is None


def test_an_item_as_the_reviewer_sees_it(store: Store, load: Load) -> None:
    load(
        answered(
            "i-1",
            {**down(comment="Call me: jane@example.com"), "tags": ["wrong"]},
            "retry",
            history=[{"role": "user", "content": "Good morning."}],
            sources=["https://help.example.com/reset?page=2"],
            agent_version="7",
            user="customer-7",
            tags=["meter"],
        )
    )
    act(store, "i-1", "edit", answer="Hold both buttons.", note="Checked with the manual.")
    found = shown(store, "i-1")
    logged = datetime(2026, 11, 20, 10)
    event: dict[str, Any] = {"at": logged, "rater": 1}  # never the hash that stands for a user
    assert found == Item(
        id="i-1",
        revision=1,
        status="edited",
        signal="down",
        question=QUESTION,
        answer=ANSWER,
        correction=FIX,
        final_answer="Hold both buttons.",
        conflict=False,
        reviewable=True,
        is_sample=False,
        logged_at=logged,
        agent_version="7",
        history=found.history,
        sources=found.sources,
        tags=("meter",),
        found={},
        events=(
            Event(
                signal="down",
                correction=FIX,
                comment="Call me: [EMAIL-1]",
                tags=("wrong",),
                **event,
            ),
            Event(signal="retry", correction=None, comment=None, tags=(), **event),
        ),
        decisions=(
            Decision(
                revision=1,
                action="edit",
                final_answer="Hold both buttons.",
                reason=None,
                note="Checked with the manual.",
                reviewer="Ann",
                at=PLAIN,
                undoes=None,
            ),
        ),
    )
    assert [(turn.role, turn.content) for turn in found.history] == [("user", "Good morning.")]
    assert [source.uri for source in found.sources] == ["https://help.example.com/reset?page=2"]
    assert item(store, "i-2") is None


# ---- skip and claims ------------------------------------------------------------------------


def test_a_skip_is_one_reviewers_own_and_never_raises_the_revision(
    store: Store, load: Load
) -> None:
    load(answered("i-1", down()), answered("i-2", down()))
    assert act(store, "i-1", "skip") == 0
    assert act(store, "i-1", "skip") == 0
    assert desk(store, sample=False, reviewer="Ann", now=NOW) == Desk(
        waiting=("i-2",), needs_fix=0, skipped=("i-1",), with_others=0
    )
    assert waiting(store, "Bob") == ("i-1", "i-2")
    assert [row["id"] for row in decisions.queue(store, sample=False, reviewer="Ann")] == ["i-2"]
    assert standing(store, "i-1") == (0, "pending", None)
    assert shown(store, "i-1").decisions == ()
    assert act(store, "i-1", "approve", reviewer="Bob") == 1
    assert desk(store, sample=False, reviewer="Ann", now=NOW).skipped == ()


def test_a_claim_keeps_an_item_from_others_until_it_expires(store: Store, load: Load) -> None:
    load(answered("i-1", "down"), answered("i-2", down()))
    assert claim(store, "i-1", reviewer=" Ann ", now=NOW)
    assert waiting(store, "Ann") == ("i-1", "i-2")
    seen = desk(store, sample=False, reviewer="Bob", now=NOW)
    assert seen == Desk(waiting=("i-2",), needs_fix=1, skipped=(), with_others=1)
    assert seen.left == 2

    minutes = timedelta(minutes=settings().review.claim_minutes)
    almost, over = NOW + minutes - timedelta(seconds=1), NOW + minutes
    assert not claim(store, "i-1", reviewer="Bob", now=almost)
    assert waiting(store, "Bob", almost) == ("i-2",)
    assert waiting(store, "Bob", over) == ("i-1", "i-2")
    assert claim(store, "i-1", reviewer="Bob", now=over)
    assert waiting(store, "Ann", over) == ("i-2",)
    assert not claim(store, "i-1", reviewer="Ann", now=over)


def test_a_claim_is_renewed_by_its_owner(store: Store, load: Load) -> None:
    load(answered("i-1", down()))
    minutes = timedelta(minutes=settings().review.claim_minutes)
    assert claim(store, "i-1", reviewer="Ann", now=NOW)
    assert claim(store, "i-1", reviewer="Ann", now=NOW + minutes / 2)
    assert waiting(store, "Bob", NOW + minutes) == ()


def test_deciding_and_skipping_release_a_claim(store: Store, load: Load) -> None:
    load(answered("i-1", down()), answered("i-2", down()))
    for id_ in ("i-1", "i-2"):
        claim(store, id_, reviewer="Ann", now=NOW)
    act(store, "i-1", "approve")
    act(store, "i-1", "reopen", revision=1)
    act(store, "i-2", "skip")
    assert waiting(store, "Bob") == ("i-1", "i-2")


def test_a_claim_does_not_stop_a_decision_and_a_skip_leaves_anothers_claim(
    store: Store, load: Load
) -> None:
    load(answered("i-1", down()))
    claim(store, "i-1", reviewer="Ann", now=NOW)
    act(store, "i-1", "skip", reviewer="Bob")
    assert not claim(store, "i-1", reviewer="Eve", now=NOW)
    assert act(store, "i-1", "approve", reviewer="Eve") == 1


# ---- the desk -------------------------------------------------------------------------------


def test_positions_and_the_next_item() -> None:
    three = Desk(waiting=("a", "b", "c"), needs_fix=0, skipped=("s",), with_others=4)
    assert three.left == 8
    assert [three.position(id_) for id_ in ("a", "b", "c", "s")] == [1, 2, 3, None]
    assert [three.after(id_) for id_ in ("a", "b", "c", "s")] == ["b", "c", "a", "a"]
    one = Desk(waiting=("a",), needs_fix=0, skipped=(), with_others=0)
    assert one.after("a") is None
    assert one.after("gone") == "a"
    assert Desk(waiting=(), needs_fix=0, skipped=(), with_others=0).after("gone") is None


def test_deciding_moves_the_desk_on(store: Store, load: Load) -> None:
    load(*(answered(id_, down()) for id_ in ("a", "b", "c")))
    act(store, "b", "approve")
    after = desk(store, sample=False, reviewer="Ann", now=NOW)
    assert after.waiting == ("a", "c")
    assert after.position("b") is None
    assert after.left == 2


def test_sample_and_own_items_are_never_on_one_desk(store: Store, load: Load) -> None:
    load(answered("own", down()), answered("shipped", down()))
    with store.write() as cursor:
        cursor.execute("UPDATE interactions SET is_sample = true WHERE id = 'shipped'")
        cursor.execute("UPDATE feedback SET is_sample = true WHERE interaction_id = 'shipped'")
    assert waiting(store) == ("own",)
    assert desk(store, sample=True, reviewer="Ann", now=NOW).waiting == ("shipped",)
    act(store, "shipped", "approve")
    with pytest.raises(Refused):
        undo(store, reviewer="Ann", now=NOW, sample=False)
    assert undo(store, reviewer="Ann", now=NOW, sample=True) == "shipped"


# ---- decisions ------------------------------------------------------------------------------


def test_approve_makes_the_correction_the_final_answer(store: Store, load: Load) -> None:
    load(answered("i-1", down()))
    assert act(store, "i-1", "approve", reviewer="  Ann ", reason="unclear", note=" \n") == 1
    assert standing(store, "i-1") == (1, "approved", FIX)
    assert waiting(store) == ()
    made = shown(store, "i-1").decisions
    assert made == (
        Decision(
            revision=1,
            action="approve",
            final_answer=FIX,
            reason=None,  # a reason belongs to a rejection
            note=None,
            reviewer="Ann",
            at=PLAIN,
            undoes=None,
        ),
    )


@pytest.mark.parametrize(
    ("action", "given", "message"),
    [
        (
            "approve",
            {},
            "There is no correction to approve: write the right answer and save it.",
        ),
        ("edit", {}, "An edit needs the right answer."),
        ("edit", {"answer": " \n"}, "An edit needs the right answer."),
        ("reopen", {}, "The item is pending already."),
        (
            "reject",
            {"reason": "because"},
            "The reason must be one of wrong_correction, answer_was_right, unclear, "
            "not_reusable, other.",
        ),
        (
            "reject",
            {"reviewer": "  "},
            "Say who you are first: every decision carries its reviewer's name.",
        ),
    ],
)
def test_what_is_refused_changes_nothing(
    store: Store, load: Load, action: Action, given: dict[str, Any], message: str
) -> None:
    load(answered("i-1", "down"))
    with pytest.raises(Refused) as refusal:
        act(store, "i-1", action, **given)
    assert str(refusal.value) == message
    assert standing(store, "i-1") == (0, "pending", None)
    assert shown(store, "i-1").decisions == ()


def test_what_is_not_in_review_cannot_be_decided(store: Store, load: Load) -> None:
    load(answered("liked", "up"))
    with pytest.raises(Refused, match="nothing to decide"):
        act(store, "liked", "edit", answer=FIX)
    with pytest.raises(Refused, match="There is no interaction nowhere"):
        act(store, "nowhere", "skip")
    assert store.rows("SELECT * FROM decisions") == []
    assert store.rows("SELECT * FROM skips") == []


def test_an_edit_is_the_reviewers_own_text(store: Store, load: Load) -> None:
    load(answered("i-1", "down"))
    assert act(store, "i-1", "edit", answer="  Hold both.\n  Then wait.\n") == 1
    assert standing(store, "i-1") == (1, "edited", "Hold both.\n  Then wait.")


@pytest.mark.parametrize(
    "reason",
    [None, "wrong_correction", "answer_was_right", "unclear", "not_reusable", "other"],
)
def test_a_rejection_keeps_its_reason(store: Store, load: Load, reason: str | None) -> None:
    load(answered("i-1", down()))
    assert act(store, "i-1", "reject", reason=reason, note="See the manual.") == 1
    assert standing(store, "i-1") == (1, "rejected", None)
    made = shown(store, "i-1").decisions[0]
    assert (made.reason, made.note) == (reason, "See the manual.")
    assert waiting(store) == ()


def test_reopen_returns_the_item_to_the_queue(store: Store, load: Load) -> None:
    load(answered("i-1", down()))
    act(store, "i-1", "reject", reason="unclear")
    assert act(store, "i-1", "reopen", revision=1, reviewer="Bob", note="Read again.") == 2
    assert standing(store, "i-1") == (2, "pending", None)
    assert waiting(store) == ("i-1",)
    assert act(store, "i-1", "approve", revision=2) == 3
    assert [past.action for past in shown(store, "i-1").decisions] == [
        "reject",
        "reopen",
        "approve",
    ]


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (("approve", {}), "approved"),
        (("edit", {"answer": "Hold both."}), "edited"),
        (("reject", {}), "rejected"),
    ],
)
def test_a_stale_decision_names_who_was_first_and_changes_nothing(
    store: Store, load: Load, first: tuple[Action, dict[str, Any]], said: str
) -> None:
    load(answered("i-1", down()))
    act(store, "i-1", first[0], **first[1])
    before = shown(store, "i-1")
    for action in ("approve", "edit", "reject", "skip", "reopen"):
        with pytest.raises(Stale) as stale:
            act(store, "i-1", action, reviewer="Bob", answer="Other.")
        assert str(stale.value) == f"Ann {said} this item first (2026-11-23 12:00 UTC)."
    assert shown(store, "i-1") == before
    assert store.rows("SELECT * FROM skips") == []


def test_a_stale_decision_after_an_undo_names_the_one_who_undid(store: Store, load: Load) -> None:
    load(answered("i-1", down()))
    act(store, "i-1", "approve")
    undo(store, reviewer="Ann", now=NOW, sample=False)
    with pytest.raises(Stale) as stale:
        act(store, "i-1", "approve", reviewer="Bob", revision=1)
    assert str(stale.value) == "Ann reopened this item first (2026-11-23 12:00 UTC)."


@pytest.mark.parametrize("revision", [0, 2, 7])
def test_the_store_takes_a_decision_on_the_current_revision_only(
    store: Store, load: Load, revision: int
) -> None:
    load(answered("i-1", down()))
    act(store, "i-1", "approve")
    given: dict[str, Any] = {"action": "reject", "reviewer": "Bob", "now": NOW}
    given["redaction_version"] = VERSION
    with pytest.raises(Stale):
        decisions.append(store, "i-1", revision=revision, **given)
    assert standing(store, "i-1") == (1, "approved", FIX)


def test_of_twenty_at_once_one_decides(store: Store, load: Load) -> None:
    load(answered("i-1", down()))
    redactor, start = record_redactor(), threading.Barrier(20)
    outcomes: list[str] = []

    def race(name: str) -> None:
        start.wait()
        try:
            act(store, "i-1", "approve", reviewer=name, redactor=redactor)
            outcomes.append(name)
        except Stale:
            outcomes.append("stale")

    threads = [threading.Thread(target=race, args=(f"r-{n}",)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("stale") == 19
    (winner,) = set(outcomes) - {"stale"}
    assert [past.reviewer for past in shown(store, "i-1").decisions] == [winner]


# ---- undo -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "given"),
    [("approve", {}), ("edit", {"answer": "Hold both."}), ("reject", {"reason": "unclear"})],
)
def test_undo_appends_a_revision_that_restores_the_state_before(
    store: Store, load: Load, action: Action, given: dict[str, Any]
) -> None:
    load(answered("i-1", down()))
    act(store, "i-1", action, **given)
    assert undo(store, reviewer=" Ann ", now=NOW + timedelta(minutes=1), sample=False) == "i-1"
    assert standing(store, "i-1") == (2, "pending", None)
    assert waiting(store) == ("i-1",)
    assert shown(store, "i-1").decisions[1] == Decision(
        revision=2,
        action="reopen",
        final_answer=None,
        reason=None,
        note=None,
        reviewer="Ann",
        at=PLAIN + timedelta(minutes=1),
        undoes=1,
    )
    assert len(shown(store, "i-1").decisions) == 2


def test_undo_of_a_second_decision_restores_the_first_whole(store: Store, load: Load) -> None:
    load(answered("i-1", down()))
    act(store, "i-1", "reject", reason="unclear", note="Which meter?", reviewer="Bob")
    act(store, "i-1", "edit", answer="Hold both.", revision=1)
    undo(store, reviewer="Ann", now=NOW, sample=False)
    first, _, restored = shown(store, "i-1").decisions
    kept = ("action", "final_answer", "reason", "note")
    assert [getattr(restored, name) for name in kept] == [getattr(first, name) for name in kept]
    assert standing(store, "i-1") == (3, "rejected", None)
    assert restored.undoes == 2


def test_undo_of_a_reopen_brings_the_decision_back(store: Store, load: Load) -> None:
    load(answered("i-1", down()))
    act(store, "i-1", "approve", reviewer="Bob")
    act(store, "i-1", "reopen", revision=1)
    undo(store, reviewer="Ann", now=NOW, sample=False)
    assert standing(store, "i-1") == (3, "approved", FIX)
    assert waiting(store) == ()


def test_undo_of_a_skip(store: Store, load: Load) -> None:
    load(answered("i-1", down()))
    act(store, "i-1", "skip")
    act(store, "i-1", "skip", reviewer="Bob")
    assert undo(store, reviewer="Ann", now=NOW, sample=False) == "i-1"
    assert waiting(store, "Ann") == ("i-1",)
    assert waiting(store, "Bob") == ()
    assert standing(store, "i-1") == (0, "pending", None)
    with pytest.raises(Refused):
        undo(store, reviewer="Ann", now=NOW, sample=False)
    act(store, "i-1", "skip")
    assert waiting(store, "Ann") == ()


def test_undoing_goes_back_act_by_act(store: Store, load: Load) -> None:
    load(*(answered(id_, down()) for id_ in ("a", "b", "c")))
    act(store, "a", "approve")
    act(store, "b", "skip")
    act(store, "c", "reject")
    act(store, "a", "skip", revision=1, reviewer="Bob")  # not Ann's
    undone = [undo(store, reviewer="Ann", now=NOW, sample=False) for _ in range(3)]
    assert undone == ["c", "b", "a"]
    assert waiting(store) == ("a", "b", "c")
    with pytest.raises(Refused, match=r"^There is nothing of yours to undo\.$"):
        undo(store, reviewer="Ann", now=NOW, sample=False)


def test_two_acts_on_one_item_are_undone_one_after_the_other(store: Store, load: Load) -> None:
    load(answered("older", down()), answered("i-1", down()))
    act(store, "older", "approve")
    act(store, "i-1", "approve")
    act(store, "i-1", "edit", answer="Hold both.", revision=1)
    assert undo(store, reviewer="Ann", now=NOW, sample=False) == "i-1"
    assert standing(store, "i-1") == (3, "approved", FIX)
    assert undo(store, reviewer="Ann", now=NOW, sample=False) == "i-1"
    assert standing(store, "i-1") == (4, "pending", None)


def test_what_someone_else_has_built_on_is_not_undone(store: Store, load: Load) -> None:
    load(answered("i-1", down()))
    act(store, "i-1", "approve")
    act(store, "i-1", "edit", answer="Hold both.", revision=1, reviewer="Bob")
    before = shown(store, "i-1")
    with pytest.raises(Refused):
        undo(store, reviewer="Ann", now=NOW, sample=False)
    assert shown(store, "i-1") == before
    assert undo(store, reviewer="Bob", now=NOW, sample=False) == "i-1"
    assert standing(store, "i-1") == (3, "approved", FIX)


# ---- what a reviewer types is redacted ------------------------------------------------------


def test_a_reviewers_text_gets_the_placeholders_of_its_item(store: Store, load: Load) -> None:
    load(
        answered(
            "i-1",
            down("Write to meters@example.org."),
            question="Please answer to jane@example.com. How do I reset the meter?",
        )
    )
    assert shown(store, "i-1").question.startswith("Please answer to [EMAIL-1]. ")
    assert shown(store, "i-1").correction == "Write to [EMAIL-2]."
    act(
        store,
        "i-1",
        "edit",
        answer="We wrote to jane@example.com, not to [EMAIL-2] or new@example.net.",
        note="NEW@example.net is from last@example.com.",
    )
    made = shown(store, "i-1").decisions[0]
    assert made.final_answer == "We wrote to [EMAIL-1], not to [EMAIL-2] or [EMAIL-3]."
    assert made.note == "[EMAIL-3] is from [EMAIL-4]."
    with store.read() as cursor:
        dump = str(cursor.execute("SELECT * FROM decisions").fetchall())
    assert "@" not in dump


def test_after_a_restart_new_values_are_numbered_after_the_stored_ones(
    store: Store, load: Load
) -> None:
    load(answered("i-1", down("Write to meters@example.org.")))
    fresh = RecordRedactor(Redactor())  # what a new process has: no numbers in memory
    act(store, "i-1", "reject", note="new@example.net says so.", redactor=fresh)
    fresh = RecordRedactor(Redactor())
    act(store, "i-1", "edit", answer="last@example.com", revision=1, redactor=fresh)
    first, second = shown(store, "i-1").decisions
    assert (first.note, second.final_answer) == ("[EMAIL-2] says so.", "[EMAIL-3]")


def test_a_name_in_a_note_is_found_by_the_model(store: Store, load: Load) -> None:
    load(answered("i-1", down()))
    act(
        store, "i-1", "reject", note="My name is Jane Doe and I live at 5 Main Street, Springfield."
    )
    note = shown(store, "i-1").decisions[0].note or ""
    assert "Jane" not in note
    assert "Main Street" not in note
    assert "[PERSON-1]" in note


# ---- feedback after a decision --------------------------------------------------------------


def test_a_vote_after_the_decision_does_not_undo_it(store: Store, load: Load) -> None:
    load(answered("i-1", down()))
    act(store, "i-1", "approve")
    load(
        vote("i-1", "down", correction="Ring us.", rater="another"),
        vote("i-1", "up", rater="third"),
    )
    found = shown(store, "i-1")
    assert (found.status, found.final_answer, found.revision) == ("approved", FIX, 1)
    assert (found.correction, found.conflict, len(found.events)) == ("Ring us.", True, 3)
    assert waiting(store) == ()
    act(store, "i-1", "reopen", revision=1)
    act(store, "i-1", "approve", revision=2)
    assert standing(store, "i-1") == (3, "approved", "Ring us.")


def test_when_the_only_voter_changes_their_mind_a_pending_item_leaves_the_queue(
    store: Store, load: Load
) -> None:
    load(answered("i-1", down(rater="a")))
    load(vote("i-1", "up", rater="a"))
    assert waiting(store) == ()
    with pytest.raises(Refused, match="nothing to decide"):
        act(store, "i-1", "approve")
    assert reports.stats(store, sample=False)["pending"] == 0


def test_approving_never_takes_a_correction_that_came_after_the_page(
    store: Store, load: Load
) -> None:
    load(answered("i-1", down()))
    seen = shown(store, "i-1")
    load(vote("i-1", "down", correction="Pull the plug while it is wet."))
    with pytest.raises(Refused, match="not the user's correction"):
        act(store, "i-1", "approve", revision=seen.revision, answer=seen.correction)
    assert standing(store, "i-1") == (0, "pending", None)


def test_a_decision_can_be_reopened_after_the_vote_was_taken_back(store: Store, load: Load) -> None:
    load(answered("i-1", down(rater="a")))
    act(store, "i-1", "approve")
    load(vote("i-1", "up", rater="a"))
    assert standing(store, "i-1") == (1, "approved", FIX)
    act(store, "i-1", "reopen", revision=1)
    assert standing(store, "i-1") == (2, "pending", None)


# ---- code as an answer ----------------------------------------------------------------------


def test_an_edit_of_code_keeps_its_first_indentation(store: Store, load: Load) -> None:
    """A completion is the body of a function: without it, it is no Python any more."""
    load(answered("i-1", "down"))
    act(store, "i-1", "edit", answer="\n    if n == 0:\r\n        return 0\r\n    return n * 2\n")
    assert standing(store, "i-1")[2] == "    if n == 0:\n        return 0\n    return n * 2"


def test_a_correction_with_the_line_ends_of_windows_can_be_approved(
    store: Store, load: Load
) -> None:
    """A browser's text field knows `\\n` only, whatever was put into it."""
    load(answered("i-1", down("First this.\r\nThen that.")))
    act(store, "i-1", "approve", answer="First this.\nThen that.")
    assert standing(store, "i-1") == (1, "approved", "First this.\r\nThen that.")

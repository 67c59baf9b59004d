"""What becomes what: design.md section 3 as tests, and that no interaction is ever lost."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curate import EXCLUSIONS, KINDS, Case, Curated, Purpose, curate
from core.curate.cases import curate_rows
from core.curate.sides import Arrived, Chosen, Sides
from core.pipeline import load_file, record_redactor
from core.records import Action, Kind, Source, Turn
from core.redaction import FAILED, VERSION
from core.review import decide
from core.store import Store, log
from core.store.exports import Candidate

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOGGED = datetime(2026, 11, 20, 10)
QUESTION, ANSWER = "How do I reset the meter?", "Hold the left button."
FIX, OWN = "Hold the right button for ten seconds.", "Hold both buttons."

ALL_KINDS: tuple[Kind, ...] = (*KINDS, "disliked")

Load = Callable[..., None]


@pytest.fixture
def load(store: Store, write_log: Callable[..., Path]) -> Load:
    def into_store(*lines: dict[str, Any]) -> None:
        load_file(store, write_log(*lines))

    return into_store


def answered(id_: str, *votes: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    """A line of its own question unless told otherwise."""
    line = {"id": id_, "question": f"{QUESTION} Case {id_}.", "answer": ANSWER}
    return {**line, "logged_at": "2026-11-20T10:00:00Z", "feedback": list(votes), **more}


def down(correction: str | None = FIX, **more: Any) -> dict[str, Any]:
    return {"signal": "down", "correction": correction, **more}


def act(store: Store, id_: str, action: Action, revision: int = 0, **more: Any) -> None:
    who: dict[str, Any] = {"reviewer": "Ann", "now": NOW, "revision": revision}
    decide(store, record_redactor(), id_, action, **who, **more)


def curated(store: Store, purpose: Purpose = "eval", **more: Any) -> Curated:
    return curate(store, purpose, sample=False, cut=log.last_event(store, sample=False), **more)


def outcome(store: Store, id_: str) -> tuple[str, str]:
    """(as an eval case, as a training example): a kind, or the reason why not."""
    found = []
    for purpose in ("eval", "training"):
        result = curated(store, purpose)
        kinds = {case.id: case.kind for case in result.cases}
        reasons = {id_: reason for reason, ids in result.excluded.items() for id_ in ids}
        found.append((kinds | reasons)[id_])
    return found[0], found[1]


# ---- the table of design.md, section 3 ------------------------------------------------------


@pytest.mark.parametrize(
    ("votes", "decision", "expected"),
    [
        pytest.param(["up"], None, "golden", id="up"),
        pytest.param([down()], ("approve", {}), "regression", id="down + correction, approved"),
        pytest.param(
            [down()], ("edit", {"answer": OWN}), "regression", id="down + correction, edited"
        ),
        pytest.param(["down"], None, "needs_fix", id="down without a fix"),
        pytest.param(
            ["down"], ("edit", {"answer": OWN}), "regression", id="down, the reviewer wrote one"
        ),
        pytest.param(
            [{"signal": "edit", "correction": FIX}], None, "pending", id="edit is reviewed"
        ),
        pytest.param(
            [{"signal": "edit", "correction": FIX}], ("approve", {}), "regression", id="edit"
        ),
        pytest.param(["retry"], None, "implicit_only", id="retry"),
        pytest.param(["resolved"], None, "implicit_only", id="resolved"),
        pytest.param(["up", "retry"], None, "golden", id="up and retry"),
        pytest.param([down()], ("reject", {"reason": "unclear"}), "rejected", id="rejected"),
        pytest.param(
            [down()], ("reject", {"reason": "answer_was_right"}), "rejected", id="vote was wrong"
        ),
        pytest.param([down()], ("skip", {}), "pending", id="skipped"),
        pytest.param([down()], None, "pending", id="pending"),
        pytest.param(
            [down(rater="a"), {"signal": "up", "rater": "b"}],
            None,
            "rater_conflict",
            id="conflict of raters",
        ),
        pytest.param(
            [down(rater="a"), {"signal": "up", "rater": "b"}],
            ("approve", {}),
            "regression",
            id="conflict, decided",
        ),
        pytest.param([], None, "no_feedback", id="no feedback"),
    ],
)
def test_the_table(
    store: Store,
    load: Load,
    votes: list[Any],
    decision: tuple[Action, dict[str, Any]] | None,
    expected: str,
) -> None:
    load(answered("i-1", *votes))
    if decision:
        act(store, "i-1", decision[0], **decision[1])
    assert outcome(store, "i-1") == (expected, expected)


def test_a_golden_case_expects_the_answer(store: Store, load: Load) -> None:
    load(
        answered(
            "i-1",
            "up",
            history=[{"role": "user", "content": "Good morning."}],
            sources=[{"title": "Resetting", "uri": "https://help.example.com/reset"}],
            agent_version="7",
            model="s1",
            tags=["meter"],
        )
    )
    golden = Case(
        id="i-1",
        revision=0,
        kind="golden",
        question=f"{QUESTION} Case i-1.",
        expected=ANSWER,
        rejected_answer=None,
        history=(Turn("user", "Good morning."),),
        sources=(Source(title="Resetting", uri="https://help.example.com/reset"),),
        agent_version="7",
        model="s1",
        logged_at=LOGGED,
        signal="up",
        implicit=False,
        tags=("meter",),
        redaction_version=VERSION,
        seen_in_training=True,
    )
    for purpose in ("eval", "training"):
        result = curated(store, purpose)
        assert (list(result.cases), result.excluded) == ([golden], {})


@pytest.mark.parametrize(
    ("vote", "decision", "expected", "signal", "implicit"),
    [
        (down(), ("approve", {}), FIX, "down", False),
        (down(), ("edit", {"answer": OWN}), OWN, "down", False),
        ("down", ("edit", {"answer": OWN}), OWN, "down", False),
        ({"signal": "edit", "correction": FIX}, ("approve", {}), FIX, "edit", True),
    ],
)
def test_a_regression_case_expects_the_final_answer_and_keeps_the_wrong_one(
    store: Store,
    load: Load,
    vote: Any,
    decision: tuple[Action, dict[str, Any]],
    expected: str,
    signal: str,
    implicit: bool,
) -> None:
    load(answered("i-1", vote))
    act(store, "i-1", decision[0], **decision[1])
    (case,) = curated(store).cases
    assert (case.kind, case.expected, case.rejected_answer) == ("regression", expected, ANSWER)
    assert (case.signal, case.implicit, case.revision) == (signal, implicit, 1)


def test_undo_and_reopen_take_the_case_back(store: Store, load: Load) -> None:
    load(answered("i-1", down()))
    act(store, "i-1", "approve")
    act(store, "i-1", "reopen", 1)
    assert outcome(store, "i-1") == ("pending", "pending")
    act(store, "i-1", "edit", 2, answer=OWN)
    (case,) = curated(store).cases
    assert (case.revision, case.expected) == (3, OWN)


# ---- the other reasons ----------------------------------------------------------------------


def test_every_reason_has_its_words_and_a_test() -> None:
    assert set(EXCLUSIONS) == {
        *("no_feedback", "implicit_only", "rejected", "rater_conflict", "needs_fix", "pending"),
        *("no_consent", "redaction_failed", "too_short", "same_as_answer", "contradicted"),
        *("duplicate", "held_out", "taken_out", "no_pair"),
        # By the gate of exports: tests/test_gate.py
        *("unwritable", "acting_text", "control_token", "empty_text", "turns_out_of_order"),
        "too_long",
    }
    assert all(EXCLUSIONS.values())


def test_without_consent_nothing_comes_of_it(store: Store, load: Load) -> None:
    load(
        answered("said-no", "up", consent=False),
        answered("said-no-fixed", down(), consent=False),
        answered("said-yes", "up", consent=True),
        answered("not-asked", "up"),
        answered("silent", consent=False),
    )
    act(store, "said-no-fixed", "approve")
    result = curated(store, "training")
    assert [case.id for case in result.cases] == ["not-asked", "said-yes"]
    assert result.excluded == {
        "no_feedback": ["silent"],
        "no_consent": ["said-no", "said-no-fixed"],
    }


@pytest.mark.parametrize("field", ["question", "answer", "history"])
def test_a_text_that_could_not_be_checked_keeps_the_item_out(
    store: Store, load: Load, field: str
) -> None:
    load(answered("i-1", "up", history=[{"role": "user", "content": "Hello."}]))
    value = json.dumps([{"role": "user", "content": FAILED}]) if field == "history" else FAILED
    with store.write() as cursor:
        cursor.execute(f"UPDATE interactions SET {field} = ?", [value])
    assert outcome(store, "i-1") == ("redaction_failed", "redaction_failed")


def test_a_final_answer_that_could_not_be_checked_keeps_the_item_out(
    store: Store, load: Load
) -> None:
    load(answered("i-1", down(f"See {FAILED}")))
    act(store, "i-1", "approve")
    assert outcome(store, "i-1") == ("redaction_failed", "redaction_failed")


def test_too_short(store: Store, load: Load) -> None:
    load(
        answered("short-question", "up", question="Hm"),
        answered("short-answer", "up", answer="."),
        answered("just-long-enough", "up", question="Why", answer="No"),
        answered("padded", "up", question=" y ", answer="Because."),
        answered("short-fix", down(".")),
    )
    act(store, "short-fix", "approve")
    result = curated(store)
    assert [case.id for case in result.cases] == ["just-long-enough"]
    assert result.excluded == {
        "too_short": ["padded", "short-answer", "short-fix", "short-question"]
    }


@pytest.mark.parametrize("fix", [ANSWER, f" {ANSWER.upper()} ", ANSWER.replace(" ", "\u00a0")])
def test_a_fix_that_says_the_same_is_none(store: Store, load: Load, fix: str) -> None:
    load(answered("i-1", "down"))
    act(store, "i-1", "edit", answer=fix)
    assert outcome(store, "i-1") == ("same_as_answer", "same_as_answer")


def test_taken_out_by_hand(store: Store, load: Load) -> None:
    load(answered("i-1", "up"), answered("i-2", "up"), answered("i-3", "down"))
    result = curated(store, without=("i-1", "i-3", "unknown"))
    assert [case.id for case in result.cases] == ["i-2"]
    # An item that would not be in anyway keeps its own reason.
    assert result.excluded == {"needs_fix": ["i-3"], "taken_out": ["i-1"]}


def test_taking_one_out_lets_its_duplicate_in(store: Store, load: Load) -> None:
    same = {"question": QUESTION}
    load(answered("i-1", "up", **same), answered("i-2", "up", **same))
    assert [case.id for case in curated(store).cases] == ["i-1"]
    assert [case.id for case in curated(store, without=("i-1",)).cases] == ["i-2"]


# ---- duplicates and contradictions ----------------------------------------------------------


def test_eval_has_a_question_once_and_training_a_question_with_an_answer(
    store: Store, load: Load
) -> None:
    later = {"logged_at": "2026-11-21T10:00:00Z"}
    load(
        answered("a-old", "up", question=QUESTION, answer="Press A."),
        answered("b-other-answer", "up", question=f"  {QUESTION.upper()}\n", answer="Press B."),
        answered("c-same-again", "up", question=QUESTION, answer="press  a.", **later),
        answered("d-other-question", "up", question="Where is the meter?", answer="Press A."),
    )
    evals, training = curated(store, "eval"), curated(store, "training")
    assert [case.id for case in evals.cases] == ["c-same-again", "d-other-question"]
    assert evals.excluded == {"duplicate": ["a-old", "b-other-answer"]}
    assert [case.id for case in training.cases] == [
        "b-other-answer",
        "c-same-again",
        "d-other-question",
    ]
    assert training.excluded == {"duplicate": ["a-old"]}


def test_a_failure_is_kept_before_a_success_and_the_id_breaks_ties(
    store: Store, load: Load
) -> None:
    same = {"question": QUESTION}
    load(
        answered("z-fixed", down(), logged_at="2026-11-01T10:00:00Z", **same),
        answered("liked", "up", answer="Press B.", logged_at="2026-11-22T10:00:00Z", **same),
        answered("b", "up", question="Where is the meter?"),
        answered("a", "up", question="Where is the meter?"),
        answered("timeless", "up", question="Where is the meter?", logged_at=None),
    )
    act(store, "z-fixed", "approve")
    assert [(case.id, case.kind) for case in curated(store).cases] == [
        ("a", "golden"),
        ("z-fixed", "regression"),
    ]


def test_a_liked_answer_that_was_corrected_elsewhere_is_contradicted(
    store: Store, load: Load
) -> None:
    same = {"question": QUESTION}
    load(
        answered("liked", "up", **same),
        answered("fixed", down(), **same),
        answered("liked-too", "up", answer="Press B.", **same),
        answered("elsewhere", "up", question="Where is the meter?"),
    )
    assert outcome(store, "liked")[1] == "golden"
    act(store, "fixed", "approve")
    assert outcome(store, "liked") == ("contradicted", "contradicted")
    # Another answer to the question, and the answer to another question, stand.
    assert outcome(store, "liked-too") == ("duplicate", "golden")
    assert outcome(store, "elsewhere") == ("golden", "golden")


def test_a_follow_up_after_another_history_is_another_question(store: Store, load: Load) -> None:
    def after(*turns: str) -> dict[str, Any]:
        history = [{"role": "user", "content": turn} for turn in turns]
        return {"question": "And for gas?", "history": history}

    load(
        answered("moving", "up", **after("How do I move home?")),
        answered("paying", "up", **after("How do I pay?")),
        answered("paying-again", "up", **after("how do I  PAY?")),
        answered("both", "up", **after("How do I move home?", "How do I pay?")),
        answered("alone", "up", question="And for gas?"),
    )
    result = curated(store)
    assert [case.id for case in result.cases] == ["alone", "both", "moving", "paying"]
    assert result.excluded == {"duplicate": ["paying-again"]}


@pytest.fixture
def new_york() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "America/New_York"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("new_york")
def test_the_newest_wins_whatever_the_clock_of_the_machine(store: Store, load: Load) -> None:
    same = {"question": QUESTION}
    load(
        # 02:30 does not exist in New York on this day, which must not concern anybody.
        answered("before", "up", logged_at="2026-03-08T02:30:00Z", **same),
        answered("after", "up", logged_at="2026-03-08T03:00:00Z", **same),
        answered("ancient", "up", logged_at="0001-01-02T00:00:00Z", **same),
    )
    assert [case.id for case in curated(store).cases] == ["after"]


# ---- preferences ----------------------------------------------------------------------------


def test_a_dislike_without_a_fix_is_a_case_where_it_is_wanted(store: Store, load: Load) -> None:
    load(
        answered("fixed", down()),
        answered("disliked", "down"),
        answered("liked", "up"),
        answered("rejected", "down"),
        answered("waiting", down()),
        answered("fight", down(None, rater="x"), {"signal": "up", "rater": "y"}),
        answered("short", "down", answer="."),
    )
    act(store, "fixed", "approve")
    act(store, "rejected", "reject", reason="unclear")
    result = curated(store, "preference", kinds=ALL_KINDS)
    assert [(case.id, case.kind) for case in result.cases] == [
        ("disliked", "disliked"),
        ("fixed", "regression"),
        ("liked", "golden"),
    ]
    disliked = result.cases[0]
    assert (disliked.expected, disliked.rejected_answer) == (None, ANSWER)
    assert result.excluded == {
        "rejected": ["rejected"],
        "rater_conflict": ["fight"],
        "pending": ["waiting"],
        "too_short": ["short"],
    }


def test_pairs_are_made_of_fixes_only(store: Store, load: Load) -> None:
    load(answered("fixed", down()), answered("disliked", "down"), answered("liked", "up"))
    act(store, "fixed", "approve")
    result = curated(store, "preference", kinds=("regression",))
    assert [case.id for case in result.cases] == ["fixed"]
    assert result.excluded == {"needs_fix": ["disliked"], "no_pair": ["liked"]}


def test_one_fix_of_two_wrong_answers_is_two_pairs(store: Store, load: Load) -> None:
    same = {"question": QUESTION}
    load(
        answered("one", down(), **same),
        answered("other", down(), answer="Press B.", **same),
        answered("again", down(), answer="press  b.", logged_at="2026-11-01T10:00:00Z", **same),
    )
    for id_ in ("one", "other", "again"):
        act(store, id_, "approve")
    result = curated(store, "preference", kinds=("regression",))
    assert [case.id for case in result.cases] == ["one", "other"]
    assert result.excluded == {"duplicate": ["again"]}
    assert [case.id for case in curated(store, "training").cases] == ["one"]


def test_no_answer_is_both_good_and_bad(store: Store, load: Load) -> None:
    same = {"question": QUESTION}
    load(
        answered("liked", "up", answer="Press A.", **same),
        answered("disliked", "down", answer="press a.", **same),
        answered("fixed", down(), answer="Press B.", **same),
        answered("disliked-too", "down", answer="Press B.", **same),
        answered("disliked-fix", "down", answer=FIX, **same),
    )
    act(store, "fixed", "approve")
    result = curated(store, "preference", kinds=ALL_KINDS)
    assert [case.id for case in result.cases] == ["fixed"]
    assert result.excluded == {
        "rater_conflict": ["disliked", "liked"],
        "contradicted": ["disliked-fix"],
        "duplicate": ["disliked-too"],
    }
    # Where dislikes are not wanted, they are nothing against a like either.
    assert [case.id for case in curated(store, "training").cases] == ["fixed", "liked"]


def test_a_case_that_cannot_be_written_lets_its_duplicate_in_but_still_speaks(
    store: Store, load: Load
) -> None:
    same = {"question": QUESTION}
    load(
        answered("a", "up", answer="Press A.", **same),
        answered("b", "up", answer="Press A.", **same),
        answered("fixed", down(), answer="Press C.", **same),
        answered("liked", "up", answer="Press C.", **same),
    )
    act(store, "fixed", "approve")

    def objection(case: Case) -> str | None:
        return "too_long" if case.id in ("a", "fixed") else None

    result = curated(store, "training", objection=objection)
    assert [case.id for case in result.cases] == ["b"]
    assert result.excluded == {"too_long": ["a", "fixed"], "contradicted": ["liked"]}


# ---- holdout 0, and nothing lost ------------------------------------------------------------


def test_without_a_holdout_every_eval_case_was_seen_in_training(store: Store, load: Load) -> None:
    load(answered("liked", "up"), answered("fixed", down()), answered("waits", down()))
    act(store, "fixed", "approve")
    assert [(case.id, case.seen_in_training) for case in curated(store).cases] == [
        ("fixed", True),
        ("liked", True),
    ]


SIGNALS = st.sampled_from([None, "up", "down", "edit", "retry", "resolved"])
TEXTS = st.sampled_from(["", " ", "a", "Press A.", "press  a.", "Press B.", "Press C.", FAILED])
HISTORIES = st.sampled_from([None, '[{"role":"user","content":"Hello."}]'])
ROWS = st.fixed_dictionaries(
    {
        "question": st.sampled_from(["", "Q", "Why?", "why?  ", "How?", FAILED]),
        "answer": TEXTS,
        "history": HISTORIES,
        "sources": st.sampled_from([None, '[{"title":"T"}]']),
        "agent_version": st.just("7"),
        "model": st.none(),
        "logged_at": st.none() | st.datetimes(),
        "tags": st.sampled_from([None, [], ["t"]]),
        "consent": st.sampled_from([None, True, False]),
        "redaction_version": st.just(VERSION),
        "signal": SIGNALS,
        "corrected": st.booleans(),
        "conflict": st.booleans(),
        "status": st.sampled_from(["pending", "approved", "edited", "rejected"]),
        "final_answer": st.none() | TEXTS,
        "revision": st.integers(0, 5),
    }
).filter(lambda row: row["signal"] is not None or row["status"] == "pending")


@given(
    st.lists(ROWS, max_size=12).map(
        lambda rows: [{**row, "id": f"i-{number:02}"} for number, row in enumerate(rows)]
    ),
    st.sampled_from(["eval", "training", "preference"]),
    st.sampled_from([KINDS, ALL_KINDS, ("regression",)]),
    st.sets(st.sampled_from([f"i-{number:02}" for number in range(4)])),
    st.sampled_from([0, 20, 50]),
    st.randoms(use_true_random=False),
)
def test_every_interaction_is_a_case_or_has_one_reason(
    rows: list[dict[str, Any]],
    purpose: Purpose,
    kinds: tuple[Kind, ...],
    without: set[str],
    share: int,
    random: Any,
) -> None:
    sides = Sides(lambda id_: int(id_[-1]) * 10)
    sides.play([Chosen(0, share), *(Arrived(1, row["id"], ()) for row in rows)])
    result = curate_rows([Candidate(**row) for row in rows], purpose, sides, without, kinds)
    sorted_out = [id_ for ids in result.excluded.values() for id_ in ids]
    everywhere = [case.id for case in result.cases] + sorted_out
    assert sorted(everywhere) == [row["id"] for row in rows]
    assert set(result.excluded) <= set(EXCLUSIONS)
    assert all(ids == sorted(ids) and ids for ids in result.excluded.values())

    cases = {case.id: case for case in result.cases}
    for row in rows:
        case = cases.get(row["id"])
        if case is None:
            continue
        assert row["consent"] is not False
        assert row["id"] not in without
        assert row["status"] != "rejected"
        assert case.kind in kinds
        assert row["status"] != "pending" or row["signal"] == "up" or case.kind == "disliked"
        assert FAILED not in f"{case.question} {case.expected} {case.history}"
        assert (case.expected or case.rejected_answer or "").strip()
    keys = Counter(
        (
            case.history,
            case.question.strip().casefold(),
            purpose != "eval" and case.expected,
            purpose == "preference" and case.rejected_answer,
        )
        for case in result.cases
    )
    assert set(keys.values()) <= {1}

    shuffled = rows.copy()
    random.shuffle(shuffled)
    again = curate_rows([Candidate(**row) for row in shuffled], purpose, sides, without, kinds)
    assert list(again.cases) == list(result.cases)
    assert again.excluded == result.excluded


def test_nothing_is_lost_at_any_cut_off(store: Store, load: Load) -> None:
    load(
        answered("a", "up"),
        answered("b", down()),
        answered("c", "down"),
        answered("d", "retry"),
        answered("e"),
        answered("f", {"signal": "edit", "correction": FIX}),
        answered("g", "up", consent=False),
        answered("h", down(rater="x"), {"signal": "up", "rater": "y"}),
    )
    act(store, "b", "approve")
    act(store, "c", "reject", reason="unclear")
    act(store, "f", "edit", answer=OWN)
    act(store, "b", "reopen", 1)
    last = log.last_event(store, sample=False)
    for cut in range(last + 1):
        there = store.rows("SELECT id FROM interactions WHERE seq <= ?", [cut])
        for purpose in ("eval", "training"):
            result = curate(store, purpose, sample=False, cut=cut)
            listed = [case.id for case in result.cases]
            listed += [id_ for ids in result.excluded.values() for id_ in ids]
            assert sorted(listed) == sorted(row["id"] for row in there)
    assert curated(store).excluded == {
        "no_feedback": ["e"],
        "implicit_only": ["d"],
        "no_consent": ["g"],
        "rejected": ["c"],
        "rater_conflict": ["h"],
        "pending": ["b"],
    }


def test_sample_and_own_rows_are_sorted_apart(store: Store, load: Load) -> None:
    same = {"question": QUESTION}
    load(answered("own", "up", **same), answered("shipped", "up", **same))
    with store.write() as cursor:
        cursor.execute("UPDATE interactions SET is_sample = true WHERE id = 'shipped'")
        cursor.execute("UPDATE feedback SET is_sample = true WHERE interaction_id = 'shipped'")
    for sample, expected in ((False, "own"), (True, "shipped")):
        result = curate(store, "eval", sample=sample, cut=log.last_event(store, sample=sample))
        assert ([case.id for case in result.cases], result.excluded) == ([expected], {})


def test_the_latest_correction_is_the_one_that_is_approved(store: Store, load: Load) -> None:
    votes = [
        down("First try.", at=(LOGGED + timedelta(hours=1)).isoformat()),
        down("Second try.", at=(LOGGED + timedelta(hours=3)).isoformat()),
        down("In between.", at=(LOGGED + timedelta(hours=2)).isoformat()),
        {"signal": "edit", "correction": "An edit.", "at": "2026-11-22T10:00:00Z"},
    ]
    load(answered("i-1", *votes))
    act(store, "i-1", "approve")
    (case,) = curated(store).cases
    assert case.expected == "Second try."

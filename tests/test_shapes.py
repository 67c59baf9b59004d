"""How a log is read that is not our own: which key is what, and what counts as up and down."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from core.commands import main
from core.load import (
    FIELDS,
    Reading,
    Shape,
    ShapeError,
    VoteRule,
    as_toml,
    native_records,
    parse_mapping,
    parse_shape,
    presets,
    read_log,
    shape_file,
)
from core.load.names import SYNONYMS
from core.load.paths import MISSING, find, without
from core.load.votes import by_words, rule_for
from core.pipeline import load_file, load_log, remember, remembered_shapes
from core.records import Feedback, Interaction, Record, Rejected, Source, Turn
from core.review import item
from core.store import Store, reports

Q, A = "How do I reset it?", "Hold the button."
QA = {"question": Q, "answer": A}
UNKNOWN_VOTE = "the vote is a value of which the mapping does not say whether it is up"


def reading(*records: Any, name: str = "log.jsonl", **options: Any) -> Reading:
    content = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in records)
    return read_log(io.BytesIO(content.encode()), name, 1_000_000, **options)


def read(*records: Any, **options: Any) -> list[Any]:
    """What became of each record: an interaction, a vote, or the reason of a reject."""
    return [
        record.content if isinstance(record, Record) else record.reason
        for record in reading(*records, **options).records
    ]


def signals(*records: Any, **options: Any) -> list[Any]:
    """The votes of each record, or the reason of a reject."""
    return [
        [vote.signal for vote in each.feedback] if isinstance(each, Interaction) else each
        for each in read(*records, **options)
    ]


def with_votes(key: str, *values: Any) -> list[dict[str, Any]]:
    return [
        {"question": f"{Q} {place}", "answer": A, key: value} for place, value in enumerate(values)
    ]


# ---- names ----------------------------------------------------------------------------------

QUESTIONS = "question query user_query userQuery user_question user_message prompt input"
ANSWERS = (
    "answer response bot_response ai_response assistant_response completion llm_response "
    "message_content"
)
WAYS: list[Callable[[str], str]] = [
    str,
    str.upper,
    lambda name: name.replace("_", " ").title(),
    lambda name: name.replace("_", "-"),
    lambda name: name[0] + name.title().replace("_", "")[1:],
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("answer", ANSWERS.split())
@pytest.mark.parametrize("question", QUESTIONS.split())
def test_questions_and_answers_by_every_name_seen(
    question: str, answer: str, way: Callable[[str], str]
) -> None:
    records = [{way(question): f"{Q} {n}", way(answer): f"{A} {n}", "rating": n} for n in (1, 0)]
    assert read(*records) == [
        Interaction(question=f"{Q} 1", answer=f"{A} 1", feedback=(Feedback(signal="up"),)),
        Interaction(question=f"{Q} 0", answer=f"{A} 0", feedback=(Feedback(signal="down"),)),
    ]


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        ("rating", (1, 0), "up down"),
        ("rating", ("1", "0"), "up down"),
        ("rating", (1.0, 0.0), "up down"),
        ("rating", (1, -1), "up down"),
        ("rating", (1, 0, -1), "up - down"),
        ("rating", (5, 4, 3, 2, 1), "up up - down down"),
        ("rating", ("5", "1"), "up down"),
        ("rating", (10, 7, 6, 5, 4, 1), "up up - - down down"),
        ("rating", ("up", "down"), "up down"),
        ("rating", ("good", "bad"), "up down"),
        ("rating", ("GOOD", "--", "BAD"), "up - down"),
        ("rating", ("👍", "👎🏽"), "up down"),
        ("rating", ("Thumbs Up", "thumbs-down"), "up down"),
        ("rating", ("thumbsUp", "THUMBS_DOWN"), "up down"),
        ("feedback", ("up", "down"), "up down"),
        ("feedback", ("positive", "negative"), "up down"),
        ("label", ("up", "down"), "up down"),
        ("is_good", (True, False), "up down"),
        ("helpful", (True, False), "up down"),
        ("Helpful", ("Yes", "No"), "up down"),
        ("feedback_type", ("like", "dislike", "mixed", ""), "up down - -"),
        ("sentiment", (1, -1, None), "up down -"),
        ("flag", ("Like", "Dislike"), "up down"),
        ("thumb", ("up", "DOWN", "null"), "up down -"),
    ],
)
def test_votes_by_every_name_and_scale_seen(
    key: str, values: tuple[Any, ...], expected: str
) -> None:
    each = [[] if word == "-" else [word] for word in expected.split()]
    assert signals(*with_votes(key, *values)) == each


@pytest.mark.parametrize(
    ("field", "key", "value", "expected"),
    [
        ("correction", "corrected_answer", "Pull it.", "Pull it."),
        ("correction", "correction", "Pull it.", "Pull it."),
        ("correction", "userCorrection", "Pull it.", "Pull it."),
        ("correction", "correction", {"answer": "Pull it."}, "Pull it."),
        ("comment", "comment", "too old", "too old"),
        ("comment", "user_comment", "good", "good"),
        ("comment", "feedback_text", "too old", "too old"),
        ("comment", "notes", "too old", "too old"),
        ("comment", "reason", ["old", "old", "wrong"], "old\nwrong"),
        ("tags", "rating_chips", ["old", "wrong"], ("old", "wrong")),
        ("at", "feedback_date", "2025-01-02 03:04:05", datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("rater", "annotator", "r1", "r1"),
    ],
)
def test_what_stands_beside_a_vote(field: str, key: str, value: Any, expected: Any) -> None:
    record = {"query": Q, "answer": A, "rating": -1, key: value}
    (one,) = read(record)
    assert [getattr(vote, field) for vote in one.feedback] == [expected]
    # Beside no vote it is kept where nothing is dropped.
    (one,) = read({**record, "rating": None})
    if field != "correction":
        assert (one.feedback, one.metadata.get(key)) == ((), value)
    else:
        assert one.feedback == (Feedback(signal="edit", correction=expected),)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("sources", ["a.pdf", "https://x.example/b"], ("a.pdf", "https://x.example/b")),
        ("sources", [{"title": "T", "url": "https://x.example"}], ("T",)),
        ("sources", {"name": "T"}, ("T",)),
        ("sources", '[{"title": "T"}]', ("T",)),
        ("source", "handbook.pdf", ("handbook.pdf",)),
        ("citations", [{"document_name": "T", "page": 3}], ("T, page 3",)),
        ("retrieved_documents", "a|b", ("a", "b")),
        ("retrieval_snapshot", [{"source_pdf": "a.pdf", "page": 3, "rank": 1}], ("a.pdf, page 3",)),
        ("context", "The text of it.", ("The text of it.",)),
        ("source_documents", [{"page_content": "t", "metadata": {"source": "a.md"}}], ("a.md",)),
        ("passages", [["Title", "One.", "Two."]], ("Title",)),
    ],
)
def test_sources_by_every_name_and_form_seen(
    key: str, value: Any, expected: tuple[str, ...]
) -> None:
    (one,) = read({"query": Q, "answer": A, key: value})
    assert tuple(source.title or source.uri for source in one.sources) == expected
    assert one.metadata == {}


@pytest.mark.parametrize("key", ["timestamp", "ts", "created_at", "at", "time", "createdAt"])
@pytest.mark.parametrize(
    "value",
    [
        "2025-06-01T10:00:00Z",
        "2025-06-01T12:00:00+02:00",
        "2025-06-01 10:00:00",
        "2025-06-01T10:00:00.000",
        "2025/06/01 10:00",
        "2025-06-01 10:00:00 UTC",
        "Sun, 01 Jun 2025 10:00:00 GMT",
        1748772000,
        1748772000.0,
        1748772000000,
        "1748772000",
        "1748772000000000000",
    ],
)
def test_times_by_every_name_and_form_seen(key: str, value: Any) -> None:
    (one,) = read({"query": Q, "answer": A, key: value})
    assert one.logged_at == datetime(2025, 6, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "key", ["id", "interaction_id", "message_id", "messageId", "trace_id", "qa_session_id"]
)
def test_ids_by_every_name_seen_and_votes_that_point_at_them(key: str) -> None:
    asked = [{"query": f"{Q} {n}", "answer": A, key: f"m{n}"} for n in range(2)]
    votes = [
        {key: "m0", "rating": "down", "comment": "no", "user_id": "u"},
        {key: "m9", "rating": 1},
    ]
    first, second, down, up = read(*asked, *votes)
    assert (first.id, second.id) == ("m0", "m1")
    assert down == Feedback(
        signal="down", interaction_id="m0", comment="no", rater="u" if down.rater else None
    )
    assert (up.signal, up.interaction_id) == ("up", "m9")
    # Either may come first.
    assert [type(each) for each in read(*votes, *asked)] == [Feedback] * 2 + [Interaction] * 2


def test_who_votes_alone_is_its_rater() -> None:
    asked = {"query": Q, "answer": A, "message_id": "m", "user_id": "u0"}
    vote = {"message_id": "m", "rating": "down", "user_id": "u1", "timestamp": "2025-06-01"}
    _, first = read(asked, vote)
    assert (first.rater, first.at) == ("u1", datetime(2025, 6, 1, tzinfo=UTC))


def test_every_name_is_found_alone() -> None:
    """No synonym is shadowed by another of its field, in any way of writing."""
    samples: dict[str, Any] = {
        "signal": "up",
        "logged_at": "2025-06-01",
        "voted_at": "2025-06-02",
        "sources": "a b",
        "history": [{"role": "user", "content": "Hi"}],
        "consent": True,
    }
    own = {"question", "answer", "interaction_id"}
    for field, names in SYNONYMS.items():
        for name in names.split():
            if field in own or name in ("feedback", "user_feedback", "message", "conversation"):
                continue
            record = {"query": Q, "reply": A, name: samples.get(field, f"a {field}")}
            if field != "signal" and name != "rating":
                record |= {"vote": "down"}
            shape = reading(record).shape
            assert shape.fields.get(field) == name, (field, name, shape.fields)
    for field in ("question", "answer"):
        for name in SYNONYMS[field].split():
            other = {"answer": A} if field == "question" else {"question": Q}
            messages = [{"role": "user", "content": Q}]
            value: Any = messages if "messages" in name or "conversation" in name else "words"
            shape = reading({name: value, **other, "rating": 1}).shape
            assert shape.fields.get(field) == name, (field, name, shape.fields)


# ---- a name that means something else ----------------------------------------------------------


def test_scores_of_judges_and_tests_are_no_thumbs() -> None:
    for record in (
        {"passed": True},
        {"score": 1},
        {"confidence": 0.9},
        {"correct": False},
        {"rating": 0.87},
        {"rating": 87},
        {"scores": {"helpful": 1, "correctness": 0}},
        {"judge": {"helpful": 1, "rating": 5}},
        {"evaluation": {"label": "bad", "rating": 1}},
        {"llm_eval": {"is_good": False}},
        {"flag": True},
        {"flag": 1},
        {"label": "billing"},
        {"label": 1},
        {"feedback_type": "bug"},
        {"helpfulness": 3, "correctness": 4, "coherence": 4, "complexity": 1, "verbosity": 2},
    ):
        (one,) = read({"query": Q, "response": A, **record})
        assert one.feedback == (), record
        assert one.metadata == record
    # A person's score is one.
    assert signals({"query": Q, "response": A, "feedback": {"score": 1}}) == [["up"]]
    assert signals({"query": Q, "response": A, "human_eval": {"rating": "bad"}}) == [["down"]]


def test_a_vote_that_is_not_understood_is_said_and_not_passed_over() -> None:
    assert signals(*with_votes("rating", "up", "meh")) == [["up"], UNKNOWN_VOTE]
    assert signals(*with_votes("rating", "A", "B")) == [UNKNOWN_VOTE] * 2
    assert signals(*with_votes("vote", "gut", "schlecht")) == [UNKNOWN_VOTE] * 2
    # Nothing but zeros may be all down or all not rated.
    assert signals(*with_votes("rating", 0, 0)) == [UNKNOWN_VOTE] * 2
    # Among stars, a zero may be the worst or none.
    assert signals(*with_votes("rating", 5, 0)) == [["up"], UNKNOWN_VOTE]
    # After the sample, too.
    many = with_votes("rating", *["good", "bad"] * 250, "excellent!", "good")
    assert signals(*many)[-2:] == [UNKNOWN_VOTE, ["up"]]
    many = with_votes("rating", *[5, 4] * 250, 1, 3, 2, 6)
    assert signals(*many)[-4:] == [["down"], [], ["down"], UNKNOWN_VOTE]


def test_a_slip_among_many_records_changes_nothing() -> None:
    records = with_votes("rating", *[1, 0] * 60)
    slips: list[dict[str, Any]] = [
        {"question": 5}, {"answer": [3]}, {"rating": 99}, {"rating": "a word too many"},
        {"rating": {"x": 1}}, {"rating": 0.5}, {"sources": 7}, {"user": {}}, {"tags": [1]},
        {"timestamp": "soon"}, {"comment": 5},
    ]  # fmt: skip
    for wrong in slips:
        full = {"sources": "a.pdf", "user": "u", "tags": "x", "timestamp": "2025-06-01"}
        full |= {"comment": "old"}
        found = read(*({**each, **full} for each in records), {**QA, **full, "rating": 1, **wrong})
        assert [each.feedback[0].signal for each in found[:-1]] == ["up", "down"] * 60
        assert found[0].sources and found[0].user and found[0].tags and found[0].logged_at
        assert isinstance(found[-1], str), wrong
    # Half of them are none.
    assert signals(*with_votes("rating", *[0.5, 1] * 30)) == [[]] * 60


def test_words_about_an_answer_are_no_vote_of_ours() -> None:
    free = with_votes("feedback", "It was wrong because of x.", "Great stuff here")
    assert [(one.feedback, one.metadata["feedback"]) for one in read(*free)] == [
        ((), "It was wrong because of x."),
        ((), "Great stuff here"),
    ]
    rated = [{**each, "rating": n} for n, each in enumerate(free)]
    assert [[(v.signal, v.comment) for v in one.feedback] for one in read(*rated)] == [
        [("down", "It was wrong because of x.")],
        [("up", "Great stuff here")],
    ]


def test_a_source_may_be_a_channel() -> None:
    records = [{"query": Q, "answer": A, "source": source} for source in ("web", "api")]
    assert [(one.sources, one.metadata) for one in read(*records)] == [
        ((), {"source": "web"}),
        ((), {"source": "api"}),
    ]


def test_an_id_is_of_the_answer_and_not_of_what_surrounds_it() -> None:
    for others in (
        {"user": {"id": "u1"}},
        {"model": {"id": "m1"}},
        {"document": {"uuid": "d1"}},
        {"trace_id": "t1"},
        {"qa_session_id": "s1"},
        {"request_id": "r1"},
    ):
        records = [{"query": f"{Q} {n}", "answer": A, **others} for n in range(3)]
        assert [one.id for one in read(*records)] == [None] * 3, others
    (one,) = read({"query": Q, "answer": A, "message": {"id": "m1"}, "_id": {"$oid": "o1"}})
    assert one.id == "m1"
    (one,) = read({"query": Q, "answer": A, "_id": {"$oid": "o1"}})
    assert one.id == "o1"


def test_a_time_that_is_none_is_kept_as_it_is() -> None:
    for value in (0.53, "1.2s", "12/31/2025 10:00", "soon", 45658.4):
        (one,) = read({"query": Q, "answer": A, "time": value})
        assert (one.logged_at, one.metadata) == (None, {"time": value})
    # One that cannot be among ones that can is refused.
    times = [*(f"2025-06-0{day}" for day in range(1, 9)), "2999-01-01", "soon"]
    found = read(*({"query": Q, "answer": A, "time": value} for value in times))
    assert found[8:] == [
        "logged_at lies in the future (2999-01-01): a wrong clock or unit?",
        "logged_at is not a time such as 2026-11-23T10:00:00Z",
    ]


def test_what_does_not_fit_its_name_is_kept_as_it_is() -> None:
    others: dict[str, Any] = {
        "user": {"colour": "red"},
        "model": ["a"],
        "tags": [{"name": "x"}],
        "sources": 5,
        "context": {"page": "home"},
        "history": ["Hi", "Hello"],
        "session_id": True,
        "version": None,
    }
    (one,) = read({"query": Q, "reply": A, **others})
    assert one == Interaction(question=Q, answer=A, metadata=others)


def test_the_user_may_be_what_the_user_said() -> None:
    assert read({"user": Q, "bot": A, "rating": "up"}, {"user": "b c", "bot": A}) == [
        Interaction(question=Q, answer=A, feedback=(Feedback(signal="up"),)),
        Interaction(question="b c", answer=A),
    ]
    (one,) = read({"user": "u 1", "assistant": "x y", "query": Q, "answer": A})
    assert (one.user, one.question, one.metadata) == ("u 1", Q, {"assistant": "x y"})


def test_consent_is_ours_by_its_name() -> None:
    (one,) = read({"query": Q, "answer": A, "consent": False})
    assert one.consent is False


# ---- tools and small apps ----------------------------------------------------------------------

UP = (Feedback(signal="up"),)
DOWN = (Feedback(signal="down"),)


def dify(**more: Any) -> dict[str, Any]:
    return {
        "feedback_id": "f", "app_name": "Help", "app_id": "a", "conversation_id": "c",
        "conversation_name": "n", "message_id": "m", "user_query": Q, "ai_response": A,
        "feedback_rating": "👎", "feedback_rating_raw": "dislike", "feedback_comment": "bad",
        "feedback_source": "user", "feedback_date": "2025-06-01 10:00:00",
        "message_date": "2025-06-01 09:00:00", "from_account_name": "", "from_end_user_id": "u",
        "has_comment": "Yes", **more,
    }  # fmt: skip


def summary(one: Any) -> dict[str, Any]:
    """What was read, without what is empty and without metadata."""
    if not isinstance(one, Interaction):
        return {"is": one}
    found = {name: getattr(one, name) for name in Interaction.__struct_fields__}
    return {k: v for k, v in found.items() if v and k not in ("metadata", "sealed", "found")}


NINE = datetime(2025, 6, 1, 9, tzinfo=UTC)
TEN = datetime(2025, 6, 1, 10, tzinfo=UTC)
TOOLS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "Dify": (
        [dify(), dify(message_id="m2", feedback_rating="👍", feedback_comment="")],
        [
            QA | {"id": "m", "logged_at": NINE, "session_id": "c", "user": "u",
                  "feedback": (Feedback(signal="down", comment="bad", at=TEN),)},
            QA | {"id": "m2", "logged_at": NINE, "session_id": "c", "user": "u",
                  "feedback": (Feedback(signal="up", at=TEN),)},
        ],
    ),
    "Onyx": (
        [
            {"chat_session_id": "s", "message_pair_num": n, "user_message": Q, "ai_response": A,
             "retrieved_documents": "a.md|b.md", "feedback_type": vote, "feedback_text": "hm",
             "persona_name": "p", "user_email": "u@x.example",
             "time_created": "2025-06-01T09:00:00", "flow_type": "chat"}
            for n, vote in enumerate(("like", "dislike", "mixed", ""))
        ],
        [
            QA | {"logged_at": NINE, "session_id": "s", "user": "u@x.example",
                  "sources": (Source("a.md"), Source("b.md")), **votes}
            for votes in (
                {"feedback": (Feedback(signal="up", comment="hm"),)},
                {"feedback": (Feedback(signal="down", comment="hm"),)}, {}, {},
            )
        ],
    ),
    "AnythingLLM": (
        [
            {"id": n, "workspace": "w", "prompt": Q, "response": A, "username": "u",
             "sent_at": "2025-06-01T09:00:00Z", "rating": vote, "attachments": []}
            for n, vote in enumerate(("GOOD", "BAD", "--"))
        ],
        [
            QA | {"id": str(n), "logged_at": NINE, "user": "u"} | votes
            for n, votes in enumerate(({"feedback": UP}, {"feedback": DOWN}, {}))
        ],
    ),
    "OpenShift Lightspeed": (
        [{"user_id": "u", "timestamp": "2025-06-01T09:00:00Z", "conversation_id": "c",
          "user_question": Q, "llm_response": A, "sentiment": -1, "user_feedback": "It is old"}],
        [QA | {"logged_at": NINE, "session_id": "c", "user": "u",
               "feedback": (Feedback(signal="down", comment="It is old"),)}],
    ),
    "OpenShift Lightspeed, transcripts": (
        [{"metadata": {"provider": "p", "model": "m", "user_id": "u", "conversation_id": "c",
                       "timestamp": "2025-06-01T09:00:00Z"},
          "redacted_query": Q, "llm_response": A, "truncated": False,
          "rag_chunks": [{"text": "t", "doc_url": "https://x.example/a", "doc_title": "T"}]}],
        [QA | {"logged_at": NINE, "session_id": "c", "user": "u", "model": "m",
               "sources": (Source(text="t"),)}],
    ),
    "Gradio": (
        [{"Question": Q, "Answer": A, "flag": vote, "username": "",
          "timestamp": "2025-06-01 09:00:00.000000"} for vote in ("Incorrect", "")],
        [QA | {"logged_at": NINE, "feedback": DOWN}, QA | {"logged_at": NINE}],
    ),
    "HelpSteer2": (
        [{"prompt": Q, "response": A, "helpfulness": 4, "correctness": 0, "coherence": 4,
          "complexity": 1, "verbosity": 2}],
        [QA],
    ),
    "streamlit-feedback": (
        [{"question": Q, "answer": A, "feedback": {"type": "thumbs", "score": "👎", "text": "old"}},
         {"question": Q, "answer": A, "feedback": {"type": "thumbs", "score": "👍", "text": None}}],
        [QA | {"feedback": (Feedback(signal="down", comment="old"),)}, QA | {"feedback": UP}],
    ),
    "chat completions with a thumb": (
        [{"request": {"model": "m", "messages": [
            {"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"}, {"role": "user", "content": Q}]},
          "response": {"choices": [{"message": {"role": "assistant", "content": A}}]},
          "rating": "down"}],
        [QA | {"feedback": DOWN, "model": "m", "history": (
            Turn("system", "Be kind."), Turn("user", "Hi"), Turn("assistant", "Hello"))}],
    ),
    "nested": (
        [{"request": {"query": Q, "user": "u"}, "response": {"text": A, "model": "m", "ms": 5},
          "meta": {"ts": 1748768400}, "feedback": {"vote": "down", "comment": "c"}}],
        [QA | {"logged_at": NINE, "user": "u", "model": "m",
               "feedback": (Feedback(signal="down", comment="c"),)}],
    ),
    "a list of votes": (
        [{"prompt": Q, "reply": A, "feedback": [
            {"user_id": "u1", "rating": "up"},
            {"user_id": "u2", "rating": "down", "comment": "old", "correction": "Pull it."}]}],
        [QA | {"feedback": (
            Feedback(signal="up", rater="u1"),
            Feedback(signal="down", rater="u2", comment="old", correction="Pull it."))}],
    ),
    "keys with spaces and capitals": (
        [{"User Question": Q, "Bot Response": A, "Was Helpful?": "No", "Feedback Text": "old",
          "Corrected Answer": "Pull it.", "Created At": "2025-06-01 09:00"}],
        [QA | {"logged_at": NINE, "feedback": (
            Feedback(signal="down", comment="old", correction="Pull it."),)}],
    ),
    "history as messages": (
        [{"query": Q, "answer": A, "chat_history": [
            {"type": "human", "content": "Hi"}, {"type": "ai", "content": "Hello"}]}],
        [QA | {"history": (Turn("user", "Hi"), Turn("assistant", "Hello"))}],
    ),
    "messages in a text": (
        [{"input": json.dumps([{"role": "user", "content": "Hi"}, {"role": "user", "content": Q}]),
          "output": json.dumps({"role": "assistant", "content": A})}],
        [QA | {"history": (Turn("user", "Hi"),)}],
    ),
    "Mongo": (
        [{"_id": {"$oid": "o1"}, "question": Q, "answer": A, "rating": 5,
          "created_at": {"$date": "2025-06-01T09:00:00Z"}}],
        [QA | {"id": "o1", "logged_at": NINE, "feedback": UP}],
    ),
    "a correction without a vote": (
        [{"query": Q, "answer": A, "corrected_answer": "Pull it."}],
        [QA | {"feedback": (Feedback(signal="edit", correction="Pull it."),)}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("tool", TOOLS)
def test_logs_of_tools_and_small_apps(tool: str) -> None:
    records, expected = TOOLS[tool]
    assert [summary(one) for one in read(*records)] == expected
    assert reading(*records).how == "guessed"


def test_a_tools_csv_goes_to_its_reader() -> None:
    header = "id,traceId,timestamp,source,name,dataType,value,stringValue,comment,observationId"
    row = "s1,t1,2025-06-01T09:00:00Z,API,user-feedback,NUMERIC,0,,old,"
    judge = "s2,t1,2025-06-01T09:00:00Z,EVAL,correctness,NUMERIC,0,,bad,"
    found = reading(header, row, judge, name="scores.csv")
    assert (found.how, found.shape.reader) == ("preset", "langfuse_score")
    vote, refused = found.records
    assert isinstance(vote, Record)
    assert isinstance(vote.content, Feedback)
    assert (vote.content.signal, vote.content.interaction_id) == ("down", "t1")
    assert isinstance(refused, Rejected)


def test_nothing_else_in_a_record_is_dropped() -> None:
    record = {
        "request": {"query": Q, "ip": "x", "deep": {"a": 1}},
        "response": {"text": A, "tokens": 12},
        "metadata": {"b": 2},
        "colour": None,
        "rating": None,
    }
    (one,) = read(record)
    assert one.metadata == {
        "request": {"ip": "x", "deep": {"a": 1}},
        "response": {"tokens": 12},
        "b": 2,
        "colour": None,
        "rating": None,
    }


def test_our_own_lines_are_not_guessed_at() -> None:
    own = {"id": "q", "question": Q, "answer": A, "rating": 1, "feedback": {"signal": "down"}}
    assert (reading(own).how, reading(own).shape.name) == ("native", "native")
    assert signals(own) == [["down"]]
    assert reading({"question": Q, "answer": A, "score": 5}).how == "native"
    assert reading({"type": "feedback", "interaction_id": "q", "signal": "up"}).how == "native"
    assert reading({"a": 1}).how == "unknown"
    assert reading().how == "native"


# ---- votes ----------------------------------------------------------------------------------


def test_a_rule_lists_what_is_up_and_down() -> None:
    rule = VoteRule(up=(">=4", "Super"), down=("<= 2",), none=("3", "n/a"))
    words = ["5", 4.5, "4.0", "super", " SUPER ", 2, "-7", 3, "N/A", None, ""]
    assert [rule.read(word) for word in words] == ["up"] * 5 + ["down"] * 2 + [None] * 4
    for unknown in ("meh", True, 3.5):
        with pytest.raises(Exception, match="does not say whether it is up"):
            rule.read(unknown)
    with pytest.raises(Exception, match="not one value"):
        rule.read({"a": 1})


def test_a_rule_that_lists_nothing_knows_the_common_words_and_no_number() -> None:
    rule = VoteRule()
    known = ["up", "Down", "thumbs up", "👎", "yes", False, "neutral", "retry", "edit"]
    assert [rule.read(word) for word in known] == [
        "up", "down", "up", "down", "up", "down", None, "retry", "edit",
    ]  # fmt: skip
    for unknown in (1, "0", 5, "meh"):
        with pytest.raises(Exception, match="does not say whether it is up"):
            rule.read(unknown)


@pytest.mark.parametrize(
    ("words", "up", "down", "none"),
    [
        ("0 1", "1", "0", ""),
        ("1", "1", "", ""),
        ("0", "", "", ""),
        ("-1", "1", "-1", "0"),
        ("1 -1 0", "1", "-1", "0"),
        ("5 1", "4 5", "1 2", "3"),
        ("5 0", "4 5", "1 2", "3"),
        ("2", "4 5", "1 2", "3"),
        ("9", "7 8 9 10", "1 2 3 4", "5 6"),
        ("0.5 1", "", "", ""),
        ("100", "", "", ""),
        ("-5 5", "", "", ""),
        ("9" * 400, "", "", ""),
        ("good meh bad na", "good", "bad", "na"),
        ("up down", "", "", ""),
    ],
)
def test_what_the_values_of_a_log_suggest(words: str, up: str, down: str, none: str) -> None:
    rule = rule_for(words.split())
    assert [sorted(each) for each in (rule.up, rule.down, rule.none)] == [
        sorted(each.split()) for each in (up, down, none)
    ]


@settings(deadline=None)
@given(st.lists(st.text(max_size=5) | st.integers().map(str) | st.floats().map(str)))
def test_any_values_suggest_something(words: list[str]) -> None:
    rule = rule_for(words)
    assert set(by_words(words)) == set(words)
    assert not set(rule.up) & set(rule.down)


def test_a_vote_may_be_a_huge_number() -> None:
    huge = [{"query": Q, "answer": A, "rating": 10**300}]
    assert signals(*huge) == [[]]
    rule = VoteRule(up=("1",))
    assert signals(*huge, shape=shape(votes=rule)) == [UNKNOWN_VOTE]


def shape(**changes: Any) -> Shape:
    fields = {"question": "query", "answer": "answer", "signal": "rating"}
    return Shape(**{"name": "mine", "fields": fields, **changes})


# ---- several raters -------------------------------------------------------------------------


def test_lists_beside_each_other_are_one_vote_a_rater() -> None:
    mine = shape(fields={**shape().fields, "comment": "why", "rater": "who"})
    record = {"query": Q, "answer": A, "rating": ["good", "", "bad"], "why": ["a", "b", "c"]}
    (one,) = read(record, shape=mine)
    assert [(vote.signal, vote.comment, vote.rater) for vote in one.feedback] == [
        ("up", "a", "1"),
        ("down", "c", "3"),
    ]
    (one,) = read({**record, "who": ["x", "y", "z"]}, shape=mine)
    assert [vote.rater for vote in one.feedback] == ["x", "z"]
    assert read({**record, "why": ["a"]}, shape=mine) == [
        "there are not as many votes as there are texts beside them"
    ]
    (one,) = read({**record, "rating": [], "why": []}, shape=mine)
    assert one.feedback == ()


def test_faults_are_a_vote() -> None:
    fields = {"question": "query", "answer": "answer", "comment": "errors[].why", "reasons": "tag"}
    mine = shape(fields=fields, votes=VoteRule(down_if_any=("errors", "missing")))
    errors = [{"why": "old"}, {"why": ""}, {}, {"why": "old"}]
    found = read(
        {"query": Q, "answer": A, "errors": errors, "tag": ["x", "x"]},
        {"query": Q, "answer": A, "errors": [], "missing": None},
        {"query": Q, "answer": A, "missing": ["a"]},
        shape=mine,
    )
    assert [one.feedback for one in found] == [
        (Feedback(signal="down", comment="old", tags=("x",)),),
        (Feedback(signal="up"),),
        (Feedback(signal="down"),),
    ]


def test_a_folder_of_small_files_is_looked_at_as_one(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for stars in (1, 2, 3, 4, 5):
        record = {"query": f"{Q} {stars}", "reply": A, "rating": stars}
        (folder / f"{stars}.json").write_text(json.dumps(record))
    result = CliRunner().invoke(main, ["load", str(folder)])
    assert result.exit_code == 0, result.output
    stats = json.loads(CliRunner().invoke(main, ["stats", "--json"]).stdout)
    assert (stats["interactions"], stats["up"], stats["down"]) == (5, 2, 2)


# ---- paths ----------------------------------------------------------------------------------


def test_paths() -> None:
    record = {
        "a.b": 1,
        "a": {"b": 2, "c.d": 3, "e": [{"f": 4}, {}, {"f": None}], "g": {"h": 5}},
        "x y": {"z": [6, 7]},
        "k[0]": 8,
    }
    found = {
        path: find(record, path)
        for path in ("a.b", "a.c.d", "a.e[].f", "a.e[0].f", "x y.z[-1]", "x y.z", "k[0]")
    }
    assert list(found.values()) == [1, 3, [4, None, None], 4, 7, [6, 7], 8]
    for none in ("b", "a.z", "a.e[9].f", "a.g[0]", "x y.z.q", "", ".", "[]", "a..b", "a.e[].q"):
        assert find(record, none) is MISSING, none
    before = json.dumps(record)
    assert without(record, ["a.b", "a.c.d", "a.g.h", "a.e[].f", "x y.z[0]", "none.at.all"]) == {
        "a": {"b": 2},
        "k[0]": 8,
    }
    assert json.dumps(record) == before


# ---- mapping --------------------------------------------------------------------------------

PAIRS = ("question=Query", "answer=reply.text", "signal=thumb", "correction=Better answer", "id=nr")
ASKED: dict[str, Any] = {
    "Query": "Why?",
    "reply": {"text": "Because.", "model": "m"},
    "thumb": "down",
    "Better answer": "So that it works.",
    "nr": 7,
    "colour": "red",
}


def test_a_log_of_other_names_loads(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "log.jsonl"
    late = {"interaction_id": "7", "thumb": "up"}
    path.write_text(f"{json.dumps(ASKED)}\n{json.dumps(late)}\n", "utf-8")
    counts = load_file(store, path, mapping=parse_mapping(PAIRS))
    assert (counts.lines, counts.loaded, counts.feedback, counts.rejected) == (2, 1, 1, 0)
    loaded = item(store, "7")
    assert loaded and (loaded.question, loaded.answer) == ("Why?", "Because.")
    assert [event.signal for event in loaded.events] == ["down", "up"]
    assert loaded.events[0].correction == "So that it works."
    assert reports.stats(store, sample=False)["up"] == 1
    (row,) = store.rows("SELECT metadata FROM interactions")
    assert json.loads(row["metadata"])["colour"] == "red"


def test_a_mapping_changes_single_fields_of_a_guess() -> None:
    record = {"query": Q, "response": A, "answer": "No.", "rating": "up", "score": "bad"}
    (one,) = read(record)
    assert (one.answer, one.feedback[0].signal) == ("No.", "up")
    (one,) = read(record, mapping={"answer": "response", "signal": "score"})
    assert (one.question, one.answer, one.feedback[0].signal) == (Q, A, "down")
    assert one.metadata == {"answer": "No.", "rating": "up"}


def test_an_empty_key_takes_a_field_away() -> None:
    record = {"query": Q, "answer": A, "rating": "up", "source": "a.pdf"}
    (one,) = read(record, mapping={"signal": "", "sources": ""})
    assert (one.feedback, one.sources) == ((), ())
    assert one.metadata == {"rating": "up", "source": "a.pdf"}


def test_one_key_is_one_thing() -> None:
    record = {"query": Q, "answer": A, "comment": "Pull it.", "rating": "down"}
    (one,) = read(record, mapping={"correction": "comment"})
    assert one.feedback == (Feedback(signal="down", correction="Pull it."),)


def test_a_mapping_of_our_own_lines() -> None:
    record = {"id": "q", "question": Q, "answer": A, "feedback": "down", "fix": "Pull it."}
    found = reading(record, mapping={"correction": "fix"})
    (one,) = [each.content for each in found.records if isinstance(each, Record)]
    assert isinstance(one, Interaction)
    assert (one.id, one.question) == ("q", Q)
    assert "Pull it." in [vote.correction for vote in one.feedback]


def test_the_votes_of_a_mapped_key_are_looked_at() -> None:
    records = [{"query": f"{Q} {n}", "answer": A, "stars": n} for n in range(1, 6)]
    assert signals(*records) == [[]] * 5
    assert signals(*records, mapping={"signal": "stars"}) == [
        ["down"], ["down"], [], ["up"], ["up"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pair", "why"),
    [
        ("question", "question is not of the form question=Query"),
        ("=Query", " is no field; the fields are "),
        ("colour=red", "colour is no field; the fields are question, answer, id, "),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(pair: str, why: str) -> None:
    with pytest.raises(ShapeError) as refused:
        parse_mapping((pair,))
    assert why in str(refused.value)
    assert parse_mapping(("question=Query", "signal=")) == {"question": "Query", "signal": ""}
    assert parse_mapping(("question=a=b",)) == {"question": "a=b"}


# ---- shapes in files ------------------------------------------------------------------------

FULL = Shape(
    name="mine",
    about='Ours, "quoted".',
    recognise=("a b", "c.d"),
    zone="Europe/London",
    fields={"question": "a b", "answer": "c.d[0].e", "signal": "f"},
    source={"title": "t", "uri": "u"},
    votes=VoteRule(up=("yes", ">=4"), down=("no",), none=("0",)),
    leave_out=("g",),
)


def test_a_shape_is_the_same_after_writing_and_reading() -> None:
    for each in (FULL, shape(), Shape("x", reader="langfuse"), *presets().values()):
        assert parse_shape(as_toml(each)) == each


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=8)),
    st.lists(st.text(max_size=5)),
)
def test_whatever_a_key_is_called_a_shape_can_be_written(
    fields: dict[str, str], words: list[str]
) -> None:
    each = Shape("x", fields=fields, recognise=tuple(words), votes=VoteRule(up=tuple(words)))
    assert parse_shape(as_toml(each)) == each


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name = ", "Invalid value (at end of document)"),
        ("about = 'x'", "Object missing required field `name`"),
        ("name = 'x'\ncolour = 'red'", "Object contains unknown field `colour`"),
        ("name = 'x'\n[fields]\ncolour = 'red'", "colour is no field; the fields are question, "),
        ("name = 'x'\n[source]\ncolour = 'red'", "a source has title, uri and text, not colour"),
        ("name = 'x'\nreader = 'word'", "there is no reader word: langfuse, "),
        ("name = 'x'\nzone = 'Mars'", "Mars is no time zone such as Europe/London"),
        ("name = 'x'\n[votes]\nalways = 'meh'", "Invalid enum value 'meh'"),
        ("name = 'x'\n[votes]\nup = 1", "Expected `array`, got `int`"),
    ],
)
def test_a_shape_that_cannot_be_used_says_why(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ShapeError) as refused:
        parse_shape(text)
    assert why in str(refused.value)
    (path := tmp_path / "bad.toml").write_text(text, "utf-8")
    with pytest.raises(ShapeError) as refused:
        shape_file(path)
    assert str(refused.value).startswith(f"{path}: ")
    with pytest.raises(ShapeError, match="cannot be read"):
        shape_file(tmp_path / "none.toml")


def test_the_presets_that_ship() -> None:
    assert list(presets()) == ["native", "bristol", "feedbackqa", "ilf", "qa_feedback"]
    for name, each in presets().items():
        assert (each.name, bool(each.about)) == (name, True)
        assert each.is_native == (name == "native")


def test_times_without_a_zone_are_of_the_zone_of_their_log() -> None:
    fields = {"question": "query", "answer": "answer", "logged_at": "ts"}
    london = shape(fields=fields, zone="Europe/London")
    times = ["2026-07-01 10:00:00", "2026-01-01 10:00", "2026-07-01T10:00:00Z", 1782900000, None]
    found = read(*({"query": Q, "answer": A, "ts": ts} for ts in times), shape=london)
    assert [one.logged_at and one.logged_at.hour for one in found] == [9, 10, 10, 10, None]


def test_a_source_may_be_put_together_and_things_left_out() -> None:
    mine = shape(source={"title": "doc.name", "uri": "doc.link"}, leave_out=("doc", "html"))
    record = {"query": Q, "answer": A, "doc": {"name": "N", "link": "https://x.example", "z": 1}}
    (one,) = read({**record, "html": "<p>", "kept": 1}, shape=mine)
    assert one.sources == (Source("N", "https://x.example"),)
    assert one.metadata == {"kept": 1}


def test_a_vote_that_says_not_what_for_is_refused() -> None:
    record = {"query": Q, "answer": A, "id": "m", "rating": "up"}
    assert read(record, {"rating": "down"})[1] == "the vote does not say which answer it is for"
    # In a table, what a vote alone has not is empty.
    wide = {"query": "", "answer": None, "id": "m", "rating": "down"}
    assert read(record, wide)[1] == Feedback(signal="down", interaction_id="m")


def test_one_line_of_a_shape() -> None:
    assert native_records(shape(), {"query": Q, "answer": A, "rating": "up", "x": 1}) == [
        {
            "question": Q,
            "answer": A,
            "feedback": [
                {"signal": "up", "correction": None, "comment": None, "rater": None, "at": None,
                 "tags": None}
            ],
            "metadata": {"x": 1},
        }
    ]  # fmt: skip


# ---- remembered -----------------------------------------------------------------------------


def test_a_shape_that_was_chosen_is_remembered(store: Store) -> None:
    log = "\n".join(json.dumps({"q1": Q, "a1": f"{A} {n}", "v": n}) for n in range(3))
    stream = io.BytesIO(log.encode())
    assert load_log(store, stream, "log").rejected == 3
    fields = {"question": "q1", "answer": "a1", "signal": "v"}
    votes = VoteRule(up=("2",), down=("0",), none=("1",))
    chosen = Shape("mine", recognise=("q1", "a1", "v"), fields=fields, votes=votes)
    assert remember(store, chosen)
    assert remembered_shapes(store) == [chosen]
    stream.seek(0)
    counts = load_log(store, stream, "log")
    assert (counts.loaded, counts.rejected) == (3, 0)
    assert (stats := reports.stats(store, sample=False))["up"] == stats["down"] == 1
    # Chosen again, the last one counts; for other keys there is another.
    later = Shape("mine", recognise=("v", "q1", "a1"), fields=fields)
    assert remember(store, later)
    assert remember(store, Shape("other", recognise=("x",), fields={"question": "x"}))
    assert [each.name for each in remembered_shapes(store)] == ["other", "mine"]
    assert remembered_shapes(store)[1] == later


def test_a_remembered_shape_is_taken_for_such_logs_only() -> None:
    mine = shape(name="mine", recognise=("query", "answer", "rating"), votes=VoteRule(up=("x",)))
    asked = {"query": Q, "answer": A, "rating": "x", "id": "m"}
    options: dict[str, Any] = {"remembered": [mine]}
    assert reading(asked, **options).how == "remembered"
    # Votes alone have fewer keys, and say nothing against it.
    votes = [{"id": "m", "rating": "x"}] * 5
    assert reading(asked, *votes, **options).how == "remembered"
    other = {"prompt": Q, "answer": A, "rating": "up"}
    assert reading(other, **options).how == "guessed"
    assert reading(other, other, asked, **options).how == "guessed"
    assert reading(*votes, **options).how != "remembered"
    # Ours are ours.
    assert reading({**asked, "question": Q, "feedback": "up"}, **options).how == "native"


def test_what_a_guess_is_recognised_by_are_the_keys_of_answers() -> None:
    asked = [{"query": f"{Q} {n}", "answer": A, "message_id": f"m{n}"} for n in range(2)]
    found = reading(*asked, {"message_id": "m0", "vote": "up"})
    assert found.shape.recognise == ("query", "answer", "message_id")


def test_a_shape_with_personal_data_in_its_keys_is_not_remembered(store: Store) -> None:
    for bad in (
        Shape("x", recognise=("ann@example.com",), fields={"question": "q"}),
        Shape("x", recognise=("q",), fields={"question": "to ann@example.com"}),
        Shape("x", recognise=("q",), fields={"question": "q"}, votes=VoteRule(up=("a@b.example",))),
        Shape("x", fields={"question": "q"}),
    ):
        assert not remember(store, bad)
    assert remembered_shapes(store) == []

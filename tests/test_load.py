"""From bytes to records: what is read, and with which words the rest is refused."""

import io
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.load import read_log, read_time
from core.load.lines import read_lines
from core.pipeline import load_log
from core.records import (
    SIGNALS,
    Feedback,
    Interaction,
    Record,
    Rejected,
    Signal,
    Source,
    Turn,
)
from core.store import Store, log

LIMIT = 100_000
QA = {"question": "Who?", "answer": "Ann."}
PLAIN = Interaction(question="Who?", answer="Ann.")
GOOD = json.dumps(QA).encode()


def read(content: bytes, limit: int = LIMIT) -> list[Record | Rejected]:
    return list(read_log(io.BytesIO(content), "log.jsonl", limit).records)


def read_one(value: object) -> Interaction | Feedback:
    (record,) = read(json.dumps(value).encode())
    assert isinstance(record, Record), record
    return record.content


def interaction(**fields: Any) -> Interaction:
    content = read_one({**QA, **fields})
    assert isinstance(content, Interaction)
    return content


def refusal(value: object) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    (rejected,) = read(content)
    assert isinstance(rejected, Rejected), rejected
    return rejected.reason


# ---- lines ----------------------------------------------------------------------------------


def test_a_full_line_is_read_whole() -> None:
    line = {
        "id": "q-1",
        "logged_at": "2026-11-23T10:00:00Z",
        "question": "Where is the meter?",
        "answer": "Under the stairs.\nOr outside.",
        "history": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}],
        "sources": [{"title": "Meters", "uri": "https://help.example/m", "text": "Look below."}],
        "feedback": {
            "signal": "down",
            "correction": "In the box outside.",
            "comment": "not there",
            "tags": ["wrong", "old"],
            "user": "u2",
            "at": "2026-11-24T10:00:00Z",
        },
        "agent_version": "2026-11-01",
        "model": "m-1",
        "session_id": "s-1",
        "user": "u1",
        "tags": ["meter"],
        "consent": True,
        "metadata": {"locale": "en"},
        "redaction": {"version": "0", "counts": {"EMAIL": 1}},
        "latency_ms": 12,
    }
    assert read_one(line) == Interaction(
        id="q-1",
        logged_at=datetime(2026, 11, 23, 10, tzinfo=UTC),
        question="Where is the meter?",
        answer="Under the stairs.\nOr outside.",
        history=(Turn("user", "Hello"), Turn("assistant", "Hi")),
        sources=(Source("Meters", "https://help.example/m", "Look below."),),
        feedback=(
            Feedback(
                signal="down",
                correction="In the box outside.",
                comment="not there",
                tags=("wrong", "old"),
                rater="u2",
                at=datetime(2026, 11, 24, 10, tzinfo=UTC),
            ),
        ),
        agent_version="2026-11-01",
        model="m-1",
        session_id="s-1",
        user="u1",
        tags=("meter",),
        consent=True,
        metadata={"locale": "en", "latency_ms": 12},
    )


def test_every_record_says_where_it_stood() -> None:
    content = b"\xef\xbb\xbf" + GOOD + b"\r\n\r\n \t\n{cut\n" + GOOD
    assert read(content) == [
        Record(line=1, offset=0, content=PLAIN),
        Rejected(
            line=4,
            offset=len(GOOD) + 10,
            reason="not valid JSON: JSON is malformed: object keys must be strings (byte 1)",
            raw="{cut",
        ),
        Record(line=5, offset=len(GOOD) + 15, content=PLAIN),
    ]
    assert content[len(GOOD) + 10 :].startswith(b"{cut")


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n", b"\n\xe3\x80\x80"[:1]])
def test_the_end_of_the_file_may_look_as_it_likes(end: bytes) -> None:
    assert read(GOOD + end) == [Record(line=1, offset=0, content=PLAIN)]


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\r\n", b" \t\n\x0b\x0c", b"\xef\xbb\xbf\n"])
def test_blank_lines_are_none(content: bytes) -> None:
    assert read(content) == []


def test_a_bom_counts_at_the_start_only() -> None:
    first, second = read(b"\xef\xbb\xbf" + GOOD + b"\n\xef\xbb\xbf" + GOOD)
    assert first == Record(line=1, offset=0, content=PLAIN)
    assert isinstance(second, Rejected)
    assert (second.line, second.offset) == (2, len(GOOD) + 4)


def test_only_a_newline_ends_a_line() -> None:
    odd = "a\u2028b\u2029c\u0085d\u000be\u000cf\u001cg"
    line = json.dumps({"question": odd, "answer": "x"}, ensure_ascii=False)
    escaped = json.dumps({"question": odd + "\r", "answer": "x"})
    # JSON wants control characters escaped; U+0085 and U+2028 may stand as they are.
    as_is = line.replace("\x0b", "\\u000b").replace("\x0c", "\\f").replace("\x1c", "\\u001c")
    records = read(f"{as_is}\n{escaped}".encode())
    assert [record.content.question for record in records] == [odd, odd + "\r"]  # type: ignore[union-attr]


def test_nul_characters() -> None:
    assert interaction(question="a\x00b").question == "a\x00b"
    assert refusal(b'{"question": "a\x00b", "answer": "x"}').startswith("not valid JSON")
    assert refusal(b"\x00").startswith("this is a binary file")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"Traceback", "not valid JSON: JSON is malformed: invalid character (byte 0)"),
        (b'{"question": "W', "not valid JSON: Input data was truncated"),
        (GOOD + GOOD, "not valid JSON: JSON is malformed: trailing characters (byte 39)"),
        (GOOD + b" " + GOOD, "not valid JSON: JSON is malformed: trailing characters (byte 40)"),
        (GOOD[:-1] + b",}", "not valid JSON: JSON is malformed: trailing comma in object"),
        (GOOD[:-1] + b', "n": NaN}', "not valid JSON: JSON is malformed: invalid character"),
        (GOOD[:-1] + b', "n": 1e999}', "not valid JSON: Number out of range"),
        (GOOD[:-1] + b', "id": ' + b"9" * 5000 + b"}", "not valid JSON: Integer value out of"),
        (
            GOOD[:-1] + b', "n": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
            "not valid JSON: maximum recursion depth exceeded",
        ),
        (b'{"question": "\\ud800", "answer": "x"}', "not valid JSON: JSON is malformed: unexpec"),
        (b'{"question": "\\udc00", "answer": "x"}', "not valid JSON: JSON is malformed: "),
        (b'{"question": "a\xff", "answer": "x"}', "not valid UTF-8 at byte 16 of the record"),
        (b'{"question": "\xed\xa0\x80", "answer": "x"}', "not valid UTF-8 at byte 15 of the"),
        (b"\xff\xfe{\x00}\x00", "not valid UTF-8 at byte 1 of the record"),
        (b"null", "the record is null, not an object in braces"),
        (b"true", "the record is true or false, not an object in braces"),
        (b"12.5", "the record is a number, not an object in braces"),
        (b'"up"', "the record is a text, not an object in braces"),
        (b"[" + GOOD + b"]", "the record is a list, not an object in braces"),
    ],
)
def test_a_line_that_is_no_object_is_refused(line: bytes, reason: str) -> None:
    content = b"\n" + GOOD + b"\n" + line + b"\n" + GOOD
    before, rejected, after = read(content)
    assert isinstance(before, Record)
    assert isinstance(after, Record)
    assert isinstance(rejected, Rejected)
    assert rejected.reason.startswith(reason)
    assert (rejected.line, rejected.offset) == (3, len(GOOD) + 2)
    assert rejected.raw == line.decode("utf-8", "replace")


def test_a_line_over_the_limit_costs_neither_memory_nor_its_neighbours() -> None:
    long = GOOD[:-1] + b', "n": "' + b"x" * 500_000 + b'"}'
    content = GOOD + b"\n" + long + b"\n" + GOOD + b"\n" + long
    lines = list(read_lines(io.BytesIO(content), 1000))
    assert [(line.number, line.offset, line.too_long) for line in lines] == [
        (1, 0, False),
        (2, len(GOOD) + 1, True),
        (3, len(GOOD) + len(long) + 2, False),
        (4, 2 * len(GOOD) + len(long) + 3, True),
    ]
    assert [len(line.content) for line in lines] == [len(GOOD), 1001, len(GOOD), 1001]
    first, cut, second, last = read(content, 1000)
    assert first == Record(line=1, offset=0, content=PLAIN)
    assert second == Record(line=3, offset=len(GOOD) + len(long) + 2, content=PLAIN)
    for rejected in (cut, last):
        assert isinstance(rejected, Rejected)
        assert rejected.reason == "the line is longer than 1,000 bytes"


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_the_limit_is_what_a_line_may_have(end: bytes) -> None:
    assert isinstance(read(GOOD + end, len(GOOD))[0], Record)
    assert isinstance(read(GOOD + end, len(GOOD) - 1)[0], Rejected)


def test_a_line_over_the_limit_is_never_blank() -> None:
    (rejected,) = read(b" " * 6_000 + GOOD, 5_000)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "the line is longer than 5,000 bytes"


# ---- fields ---------------------------------------------------------------------------------

TEXT_KINDS: list[tuple[object, str]] = [
    (5, "a number"),
    (1.5, "a number"),
    (True, "true or false"),
    ([], "a list"),
    ({}, "an object"),
]


@pytest.mark.parametrize(("value", "kind"), TEXT_KINDS)
@pytest.mark.parametrize("field", ["question", "answer"])
def test_question_and_answer_are_texts(field: str, value: object, kind: str) -> None:
    assert refusal({**QA, field: value}) == f"{field} is {kind}, not a text"


@pytest.mark.parametrize("field", ["question", "answer"])
def test_question_and_answer_are_there(field: str) -> None:
    assert refusal({key: QA[key] for key in QA if key != field}) == f"{field} is missing"
    for empty in ("", " \n\t", None):
        assert refusal({**QA, field: empty}) == f"{field} is empty"
    assert refusal({}) == "question is missing"


LABELS = ["id", "agent_version", "model", "session_id", "user"]


@pytest.mark.parametrize("field", LABELS)
def test_labels_are_texts_or_numbers(field: str) -> None:
    assert getattr(interaction(**{field: " v 1 "}), field) == "v 1"
    assert getattr(interaction(**{field: 12345678901234567890}), field) == "12345678901234567890"
    assert getattr(interaction(**{field: 1.5}), field) == "1.5"
    for nothing in (None, "", "  "):
        assert getattr(interaction(**{field: nothing}), field) is None
    for value, kind in TEXT_KINDS[2:]:
        assert refusal({**QA, field: value}) == f"{field} is {kind}, not a text or a number"


def test_consent_is_yes_no_or_unknown() -> None:
    assert [interaction(consent=value).consent for value in (True, False, None)] == [
        True,
        False,
        None,
    ]
    assert refusal({**QA, "consent": "yes"}) == "consent is a text, not true or false"
    assert refusal({**QA, "consent": 1}) == "consent is a number, not true or false"


def test_tags_are_a_list_or_comma_separated() -> None:
    assert interaction(tags=["a", " b ", ""]).tags == ("a", "b")
    assert interaction(tags="a, b,,c").tags == ("a", "b", "c")
    assert interaction(tags=None).tags == ()
    assert refusal({**QA, "tags": [1]}) == "tags must be a list of texts"
    assert refusal({**QA, "tags": {"a": 1}}) == "tags is an object, not a list"


def test_sources_are_texts_or_objects() -> None:
    given = ["https://help.example/a?b=c", "Page 12", {"title": "T", "more": 1}, {"uri": None}]
    assert interaction(sources=given).sources == (
        Source(uri="https://help.example/a?b=c"),
        Source(title="Page 12"),
        Source(title="T"),
    )
    assert interaction(sources=None).sources == ()
    wrong: object
    for wrong in (5, True, {"title": 5}, {"text": ["x"]}):
        assert (
            refusal({**QA, "sources": [wrong]})
            == "sources must be a list of texts or of {title, uri, text}"
        )
    assert interaction(sources=[None, "", {}, []]).sources == ()
    assert interaction(sources="Page 12").sources == (Source(title="Page 12"),)
    assert interaction(sources={"title": "T"}).sources == (Source(title="T"),)


def test_history_is_a_list_of_turns() -> None:
    turns = [{"role": "user", "content": "Hi", "at": 1}, {"role": "assistant", "content": ""}]
    assert interaction(history=turns).history == (Turn("user", "Hi"), Turn("assistant", ""))
    roles = {"Human": "user", " ai ": "assistant", "developer": "system", "function": "tool"}
    turns = [{"role": role, "content": "Hi"} for role in roles]
    read = interaction(history=turns).history
    assert [turn.role for turn in read] == list(roles.values())
    assert (
        refusal({**QA, "history": [{"role": "jane@example.com", "content": "Hi"}]})
        == "a role in history must be system, user, assistant or tool"
    )
    for wrong in ("Hi", None, {"role": "user"}, {"role": "user", "content": 5}, {"content": "x"}):
        assert refusal({**QA, "history": [wrong]}) == "history must be a list of {role, content}"
    assert refusal({**QA, "history": "Hi"}) == "history is a text, not a list"


def test_nothing_a_team_logged_is_dropped() -> None:
    line = {"metadata": {"a": 1, "b": 2}, "b": [3], "Question": "?", "sealed": True, "n": None}
    assert interaction(**line).metadata == {
        "a": 1,
        "b": [3],
        "Question": "?",
        "sealed": True,
        "n": None,
    }
    assert interaction(metadata="free text").metadata == {"metadata": "free text"}
    assert interaction(metadata=10**30).metadata == {"metadata": 10**30}
    assert interaction(metadata=None).metadata == {}
    assert not interaction(sealed=True).sealed


def nested(levels: int) -> Any:
    value: Any = "x"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def test_what_is_nested_too_deep_is_refused() -> None:
    assert interaction(metadata=nested(99)).metadata == nested(99)
    for levels in (100, 101, 500, 900):
        assert (
            refusal({**QA, "metadata": nested(levels)})
            == "objects and lists are nested more than 100 deep"
        )


# ---- feedback -------------------------------------------------------------------------------


def test_feedback_may_be_a_word_an_object_or_a_list() -> None:
    up, down = Feedback(signal="up"), Feedback(signal="down")
    assert interaction(feedback="up").feedback == (up,)
    assert interaction(feedback={"signal": "down"}).feedback == (down,)
    assert interaction(feedback=["up", {"signal": "down"}, None, ""]).feedback == (up, down)
    nothing: object
    for nothing in (None, "", []):
        assert interaction(feedback=nothing).feedback == ()


def test_a_vote_alone_names_its_interaction() -> None:
    vote = Feedback(signal="up", interaction_id="q-1")
    assert read_one({"type": "feedback", "interaction_id": "q-1", "signal": "up"}) == vote
    assert read_one({"interaction_id": "q-1", "signal": "up"}) == vote
    assert read_one({"interaction_id": 7, "signal": "up"}) == Feedback(
        signal="up", interaction_id="7"
    )
    missing = "interaction_id is missing: the vote does not say which answer it is for"
    assert refusal({"type": "feedback", "signal": "up"}) == missing
    assert refusal({"type": "feedback", "signal": "up", "interaction_id": " "}) == missing
    assert (
        refusal({"interaction_id": [1], "signal": "up"})
        == "interaction_id is a list, not a text or a number"
    )


def test_the_rater_of_a_vote_is_its_rater_or_its_user() -> None:
    vote = {"interaction_id": "q", "signal": "up"}
    assert read_one({**vote, "user": "u"}) == Feedback(signal="up", interaction_id="q", rater="u")
    assert read_one({**vote, "user": "u", "rater": "r"}) == Feedback(
        signal="up", interaction_id="q", rater="r"
    )


def test_the_signals_are_those_of_the_vocabulary() -> None:
    assert SIGNALS == get_args(Signal) == ("up", "down", "edit", "retry", "resolved")
    for signal in SIGNALS:
        given = {"signal": signal, "correction": "Bob."}
        assert interaction(feedback=given).feedback == (Feedback(signal=signal, correction="Bob."),)
    unknown = "signal must be one of up, down, edit, retry, resolved"
    for wrong in ("UP", "meh", 1, None, True, ["up"], {"up": 1}):
        assert refusal({**QA, "feedback": {"signal": wrong}}) == unknown
    assert refusal({**QA, "feedback": {}}) == unknown
    assert refusal({**QA, "feedback": [["up"]]}) == "feedback is a list, not a signal or an object"


def test_an_edit_carries_the_edited_text() -> None:
    for correction in (None, "", "  \n"):
        assert (
            refusal({**QA, "feedback": {"signal": "edit", "correction": correction}})
            == "an edit must carry the edited answer in correction"
        )
    down = {"signal": "down", "correction": "  "}
    assert interaction(feedback=down).feedback == (Feedback(signal="down"),)


@pytest.mark.parametrize("field", ["correction", "comment"])
def test_what_a_user_wrote_is_a_text(field: str) -> None:
    for value, kind in TEXT_KINDS:
        vote = {"signal": "down", field: value}
        assert refusal({**QA, "feedback": vote}) == f"{field} is {kind}, not a text"


# ---- times ----------------------------------------------------------------------------------

MOMENT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23T10:00:00Z",
        "2026-11-23T10:00:00+00:00",
        "2026-11-23T12:00:00+02:00",
        "2026-11-23T04:30:00.000-05:30",
        "2026-11-23T10:00:00",
        " 2026-11-23 10:00 ",
        "20261123T100000Z",
        1795428000,
        1795428000.0,
        1795428000000,
        1795428000000.0,
    ],
)
def test_a_time_is_read(value: object) -> None:
    assert interaction(logged_at=value).logged_at == MOMENT
    assert read_one({"interaction_id": "q", "signal": "up", "at": value}) == Feedback(
        signal="up", interaction_id="q", at=MOMENT
    )


def test_parts_of_a_second_and_early_times_are_kept() -> None:
    assert read_time("2026-11-23T10:00:00.123456Z") == MOMENT + timedelta(microseconds=123456)
    assert read_time(1795428000.25) == MOMENT + timedelta(milliseconds=250)
    assert read_time(1795428000250) == MOMENT + timedelta(milliseconds=250)
    assert read_time(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert read_time(-86400) == datetime(1969, 12, 31, tzinfo=UTC)
    assert read_time("2026-11-23") == datetime(2026, 11, 23, tzinfo=UTC)
    assert read_time(None) is read_time("") is None


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2026-13-01",
        "23.11.2026",
        "2026-11-23T25:00:00Z",
        " ",
        True,
        [],
        {},
        1e300,
        -1e300,
        10**400,
        # There is no such moment in UTC, which starts with the year 1 and ends with 9999.
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_what_is_no_time_is_refused(value: object) -> None:
    reason = "{} is not a time such as 2026-11-23T10:00:00Z"
    assert refusal({**QA, "logged_at": value}) == reason.format("logged_at")
    vote = {"interaction_id": "q", "signal": "up", "at": value}
    assert refusal(vote) == reason.format("at")


def test_a_time_that_cannot_be_is_refused() -> None:
    def moment(days: int) -> str:
        return (datetime.now(UTC) + timedelta(days=days)).isoformat()

    assert interaction(logged_at=moment(1)).logged_at is not None, "clocks differ"
    for future in (moment(3), "9999-12-31T23:59:59.999999Z", 1e17):
        assert refusal({**QA, "logged_at": future}).startswith("logged_at lies in the future (")
        assert refusal({**QA, "id": "q", "feedback": {"signal": "up", "at": future}}).startswith(
            "at lies in the future ("
        )
    for past in ("0001-01-01T00:00:00Z", "1989-12-31T00:00:00Z", 1_700_000):
        assert "lies before 1990" in refusal({**QA, "logged_at": past})


def test_another_zone_is_the_same_moment() -> None:
    zone = timezone(timedelta(hours=2))
    assert read_time(MOMENT.astimezone(zone).isoformat()) == MOMENT


# ---- anything -------------------------------------------------------------------------------

FIELDS = [
    "id logged_at question answer history sources feedback agent_version model session_id user tags"
    " consent metadata type redaction interaction_id signal correction comment at rater role"
    " content title uri text version seal"
][0].split()
WORDS = st.sampled_from(
    "up down edit retry resolved feedback user 2026-11-23T10:00:00Z 0001-01-01 jane@example.com "
    "https://a.example/jane@example.com?q=4111111111111111#x http://[ u-0123456789abcdef a b c "
    "4111-1111-1111-1111 [EMAIL-1] [REDACTION-FAILED] [EMAIL-0] {{EMAIL-1}} 541-754-3010 1 , \x00 "
    "\u2028 \ue000 \\u0000 ＠".split(" ")
) | st.sampled_from(["", "  ", "\n", "My name is Martha Jones.", "password: Tulip!4711"])
TEXTS = WORDS | st.text(max_size=12)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS) | TEXTS, inner, max_size=4)
    ),
    max_leaves=6,
)
VOTES = st.fixed_dictionaries(
    {"signal": st.sampled_from(SIGNALS) | TEXTS},
    optional={"correction": TEXTS, "comment": TEXTS, "tags": VALUES, "at": VALUES, "user": TEXTS},
)
NEARLY = {
    "id": st.sampled_from("abc") | TEXTS,
    "feedback": VOTES | st.lists(VOTES, max_size=2) | VALUES,
    "metadata": VALUES,
    "tags": st.lists(TEXTS, max_size=2),
    "sources": st.lists(TEXTS, max_size=2) | VALUES,
    "logged_at": SCALARS,
    "session_id": TEXTS,
    "user": TEXTS,
    "redaction": VALUES,
}
OBJECTS = st.one_of(
    st.fixed_dictionaries({"question": TEXTS, "answer": TEXTS}, optional=NEARLY),
    st.tuples(st.sampled_from("abc"), VOTES).map(lambda t: {"interaction_id": t[0], **t[1]}),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6),
)
LINES = st.one_of(
    OBJECTS.map(lambda value: json.dumps(value).encode()),
    OBJECTS.map(lambda v: json.dumps(v, ensure_ascii=False).encode("utf-8", "surrogatepass")),
    VALUES.map(lambda value: json.dumps(value).encode()),
    st.tuples(OBJECTS, st.integers(0, 80), st.binary(max_size=3)).map(
        lambda t: json.dumps(t[0]).encode()[: t[1]] + t[2] + json.dumps(t[0]).encode()[t[1] :]
    ),
    st.tuples(OBJECTS, st.integers(1, 40)).map(lambda t: json.dumps(t[0]).encode()[: -t[1]]),
    st.binary(max_size=20),
    st.sampled_from([b"", b" \t", b"\r", b"\xef\xbb\xbf", b"\x00", GOOD]),
).map(lambda line: line.replace(b"\n", b" "))
# Two lines that are beyond doubt: what else a file can be is the subject of test_containers.py.
LINE = json.dumps({**QA, "id": "first", "feedback": "up"}).encode()
LOGS = st.tuples(
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(LINES, max_size=12),
    st.sampled_from([b"\n", b"\r\n", b"\n\n"]),
    st.sampled_from([b"", b"\n"]),
).map(lambda parts: parts[0] + parts[2].join([LINE, LINE, *parts[1]]) + parts[3])


def not_blank(content: bytes) -> list[int]:
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [number for number, line in enumerate(lines, start=1) if line.strip()]


@given(LOGS)
@settings(max_examples=200, deadline=None)
def test_every_line_that_is_not_blank_becomes_one_record(content: bytes) -> None:
    records = read(content)
    assert [record.line for record in records] == not_blank(content)
    starts = [0, *(i + 1 for i, byte in enumerate(content) if byte == ord("\n"))]
    assert [record.offset for record in records] == [starts[r.line - 1] for r in records]
    for record in records:
        if isinstance(record, Rejected):
            assert record.reason
            assert record.reason.isascii()


@given(LOGS)
@settings(
    max_examples=40,
    deadline=None,
    # All examples go into one store, so that ids and votes meet what was loaded before.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_log_breaks_a_load_and_its_counts_add_up(store: Store, content: bytes) -> None:
    rejected_before = len(log.rejects(store))
    ids_before = {row["id"] for row in store.rows("SELECT id FROM interactions")}
    name = f"log {len(log.loads(store))}"
    counts = load_log(store, io.BytesIO(content), name)
    assert counts.lines == len(not_blank(content))
    assert counts.lines == (counts.loaded + counts.duplicate + counts.rejected + counts.feedback)
    assert len(log.rejects(store)) == rejected_before + counts.rejected
    ids = [row["id"] for row in store.rows("SELECT id FROM interactions")]
    assert len(ids) == len(set(ids)) == len(ids_before) + counts.loaded

    again = load_log(store, io.BytesIO(content), name)
    assert (again.lines, again.rejected) == (counts.lines, counts.rejected)
    assert (again.loaded, again.feedback) == (0, 0)

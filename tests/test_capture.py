"""The logger that agents import: what it writes, whoever writes beside it."""

import json
import os
import re
import stat
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from core.capture import FeedbackLog
from core.keys import keyed_hash, seal
from core.load import read_log
from core.pipeline import load_file
from core.records import Feedback, Interaction, Record
from core.redaction import FAILED, VERSION, Redactor
from core.settings import ROOT
from core.store import Store, log, reports
from core.store.log import LoadCounts

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feedback.jsonl"


def lines(path: Path) -> list[dict[str, Any]]:
    text = path.read_text("utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def read(path: Path) -> list[Interaction | Feedback]:
    with path.open("rb") as stream:
        records = list(read_log(stream, "log", 1_000_000).records)
    assert all(isinstance(record, Record) for record in records)
    return [record.content for record in records if isinstance(record, Record)]


def test_what_a_line_looks_like(path: Path) -> None:
    id_ = FeedbackLog(str(path)).log_interaction(
        question="I am Martha Jones, martha@example.com. And you?",
        answer="Hello Martha Jones.",
        sources=[
            {"title": "Greetings", "uri": "https://help.example/hi?to=martha"},
            "The user guide",
        ],
        history=[{"role": "user", "content": "Call 541-754-3010."}],
        agent_version="2026-11-01",
        model="m-1",
        session_id="s-1",
        user="martha",
        tags=["hi"],
        consent=False,
        metadata={"password": "tulip", "ms": 12, "none": None},
        logged_at=datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=2))),
    )
    assert str(uuid.UUID(id_)) == id_
    (line,) = lines(path)
    record = {key: line[key] for key in line if key != "redaction"}
    assert list(line)[-1] == "redaction"
    assert record == {
        "id": id_,
        "logged_at": "2026-11-23T10:00:00Z",
        "question": "I am [PERSON-1], [EMAIL-1]. And you?",
        "answer": "Hello [PERSON-1].",
        "sources": [
            {"title": "Greetings", "uri": "https://help.example/hi?to=[VALUE]"},
            {"title": "The user guide"},
        ],
        "history": [{"role": "user", "content": "Call [PHONE-1]."}],
        "agent_version": "2026-11-01",
        "model": "m-1",
        "session_id": f"s-{keyed_hash('s', 's-1')}",
        "user": f"u-{keyed_hash('u', 'martha')}",
        "tags": ["hi"],
        "consent": False,
        "metadata": {"password": "[SECRET-1]", "ms": 12, "none": None},
    }
    assert line["redaction"] == {
        "version": VERSION,
        "counts": {"PERSON": 2, "EMAIL": 1, "PHONE": 1, "SECRET": 1},
        "seal": seal(record, VERSION),
    }
    (content,) = read(path)
    assert content.sealed


def test_what_a_vote_looks_like(path: Path) -> None:
    feedback = FeedbackLog(path)
    id_ = feedback.log_interaction(question="Who is bo@example.com?", answer="Nobody.")
    feedback.log_feedback(
        id_,
        "down",
        correction="bo@example.com is Ann's, ann@example.com.",
        comment="I am Martha Jones.",
        tags=["wrong"],
        user="martha",
        at=NOW,
    )
    feedback.log_feedback(id_, "up", at=NOW.replace(tzinfo=None))
    _, first, second = lines(path)
    assert first.pop("redaction")["counts"] == {"EMAIL": 2, "PERSON": 2}
    assert first == {
        "type": "feedback",
        "interaction_id": id_,
        "at": "2026-11-23T10:00:00Z",
        "signal": "down",
        "correction": "[EMAIL-1] is [PERSON-1]'s, [EMAIL-2].",
        "comment": "I am [PERSON-2].",
        "tags": ["wrong"],
        "user": f"u-{keyed_hash('u', 'martha')}",
    }
    del second["redaction"]
    assert second == {
        "type": "feedback",
        "interaction_id": id_,
        "at": "2026-11-23T10:00:00Z",
        "signal": "up",
    }
    assert [content.sealed for content in read(path)] == [True] * 3


def test_the_time_is_now_unless_given(path: Path) -> None:
    before = datetime.now(UTC)
    feedback = FeedbackLog(path)
    feedback.log_feedback(feedback.log_interaction(question="Who?", answer="Ann."), "up")
    after = datetime.now(UTC)
    asked, voted = lines(path)
    times = [datetime.fromisoformat(text) for text in (asked["logged_at"], voted["at"])]
    assert before <= times[0] <= times[1] <= after


def test_an_id_of_ones_own_unless_it_says_who(path: Path) -> None:
    feedback = FeedbackLog(path)
    assert feedback.log_interaction(question="Who?", answer="Ann.", id="q-1") == "q-1"
    hashed = f"id-{keyed_hash('id', 'jane@example.com')}"
    given = feedback.log_interaction(question="Who?", answer="Bo.", id="jane@example.com")
    assert given == hashed
    # The agent may name it either way.
    feedback.log_feedback("jane@example.com", "up")
    feedback.log_feedback(hashed, "down")
    assert [line.get("interaction_id") for line in lines(path)[2:]] == [hashed, hashed]
    assert "jane" not in path.read_text("utf-8")


def test_it_loads_as_it_was_written(path: Path, store: Store) -> None:
    feedback = FeedbackLog(path)
    id_ = feedback.log_interaction(
        question="I am Martha Jones.", answer="Hello.", user="martha", consent=True
    )
    feedback.log_feedback(id_, "down", correction="Hello Martha Jones.", user="martha", at=NOW)
    for counts in (
        LoadCounts(lines=2, loaded=1, feedback=1),
        LoadCounts(lines=2, duplicate=2),
    ):
        found = load_file(store, path)
        found.redacted = {}
        assert found == counts
    (row,) = store.rows("SELECT id, question, user_ref, consent FROM interactions")
    assert row == {
        "id": id_,
        "question": "I am [PERSON-1].",
        "user_ref": f"u-{keyed_hash('u', 'martha')}",
        "consent": True,
    }
    (vote,) = store.rows("SELECT given_at, signal, correction, rater_ref FROM feedback")
    assert vote == {
        "given_at": NOW.replace(tzinfo=None),
        "signal": "down",
        "correction": "Hello [PERSON-1].",
        "rater_ref": row["user_ref"],
    }


def test_what_capture_redacted_is_counted_by_the_load(path: Path, store: Store) -> None:
    feedback = FeedbackLog(path)
    id_ = feedback.log_interaction(question="I am Martha Jones.", answer="jo@example.com")
    feedback.log_feedback(id_, "down", correction="bo@example.com")
    assert load_file(store, path).redacted == {"PERSON": 1, "EMAIL": 2}
    (row,) = store.rows("SELECT redaction_counts FROM interactions")
    assert row == {"redaction_counts": '{"PERSON":1,"EMAIL":1}'}


def test_only_the_owner_may_read_the_file(path: Path) -> None:
    before = os.umask(0)
    try:
        FeedbackLog(path).log_interaction(question="Who?", answer="Ann.")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_written_before_there_is_something(path: Path) -> None:
    FeedbackLog(path)
    assert not path.exists()
    with pytest.raises(FileNotFoundError):
        FeedbackLog(path.parent / "none" / "x.jsonl").log_interaction(question="?", answer="!")


@pytest.mark.parametrize(
    "rest", [b'{"id": "cut", "question": "Wh', b'{"id": "\xc3', b"\x00" * 100, b"{}"]
)
def test_a_torn_last_line_costs_one_line_only(path: Path, store: Store, rest: bytes) -> None:
    feedback = FeedbackLog(path)
    feedback.log_interaction(question="Who?", answer="Ann.", id="q-1")
    with path.open("ab") as file:
        file.write(rest)
    feedback.log_interaction(question="Who?", answer="Bo.", id="q-2")
    feedback.log_feedback("q-1", "up")
    counts = load_file(store, path)
    assert (counts.lines, counts.loaded, counts.rejected, counts.feedback) == (4, 2, 1, 1)
    assert [row["line"] for row in log.rejects(store)] == [2]


# ---- together -------------------------------------------------------------------------------

TEXT = "I am Martha Jones, {name}@example.com, and I ask about " + "the meter and " * 60 + "so on."
WRITER = """
import os, sys, threading
from core.capture import FeedbackLog
write_all = os.write
os.write = lambda file, data: write_all(file, data[:100])  # as a busy system may do
path, each, text, *names = sys.argv[1:]
def write(name):
    log = FeedbackLog(path)
    for n in range(int(each)):
        id_ = log.log_interaction(
            question=text.format(name=name), answer=f"See page {n}.", agent_version=name)
        log.log_feedback(id_, "down", correction=f"Ask {name}@example.com.")
FeedbackLog("/dev/null").log_interaction(question=text, answer="The model is loaded now.")
print("ready", flush=True)
sys.stdin.readline()
threads = [threading.Thread(target=write, args=(name,)) for name in names]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_threads_and_processes_share_a_file(path: Path, store: Store) -> None:
    each, names = 15, ["w1", "w2", "w3", "w4"]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(each), TEXT, *own],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for own in (names[:2], names[2:])
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"go\n")
        child.stdin.flush()
    for child in children:
        child.communicate(timeout=60)
        assert child.returncode == 0

    raw = path.read_bytes()
    assert b"Jones" not in raw
    assert b"@example" not in raw
    written = lines(path)
    assert len(written) == 2 * 4 * each
    assert all(content.sealed for content in read(path))
    asked = [line for line in written if "question" in line]
    assert len({line["id"] for line in asked}) == len(asked) == 4 * each
    expected = TEXT.replace("Martha Jones", "[PERSON-1]").replace("{name}@example.com", "[EMAIL-1]")
    assert {line["question"] for line in asked} == {expected}
    # All that each thread wrote, in its order; and they did write at the same time.
    order = [(line["agent_version"], line["answer"]) for line in asked]
    for name in names:
        pages = [page for writer, page in order if writer == name]
        assert pages == [f"See page {n}." for n in range(each)]
    assert order != sorted(order, key=lambda pair: pair[0])
    votes = [line for line in written if "signal" in line]
    assert {vote["correction"] for vote in votes} == {"Ask [EMAIL-1]."}

    counts = load_file(store, path)
    assert (counts.lines, counts.loaded, counts.feedback) == (8 * each, 4 * each, 4 * each)
    assert reports.stats(store, sample=False)["down_with_correction"] == 4 * each


def test_a_write_in_pieces_stays_one_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:7]))
    FeedbackLog(path).log_interaction(question="Who?", answer="Ann.", id="q-1")
    monkeypatch.undo()
    assert [line["id"] for line in lines(path)] == ["q-1"]


# ---- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("question", "", "question is empty"),
        ("question", " \n", "question is empty"),
        ("question", None, "question is empty"),
        ("answer", "", "answer is empty"),
        ("answer", 5, "answer is a number, not a text"),
        ("history", [{"role": "user"}], "history must be a list of {role, content}"),
        ("sources", [{"title": 5}], "sources must be a list of texts or of {title, uri, text}"),
        ("session_id", ["s"], "session_id is a list, not a text or a number"),
        ("user", {}, "user is an object, not a text or a number"),
        ("tags", [5], "tags must be a list of texts"),
        ("consent", "yes", "consent is a text, not true or false"),
    ],
)
def test_a_wrong_field_is_refused_and_nothing_written(
    path: Path, field: str, value: Any, reason: str
) -> None:
    given: dict[str, Any] = {"question": "Who?", "answer": "Ann.", field: value}
    with pytest.raises(ValueError, match=re.escape(reason)):
        FeedbackLog(path).log_interaction(**given)
    assert not path.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sources", [5]),
        ("logged_at", "2026-11-23"),
        ("metadata", {"o": object()}),
        ("metadata", {("a", "b"): 1}),
    ],
)
def test_any_wrong_field_is_a_value_error(path: Path, field: str, value: Any) -> None:
    given: dict[str, Any] = {"question": "Who?", "answer": "Ann.", field: value}
    with pytest.raises(ValueError, match=field):
        FeedbackLog(path).log_interaction(**given)


def test_a_wrong_vote_is_refused_and_nothing_written(path: Path) -> None:
    feedback = FeedbackLog(path)
    unknown: Any = "meh"
    with pytest.raises(ValueError, match="signal must be one of up, down, edit, retry, resolved"):
        feedback.log_feedback("q-1", unknown)
    with pytest.raises(ValueError, match="an edit must carry the edited answer"):
        feedback.log_feedback("q-1", "edit")
    with pytest.raises(ValueError, match="interaction_id is missing"):
        feedback.log_feedback(" ", "up")
    with pytest.raises(ValueError, match="surrogates not allowed"):
        feedback.log_feedback("q-1", "down", comment="\ud800")
    assert not path.exists()


def test_metadata_of_python_is_redacted_as_the_json_it_becomes(path: Path) -> None:
    given: Any = {
        "to": ("jane@example.com", {"cc": ("My name is Martha Jones.",)}),
        "all": {"bo@example.com"},
        7: "bo@example.com",
        "at": NOW,
    }
    FeedbackLog(path).log_interaction(question="What now?", answer="Wait.", metadata=given)
    assert lines(path)[0]["metadata"] == {
        "to": ["[EMAIL-1]", {"cc": ["My name is [PERSON-1]."]}],
        "all": ["[EMAIL-2]"],
        "7": "[EMAIL-2]",
        "at": "2026-11-23T10:00:00Z",
    }


def test_what_cannot_be_checked_is_not_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Redactor, texts: list[str], models: bool) -> None:
        raise RuntimeError(f"cannot read {texts}")

    monkeypatch.setattr(Redactor, "_scan", broken)
    feedback = FeedbackLog(path)
    id_ = feedback.log_interaction(question="I am Martha.", answer="Hello.", id="Martha")
    feedback.log_feedback(id_, "down", correction="Hello Martha.")
    asked, voted = lines(path)
    assert asked["id"] == f"id-{keyed_hash('id', 'Martha')}"
    assert (asked["question"], asked["answer"], voted["correction"]) == (FAILED,) * 3
    assert asked["redaction"]["counts"] == {"REDACTION-FAILED": 2}
    assert "Martha" not in path.read_text("utf-8")

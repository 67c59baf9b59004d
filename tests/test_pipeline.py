"""A log on its way into the store: what counts, what is recognised again, what never gets there."""

import io
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from core import export, pipeline, review
from core import settings as config
from core.keys import keyed_hash, seal
from core.pipeline import Cancelled, load_file, load_log, record_redactor
from core.redaction import FAILED, VERSION, Redactor
from core.reredaction import Reredaction, reredact
from core.settings import secret_key
from core.store import Store, log, reports
from core.store.log import LoadCounts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WriteLog = Callable[..., Path]


def load(store: Store, *records: dict[str, Any] | str, name: str = "log.jsonl") -> LoadCounts:
    lines = (each if isinstance(each, str) else json.dumps(each) for each in records)
    return load_log(store, io.BytesIO("\n".join(lines).encode()), name)


def new_process() -> None:
    """What ends with a process: placeholder numbers are remembered in memory only."""
    record_redactor.cache_clear()


def qa(id_: str = "q-1", /, **fields: Any) -> dict[str, Any]:
    return {"id": id_, "question": f"What is {id_}?", "answer": f"It is {id_}.", **fields}


def vote(id_: str, signal: str, **fields: Any) -> dict[str, Any]:
    return {"type": "feedback", "interaction_id": id_, "signal": signal, **fields}


def sealed(record: dict[str, Any]) -> dict[str, Any]:
    redaction = {"version": VERSION, "counts": {}, "seal": seal(record, VERSION)}
    return {**record, "redaction": redaction}


def user(raw: str) -> str:
    """How a user is stored."""
    return f"u-{keyed_hash('u', raw)}"


def counted(counts: LoadCounts) -> tuple[int, int, int, int, int]:
    assert counts.lines == counts.loaded + counts.duplicate + counts.rejected + counts.feedback
    return counts.lines, counts.loaded, counts.duplicate, counts.rejected, counts.feedback


def interaction(store: Store, id_: str) -> dict[str, Any]:
    (row,) = store.rows("SELECT * FROM interactions WHERE id = ?", [id_])
    for name in ("history", "sources", "metadata", "redaction_counts"):
        row[name] = json.loads(row[name]) if row[name] else None
    return row


def corrections(store: Store, id_: str) -> list[str]:
    rows = store.rows(
        "SELECT correction FROM feedback WHERE interaction_id = ? ORDER BY seq", [id_]
    )
    return [row["correction"] for row in rows]


def everything(store: Store) -> str:
    """All that is stored, as text."""
    tables = store.rows("SELECT table_name FROM duckdb_tables() ORDER BY table_name")
    assert len(tables) >= 9
    return "\n".join(
        str(row) for each in tables for row in store.rows(f"SELECT * FROM {each['table_name']}")
    )


def all_but_loads(store: Store) -> dict[str, list[dict[str, Any]]]:
    tables = ("interactions", "feedback", "rejected_lines", "decisions")
    drop = {"load_id"}
    return {
        table: [
            {key: value for key, value in row.items() if key not in drop}
            for row in store.rows(f"SELECT * FROM {table} ORDER BY ALL")
        ]
        for table in tables
    }


# ---- what is stored -------------------------------------------------------------------------

FULL: dict[str, Any] = {
    "id": "q-1",
    "logged_at": "2026-11-23T12:00:00+02:00",
    "question": "I am Martha Jones. Did you get my mail from martha@example.com?",
    "answer": "Yes, Martha Jones, and we answered to MARTHA@example.com.",
    "history": [{"role": "user", "content": "Call me on 541-754-3010."}],
    "sources": [{"title": "Mail", "uri": "https://help.example/mail", "text": "Ask bo@x.example"}],
    "feedback": {"signal": "down", "correction": "We wrote to bo@x.example.", "user": "u2"},
    "agent_version": "2.14.0.1",
    "model": "m-1",
    "session_id": "s-1",
    "user": "martha",
    "tags": ["mail"],
    "consent": True,
    "metadata": {"locale": "en"},
    "latency_ms": 12,
}


def test_a_line_is_stored_redacted_and_whole(store: Store) -> None:
    assert load(store, FULL) == LoadCounts(
        lines=1, loaded=1, redacted={"PERSON": 2, "EMAIL": 4, "PHONE": 1}
    )
    row = interaction(store, "q-1")
    assert abs((datetime.now(UTC).replace(tzinfo=None) - row.pop("stored_at")).seconds) < 60
    assert row == {
        "seq": 1,
        "id": "q-1",
        "content_key": keyed_hash("content", FULL["question"], FULL["answer"], length=32),
        "logged_at": datetime(2026, 11, 23, 10),
        "question": "I am [PERSON-1]. Did you get my mail from [EMAIL-1]?",
        "answer": "Yes, [PERSON-1], and we answered to [EMAIL-1].",
        "history": [{"role": "user", "content": "Call me on [PHONE-1]."}],
        "sources": [{"title": "Mail", "uri": "https://help.example/mail", "text": "Ask [EMAIL-2]"}],
        "agent_version": "2.14.0.1",
        "model": "m-1",
        "session_id": f"s-{keyed_hash('s', 's-1')}",
        "user_ref": user("martha"),
        "tags": ["mail"],
        "consent": True,
        "metadata": {"locale": "en", "latency_ms": 12},
        "redaction_version": VERSION,
        "redaction_counts": {"PERSON": 2, "EMAIL": 3, "PHONE": 1},
        "load_id": 1,
        "log_line": 1,
        "is_sample": False,
    }
    (stored,) = store.rows("SELECT * EXCLUDE (event_key, stored_at) FROM feedback")
    assert stored == {
        "seq": 2,
        "interaction_id": "q-1",
        "given_at": datetime(2026, 11, 23, 10),
        "signal": "down",
        "correction": "We wrote to [EMAIL-2].",
        "comment": None,
        "tags": [],
        "rater_ref": user("u2"),
        "redaction_version": VERSION,
        "redaction_counts": '{"EMAIL":1}',
        "load_id": 1,
        "log_line": 1,
        "is_sample": False,
    }


def test_a_load_is_recorded_with_its_counts(store: Store) -> None:
    load(store, qa(), qa(), "{", vote("q-1", "up", comment="Mail jo@example.com"), name="a.jsonl")
    load(store, qa("q-2"), name="b.jsonl")
    loads = log.loads(store)
    assert [row["log_file"] for row in loads] == ["b.jsonl", "a.jsonl"]
    assert all(row["started_at"] <= row["finished_at"] for row in loads)
    assert {key: loads[1][key] for key in list(loads[1])[5:12]} == {
        "is_sample": False,
        "lines": 4,
        "loaded": 1,
        "duplicate": 1,
        "rejected": 1,
        "feedback": 1,
        "redacted": '{"EMAIL":1}',
    }


def test_more_than_one_slice(store: Store) -> None:
    total = config.settings().load.slice_records * 2 + 50
    progress: list[tuple[int, ...]] = []
    lines = [json.dumps(sealed(qa(f"q-{number}"))) for number in range(total)]
    content = "\n".join([*lines, "{", lines[0]]).encode()
    counts = load_log(
        store,
        io.BytesIO(content),
        "log",
        size=len(content),
        on_progress=lambda *done: progress.append(done),
    )
    assert counted(counts) == (total + 2, total, 1, 1, 0)
    assert [size for _, size, _ in progress] == [len(content)] * 3
    assert progress[-1][2] == total + 2
    assert progress == sorted(progress)
    assert content[progress[-1][0] :].decode() == lines[0]
    order = [row["id"] for row in store.rows("SELECT id FROM interactions ORDER BY seq")]
    assert order == [f"q-{number}" for number in range(total)]


# ---- the same again -------------------------------------------------------------------------


def test_loading_a_log_again_changes_nothing(store: Store) -> None:
    lines: list[dict[str, Any] | str] = [
        FULL,
        qa("q-2", feedback=["up", {"signal": "down", "comment": "hm"}]),
        {"question": "No id?", "answer": "None."},
        vote("q-2", "up", user="u1"),
        vote("nobody", "down"),
        "{broken",
        qa("q-2", question="Another?"),
    ]
    first = load(store, *lines)
    assert counted(first) == (7, 3, 0, 2, 2)
    before = all_but_loads(store)
    for _ in range(2):
        again = load(store, *lines)
        assert counted(again) == (7, 0, 5, 2, 0)
        assert again.redacted == {}
        assert all_but_loads(store) == before
        new_process()


def test_the_same_line_twice_in_one_log_is_a_duplicate(store: Store) -> None:
    twice = qa("q-1", feedback="up")
    assert counted(load(store, twice, twice, vote("q-1", "up", user="a"))) == (3, 1, 1, 0, 1)
    assert len(store.rows("SELECT 1 FROM feedback")) == 2
    # The same vote twice on one line is one vote.
    assert counted(load(store, qa("q-2", feedback=["up", "up"]))) == (1, 1, 0, 0, 0)
    assert len(store.rows("SELECT 1 FROM feedback")) == 3


def test_appended_lines_are_picked_up(store: Store, write_log: WriteLog) -> None:
    path = write_log(qa("q-1"), qa("q-2"))
    assert counted(load_file(store, path)) == (2, 2, 0, 0, 0)
    with path.open("a") as file:
        file.write(json.dumps(qa("q-3")) + "\n" + json.dumps(vote("q-1", "down")) + "\n")
    assert counted(load_file(store, path)) == (4, 1, 2, 0, 1)
    assert reports.stats(store, sample=False)["interactions"] == 3


def test_the_same_id_with_another_text_is_a_conflict(store: Store) -> None:
    load(store, qa("q-1"))
    before = interaction(store, "q-1")
    other = qa("q-1", answer="Ask bo@example.com.", feedback="up")
    assert counted(load(store, qa("q-2"), other, qa("q-1", question="Other?"))) == (3, 1, 0, 2, 0)
    assert interaction(store, "q-1") == before
    assert store.rows("SELECT 1 FROM feedback") == []
    assert log.rejects(store) == [
        {
            "path": "log.jsonl",
            "line": 2,
            "byte_offset": len(json.dumps(qa("q-2"))) + 1,
            "reason": "id_conflict: this id is stored already with another question or answer",
            "excerpt": "q-1: What is q-1? → Ask [EMAIL-1].",
        },
        {
            "path": "log.jsonl",
            "line": 3,
            "byte_offset": len(json.dumps(qa("q-2"))) + len(json.dumps(other)) + 2,
            "reason": "id_conflict: this id is stored already with another question or answer",
            "excerpt": "q-1: Other? → It is q-1.",
        },
    ]
    # White space is text, too: what a user saw is what counts.
    assert counted(load(store, qa("q-1", answer="It is q-1. "))) == (1, 0, 0, 1, 0)
    # And within one slice, before anything of it is stored.
    assert counted(load(store, qa("q-9"), qa("q-9", answer="No."))) == (2, 1, 0, 1, 0)


def test_another_vote_on_the_same_text_is_a_feedback_event(store: Store) -> None:
    load(store, qa("q-1", feedback="up", user="u1"))
    assert counted(load(store, qa("q-1", feedback="down", user="u1"))) == (1, 0, 0, 0, 1)
    assert counted(load(store, qa("q-1", feedback="down", user="u1"))) == (1, 0, 1, 0, 0)
    assert counted(load(store, qa("q-1", feedback="down", user="u2"))) == (1, 0, 0, 0, 1)
    rows = store.rows("SELECT signal FROM feedback ORDER BY seq")
    assert [row["signal"] for row in rows] == ["up", "down", "down"]


def test_lines_without_an_id_are_known_by_what_they_say(store: Store) -> None:
    line = {"question": "Who?", "answer": "Ann.", "logged_at": "2026-11-23T10:00:00Z"}
    assert counted(load(store, line, line)) == (2, 1, 1, 0, 0)
    assert counted(load(store, {**line, "logged_at": "2026-11-23T11:00:00Z"})) == (1, 1, 0, 0, 0)
    assert counted(load(store, {**line, "session_id": "s"})) == (1, 1, 0, 0, 0)
    assert counted(load(store, {**line, "logged_at": "2026-11-23T12:00:00+02:00"})) == (
        1,
        0,
        1,
        0,
        0,
    )
    (row, *_) = store.rows("SELECT id FROM interactions")
    assert re.fullmatch(r"i-[0-9a-f]{16}", row["id"])


# ---- votes ----------------------------------------------------------------------------------


def test_a_vote_waits_for_its_answer(store: Store) -> None:
    assert counted(load(store, vote("q-1", "down", correction="It is two."))) == (1, 0, 0, 0, 1)
    nothing = dict.fromkeys(
        "interactions up down down_with_correction down_without_fix edit retry pending approved "
        "edited rejected".split(),
        0,
    )
    assert reports.stats(store, sample=False) == nothing
    new_process()
    assert counted(load(store, qa("q-2"), qa("q-1"))) == (2, 2, 0, 0, 0)
    assert reports.stats(store, sample=False) == {
        **nothing,
        "interactions": 2,
        "down": 1,
        "down_with_correction": 1,
        "pending": 1,
    }


def test_a_vote_may_stand_before_its_answer_in_the_same_log(store: Store) -> None:
    assert counted(load(store, vote("q-1", "up"), qa("q-1"))) == (2, 1, 0, 0, 1)
    assert reports.stats(store, sample=False)["up"] == 1


def test_stats_count_an_interaction_once_per_signal(store: Store) -> None:
    load(
        store,
        qa("up", feedback="up"),
        qa("down", feedback="down"),
        qa("fix", feedback={"signal": "down", "correction": "Two."}),
        qa("edit", feedback={"signal": "edit", "correction": "Two."}),
        qa("retry", feedback=["retry", {"signal": "retry", "comment": "again"}]),
        qa("both", feedback=[{"signal": "up", "user": "a"}, {"signal": "down", "user": "b"}]),
        qa("resolved", feedback="resolved"),
        qa("none"),
    )
    assert reports.stats(store, sample=False) == {
        "interactions": 8,
        "up": 2,
        "down": 3,
        "down_with_correction": 1,
        "down_without_fix": 2,
        "edit": 1,
        "retry": 1,
        "pending": 4,
        "approved": 0,
        "edited": 0,
        "rejected": 0,
    }


# ---- rejects --------------------------------------------------------------------------------


def test_rejects_are_those_of_the_last_load_of_a_log(store: Store, write_log: WriteLog) -> None:
    whole = json.dumps(qa("q-2"))
    path = write_log(qa("q-1"), whole[:-9])
    assert counted(load_file(store, path)) == (2, 1, 0, 1, 0)
    other = write_log("{", name="other.jsonl")
    load_file(store, other)
    assert [(row["path"], row["line"]) for row in log.rejects(store)] == [
        (str(path), 2),
        (str(other), 1),
    ]
    path = write_log(qa("q-1"), whole)
    assert counted(load_file(store, path)) == (2, 1, 1, 0, 0)
    assert [row["path"] for row in log.rejects(store)] == [str(other)]
    assert interaction(store, "q-2")["answer"] == "It is q-2."


def test_the_excerpt_of_a_reject_is_redacted_before_it_is_cut(store: Store) -> None:
    pad = "x" * 170
    load(
        store,
        '{"id": 1, "question": "I am \\u004dartha Jones,\\nmartha\\u0040example.com", "answer": 5}',
        f'{{"question": "{pad} martha.jones.of.the.long.address@example.com is mine',
        '{"question": "my card is 4111 1111 1111 1111',
    )
    excerpts = [row["excerpt"] for row in log.rejects(store)]
    assert excerpts == [
        r'{"id":1,"question":"I am [PERSON-1],\n[EMAIL-1]","answer":5}',
        f'{{"question": "{pad} [EMAIL-1] is mi…',
        '{"question": "my card is [CREDIT_CARD-1]',
    ]


def test_the_excerpt_of_a_line_that_was_cut_off_names_nobody(store: Store, tmp_path: Path) -> None:
    """No JSON any more, so it is read as a text; its time makes it no bibliography."""
    said = "hi its Dorota Lis, 4 Quayside Row, Goole DN14 5BX, meter box broken"
    line = {"id": "q-1", "logged_at": "2026-10-02T03:12:44Z", "question": said, "answer": "Why?"}
    path = tmp_path / "cut.jsonl"
    path.write_text(json.dumps(line)[:-9] + "\n", "utf-8")
    load_file(store, path)
    (excerpt,) = (row["excerpt"] for row in log.rejects(store))
    assert "hi its [PERSON-1], [ADDRESS-1], meter box broken" in excerpt


def test_the_excerpt_of_a_reject_does_not_name_its_user(store: Store) -> None:
    load(store, qa(user="jdoe42", answer=5), json.dumps(qa(user="jdoe42"))[:-1])
    assert len(log.rejects(store)) == 2
    assert "jdoe42" not in everything(store)


# ---- placeholder numbers --------------------------------------------------------------------


def test_numbers_mean_the_same_everywhere_in_one_interaction(store: Store) -> None:
    load(
        store,
        qa(
            question="Is ann@example.com or bob@example.com right?",
            answer="bob@example.com is.",
            tags=["to cid@example.com"],
            metadata={"seen": ["ann@example.com", "dan@example.com"]},
            feedback={
                "signal": "down",
                "correction": "No, ANN@example.com is, or eve@example.com.",
                "comment": "cid@example.com told me",
            },
        ),
        qa("q-2", question="Who is eve@example.com?"),
    )
    row = interaction(store, "q-1")
    assert row["question"] == "Is [EMAIL-1] or [EMAIL-2] right?"
    assert row["answer"] == "[EMAIL-2] is."
    assert row["tags"] == ["to [EMAIL-3]"]
    assert row["metadata"] == {"seen": ["[EMAIL-1]", "[EMAIL-4]"]}
    (given,) = store.rows("SELECT correction, comment FROM feedback")
    assert given == {
        "correction": "No, [EMAIL-1] is, or [EMAIL-5].",
        "comment": "[EMAIL-3] told me",
    }
    assert interaction(store, "q-2")["question"] == "Who is [EMAIL-1]?"


def test_a_late_vote_uses_the_numbers_of_its_answer(store: Store) -> None:
    load(store, qa(question="Is ann@example.com right?"))
    load(store, vote("q-1", "down", correction="No, bob@example.com, not ann@example.com."))
    assert corrections(store, "q-1") == ["No, [EMAIL-2], not [EMAIL-1]."]


def test_a_late_vote_in_a_new_process_never_reuses_a_number(store: Store) -> None:
    load(store, qa(question="Is ann@example.com right?", metadata={"cc": "cid@example.com"}))
    new_process()
    load(store, vote("q-1", "down", user="a", correction="No, bob@example.com is."))
    new_process()
    review.decide(
        store,
        record_redactor(),
        "q-1",
        "edit",
        revision=0,
        reviewer="Rita",
        now=NOW,
        answer="Ask dan@example.com.",
        note="Told by eve@example.com.",
    )
    new_process()
    load(store, vote("q-1", "down", user="b", correction="No, fay@example.com is."))
    assert interaction(store, "q-1")["question"] == "Is [EMAIL-1] right?"
    assert interaction(store, "q-1")["metadata"] == {"cc": "[EMAIL-2]"}
    assert corrections(store, "q-1") == ["No, [EMAIL-3] is.", "No, [EMAIL-6] is."]
    (decision,) = store.rows("SELECT final_answer, note FROM decisions")
    assert decision == {"final_answer": "Ask [EMAIL-4].", "note": "Told by [EMAIL-5]."}


def test_an_answer_after_its_vote_in_a_new_process_never_reuses_a_number(store: Store) -> None:
    load(store, vote("q-1", "down", correction="No, bob@example.com is."))
    new_process()
    load(store, qa(question="Is ann@example.com right?"))
    assert corrections(store, "q-1") == ["No, [EMAIL-1] is."]
    assert interaction(store, "q-1")["question"] == "Is [EMAIL-2] right?"


def test_numbers_in_tags_are_not_reused_either(store: Store) -> None:
    load(store, qa(tags=["to ann@example.com"]))
    new_process()
    load(store, vote("q-1", "down", correction="No, bob@example.com is."))
    assert interaction(store, "q-1")["tags"] == ["to [EMAIL-1]"]
    assert corrections(store, "q-1") == ["No, [EMAIL-2] is."]


def test_placeholders_that_a_log_has_already_are_kept(store: Store) -> None:
    load(store, qa(question="Is [EMAIL-1] or ann@example.com right?", answer="[EMAIL-2] is."))
    row = interaction(store, "q-1")
    assert row["question"] == "Is [EMAIL-1] or [EMAIL-3] right?"
    assert row["answer"] == "[EMAIL-2] is."


# ---- sealed lines ---------------------------------------------------------------------------

MARTHA = qa("q-1", question="My name is Martha Jones.", user="u-0123456789abcdef")


def test_a_seal_spares_a_line_the_models_but_not_the_patterns(store: Store) -> None:
    load(store, sealed({**MARTHA, "answer": "Mail jo@example.com."}))
    row = interaction(store, "q-1")
    assert row["question"] == "My name is Martha Jones."
    assert row["answer"] == "Mail [EMAIL-1]."
    assert row["user_ref"] == "u-0123456789abcdef"


@pytest.mark.parametrize(
    "line",
    [
        MARTHA,
        {**MARTHA, "redaction": {"version": VERSION, "counts": {}}},
        {**MARTHA, "redaction": {"version": VERSION, "seal": "0" * 32}},
        {**MARTHA, "redaction": {"version": VERSION, "seal": ""}},
        {**MARTHA, "redaction": {"seal": "x"}, "sealed": True},
        {**MARTHA, "sealed": True},
    ],
    ids=["none", "no seal", "wrong", "empty", "no version", "claimed"],
)
def test_a_line_without_a_valid_seal_is_redacted_wholly(store: Store, line: dict[str, Any]) -> None:
    load(store, line)
    row = interaction(store, "q-1")
    assert row["question"] == "My name is [PERSON-1]."
    assert row["user_ref"] == user("u-0123456789abcdef")


def test_a_changed_or_copied_or_older_seal_is_worth_nothing(store: Store) -> None:
    clean = sealed(qa("q-1"))
    (older := sealed({**MARTHA, "id": "q-4"}))["redaction"]["version"] = "0"
    old = {**MARTHA, "id": "q-5"}
    old["redaction"] = {"version": "0", "seal": seal(old, "0")}
    load(
        store,
        {**clean, "id": "q-2", "question": "My name is Martha Jones."},
        {**sealed({**MARTHA, "id": "q-3"}), "extra": True},
        older,
        old,
    )
    rows = store.rows("SELECT question FROM interactions ORDER BY id")
    assert [row["question"] for row in rows] == ["My name is [PERSON-1]."] * 4


def test_a_seal_made_with_another_key_is_worth_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = sealed(MARTHA)
    monkeypatch.setenv("FLYWHEEL_KEY", "another key")
    secret_key.cache_clear()
    load(store, line)
    assert interaction(store, "q-1")["question"] == "My name is [PERSON-1]."


def test_a_sealed_vote_is_believed_and_a_tampered_one_is_not(store: Store) -> None:
    given = sealed(vote("q-1", "down", comment="Martha Jones said so.", user="u-0123456789abcdef"))
    load(store, given, {**given, "comment": "Martha Jones says so."})
    rows = store.rows("SELECT comment, rater_ref FROM feedback ORDER BY seq")
    assert rows == [
        {"comment": "Martha Jones said so.", "rater_ref": "u-0123456789abcdef"},
        {
            "comment": "[PERSON-1] says so.",
            "rater_ref": user("u-0123456789abcdef"),
        },
    ]


# ---- personal data outside of texts ---------------------------------------------------------


def test_personal_data_in_ids_users_and_sessions_is_hashed(store: Store) -> None:
    load(
        store,
        qa(
            "jane.roe@example.com",
            user="Jane Roe",
            session_id="541-754-3010",
            feedback={"signal": "up", "user": "bob@example.com"},
        ),
        vote("jane.roe@example.com", "down", user="bob@example.com"),
        qa("x" * 201, question="Who?", answer="Ann."),
    )
    id_ = f"id-{keyed_hash('id', 'jane.roe@example.com')}"
    row = interaction(store, id_)
    assert row["user_ref"] == user("Jane Roe")
    assert row["session_id"] == f"s-{keyed_hash('s', '541-754-3010')}"
    assert (
        store.rows("SELECT interaction_id, rater_ref FROM feedback ORDER BY seq")
        == [{"interaction_id": id_, "rater_ref": user("bob@example.com")}] * 2
    )
    assert interaction(store, f"id-{keyed_hash('id', 'x' * 201)}")
    text = everything(store)
    assert not any(raw in text for raw in ("jane.roe", "Jane Roe", "541-754", "bob@", "xxx"))


def test_personal_data_in_labels_and_tags(store: Store) -> None:
    load(
        store,
        qa(
            agent_version="v1 by jane@example.com",
            model="2026-11-01",
            tags=["billing", "jane@example.com", "4111-1111-1111-1111", "My name is Jane Roe"],
            feedback={"signal": "down", "tags": ["bob@example.com", "123-45-6789", "slow"]},
        ),
    )
    row = interaction(store, "q-1")
    assert row["agent_version"] == "v1 by [EMAIL-1]"
    assert row["model"] == "2026-11-01"
    assert row["tags"] == ["billing", "[EMAIL-1]", "[CREDIT_CARD-1]", "My name is [PERSON-1]"]
    (given,) = store.rows("SELECT tags FROM feedback")
    assert given["tags"] == ["[EMAIL-2]", "[SSN-1]", "slow"]


def test_personal_data_in_metadata(store: Store) -> None:
    load(
        store,
        qa(
            metadata={
                "jane@example.com": {"deep": [{"er": "Mail jane@example.com."}, 4111111111111111]},
                "note": "My name is Martha Jones.",
                "password": "tulip",
                "api_key": ["a", "b"],
                "customer_name": "Xyzzy",
                "home_address": "Under the bridge",
                "mobile": "12 34 56",
                "latency_ms": 1234567,
                "score": 0.123456789,
                "ok": True,
                "none": None,
                "build": "2.14.0",
            },
            access_token="zzz",
            ip="203.0.113.8",
        ),
    )
    assert interaction(store, "q-1")["metadata"] == {
        "[EMAIL-1]": {"deep": [{"er": "Mail [EMAIL-1]."}, "[CREDIT_CARD-1]"]},
        "note": "My name is [PERSON-1].",
        "password": "[SECRET-1]",
        "api_key": ["[SECRET-2]", "[SECRET-3]"],
        "customer_name": "[PERSON-2]",
        "home_address": "[ADDRESS-1]",
        "mobile": "[PHONE-1]",
        "latency_ms": 1234567,
        "score": 0.123456789,
        "ok": True,
        "none": None,
        "build": "2.14.0",
        "access_token": "[SECRET-4]",
        "ip": "[IP-1]",
    }


def test_personal_data_in_the_keys_of_metadata(store: Store) -> None:
    keys = ["4111-1111-1111-1111", "123-45-6789", "541-754-3010", "203.0.113.8", "2026-11-01"]
    load(store, qa(metadata={"seen": dict.fromkeys(keys, 1)}))
    assert interaction(store, "q-1")["metadata"] == {
        "seen": dict.fromkeys(
            ["[CREDIT_CARD-1]", "[SSN-1]", "[PHONE-1]", "[IP-1]", "2026-11-01"], 1
        )
    }


def test_what_a_key_says_holds_for_numbers_and_below(store: Store) -> None:
    load(
        store,
        qa(metadata={"phone": 5417543010, "password": 123456, "secret": {"value": "tulip"}}),
    )
    assert interaction(store, "q-1")["metadata"] == {
        "phone": "[PHONE-1]",
        "password": "[SECRET-1]",
        "secret": {"value": "[SECRET-2]"},
    }


def test_a_card_number_written_as_a_float(store: Store) -> None:
    load(store, qa(metadata={"card": 4111111111111111.0}))
    assert "411111111" not in everything(store)


def test_personal_data_in_sources(store: Store) -> None:
    load(
        store,
        qa(
            sources=[
                {
                    "title": "By Martha Jones",
                    "uri": "https://jane:tulip@help.example/u/jane@example.com/a%20b"
                    "?email=jane@example.com&page=2&q=my+name#martha",
                    "text": "My name is Martha Jones.",
                },
                "https://help.example/faq?user=martha",
                "notes of jane@example.com",
            ]
        ),
    )
    assert interaction(store, "q-1")["sources"] == [
        {
            "title": "By [PERSON-1]",
            "uri": "https://help.example/u/[EMAIL-1]/a%20b?email=[VALUE]&page=2&q=[VALUE]",
            "text": "My name is [PERSON-1].",
        },
        {"uri": "https://help.example/faq?user=[VALUE]"},
        {"title": "notes of [EMAIL-1]"},
    ]


def test_personal_data_in_the_name_of_a_log(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/martha")
    for name in ("chat.jsonl", "of jane@example.com/chat.jsonl", "martha-jones.jsonl"):
        load(store, "{", name=f"/home/martha/{name}")
    named = [row["log_file"] for row in reversed(log.loads(store))]
    assert named == [
        "~/chat.jsonl",
        "~/of [EMAIL-1]/chat.jsonl",
        f"log-{keyed_hash('file', '~/martha-jones.jsonl')}",
    ]
    assert [row["path"] for row in log.rejects(store)] == named


# ---- fail closed ----------------------------------------------------------------------------


def test_what_cannot_be_checked_is_not_stored(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = Redactor._scan

    def poisoned(self: Redactor, texts: list[str], models: bool) -> Any:
        if any("poison" in text for text in texts):
            raise RuntimeError(f"cannot read {texts}")
        return scan(self, texts, models)

    monkeypatch.setattr(Redactor, "_scan", poisoned)
    given = {"signal": "down", "correction": "poison five", "comment": "fine", "tags": ["a poison"]}
    counts = load(
        store,
        qa(
            "poison-id",
            question="poison one",
            answer="A fine answer.",
            history=[{"role": "user", "content": "poison two"}],
            sources=[{"uri": "https://help.example/poison", "text": "poison three"}, "poison.pdf"],
            session_id="poison-session",
            agent_version="poison 1",
            tags=["poison tag"],
            metadata={"poison key": "poison four", "ok": "fine"},
            feedback=given,
        ),
        '{"question": "poison six',
        qa("poison-id", question="poison seven"),
        name="poison.jsonl",
    )
    assert counted(counts) == (3, 1, 0, 2, 0)
    assert counts.redacted == {"REDACTION-FAILED": 11}
    id_ = f"id-{keyed_hash('id', 'poison-id')}"
    row = interaction(store, id_)
    assert row["question"] == FAILED == "[REDACTION-FAILED]"
    assert row["answer"] == "A fine answer."
    assert row["history"] == [{"role": "user", "content": FAILED}]
    assert row["sources"] == [{"uri": FAILED, "text": FAILED}, {"title": FAILED}]
    assert row["session_id"] == f"s-{keyed_hash('s', 'poison-session')}"
    assert row["agent_version"] == FAILED
    assert row["tags"] == [FAILED]
    assert row["metadata"] == {FAILED: FAILED, "ok": "fine"}
    assert row["redaction_counts"] == {"REDACTION-FAILED": 9}
    assert [reject["excerpt"] for reject in log.rejects(store)] == [FAILED, FAILED]
    assert log.loads(store)[0]["log_file"] == f"log-{keyed_hash('file', 'poison.jsonl')}"
    assert "poison" not in everything(store)

    load(store, qa("q-2"))
    prepared = export.prepare(store, record_redactor().redactor, "eval", sample=False)
    assert prepared.excluded == {"no_feedback": ["q-2"], "redaction_failed": [id_]}


def test_without_the_model_nothing_gets_in_unchecked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise OSError("no model in /home/martha")

    monkeypatch.setattr("core.redaction.model.rampart", missing)
    counts = load(store, qa("q-1", feedback={"signal": "down", "correction": "Ask Martha."}))
    assert counted(counts) == (1, 1, 0, 0, 0)
    assert counts.redacted == {"REDACTION-FAILED": 3}
    row = interaction(store, "q-1")
    assert (row["question"], row["answer"]) == (FAILED, FAILED)
    assert corrections(store, "q-1") == [FAILED]
    assert "Martha" not in everything(store)


def test_deep_nesting_costs_one_line_at_most(store: Store) -> None:
    deep: Any = "x"
    for _ in range(700):
        deep = [deep]
    counts = load(store, qa("q-1"), qa("q-2", metadata={"deep": deep}), qa("q-3"))
    assert counts.lines == 3
    assert counts.loaded + counts.rejected == 3
    assert {"q-1", "q-3"} <= {row["id"] for row in store.rows("SELECT id FROM interactions")}


# ---- again, by a newer redaction ------------------------------------------------------------


def made_by_an_older_version(store: Store) -> None:
    """As if an older redaction had overlooked these: names, an address in metadata, a tag."""
    load(
        store,
        qa(question="Is ann@example.com right?"),
        vote("q-1", "down", correction="x"),
        qa("q-2"),
        vote("q-3", "up", comment="x"),
    )
    review.decide(
        store,
        record_redactor(),
        "q-1",
        "edit",
        revision=0,
        reviewer="Rita",
        now=NOW,
        answer="x",
        note="y",
    )
    with store.write() as cursor:
        cursor.execute(
            "UPDATE interactions SET redaction_version = '0', answer = 'Ask Martha Jones.', "
            'metadata = \'{"cc":"bob@example.com"}\', '
            'sources = \'[{"uri":"https://help.example/a?b=[VALUE]","text":"By Martha Jones."}]\' '
            "WHERE id = 'q-1'"
        )
        cursor.execute(
            "UPDATE feedback SET redaction_version = '0', correction = 'No, Martha Jones is.' "
            "WHERE interaction_id = 'q-1'"
        )
        cursor.execute(
            "UPDATE feedback SET redaction_version = '0', comment = 'I am Martha Jones.' "
            "WHERE interaction_id = 'q-3'"
        )
        cursor.execute(
            "UPDATE decisions SET redaction_version = '0', final_answer = 'Martha Jones is.', "
            "note = 'said Martha Jones'"
        )
    new_process()


def test_stored_text_is_redacted_again(store: Store) -> None:
    made_by_an_older_version(store)
    assert reredact(store) == Reredaction(outdated=2, changed=2, failed=[])
    row = interaction(store, "q-1")
    assert row["question"] == "Is [EMAIL-1] right?"
    assert row["answer"] == "Ask [PERSON-1]."
    assert row["metadata"] == {"cc": "[EMAIL-2]"}
    assert row["sources"] == [{"uri": "https://help.example/a?b=[VALUE]", "text": "By [PERSON-1]."}]
    assert corrections(store, "q-1") == ["No, [PERSON-1] is."]
    (decision,) = store.rows("SELECT final_answer, note, revision FROM decisions")
    assert decision == {
        "final_answer": "[PERSON-1] is.",
        "note": "said [PERSON-1]",
        "revision": 1,
    }
    assert "Martha" not in everything(store)
    before = all_but_loads(store)
    assert reredact(store) == Reredaction(outdated=0, changed=0, failed=[])
    assert all_but_loads(store) == before
    # It is still known as what it was.
    new_process()
    assert counted(load(store, qa(question="Is ann@example.com right?"))) == (1, 0, 1, 0, 0)


def test_what_cannot_be_redacted_again_stays_as_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_by_an_older_version(store)
    before = all_but_loads(store)

    def broken(self: Redactor, texts: list[str], models: bool) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(Redactor, "_scan", broken)
        done = reredact(store)
    assert done == Reredaction(outdated=2, changed=0, failed=["q-1", "q-3"])
    assert all_but_loads(store) == before
    assert reredact(store) == Reredaction(outdated=2, changed=2, failed=[])


def test_whatever_was_redacted_is_redacted_again(store: Store) -> None:
    load(store, qa(feedback={"signal": "down", "tags": ["slow"]}, tags=["billing"]), "{")
    with store.write() as cursor:
        for table in ("interactions", "feedback"):
            cursor.execute(
                f"UPDATE {table} SET redaction_version = '0', tags = ['to bob@example.com']"
            )
        cursor.execute("UPDATE rejected_lines SET excerpt = 'bob@example.com'")
    reredact(store)
    assert "bob@example.com" not in everything(store)


# ---- together -------------------------------------------------------------------------------


def test_two_loads_of_one_log_at_the_same_time(store: Store) -> None:
    lines = [sealed(qa(f"q-{number}")) for number in range(250)]
    lines += [sealed(vote(f"q-{number}", "down")) for number in range(150)]
    results: list[LoadCounts | Exception] = []
    barrier = Barrier(3)

    def run() -> None:
        barrier.wait()
        try:
            results.append(load(store, *lines))
        except Exception as error:
            results.append(error)

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = [counted(each) for each in results if isinstance(each, LoadCounts)]
    assert len(counts) == 3, results
    assert tuple(map(sum, zip(*counts, strict=True))) == (1200, 250, 800, 0, 150)
    stats = reports.stats(store, sample=False)
    assert (stats["interactions"], stats["down"]) == (250, 150)


def test_a_load_that_is_stopped_keeps_whole_slices(store: Store) -> None:
    size = config.settings().load.slice_records
    lines = [json.dumps(sealed(qa(f"q-{number}"))) for number in range(3 * size)]

    def stop(done: int, _size: int, _records: int) -> None:
        if done > len(lines[0]) * size * 1.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        load_log(store, io.BytesIO("\n".join(lines).encode()), "log", on_progress=stop)
    assert reports.stats(store, sample=False)["interactions"] == 2 * size
    (row,) = log.loads(store)
    assert (row["lines"], row["loaded"], row["finished_at"]) == (2 * size, 2 * size, None)
    assert counted(load(store, *lines)) == (3 * size, size, 2 * size, 0, 0)


def test_the_sample_is_the_sample_however_it_gets_in(
    store: Store, write_log: WriteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = write_log(qa("q-1", feedback="up"), "{", name="sample.jsonl")
    monkeypatch.setattr(pipeline, "SAMPLE_LOG", sample)
    copy = write_log(sample.read_text("utf-8").removesuffix("\n"), name="copy.jsonl")
    own = write_log(qa("q-2", feedback="down"), name="own.jsonl")
    assert counted(load_file(store, copy)) == (2, 1, 0, 1, 0)
    assert log.scope_is_sample(store)
    assert counted(load_file(store, own)) == (1, 1, 0, 0, 0)
    assert not log.scope_is_sample(store)
    stats = [reports.stats(store, sample=sample) for sample in (True, False)]
    assert [(each["interactions"], each["up"], each["down"]) for each in stats] == [
        (1, 1, 0),
        (1, 0, 1),
    ]
    log.clear_sample(store, NOW)
    assert [row["id"] for row in store.rows("SELECT id FROM interactions")] == ["q-2"]
    assert log.rejects(store) == []
    assert [row["cleared_at"] is not None for row in log.loads(store)] == [False, True]


# ---- killed ---------------------------------------------------------------------------------

CHILD = """
import sys, time
from pathlib import Path
from core import settings
settings.SETTINGS_FILE = Path(sys.argv[1])
from core.pipeline import load_file
from core.store import Store, log
slices, table = int(sys.argv[4]), sys.argv[5]
done = 0
def after_slice(offset, size, records):
    global done
    done += 1
    print("slice", flush=True)
insert = log.insert
def insert_and_wait(cursor, name, rows):
    insert(cursor, name, rows)
    if name == table and done >= slices and rows:
        print("in the middle", flush=True)
        time.sleep(600)
log.insert = insert_and_wait
with Store(Path(sys.argv[2])) as store:
    load_file(store, Path(sys.argv[3]), after_slice)
print("finished", flush=True)
"""
SLICE = 20


def test_a_killed_load_leaves_whole_slices_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = config.SETTINGS_FILE.read_text("utf-8")
    chosen = tmp_path / "settings.toml"
    chosen.write_text(re.sub(r"slice_records = \d+", f"slice_records = {SLICE}", shipped), "utf-8")
    monkeypatch.setattr(config, "SETTINGS_FILE", chosen)
    assert config.settings().load.slice_records == SLICE

    lines: list[str] = []
    for number in range(900):
        line = qa(f"q-{number:03}", feedback={"signal": "down", "correction": "Two."})
        lines.append(json.dumps(sealed(line)))
        if number % 3 == 0:
            lines.append(json.dumps(sealed(vote(f"q-{number // 2:03}", "up", user="u"))))
        if number % 10 == 0:
            lines.append("{broken")
        if number % 25 == 0:
            lines.append(lines[-3])
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    database = tmp_path / "killed.duckdb"

    def should_be(count: int) -> dict[str, list[Any]]:
        """What the first lines of the log make."""
        read = [(n, json.loads(x)) for n, x in enumerate(lines[:count], 1) if x[1] == '"']
        votes = [
            (each.get("interaction_id") or each["id"], each.get("signal", "down"))
            for _, each in read
        ]
        return {
            "interactions": sorted({each["id"] for _, each in read if "id" in each}),
            "feedback": sorted(set(votes)),
            "rejected": [n for n, x in enumerate(lines[:count], 1) if x[1] != '"'],
        }

    def is_there(store: Store) -> dict[str, list[Any]]:
        return {
            "interactions": [
                row["id"] for row in store.rows("SELECT id FROM interactions ORDER BY id")
            ],
            "feedback": [
                (row["interaction_id"], row["signal"])
                for row in store.rows("SELECT * FROM feedback ORDER BY interaction_id, signal")
            ],
            "rejected": [row["line"] for row in log.rejects(store)],
        }

    chance = random.Random(7)
    reached = 0
    # Killed in the middle of a slice's transaction, and anywhere between two slices.
    for slices, table in ((2, "interactions"), (14, ""), (33, "feedback")):
        arguments = [chosen, database, path, slices, table]
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, *map(str, arguments)],
            stdout=subprocess.PIPE,
            cwd=config.ROOT,
            env=dict(os.environ),
        )
        assert child.stdout is not None
        for _ in range(slices):
            assert child.stdout.readline() == b"slice\n"
        if table:
            while (said := child.stdout.readline()) == b"slice\n":
                pass
            assert said == b"in the middle\n"
        else:
            time.sleep(chance.random() / 50)
        child.kill()
        assert b"finished" not in child.stdout.read()
        child.stdout.close()
        assert child.wait() == -9
        with Store(database) as store:
            last = log.loads(store)[0]
            assert last["finished_at"] is None
            assert slices * SLICE <= last["lines"] < len(lines)
            assert last["lines"] % SLICE == 0
            reached = max(reached, last["lines"])
            there = is_there(store)
            assert {**there, "rejected": sorted(there["rejected"])} == should_be(reached)

    with Store(database) as store:
        counts = load_file(store, path)
        assert counted(counts)[0] == len(lines)
        there = is_there(store)
        assert {**there, "rejected": sorted(there["rejected"])} == should_be(len(lines))
        (row,) = log.loads(store)
        assert row["finished_at"] and row["loaded"] == counts.loaded == 900
        assert counts.rejected == 90
        assert reports.stats(store, sample=False)["interactions"] == 900
        assert counted(load_file(store, path))[1:] == (0, len(lines) - 90, 90, 0)

"""Each format line by line as whole literals, and both files in the hands of their readers."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from core.export import FORMATS, Prepared, line_for, prepare, write
from core.pipeline import load_file, record_redactor
from core.redaction import VERSION
from core.review import decide
from core.store import Store, log, reports

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ODD = 'One\u2028two\u2029three\u0085four\ttab "quoted" \\ back\nÜber 👍 日本\u0000.'
"""What breaks careless writers and readers: odd line ends, quotes, escapes, other scripts."""
ODD_JSON = 'One\u2028two\u2029three\u0085four\\ttab \\"quoted\\" \\\\ back\\nÜber 👍 日本\\u0000.'
"""As it stands in a file: only what JSON demands is escaped."""

Load = Callable[..., None]


@pytest.fixture
def load(store: Store, write_log: Callable[..., Path]) -> Load:
    def into_store(*lines: dict[str, Any]) -> None:
        load_file(store, write_log(*lines))

    return into_store


def answered(id_: str, *votes: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    line = {"id": id_, "question": f"Question {id_}?", "answer": "Hold the left button."}
    return {**line, "feedback": list(votes), **more}


def act(store: Store, id_: str, action: Any, **more: Any) -> None:
    given = {"revision": 0, "reviewer": "Ann", "now": NOW, **more}
    decide(store, record_redactor(), id_, action, **given)


def exported(store: Store, format_: str) -> Prepared:
    return prepare(store, record_redactor().redactor, format_, sample=False)


def lines(prepared: Prepared) -> list[str]:
    data = prepared.files[prepared.format.file]
    assert data.endswith(b"\n")
    return data.decode().split("\n")[:-1]


@pytest.fixture
def filled(store: Store, load: Load) -> Store:
    """One case of each kind, one with everything and one with next to nothing."""
    load(
        answered(
            "full",
            {"signal": "edit", "correction": "Hold the right button. Über 👍"},
            logged_at="2026-11-20T10:00:00.25+02:00",
            history=[
                {"role": "user", "content": "Good morning."},
                {"role": "assistant", "content": "Good morning! How can I help?"},
            ],
            sources=[
                {"title": "Resetting", "uri": "https://help.example.com/reset?page=2", "text": "…"},
                "A bare title",
            ],
            agent_version="7",
            model="s1",
            tags=["meter", "reset"],
            consent=True,
        ),
        answered("bare", "up"),
        answered("fixed", "down", question="What is odd?"),
        answered("waiting", "down"),
    )
    act(store, "full", "approve")
    act(store, "fixed", "edit", answer=ODD)
    return store


# ---- the lines ------------------------------------------------------------------------------


def test_the_lines_of_eval(filled: Store) -> None:
    assert lines(exported(filled, "eval")) == [
        '{"id":"bare","kind":"golden","question":"Question bare?",'
        '"expected":"Hold the left button.","rejected_answer":null,"sources":[],'
        '"seen_in_training":true,"metadata":{"agent_version":null,"model":null,"logged_at":null,'
        '"signal":"up","implicit":false,"revision":0,"tags":[],"history":[],'
        f'"redaction_version":"{VERSION}"}}}}',
        '{"id":"fixed","kind":"regression","question":"What is odd?",'
        f'"expected":"{ODD_JSON}","rejected_answer":"Hold the left button.","sources":[],'
        '"seen_in_training":true,"metadata":{"agent_version":null,"model":null,"logged_at":null,'
        '"signal":"down","implicit":false,"revision":1,"tags":[],"history":[],'
        f'"redaction_version":"{VERSION}"}}}}',
        '{"id":"full","kind":"regression","question":"Question full?",'
        '"expected":"Hold the right button. Über 👍",'
        '"rejected_answer":"Hold the left button.",'
        '"sources":[{"title":"Resetting","uri":"https://help.example.com/reset?page=2","text":"…"},'
        '{"title":"A bare title","uri":null,"text":null}],"seen_in_training":true,'
        '"metadata":{"agent_version":"7","model":"s1","logged_at":"2026-11-20T08:00:00.250000Z",'
        '"signal":"edit","implicit":true,"revision":1,"tags":["meter","reset"],'
        '"history":[{"role":"user","content":"Good morning."},'
        '{"role":"assistant","content":"Good morning! How can I help?"}],'
        f'"redaction_version":"{VERSION}"}}}}',
    ]


def test_the_lines_of_messages(filled: Store) -> None:
    assert lines(exported(filled, "messages")) == [
        '{"messages":[{"role":"user","content":"Question bare?"},'
        '{"role":"assistant","content":"Hold the left button."}]}',
        '{"messages":[{"role":"user","content":"What is odd?"},'
        f'{{"role":"assistant","content":"{ODD_JSON}"}}]}}',
        '{"messages":[{"role":"user","content":"Good morning."},'
        '{"role":"assistant","content":"Good morning! How can I help?"},'
        '{"role":"user","content":"Question full?"},'
        '{"role":"assistant","content":"Hold the right button. Über 👍"}]}',
    ]


def test_the_line_shown_after_a_decision_is_the_line_of_the_file(filled: Store) -> None:
    for format_ in FORMATS:
        prepared = exported(filled, format_)
        ids = [case.id for case in prepared.cases]
        assert ids == ["bare", "fixed", "full"]
        assert [line_for(filled, id_, format_, sample=False) for id_ in ids] == lines(prepared)
        assert line_for(filled, "waiting", format_, sample=False) is None
        assert line_for(filled, "bare", format_, sample=True) is None


def test_rows_are_in_order_of_id_however_they_came(store: Store, load: Load) -> None:
    ids = ["b", "a-10", "Z", "a-2", "_", "é"]
    load(*(answered(id_, "up") for id_ in ids))
    prepared = exported(store, "eval")
    assert [json.loads(line)["id"] for line in lines(prepared)] == sorted(ids)


def test_without_cases_the_file_is_empty(store: Store) -> None:
    for format_ in FORMATS.values():
        assert exported(store, format_.name).files[format_.file] == b""


def test_every_format_describes_itself() -> None:
    assert set(FORMATS) == {"eval", "messages"}
    for name, format_ in FORMATS.items():
        assert name == format_.name
        assert format_.title
        assert format_.about
        assert format_.file in format_.use


# ---- chat fine-tuning -----------------------------------------------------------------------


def check_chat(line: str) -> None:
    """The rules of OpenAI's chat fine-tuning format, strictly.

    Source: the checks of "Data preparation and analysis for chat model fine-tuning" in OpenAI's
    cookbook: `messages` is a non-empty list of objects with a known role and a text, with no
    unknown key, among them one of the assistant. Beyond that: nothing but `messages`, every text
    has something in it, and the conversation ends with what is to be learnt.
    """
    row = json.loads(line)
    assert list(row) == ["messages"]
    assert isinstance(row["messages"], list)
    assert row["messages"]
    for message in row["messages"]:
        assert list(message) == ["role", "content"]
        assert message["role"] in ("system", "user", "assistant")
        assert isinstance(message["content"], str)
        assert message["content"].strip()
    assert row["messages"][-1]["role"] == "assistant"
    assert row["messages"][-2]["role"] == "user"


def test_messages_keep_the_rules_of_chat_fine_tuning(filled: Store) -> None:
    written = lines(exported(filled, "messages"))
    assert len(written) == 3
    for line in written:
        check_chat(line)


@pytest.mark.parametrize(
    "turn",
    [{"role": "bot", "content": "Hello!"}, {"role": "assistant", "content": ""}],
    ids=["unknown role", "empty text"],
)
def test_no_turn_breaks_the_rules_of_chat_fine_tuning(
    store: Store, load: Load, turn: dict[str, str]
) -> None:
    load(answered("i-1", "up", history=[{"role": "user", "content": "Hello."}, turn]))
    for line in lines(exported(store, "messages")):
        check_chat(line)


# ---- those who read the files ---------------------------------------------------------------


@pytest.fixture
def folder(filled: Store, tmp_path: Path) -> Path:
    for format_ in FORMATS:
        write(exported(filled, format_), tmp_path / "out")
    return tmp_path / "out"


def test_pandas_reads_eval(folder: Path) -> None:
    frame = pd.read_json(folder / "eval.jsonl", lines=True)
    assert list(frame.columns) == [
        *("id", "kind", "question", "expected", "rejected_answer", "sources"),
        *("seen_in_training", "metadata"),
    ]
    assert list(frame["id"]) == ["bare", "fixed", "full"]
    assert list(frame["kind"]) == ["golden", "regression", "regression"]
    assert frame["expected"][1] == ODD
    assert pd.isna(frame["rejected_answer"][0])
    assert frame["seen_in_training"].dtype == bool
    assert frame["metadata"][2]["history"][0] == {"role": "user", "content": "Good morning."}
    assert frame["sources"][2][1] == {"title": "A bare title", "uri": None, "text": None}


def test_duckdb_reads_eval(folder: Path) -> None:
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT id, kind, expected, rejected_answer, seen_in_training, metadata.tags, "
            "epoch_ms(metadata.logged_at), sources[1].title FROM read_json(?)",
            [str(folder / "eval.jsonl")],
        ).fetchall()
    left = "Hold the left button."
    assert rows == [
        ("bare", "golden", left, None, True, [], None, None),
        ("fixed", "regression", ODD, left, True, [], None, None),
        (
            "full",
            "regression",
            "Hold the right button. Über 👍",
            left,
            True,
            ["meter", "reset"],
            int(datetime(2026, 11, 20, 8, tzinfo=UTC).timestamp() * 1000) + 250,
            "Resetting",
        ),
    ]


def test_pandas_and_duckdb_read_messages_alike(folder: Path) -> None:
    path = folder / "messages.jsonl"
    by_pandas = list(pd.read_json(path, lines=True)["messages"])
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT messages FROM read_json(?)", [str(path)]).fetchall()
    assert by_pandas == [row[0] for row in rows]
    assert by_pandas[1] == [
        {"role": "user", "content": "What is odd?"},
        {"role": "assistant", "content": ODD},
    ]
    assert [len(messages) for messages in by_pandas] == [2, 2, 4]


def test_the_command_on_the_card_of_eval_works(folder: Path) -> None:
    command = shlex.split(FORMATS["eval"].use)
    assert command[0] == "python"
    ran = subprocess.run(
        [sys.executable, *command[1:]], cwd=folder, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "3 cases\n"


def test_exports_agree_with_the_counts_of_the_store(filled: Store) -> None:
    counts = reports.stats(filled, sample=False)
    prepared = exported(filled, "eval")
    assert prepared.counts == {
        "golden": counts["up"],
        "regression": counts["approved"] + counts["edited"],
    }
    assert len(prepared.cases) + sum(map(len, prepared.excluded.values())) == counts["interactions"]
    assert prepared.manifest["cut_off"] == log.last_event(filled, sample=False)

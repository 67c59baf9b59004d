"""Each format line by line as whole literals, and the files in the hands of their readers."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet
import pytest

from core.export import FORMATS, Prepared, line_for, prepare, write
from core.pipeline import load_file, record_redactor
from core.redaction import VERSION
from core.review import decide
from core.store import Store, log, reports
from tests.exporting import archive_of, file_in

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ODD = 'One\u2028two\u2029three\u0085four\ttab "quoted" \\ back\nÜber 👍 日本.'
"""What breaks careless writers and readers: odd line ends, quotes, escapes, other scripts."""
ODD_JSON = 'One\u2028two\u2029three\u0085four\\ttab \\"quoted\\" \\\\ back\\nÜber 👍 日本.'
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
    data = file_in(prepared, prepared.format.file)
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


# What is the same in several formats, as it stands in a line.
BARE_Q = '{"role":"user","content":"Question bare?"}'
ODD_Q = '{"role":"user","content":"What is odd?"}'
WAITING_Q = '{"role":"user","content":"Question waiting?"}'
FULL_HISTORY = (
    '{"role":"user","content":"Good morning."},'
    '{"role":"assistant","content":"Good morning! How can I help?"}'
)
FULL_Q = FULL_HISTORY + ',{"role":"user","content":"Question full?"}'
LEFT = '[{"role":"assistant","content":"Hold the left button."}]'
RIGHT = '[{"role":"assistant","content":"Hold the right button. Über 👍"}]'
ODD_A = f'[{{"role":"assistant","content":"{ODD_JSON}"}}]'
BARE_FACTS = (
    '"id":"bare","kind":"golden","rejected_answer":null,"sources":[],"seen_in_training":true,'
    '"agent_version":null,"model":null,"logged_at":null,"signal":"up","implicit":false,'
    f'"revision":0,"tags":[],"redaction_version":"{VERSION}"'
)
FIXED_FACTS = (
    '"id":"fixed","kind":"regression","rejected_answer":"Hold the left button.","sources":[],'
    '"seen_in_training":true,"agent_version":null,"model":null,"logged_at":null,"signal":"down",'
    f'"implicit":false,"revision":1,"tags":[],"redaction_version":"{VERSION}"'
)
FULL_FACTS = (
    '"id":"full","kind":"regression","rejected_answer":"Hold the left button.",'
    '"sources":[{"title":"Resetting","uri":"https://help.example.com/reset?page=2","text":"…"},'
    '{"title":"A bare title","uri":null,"text":null}],"seen_in_training":true,'
    '"agent_version":"7","model":"s1","logged_at":"2026-11-20T08:00:00.250000Z","signal":"edit",'
    f'"implicit":true,"revision":1,"tags":["meter","reset"],"redaction_version":"{VERSION}"'
)


def test_the_lines_of_promptfoo(filled: Store) -> None:
    assert lines(exported(filled, "promptfoo")) == [
        '{"description":"golden bare","vars":{"question":"Question bare?","history":""},'
        '"assert":[{"type":"factuality","value":"Hold the left button."}],'
        f'"metadata":{{{BARE_FACTS}}}}}',
        '{"description":"regression fixed","vars":{"question":"What is odd?","history":""},'
        f'"assert":[{{"type":"factuality","value":"{ODD_JSON}"}},'
        '{"type":"not-equals","value":"Hold the left button."}],'
        f'"metadata":{{{FIXED_FACTS}}}}}',
        '{"description":"regression full","vars":{"question":"Question full?",'
        '"history":"user: Good morning.\\n\\nassistant: Good morning! How can I help?"},'
        '"assert":[{"type":"factuality","value":"Hold the right button. Über 👍"},'
        '{"type":"not-equals","value":"Hold the left button."}],'
        f'"metadata":{{{FULL_FACTS}}}}}',
    ]


def test_the_lines_of_kto(filled: Store) -> None:
    assert lines(exported(filled, "kto")) == [
        f'{{"prompt":[{BARE_Q}],"completion":{LEFT},"label":true}}',
        f'{{"prompt":[{ODD_Q}],"completion":{LEFT},"label":false}}',
        f'{{"prompt":[{ODD_Q}],"completion":{ODD_A},"label":true}}',
        f'{{"prompt":[{FULL_Q}],"completion":{LEFT},"label":false}}',
        f'{{"prompt":[{FULL_Q}],"completion":{RIGHT},"label":true}}',
        f'{{"prompt":[{WAITING_Q}],"completion":{LEFT},"label":false}}',
    ]


def test_the_lines_of_dpo(filled: Store) -> None:
    assert lines(exported(filled, "dpo")) == [
        f'{{"prompt":[{ODD_Q}],"chosen":{ODD_A},"rejected":{LEFT}}}',
        f'{{"prompt":[{FULL_Q}],"chosen":{RIGHT},"rejected":{LEFT}}}',
    ]


def test_the_lines_of_preference(filled: Store) -> None:
    assert lines(exported(filled, "preference")) == [
        f'{{"input":{{"messages":[{ODD_Q}]}},"preferred_output":{ODD_A},'
        f'"non_preferred_output":{LEFT}}}',
        f'{{"input":{{"messages":[{FULL_Q}]}},"preferred_output":{RIGHT},'
        f'"non_preferred_output":{LEFT}}}',
    ]


def test_the_lines_of_inspect(filled: Store) -> None:
    assert lines(exported(filled, "inspect")) == [
        '{"id":"bare","input":"Question bare?","target":"Hold the left button.",'
        f'"metadata":{{{BARE_FACTS}}}}}',
        f'{{"id":"fixed","input":"What is odd?","target":"{ODD_JSON}",'
        f'"metadata":{{{FIXED_FACTS}}}}}',
        f'{{"id":"full","input":[{FULL_Q}],"target":"Hold the right button. Über 👍",'
        f'"metadata":{{{FULL_FACTS}}}}}',
    ]


def test_the_lines_of_deepeval(filled: Store) -> None:
    nothing = (
        '"retrieval_context":null,"tools_called":null,"expected_tools":null,"comments":null,'
        '"source_file":null'
    )
    assert lines(exported(filled, "deepeval")) == [
        '{"name":"bare","input":"Question bare?","actual_output":null,'
        f'"expected_output":"Hold the left button.","context":null,{nothing},'
        f'"additional_metadata":{{{BARE_FACTS},"history":[]}}}}',
        '{"name":"fixed","input":"What is odd?","actual_output":null,'
        f'"expected_output":"{ODD_JSON}","context":null,{nothing},'
        f'"additional_metadata":{{{FIXED_FACTS},"history":[]}}}}',
        '{"name":"full","input":"Question full?","actual_output":null,'
        f'"expected_output":"Hold the right button. Über 👍","context":["…"],{nothing},'
        f'"additional_metadata":{{{FULL_FACTS},"history":[{FULL_HISTORY}]}}}}',
    ]


def test_the_lines_of_langfuse(filled: Store) -> None:
    assert lines(exported(filled, "langfuse")) == [
        '{"id":"bare","input":{"question":"Question bare?","history":[]},'
        f'"expectedOutput":"Hold the left button.","metadata":{{{BARE_FACTS}}}}}',
        '{"id":"fixed","input":{"question":"What is odd?","history":[]},'
        f'"expectedOutput":"{ODD_JSON}","metadata":{{{FIXED_FACTS}}}}}',
        f'{{"id":"full","input":{{"question":"Question full?","history":[{FULL_HISTORY}]}},'
        f'"expectedOutput":"Hold the right button. Über 👍","metadata":{{{FULL_FACTS}}}}}',
    ]


def test_the_lines_of_langsmith(filled: Store) -> None:
    assert lines(exported(filled, "langsmith")) == [
        '{"inputs":{"question":"Question bare?","history":[]},'
        f'"outputs":{{"answer":"Hold the left button."}},"metadata":{{{BARE_FACTS}}}}}',
        '{"inputs":{"question":"What is odd?","history":[]},'
        f'"outputs":{{"answer":"{ODD_JSON}"}},"metadata":{{{FIXED_FACTS}}}}}',
        f'{{"inputs":{{"question":"Question full?","history":[{FULL_HISTORY}]}},'
        f'"outputs":{{"answer":"Hold the right button. Über 👍"}},"metadata":{{{FULL_FACTS}}}}}',
    ]


def test_the_lines_of_hf(filled: Store) -> None:
    assert lines(exported(filled, "hf")) == [
        f'{{"id":"bare","kind":"golden","messages":[{BARE_Q},{LEFT[1:-1]}]}}',
        f'{{"id":"fixed","kind":"regression","messages":[{ODD_Q},{ODD_A[1:-1]}]}}',
        f'{{"id":"full","kind":"regression","messages":[{FULL_Q},{RIGHT[1:-1]}]}}',
    ]


def test_the_lines_of_pytest_are_those_of_eval(filled: Store) -> None:
    assert lines(exported(filled, "pytest")) == lines(exported(filled, "eval"))


def test_the_line_shown_after_a_decision_is_the_line_of_the_file(filled: Store) -> None:
    taken = {
        "kto": ["bare", "fixed", "full", "waiting"],
        "dpo": ["fixed", "full"],
        "preference": ["fixed", "full"],
    }
    for format_ in FORMATS:
        prepared = exported(filled, format_)
        ids = [case.id for case in prepared.cases]
        assert ids == taken.get(format_, ["bare", "fixed", "full"])
        shown = [line_for(filled, id_, format_, sample=False) for id_ in ids]
        assert "\n".join(filter(None, shown)).split("\n") == lines(prepared)
        if "waiting" not in ids:
            assert line_for(filled, "waiting", format_, sample=False) is None
        assert line_for(filled, "bare", format_, sample=True) is None


def test_the_manifest_describes_every_file_and_counts_rows(filled: Store) -> None:
    described = {
        name: [(file["path"], file["rows"]) for file in exported(filled, name).manifest["files"]]
        for name in ("kto", "hf", "pytest")
    }
    assert described == {
        "kto": [("kto.jsonl", 6)],
        "hf": [("data/train.jsonl", 3), ("data/train.parquet", 3)],
        "pytest": [("cases.jsonl", 3), ("test_cases.py", 0)],
    }
    prepared = exported(filled, "kto")
    assert prepared.manifest["rows"] == 6
    assert prepared.counts == {"disliked": 1, "golden": 1, "regression": 4}
    assert [item.interaction_id for item in prepared.items] == ["bare", "fixed", "full", "waiting"]


def test_every_format_repeats_to_the_byte(filled: Store) -> None:
    for format_ in FORMATS:
        assert archive_of(exported(filled, format_)) == archive_of(exported(filled, format_))


def test_too_few_rows_are_warned_of(filled: Store) -> None:
    assert exported(filled, "messages").warnings == [
        "A model learns next to nothing from fewer than 10 rows; this file has 3."
    ]
    assert exported(filled, "eval").warnings == []


def test_answers_of_one_side_are_warned_of(store: Store, load: Load) -> None:
    load(*(answered(f"i-{number}", "up", question=f"Which {number}?") for number in range(12)))
    assert exported(store, "kto").warnings == [
        "Every answer in it is a good one: KTO learns from what tells good from bad."
    ]
    assert exported(store, "messages").warnings == []
    load(answered("bad", "down", question="Which not?"))
    assert exported(store, "kto").warnings == []


def test_rows_are_in_order_of_id_however_they_came(store: Store, load: Load) -> None:
    ids = ["b", "a-10", "Z", "a-2", "_", "é"]
    load(*(answered(id_, "up") for id_ in ids))
    prepared = exported(store, "eval")
    assert [json.loads(line)["id"] for line in lines(prepared)] == sorted(ids)


def test_without_cases_the_file_is_empty(store: Store) -> None:
    for format_ in FORMATS.values():
        assert file_in(exported(store, format_.name), format_.file) == b""


def test_every_format_describes_itself() -> None:
    assert list(FORMATS) == [
        *("eval", "messages", "promptfoo", "kto", "dpo", "inspect", "deepeval", "langfuse"),
        *("langsmith", "hf", "preference", "pytest"),
    ]
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
        write(exported(filled, format_), tmp_path / "out" / format_)
    return tmp_path / "out"


def test_pandas_reads_eval(folder: Path) -> None:
    frame = pd.read_json(folder / "eval/eval.jsonl", lines=True)
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
            [str(folder / "eval/eval.jsonl")],
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
    path = folder / "messages/messages.jsonl"
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
        [sys.executable, *command[1:]],
        cwd=folder / "eval",
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "3 cases\n"


def test_the_parquet_of_hf_has_the_rows_of_its_jsonl(folder: Path) -> None:
    written = (folder / "hf/data/train.jsonl").read_text("utf-8").split("\n")[:-1]
    table = pyarrow.parquet.read_table(folder / "hf/data/train.parquet")
    assert table.to_pylist() == [json.loads(line) for line in written]
    with duckdb.connect() as connection:
        assert connection.execute(
            "SELECT messages[-1].content FROM read_parquet(?)",
            [str(folder / "hf/data/train.parquet")],
        ).fetchall() == [
            ("Hold the left button.",),
            (ODD,),
            ("Hold the right button. Über 👍",),
        ]


def test_the_card_of_hf_says_which_file_is_which_split(folder: Path) -> None:
    card = (folder / "hf/README.md").read_text("utf-8")
    assert card.startswith(
        "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n"
        "    path: data/train.jsonl\ntask_categories:\n- text-generation\n---\n\n# Dataset folder"
    )
    assert "its bytes may differ from one version" in card


AGENT = """
import pytest


@pytest.fixture
def answer():
    def said(question, history):
        if question == "Question full?":
            assert history[0] == {"role": "user", "content": "Good morning."}
            return "hold  the LEFT button."
        return "Hold the left button." if question == "Question bare?" else "Quite odd."

    return said
"""
JUDGE = """

@pytest.fixture
def agrees():
    return lambda said, expected: "odd" in said or said == expected
"""


@pytest.mark.parametrize(
    ("conftest", "outcomes"),
    [
        (AGENT, {"bare": "PASSED", "fixed": "FAILED", "full": "FAILED"}),
        (AGENT + JUDGE, {"bare": "PASSED", "fixed": "PASSED", "full": "FAILED"}),
        ("", {"bare": "ERROR", "fixed": "ERROR", "full": "ERROR"}),
    ],
    ids=["words", "own judge", "no agent"],
)
def test_the_module_of_pytest_asks_the_agent(
    folder: Path, conftest: str, outcomes: dict[str, str]
) -> None:
    (folder / "pytest/conftest.py").write_text(conftest, "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "test_cases.py"],
        cwd=folder / "pytest",
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"::test_the_agent_answers_well\[(\w+)\] ([A-Z]+)", ran.stdout)
    assert dict(found) == outcomes
    if "FAILED" in outcomes.values():
        assert "this answer was wrong before" in ran.stdout


def test_the_module_of_pytest_is_the_same_for_every_log(folder: Path, tmp_path: Path) -> None:
    with Store(tmp_path / "empty.duckdb") as empty:
        module = file_in(exported(empty, "pytest"), "test_cases.py")
    assert (folder / "pytest/test_cases.py").read_bytes() == module
    compile(module, "test_cases.py", "exec")


def test_exports_agree_with_the_counts_of_the_store(filled: Store) -> None:
    counts = reports.stats(filled, sample=False)
    prepared = exported(filled, "eval")
    assert prepared.counts == {
        "golden": counts["up"],
        "regression": counts["approved"] + counts["edited"],
    }
    assert len(prepared.cases) + sum(map(len, prepared.excluded.values())) == counts["interactions"]
    assert prepared.manifest["cut_off"] == log.last_event(filled, sample=False)

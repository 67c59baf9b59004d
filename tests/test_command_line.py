"""The command line: the journey from a log to datasets, and the exit codes others build upon.

The journey runs as users run it, one process a command; the many small cases go through click's
runner, because a process costs seconds.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core import settings as config
from core.commands import main
from core.settings import ROOT
from core.store import Store

WriteLog = Callable[..., Path]

LOG: list[dict[str, Any] | str] = [
    {
        "id": "up-1",
        "logged_at": "2026-11-01T10:00:00Z",
        "question": "How long do refunds take?",
        "answer": "Three to five working days.",
        "feedback": "up",
    },
    {
        "id": "down-1",
        "logged_at": "2026-11-02T10:00:00Z",
        "question": "Where do I write to? I am Martha Jones, martha@example.com.",
        "answer": "Use the form.",
        "feedback": {"signal": "down", "correction": "Write to help@marlow.example."},
    },
    {
        "id": "down-2",
        "logged_at": "2026-11-03T10:00:00Z",
        "question": "When are you open?",
        "answer": "At night.",
    },
    {"type": "feedback", "interaction_id": "down-2", "signal": "down"},
    '{"id": "q-9", "question": "call 541-754-3010',
]
ALL_STATS = {
    "interactions": 3,
    "up": 1,
    "down": 2,
    "down_with_correction": 1,
    "down_without_fix": 1,
    "edit": 0,
    "retry": 0,
    "pending": 2,
    "approved": 0,
    "edited": 0,
    "rejected": 0,
}


@pytest.fixture
def path(write_log: WriteLog) -> Path:
    return write_log(*LOG)


def run(*arguments: object, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments], input=given)


def ask(*arguments: object) -> Any:
    """What a command prints with --json."""
    result = run(*arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def refused(*arguments: object, code: int = 1, given: str | None = None) -> str:
    """The words with which a command refuses."""
    result = run(*arguments, given=given)
    assert isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code, result.stdout) == (code, "")
    return result.stderr.removeprefix("Error: ").removesuffix("\n")


# ---- the journey ----------------------------------------------------------------------------


def command(*arguments: object, given: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=ROOT,
        input=given.encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def answer(*arguments: object) -> Any:
    code, out, err = command(*arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_from_a_log_to_datasets(path: Path, tmp_path: Path) -> None:
    counts = {
        "lines": 5,
        "loaded": 3,
        "duplicate": 0,
        "rejected": 1,
        "feedback": 1,
        "redacted": {"PERSON": 1, "EMAIL": 2},
    }
    assert answer("load", path) == {**counts, "files": [{"path": str(path), **counts}]}
    edit = ["decide", "down-2", "edit", "--reviewer", "Ann", "--revision", "0", "--answer", "-"]
    code, out, err = command(*edit, given="From nine to five.\n")
    assert (code, out, err) == (0, "down-2 is edited (revision 1).\n", "")
    code, out, err = command(*edit, given="Never.")
    assert (code, out) == (3, "")
    assert err.startswith("Error: Ann edited this item first (20")

    out_folder = tmp_path / "out"
    exported = answer("export", "eval", "--out", out_folder)
    (file,) = exported["files"]
    assert set(exported) == {"export_id", "files", "excluded"}
    assert (file["path"], file["rows"]) == (str(out_folder / "eval.jsonl"), 2)
    assert exported["excluded"] == {"pending": 1}
    rows = [json.loads(line) for line in Path(file["path"]).read_text("utf-8").splitlines()]
    assert [(row["kind"], row["question"], row["expected"]) for row in rows] == [
        ("regression", "When are you open?", "From nine to five."),
        ("golden", "How long do refunds take?", "Three to five working days."),
    ]


# ---- what each command prints ---------------------------------------------------------------


def test_load_counts_and_counts_again(path: Path, write_log: WriteLog) -> None:
    other = write_log({"id": "x", "question": "Who?", "answer": "You."}, name="other.jsonl")
    found = ask("load", path, other)
    assert list(found) == [
        "lines",
        "loaded",
        "duplicate",
        "rejected",
        "feedback",
        "redacted",
        "files",
    ]
    assert [list(file) for file in found["files"]] == [["path", *list(found)[:-1]]] * 2
    assert {key: found[key] for key in list(found)[:-1]} == {
        "lines": 6,
        "loaded": 4,
        "duplicate": 0,
        "rejected": 1,
        "feedback": 1,
        "redacted": {"PERSON": 1, "EMAIL": 2},
    }
    again = ask("load", path, path)
    assert [file["duplicate"] for file in again["files"]] == [4, 4]
    assert (again["lines"], again["duplicate"], again["rejected"]) == (10, 8, 2)
    assert run("load", path).stdout == (
        f"{path}: 5 records: 0 loaded, 0 votes alone, 4 seen before, 1 rejected\n"
        "Redacted: nothing found\nWhy records were rejected: python -m core rejects\n"
    )


def test_rejects(path: Path) -> None:
    assert ask("rejects") == {"rejected": []}
    assert run("rejects").stdout == "No line was rejected.\n"
    run("load", path)
    (row,) = ask("rejects")["rejected"]
    # `excerpt` is more than the contract of the design has.
    assert row == {
        "path": str(path),
        "line": 5,
        "reason": "not valid JSON: Input data was truncated",
        "excerpt": '{"id": "q-9", "question": "call [PHONE-1]',
    }
    assert run("rejects").stdout == f"{path}:5: not valid JSON: Input data was truncated\n"


def test_stats(path: Path) -> None:
    assert ask("stats") == dict.fromkeys(ALL_STATS, 0)
    run("load", path)
    assert ask("stats") == ALL_STATS
    assert list(ask("stats")) == list(ALL_STATS)
    run("decide", "down-1", "approve", "--reviewer", "Ann", "--revision", 0)
    run("decide", "down-2", "reject", "--reviewer", "Ann", "--revision", 0)
    assert ask("stats") == {**ALL_STATS, "pending": 0, "approved": 1, "rejected": 1}
    lines = run("stats").stdout.splitlines()
    assert lines[0].split() == ["interactions", "3"]
    assert len(lines) == len(ALL_STATS)


def test_queue(path: Path) -> None:
    assert ask("queue") == {"items": []}
    assert run("queue").stdout == "Nothing waits for a decision.\n"
    run("load", path)
    items = ask("queue")["items"]
    assert [item["id"] for item in items] == ["down-2", "down-1"]
    assert items[1] == {
        "id": "down-1",
        "revision": 0,
        "signal": "down",
        "question": "Where do I write to? I am [PERSON-1], [EMAIL-1].",
        "answer": "Use the form.",
        "correction": "Write to [EMAIL-2].",
    }
    assert len(ask("queue", "--limit", 1)["items"]) == 1
    text = run("queue").stdout.splitlines()
    assert text[0] == "down-2  revision 0  down  needs a fix       When are you open?"


def test_decide(path: Path) -> None:
    run("load", path)
    by_ann = ["--reviewer", "Ann", "--revision"]
    assert ask("decide", "down-1", "skip", *by_ann, 0) == {
        "id": "down-1",
        "revision": 0,
        "status": "pending",
    }
    steps: list[tuple[list[str], str]] = [
        (["approve"], "approved"),
        (["reopen"], "pending"),
        (["reject", "--reason", "unclear", "--note", "hm"], "rejected"),
        (["edit", "--answer", "Mail ann@example.com."], "edited"),
    ]
    for revision, (action, status) in enumerate(steps):
        assert ask("decide", "down-1", *action, *by_ann, revision) == {
            "id": "down-1",
            "revision": revision + 1,
            "status": status,
        }
    with Store(Path(os.environ["FLYWHEEL_DB"])) as store:
        rows = store.rows("SELECT action, final_answer, reason, note, reviewer FROM decisions")
    assert [tuple(row.values()) for row in rows] == [
        ("approve", "Write to [EMAIL-2].", None, None, "Ann"),
        ("reopen", None, None, None, "Ann"),
        ("reject", None, "unclear", "hm", "Ann"),
        ("edit", "Mail [EMAIL-3].", None, None, "Ann"),
    ]


def test_a_decision_that_comes_second_ends_with_3(path: Path) -> None:
    run("load", path)
    approve = ["decide", "down-1", "approve", "--reviewer", "Ann", "--revision", 0]
    assert run(*approve).exit_code == 0
    for revision in (0, 2):
        message = refused(
            "decide", "down-1", "reject", "--reviewer", "Bob", "--revision", revision, code=3
        )
        assert message.startswith("Ann approved this item first (20")
    assert ask("stats")["approved"] == 1


def test_formats() -> None:
    listed = ask("formats")["formats"]
    assert [(each["name"], each["purpose"], each["file"]) for each in listed][:2] == [
        ("eval", "eval", "eval.jsonl"),
        ("messages", "training", "messages.jsonl"),
    ]
    assert [set(each) for each in listed] == [{"name", "title", "purpose", "about", "file"}] * len(
        listed
    )
    names = [line.split()[0] for line in run("formats").stdout.splitlines()]
    assert names == [each["name"] for each in listed]


def test_export(path: Path, tmp_path: Path) -> None:
    run("load", path)
    out = tmp_path / "deep" / "out"
    first = ask("export", "messages", "--out", out)
    assert sorted(file.name for file in out.iterdir()) == [
        "README.md",
        "manifest.json",
        "messages.jsonl",
    ]
    assert first["excluded"] == {"needs_fix": 1, "pending": 1}
    assert first["export_id"] == json.loads((out / "manifest.json").read_bytes())["export_id"]
    (file,) = first["files"]
    assert set(file) == {"path", "rows", "sha256"}
    before = {each.name: each.read_bytes() for each in out.iterdir()}
    assert ask("export", "messages", "--out", out) == first
    assert {each.name: each.read_bytes() for each in out.iterdir()} == before

    moment = datetime.now(UTC).isoformat()
    run("decide", "down-1", "approve", "--reviewer", "Ann", "--revision", 0)
    later = ask("export", "messages", "--out", tmp_path / "later")
    assert (later["files"][0]["rows"], later["excluded"]) == (2, {"needs_fix": 1})
    then = ask("export", "messages", "--out", tmp_path / "then", "--as-of", moment)
    assert then["files"][0]["sha256"] == file["sha256"]
    without = ask("export", "messages", "--out", tmp_path / "without", "--without", "up-1")
    assert without["excluded"] == {"needs_fix": 1, "taken_out": 1}
    assert run("export", "eval", "--out", tmp_path / "e").stdout == (
        f"{tmp_path / 'e' / 'eval.jsonl'}: 2 rows\nLeft out:\n       1  needs_fix\n"
    )


def test_reredact(path: Path) -> None:
    run("load", path)
    assert ask("reredact") == {"outdated": 0, "changed": 0, "failed": []}
    with Store(Path(os.environ["FLYWHEEL_DB"])) as store, store.write() as cursor:
        cursor.execute("UPDATE interactions SET redaction_version = '0' WHERE id <> 'up-1'")
        cursor.execute("UPDATE interactions SET answer = 'Martha Jones.' WHERE id = 'down-2'")
    assert ask("reredact") == {"outdated": 2, "changed": 1, "failed": []}
    assert ask("queue")["items"][0]["answer"] == "[PERSON-1]."
    assert run("reredact").stdout == "0 interactions were outdated, 0 of them changed.\n"


def test_redact_a_text() -> None:
    text = "I am Martha Jones.\n\nMail ＠ me: märtha@example.com 😀\u2028and so on"
    assert run("redact", given=text).stdout == (
        "I am [PERSON-1].\n\nMail ＠ me: [EMAIL-1] 😀\u2028and so on"
    )
    assert run("redact", given="").stdout == ""


def test_redact_lines_with_findings() -> None:
    texts = ["😀 jane@example.com, I am Martha Jones.", "Nothing.", "a\u2028b bo@example.com"]
    given = "\n\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts)
    lines = [json.loads(line) for line in run("redact", "--jsonl", given=given).stdout.splitlines()]
    assert lines == [
        {
            "redacted": "😀 [EMAIL-1], I am [PERSON-1].",
            "findings": [
                {"start": 2, "end": 18, "type": "EMAIL"},
                {"start": 25, "end": 37, "type": "PERSON"},
            ],
        },
        {"redacted": "Nothing.", "findings": []},
        # Numbers start again with every line: lines have nothing to do with each other.
        {"redacted": "a\u2028b [EMAIL-1]", "findings": [{"start": 4, "end": 18, "type": "EMAIL"}]},
    ]


# ---- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["load"],
        ["queue", "--limit", "0"],
        ["queue", "--what"],
        ["decide", "x"],
        ["decide", "x", "approve", "--revision", "0"],
        ["decide", "x", "approve", "--reviewer", "Ann"],
        ["decide", "x", "delete", "--reviewer", "Ann", "--revision", "0"],
        ["decide", "x", "approve", "--reviewer", "Ann", "--revision", "-1"],
        ["decide", "x", "approve", "--reviewer", "Ann", "--revision", "one"],
        ["export", "eval"],
        ["export", "eval", "--out", "out", "--holdout", "101"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert "Usage: " in refused(*arguments, code=2)


def test_help_ends_with_0() -> None:
    for arguments in (["--help"], ["load", "-h"], ["decide", "--help"]):
        result = run(*arguments)
        assert result.exit_code == 0
        assert result.stdout.startswith("Usage: ")


def test_a_missing_log_is_named(path: Path, tmp_path: Path) -> None:
    none = tmp_path / "none.jsonl"
    assert refused("load", none) == f"{none}: No such file or directory"
    (empty := tmp_path / "empty").mkdir()
    assert refused("load", empty) == (
        f"{empty}: no log in this folder (.jsonl .ndjson .json .csv .tsv)."
    )
    # What was loaded before is loaded.
    assert refused("load", path, none) == f"{none}: No such file or directory"
    assert ask("stats") == ALL_STATS


def test_decisions_that_are_not_possible(path: Path) -> None:
    run("load", path)

    def reason(id_: str, *action: str, reviewer: str = "Ann") -> str:
        return refused("decide", id_, *action, "--reviewer", reviewer, "--revision", 0)

    assert reason("nobody", "approve") == "There is no interaction nobody."
    assert reason("down-2", "approve") == (
        "There is no correction to approve: write the right answer and save it."
    )
    assert reason("up-1", "reject").startswith("Nobody voted this answer down or edited it")
    assert reason("down-1", "edit") == "An edit needs the right answer."
    assert reason("down-1", "edit", "--answer", " \n") == "An edit needs the right answer."
    assert reason("down-1", "reopen") == "The item is pending already."
    assert reason("down-1", "reject", "--reason", "because").startswith(
        "The reason must be one of wrong_correction, answer_was_right, "
    )
    assert reason("down-1", "approve", reviewer=" ").startswith("Say who you are first")
    assert ask("stats") == ALL_STATS


def test_exports_that_are_not_possible(path: Path, tmp_path: Path) -> None:
    run("load", path)
    out = tmp_path / "out"
    assert refused("export", "nonsense", "--out", out).startswith("There is no format nonsense; ")
    assert refused("export", "eval", "--out", out, "--holdout", 95).startswith(
        "A share of 95 % leaves nothing to learn from"
    )
    assert refused("export", "eval", "--out", out, "--as-of", "noon") == (
        "--as-of noon is not a time such as 2026-11-23T10:00:00Z."
    )
    assert not out.exists()
    assert refused("export", "eval", "--out", path / "out").endswith(
        "cannot be written: Not a directory."
    )
    assert ask("export", "eval", "--out", out, "--holdout", 0)["files"][0]["rows"] == 1


def test_lines_that_redact_cannot_read() -> None:
    for line in ("{", "[]", "{}", "5", '"x"', '{"text": 5}', '{"text": null}'):
        result = run("redact", "--jsonl", given=f'{{"text": "fine"}}\n{line}\n')
        assert (result.exit_code, result.stdout) == (1, '{"redacted": "fine", "findings": []}\n')
        assert result.stderr == 'Error: line 2 is not an object with a "text"\n'


def test_a_mistake_in_the_settings_is_named(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "SETTINGS_FILE", tmp_path / "settings.toml")
    assert refused("load", path).startswith(f"{tmp_path / 'settings.toml'}: ")


def test_a_mistake_in_the_settings_is_named_by_redact_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "SETTINGS_FILE", tmp_path / "settings.toml")
    assert refused("redact", given="Hi").startswith(f"{tmp_path / 'settings.toml'}: ")


# ---- which database -------------------------------------------------------------------------


def test_the_database_given_comes_before_that_of_the_environment(
    path: Path, tmp_path: Path
) -> None:
    given = tmp_path / "given.duckdb"
    run("load", path, "--db", given)
    assert given.exists()
    assert not Path(os.environ["FLYWHEEL_DB"]).exists()
    assert ask("stats", "--db", given) == ALL_STATS
    assert ask("stats")["interactions"] == 0
    assert Path(os.environ["FLYWHEEL_DB"]).exists()


def test_a_question_does_not_make_the_default_database(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = tmp_path / "default.duckdb"
    monkeypatch.setattr(config, "DEFAULT_DATABASE", default)
    monkeypatch.delenv("FLYWHEEL_DB")
    for arguments in (["stats"], ["queue"], ["export", "eval", "--out", tmp_path / "out"]):
        assert refused(*arguments) == "Nothing is loaded yet: start the app, or load a log."
    assert run("formats").exit_code == 0
    assert not default.exists()
    assert ask("load", path)["loaded"] == 3
    assert ask("stats") == ALL_STATS
    assert default.exists()


def test_a_database_that_cannot_be_used(tmp_path: Path) -> None:
    none = tmp_path / "none"
    assert refused("stats", "--db", none / "a.duckdb") == (
        f"{none} is not a folder, so a.duckdb cannot be made there."
    )
    junk = tmp_path / "junk"
    junk.write_text("Not a database.", "utf-8")
    assert refused("stats", "--db", junk).startswith(f"{junk} cannot be opened as a database: ")
    refused("stats", "--db", tmp_path, code=2)


def test_a_database_in_use_ends_with_1(tmp_path: Path) -> None:
    database = tmp_path / "held.duckdb"
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"\n"
        for arguments in (["stats", "--json"], ["queue"], ["load", tmp_path / "none"]):
            assert refused(*arguments, "--db", database).startswith(
                f"{database} is in use by process {holder.pid}, "
            )
        holder.kill()
    assert ask("stats", "--db", database)["interactions"] == 0

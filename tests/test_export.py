"""Exports: the same events give the same bytes, nothing goes out unscanned, and a ledger of it."""

import hashlib
import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from core.commands import main
from core.export import ExportRefused, Found, Prepared, prepare, record, write
from core.pipeline import load_file, record_redactor
from core.redaction import VERSION
from core.review import decide
from core.review.queue import claim
from core.settings import ROOT
from core.store import Store, exports, log
from tests.benchmarks.export import fill
from tests.exporting import archive_of, file_in, files_in

ANSWER, FIX = "Hold the left button.", "Hold the right button."

Load = Callable[..., None]


def answered(id_: str, *votes: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    line = {"id": id_, "question": f"Question {id_}?", "answer": ANSWER, "feedback": list(votes)}
    return {**line, **more}


DOWN = {"signal": "down", "correction": FIX}
LOG = (
    answered("liked", "up"),
    answered("fixed", DOWN),
    answered("waiting", DOWN),
    answered("silent"),
)


@pytest.fixture
def load(store: Store, write_log: Callable[..., Path]) -> Load:
    def into_store(*lines: dict[str, Any] | str) -> None:
        load_file(store, write_log(*lines))

    return into_store


@pytest.fixture
def filled(store: Store, load: Load) -> Store:
    """Two cases, one that waits, one without feedback; seven events."""
    load(*LOG)
    approve(store, "fixed")
    return store


def approve(store: Store, id_: str, revision: int = 0) -> None:
    who: dict[str, Any] = {"reviewer": "Ann", "now": datetime.now(UTC)}
    decide(store, record_redactor(), id_, "approve", revision=revision, **who)


def exported(store: Store, format_: str = "eval", **given: Any) -> Prepared:
    sample = given.pop("sample", False)
    return prepare(store, record_redactor().redactor, format_, sample=sample, **given)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


# ---- what is in the folder ------------------------------------------------------------------

DATA = (
    '{"id":"fixed","kind":"regression","question":"Question fixed?",'
    '"expected":"Hold the right button.","rejected_answer":"Hold the left button.","sources":[],'
    '"seen_in_training":true,"metadata":{"agent_version":null,"model":null,"logged_at":null,'
    '"signal":"down","implicit":false,"revision":1,"tags":[],"history":[],'
    f'"redaction_version":"{VERSION}"}}}}\n'
    '{"id":"liked","kind":"golden","question":"Question liked?",'
    '"expected":"Hold the left button.","rejected_answer":null,"sources":[],'
    '"seen_in_training":true,"metadata":{"agent_version":null,"model":null,"logged_at":null,'
    '"signal":"up","implicit":false,"revision":0,"tags":[],"history":[],'
    f'"redaction_version":"{VERSION}"}}}}\n'
).encode()

MANIFEST = {
    "schema": "flywheel-export/1",
    "exporter": "3",
    "format": "eval",
    "filters": {"sample": False, "taken_out": []},
    "cut_off": 8,
    "redaction_versions": [VERSION],
    "holdout": 0,
    "files": [{"path": "eval.jsonl", "rows": 2, "sha256": sha256(DATA)}],
    "rows": 2,
    "counts": {"golden": 1, "regression": 1},
    "excluded": {"no_feedback": 1, "pending": 1},
    "items": [{"id": "fixed", "revision": 1}, {"id": "liked", "revision": 0}],
    "parent": None,
    "settings": {"min_question": 3, "min_answer": 2, "max_characters": 200_000},
}

CARD = f"""# Eval cases (JSONL)

One test case a line. Golden cases worked and must keep working; regression cases failed once, \
and carry the answer that was wrong.

| kind | rows |
|---|---|
| golden | 1 |
| regression | 1 |
| all | 2 |

Use it:

```
python -c "import json; print(sum(1 for line in open('eval.jsonl')), 'cases')"
```

## Left out

| reason | interactions | meaning |
|---|---|---|
| no_feedback | 1 | nobody said anything about the answer |
| pending | 1 | waits for a reviewer |

## Personal data

Every text went through redaction (version {VERSION}) before it was stored, and through a scan
before this file was written. Placeholders such as `[EMAIL-1]` stand for what was removed; the same
value has the same number within one row. No detector finds everything: see the limits in
Flywheel's README.

Export `EXPORT-ID`; `manifest.json` lists the items with their revision.
"""


def test_the_files_of_an_export(filled: Store, tmp_path: Path) -> None:
    prepared = exported(filled)
    paths = write(prepared, tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["eval.jsonl", "manifest.json", "README.md"]
    assert sorted(path.name for path in (tmp_path / "new/folder").iterdir()) == [
        "README.md",
        "eval.jsonl",
        "manifest.json",
    ]
    data, manifest, card = (path.read_bytes() for path in paths)
    export_id = sha256(compact(MANIFEST))
    assert data == DATA
    assert json.loads(manifest) == {"export_id": export_id, **MANIFEST}
    pretty = json.dumps({"export_id": export_id, **MANIFEST}, indent=2, ensure_ascii=False)
    assert manifest.decode() == pretty + "\n"
    assert card.decode() == CARD.replace("EXPORT-ID", export_id)
    assert prepared.export_id == export_id


def test_the_manifest_of_messages(filled: Store) -> None:
    prepared = exported(filled, "messages")
    expected = {
        **MANIFEST,
        "format": "messages",
        "files": [
            {
                "path": "messages.jsonl",
                "rows": 2,
                "sha256": sha256(file_in(prepared, "messages.jsonl")),
            }
        ],
    }
    assert msgspec.to_builtins(prepared.manifest) == {
        "export_id": sha256(compact(expected)),
        **expected,
    }
    assert list(prepared.files) == ["messages.jsonl", "manifest.json", "README.md"]
    assert file_in(prepared, "README.md").startswith(
        b"# Fine-tuning chat (messages JSONL)\n\nOne conv"
    )


def test_an_empty_store_gives_an_empty_export(store: Store, tmp_path: Path) -> None:
    prepared = exported(store)
    write(prepared, tmp_path)
    assert (tmp_path / "eval.jsonl").read_bytes() == b""
    assert prepared.manifest["cut_off"] == 0
    assert prepared.manifest["files"] == [{"path": "eval.jsonl", "rows": 0, "sha256": sha256(b"")}]
    assert "redaction (version -)" in file_in(prepared, "README.md").decode()


def test_a_new_export_replaces_the_old_one_in_its_folder(
    filled: Store, load: Load, tmp_path: Path
) -> None:
    write(exported(filled), tmp_path / "out")
    load(answered("liked-2", "up"))
    newer = exported(filled)
    write(newer, tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == files_in(
        newer
    )


def test_the_zip(filled: Store) -> None:
    prepared = exported(filled)
    packed = archive_of(prepared)
    assert packed == archive_of(exported(filled))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
        assert [entry.filename for entry in entries] == ["eval.jsonl", "manifest.json", "README.md"]
        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
        assert {stat.filemode(entry.external_attr >> 16) for entry in entries} == {"?rw-r--r--"}
        assert {name: archive.read(name) for name in archive.namelist()} == files_in(prepared)


@pytest.mark.parametrize("name", ["nope", "", "Eval", "../eval"])
def test_an_unknown_format_is_refused(store: Store, name: str) -> None:
    with pytest.raises(ExportRefused, match="there are eval, messages"):
        exported(store, name)


# ---- the same events, the same bytes --------------------------------------------------------


def test_a_repetition_and_what_is_no_event_change_nothing(
    filled: Store, load: Load, write_log: Callable[..., Path]
) -> None:
    for format_ in ("eval", "messages"):
        first = exported(filled, format_)
        assert archive_of(exported(filled, format_)) == archive_of(first)
        record(filled, first, datetime.now(UTC))
        assert archive_of(exported(filled, format_)) == archive_of(first)
    first = exported(filled)
    now = datetime.now(UTC)
    load(*LOG)  # all duplicates
    load("{broken", "")
    claim(filled, "waiting", reviewer="Bob", now=now)
    skip: dict[str, Any] = {"revision": 0, "reviewer": "Bob", "now": now}
    decide(filled, record_redactor(), "waiting", "skip", **skip)
    with pytest.raises(Exception, match="first"):
        approve(filled, "fixed")
    assert archive_of(exported(filled)) == archive_of(first)


def test_another_store_with_the_same_events_gives_the_same_bytes(
    filled: Store, tmp_path: Path, write_log: Callable[..., Path]
) -> None:
    with Store(tmp_path / "other.duckdb") as other:
        load_file(other, write_log(*LOG, name="of another name.jsonl"))
        approve(other, "fixed")
        assert files_in(exported(other)) == files_in(exported(filled))


def test_another_process_writes_the_same_bytes(
    tmp_path: Path, write_log: Callable[..., Path]
) -> None:
    database = tmp_path / "flywheel.duckdb"
    with Store(database) as store:
        load_file(store, write_log(*LOG))
        approve(store, "fixed")
        here = exported(store)
        files = files_in(here)
    ran = subprocess.run(
        [sys.executable, "-m", "core", "export", "eval", "--out", tmp_path / "out", "--json"],
        cwd=ROOT,
        env={
            **os.environ,
            "FLYWHEEL_KEY": "another key",
            "PYTHONHASHSEED": "7",
            "TZ": "Asia/Tokyo",
            "LC_ALL": "C",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == files
    assert json.loads(ran.stdout) == {
        "export_id": here.export_id,
        "files": [
            {"path": str(tmp_path / "out/eval.jsonl"), "rows": 2, "sha256": sha256(DATA)},
        ],
        "excluded": {"no_feedback": 1, "pending": 1},
    }
    with Store(database) as store:
        assert [row["export_id"] for row in exports.made(store, sample=False)] == [here.export_id]


def test_as_of_gives_an_earlier_export_again(filled: Store, load: Load) -> None:
    moment = datetime.now(UTC)
    earlier = exported(filled)
    record(filled, earlier, moment)

    approve(filled, "waiting")
    load(answered("liked-2", "up"))
    load({"type": "feedback", "interaction_id": "liked", "signal": "down", "rater": "another"})
    decide(
        filled,
        record_redactor(),
        "fixed",
        "reopen",
        revision=1,
        reviewer="Bob",
        now=datetime.now(UTC),
    )
    latest = exported(filled)
    assert [case.id for case in latest.cases] == ["liked-2", "waiting"]
    record(filled, latest, datetime.now(UTC))

    again = exported(filled, as_of=moment)
    assert archive_of(again) == archive_of(earlier)
    elsewhere = moment.astimezone(timezone(timedelta(hours=9)))
    assert archive_of(exported(filled, as_of=elsewhere)) == archive_of(earlier)
    assert exported(filled, as_of=datetime(2020, 1, 1, tzinfo=UTC)).cases.ids == []


def test_the_parent_is_the_export_before(filled: Store) -> None:
    first = exported(filled)
    record(filled, first, datetime.now(UTC))
    record(filled, exported(filled, "messages"), datetime.now(UTC))
    approve(filled, "waiting")
    second = exported(filled)
    assert (first.manifest["parent"], second.manifest["parent"]) == (None, first.export_id)


def test_an_earlier_export_made_later_changes_nothing(filled: Store) -> None:
    moment = datetime.now(UTC)
    approve(filled, "waiting")
    first = exported(filled)
    record(filled, first, datetime.now(UTC))
    record(filled, exported(filled, as_of=moment), datetime.now(UTC))
    assert files_in(exported(filled)) == files_in(first)


# ---- own rows and the sample ----------------------------------------------------------------


@pytest.fixture
def with_sample(filled: Store, load: Load) -> Store:
    load(answered("shipped", "up"), answered("shipped-2", DOWN))
    with filled.write() as cursor:
        for table, column in (("interactions", "id"), ("feedback", "interaction_id")):
            cursor.execute(f"UPDATE {table} SET is_sample = true WHERE {column} LIKE 'shipped%'")
    return filled


def test_sample_and_own_rows_never_mix(with_sample: Store) -> None:
    for format_ in ("eval", "messages"):
        own = exported(with_sample, format_)
        shipped = exported(with_sample, format_, sample=True)
        assert [case.id for case in own.cases] == ["fixed", "liked"]
        assert [case.id for case in shipped.cases] == ["shipped"]
        assert shipped.excluded == {"pending": ["shipped-2"]}
        mark = b"**Made from the sample log that ships with Flywheel. Not for training.**"
        assert mark in file_in(shipped, "README.md")
        assert mark not in file_in(own, "README.md")
        assert shipped.manifest["filters"] == {"sample": True, "taken_out": []}
        for prepared in (own, shipped):
            record(with_sample, prepared, datetime.now(UTC))
    approve(with_sample, "waiting")
    assert len(exports.made(with_sample, sample=True)) == 2
    parents = [exported(with_sample, sample=sample).manifest["parent"] for sample in (False, True)]
    ledger = {
        sample: [row["export_id"] for row in exports.made(with_sample, sample=sample)]
        for sample in (False, True)
    }
    assert parents[0] in ledger[False]
    # Nothing has happened to the sample since: its next export would be the same one again.
    assert parents[1] is None and len(ledger[True]) == 2


def test_clearing_the_sample_leaves_own_exports_and_their_data(with_sample: Store) -> None:
    own = exported(with_sample)
    record(with_sample, own, datetime.now(UTC))
    record(with_sample, exported(with_sample, sample=True), datetime.now(UTC))
    log.clear_sample(with_sample, datetime.now(UTC))
    assert [row["export_id"] for row in exports.made(with_sample, sample=False)] == [own.export_id]
    assert exports.made(with_sample, sample=True) == []
    assert file_in(exported(with_sample), "eval.jsonl") == file_in(own, "eval.jsonl") == DATA


def test_clearing_the_sample_does_not_change_what_an_own_export_was(with_sample: Store) -> None:
    moment = datetime.now(UTC)
    own = exported(with_sample)
    log.clear_sample(with_sample, datetime.now(UTC))
    assert files_in(exported(with_sample, as_of=moment)) == files_in(own)


# ---- the last scan --------------------------------------------------------------------------

EMAIL = "Write to jane.doe@example.com."
PLANTED = [
    pytest.param("interactions", "question", EMAIL, "EMAIL", "question", id="question"),
    pytest.param("interactions", "answer", EMAIL, "EMAIL", "rejected_answer", id="wrong answer"),
    pytest.param("decisions", "final_answer", EMAIL, "EMAIL", "expected", id="final answer"),
    pytest.param(
        "interactions",
        "sources",
        '[{"title":"Card 4111 1111 1111 1111"}]',
        "CREDIT_CARD",
        "title",
        id="title of a source",
    ),
    pytest.param(
        "interactions",
        "sources",
        '[{"text":"My SSN is 536-90-4399"}]',
        "SSN",
        "text",
        id="text of a source",
    ),
    pytest.param(
        "interactions",
        "sources",
        '[{"uri":"https://help.example.com/?session=Jane"}]',
        "URL",
        "uri",
        id="address of a source",
    ),
    pytest.param(
        "interactions",
        "history",
        '[{"role":"user","content":"DE89 3704 0044 0532 0130 00"}]',
        "IBAN",
        "content",
        id="history",
    ),
]


@pytest.mark.parametrize(("table", "column", "value", "type_", "key"), PLANTED)
def test_the_scan_names_the_item_and_nothing_is_written(
    filled: Store, tmp_path: Path, table: str, column: str, value: str, type_: str, key: str
) -> None:
    id_ = "interaction_id" if table == "decisions" else "id"
    with filled.write() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = ? WHERE {id_} = 'fixed'", [value])
    prepared = exported(filled)
    assert prepared.found == [Found("fixed", type_, key)]
    with pytest.raises(ExportRefused) as refusal:
        write(prepared, tmp_path / "out")
    assert str(refusal.value) == (
        "The last scan found what looks like personal data, so nothing was written: "
        f"fixed ({type_} in {key}). Leave these items out, or reject them, and export again."
    )
    with pytest.raises(ExportRefused):
        archive_of(prepared)
    assert not (tmp_path / "out").exists()

    proceeding = exported(filled, without=["fixed"])
    write(proceeding, tmp_path / "out")
    assert proceeding.found == []
    assert proceeding.manifest["filters"] == {"sample": False, "taken_out": ["fixed"]}
    assert [(item.interaction_id, item.revision) for item in proceeding.items] == [("liked", 0)]
    assert proceeding.excluded["taken_out"] == ["fixed"]
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    assert b"jane" not in written
    assert b"4111" not in written


def test_of_many_findings_the_first_are_named(store: Store, load: Load) -> None:
    load(*(answered(f"i-{number:02}", "up", question=f"Which {number}?") for number in range(25)))
    with store.write() as cursor:
        cursor.execute("UPDATE interactions SET answer = 'Ask jane@example.com ' || id || '.'")
    prepared = exported(store)
    assert len(prepared.found) == 25
    with pytest.raises(ExportRefused, match=r"i-00 .*; i-19 \(EMAIL in expected\) and 5 more\. "):
        archive_of(prepared)


def test_tags_are_scanned_too(filled: Store) -> None:
    with filled.write() as cursor:
        cursor.execute("UPDATE interactions SET tags = ['ok', 'a@example.com'] WHERE id = 'liked'")
    assert exported(filled).found == [Found("liked", "EMAIL", "tags")]


def test_messages_are_scanned_by_their_own_fields(filled: Store) -> None:
    with filled.write() as cursor:
        cursor.execute("UPDATE interactions SET question = ? || id", [EMAIL])
    # The question is in each line; the wrong answer is in none.
    assert exported(filled, "messages").found == [
        Found("fixed", "EMAIL", "content"),
        Found("liked", "EMAIL", "content"),
    ]
    with filled.write() as cursor:
        cursor.execute("UPDATE interactions SET question = 'Question ' || id")
        cursor.execute("UPDATE interactions SET answer = ? WHERE id = 'fixed'", [EMAIL])
    assert exported(filled, "messages").found == []


def test_what_is_not_exported_is_not_in_the_way(filled: Store) -> None:
    with filled.write() as cursor:
        cursor.execute("UPDATE interactions SET question = ? WHERE id = 'waiting'", [EMAIL])
    assert exported(filled).found == []


def test_ids_times_and_versions_are_exempt(store: Store, load: Load) -> None:
    load(
        answered(
            "0044-20-7946-0958",
            "up",
            logged_at="2026-11-20T10:00:00Z",
            agent_version="10.11.12.13",
            model="v4.111.111.1",
        )
    )
    with store.write() as cursor:
        cursor.execute("UPDATE interactions SET id = '4111 1111 1111 1111'")
        cursor.execute("UPDATE feedback SET interaction_id = '4111 1111 1111 1111'")
    prepared = exported(store)
    assert prepared.found == []
    assert len(prepared.cases) == 1


# ---- the ledger -----------------------------------------------------------------------------


def test_the_ledger(filled: Store) -> None:
    prepared = exported(filled)
    assert exports.made(filled, sample=False) == []
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for _ in range(2):  # a repetition adds nothing
        record(filled, prepared, now)
    assert filled.rows("SELECT * EXCLUDE (seq) FROM exports") == [
        {
            "export_id": prepared.export_id,
            "format": "eval",
            "cut_off": 8,
            "exported_at": datetime(2026, 11, 23, 12),
            "manifest": file_in(prepared, "manifest.json").decode(),
            "is_sample": False,
            "superseded_at": None,
            "superseded_because": None,
        }
    ]
    first, second = (line + b"\n" for line in DATA.splitlines())
    common = {"export_id": prepared.export_id, "split": "eval"}
    assert filled.rows("SELECT * FROM export_items ORDER BY interaction_id") == [
        {"interaction_id": "fixed", "revision": 1, "row_hash": sha256(first), **common},
        {"interaction_id": "liked", "revision": 0, "row_hash": sha256(second), **common},
    ]
    record(filled, exported(filled, "messages"), now)
    assert [
        (row["format"], row["rows"], row["exported_at"])
        for row in exports.made(filled, sample=False)
    ] == [("messages", 2, datetime(2026, 11, 23, 12)), ("eval", 2, datetime(2026, 11, 23, 12))]


# ---- the command ----------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path: Path, write_log: Callable[..., Path]) -> Callable[..., Any]:
    """`core export ...` on a database with the log above, in this process."""
    with Store(tmp_path / "flywheel.duckdb") as store:
        load_file(store, write_log(*LOG))
        approve(store, "fixed")

    def run(*given: str) -> Any:
        return CliRunner().invoke(main, ["export", *given])

    return run


def test_the_command_refuses_in_plain_words(command: Callable[..., Any], tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    for given, code, message in (
        (("nope",), 1, "Error: There is no format nope; there are eval, messages, "),
        (("eval", "--as-of", "soon"), 1, "Error: --as-of soon is not a time such as "),
        (("eval", "--holdout", "95"), 1, "Error: A share of 95 % leaves nothing to learn from"),
        (("eval", "--holdout", "101"), 2, "Usage: "),
    ):
        result = command(*given, "--out", out)
        assert result.exit_code == code
        assert result.stderr.startswith(message)
        assert result.stdout == ""
    assert not (tmp_path / "out").exists()


def test_a_refused_command_leaves_no_trace_and_without_helps(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    database = tmp_path / "flywheel.duckdb"
    with Store(database) as store, store.write() as cursor:
        cursor.execute("UPDATE interactions SET question = ? WHERE id = 'liked'", [EMAIL])
    out = str(tmp_path / "out")
    refused = command("eval", "--out", out)
    assert refused.exit_code == 1
    assert "liked (EMAIL in question)" in refused.stderr
    assert "jane" not in refused.output
    assert not (tmp_path / "out").exists()
    with Store(database) as store:
        assert exports.made(store, sample=False) == []

    done = command("eval", "--out", out, "--without", "liked", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["excluded"] == {"no_feedback": 1, "pending": 1, "taken_out": 1}
    with Store(database) as store:
        assert [row["rows"] for row in exports.made(store, sample=False)] == [1]


FULL_DISK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from core.commands import main
main(sys.argv[1:], prog_name="python -m core")
"""


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    database = tmp_path / "store.duckdb"
    fill(database, 1_000)
    before = database.read_bytes()
    command = ("export", "eval", "--db", database, "--out", tmp_path / "out")
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, *command], cwd=ROOT, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (
        1,
        f"Error: {tmp_path} has no room for it: File too large.\n",
    )
    assert list(tmp_path.iterdir()) == [database]
    assert database.read_bytes() == before

"""Whatever a log holds, every record of it is accounted for, and nothing raw is said of it.

First generated dirt in every container, through the store; then the dirt that is known by name,
through the command line.
"""

import csv
import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.commands import main
from core.keys import seal
from core.load import read_log
from core.pipeline import load_log
from core.records import Record, Rejected
from core.redaction import VERSION
from core.settings import ROOT
from core.store import Store, log

WriteLog = Callable[..., Path]
Anything = st.SearchStrategy[Any]

# ---- generated dirt -------------------------------------------------------------------------

TEXTS: Anything = st.sampled_from(
    ["", " ", "a", "Wer ist das?", "Ann.", "\u2028", "مرحبا", "👍", "a\x00b", "\ud800", '"', "a;b",
     "a\nb", "a\r\nb", "[", "]}", "{{", "\\", "NaN", "ann@example.com", "=1+1", "\ufeff", "a,b"]
) | st.text(max_size=6)  # fmt: skip
VOTES: Anything = st.sampled_from(
    ["up", "down", "UP", "👍", "yes", "No", "meh", "like", "", None, True, False, 1, 0, -1, 5, 3,
     0.5, "1", "0", "5", 10**30, 1e300, ["up", "down"], [1, None], [], {}, {"signal": "down"}, 10,
     {"signal": "edit"}, {"signal": "down", "correction": "Bob."}, {"score": 1}, {"rating": "bad"},
     [{"rating": "up", "user": "u"}, {"rating": "down"}], "retry", "edit", "thumbsUp"]
)  # fmt: skip
TIMES: Anything = st.sampled_from(
    ["2025-06-01", "2025-06-01 10:00:00", 1748772000, 1748772000000, "1748772000000000000", None,
     "", "soon", "2999-01-01", 0, -1, 1e300, 10**25, True, [], "Sun, 01 Jun 2025 10:00:00 GMT"]
)  # fmt: skip
IDS: Anything = st.sampled_from(
    ["a", "b", "c", 1, 2, None, "", " ", 1.5, True, [], "a\x00", "ann@x.example"]
)
VALUES: Anything = st.recursive(
    TEXTS | VOTES | TIMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
ROLES = st.sampled_from(["user", "assistant", "bot"])
MESSAGES = st.lists(st.fixed_dictionaries({"role": ROLES, "content": TEXTS}), max_size=4)
NAMES: dict[str, Anything] = {
    "id": IDS, "question": TEXTS, "query": TEXTS, "answer": TEXTS, "response": TEXTS,
    "feedback": VOTES, "rating": VOTES, "helpful": VOTES, "label": VOTES, "comment": TEXTS,
    "correction": TEXTS, "timestamp": TIMES, "logged_at": TIMES, "sources": VALUES, "source": TEXTS,
    "context": VALUES, "user": VALUES, "session_id": IDS, "model": VALUES, "tags": VALUES,
    "history": MESSAGES | VALUES, "messages": MESSAGES, "metadata": VALUES, "type": TEXTS,
    "interaction_id": IDS, "message_id": IDS, "signal": VOTES, "consent": VALUES, "trace": VALUES,
    "redaction": VALUES, "score": VALUES, "input": VALUES, "output": VALUES,
}  # fmt: skip


def having(*names: str) -> Anything:
    """Objects with these keys, and perhaps others."""
    needed = {name: NAMES[name] for name in names}
    return st.fixed_dictionaries(
        needed, optional={name: NAMES[name] for name in NAMES if name not in needed}
    )


RECORDS = st.one_of(
    having("question", "answer"),
    having("query", "response", "rating"),
    having("message_id", "rating"),
    having(),
    VALUES,
)
# Many of one kind, so that a shape is found, and one key that varies.
ALIKE: Anything = st.tuples(
    having("query", "response"),
    st.sampled_from(["rating", "id", "sources", "timestamp", "user", "feedback"]),
    st.lists(VALUES, min_size=3, max_size=8),
).map(
    lambda drawn: [
        {**drawn[0], "query": f"{place}", drawn[1]: value} for place, value in enumerate(drawn[2])
    ]
)
LISTS: Anything = st.lists(RECORDS, max_size=8) | ALIKE
CONTAINERS = [
    *"lines crlf array indented wrapper concatenated csv semicolons".split(),
    "one a line",
    "by id",
]
PIECES = st.sampled_from(
    [b"", b'"', b"[", b"]", b"{", b"}", b",", b"\n", b"\r", b"\0", b"\xff", b"\\", b"\xef\xbb\xbf"]
) | st.binary(max_size=4)


def contained(records: list[Any], container: str, *, ascii_: bool = True) -> bytes:
    def dumped(value: Any, indent: int | None = None) -> str:
        return json.dumps(value, ensure_ascii=ascii_, indent=indent)

    texts: dict[str, Callable[[], str]] = {
        "lines": lambda: "\n".join(map(dumped, records)),
        "crlf": lambda: "\r\n".join(map(dumped, records)) + "\r\n",
        "array": lambda: dumped(records),
        "indented": lambda: dumped(records, 2),
        "one a line": lambda: "[\n" + ",\n".join(map(dumped, records)) + "\n]",
        "wrapper": lambda: dumped({"status": "ok", "data": records}, 1),
        "by id": lambda: dumped({str(place): each for place, each in enumerate(records)}),
        "concatenated": lambda: "\n".join(dumped(each, 1) for each in records),
        "csv": lambda: as_csv(records, ","),
        "semicolons": lambda: as_csv(records, ";"),
    }
    return texts[container]().encode("utf-8", "surrogatepass")


def as_csv(records: list[Any], delimiter: str) -> str:
    rows = [each for each in records if isinstance(each, dict)]
    header = list(dict.fromkeys(key for row in rows for key in row))
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(header or ["question", "answer"])
    for row in rows:
        cells = [row.get(key, "") for key in header]
        writer.writerow([cell if isinstance(cell, str) else json.dumps(cell) for cell in cells])
    return file.getvalue()


@st.composite
def logs(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file name, and bytes that were a log before somebody was at them."""
    container = draw(st.sampled_from(CONTAINERS))
    content = contained(draw(LISTS), container, ascii_=draw(st.booleans()))
    if draw(st.booleans()):
        content = b"\xef\xbb\xbf" + content
    for _ in range(draw(st.integers(0, 2))):
        # Something is put in, and some bytes are lost, or all that follow.
        place = draw(st.integers(0, len(content)))
        lost = draw(st.sampled_from([0, 0, 1, 5, len(content)]))
        content = content[:place] + draw(PIECES) + content[place + lost :]
    if draw(st.integers(0, 9)) == 0:
        content = content.decode("utf-8", "replace").encode("utf-16")
    return draw(st.sampled_from(["log.jsonl", "log.json", "log.csv", "log"])), content


def checked(name: str, content: bytes) -> list[Record | Rejected]:
    """What a log is read as: in order, each where it says, and no reason quotes what was logged."""
    records = list(read_log(io.BytesIO(content), name, 3_000).records)
    places = [(record.line, record.offset) for record in records]
    assert places == sorted(places)
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for record in records:
        assert record.line >= 1
        assert 0 <= record.offset <= (len(content) * 2 if is_utf_16 else len(content))
        if isinstance(record, Rejected):
            assert record.reason.isascii(), record.reason
            assert record.reason.isprintable(), record.reason
            assert 0 < len(record.reason) < 150
            assert not any(word in record.reason for word in ("@", "Wer", "meh", "thumbs", "{{"))
    return records


@given(logs())
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_bytes_can_be_read(given_: tuple[str, bytes]) -> None:
    checked(*given_)


@given(st.sampled_from(CONTAINERS), LISTS)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_whole_log_has_as_many_records_as_it_was_made_of(
    container: str, records: list[Any]
) -> None:
    # One line alone, or a list at the start, may be an array or a document.
    if container in ("lines", "crlf"):
        assume(len(records) > 1 and not isinstance(records[0], list))
    if container in ("by id", "wrapper", "concatenated"):
        # How such files are told apart when they hold something else: test_containers.py.
        assume(len(records) > 2)
        assume(all(isinstance(each, dict) for each in records))
        assume(all({"query", "response"} <= set(each) for each in records))
    if container in ("csv", "semicolons"):
        records = [each for each in records if isinstance(each, dict)]
        # A row without any text is none.
        assume(all(any(str(value).strip() for value in each.values()) for each in records))
        assume(all(json.dumps(each).count("\\ud800") == 0 for each in records))
    content = contained(records, container)
    if container in ("lines", "crlf") and content[:1] not in (b"{", b"["):
        assume(b"," not in content.split(b"\n")[0])  # else it may be the header of a CSV
    name = "log.csv" if container in ("csv", "semicolons") else "log"
    places = {(record.line, record.offset) for record in checked(name, content)}
    assert len(places) == len(records)


@given(logs())
@settings(
    max_examples=40,
    deadline=None,
    # All go into one store, so that ids and votes meet what was loaded before.
    suppress_health_check=list(HealthCheck),
)
def test_the_counts_of_any_log_add_up(store: Store, given_: tuple[str, bytes]) -> None:
    name, content = given_
    name = f"{len(log.loads(store))} {name}"
    before = {table: count(store, table) for table in TABLES}
    counts = load_log(store, io.BytesIO(content), name)
    assert counts.lines == counts.loaded + counts.duplicate + counts.rejected + counts.feedback
    assert count(store, "interactions") == before["interactions"] + counts.loaded
    assert count(store, "rejected_lines") == before["rejected_lines"] + counts.rejected
    for row in store.rows("SELECT reason, excerpt FROM rejected_lines"):
        assert row["reason"].isascii()
        assert "ann@" not in row["excerpt"]

    after = {table: count(store, table) for table in TABLES}
    again = load_log(store, io.BytesIO(content), name)
    assert (again.lines, again.rejected) == (counts.lines, counts.rejected)
    assert (again.loaded, again.feedback) == (0, 0)
    assert {table: count(store, table) for table in TABLES} == after


TABLES = ("interactions", "feedback", "rejected_lines")


def count(store: Store, table: str) -> int:
    return int(store.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"])


# ---- dirt by name, through the command line ----------------------------------------------------


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


NUMBERS = ("lines", "loaded", "duplicate", "rejected", "feedback")
Counts = tuple[int, int, int, int, int]


def load(path: Path) -> Counts:
    """The numbers that `load` prints, which must add up; it must end with 0."""
    result = run("load", path, "--json")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    found = json.loads(result.stdout)
    lines, loaded, duplicate, rejected, feedback = (found[name] for name in NUMBERS)
    assert lines == loaded + duplicate + rejected + feedback
    return lines, loaded, duplicate, rejected, feedback


def reasons() -> list[tuple[int, str]]:
    found = json.loads(run("rejects", "--json").stdout)["rejected"]
    return sorted((row["line"], row["reason"]) for row in found)


def qa(id_: str = "q-1", **more: Any) -> dict[str, Any]:
    return {"id": id_, "question": "Who?", "answer": "Ann.", **more}


GOOD = json.dumps(qa("good"))
TRAILING = "not valid JSON: JSON is malformed: trailing characters (byte {})"


def test_an_empty_file(tmp_path: Path) -> None:
    for name, content in (("a.jsonl", ""), ("b.csv", ""), ("c.json", "\n\n"), ("d.csv", "q,a\n")):
        (tmp_path / name).write_text(content)
        assert load(tmp_path / name) == (0, 0, 0, 0, 0)
        told = run("load", tmp_path / name).stdout
        assert told.startswith(f"{tmp_path / name}: 0 records: ")
        assert "there is no record in it" in told


def test_a_folder(tmp_path: Path) -> None:
    (folder := tmp_path / "logs").mkdir()
    (folder / "a.json").write_text(json.dumps(qa("a")))
    (folder / "b.csv").write_text("id,question,answer\nb,Who?,Ann.\n")
    (folder / "c.txt").write_text("no log")
    assert load(folder) == (2, 2, 0, 0, 0)
    result = run("load", tmp_path / "logs" / "c.txt", "--json")
    assert json.loads(result.stdout)["rejected"] == 1


def test_a_binary_file(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)) * 20)
    assert load(tmp_path / "log.jsonl") == (1, 0, 0, 1, 0)
    why = "this is a binary file, not a log in JSON lines, JSON or CSV"
    assert reasons() == [(1, why)]


ODD: dict[str, tuple[bytes, Counts, list[tuple[int, str]]]] = {
    "invalid UTF-8": (
        b'{"question": "a\xff", "answer": "x"}\n' + GOOD.encode(), (2, 1, 0, 1, 0),
        [(1, "not valid UTF-8 at byte 16 of the record")],
    ),
    "a BOM, CRLF, no final newline": (
        b"\xef\xbb\xbf" + GOOD.encode() + b"\r\n\r\n" + json.dumps(qa("b")).encode(),
        (2, 2, 0, 0, 0), [],
    ),
    "two objects on a line": (
        f"{GOOD}\n{GOOD}{GOOD}\n".encode(), (2, 1, 0, 1, 0), [(2, TRAILING.format(len(GOOD) + 1))],
    ),
    "duplicate ids": (
        f"{GOOD}\n{GOOD}\n{json.dumps(qa('good', feedback='up'))}".encode(), (3, 1, 1, 0, 1), [],
    ),
    "missing ids": (
        b'{"question": "Who?", "answer": "Ann."}\n' * 2 + b'{"question": "W", "answer": "A"}',
        (3, 2, 1, 0, 0), [],
    ),
    "an id conflict": (
        f"{GOOD}\n{json.dumps(qa('good', answer='Bob.'))}".encode(), (2, 1, 0, 1, 0),
        [(2, "id_conflict: this id is stored already with another question or answer")],
    ),
    "wrong types": (
        b"\n".join(
            json.dumps({**qa("good"), key: value}).encode()
            for key, value in [
                ("feedback", "up"), ("question", 5), ("answer", ["x"]), ("id", {}),
                ("feedback", 5), ("logged_at", True)]),
        (6, 1, 0, 5, 0),
        [(2, "question is a number, not a text"), (3, "answer is a list, not a text"),
         (4, "id is an object, not a text or a number"),
         (5, "feedback is a number, not a signal or an object"),
         (6, "logged_at is not a time such as 2026-11-23T10:00:00Z")],
    ),
    "nulls": (
        json.dumps({**qa(), "id": None, "feedback": None, "sources": None, "user": None}).encode()
        + b'\n{"question": null, "answer": "a"}\nnull', (3, 1, 0, 2, 0),
        [(2, "question is empty"), (3, "the record is null, not an object in braces")],
    ),
    "lone surrogates": (
        b'{"question": "\\ud800", "answer": "x"}\n' + GOOD.encode(), (2, 1, 0, 1, 0),
        [(1, "not valid JSON: JSON is malformed: unexpected end of escaped utf-16 surrogate pair "
             "(byte 20)")],
    ),
    "NUL": (
        b'{"question": "a\\u0000b", "answer": "x"}\n{"question": "a\x00b", "answer": "x"}',
        (2, 1, 0, 1, 0), [(2, "not valid JSON: JSON is malformed: invalid character (byte 15)")],
    ),
    "U+2028 and right-to-left text": (
        json.dumps(qa(question="a\u2028b\u2029", answer="\u202eمرحبا بالعالم\u202c"),
                   ensure_ascii=False).encode(), (1, 1, 0, 0, 0), [],
    ),
    "a future date": (
        json.dumps(qa(logged_at="2999-01-01T00:00:00Z")).encode(), (1, 0, 0, 1, 0),
        [(1, "logged_at lies in the future (2999-01-01): a wrong clock or unit?")],
    ),
    "a vote before its answer, and for an unknown id": (
        b'{"interaction_id": "good", "signal": "up"}\n{"interaction_id": "9", "signal": "down"}\n'
        + GOOD.encode(), (3, 1, 0, 0, 2), [],
    ),
    "an upload that was cut off": (
        ("[\n" + GOOD + ",\n" + json.dumps(qa("cut"))).encode()[:-9], (2, 1, 0, 1, 0),
        [(3, "the file ends in the middle of this record: was it cut off?")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("dirt", ODD)
def test_dirt_is_told_and_costs_nothing_else(dirt: str, tmp_path: Path) -> None:
    content, counts, why = ODD[dirt]
    (tmp_path / "log.jsonl").write_bytes(content)
    assert load(tmp_path / "log.jsonl") == counts
    assert reasons() == why
    lines, loaded, duplicate, rejected, feedback = counts
    assert load(tmp_path / "log.jsonl") == (
        lines, 0, loaded + duplicate + feedback, rejected, 0,
    )  # fmt: skip


def test_a_vote_waits_for_its_answer(tmp_path: Path) -> None:
    (tmp_path / "votes.jsonl").write_text('{"interaction_id": "good", "signal": "down"}')
    (tmp_path / "answers.jsonl").write_text(GOOD)
    assert load(tmp_path / "votes.jsonl") == (1, 0, 0, 0, 1)
    assert json.loads(run("stats", "--json").stdout)["down"] == 0
    assert load(tmp_path / "answers.jsonl") == (1, 1, 0, 0, 0)
    assert json.loads(run("stats", "--json").stdout)["down"] == 1


def test_a_pipe_is_a_log(tmp_path: Path) -> None:
    pipe = tmp_path / "log"
    os.mkfifo(pipe)
    for expected in ((2, 1, 0, 1, 0), (2, 0, 1, 1, 0)):
        writer = Thread(target=pipe.write_text, args=(GOOD + "\n{",))
        writer.start()
        assert load(pipe) == expected
        writer.join()


# ---- a machine that has had enough ---------------------------------------------------------------

CHILD = """
import io, json, resource, sys
from core.load import read_log

class Long:
    '''A file with a line of 100 MB that is never in memory.'''
    def __init__(self, before, after):
        self.parts = [(before, 1), (b'x' * 100_000, 1_000), (after, 1)]
        self.seek(0)
    def seekable(self): return True
    def seek(self, place):
        assert place == 0
        self.rest = [part for part, times in self.parts for _ in range(times)][::-1]
    def read(self, size=-1):
        assert size > 0
        return self.readline(size, whole=True)
    def readline(self, size, whole=False):
        found = bytearray()
        while self.rest and len(found) < size:
            part = self.rest.pop()
            end = part.find(b'\\n') + 1
            cut = min(end if end and not whole else len(part), size - len(found))
            found += part[:cut]
            if part[cut:]:
                self.rest.append(part[cut:])
            if found.endswith(b'\\n') and not whole:
                break
        return bytes(found)

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = []
for line in sys.stdin:
    start, end, name = json.loads(line)
    reading = read_log(Long(start.encode(), end.encode()), name, 16_000_000)
    found.append([getattr(each, 'reason', 'read') for each in reading.records])
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([found, (after - before) // 1024]))
"""


def test_a_line_of_100_mb_takes_little_memory() -> None:
    files = [
        (f'{GOOD}\n{{"question": "', f'"}}\n{GOOD}\n', "log.jsonl"),
        ('{"question": "', f'"}}\n{GOOD}\n', "log.jsonl"),
        ("", f"\n{GOOD}\n", "log.jsonl"),
        ('id,question,answer\n1,Q,A\n2,"', '",A\n3,Q,A\n', "log.csv"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input="\n".join(map(json.dumps, files)).encode(),
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    found, megabytes = json.loads(done.stdout)
    line = "the line is longer than 16,000,000 bytes"
    row = "the row is longer than 16,000,000 bytes: a quote never closed?"
    assert found == [["read", line, "read"], [line, "read"], [line, "read"], ["read", row, "read"]]
    assert megabytes < 90


def test_a_line_of_100_mb_through_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with path.open("wb") as file:
        file.write(GOOD.encode() + b'\n{"question": "')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + json.dumps(qa("after")).encode())
    assert load(path) == (3, 2, 0, 1, 0)
    assert reasons() == [(2, "the line is longer than 16,000,000 bytes")]


DISK = """
import resource, sys
from core.commands import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
main(sys.argv[2:])
"""


def child(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=100,
    )


def test_a_full_disk(tmp_path: Path, write_log: WriteLog) -> None:
    draw = random.Random(7)
    records = [qa(f"q-{n}", answer=draw.randbytes(3_000).hex()) for n in range(1_200)]
    for record in records:
        # Sealed as our own capture does, so that the models need not read it.
        record["redaction"] = {"version": VERSION, "counts": {}, "seal": seal(record, VERSION)}
    path = write_log(*records)
    database = tmp_path / "full.duckdb"
    assert run("load", write_log(qa("first"), name="first.jsonl"), "--db", database).exit_code == 0
    room = database.stat().st_size + 400_000
    done = child(DISK, room, "load", path, "--db", database)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
    # What was stored is whole, and with room again the rest gets in.
    counts = json.loads(run("load", path, "--db", database, "--json").stdout)
    assert counts["lines"] == counts["loaded"] + counts["duplicate"] == 1_200
    assert json.loads(run("stats", "--db", database, "--json").stdout)["interactions"] == 1_201


NOBODY = """
import json, os, sys
from click.testing import CliRunner
from core.commands import main
tries = json.loads(sys.argv[1])
CliRunner().invoke(main, tries.pop(0))  # what is needed is in memory before we are nobody
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for arguments in tries:
    result = CliRunner().invoke(main, arguments)
    print(json.dumps([result.exit_code, result.stderr or result.stdout or repr(result.exception)]))
"""


def test_folders_and_files_that_are_closed(tmp_path: Path, write_log: WriteLog) -> None:
    path, secret = write_log(qa()), write_log(qa(), name="secret.jsonl")
    (closed := tmp_path / "closed").mkdir()
    (closed / "log.jsonl").write_text(GOOD)
    (mine := tmp_path / "mine").mkdir()
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(folder.stat().st_mode | 0o055)
    path.chmod(0o644)
    secret.chmod(0o000)
    closed.chmod(0o555)
    mine.chmod(0o777)
    tries = [
        ["load", path, "--db", tmp_path / "first.duckdb"],
        ["load", path, "--db", closed / "new.duckdb"],
        ["load", secret, "--db", mine / "new.duckdb"],
        ["load", closed, "--db", mine / "new.duckdb"],
    ]
    done = child(NOBODY, json.dumps([list(map(str, each)) for each in tries]))
    assert done.returncode == 0, done.stderr
    database, log_, folder_ = map(json.loads, done.stdout.splitlines())
    assert database[0] == log_[0] == 1
    assert database[1].startswith("Error: ")
    assert str(closed) in database[1]
    assert log_[1] == f"Error: {secret}: Permission denied\n"
    assert folder_[0] == 0
    assert "1 records: 1 loaded" in folder_[1]

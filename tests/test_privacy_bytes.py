"""What a log said must not be on the disk afterwards, in any file, in any encoding.

A child process takes a log full of invented identifiers all the way: load, queue, decisions with
typed text, exports, capture, commands that fail. Then it is killed, so that nothing is tidied up:
the write-ahead log stays. All bytes of all files below its folder are searched, its output
included; compressed pages of the database are searched by reading all tables once more.

What this relies upon: e-mail addresses, telephone, card, IBAN and social security numbers, IP
addresses, handles, issued keys, post boxes and military mail are found by their form, wherever they
stand. So are web addresses, in texts. Passwords, tokens without an issuer's form and login pairs
are found by the words before them. Names and street addresses are found by a model, which does not
find all there are: these are ones it does find, each in a sentence. Ids, keys and versions are
searched by form alone: an id that is a name stays, and so is none of these. How much is missed is
measured elsewhere.

What a reviewer reports afterwards must go from the disk as well: the second part of this file.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import quote

import pytest

from core import export, pipeline, review
from core.redaction import TYPES
from core.redaction.records import RecordRedactor
from core.redaction.reported import Watchful
from core.review import report
from core.settings import ROOT
from core.store import DatabaseError, Store, decisions

# Keys are put together here, so that no scanner of repositories takes them for real ones.
BY_FORM = [
    ("EMAIL", "quillan.frost@kestrelmail.example", "Write to {} please."),
    ("EMAIL", "b.ostrander@kestrelmail.example", "my e-mail: {}"),
    ("EMAIL", "ulla.norrby+meter@kestrelmail.example", "cc {} too"),
    ("EMAIL", "tamsin at kestrelpost dot com", "Reach me by mail, {}."),
    ("PHONE", "541-754-3010", "Call me on {}."),
    ("PHONE", "+44 161 496 0871", "My number is {}."),
    ("PHONE", "(212) 736-5000", "ring {} after six"),
    ("PHONE", "+49 30 901820", "Telefon {}"),
    ("CREDIT_CARD", "4111 1111 1111 1111", "I paid with {}."),
    ("CREDIT_CARD", "5500-0000-0000-0004", "card {} was charged"),
    ("CREDIT_CARD", "378282246310005", "amex {}"),
    ("CREDIT_CARD", "6011111111111117", "the card {} is lost"),
    ("IBAN", "DE89 3704 0044 0532 0130 00", "Pay to {}."),
    ("IBAN", "GB29NWBK60161331926819", "iban {}"),
    ("IBAN", "FR14 2004 1010 0505 0001 3M02 606", "Refund it to {} please."),
    ("IP", "203.0.113.77", "I log in from {}."),
    ("IP", "198.51.100.23", "the server {} is down"),
    ("IP", "2001:db8:85a3::8a2e:370:7334", "My address is {} at home."),
    ("SSN", "219-09-9999", "My SSN is {}."),
    ("SSN", "457 55 5462", "social security number {}"),
    ("SECRET", "AKIA" + "IOSFODNN7KESTREL", "use {} for the bucket"),
    ("SECRET", "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a", "The token {} does not work."),
    ("SECRET", "sk-" + "kestrel0123456789abcdefgh", "export {}"),
    ("SECRET", "xoxb-" + "17653672481-kestrelslack", "slack says {} is wrong"),
    ("TWITTER", "@quillan_frost", "Follow {} for more."),
    ("TWITTER", "@tamsinbirds", "ask {} about it"),
    ("MAC", "00:1B:44:7E:3A:B7", "my router is {} they say"),
    ("ADDRESS", "P.O. Box 48213", "Write to {}."),
    ("ADDRESS", "PSC 0413, Box 8144 APO AA 42323", "My address: {}"),
]
IN_SENTENCES = [
    ("MEDICAL_RECORD", "00482913", "my MRN is {}."),
    ("ACCOUNT", "31926819", "account number {} is mine"),
    ("ID_NUMBER", "C01X00T47", "passport no. {}"),
    ("DATE_OF_BIRTH", "17.4.1961", "I was born on {} in Ulm."),
    ("URL", "https://intranet.kestrelworks.example/people/77", "See {} for it."),
    ("URL", "www.tamsinsgarden.com/blog", "It says so on {} somewhere."),
    ("SECRET", "Tulip!4711x", "my password is {}"),
    ("SECRET", "hunter2kestrel", "password: {}"),
    ("SECRET", "Zm9vYmFyOmtlc3RyZWw9MTIz", "Authorization: Bearer {}"),
    ("CREDENTIAL", "kestreladmin", "username: {} password: s3cretB1rd"),
    ("CREDENTIAL", "s3cretB1rd", "username: kestreladmin password: {}"),
    ("PERSON", "Martha Jones", "My name is {}."),
    ("PERSON", "Quentin Abernathy", "I spoke to {} yesterday."),
    ("PERSON", "Rosalind Whitcombe", "{} is my wife."),
    ("PERSON", "Oluwaseun Adeyemi", "Please tell {} about it."),
    ("PERSON", "Siobhan Gallagher", "Regards, {}"),
    ("PERSON", "Annelise Bergmann", "My name is {} and I wait."),
    ("PERSON", "Priya Raghunathan", "My neighbour {} has the same problem."),
    ("PERSON", "Lukas Brandstetter", "Dear {}, thank you."),
    ("PERSON", "Fatima Benali", "the account of {} is closed"),
    ("PERSON", "Giovanni Castellani", "I am {} and I moved."),
    ("PERSON", "Dorota Wisniewska", "{} called you on Monday."),
    ("PERSON", "Theodore Pemberton", "My landlord, {}, pays."),
    ("ADDRESS", "14 Larkspur Crescent", "I live at {}, Goole DN14 5BX."),
    ("ADDRESS", "2207 Juniper Hollow Road", "Send it to {}, Springfield, IL 62704."),
    ("ADDRESS", "88 Thornfield Avenue", "My new address is {}, Leeds LS1 4AP."),
    ("ADDRESS", "52 Hawksworth Street", "We moved to {}, Bristol BS3 2EL."),
]
ALL = BY_FORM + IN_SENTENCES
BORN = "1987-03-14"  # bare, a date of birth is one by the key above it alone
MARKER = "unsuspicious meterbox marker"


def test_there_are_identifiers_of_every_kind() -> None:
    assert len({identifier for _, identifier, _ in ALL}) == len(ALL) == 56
    assert {kind for kind, _, _ in ALL} == set(TYPES) - {"DENIED"}


def needles() -> dict[str, str]:
    """What must not occur anywhere, in small letters, and whose it is."""
    found = {BORN: BORN}
    for kind, identifier, _ in ALL:
        found[identifier] = identifier
        if kind in ("PHONE", "CREDIT_CARD", "IBAN", "SSN"):
            found[re.sub(r"[^0-9A-Za-z]", "", identifier)] = identifier
        if kind == "PERSON":
            found[identifier.split()[-1]] = identifier
        if kind == "ADDRESS" and " Box " not in identifier:
            found[" ".join(identifier.split()[1:-1])] = identifier
        found[quote(identifier)] = identifier
    return {needle.casefold(): identifier for needle, identifier in found.items()}


def line(number: int, identifier: str, sentence: str, *, by_form: bool) -> dict[str, Any]:
    """An interaction with the identifier in every field that could hold it."""
    said = f"{sentence.format(identifier)}"
    bare = identifier if by_form else "none"
    path = quote(bare if not bare.startswith("@") else "none")
    return {
        "id": f"log-{number}" if number % 3 or not by_form else identifier,
        "logged_at": "2026-11-01T10:00:00Z",
        "question": f"{said}\n\nWhere is the {MARKER} {number}?",
        "answer": f"In the hall, I think.\n\n{said}",
        "history": [{"role": "user", "content": said}],
        "sources": [
            {"title": said, "text": said, "uri": f"https://help.example/{path}/x"},
            f"https://{quote(identifier, safe='')}:pw@help.example/faq"
            f"?q={quote(identifier, safe='')}&page=2#{quote(identifier, safe='')}",
            said,
        ],
        "feedback": [
            {
                "signal": "down",
                "correction": f"In the cellar.\n\n{said}",
                "comment": said,
                "tags": [said],
                "user": identifier,
            },
            {"signal": "edit", "correction": f"In the cellar, {said}", "rater": identifier},
        ],
        "agent_version": f"build of {bare}",
        "model": f"model of {bare}",
        "session_id": bare if by_form else "session",
        "user": identifier,
        "tags": [said, "billing"],
        "metadata": {"note": said, "deep": [{"er": [said]}], bare: bare, "dob": BORN},
        "unknown_key": said,
    }


def logs() -> tuple[list[str], list[str]]:
    """The lines of a log, and of one that comes later."""
    first, second = [], []
    for number, (_, identifier, sentence) in enumerate(ALL):
        given = line(number, identifier, sentence, by_form=number < len(BY_FORM))
        said = sentence.format(identifier)
        first.append(json.dumps(given, ensure_ascii=bool(number % 2)))
        # Lines that are refused: cut short, of a wrong type, an id that is taken, no JSON at all.
        first.append(json.dumps({"id": f"cut-{number}", "question": said, "answer": "x"})[:-16])
        first.append(json.dumps({"id": f"bad-{number}", "question": said, "answer": [said]}))
        first.append(json.dumps({"id": given["id"], "question": said, "answer": "Another."}))
        first.append(f"ERROR {said}")
        vote = {"signal": "down", "comment": said, "correction": said, "user": identifier}
        second.append(json.dumps({"interaction_id": given["id"], **vote}))
        waiting = identifier if number < len(BY_FORM) else f"nobody-{number}"
        second.append(json.dumps({"interaction_id": waiting, **vote, "tags": [said]}))
        second.append(json.dumps({**given, "id": f"late-{number}", "feedback": "up"}))
    return first, second


CHILD = """
import io, json, sys, time
from datetime import UTC, datetime
from pathlib import Path

from core import review
from core.commands import main
from core.capture import FeedbackLog
from core.pipeline import load_file, record_redactor
from core.settings import database_path
from core.store import Store, decisions

raw, all_ = Path(sys.argv[1]), json.loads(Path(sys.argv[1], "all.json").read_text())
said = [sentence.format(identifier) for _, identifier, sentence in all_]

def run(*arguments, given=""):
    sys.stdin = io.StringIO(given)
    try:
        main([str(each) for each in arguments])
    except SystemExit as end:
        print("exit", end.code, flush=True)

run("load", raw / "first.jsonl")
run("load", raw / "first.jsonl", "--json")
for command in ("rejects", "stats", "queue"):
    run(command)
    run(command, "--json")
run("redact", given="\\n".join([*said, ""]))

def decide_on_all(store):
    items = decisions.queue(store, sample=False)
    for number, item in enumerate(items):
        text = said[number % len(said)]
        action = ("edit", "edit", "approve", "reject")[number % 4]
        action = action if item["correction"] else "edit"
        review.decide(
            store, record_redactor(), item["id"], action, revision=item["revision"],
            reviewer="Rita", now=datetime.now(UTC),
            answer=f"In the attic. {text}" if action == "edit" else None,
            reason="other" if action == "reject" else None, note=text)
    return len(items)

ids = []
with Store(database_path()) as store:
    items = decisions.queue(store, sample=False, limit=2)
for item, text in zip(items, said):
    given = ("--reviewer", "Rita", "--revision")
    run("decide", item["id"], "edit", *given, 0, "--answer", text, "--note", text)
    run("decide", item["id"], "edit", *given, 0, "--answer", text, "--note", text)
    run("decide", item["id"], "reject", *given, 1, "--reason", text, "--note", text)
run("decide", said[0], "edit", *given, 0, "--answer", said[0])
with Store(database_path()) as store:
    decide_on_all(store)
for format_ in ("eval", "messages"):
    run("export", format_, "--out", f"exports/{format_}")
    run("export", format_, "--out", f"exports/{format_}-json", "--json")

log = FeedbackLog("captured.jsonl")
for number, text in enumerate(said):
    identifier = all_[number][1]
    id_ = log.log_interaction(
        question=f"{text} Where is it?", answer=text, sources=[text, {"title": text, "text": text}],
        history=[{"role": "user", "content": text}], user=identifier, tags=[text],
        metadata={"note": (text, {"deep": [text]})})
    log.log_feedback(id_, "down", correction=text, comment=text, tags=[text], user=identifier)

# From here on nothing is closed any more.
store = Store(database_path())
load_file(store, Path("captured.jsonl"))
load_file(store, raw / "second.jsonl")
decide_on_all(store)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a child that took the logs all the way and was killed."""
    raw, kept = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("kept")
    first, second = logs()
    (raw / "first.jsonl").write_text("\n".join(first), "utf-8")
    (raw / "second.jsonl").write_text("\n".join(second), "utf-8")
    (raw / "all.json").write_text(json.dumps(ALL), "utf-8")
    for name in ("home", "tmp"):
        (kept / name).mkdir()
    env = {
        **os.environ,
        "HOME": str(kept / "home"),
        "TMPDIR": str(kept / "tmp"),
        "FLYWHEEL_DB": str(kept / "flywheel.duckdb"),
        "FLYWHEEL_KEY": "a key for tests only, 32 bytes or more",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    out, err = kept / "stdout", kept / "stderr"
    with (
        out.open("wb") as stdout,
        err.open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(raw)],
            cwd=kept,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        ) as child,
    ):
        try:
            for _ in range(600):
                if out.read_bytes().endswith(b"ready\n"):
                    break
                try:
                    child.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
                pytest.fail(f"the child ended:\n{err.read_text('utf-8')[-3000:]}")
            else:
                pytest.fail("the child did not get ready in a minute")
        finally:
            child.kill()
    yield kept


def findings(content: bytes) -> set[str]:
    """The identifiers whose bytes occur in this content."""
    content = content.lower()
    return {
        identifier
        for needle, identifier in needles().items()
        if needle.encode() in content or needle.encode("utf-16-le") in content
    }


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_search_finds_what_is_there() -> None:
    for _, identifier, sentence in ALL:
        said = sentence.format(identifier)
        for text in (said, said.upper(), json.dumps({"x": said})):
            for encoding in ("utf-8", "utf-16-le"):
                assert identifier in findings(b"\x00\xff" + text.encode(encoding))
    raw = "\n".join(map("\n".join, logs())).encode()
    assert findings(raw) == {BORN, *(identifier for _, identifier, _ in ALL)}


def test_all_went_through(left_behind: Path) -> None:
    """Without this, the search below would be glad about an empty folder."""
    found = contents(left_behind)
    assert set(found) == {
        "flywheel.duckdb",
        "flywheel.duckdb.wal",
        "stdout",
        "stderr",
        "captured.jsonl",
        *(
            f"exports/{folder}/{file}"
            for folder in ("eval", "eval-json", "messages", "messages-json")
            for file in (f"{folder.removesuffix('-json')}.jsonl", "manifest.json", "README.md")
        ),
    }
    marked = {name for name, content in found.items() if MARKER.encode() in content}
    assert marked >= {
        "flywheel.duckdb.wal",
        "exports/eval/eval.jsonl",
        "exports/messages/messages.jsonl",
        "stdout",
    }
    said = found["stdout"].decode()
    assert re.findall(r"^exit (\d)$", said, re.MULTILINE) == list("000000000" + "031" * 2 + "10000")
    assert "Traceback" not in found["stderr"].decode()
    for kind in {kind for kind, _, _ in ALL}:
        assert f"[{kind}-1]" in said
        assert f"[{kind}-1]".encode() in found["captured.jsonl"]
    assert b"REDACTION-FAILED" not in b"".join(found.values())
    assert found["captured.jsonl"].count(b"\n") == 2 * len(ALL)


def test_no_identifier_is_in_any_byte(left_behind: Path) -> None:
    leaks = {name: findings(content) for name, content in contents(left_behind).items()}
    assert {name: leaked for name, leaked in leaks.items() if leaked} == {}


def test_no_identifier_is_in_any_row(left_behind: Path) -> None:
    with Store(left_behind / "flywheel.duckdb") as store:
        tables = [
            row["name"] for row in store.rows("SELECT table_name AS name FROM duckdb_tables()")
        ]
        rows = {table: store.rows(f"SELECT * FROM {table}") for table in tables}
    total = len(ALL)
    counts = {
        table: len(rows[table]) for table in ("interactions", "rejected_lines", "feedback", "loads")
    }
    assert counts == {
        "interactions": 3 * total,
        "rejected_lines": 4 * total,
        "feedback": 6 * total,
        "loads": 4,
    }
    assert len(rows["decisions"]) == 2 * total
    leaks = {
        f"{table}.{column}": leaked
        for table in tables
        for column in (rows[table] or [{}])[0]
        if (leaked := findings("\n".join(str(row[column]) for row in rows[table]).encode()))
    }
    assert leaks == {}


# ---- what a reviewer reports ------------------------------------------------------------------

SLIPPED = "Zorblax Quuxley"


def slipped(content: bytes) -> bool:
    content = content.lower()
    return any("quuxley".encode(code) in content for code in ("utf-8", "utf-16-le"))


@pytest.fixture
def with_a_slip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Store]]:
    """A store in a folder of its own, closed once and open again, with a name in all its texts."""
    raw, kept = tmp_path / "raw", tmp_path / "kept"
    raw.mkdir()
    kept.mkdir()
    lines = [
        line(number, SLIPPED, "We spoke to {} about it.", by_form=False) for number in range(300)
    ]
    (raw / f"{SLIPPED}.jsonl").write_text(
        "\n".join([*(json.dumps(each) for each in lines), f"ERROR {SLIPPED}"]), "utf-8"
    )
    redactor = RecordRedactor(Watchful(types=set(TYPES) - {"PERSON", "ADDRESS", "URL"}))
    monkeypatch.setattr(pipeline, "record_redactor", lambda: redactor)
    now = datetime(2026, 11, 23, tzinfo=UTC)
    with Store(kept / "flywheel.duckdb") as store:
        pipeline.load_file(store, raw / f"{SLIPPED}.jsonl")
        items = [item["id"] for item in decisions.queue(store, sample=False)]
        for number, id_ in enumerate(items[:100]):
            review.decide(
                store,
                redactor,
                id_,
                "edit",
                revision=0,
                reviewer="Rita",
                now=now,
                answer=f"Ask {SLIPPED} {number}.",
                note=SLIPPED,
            )
        prepared = export.prepare(store, redactor.redactor, "eval", sample=False)
        export.record(store, prepared, now)
    with Store(kept / "flywheel.duckdb") as store:
        for id_ in items[100:]:
            review.decide(
                store,
                redactor,
                id_,
                "reject",
                revision=0,
                reviewer="Rita",
                now=now,
                reason="other",
                note=f"said {SLIPPED}",
            )
        yield kept, store


def report_it(store: Store) -> report.Reported:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    redactor = pipeline.redactor_of(store)
    return report.take_out(store, redactor, SLIPPED, kind="PERSON", reporter="Rita", now=now)


def test_what_is_reported_is_in_no_byte(with_a_slip: tuple[Path, Store]) -> None:
    kept, store = with_a_slip
    assert {name for name, content in contents(kept).items() if slipped(content)} == {
        "flywheel.duckdb",
        "flywheel.duckdb.wal",
    }
    done = report_it(store)
    assert done.gone
    assert done.interactions == 300
    assert {name for name, content in contents(kept).items() if slipped(content)} == set()
    # Nor in any row, and what is written from then on stays clean too.
    rows = [
        str(row)
        for table in store.rows("SELECT table_name AS name FROM duckdb_tables()")
        for row in store.rows(f"SELECT * FROM {table['name']}")
    ]
    assert len(rows) > 1_000
    assert not slipped("\n".join(rows).encode())
    with store.read() as cursor:
        cursor.execute("CHECKPOINT")
    assert not any(slipped(content) for content in contents(kept).values())


def test_without_a_new_file_it_would_still_be_there(
    with_a_slip: tuple[Path, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why the file is written anew. Should this fail, the database has learned to forget."""
    kept, store = with_a_slip
    monkeypatch.setattr(Store, "rewrite_file", lambda _self: None)
    report_it(store)
    with store.read() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("VACUUM")
        cursor.execute("CHECKPOINT")
    assert slipped((kept / "flywheel.duckdb").read_bytes())


def test_others_read_and_write_while_the_file_is_written_anew(store: Store, tmp_path: Path) -> None:
    failures: list[Exception] = []
    stop = Event()

    def work(number: int) -> None:
        try:
            for round_ in count():
                if stop.is_set():
                    return
                with store.write() as cursor:
                    cursor.execute(
                        "INSERT INTO shapes VALUES (?, 'x', now()::TIMESTAMP)",
                        [f"{number}-{round_}"],
                    )
                written[number] = round_ + 1
                store.rows("SELECT count(*) AS number FROM shapes")
        except Exception as error:
            failures.append(error)

    written = [0] * 4
    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        store.rewrite_file()
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(written) > 10
    assert store.rows("SELECT count(*) AS number FROM shapes") == [{"number": sum(written)}]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store.duckdb", "store.duckdb.wal"]


def test_a_file_that_cannot_be_written_anew_stays(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.write() as cursor:
        cursor.execute("INSERT INTO shapes VALUES ('a', 'x', now()::TIMESTAMP)")
    with monkeypatch.context() as patch:

        def full(_descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(os, "fsync", full)
        with pytest.raises(DatabaseError, match=r"may still be found.*No space left"):
            store.rewrite_file()
    assert store.rows("SELECT keys_hash FROM shapes") == [{"keys_hash": "a"}]
    assert not list(tmp_path.glob("*.new*"))
    mode = store.path.stat().st_mode
    store.rewrite_file()
    assert store.path.stat().st_mode == mode
    assert store.rows("SELECT keys_hash FROM shapes") == [{"keys_hash": "a"}]
    with store.write() as cursor:
        cursor.execute(
            "INSERT INTO shapes VALUES ('a', 'y', now()::TIMESTAMP) ON CONFLICT DO NOTHING"
        )
        (before,) = cursor.execute("SELECT nextval('events')").fetchall()[0]
    store.rewrite_file()
    (after,) = store.rows("SELECT nextval('events') AS number")
    assert after["number"] > before
    assert len(store.rows("SELECT * FROM shapes")) == 1

"""The routes for other programs and for downloads, asked over HTTP as a stranger would."""

import http.client
import json
import socket
import stat
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import uvicorn
from click.testing import CliRunner
from starlette.applications import Starlette

from core import runtime as process
from core.api import DOWNLOAD, ROUTES, token
from core.commands import main
from core.export import ExportRefused, named, prepare, record, repeat
from core.jobs import ExportJob
from core.pipeline import load_file, redactor_of
from core.review import decide, report
from core.runtime import Runtime
from core.settings import SettingsError
from core.store import Store, exports
from pages.guard import HEADERS
from tests.benchmarks.export import fill
from tests.exporting import archive_of
from tests.serving import DATABASE, Server, copy_of, free_port, serve, store_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WORD = "Featherstonehaugh"  # slipped through, until somebody reports it
LOG = [
    {"id": "fixed", "question": "How do I reset it?", "answer": "Turn it.", "feedback": "down"},
    {"id": "liked", "question": "How do I read it?", "answer": "Look at it.", "feedback": "up"},
    {"id": "named", "question": "Who came?", "answer": f"The fitter {WORD}.", "feedback": "up"},
    {"id": "later", "question": "Who else came?", "answer": "Nobody at all.", "feedback": "up"},
]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> str:
        return str(json.loads(self.body)["error"])


def ask(port: int, path: str, token: str = "", method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return Answer(
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            answer.read(),
        )
    finally:
        connection.close()


# ---- the running app ------------------------------------------------------------------------


@dataclass
class House:
    """The running app, and what was exported before it started."""

    server: Server
    good: str
    archive: bytes
    files: dict[str, bytes]
    withdrawn: str
    changed: str
    twins: str

    @property
    def token_file(self) -> Path:
        return self.server.folder / f"{DATABASE}.token"

    @property
    def token(self) -> str:
        return self.token_file.read_text("ascii").strip()

    def ask(self, path: str, token: str | None = None, **more: str) -> Answer:
        return ask(self.server.port, path, self.token if token is None else token, **more)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("api")
    log = folder / "agent.jsonl"
    log.write_text("".join(f"{json.dumps(line)}\n" for line in LOG), "utf-8")
    with store_of(folder) as store:
        load_file(store, log)
        redactor = redactor_of(store)
        who: dict[str, Any] = {"reviewer": "Ann", "now": NOW, "revision": 0}
        decide(store, redactor, "fixed", "edit", answer="Hold the left button.", **who)

        def exported(*without: str) -> str:
            made = prepare(store, redactor.redactor, "eval", sample=False, without=without)
            record(store, made, NOW)
            return made.export_id

        withdrawn = exported()
        changed = exported("named")
        twins = exported("named", "fixed")
        prepared = prepare(
            store, redactor.redactor, "eval", sample=False, without=["named", "later"]
        )
        record(store, prepared, NOW)
        archive = archive_of(prepared)
        report.take_out(store, redactor, WORD, kind="PERSON", reporter="Ann", now=NOW)
        with store.write() as cursor:
            cursor.execute("UPDATE interactions SET answer = 'Somebody.' WHERE id = 'later'")
            cursor.execute(
                "INSERT INTO exports SELECT nextval('events'), left(export_id, 10) || 'ab', "
                "* EXCLUDE (seq, export_id) FROM exports WHERE export_id = ?",
                [twins],
            )
    given = ["export", "--id", prepared.export_id, "--db", str(folder / DATABASE)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLYWHEEL_KEY", "a key for tests only, 32 bytes or more")
        ran = CliRunner().invoke(main, [*given, "--out", str(folder / "out")])
    assert ran.exit_code == 0, ran.output
    files = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    with serve(folder, {"FLYWHEEL_TOKEN": None}) as server:
        yield House(server, prepared.export_id, archive, files, withdrawn, changed, twins)


def guarded(answer: Answer) -> bool:
    """Whether nothing of an answer is kept, guessed at, or run."""
    expected = {name.lower(): value for name, value in HEADERS.items()}
    return (
        expected.items() <= answer.headers.items()
        and "default-src 'none'" in answer.headers["content-security-policy"]
        and answer.headers["x-content-type-options"] == "nosniff"
        and answer.headers["cache-control"] == "no-store"
    )


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer TOKEN2"},
        {"Authorization": "Basic TOKEN"},
        {"Authorization": "TOKEN"},
        {"Authorization": "Bearer \u00fc\u00ff"},
        {"Cookie": "token=TOKEN"},
    ],
)
def test_without_the_token_nobody_gets_in(house: House, shown: dict[str, str]) -> None:
    headers = {name: value.replace("TOKEN", house.token) for name, value in shown.items()}
    for path in (f"/api/exports/{house.good}", "/api/exports/nope"):
        answer = ask(house.server.port, path, **headers)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.error == "Say who you are: Authorization: Bearer, and the token."
        assert guarded(answer)
    assert ask(house.server.port, f"/api/exports/{house.good}?token={house.token}").status == 401


def test_the_zip_has_the_same_bytes_as_then(house: House) -> None:
    for name in (house.good, house.good[:6], house.good[:8].upper()):
        answer = house.ask(f"/api/exports/{name}")
        assert answer.status == 200, answer.body
        assert answer.body == house.archive
        assert guarded(answer)
        assert answer.headers["content-type"] == "application/zip"
        file = f'attachment; filename="flywheel-eval-{house.good[:8]}.zip"'
        assert answer.headers["content-disposition"] == file
        assert int(answer.headers["content-length"]) == len(house.archive)
    lower = ask(
        house.server.port, f"/api/exports/{house.good}", Authorization=f"bearer  {house.token} "
    )
    assert lower.body == house.archive


def test_it_holds_what_the_command_writes(house: House, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(house.ask(f"/api/exports/{house.good}").body)
    with zipfile.ZipFile(path) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == house.files


def test_a_program_is_no_second_person_in_the_ledger(house: House, tmp_path: Path) -> None:
    house.ask(f"/api/exports/{house.good}")
    with copy_of(house.server.folder, tmp_path) as store:
        assert len(exports.made(store, sample=False)) == 5


def test_what_there_is_not(house: House) -> None:
    missing = "0" * 64 if not house.good.startswith("0") else "1" * 64
    answer = house.ask(f"/api/exports/{missing}")
    assert (answer.status, answer.error) == (404, f"There is no export {missing} in the ledger.")
    several = house.ask(f"/api/exports/{house.twins[:9]}")
    assert several.status == 404
    assert several.error.startswith(f"{house.twins[:9]} begins the ids of 2 exports, say more of")
    for wrong in ("12345", "no-such", "'; DROP TABLE exports; --", "%", "ü" * 8, "a" * 65):
        answer = house.ask(f"/api/exports/{quote(wrong, safe='')}")
        assert answer.status == 404
        assert answer.error == (
            f"{wrong} is no export id: give at least its first 6 digits (0-9, a-f)."
        )
        assert guarded(answer)
    # What no route of ours takes is none of its files: Streamlit's page, or nothing.
    for path in ("/api/exports/", "/api/exports/a/b", "/api/exports/..%2f..%2fetc%2fpasswd"):
        assert b"root:" not in (answer := house.ask(path)).body
        assert answer.headers.get("content-type") != "application/zip"


def test_what_is_not_to_be_used_any_more_is_not_given(house: House) -> None:
    refused = house.ask(f"/api/exports/{house.withdrawn}")
    assert refused.status == 409
    assert refused.error.startswith(
        f"Export eval {house.withdrawn[:8]} cannot be made again, and other bytes are not given "
        "under its id. It held personal data that a reviewer reported (superseded on 2026-11-23)."
    )
    changed = house.ask(f"/api/exports/{house.changed}")
    assert changed.status == 409
    assert "1 of its 3 rows differs from what is stored now: " in changed.error
    assert changed.error.endswith("Make a new export, and delete the files of this one.")
    for answer in (refused, changed):
        assert guarded(answer)
        assert set(json.loads(answer.body)) == {"error"}
        assert WORD.casefold().encode() not in answer.body.lower()
        assert b"Nobody" not in answer.body and b"Somebody" not in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_they_are_for_reading_only(house: House, method: str) -> None:
    for path in (f"/api/exports/{house.good}", f"{DOWNLOAD}/x"):
        answer = house.ask(path, method=method)
        assert answer.status == 405, (path, answer.body)
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_look_at_the_head_makes_nothing(house: House) -> None:
    answer = house.ask(f"/api/exports/{house.good}", method="HEAD")
    assert answer.headers["content-type"] != "application/zip"


def test_a_foreign_host_is_refused(house: House) -> None:
    for path in (f"/api/exports/{house.good}", "/download/x"):
        answer = house.ask(path, Host="attacker.example")
        assert answer.status == 400
        assert answer.body == b"Invalid host header"


@pytest.mark.parametrize("address", ["x", "a.b.c", "%C3%BC.1.2", "%FF.%80.%01", "x." * 900, "%2e"])
def test_a_wrong_address_leads_nowhere(house: House, address: str) -> None:
    answer = ask(house.server.port, f"{DOWNLOAD}/{address}")
    assert (answer.status, answer.error) == (410, "This is not an address of ours.")
    assert guarded(answer)


def test_the_token_lies_beside_the_database_for_its_owner_only(house: House) -> None:
    known = house.token
    assert stat.S_IMODE(house.token_file.stat().st_mode) == 0o600
    assert len(known) >= 40
    assert known not in house.server.log.read_text("utf-8")


def test_the_token_stays_or_is_what_the_environment_says(house: House) -> None:
    known, server = house.token, house.server
    path = f"/api/exports/{house.good}"
    server.stop()
    assert not (server.folder / f"{DATABASE}.scratch").exists()
    server.env["FLYWHEEL_TOKEN"] = "one of the team's own"
    try:
        server.start()
        assert house.ask(path, "one of the team's own").body == house.archive
        assert house.ask(path, known).status == 401
    finally:
        server.stop()
        del server.env["FLYWHEEL_TOKEN"]
        server.start()
    assert house.token == known
    assert house.ask(path, known).body == house.archive
    until(lambda: not any((server.folder / f"{DATABASE}.scratch").iterdir()))


# ---- the token ------------------------------------------------------------------------------


def test_a_token_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    token.cache_clear()
    (tmp_path / "a.duckdb.token").mkdir()
    for database in (tmp_path / "a.duckdb", tmp_path / "no" / "b.duckdb"):
        with pytest.raises(SettingsError, match="FLYWHEEL_TOKEN"):
            token(database)
    (tmp_path / "c.duckdb.token").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(SettingsError, match="FLYWHEEL_TOKEN"):
        token(tmp_path / "c.duckdb")


def test_an_empty_token_file_opens_no_door(tmp_path: Path) -> None:
    token.cache_clear()
    file = tmp_path / "a.duckdb.token"
    file.write_text(" \n")
    known = token(tmp_path / "a.duckdb")
    assert len(known) >= 40
    token.cache_clear()
    assert token(tmp_path / "a.duckdb") == known == file.read_text().strip()


# ---- the same routes, with a view of what goes on behind them -------------------------------


@dataclass
class Inside:
    """A web server in this process, so that its jobs can be looked at."""

    port: int
    running: Runtime

    def ask(self, path: str, method: str = "GET") -> Answer:
        return ask(self.port, path, "a token for tests", method)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """The thread that makes exports has something else to do."""
        release = threading.Event()
        self.running._exporter.submit(release.wait)
        try:
            yield
        finally:
            release.set()

    def job(self) -> ExportJob:
        """The export that was asked for, once it is."""
        until(lambda: self.running.jobs)
        (found,) = self.running.jobs
        assert isinstance(found, ExportJob)
        return found


def until(look: Callable[[], Any]) -> Any:
    """Wait for what another thread brings about."""
    for _ in range(3_000):
        if found := look():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen")


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inside]:
    monkeypatch.setenv("FLYWHEEL_TOKEN", "a token for tests")
    token.cache_clear()
    fill(tmp_path / DATABASE, 150)
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=ROUTES), port=port, log_level="critical")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        yield Inside(port, process.runtime())
    finally:
        server.should_exit = True
        thread.join()
        process.close()
        token.cache_clear()


def ledger(store: Store) -> list[str]:
    return [row["export_id"] for row in exports.made(store, sample=False)]


def scratch(running: Runtime) -> list[Path]:
    return list(running.store.scratch().rglob("*"))


def test_an_address_gives_the_file_once(inside: Inside) -> None:
    job = inside.running.export("eval", sample=False)
    assert job.ended.wait(60)
    assert job.prepared and job.archive
    content, export_id = job.archive.read_bytes(), job.prepared.export_id
    address = f"{DOWNLOAD}/{inside.running.links.make(job)}"
    assert inside.ask(address, "HEAD").status == 405  # a look at it uses nothing up
    assert ledger(inside.running.store) == []
    answer = inside.ask(address)
    assert (answer.status, answer.body) == (200, content)
    assert answer.headers["cache-control"] == "no-store"
    assert ledger(inside.running.store) == [export_id]
    again = inside.ask(address)
    assert again.status == 410
    assert again.error == "This address has been used: ask for a new one on Datasets."

    another = inside.ask(f"{DOWNLOAD}/{inside.running.links.make(job)}")
    assert another.body == content
    assert ledger(inside.running.store) == [export_id]  # once
    del job
    until(lambda: not scratch(inside.running))  # nobody holds it any more


def test_of_many_who_ask_one_gets_it(inside: Inside) -> None:
    job = inside.running.export("messages", sample=False)
    assert job.ended.wait(60)
    address = f"{DOWNLOAD}/{inside.running.links.make(job)}"
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(inside.ask(address))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200, *[410] * 7]
    assert len(ledger(inside.running.store)) == 1


def take_out(running: Runtime, value: str) -> None:
    redactor = redactor_of(running.store)
    report.take_out(running.store, redactor, value, kind="PERSON", reporter="Ann", now=NOW)


def test_what_was_reported_since_is_not_given(inside: Inside) -> None:
    """Neither a new export nor one of the ledger that somebody was about to fetch again."""
    running = inside.running
    first = running.export("eval", sample=False)
    assert first.ended.wait(60)
    assert first.prepared
    inside.ask(f"{DOWNLOAD}/{running.links.make(first)}")
    (made,) = ledger(running.store)
    new = running.export("messages", sample=False)
    again = running.export_again(named(running.store, made))
    assert new.ended.wait(60) and again.ended.wait(60)
    assert new.archive and again.archive
    addresses = [f"{DOWNLOAD}/{running.links.make(job)}" for job in (new, again)]
    take_out(running, "tariff")
    for address in addresses:
        answer = inside.ask(address)
        assert answer.status == 410
        assert (
            "Personal data was taken out of stored text since this export was prepared"
            in answer.error
        )
        assert b"tariff" not in answer.body
    assert ledger(running.store) == [made]


def test_what_is_reported_while_it_is_made_is_not_given(inside: Inside) -> None:
    """The rows that were read are still those of the ledger, but the scan knows it by then."""
    store = inside.running.store
    first = inside.running.export("eval", sample=False)
    assert first.ended.wait(60)
    inside.ask(f"{DOWNLOAD}/{inside.running.links.make(first)}")
    (made,) = ledger(store)

    def told(done: int, of: int) -> None:
        if done == of // 2:  # everything is read, nothing is written
            take_out(inside.running, "tariff")

    with pytest.raises(ExportRefused, match="The last scan found"):
        repeat(store, redactor_of(store).redactor, named(store, made), progress=told)
    assert inside.ask(f"/api/exports/{made}").status == 409


def test_what_was_superseded_since_is_not_given_again(inside: Inside) -> None:
    running = inside.running
    first = running.export("eval", sample=False)
    assert first.ended.wait(60)
    inside.ask(f"{DOWNLOAD}/{running.links.make(first)}")
    (made,) = ledger(running.store)
    again = running.export_again(named(running.store, made))
    assert again.ended.wait(60)
    address = f"{DOWNLOAD}/{running.links.make(again)}"
    with running.store.write() as cursor:
        exports.supersede(cursor, [made], NOW, "held something")
    answer = inside.ask(address)
    assert answer.status == 410
    assert answer.error == (f"Export eval {made[:8]} was superseded on 2026-11-23: make a new one.")


def test_who_goes_away_stops_the_work(inside: Inside) -> None:
    first = inside.running.export("eval", sample=False)
    assert first.ended.wait(60)
    inside.ask(f"{DOWNLOAD}/{inside.running.links.make(first)}")
    (made,) = ledger(inside.running.store)
    del first
    until(lambda: not scratch(inside.running))
    with inside.busy():
        with socket.create_connection(("127.0.0.1", inside.port)) as client:
            client.sendall(
                f"GET /api/exports/{made} HTTP/1.1\r\nHost: localhost\r\n"
                "Authorization: Bearer a token for tests\r\n\r\n".encode()
            )
            job = inside.job()
            assert not job._cancel.is_set()
        until(job._cancel.is_set)
    assert job.ended.wait(60)
    assert job.state == "cancelled"
    assert job.prepared is None
    until(lambda: not scratch(inside.running))
    assert inside.ask(f"/api/exports/{made}").status == 200  # and the next one is served

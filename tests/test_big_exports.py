"""Exports of any size: beside the pages, by way of the disk, stopped at any moment."""

import gc
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import unicodedata
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, TimeoutError, expect

from core.curate import Cases, curate
from core.curate.clusters import folded
from core.curate.spool import Spool
from core.export import ExportRefused, Found, named, prepare, record, write, zipped
from core.jobs import ExportJob, Job
from core.pipeline import redactor_of
from core.records import Turn
from core.reredaction import reredact
from core.review import report
from core.runtime import Runtime
from core.settings import ROOT
from core.store import Store, exports, log
from pages.export_view import IN_MEMORY
from tests.benchmarks.export import fill
from tests.exporting import archive_of
from tests.serving import (
    DATABASE,
    Server,
    browser,
    button,
    copy_of,
    page_of,
    probe,
    serve,
    settled,
    store_of,
    visit,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLANTED = "martha.jones@example.com"
SECONDS = 30_000


def scratch_of(path: Path) -> list[Path]:
    """Everything in the scratch folder of a database."""
    return sorted(path.with_name(f"{path.name}.scratch").rglob("*"))


def ledger(store: Store) -> list[str]:
    return [row["export_id"] for row in exports.made(store, sample=False)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 1,200 rows, to be copied."""
    path = tmp_path_factory.mktemp("many") / DATABASE
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLYWHEEL_KEY", "a key for tests only, 32 bytes or more")
        fill(path, 1_200)
    return path


@pytest.fixture
def path(house: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(house, tmp_path))


@pytest.fixture
def running(path: Path) -> Iterator[Runtime]:
    opened = Runtime(path)
    try:
        yield opened
    finally:
        opened.close()


# ---- a job ----------------------------------------------------------------------------------


def steps(monkeypatch: pytest.MonkeyPatch, act: Callable[[Job, int], None]) -> None:
    """Let a test see, and act at, every step of the jobs: nothing else of them changes."""
    true = Job.progress

    def progress(self: Job, done: int, size: int, records: int) -> None:
        act(self, done)
        true(self, done, size, records)

    monkeypatch.setattr(Job, "progress", progress)


@pytest.mark.parametrize("format_", ["eval", "hf", "kto"])
def test_progress_never_goes_back_and_ends_at_its_size(
    running: Runtime, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    seen: list[tuple[int, int]] = []
    steps(monkeypatch, lambda job, done: seen.append((done, job.size)))
    job = running.export(format_, sample=False)
    assert job.ended.wait(60)
    assert (job.state, job.message) == ("done", "")
    assert seen == sorted(seen) and len(seen) > 6
    assert {size for _, size in seen} == {2_400 + 2_400 // 8}
    assert job.done == job.size and job.share == 1.0
    assert job.records == 1_200
    assert running.jobs == [] or job not in running.jobs


def test_progress_of_a_repetition_never_goes_back_either(
    running: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the first attempt has rows too many, so that there is a second one."""
    store = running.store
    (kept_out,) = store.rows("SELECT id FROM interactions ORDER BY id LIMIT 1")
    with store.write() as cursor:
        cursor.execute(
            "UPDATE interactions SET question = '[REDACTION-FAILED]' WHERE id = ?",
            [kept_out["id"]],
        )
    redactor = redactor_of(store).redactor
    prepared = prepare(store, redactor, "eval", sample=False)
    record(store, prepared, NOW)
    first = archive_of(prepared)
    assert prepared.manifest["rows"] == 1_199
    with store.write() as cursor:
        cursor.execute(
            "UPDATE interactions SET question = 'What is it about?' WHERE id = ?",
            [kept_out["id"]],
        )
    job = ExportJob("eval", sample=False, made=named(store, prepared.export_id))
    seen: list[int] = []
    true = Job.progress

    def progress(self: Job, done: int, size: int, records: int) -> None:
        true(self, done, size, records)
        seen.append(self.done)

    monkeypatch.setattr(Job, "progress", progress)
    job.run(store)
    assert job.state == "done", job.message
    assert job.archive and job.archive.read_bytes() == first
    assert seen == sorted(seen)
    assert job.done == job.size


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.95])
def test_a_job_is_cancelled_at_any_moment(
    running: Runtime, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    def act(job: Job, done: int) -> None:
        if done >= share * job.size:
            job.cancel()

    with monkeypatch.context() as patch:
        steps(patch, act)
        job = running.export("hf", sample=False)
        assert job.ended.wait(60)
    assert (job.state, job.prepared, job.archive) == ("cancelled", None, None)
    gc.collect()
    assert scratch_of(running.store.path) == []
    assert ledger(running.store) == []

    again = running.export("hf", sample=False)
    assert again.ended.wait(60)
    assert again.state == "done"
    assert again.prepared and again.archive


def test_a_job_that_waits_is_cancelled_too(running: Runtime) -> None:
    release = threading.Event()
    running._exporter.submit(release.wait)
    waiting = running.export("eval", sample=False)
    waiting.cancel()
    release.set()
    assert waiting.ended.wait(60)
    assert waiting.state == "cancelled"
    assert waiting.done == 0


def test_who_waits_for_a_job_hears_of_the_end(path: Path) -> None:
    """Work that never began ends with the process too."""
    opened = Runtime(path)
    release = threading.Event()
    opened._exporter.submit(release.wait)
    job = opened.export("eval", sample=False)
    closing = threading.Thread(target=opened.close)
    closing.start()
    job._cancel.wait(60)
    release.set()
    closing.join()
    assert job.ended.wait(10)
    assert job.state == "cancelled"


def test_no_room_for_it_is_said_to_people(running: Runtime) -> None:
    folder = running.store.path.with_name(f"{DATABASE}.scratch")
    folder.write_text("in the way")
    job = running.export("eval", sample=False)
    assert job.ended.wait(60)
    assert (job.state, job.prepared, job.archive) == ("failed", None, None)
    assert job.message == "File exists"
    folder.unlink()
    again = running.export("eval", sample=False)
    assert again.ended.wait(60)
    assert again.state == "done"


def test_a_full_disk_is_said_to_people(path: Path) -> None:
    """Files of this child process may be so long and no longer."""
    ran = child(
        """
        import resource, signal
        from core.runtime import Runtime
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        running = Runtime(path)
        running.store.rows("CHECKPOINT")
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, -1))
        job = running.export("eval", sample=False)
        job.ended.wait()
        gc.collect()
        print([job.state, job.message, len(list(running.store.scratch().iterdir()))])
        resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
        running.close()
        """,
        path,
    )
    assert ran.stdout.splitlines()[-1] == "['failed', 'File too large', 0]", ran.stderr


# ---- what the disk holds --------------------------------------------------------------------


def child(code: str, path: Path, *given: object) -> "subprocess.CompletedProcess[str]":
    """Run code in a process of its own; `path` is the database."""
    head = "import gc, sys\nfrom pathlib import Path\npath = Path(sys.argv[1])\n"
    return subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(code), path, *map(str, given)],
        cwd=ROOT,
        env={**os.environ, "FLYWHEEL_KEY": "a key for tests only, 32 bytes or more"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def plant(store: Store, place: int) -> str:
    """Put an address into the approved answer that comes so late; the id."""
    (row,) = store.rows("SELECT id FROM interactions ORDER BY id LIMIT 1 OFFSET ?", [place])
    with store.write() as cursor:
        cursor.execute(
            "UPDATE decisions SET final_answer = ? WHERE interaction_id = ?",
            [f"Write to {PLANTED}, please.", row["id"]],
        )
    return str(row["id"])


@pytest.mark.parametrize("format_", ["eval", "hf"])
@pytest.mark.parametrize("place", [0, 500, 1_199])
def test_what_the_scan_finds_late_leaves_nothing_behind(
    running: Runtime, tmp_path: Path, format_: str, place: int
) -> None:
    store = running.store
    id_ = plant(store, place)
    job = running.export(format_, sample=False)
    assert job.ended.wait(60)
    assert (job.state, job.archive) == ("done", None)
    prepared = job.prepared
    assert prepared
    key = "expected" if format_ == "eval" else "content"
    assert prepared.found == [Found(id_, "EMAIL", key)]
    assert prepared.files == {}
    assert prepared.head(5) == []
    assert [each for each in scratch_of(store.path) if each.is_file()] == []
    for let_out in (
        lambda: write(prepared, tmp_path / "out"),
        lambda: zipped(prepared),
        lambda: record(store, prepared, NOW),
    ):
        with pytest.raises(ExportRefused, match=id_):
            let_out()
    assert not (tmp_path / "out").exists()
    assert ledger(store) == []
    assert PLANTED not in json.dumps(msgspec.to_builtins(prepared.manifest))


def test_what_was_found_never_reaches_a_file(
    running: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even for a moment: all files are looked at at every step."""
    plant(running.store, 700)
    looked = 0

    def act(job: Job, done: int) -> None:
        nonlocal looked
        for each in scratch_of(running.store.path):
            if each.is_file():
                looked += 1
                assert PLANTED.encode() not in each.read_bytes()

    steps(monkeypatch, act)
    job = running.export("hf", sample=False)
    assert job.ended.wait(60)
    assert (job.state, job.message) == ("done", "")
    assert job.prepared and job.prepared.found
    assert looked > 3


def test_what_is_reported_after_it_was_made_stays_in_the_house(running: Runtime) -> None:
    store, redactor = running.store, redactor_of(running.store)
    prepared = prepare(store, redactor.redactor, "eval", sample=False)
    report.take_out(store, redactor, "Zanzibarian", kind="PERSON", reporter="Ann", now=NOW)
    with pytest.raises(ExportRefused, match="Personal data was taken out of stored text since"):
        record(store, prepared, NOW)
    assert ledger(store) == []
    record(store, prepare(store, redactor.redactor, "eval", sample=False), NOW)
    assert len(ledger(store)) == 1


def test_what_is_reported_is_in_no_file_that_was_made_before(running: Runtime) -> None:
    store, redactor = running.store, redactor_of(running.store)
    with store.write() as cursor:
        cursor.execute(
            "UPDATE interactions SET answer = answer || ' Zanzibarian.' "
            "WHERE id = (SELECT min(id) FROM interactions)"
        )
    job = running.export("eval", sample=False)
    assert job.ended.wait(60) and job.prepared and job.archive
    held = [path for path in scratch_of(store.path) if path.is_file()]
    assert any(b"Zanzibarian" in path.read_bytes() for path in held)
    report.take_out(store, redactor, "Zanzibarian", kind="PERSON", reporter="Ann", now=NOW)
    assert not [path for path in held if path.exists()]
    again = running.export("eval", sample=False)
    assert again.ended.wait(60) and again.archive and again.archive.exists()


def test_what_goes_while_an_export_is_made_is_said(
    running: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(job: Job, number: int) -> None:
        if job.size and job.done > 0.7 * job.size:
            running.store.rewrite_file()

    steps(monkeypatch, act)
    job = running.export("hf", sample=False)
    assert job.ended.wait(60)
    assert (job.state, job.message) == (
        "failed",
        "Personal data was taken out of stored text meanwhile: prepare it again.",
    )


def test_what_is_redacted_again_after_it_was_made_stays_in_the_house(running: Runtime) -> None:
    store, redactor = running.store, redactor_of(running.store)

    def outdated(tag: str) -> None:
        with store.write() as cursor:
            cursor.execute(
                f"UPDATE interactions SET redaction_version = '0', tags = ['{tag}'] "
                "WHERE id = (SELECT min(id) FROM interactions)"
            )

    with store.write() as cursor:  # a few are enough for the model to read
        few = "(SELECT id FROM interactions ORDER BY id LIMIT 3)"
        cursor.execute(f"DELETE FROM interactions WHERE id NOT IN {few}")
        cursor.execute(f"DELETE FROM feedback WHERE interaction_id NOT IN {few}")
        cursor.execute(f"DELETE FROM decisions WHERE interaction_id NOT IN {few}")
    reredact(store)
    outdated("bills")
    prepared = prepare(store, redactor.redactor, "eval", sample=False)
    assert reredact(store).changed == 0
    record(store, prepared, NOW)  # nothing was found: it is what is stored
    outdated("jane@example.com")
    prepared = prepare(store, redactor.redactor, "messages", sample=False)
    assert reredact(store).changed == 1
    with pytest.raises(ExportRefused, match="Personal data was taken out of stored text since"):
        record(store, prepared, NOW)


def test_the_folder_is_for_its_owner_and_goes_with_the_store(path: Path) -> None:
    before = os.umask(0)
    try:
        with Store(path) as store:
            prepared = prepare(store, redactor_of(store).redactor, "messages", sample=False)
            assert zipped(prepared).is_file()
            folder = store.scratch()
            assert folder == path.with_name(f"{DATABASE}.scratch")
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o700}
    finally:
        os.umask(before)
    assert not folder.exists()
    with Store(path):
        assert not folder.exists()  # made when it is needed


def test_files_go_when_nobody_holds_them(running: Runtime) -> None:
    job = running.export("eval", sample=False)
    assert job.ended.wait(60)
    assert scratch_of(running.store.path)
    link = running.links.make(job)
    del job
    gc.collect()
    assert scratch_of(running.store.path)  # somebody may still follow the link
    running.links.use(link)
    gc.collect()
    assert scratch_of(running.store.path) == []


def test_what_a_killed_process_leaves_goes_at_the_next_start(path: Path) -> None:
    code = """
        import os, signal
        from core.pipeline import redactor_of
        from core.export import prepare
        from core.store import Store
        store = Store(path)
        def told(done, of):
            if done > 0.8 * of:
                os.kill(os.getpid(), signal.SIGKILL)
        prepare(store, redactor_of(store).redactor, "eval", sample=False, progress=told)
        """
    assert child(code, path).returncode == -signal.SIGKILL
    left = [each for each in scratch_of(path) if each.is_file()]
    assert [each.name for each in left] == ["eval.jsonl"]
    assert left[0].stat().st_size > 0
    with Store(path) as store:
        assert scratch_of(path) == []
        assert ledger(store) == []
        prepared = prepare(store, redactor_of(store).redactor, "eval", sample=False)
        assert prepared.manifest["rows"] == 1_200


# ---- cases on the disk ----------------------------------------------------------------------


def test_cases_are_read_by_number_slice_and_turn(running: Runtime) -> None:
    store = running.store
    cut = log.last_event(store, sample=False)
    cases = curate(store, "eval", sample=False, cut=cut).cases
    assert len(cases) == 1_200
    every = list(cases)
    assert [case.id for case in every] == cases.ids == sorted(cases.ids)
    assert cases[0] == every[0] and cases[-1] == every[-1] and cases[600] == every[600]
    for part in (
        slice(None),
        slice(0, 0),
        slice(10, 20),
        slice(1_190, 9_999),
        slice(-3, None),
        slice(None, None, -700),
        slice(20, 10),
    ):
        assert cases[part] == every[part]
    for wrong in (1_200, -1_201):
        with pytest.raises(IndexError):
            cases[wrong]
    texts = {row["id"]: row for row in store.rows("SELECT id, question, answer FROM interactions")}
    for case in every:
        assert case.question == texts[case.id]["question"]
        assert case.rejected_answer == texts[case.id]["answer"]


class Thing(msgspec.Struct, frozen=True):
    number: int
    text: str
    turns: tuple[Turn, ...] = ()


def test_what_was_seen_in_training_is_said_of_each(tmp_path: Path, running: Runtime) -> None:
    cut = log.last_event(running.store, sample=False)
    cases = curate(running.store, "eval", sample=False, cut=cut).cases
    spool, ids = cases._spool, cases.ids[:4]
    some = Cases(spool, [(id_, cases._numbers[n], n % 2 == 1) for n, id_ in enumerate(ids)])
    assert [case.seen_in_training for case in some] == [False, True, False, True]
    assert [case.id for case in some] == ids


def test_many_threads_read_the_right_cases_at_once(tmp_path: Path) -> None:
    things = [
        Thing(n, f"{n}: " + "ä𝄞x"[n % 3] * (n * 37 % 5_000), (Turn("user", str(n)),) * (n % 4))
        for n in range(3_000)
    ]
    spool = Spool(Thing, tmp_path)
    assert [spool.add(thing) for thing in things] == list(range(3_000))
    spool.done()
    assert list(tmp_path.iterdir()) == []  # a file without a name
    wrong: list[int] = []
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)

    def read(step: int) -> None:
        for n in range(3_000):
            place = n * step % 3_000
            if spool[place] != things[place]:
                wrong.append(place)

    try:
        threads = [
            threading.Thread(target=read, args=(step,)) for step in (1, 7, 11, 13, 17, 2_999)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []


ASCII = st.characters(max_codepoint=127)
SPACES = st.sampled_from([*" \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u2028\u3000", "  ", "\0"])
PIECES = st.one_of(ASCII, SPACES, st.characters(), st.sampled_from("ßİﬁＡſK"))


@given(
    st.one_of(
        st.text(ASCII),
        st.lists(st.one_of(ASCII, SPACES)).map("".join),
        st.lists(PIECES).map("".join),
    )
)
@example(" A  b\t")
@example("a\x1cb")
@example("\x1fA")
@example("a\x85B")
@example("A\0 B ")
def test_the_quick_way_to_fold_a_text_gives_what_folding_is(text: str) -> None:
    slowly = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    assert folded(text) == slowly


@pytest.mark.parametrize("number", range(128))
def test_every_ascii_character_folds_the_same_wherever_it_stands(number: int) -> None:
    sign = chr(number)
    for text in (sign, f"A{sign}b", f"{sign}A", f"A{sign}", f"A {sign} b", f"A{sign}{sign}b"):
        assert folded(text) == " ".join(unicodedata.normalize("NFKC", text).casefold().split())


# ---- on the page ----------------------------------------------------------------------------

ROWS = 12_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@dataclass
class Big:
    server: Server
    first: str
    export_id: str
    archive: bytes


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Big]:
    """The app with so many rows that an export takes longer than a page waits, which is not as
    long as elsewhere."""
    folder = tmp_path_factory.mktemp("big")
    hasty = probe(folder)
    view = hasty / "pages" / "export_view.py"
    code = view.read_text("utf-8")
    assert "PATIENCE = 3.0" in code
    view.write_text(code.replace("PATIENCE = 3.0", "PATIENCE = 0.2"), "utf-8")
    fill(folder / DATABASE, ROWS)
    with store_of(folder) as store:
        prepared = prepare(store, redactor_of(store).redactor, "eval", sample=False)
        archive = archive_of(prepared)
        assert len(archive) > IN_MEMORY
        first, found = prepared.cases.ids[0], prepared.export_id
        del prepared
    with serve(folder, root=hasty) as server:
        yield Big(server, first, found, archive)
        server.stop()
        assert not (folder / f"{DATABASE}.scratch").exists()


def left(big: Big) -> list[str]:
    """What lies in the scratch folder of the app."""
    return [each.name for each in scratch_of(big.server.folder / DATABASE)]


def made_so_far(server: Server, to: Path) -> list[str]:
    """The ledger of the running app."""
    to.mkdir()
    with copy_of(server.folder, to) as store:
        return ledger(store)


def link(page: Page, name: str) -> Any:
    return page.locator("a.button[role=button]").filter(has_text=name)


def status_of(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["error"]


@pytest.mark.browser
@pytest.mark.slow
def test_a_big_export_is_cancelled_made_and_downloaded(
    chromium: Browser, big: Big, tmp_path: Path
) -> None:
    with page_of(chromium, accept_downloads=True) as (page, traffic):
        visit(page, big.server, "datasets")
        button(page, "Prepare export").click()
        button(page, "Cancel").click(timeout=SECONDS)
        told = page.get_by_text("Cancelled: nothing was written.")
        expect(told).to_be_visible(timeout=SECONDS)
        settled(page)
        assert link(page, "Download").count() == button(page, "Download").count() == 0
        assert left(big) == []
        assert made_so_far(big.server, tmp_path / "cancelled") == []

        button(page, "Prepare export").click()
        expect(page.get_by_text("This goes on, see above")).to_be_visible(timeout=SECONDS)
        download = link(page, "Download")
        expect(download).to_be_visible(timeout=SECONDS)
        expect(told).to_have_count(0)
        settled(page)
        assert made_so_far(big.server, tmp_path / "prepared") == []
        first = str(download.get_attribute("href"))
        with page.expect_download(timeout=SECONDS) as caught:
            download.click()
        assert caught.value.suggested_filename == f"flywheel-eval-{big.export_id[:8]}.zip"
        assert caught.value.path().read_bytes() == big.archive
        assert made_so_far(big.server, tmp_path / "downloaded") == [big.export_id]
        assert status_of(f"{big.server.url}{first}") == (
            410,
            "This address has been used: ask for a new one on Datasets.",
        )

        # The page has another address by itself, and lists the export.
        expect(page.locator(f'a.button[href="{first}"]')).to_have_count(0, timeout=SECONDS)
        expect(page.get_by_role("heading", name="Exports made")).to_be_visible(timeout=SECONDS)
        settled(page)
        second = str(link(page, "Download").get_attribute("href"))
        assert second != first
        link(page, "Download").focus()
        with page.expect_download(timeout=SECONDS) as caught:
            page.keyboard.press(" ")
        assert caught.value.path().read_bytes() == big.archive
        assert made_so_far(big.server, tmp_path / "again") == [big.export_id]

        expect(page.locator(f'a.button[href="{second}"]')).to_have_count(0, timeout=SECONDS)
        settled(page)
        choose(page, "Look at an export", big.export_id[:8])
        again = link(page, "Download again")
        expect(again).to_be_visible(timeout=2 * SECONDS)
        again.focus()
        with page.expect_download(timeout=SECONDS) as caught:
            page.keyboard.press("Enter")
        assert caught.value.path().read_bytes() == big.archive
        assert made_so_far(big.server, tmp_path / "once more") == [big.export_id]
        assert traffic.outside() == []
        assert any(name.endswith(".zip") for name in left(big))


def choose(page: Page, label: str, words: str) -> None:
    wanted = page.get_by_role("option").filter(has_text=words)
    for _ in range(5):
        page.get_by_role("combobox", name=label, exact=True).click()
        try:
            wanted.click(timeout=3_000)  # a list closes when the page moves
        except TimeoutError:
            page.keyboard.press("Escape")
        else:
            return
    raise AssertionError(f"there is no {words} to choose")


def report_from(page: Page, server: Server, id_: str) -> None:
    """What another person does meanwhile."""
    visit(page, server, f"review?reviewer=Ann&item={id_}&report=1")
    page.get_by_label("What slipped through").fill("Zanzibarian")
    button(page, "See where it stands").click()
    button(page, "Replace it everywhere").click(timeout=SECONDS)
    expect(page.locator(".st-key-review-head .notice.done")).to_be_visible(timeout=SECONDS)
    settled(page)


REPORTED = "Personal data was taken out since: prepare again, without it."


@pytest.mark.browser
@pytest.mark.slow
def test_a_report_makes_the_link_to_a_prepared_export_useless(
    chromium: Browser, big: Big, tmp_path: Path
) -> None:
    with page_of(chromium) as (page, _), page_of(chromium) as (other, _):
        visit(page, big.server, "datasets")
        button(page, "Prepare export").click()
        download = link(page, "Download")
        expect(download).to_be_visible(timeout=SECONDS)
        settled(page)
        address = f"{big.server.url}{download.get_attribute('href')}"
        before = made_so_far(big.server, tmp_path / "before")
        report_from(other, big.server, big.first)
        assert status_of(address) == (
            410,
            "Personal data was taken out of stored text since this export was prepared: prepare "
            "it again.",
        )
        expect(page.get_by_text(REPORTED)).to_be_visible(timeout=SECONDS)
        expect(link(page, "Download")).to_have_count(0, timeout=SECONDS)
        assert made_so_far(big.server, tmp_path / "after") == before


@pytest.mark.browser
@pytest.mark.slow
def test_a_report_is_said_when_a_small_export_is_downloaded(
    chromium: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    fill(folder / DATABASE, 20)
    with store_of(folder) as store:
        (row, *_) = store.rows("SELECT id FROM interactions")
    with (
        serve(folder) as server,
        page_of(chromium) as (page, _),
        page_of(chromium) as (other, _),
    ):
        visit(page, server, "datasets")
        button(page, "Prepare export").click()
        expect(button(page, "Download")).to_be_visible(timeout=SECONDS)
        settled(page)
        report_from(other, server, row["id"])
        button(page, "Download").click()
        expect(page.get_by_text(REPORTED)).to_be_visible(timeout=SECONDS)
        expect(button(page, "Download")).to_have_count(0)
        expect(page.get_by_text("Something went wrong")).to_have_count(0)
        assert made_so_far(server, tmp_path / "after") == []

"""A load that was stopped goes on where it was, with the counts of the whole."""

import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core import runtime as running
from core import settings as config
from core.jobs import Job, LoadJob
from core.load import Shape, VoteRule, parse_mapping
from core.pipeline import Cancelled, Progress, ShutDown, load_file, remember
from core.preview import Offer
from core.runtime import Runtime
from core.store import Store, log, reports
from core.store.log import LoadCounts

SLICE = 10
COUNT = 60


@pytest.fixture(autouse=True)
def _small_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = config.SETTINGS_FILE.read_text("utf-8")
    chosen = tmp_path / "settings.toml"
    chosen.write_text(re.sub(r"slice_records = \d+", f"slice_records = {SLICE}", shipped), "utf-8")
    monkeypatch.setattr(config, "SETTINGS_FILE", chosen)
    config.settings.cache_clear()


def records() -> list[dict[str, Any]]:
    """Answers, votes alone, records seen before and conflicts."""
    made: list[dict[str, Any]] = []
    for number in range(COUNT // 4):
        made += [
            {"id": f"q{number}", "query": f"Why {number}?", "reply": "So.", "rating": number % 2},
            {"id": f"q{number}", "rating": 1 - number % 2},
            {"id": "q0", "query": "Why 0?", "reply": "So.", "rating": 0},
            {"id": "q0", "query": "Why not?", "reply": "So."},
        ]
    return made


LINES = [json.dumps(each) for each in records()]
FILES = {
    "log.jsonl": "\n".join(LINES),
    "log.json": json.dumps(records(), indent=1),
    "compact.json": json.dumps(records()),
    "wrapped.json": json.dumps({"status": "ok", "data": records()}),
    "log.csv": "id,query,reply,rating\n"
    + "".join(
        ",".join(str(each.get(key, "")) for key in ("id", "query", "reply", "rating")) + "\n"
        for each in records()
    ),
}
WHOLE = LoadCounts(lines=COUNT, loaded=15, duplicate=15, rejected=15, feedback=15)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write(name: str) -> Path:
        (tmp_path / name).write_text(FILES[name], "utf-8")
        return tmp_path / name

    return write


def stop_after(slices: int, error: type[Exception] = Cancelled) -> Progress:
    """What stops a load after so many slices."""
    left = iter(range(slices - 1))

    def progress(done: int, size: int, records: int) -> None:
        if next(left, None) is None:
            raise error

    return progress


def stored(store: Store) -> dict[str, Any]:
    """What is in the store, whichever loads brought it."""
    return {
        "interactions": store.rows("SELECT id, question, log_line FROM interactions ORDER BY id"),
        "feedback": store.rows(
            "SELECT interaction_id, signal, log_line FROM feedback ORDER BY event_key"
        ),
        "rejected": sorted(row["line"] for row in log.rejects(store)),
        "stats": reports.stats(store, sample=False),
    }


def in_one_go(path: Path, folder: Path) -> dict[str, Any]:
    with Store(folder / "one.duckdb") as store:
        assert load_file(store, path) == WHOLE
        return stored(store)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("stops", [(1,), (2, 2)])
def test_a_stopped_load_goes_on_with_the_counts_of_the_whole(
    name: str, stops: tuple[int, ...], write: Callable[[str], Path], tmp_path: Path, store: Store
) -> None:
    path = write(name)
    for number, slices in enumerate(stops, start=1):
        with pytest.raises(Cancelled):
            load_file(store, path, stop_after(slices))
        (row,) = log.loads(store)
        assert row["lines"] == SLICE * sum(stops[:number])
        assert row["lines"] == sum(
            row[key] for key in ("loaded", "duplicate", "rejected", "feedback")
        )
        assert row["finished_at"] is None
    seen: list[tuple[int, int, int]] = []
    counts = load_file(store, path, lambda *told: seen.append(told))
    assert counts == WHOLE
    # It did not begin anew.
    assert seen[0][2] == SLICE * (sum(stops) + 1)
    assert seen[-1][2] == COUNT
    (row,) = log.loads(store)
    assert (row["lines"], row["loaded"], row["finished_at"] is None) == (COUNT, 15, False)
    assert stored(store) == in_one_go(path, tmp_path)
    # A finished load does begin anew.
    again = load_file(store, path)
    assert (again.lines, again.loaded, again.feedback) == (COUNT, 0, 0)
    assert len(log.loads(store)) == 2


def test_what_is_redacted_is_counted_over_the_whole(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "log.jsonl"
    asked = ({"question": f"Is it a{n}@example.com?", "answer": "Yes."} for n in range(25))
    path.write_text("\n".join(map(json.dumps, asked)), "utf-8")
    with pytest.raises(Cancelled):
        load_file(store, path, stop_after(1))
    assert load_file(store, path).redacted == {"EMAIL": 25}


def test_a_changed_file_begins_anew(write: Callable[[str], Path], store: Store) -> None:
    path = write("log.jsonl")
    with pytest.raises(Cancelled):
        load_file(store, path, stop_after(3))
    path.write_text("\n".join(LINES[:20]), "utf-8")
    counts = load_file(store, path)
    assert (counts.lines, counts.loaded, counts.feedback) == (20, 0, 0)
    # Changed without another size, too.
    before = path.stat()
    with pytest.raises(Cancelled):
        load_file(store, path, stop_after(1))
    path.write_text("\n".join(LINES[:20]).replace("Why 4", "Who 4"), "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000))
    assert path.stat().st_size == before.st_size
    assert load_file(store, path).lines == 20
    assert len(log.loads(store)) == 4


def test_read_another_way_it_begins_anew(write: Callable[[str], Path], store: Store) -> None:
    path = write("log.jsonl")
    with pytest.raises(Cancelled):
        load_file(store, path, stop_after(3))
    other = parse_mapping(["signal="])
    with pytest.raises(Cancelled):
        load_file(store, path, stop_after(1), mapping=other)
    assert [row["lines"] for row in log.loads(store)] == [10, 30]
    # Whichever way was stopped goes on.
    seen: list[int] = []
    load_file(store, path, lambda _done, _size, n: seen.append(n), mapping=other)
    assert seen[0] == 20
    assert len(log.loads(store)) == 2


def test_another_file_with_the_same_records_begins_anew(
    write: Callable[[str], Path], store: Store, tmp_path: Path
) -> None:
    path = write("log.jsonl")
    with pytest.raises(Cancelled):
        load_file(store, path, stop_after(3))
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(path.read_bytes())
    counts = load_file(store, copy)
    assert (counts.lines, counts.loaded, counts.rejected) == (COUNT, 7, 15)
    assert len(log.loads(store)) == 2


def test_a_pipe_never_goes_on(tmp_path: Path, store: Store) -> None:
    pipe = tmp_path / "log"
    os.mkfifo(pipe)
    for expected in (15, 0):
        writer = threading.Thread(target=pipe.write_text, args=("\n".join(LINES),))
        writer.start()
        if expected:
            with pytest.raises(Cancelled):
                load_file(store, pipe, stop_after(6))
        else:
            assert load_file(store, pipe).lines == COUNT
        writer.join()
    assert [row["lines"] for row in log.loads(store)] == [COUNT, COUNT]


# ---- in the background ----------------------------------------------------------------------


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Callable[[], Runtime]]:
    """`app()` is the app, started; again, it is started anew over the same database."""
    opened: list[Runtime] = []

    def start() -> Runtime:
        for each in opened:
            each.close()
        opened[:] = [Runtime(tmp_path / "app.duckdb")]
        return opened[0]

    yield start
    for each in opened:
        each.close()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """`gate(n)`: every load stops before slice n + 1 until somebody cancels it."""
    limit = [10**9]
    progress = LoadJob.progress

    def wait(job: LoadJob, done: int, size: int, records: int) -> None:
        until = time.monotonic() + 30
        while records >= limit[0] * SLICE and not job._cancel.is_set():
            assert time.monotonic() < until
            time.sleep(0.01)
        progress(job, done, size, records)

    monkeypatch.setattr(LoadJob, "progress", wait)

    def set_limit(slices: int) -> None:
        limit[0] = slices

    return set_limit


def reached(app: Runtime, slices: int) -> None:
    """Wait until so many slices of the only job are stored."""
    (job,) = app.jobs
    until = time.monotonic() + 30
    while (job.name, slices * SLICE) not in [
        (row["log_file"], row["lines"]) for row in log.loads(app.store)[:1]
    ]:
        assert time.monotonic() < until
        time.sleep(0.01)


def ended(job: Job) -> LoadJob:
    assert isinstance(job, LoadJob)
    assert job.ended.wait(30)
    return job


OPEN = 10**9


def test_a_cancelled_job_goes_on_when_it_is_resumed(
    app: Callable[[], Runtime], gate: Callable[[int], None], write: Callable[[str], Path]
) -> None:
    path = write("log.jsonl")
    contents: list[Path | bytes] = [path, path.read_bytes()]
    for content in contents:
        gate(2)
        first = app()
        name = str(path) if isinstance(content, Path) else "upload.jsonl"
        job = first.load(name, content)
        reached(first, 2)
        job.cancel()
        assert ended(job).state == "cancelled"
        assert job.records == 2 * SLICE
        gate(OPEN)
        again = ended(first.resume(job))
        assert (again.state, again.records) == ("done", COUNT)
        assert again.counts and again.counts.lines == COUNT
        assert job not in first.jobs
        assert [row["log_file"] for row in log.loads(first.store)].count(name) == 1
    assert again.content == b"", "raw text is kept no longer than it is needed"


def test_an_interrupted_load_goes_on_after_a_restart(
    app: Callable[[], Runtime],
    gate: Callable[[int], None],
    write: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    path = write("log.jsonl")
    gate(3)
    first = app()
    first.load(str(path), path)
    reached(first, 3)
    gate(OPEN)
    second = app()
    (row,) = log.interrupted_loads(second.store)
    assert row["log_file"] == str(path)
    second.resume_interrupted()
    (job,) = second.jobs
    assert ended(job).state == "done"
    assert ended(job).counts == WHOLE
    assert stored(second.store) == in_one_go(path, tmp_path)
    assert len(log.loads(second.store)) == 1
    third = app()
    third.resume_interrupted()
    assert third.jobs == []


def test_the_app_takes_interrupted_loads_up_by_itself(
    app: Callable[[], Runtime],
    gate: Callable[[int], None],
    write: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write("log.jsonl")
    gate(1)
    first = app()
    first.load(str(path), path)
    reached(first, 1)
    gate(OPEN)
    first.close()
    monkeypatch.setenv("FLYWHEEL_DB", str(tmp_path / "app.duckdb"))
    try:
        (job,) = running.runtime().jobs
        assert ended(job).counts == WHOLE
    finally:
        running.close()


def test_what_somebody_cancelled_is_not_taken_up_again(
    app: Callable[[], Runtime], gate: Callable[[int], None], write: Callable[[str], Path]
) -> None:
    path = write("log.jsonl")
    gate(1)
    first = app()
    job = first.load(str(path), path)
    reached(first, 1)
    job.cancel()
    assert ended(job).state == "cancelled"
    (row,) = log.loads(first.store)
    assert (row["stopped_because"], row["finished_at"]) == ("cancelled", None)
    gate(OPEN)
    second = app()
    second.resume_interrupted()
    assert second.jobs == []
    # By hand it goes on.
    assert ended(second.load(str(path), path)).counts == WHOLE
    assert len(log.loads(second.store)) == 1


def test_what_failed_is_not_taken_up_again(
    app: Callable[[], Runtime], write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("log.jsonl")
    first = app()
    progress = LoadJob.progress

    def fail(job: LoadJob, done: int, size: int, records: int) -> None:
        progress(job, done, size, records)
        if records:
            raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(LoadJob, "progress", fail)
        job = ended(first.load(str(path), path))
    assert (job.state, job.message) == ("failed", "Input/output error")
    second = app()
    second.resume_interrupted()
    assert second.jobs == []
    assert ended(second.load(str(path), path)).counts == WHOLE


def test_what_cannot_be_taken_up_again_is_left(
    app: Callable[[], Runtime], gate: Callable[[int], None], write: Callable[[str], Path]
) -> None:
    path = write("log.jsonl")
    gate(1)
    for name, content in (("upload.jsonl", path.read_bytes()), (str(path), path)):
        first = app()
        first.load(name, content)
        reached(first, 1)
    gate(OPEN)
    # An upload's bytes went with the process; this file is gone.
    path.unlink()
    second = app()
    second.resume_interrupted()
    assert second.jobs == []


def test_a_file_that_changed_meanwhile_is_loaded_anew_and_once(
    app: Callable[[], Runtime], gate: Callable[[int], None], write: Callable[[str], Path]
) -> None:
    path = write("log.jsonl")
    gate(3)
    first = app()
    first.load(str(path), path)
    reached(first, 3)
    gate(OPEN)
    path.write_text("\n".join([*LINES, LINES[0]]), "utf-8")
    second = app()
    second.resume_interrupted()
    (job,) = second.jobs
    counts = ended(job).counts
    assert counts and (counts.lines, counts.loaded) == (COUNT + 1, 7)
    # The first load will never be finished, and that is well.
    third = app()
    third.resume_interrupted()
    assert third.jobs == []


def test_a_load_goes_on_in_the_shape_it_was_begun_in(
    app: Callable[[], Runtime], gate: Callable[[int], None], write: Callable[[str], Path]
) -> None:
    path = write("log.jsonl")
    gate(2)
    first = app()
    keys = ("id", "query", "reply", "rating")
    fields = dict(zip(("id", "question", "answer", "signal"), keys, strict=True))
    upside_down = Shape("own", recognise=keys, fields=fields, votes=VoteRule(("0",), ("1",)))
    offer = first.take(str(path), path, ask=True)
    assert isinstance(offer, Offer)
    first.accept(offer, upside_down)
    reached(first, 2)
    gate(OPEN)
    # Somebody chose otherwise since.
    remember(first.store, Shape("own", recognise=keys, fields=fields, votes=VoteRule(("1",))))
    second = app()
    second.resume_interrupted()
    assert ended(second.jobs[0]).counts and len(log.loads(second.store)) == 1
    counts = ended(second.jobs[0]).counts
    assert counts and counts.lines == COUNT
    votes = second.store.rows(
        "SELECT f.signal FROM feedback f JOIN interactions i ON i.id = f.interaction_id "
        "WHERE f.log_line = i.log_line AND i.id IN ('q12', 'q14')"
    )
    assert len(votes) == 2
    assert {row["signal"] for row in votes} == {"up"}


def test_a_shut_down_leaves_no_note_of_a_wish(write: Callable[[str], Path], store: Store) -> None:
    path = write("log.jsonl")
    for error, because in ((ShutDown, None), (Cancelled, "cancelled"), (KeyError, "KeyError")):
        with pytest.raises(error):
            load_file(store, path, stop_after(1, error))
        row = log.loads(store)[0]
        assert row["stopped_because"] == because
        assert (row["stopped_at"] is None) == (because is None)
    assert load_file(store, path) == WHOLE


# ---- how fast, how long ---------------------------------------------------------------------


def job_of(size: int) -> LoadJob:
    return LoadJob("log", b"", size, sample=False, shape=None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr("core.jobs.time.monotonic", lambda: now[0])
    return now


def test_the_pace_of_a_load(clock: list[float]) -> None:
    job = job_of(10_000)
    assert (job.rate, job.seconds_left, job.share) == (None, None, 0.0)
    for step in range(1, 6):
        clock[0] = float(step)
        job.progress(step * 1_000, 10_000, step * 20)
    assert job.rate == pytest.approx(20)
    assert job.seconds_left == pytest.approx(5)
    assert job.share == 0.5
    # Lately it is slower.
    for step in range(1, 40):
        clock[0] += 10
        job.progress(5_000 + step * 100, 10_000, 100 + step * 2)
    assert job.rate == pytest.approx(0.2)
    assert job.seconds_left == pytest.approx(1_100 / 10)


def test_what_is_skipped_is_no_work(clock: list[float]) -> None:
    job = job_of(10_000)
    job.progress(0, 10_000, 0)
    clock[0] = 0.5
    job.progress(9_000, 10_000, 180)  # the first slice after what was stored before
    assert (job.rate, job.seconds_left) == (None, None)
    clock[0] = 2.5
    job.progress(9_200, 10_000, 184)
    assert job.rate == pytest.approx(2)
    assert job.seconds_left == pytest.approx(8)


def test_nothing_is_said_of_a_pace_too_early_or_without_a_size(clock: list[float]) -> None:
    job = job_of(0)
    job.progress(1, 0, 1)
    clock[0] = 0.3
    job.progress(5, 0, 5)
    assert (job.rate, job.seconds_left, job.share) == (None, None, 0.0)
    clock[0] = 2.0
    job.progress(50, 0, 50)
    assert job.rate == pytest.approx(24.5)
    assert job.seconds_left == 0
    # Of bytes that turned into more when they were decoded, never more than all.
    job = job_of(10)
    job.progress(99, 10, 1)
    assert job.share == 1.0


def test_loads_by_name_end_when_they_are_stopped(store: Store) -> None:
    now = datetime.now(UTC)
    number, counts = log.begin_load(store, "a", now, is_sample=False, file_key="k")
    assert counts == LoadCounts()
    assert [row["log_file"] for row in log.interrupted_loads(store)] == ["a"]
    assert log.begin_load(store, "a", now, is_sample=False, file_key="k")[0] == number
    assert log.begin_load(store, "b", now, is_sample=False, file_key="k")[0] != number
    log.begin_load(store, "c", now, is_sample=True, file_key="s")
    log.begin_load(store, "d", now, is_sample=False)
    assert sorted(row["log_file"] for row in log.interrupted_loads(store)) == ["a", "b"]
    log.finish_load(store, number, now)
    assert [row["log_file"] for row in log.interrupted_loads(store)] == ["b"]

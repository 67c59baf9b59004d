"""What the running app has once per process: the open store, and the loads in the background.

Loads run on one thread beside the pages, one after the other; a page asks how far they are.
"""

import io
import threading
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec

from core.load.native import read_interaction
from core.pipeline import Cancelled, is_sample, load_log, record_redactor
from core.records import Signal
from core.redaction.records import RecordRedactor
from core.settings import (
    SAMPLE_LOG,
    SettingsError,
    database_path,
    sample_is_wanted,
    secret_key,
    settings,
)
from core.store import DatabaseError, Store, log
from core.store.log import LoadCounts

KEPT_JOBS = 20
ONE = "typed by hand"
"""What the loads list calls interactions that were added one at a time."""


class LoadJob:
    """One load in the background. `done` and `size` are bytes; `message` says why it failed."""

    def __init__(self, name: str, size: int, *, sample: bool) -> None:
        self.name = name
        self.size = size
        self.sample = sample
        self.done = 0
        self.state: Literal["waiting", "running", "done", "failed", "cancelled"] = "waiting"
        self.counts: LoadCounts | None = None
        self.message = ""
        self.ended = threading.Event()
        self._cancel = threading.Event()

    @property
    def active(self) -> bool:
        """Whether it is still to be done or being done."""
        return self.state in ("waiting", "running")

    @property
    def share(self) -> float:
        """How far it is, 0..1."""
        return min(1.0, self.done / self.size) if self.size else 0.0

    def cancel(self) -> None:
        """Stop after the slice in work; what is stored stays."""
        self._cancel.set()

    def progress(self, done: int, _size: int) -> None:
        """Called by the pipeline after each slice."""
        self.done = done
        if self._cancel.is_set():
            raise Cancelled


class Runtime:
    """The open store and its loads. Raises what `Store` raises."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self.jobs: list[LoadJob] = []
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="load")
        self._closing = False

    @property
    def redactor(self) -> RecordRedactor:
        """The redactor of this process; the models load on first use."""
        return record_redactor()

    def load_sample(self) -> None:
        """Load the sample log, or the rest of it, unless that is going on already."""
        if not any(job.sample and job.active for job in self.jobs):
            self.load_path(SAMPLE_LOG)

    def load_path(self, path: Path) -> LoadJob:
        """Load a file of this machine in the background. Raises `OSError` when there is none."""
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder: name a file in it.")
        size = path.stat().st_size
        job = LoadJob(str(path), size, sample=is_sample(path))
        return self._submit(job, path)

    def load_bytes(self, name: str, content: bytes) -> LoadJob:
        """Load an upload in the background; the bytes stay in memory."""
        return self._submit(
            LoadJob(name, len(content), sample=content == _sample_bytes(len(content))), content
        )

    def add_one(
        self,
        *,
        question: str,
        answer: str,
        sources: Iterable[str] = (),
        signal: Signal | None = None,
        correction: str = "",
    ) -> tuple[str, LoadCounts]:
        """Take one interaction typed by hand the way of every log line.

        Returns its id and the counts of this load of one. Raises `Unreadable` when a text is
        missing.
        """
        value: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "logged_at": datetime.now(UTC).isoformat(),
            "question": question,
            "answer": answer,
            "sources": [source.strip() for source in sources if source.strip()],
        }
        if signal:
            value["feedback"] = {"signal": signal, "correction": correction or None}
        read_interaction(value)
        stream = io.BytesIO(msgspec.json.encode(value))
        return value["id"], load_log(self.store, stream, ONE)

    def active_jobs(self) -> list[LoadJob]:
        """The loads that wait or run."""
        return [job for job in self.jobs if job.active]

    def clear_sample(self) -> None:
        """Stop loading the sample, then delete it."""
        for job in self.jobs:
            if job.sample and job.active:
                job.cancel()
                if job.state == "running":
                    job.ended.wait()  # it may be storing its last slice
        log.clear_sample(self.store, datetime.now(UTC))

    def close(self) -> None:
        """Stop the loads after their slice and close the store."""
        self._closing = True
        for job in self.jobs:
            job.cancel()
        self._worker.shutdown(wait=True, cancel_futures=True)
        self.store.close()

    def _submit(self, job: LoadJob, content: Path | bytes) -> LoadJob:
        self.jobs = [*self.jobs[-KEPT_JOBS:], job]
        self._worker.submit(self._run, job, content)
        return job

    def _run(self, job: LoadJob, content: Path | bytes) -> None:
        job.state = "running"
        try:
            with _stream(content) as stream:
                job.progress(0, job.size)
                job.counts = load_log(
                    self.store,
                    stream,
                    job.name,
                    size=job.size,
                    is_sample=job.sample,
                    on_progress=job.progress,
                )
            job.state = "done"
        except Cancelled:
            job.state = "cancelled"
            if job.sample and not self._closing:
                # Somebody's wish, so the next start does not take it up again.
                log.end_sample_load(self.store, datetime.now(UTC))
        except Exception as error:
            job.state = "failed"
            told = isinstance(error, DatabaseError | SettingsError)
            job.message = str(error) if told else getattr(error, "strerror", None) or ""
            job.message = job.message or f"stopped by {type(error).__name__}"
        finally:
            job.ended.set()


@contextmanager
def _stream(content: Path | bytes) -> Iterator[BinaryIO]:
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as stream:
        yield stream


def _sample_bytes(size: int) -> bytes | None:
    same_size = SAMPLE_LOG.exists() and SAMPLE_LOG.stat().st_size == size
    return SAMPLE_LOG.read_bytes() if same_size else None


_runtime: Runtime | None = None
_lock = threading.Lock()


def runtime() -> Runtime:
    """The runtime of this process, opened by whoever comes first.

    A first start where nobody has chosen a database begins to load the sample; one that was killed
    half-way is taken up again. Raises what `Store` raises, and `SettingsError`.
    """
    global _runtime
    with _lock:
        if _runtime is None:
            # A mistake in the file or the key is said now, not at somebody's first click.
            settings()
            secret_key()
            wanted = sample_is_wanted()
            _runtime = Runtime(database_path())
            if wanted or log.sample_unfinished(_runtime.store):
                _runtime.load_sample()
        return _runtime


def close() -> None:
    """Close the runtime, if it was opened."""
    global _runtime
    with _lock:
        if _runtime is not None:
            _runtime.close()
            _runtime = None

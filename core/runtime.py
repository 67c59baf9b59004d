"""What the running app has once per process: the open store, and the loads in the background.

Loads run on one thread beside the pages, one after the other; a page asks how far they are.
"""

import hashlib
import io
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec

from core.keys import keyed_hash
from core.load import Shape, parse_shape, read_interaction
from core.pipeline import (
    Cancelled,
    ShutDown,
    inspect_log,
    is_sample,
    key_of_file,
    load_log,
    record_redactor,
    remember,
)
from core.preview import Offer
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
PACE = 30
"""Slices over which the pace of a load is taken."""

ONE = "typed by hand"
"""What the loads list calls interactions that were added one at a time."""


class LoadJob:
    """One load in the background. `done` and `size` are bytes; `message` says why it failed."""

    def __init__(
        self, name: str, content: Path | bytes, size: int, *, sample: bool, shape: Shape | None
    ) -> None:
        self.name = name
        self.content = content
        self.size = size
        self.sample = sample
        self.shape = shape
        self.done = self.records = 0
        self.state: Literal["waiting", "running", "done", "failed", "cancelled"] = "waiting"
        self.counts: LoadCounts | None = None
        self.message = ""
        self.read_as = ""
        self.ended = threading.Event()
        self.closing = False
        self._cancel = threading.Event()
        self._pace: deque[tuple[float, int, int]] = deque(maxlen=PACE)

    @property
    def active(self) -> bool:
        """Whether it is still to be done or being done."""
        return self.state in ("waiting", "running")

    @property
    def share(self) -> float:
        """How far it is, 0..1."""
        return min(1.0, self.done / self.size) if self.size else 0.0

    @property
    def rate(self) -> float | None:
        """Records a second over the last slices; None while nothing can be said."""
        return self._slope(2)

    @property
    def seconds_left(self) -> float | None:
        """How long it takes at the pace of the last slices; None while nothing can be said."""
        bytes_a_second = self._slope(1)
        return max(0, self.size - self.done) / bytes_a_second if bytes_a_second else None

    def cancel(self, *, closing: bool = False) -> None:
        """Stop after the slice in work; what is stored stays."""
        self.closing = closing
        self._cancel.set()

    def again(self) -> "LoadJob":
        """A new job for the same log, which goes on where this one stopped."""
        return LoadJob(self.name, self.content, self.size, sample=self.sample, shape=self.shape)

    def progress(self, done: int, _size: int, records: int) -> None:
        """Called by the pipeline after each slice."""
        self.done, self.records = done, records
        if records:  # a load that goes on skips what is stored, which is no work
            self._pace.append((time.monotonic(), done, records))
        if self._cancel.is_set():
            raise ShutDown if self.closing else Cancelled

    def _slope(self, what: int) -> float | None:
        pace = list(self._pace)
        if len(pace) < 2 or pace[-1][0] - pace[0][0] < 1:
            return None
        return (pace[-1][what] - pace[0][what]) / (pace[-1][0] - pace[0][0])


class Runtime:
    """The open store and its loads. Raises what `Store` raises."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self.jobs: list[LoadJob] = []
        self.offers: list[Offer] = []
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="load")

    @property
    def redactor(self) -> RecordRedactor:
        """The redactor of this process; the models load on first use."""
        return record_redactor()

    def load_sample(self) -> None:
        """Load the sample log, or the rest of it, unless that is going on already."""
        if not any(job.sample and job.active for job in self.jobs):
            self.load(str(SAMPLE_LOG), SAMPLE_LOG)

    def take(self, name: str, content: Path | bytes, *, ask: bool = False) -> LoadJob | Offer:
        """Load a log in the background, or offer it when it must be asked how to read it.

        `content` is a file of this machine, or an upload, whose bytes stay in memory. It is asked
        when the shape is only guessed, or when somebody wants to (`ask`). Raises `OSError`.
        """
        with _stream(content) as stream:
            reading = inspect_log(self.store, stream, name)
        if reading.sample and (ask or reading.how in ("guessed", "unknown")):
            offer = Offer(name, content, reading)
            self.offers = [*(each for each in self.offers if each.name != name), offer]
            return offer
        return self.load(name, content)

    def accept(self, offer: Offer, shape: Shape) -> LoadJob:
        """Load an offered log by a shape, and remember it for logs with the same keys.

        Other logs that were offered and have these keys go with it.
        """
        self.dismiss(offer)
        remember(self.store, shape)
        for other in self.offers:
            if all(shape.fits(record) for record in other.sample):
                self.dismiss(other)
                self.load(other.name, other.content, shape)
        return self.load(offer.name, offer.content, shape)

    def dismiss(self, offer: Offer) -> None:
        """Forget a log that was offered, its bytes included."""
        self.offers = [each for each in self.offers if each is not offer]

    def load(self, name: str, content: Path | bytes, shape: Shape | None = None) -> LoadJob:
        """Load a log in the background. Raises `OSError` when there is no such file."""
        if isinstance(content, Path):
            size, sample = content.stat().st_size, is_sample(content)
        else:
            size, sample = len(content), content == _sample_bytes(len(content))
        return self._submit(LoadJob(name, content, size, sample=sample, shape=shape))

    def resume(self, job: LoadJob) -> LoadJob:
        """Go on with a load that was cancelled or has failed."""
        self.jobs = [each for each in self.jobs if each is not job]
        return self._submit(job.again())

    def resume_interrupted(self) -> None:
        """Take up the loads of files that ended with the process before."""
        for row in log.interrupted_loads(self.store):
            path = Path(row["log_file"]).expanduser()
            if path.is_absolute() and path.is_file():
                shape = parse_shape(row["shape"]) if row["shape"] else None
                with suppress(OSError):
                    self.load(str(path), path, shape)

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
        for job in self.jobs:
            job.cancel(closing=True)
        self._worker.shutdown(wait=True, cancel_futures=True)
        self.store.close()

    def _submit(self, job: LoadJob) -> LoadJob:
        self.jobs = [*self.jobs[-KEPT_JOBS:], job]
        self._worker.submit(self._run, job)
        return job

    def _run(self, job: LoadJob) -> None:
        job.state = "running"
        try:
            with _stream(job.content) as stream:
                job.progress(0, job.size, 0)
                job.counts = load_log(
                    self.store,
                    stream,
                    job.name,
                    size=job.size,
                    is_sample=job.sample,
                    file_key=_key(job.content),
                    on_progress=job.progress,
                    shape=job.shape,
                )
            if isinstance(job.content, bytes):
                job.content = b""  # raw text is kept no longer than it is needed
            job.state = "done"
        except Cancelled:
            job.state = "cancelled"
            if job.sample and not job.closing:
                # Somebody's wish, so the next start does not take it up again.
                log.end_sample_load(self.store, datetime.now(UTC))
        except Exception as error:
            job.state = "failed"
            told = isinstance(error, DatabaseError | SettingsError)
            job.message = str(error) if told else getattr(error, "strerror", None) or ""
            job.message = job.message or f"stopped by {type(error).__name__}"
        finally:
            job.ended.set()


def _key(content: Path | bytes) -> str:
    if isinstance(content, Path):
        return key_of_file(content)
    return keyed_hash("file", hashlib.sha256(content).hexdigest())


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
            _runtime.resume_interrupted()
        return _runtime


def close() -> None:
    """Close the runtime, if it was opened."""
    global _runtime
    with _lock:
        if _runtime is not None:
            _runtime.close()
            _runtime = None

"""What the running app has once per process: the open store, and the work in the background.

Jobs (`core.jobs`) run on one thread beside the pages, one after the other; a page asks how far
they are.
"""

import io
import threading
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from core.export import Made
from core.jobs import ExportJob, Job, LoadJob, RedactionJob, stream_of
from core.links import Links
from core.load import Shape, parse_shape, read_interaction
from core.pipeline import inspect_log, is_sample, load_log, redactor_of, remember
from core.preview import Offer
from core.records import Signal
from core.redaction.records import RecordRedactor
from core.review.report import finish
from core.settings import (
    SAMPLE_LOG,
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


SomeJob = TypeVar("SomeJob", bound=Job)


class Runtime:
    """The open store and its jobs. Raises what `Store` raises."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self.jobs: list[Job] = []
        self.offers: list[Offer] = []
        self.links = Links[ExportJob]()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="job")
        # On their own: nobody waits for a long load to export what is there.
        self._exporter = ThreadPoolExecutor(1, thread_name_prefix="export")
        # A report whose process ended before the file was written anew. At the next start, then.
        with suppress(DatabaseError):
            finish(self.store, datetime.now(UTC))

    @property
    def redactor(self) -> RecordRedactor:
        """The redactor of this process; the models load on first use."""
        return redactor_of(self.store)

    def load_sample(self) -> None:
        """Load the sample log, or the rest of it, unless that is going on already."""
        if not any(job.sample and job.active for job in self.jobs):
            self.load(str(SAMPLE_LOG), SAMPLE_LOG)

    def take(self, name: str, content: Path | bytes, *, ask: bool = False) -> LoadJob | Offer:
        """Load a log in the background, or offer it when it must be asked how to read it.

        `content` is a file of this machine, or an upload, whose bytes stay in memory. It is asked
        when the shape is only guessed, or when somebody wants to (`ask`). Raises `OSError`.
        """
        with stream_of(content) as stream:
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

    def redact_again(self) -> RedactionJob:
        """Redact outdated stored text again in the background, unless that is going on already."""
        for job in self.jobs:
            if isinstance(job, RedactionJob) and job.active:
                return job
        return self._submit(RedactionJob())

    def export(self, format_name: str, *, sample: bool, without: Iterable[str] = ()) -> ExportJob:
        """Make an export in the background. It is kept by whoever holds the job, by nobody else."""
        return self._export(ExportJob(format_name, sample=sample, without=without))

    def export_again(self, made: Made) -> ExportJob:
        """Make an export of the ledger once more in the background."""
        return self._export(ExportJob(made.format, sample=made.is_sample, made=made))

    def resume(self, job: SomeJob) -> SomeJob:
        """Go on with work that was cancelled or has failed."""
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
        counts = load_log(self.store, stream, ONE)
        # As it is stored: one of a hundred such ids has digits in it that look like a phone's.
        return self.redactor.safe_id(value["id"]), counts

    def active_jobs(self) -> list[Job]:
        """The work that waits or is done."""
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
        jobs = self.jobs
        for job in jobs:
            job.cancel(closing=True)
        for worker in (self._worker, self._exporter):
            worker.shutdown(wait=True, cancel_futures=True)
        for job in jobs:
            if job.state == "waiting":  # it never began, and somebody may wait for its end
                job.state = "cancelled"
                job.ended.set()
        self.store.close()

    def _submit(self, job: SomeJob) -> SomeJob:
        self.jobs = [*self.jobs[-KEPT_JOBS:], job]
        self._worker.submit(job.run, self.store)
        return job

    def _export(self, job: ExportJob) -> ExportJob:
        def forget(_: object) -> None:
            self.jobs = [each for each in self.jobs if each is not job]

        self.jobs = [*self.jobs[-KEPT_JOBS:], job]
        self._exporter.submit(job.run, self.store).add_done_callback(forget)
        return job


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

"""Work in the background: how far it is, stopping it, going on with it.

A job does its work in pieces and calls `progress` after each; that is where a wish to stop is
heard. What is done until then stays done, and `again` goes on there.
"""

import hashlib
import io
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal, Self

from core.export import Balance, ExportRefused, Made, Prepared, balance, prepare, repeat, zipped
from core.keys import keyed_hash
from core.load import Shape
from core.pipeline import Cancelled, ShutDown, key_of_file, load_log, redactor_of
from core.reredaction import Reredaction, reredact
from core.settings import SettingsError
from core.store import DatabaseError, Store, log
from core.store.log import LoadCounts

PACE = 30
"""Pieces over which the pace is taken."""


class Job:
    """`done` and `size` are in whatever the work is measured in, `records` what people count.

    `message` says why it failed.
    """

    doing = "Working"
    unit = "record"

    def __init__(self, name: str, size: int = 0, *, sample: bool = False) -> None:
        self.name = name
        self.size = size
        self.sample = sample
        self.done = self.records = 0
        self.state: Literal["waiting", "running", "done", "failed", "cancelled"] = "waiting"
        self.message = ""
        self.ended = threading.Event()
        self.closing = False
        self._cancel = threading.Event()
        self._pace: deque[tuple[float, int, int]] = deque(maxlen=PACE)

    def work(self, store: Store) -> None:
        """Do it; may raise anything, `Cancelled` when it was asked to stop."""
        raise NotImplementedError

    def again(self) -> Self:
        """A new job that goes on where this one stopped."""
        raise NotImplementedError

    def was_cancelled(self, store: Store) -> None:
        """Called when somebody has stopped it."""

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
        """Records a second over the last pieces; None while nothing can be said."""
        return self._slope(2)

    @property
    def seconds_left(self) -> float | None:
        """How long it takes at the pace of the last pieces; None while nothing can be said."""
        a_second = self._slope(1)
        return max(0, self.size - self.done) / a_second if a_second else None

    def cancel(self, *, closing: bool = False) -> None:
        """Stop after the piece in work; what is stored stays."""
        self.closing = closing
        self._cancel.set()

    def progress(self, done: int, _size: int, records: int) -> None:
        """Called after each piece."""
        self.done, self.records = done, records
        if records:  # a load that goes on skips what is stored, which is no work
            self._pace.append((time.monotonic(), done, records))
        if self._cancel.is_set():
            raise ShutDown if self.closing else Cancelled

    def run(self, store: Store) -> None:
        """Do it, on the thread of the one who calls, and note how it ended."""
        self.state = "running"
        try:
            self.work(store)
            self.state = "done"
        except Cancelled:
            self.state = "cancelled"
            if not self.closing:
                self.was_cancelled(store)
        except Exception as error:
            self.state = "failed"
            told = isinstance(error, DatabaseError | ExportRefused | SettingsError)
            self.message = str(error) if told else getattr(error, "strerror", None) or ""
            self.message = self.message or f"stopped by {type(error).__name__}"
        finally:
            self.ended.set()

    def _slope(self, what: int) -> float | None:
        pace = list(self._pace)
        if len(pace) < 2 or pace[-1][0] - pace[0][0] < 1:
            return None
        return (pace[-1][what] - pace[0][what]) / (pace[-1][0] - pace[0][0])


class LoadJob(Job):
    """Loads one log; `done` and `size` are bytes."""

    doing = "Removing personal data and loading"

    def __init__(
        self, name: str, content: Path | bytes, size: int, *, sample: bool, shape: Shape | None
    ) -> None:
        super().__init__(name, size, sample=sample)
        self.content = content
        self.shape = shape
        self.counts: LoadCounts | None = None

    def work(self, store: Store) -> None:
        with stream_of(self.content) as stream:
            self.progress(0, self.size, 0)
            self.counts = load_log(
                store,
                stream,
                self.name,
                size=self.size,
                is_sample=self.sample,
                file_key=_key(self.content),
                on_progress=self.progress,
                shape=self.shape,
            )
        if isinstance(self.content, bytes):
            self.content = b""  # raw text is kept no longer than it is needed

    def was_cancelled(self, store: Store) -> None:
        if self.sample:
            # Somebody's wish, so the next start does not take it up again.
            log.end_sample_load(store, datetime.now(UTC))

    def again(self) -> Self:
        return type(self)(self.name, self.content, self.size, sample=self.sample, shape=self.shape)


class RedactionJob(Job):
    """Redacts outdated stored text again; `done` and `size` are interactions."""

    doing = "Looking for personal data in stored text"
    unit = "interaction"

    def __init__(self) -> None:
        super().__init__("stored text")
        self.result: Reredaction | None = None

    def work(self, store: Store) -> None:
        def told(done: int, of: int) -> None:
            self.size = of
            self.progress(done, of, done)

        self.result = reredact(store, told)

    def again(self) -> Self:
        return type(self)()


class ExportJob(Job):
    """Makes an export and its archive; `done` and `size` are steps on the way.

    `prepared` is what came of it, `archive` where its zip lies: None while it must not leave the
    house. What lies on the disk goes with the job.
    """

    doing = "Collecting, and looking through every text once more"
    unit = "interaction"

    def __init__(
        self,
        format_name: str,
        *,
        sample: bool,
        without: Iterable[str] = (),
        made: Made | None = None,
    ) -> None:
        """made: an export of the ledger, to be made again byte by byte."""
        super().__init__(f"{format_name} export", sample=sample)
        self.format_name = format_name
        self.without = sorted(without)
        self.made = made
        self.prepared: Prepared | None = None
        self.archive: Path | None = None
        self.balance: Balance | None = None

    def work(self, store: Store) -> None:
        try:
            self._make(store)
        except FileNotFoundError:
            # What was made so far went with the text that it was made of.
            raise ExportRefused(
                "Personal data was taken out of stored text meanwhile: prepare it again."
            ) from None

    def _make(self, store: Store) -> None:
        redactor = redactor_of(store).redactor
        if self.made:
            prepared = repeat(store, redactor, self.made, progress=self._made)
        else:
            prepared = prepare(
                store,
                redactor,
                self.format_name,
                sample=self.sample,
                without=self.without,
                progress=self._made,
            )
            cut = prepared.manifest["cut_off"]
            self.balance = balance(store, prepared.cases, sample=self.sample, cut=cut)
        if not (prepared.found or prepared.overlaps):
            self.archive = zipped(prepared, self._packed)
        self.prepared = prepared

    def again(self) -> Self:
        return type(self)(
            self.format_name, sample=self.sample, without=self.without, made=self.made
        )

    def _made(self, done: int, of: int) -> None:
        # Packing is a tenth of it or so. What must be made a second time does not go back.
        self.size = of + of // 8
        done = max(done, self.done)
        self.progress(done, self.size, done // 2)

    def _packed(self, done: int, of: int) -> None:
        before = self.size * 8 // 9
        self.progress(before + (self.size - before) * done // max(1, of), self.size, before // 2)


def _key(content: Path | bytes) -> str:
    if isinstance(content, Path):
        return key_of_file(content)
    return keyed_hash("file", hashlib.sha256(content).hexdigest())


@contextmanager
def stream_of(content: Path | bytes) -> Iterator[BinaryIO]:
    """The bytes of a log, wherever it is."""
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as stream:
        yield stream

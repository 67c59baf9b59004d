"""Structs on disk: the texts of thousands of cases need not be in memory together.

They lie in a file without a name, which is gone with whoever holds it. What is in it comes from the
store, so it has been redacted.
"""

import os
from array import array
from pathlib import Path
from tempfile import TemporaryFile
from typing import Generic, TypeVar

import msgspec

_PIECE = 2**20
Item = TypeVar("Item", bound=msgspec.Struct)


class Spool(Generic[Item]):
    """Takes structs of one type and gives each back by its number.

    After `done` it may be read from any thread.
    """

    def __init__(self, kind: type[Item], folder: Path | None = None) -> None:
        # Buffered by us: Python's buffer for reading and writing costs more than what it spares.
        self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 (lives as long as this)
        self._waiting: list[bytes] = []
        self._written = 0
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._ends = array("Q", [0])

    def add(self, item: Item) -> int:
        """Keep a struct; returns its number."""
        content = self._encode(item)
        self._waiting.append(content)
        self._ends.append(self._ends[-1] + len(content))
        if self._ends[-1] - self._written > _PIECE:
            self.done()
        return len(self._ends) - 2

    def done(self) -> None:
        """Write what waits to be written."""
        waiting = memoryview(b"".join(self._waiting))
        self._waiting.clear()
        while waiting:
            waiting = waiting[self._file.write(waiting) :]
        self._written = self._ends[-1]

    def __getitem__(self, number: int) -> Item:
        start, end = self._ends[number], self._ends[number + 1]
        return self._decode(os.pread(self._file.fileno(), end - start, start))

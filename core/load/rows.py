"""Cuts a CSV into rows, by RFC 4180: quoted cells may hold line ends and delimiters.

A quote that is never closed makes one cell of all that follows. Then only the first line of that
row is rejected, and what the cell swallowed is read again.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO

from core.load.lines import HEAD
from core.load.piece import CUT_OFF, Piece

DELIMITERS = ",;\t|"
REREAD = 256 * 2**20
"""Bytes that are read again at most, so that a file full of open quotes comes to an end."""

IsHeader = Callable[[Sequence[str]], bool]


def delimiter_of(first: str, is_header: IsHeader) -> str | None:
    """What parts the cells of a text whose first line names the columns of a log; else None."""
    for delimiter in DELIMITERS:
        with suppress(csv.Error):
            cells = next(csv.reader([first], delimiter=delimiter), [])
            if delimiter in first and is_header(cells):
                return delimiter
    return None


def read_rows(stream: BinaryIO, delimiter: str, max_bytes: int) -> Iterator[Piece]:
    """Yield every row but blank ones as an object of texts; the first row names the columns."""
    csv.field_size_limit(max_bytes)
    source = _Source(stream, delimiter, max_bytes)
    header: list[str] | None = None
    while row := source.row(len(header or ())):
        cells, problem = row
        line, offset, raw = source.taken()
        content = raw.rstrip(b"\r\n")
        if not problem and not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [] if problem else _unique(cells)
            if f"{delimiter} ".encode() in content:
                source.skip_blanks()
            if not problem:
                continue
        while len(cells) > len(header) and not cells[-1].strip():
            cells.pop()
        problem = problem or _wrong(cells, header, content)
        if problem:
            yield Piece(line, offset, content[:HEAD], problem=problem)
        else:
            yield Piece(line, offset, content, dict(zip(header, cells, strict=True)))


def _wrong(cells: list[str], header: list[str], content: bytes) -> str:
    if not header:
        return "the columns have no names: the first row cannot be read"
    if len(cells) != len(header):
        return f"the row has {len(cells)} cells, the header has {len(header)}"
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return f"not valid UTF-8 at byte {error.start + 1} of the row: save the file as UTF-8"
    return ""


def _unique(header: list[str]) -> list[str]:
    names: dict[str, None] = {}
    for number, cell in enumerate(header, start=1):
        # Bytes that are no UTF-8 came through as surrogates, which nothing could store.
        name = cell.strip().encode("utf-8", "replace").decode() or f"column {number}"
        while name in names:
            name = f"{name} ({number})"
        names[name] = None
    return list(names)


class _TooLong(Exception):
    """A row has outgrown the limit."""


class _Source:
    """The rows of a stream; the lines of the row in work are kept, and can be read again."""

    def __init__(self, stream: BinaryIO, delimiter: str, max_bytes: int) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._max_bytes = max_bytes
        self._again: deque[bytes] = deque()
        self._reread = self._size = 0
        self._line, self._offset = 1, 0
        self._row: list[bytes] = []
        self._skipped = 0
        self._spaced = False
        self._reader: Iterator[list[str]] | None = None

    def skip_blanks(self) -> None:
        """From the next row on, blanks after a delimiter are no part of a cell."""
        self._spaced, self._reader = True, None

    def row(self, width: int) -> tuple[list[str], str] | None:
        """The cells of the next row, or what is wrong with it; None after the last one.

        `width` is the number of cells that a row has.
        """
        self._reader = self._reader or self._csv(self._lines())
        try:
            return next(self._reader), ""
        except StopIteration:
            return None
        except _TooLong:
            problem = f"the row is longer than {self._max_bytes:,} bytes: a quote never closed?"
        except csv.Error as error:
            problem = f"not valid CSV: {error}".partition(" - ")[0]
            if "end of data" in problem and not self._swallowed_a_row(width):
                problem = CUT_OFF
        self._reader = None
        if problem != CUT_OFF:
            self._give_back()
        return [], problem

    def taken(self) -> tuple[int, int, bytes]:
        """Line, offset and bytes of the row that was read; the next one begins after it."""
        line, offset, content = self._line, self._offset, b"".join(self._row)
        self._line += sum(part.endswith(b"\n") for part in self._row) + (self._skipped > 0)
        self._offset += len(content) + self._skipped
        self._row, self._skipped = [], 0
        return line, offset, content

    def _lines(self) -> Iterator[str]:
        while content := self._again.popleft() if self._again else self._read():
            first = not self._row
            self._size = len(content) + (0 if first else self._size)
            self._row.append(content)
            if self._size > self._max_bytes:
                raise _TooLong
            text = content.decode("utf-8", "surrogateescape")
            yield text.removeprefix("\ufeff") if first and self._offset == 0 else text

    def _read(self) -> bytes:
        return self._stream.readline(self._max_bytes + 1)

    def _csv(self, lines: Iterator[str]) -> Iterator[list[str]]:
        return csv.reader(
            lines, delimiter=self._delimiter, strict=True, skipinitialspace=self._spaced
        )

    def _swallowed_a_row(self, width: int) -> bool:
        """Whether among the lines that an open quote took are rows, and not the text of a cell."""
        lines = (line.decode("utf-8", "replace") for line in self._row[1:])
        rows = csv.reader(lines, delimiter=self._delimiter)
        return any(len(cells) == width for cells in rows)

    def _give_back(self) -> None:
        """Let the lines of this row but its first be read again, or skip the rest of its line."""
        swallowed = self._row[1:]
        if swallowed and self._reread < REREAD:
            self._reread += self._size
            self._again.extendleft(reversed(swallowed))
            del self._row[1:]
        last = self._row[-1]
        while len(last) > self._max_bytes and not last.endswith(b"\n"):
            last = self._read()
            self._skipped += len(last)

"""Cuts a file into records: JSON lines, a JSON array, one JSON document, or CSV.

What a file is, is found out from its first bytes, because names lie. The cutting never gives up on
a file for one bad record: an array is cut at its commas, by a scanner that knows strings and
brackets only, so that each element is then read, or rejected, on its own.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

import msgspec

from core.load.lines import BOM, HEAD, read_lines
from core.load.unreadable import Unreadable

Container = Literal["lines", "document", "csv"]

DEEPEST = 100
LARGEST_DOCUMENT = 512 * 2**20
REREAD = 256 * 2**20
DELIMITERS = ",;\t|"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
BINARY = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\x1f\x8b": "a compressed file",
    b"SQLite": "an SQLite database",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
}
_TOKEN = re.compile(r'[\[\]{},]|"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BLANK = " \t\r\n"


LOG_FILES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")


def log_files(folder: Path) -> list[Path]:
    """The log files of a folder and its folders, by name; hidden ones are none of them."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in LOG_FILES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


class Piece(NamedTuple):
    """One record as it stands in a file: 1-based line, byte offset, bytes, and its value, or the
    problem that it has none."""

    line: int
    offset: int
    content: bytes
    value: Any = None
    problem: str = ""


def read_pieces(
    stream: BinaryIO,
    name: str,
    max_bytes: int,
    *,
    is_record: Callable[[dict[str, Any]], bool],
    is_header: Callable[[list[str]], bool],
) -> Iterator[Piece]:
    """Yield every record of a file; blank lines are none.

    `is_record` tells a document that is a record from one that wraps a list of them, `is_header`
    a CSV's first row from any other text. Memory: one record, of a JSON document the whole.
    """
    if not stream.seekable():
        stream = io.BytesIO(stream.read())
    head = stream.read(HEAD)
    stream.seek(0)
    if head.startswith(UTF_16):
        # What PowerShell and old spreadsheets write.
        text = stream.read().decode("utf-16", "replace")
        stream, head = io.BytesIO(text.encode()), text[:HEAD].encode()
    if kind := _binary(head):
        yield Piece(1, 0, b"", problem=f"this is {kind}, not a log in JSON lines, JSON or CSV")
        return
    if head.removeprefix(BOM).lstrip()[:1] in (b"{", b"["):
        try:
            document = _document(stream, max_bytes)
        except Unreadable as reason:
            yield Piece(1, 0, head, problem=str(reason))
            return
        if document is None:
            yield from _lines(stream, max_bytes)
        else:
            yield from _elements(document, max_bytes, is_record)
    elif delimiter := _delimiter(head, name, is_header):
        yield from _rows(stream, delimiter, max_bytes)
    else:
        yield from _lines(stream, max_bytes)


def decoded(content: bytes) -> Any:
    """Read the JSON of one record. Raises `Unreadable`."""
    try:
        value = msgspec.json.decode(content.decode())
    except UnicodeDecodeError as error:
        raise Unreadable(f"not valid UTF-8 at byte {error.start + 1} of the record") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"not valid JSON: {error}") from None
    if _depth(value) > DEEPEST:
        raise Unreadable(f"objects and lists are nested more than {DEEPEST} deep")
    return value


def _binary(head: bytes) -> str | None:
    for magic, kind in BINARY.items():
        if head.startswith(magic):
            return kind
    # A NUL within a line of JSON is that line's fault alone.
    text = head.removeprefix(BOM).lstrip()
    return "a binary file" if b"\0" in head and text[:1] not in (b"{", b"[") else None


def _lines(stream: BinaryIO, max_bytes: int) -> Iterator[Piece]:
    for line in read_lines(stream, max_bytes):
        if line.too_long:
            problem = f"the line is longer than {max_bytes:,} bytes"
            yield Piece(line.number, line.offset, line.content, problem=problem)
        else:
            yield _piece(line.number, line.offset, line.content)


def _piece(line: int, offset: int, content: bytes) -> Piece:
    try:
        return Piece(line, offset, content, decoded(content))
    except Unreadable as reason:
        return Piece(line, offset, content, problem=str(reason))


def _limited(line: int, offset: int, content: bytes, max_bytes: int) -> Piece:
    if len(content) > max_bytes:
        problem = f"the record is longer than {max_bytes:,} bytes"
        return Piece(line, offset, content[:HEAD], problem=problem)
    return _piece(line, offset, content)


def _document(stream: BinaryIO, max_bytes: int) -> bytes | None:
    """The whole file when it is one JSON value and not one value a line; else None, rewound.

    Raises `Unreadable` when it is too large to be read whole.
    """
    first = stream.readline(max_bytes + 1)
    while not first.removeprefix(BOM).strip():
        first = stream.readline(max_bytes + 1)
    is_array = re.match(rb"\s*\[\s*([{\[\]]|$)", first.removeprefix(BOM)) is not None
    whole = False
    if _parses(first):
        whole = not any(line.strip() for line in iter(lambda: stream.readline(max_bytes), b""))
    elif is_array or _is_cut(first):
        whole = True
    stream.seek(0)
    if not whole:
        return None
    content = stream.read(LARGEST_DOCUMENT + 1)
    if is_array and len(content) > LARGEST_DOCUMENT:
        raise Unreadable(
            f"one JSON array of more than {LARGEST_DOCUMENT // 2**20} MB: write one record a line"
        )
    # Lines whose first one is damaged look like a document until they are read to the end.
    if len(content) <= LARGEST_DOCUMENT and (is_array or _parses(content) or _is_cut(content)):
        return content.removeprefix(BOM)
    stream.seek(0)
    return None


def _parses(content: bytes) -> bool:
    try:
        msgspec.json.decode(content.removeprefix(BOM), type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _is_cut(content: bytes) -> bool:
    try:
        msgspec.json.decode(content.removeprefix(BOM), type=msgspec.Raw)
    except msgspec.DecodeError as error:
        return "truncated" in str(error)
    except RecursionError:
        return False
    return False


def _elements(
    content: bytes, max_bytes: int, is_record: Callable[[dict[str, Any]], bool]
) -> Iterator[Piece]:
    # Bytes that are no UTF-8 pass through as lone surrogates, to be found in their element.
    text = content.decode("utf-8", "surrogateescape")
    start = len(text) - len(text.lstrip(_BLANK))
    if text[start : start + 1] == "{":
        start = _wrapped_list(content, text, start, is_record)
        if start < 0:
            lead = len(text) - len(text.lstrip(_BLANK))
            yield _limited(text.count("\n", 0, lead) + 1, lead, content.strip(), max_bytes)
            return
    line = offset = seen = 0
    for begin, end, problem in _cut(text, start):
        line += text.count("\n", seen, begin)
        offset += len(text[seen:begin].encode("utf-8", "surrogateescape"))
        seen = begin
        part = text[begin:end].rstrip(_BLANK).encode("utf-8", "surrogateescape")
        if problem:
            yield Piece(line + 1, offset, part[:HEAD], problem=problem)
        else:
            yield _limited(line + 1, offset, part, max_bytes)


def _wrapped_list(
    content: bytes, text: str, start: int, is_record: Callable[[dict[str, Any]], bool]
) -> int:
    """Where the list of records begins in a document that wraps one; -1 when it is a record."""
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return -1
    if is_record(value):
        return -1
    lists = {
        key: len(item)
        for key, item in value.items()
        if isinstance(item, list) and item and all(isinstance(each, dict) for each in item)
    }
    if not lists:
        return -1
    wanted = max(lists, key=lists.__getitem__)
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += (token[0] in "{[") - (token[0] in "}]")
        if depth == 1 and token[0][0] == '"' and msgspec.json.decode(token[0]) == wanted:
            colon = re.compile(r"\s*:\s*(?=\[)").match(text, token.end())
            if colon:
                return colon.end()
    return -1


def _cut(text: str, start: int) -> Iterator[tuple[int, int, str]]:
    """Begin, end and problem of each element of the array that opens at `start`."""
    depth, begin = 0, start + 1
    for token in _TOKEN.finditer(text, start):
        sign = token[0]
        if depth == 1 and sign in ",]" and text[begin : token.start()].strip(_BLANK):
            yield _after_blanks(text, begin), token.start(), ""
        if depth == 1 and sign in ",]":
            begin = token.end()
        depth += (sign in "{[") - (sign in "}]")
        if depth == 0:
            break
    if text[begin:].strip(_BLANK + ",") and (depth or text[start] == "["):
        problem = (
            "the file ends in the middle of this record: was it cut off?"
            if depth
            else "this stands after the end of the array"
        )
        rest = _after_blanks(text, begin)
        if depth or text[rest] not in "}":  # what closes the object around a list of records
            yield rest, len(text), problem


def _after_blanks(text: str, begin: int) -> int:
    while text[begin] in _BLANK:
        begin += 1
    return begin


def _delimiter(head: bytes, name: str, is_header: Callable[[list[str]], bool]) -> str | None:
    first = head.removeprefix(BOM).decode("utf-8", "replace").lstrip("\r\n").split("\n")[0]
    best = max(DELIMITERS, key=first.count)
    if name.lower().endswith((".csv", ".tsv")):
        return best if best in first else ","
    if best not in first:
        return None
    cells = next(csv.reader([first], delimiter=best), [])
    return best if is_header(cells) else None


class _TooLong(Exception):
    """A row has outgrown the limit: a quote, most likely, that is never closed."""


class _Source:
    """The lines of a CSV, counted in lines and bytes, and kept as long as their row is read."""

    def __init__(self, stream: BinaryIO, max_bytes: int) -> None:
        self.raw = iter(lambda: stream.readline(max_bytes + 1), b"")
        self.max_bytes = max_bytes
        self.line = self.offset = 0
        self.row: list[bytes] = []
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        for content in self.raw:
            if self.line == 0 and not self.row:
                content = content.removeprefix(BOM)
            self.row.append(content)
            self.size += len(content)
            if self.size > self.max_bytes:
                raise _TooLong
            yield content.decode("utf-8", "surrogateescape").replace("\0", "\ufffd")

    def skip_line(self) -> None:
        """Read to the end of the line, and forget it."""
        while not self.row[-1].endswith(b"\n") and (more := next(self.raw, b"")):
            self.offset += len(self.row[-1])
            self.row[-1] = more

    def push_back(self) -> None:
        """Let the lines of this row but its first be read again."""
        rest = self.row[1:]
        del self.row[1:]
        self.raw = chain(rest, self.raw)

    def next_row(self) -> None:
        self.line += sum(part.endswith(b"\n") for part in self.row)
        self.offset += sum(map(len, self.row))
        self.row, self.size = [], 0


def _rows(stream: BinaryIO, delimiter: str, max_bytes: int) -> Iterator[Piece]:
    """Rows of a CSV as objects of texts, by RFC 4180; the first row names the columns."""
    csv.field_size_limit(max_bytes)
    source = _Source(stream, max_bytes)
    header: list[str] | None = None
    again = 0
    while True:
        problem, cells = "", []
        try:
            cells = next(csv.reader(iter(source), delimiter=delimiter, strict=True))
        except StopIteration:
            if not source.row:
                return
        except _TooLong:
            problem = f"the row is longer than {max_bytes:,} bytes: a quote that is never closed?"
            source.skip_line()
        except csv.Error as error:
            problem = f"not valid CSV: {error}"
        if problem and len(source.row) > 1 and again < REREAD:
            # A quote that is never closed swallows what follows: only its own line is lost.
            again += source.size
            source.push_back()
        content = b"".join(source.row)
        line, offset = source.line + 1, source.offset
        source.next_row()
        if not problem and not any(cell.strip() for cell in cells):
            continue
        if not problem and header is None:
            header = _unique(cells)
            continue
        if not problem and header and len(cells) != len(header):
            problem = f"the row has {len(cells)} cells, the header has {len(header)}"
        if problem:
            yield Piece(line, offset, content[:HEAD], problem=problem)
            continue
        value = dict(zip(header or (), cells, strict=True))
        if any("\udc80" <= sign <= "\udcff" for cell in cells for sign in cell):
            yield Piece(line, offset, content, problem="not valid UTF-8: save the file as UTF-8")
        else:
            yield Piece(line, offset, content, value)


def _unique(header: list[str]) -> list[str]:
    names: list[str] = []
    for number, cell in enumerate(header, start=1):
        name = cell.strip() or f"column {number}"
        names.append(name if name not in names else f"{name} ({number})")
    return names


def _depth(value: Any) -> int:
    # Without recursion: a record may be nested deeper than Python's stack.
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list) and item]:
        depth += 1
        level = [
            child for item in level for child in (item.values() if isinstance(item, dict) else item)
        ]
        if depth > DEEPEST:
            break
    return depth

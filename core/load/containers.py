"""Cuts a file into records: JSON lines, a JSON document, or CSV.

What a file is, is found out from its first bytes, because names lie. The cutting never gives up on
a file for one bad record.
"""

import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import msgspec

from core.load.documents import RecordsIn, parses, read_document, understood
from core.load.lines import BOM, HEAD, read_lines
from core.load.piece import Piece, piece_of
from core.load.rows import DELIMITERS, IsHeader, delimiter_of, read_rows
from core.load.unreadable import Unreadable

LOG_FILES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")

LARGEST_DOCUMENT = 256 * 2**20
TRIED = 20
"""Lines that are looked at for one that is an object by itself."""
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
BINARY = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\x1f\x8b": "a compressed file",
    b"SQLite": "an SQLite database",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
}
_ARRAY = re.compile(rb"\s*\[\s*(\{\s*[\"}]|\{?\s*$|\]\s*$)")


def log_files(folder: Path) -> list[Path]:
    """The log files of a folder and its folders, by name; hidden ones are none of them."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in LOG_FILES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def read_pieces(
    stream: BinaryIO,
    name: str,
    max_bytes: int,
    *,
    records_in: RecordsIn,
    is_header: IsHeader,
) -> Iterator[Piece]:
    """Yield every record of a file; blank lines are none.

    `records_in` tells a document that is a record from one that wraps lists of them, `is_header`
    a CSV's first row from any other text. Memory: one record, of a JSON document the whole.
    """
    stream, head = _plain(stream)
    text = head.removeprefix(BOM).lstrip()
    first = text.decode("utf-8", "replace").split("\n")[0]
    is_json = text[:1] in (b"{", b"[")
    delimiter = None if is_json else delimiter_of(first, is_header)
    # A NUL within a line of JSON, or a row, is that record's fault alone.
    if kind := _binary(head, is_text=is_json or delimiter is not None):
        yield Piece(1, 0, b"", problem=f"this is {kind}, not a log in JSON lines, JSON or CSV")
    elif is_json:
        yield from _json(stream, max_bytes, records_in)
    elif delimiter or name.lower().endswith((".csv", ".tsv")):
        yield from read_rows(stream, delimiter or max(DELIMITERS, key=first.count), max_bytes)
    else:
        yield from _lines(stream, max_bytes)


def _plain(stream: BinaryIO) -> tuple[BinaryIO, bytes]:
    """The stream from its beginning, as UTF-8 in lines that end in a newline, and its head."""
    if not stream.seekable():
        stream = io.BytesIO(stream.read())
    head = stream.read(HEAD)
    stream.seek(0)
    # What PowerShell and old spreadsheets write.
    if head.startswith(UTF_16):
        stream = io.BytesIO(stream.read().decode("utf-16", "replace").encode())
    elif b"\r" in (text := head.strip(b"\r\n")) and b"\n" not in text:
        stream = io.BytesIO(stream.read().replace(b"\r", b"\n"))
    else:
        return stream, head
    head = stream.read(HEAD)
    stream.seek(0)
    return stream, head


def _binary(head: bytes, *, is_text: bool) -> str | None:
    for magic, kind in BINARY.items():
        if head.startswith(magic):
            return kind
    return "a binary file" if b"\0" in head and not is_text else None


def _lines(stream: BinaryIO, max_bytes: int) -> Iterator[Piece]:
    for line in read_lines(stream, max_bytes):
        if line.too_long:
            problem = f"the line is longer than {max_bytes:,} bytes"
            yield Piece(line.number, line.offset, line.content, problem=problem)
        else:
            yield piece_of(line.number, line.offset, line.content, max_bytes)


def _json(stream: BinaryIO, max_bytes: int, records_in: RecordsIn) -> Iterator[Piece]:
    try:
        document = _document(stream, max_bytes)
    except Unreadable as reason:
        yield Piece(1, 0, b"", problem=str(reason))
        return
    stream.seek(0)
    if document is None:
        yield from _lines(stream, max_bytes)
    else:
        yield from read_document(document, max_bytes, records_in)


def _document(stream: BinaryIO, max_bytes: int) -> bytes | None:
    """The whole file when it is one JSON document, or several, and not one record a line.

    Raises `Unreadable` when it is too large to be read whole.
    """
    lines = read_lines(stream, max_bytes)
    first, second = next(lines), next(lines, None)
    stream.seek(0)
    is_array = _ARRAY.match(first.content) is not None
    if is_array and second and parses(first.content):
        is_array = not second.content.startswith(b"[")  # else a list a line
    if second and not is_array and (first.too_long or not _begins(first.content)):
        return None
    content = stream.read(LARGEST_DOCUMENT + 1)
    if len(content) > LARGEST_DOCUMENT:
        if not is_array:
            return None
        size = LARGEST_DOCUMENT // 2**20
        raise Unreadable(f"one JSON array of more than {size} MB: write one record a line")
    if content.startswith(BOM):
        content = content.replace(BOM, b" " * len(BOM), 1)  # each byte stays in its place
    if is_array or parses(content):
        return content
    # The first line is damaged, or it begins what takes several lines.
    if not second:
        return content if understood(content) is not None else None
    stream.seek(0)
    others = islice(read_lines(stream, max_bytes), 1, TRIED)
    alone = any(line.content[:1] == b"{" and parses(line.content) for line in others)
    return None if alone else content


def _begins(line: bytes) -> bool:
    """Whether this is the beginning of a JSON value, and not all of it."""
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        return "truncated" in str(error)
    except RecursionError:
        pass
    return False

"""Cuts a JSON document into records: an array, an object around one, objects one after another.

A scanner that knows strings and brackets only says where a record begins and ends, so that each is
then read, or rejected, on its own. It works on bytes: no sign of JSON is part of another character
in UTF-8. A bracket or a quote that is never closed takes no more than its own record along when
records begin on lines of their own, as in nearly every file that was not written in one line.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from core.load.lines import HEAD
from core.load.piece import CUT_OFF, Piece, piece_of

NEVER_CLOSED = "a bracket or a quote in this record is never closed"
SKETCHED = 3
"""Levels down to which a document that was cut off is closed again, to see what it is."""

RecordsIn = Callable[[dict[str, Any]], Sequence[tuple[str, ...]]]
"""Says at which keys of an object lists of records stand, or objects of them; none when the object
is a record itself."""

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+'
_TOKEN = re.compile(rb"[\[\]{},]|" + _STRING + rb'(?:"|\\?(\Z))', re.DOTALL)
_KEY = re.compile(rb"(" + _STRING + rb'")\s*:\s*', re.DOTALL)
_ITEM = re.compile(rb"\n([ \t]*)(?=\{)")
_BLANK = b" \t\r\n"
_CLOSED_BY = {b"[": b"]", b"{": b"}"}


def read_document(content: bytes, max_bytes: int, records_in: RecordsIn) -> Iterator[Piece]:
    """Yield every record of a document: what is in an array, or in objects that wrap one."""
    start = len(content) - len(content.lstrip(_BLANK))
    if content[start : start + 1] == b"[":
        yield from _pieces(content, start + 1, max_bytes)
        return
    value = understood(content)
    paths = records_in(value) if isinstance(value, dict) else ()
    if isinstance(value, dict) and not paths:
        line = content.count(b"\n", 0, start) + 1
        yield piece_of(line, start, content[start:].rstrip(_BLANK), max_bytes)
    elif not paths:
        yield from _pieces(content, start, max_bytes)
    for begin in sorted(_inside(content, start, path) for path in paths):
        yield from _pieces(content, begin, max_bytes, within=True)


def _pieces(content: bytes, begin: int, max_bytes: int, *, within: bool = False) -> Iterator[Piece]:
    place = _Place(content, max_bytes)
    mark = _mark(content, begin)
    start = -1
    for start, end, is_open in _values(content, begin, len(content), within=within):
        piece = place.piece(start, end, CUT_OFF if is_open else "")
        if piece.problem and mark and mark.search(content, start + 1, end):
            break
        yield piece
    else:
        return
    # Where one record ends cannot be told, but where the next begins can.
    assert mark
    marks = [start, *(found.end() for found in mark.finditer(content, start + 1)), len(content)]
    for first, last in pairwise(marks):
        problem = CUT_OFF if last == len(content) else NEVER_CLOSED
        for begin, end, is_open in _values(content, first, last, within=within):
            yield place.piece(begin, end, problem if is_open else "")


def _values(
    content: bytes, begin: int, stop: int, *, within: bool
) -> Iterator[tuple[int, int, bool]]:
    """Begin and end of each value, and whether it is open at its end.

    Values end at a comma, at a bracket that closes what is around them, and where another bracket
    opens after they have closed their own. `within`: no further than the end of what is around.
    """
    depth = 0
    closed = is_open = False
    for token in _TOKEN.finditer(content, begin, stop):
        sign = token[0]
        is_open = token[1] is not None
        opens, closes = sign in b"[{", sign in b"]}"
        if depth == 0 and (closes or sign == b"," or (opens and closed)):
            if value := _trimmed(content, begin, token.start()):
                yield *value, False
            begin = token.start() if opens else token.end()
            if closes and within:
                return
            if not opens:
                closed = False
                continue
        depth += opens - closes
        closed = closes and depth == 0
    if value := _trimmed(content, begin, stop):
        yield *value, depth > 0 or is_open


def _trimmed(content: bytes, begin: int, end: int) -> tuple[int, int] | None:
    while begin < end and content[begin] in _BLANK:
        begin += 1
    while end > begin and content[end - 1] in _BLANK:
        end -= 1
    return (begin, end) if end > begin else None


def _mark(content: bytes, begin: int) -> re.Pattern[bytes] | None:
    """What stands before each record when records begin on lines of their own; else None."""
    first = next(_values(content, begin, len(content), within=False), None)
    if not first:
        return None
    start, end, _ = first
    line = content.rfind(b"\n", 0, start) + 1
    indent = content[line:start] if line else b""
    if indent.strip(_BLANK) or (content[:start].strip(_BLANK) and not line):
        found = _ITEM.search(content, start)  # the first one follows the bracket, others may not
        if not found:
            return None
        indent = found[1]
    mark = re.compile(rb"\n" + indent + rb"(?=\{)")
    # Without indentation, what is inside a record may begin like a record.
    return None if mark.search(content, start, end) and parses(content[start:end]) else mark


def _inside(content: bytes, start: int, path: Sequence[str]) -> int:
    """The place just after the bracket of what stands under these keys."""
    begin = start + 1
    for key in path:
        for first, last, _ in _values(content, begin, len(content), within=True):
            member = _KEY.match(content, first, last)
            if member and msgspec.json.decode(member[1]) == key:
                begin = member.end() + 1
                break
    return begin


class _Place:
    """Goes through a document from front to back, counting its lines."""

    def __init__(self, content: bytes, max_bytes: int) -> None:
        self.content = content
        self.max_bytes = max_bytes
        self.line, self.seen = 1, 0

    def piece(self, begin: int, end: int, problem: str) -> Piece:
        """What stands there; of a member of an object, its value."""
        if key := _KEY.match(self.content, begin, end):
            begin = key.end()
        self.line += self.content.count(b"\n", self.seen, begin)
        self.seen = begin
        if problem:
            return Piece(self.line, begin, self.content[begin:end][:HEAD], problem=problem)
        return piece_of(self.line, begin, self.content[begin:end], self.max_bytes)


def understood(content: bytes) -> Any:
    """A document as a whole, as much as there is of it; None when it makes no sense as one."""
    for read in (msgspec.json.decode, _lenient, lambda text: _lenient(_closed(text))):
        try:
            return read(content)
        except (ValueError, RecursionError):
            continue
    return None


def _lenient(content: bytes) -> Any:
    # Takes NaN, which Python's own writer makes: the records without it can be read.
    return json.loads(content.decode("utf-8", "replace"), strict=False)


def _closed(content: bytes) -> bytes:
    """A document that was cut off, closed after its last whole value."""
    open_: list[bytes] = []
    end, closing = 0, b""
    for token in _TOKEN.finditer(content):
        sign = token[0]
        if sign in _CLOSED_BY:
            open_.append(_CLOSED_BY[sign])
        elif sign in b"]}":
            del open_[-1:]
        elif sign == b"," and len(open_) <= SKETCHED:
            end, closing = token.start(), b"".join(reversed(open_))
    return content[:end] + closing


def parses(content: bytes) -> bool:
    """Whether these bytes are one JSON value, whatever is in its texts."""
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True

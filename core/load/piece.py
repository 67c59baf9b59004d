"""One record as it stands in a file: where, its bytes, and its value or why it has none."""

from typing import Any, NamedTuple

import msgspec

from core.load.lines import HEAD
from core.load.unreadable import Unreadable

CUT_OFF = "the file ends in the middle of this record: was it cut off?"
DEEPEST = 100


class Piece(NamedTuple):
    """One record: 1-based line, byte offset, bytes, and its value, or the problem that it has
    none."""

    line: int
    offset: int
    content: bytes
    value: Any = None
    problem: str = ""


def piece_of(line: int, offset: int, content: bytes, max_bytes: int) -> Piece:
    """The piece that these bytes are, read as JSON."""
    if len(content) > max_bytes:
        problem = f"the record is longer than {max_bytes:,} bytes"
        return Piece(line, offset, content[:HEAD], problem=problem)
    try:
        return Piece(line, offset, content, decoded(content))
    except Unreadable as reason:
        return Piece(line, offset, content, problem=str(reason))


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

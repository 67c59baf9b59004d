"""Splits a byte stream into lines, whatever is in it.

On `\\n` only: U+2028 and friends occur inside logged text. Memory stays bounded: of a line over
the limit only the head is kept, so that the reject can show where it was.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

BOM = b"\xef\xbb\xbf"
HEAD = 4_000


class Line(NamedTuple):
    """One line without its end: 1-based number, byte offset, bytes, and whether it was cut."""

    number: int
    offset: int
    content: bytes
    too_long: bool


def read_lines(stream: BinaryIO, max_bytes: int) -> Iterator[Line]:
    """Yield every line that is not blank."""
    number = offset = 0
    while chunk := stream.readline(max_bytes + 1):
        number += 1
        start, size = offset, len(chunk)
        too_long = not chunk.endswith(b"\n") and size > max_bytes
        if too_long:
            kept = chunk[:HEAD]
            while rest := stream.readline(max_bytes):
                size += len(rest)
                if rest.endswith(b"\n"):
                    break
        else:
            kept = chunk.rstrip(b"\r\n")
        offset += size
        if start == 0:
            kept = kept.removeprefix(BOM)
        if too_long or kept.strip():
            yield Line(number, start, kept, too_long)

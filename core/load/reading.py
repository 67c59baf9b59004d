"""From a file to records: cut it up, find out its shape, read each piece by it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, BinaryIO, Literal

import msgspec

from core.load.containers import read_pieces
from core.load.guess import guess, is_native, vote_rule
from core.load.mapping import native_records
from core.load.names import is_header
from core.load.native import read_native
from core.load.piece import Piece
from core.load.shapes import NATIVE, SELF_NAMED, Shape, presets
from core.load.unreadable import Unreadable, kind_of
from core.load.wrapper import records_in
from core.records import Record, Rejected

SAMPLE = 500
"""Records that are looked at to find out the shape of a log."""

How = Literal["given", "native", "preset", "remembered", "guessed", "unknown"]
"""How it is known how to read a log. unknown: nothing in it looks like a question and an answer."""


class Reading(msgspec.Struct, frozen=True):
    """A log that is being read: by which shape, how that is known, and its records."""

    shape: Shape
    how: How
    sample: tuple[dict[str, Any], ...]
    records: Iterator[Record | Rejected]


def read_log(
    stream: BinaryIO,
    name: str,
    max_bytes: int,
    *,
    shape: Shape | None = None,
    mapping: Mapping[str, str] | None = None,
    remembered: Sequence[Shape] = (),
) -> Reading:
    """Begin to read a log; `records` yields a `Record` or `Rejected` for every record in it.

    `shape` is how to read it, else that is found out: a shape this team chose before, one that
    ships, or a guess. `mapping` changes single fields of it. Raises what the stream raises.
    """
    pieces = read_pieces(stream, name, max_bytes, records_in=records_in, is_header=is_header)
    first = list(islice(pieces, SAMPLE))
    sample = tuple(piece.value for piece in first if isinstance(piece.value, dict))
    how: How
    if shape is not None:
        how = "given"
    else:
        shape, how = choose(sample, remembered)
    if mapping:
        shape = changed(shape, mapping, sample)
    return Reading(shape, how, sample, _records(chain(first, pieces), shape))


def choose(sample: Sequence[dict[str, Any]], remembered: Sequence[Shape]) -> tuple[Shape, How]:
    """The shape of a log by its first records, and how that is known."""
    if not sample or is_native(sample):
        return Shape(NATIVE), "native"
    for how, shapes in (("remembered", remembered), ("preset", presets().values())):
        for shape in shapes:
            told = [record for record in sample if shape.is_told_by(record)]
            if sum(map(shape.fits, told)) * 2 > len(told):
                return shape, how  # type: ignore[return-value]
    guessed = guess(sample)
    if guessed.reader:
        return guessed, "preset"
    if guessed.is_native:
        native = any("question" in record and "answer" in record for record in sample)
        votes = any("interaction_id" in record for record in sample)
        return guessed, "native" if native or votes else "unknown"
    return guessed, "guessed"


def guess_together(readings: Sequence[Reading]) -> list[Shape]:
    """What logs with the same keys are, guessed from the records of all of them.

    A log of one vote does not tell whether its 1 is a thumb or the worst of five stars.
    """
    alike: dict[frozenset[str], list[dict[str, Any]]] = {}
    for reading in readings:
        if reading.how == "guessed":
            alike.setdefault(frozenset(reading.shape.recognise), []).extend(reading.sample)
    return [guess(records[: 10 * SAMPLE]) for keys, records in alike.items() if keys]


def changed(shape: Shape, mapping: Mapping[str, str], sample: Sequence[dict[str, Any]]) -> Shape:
    """A shape with some fields mapped otherwise; an empty path takes a field away."""
    fields = dict(shape.fields)
    if shape.is_native:
        keys = {key for record in sample for key in record}
        fields = {ours: theirs for ours, theirs in SELF_NAMED.items() if theirs in keys}
    fields |= mapping
    fields = {ours: theirs for ours, theirs in fields.items() if theirs}
    # One key is one thing: what the guess had made of it gives way.
    fields = {
        ours: theirs
        for ours, theirs in fields.items()
        if ours in mapping or theirs not in mapping.values()
    }
    votes = shape.votes
    if mapping.get("signal"):
        votes = vote_rule(sample, mapping["signal"])
    return msgspec.structs.replace(shape, name="own", reader="", fields=fields, votes=votes)


def _records(pieces: Iterator[Piece], shape: Shape) -> Iterator[Record | Rejected]:
    for piece in pieces:
        try:
            if piece.problem:
                raise Unreadable(piece.problem)
            if not isinstance(piece.value, dict):
                raise Unreadable(f"the record is {kind_of(piece.value)}, not an object in braces")
            lines = native_records(shape, piece.value)
        except Unreadable as reason:
            yield _rejected(piece, reason)
            continue
        for line in lines:
            try:
                content = read_native(line)
            except Unreadable as reason:
                yield _rejected(piece, reason)
            else:
                yield Record(line=piece.line, offset=piece.offset, content=content)


def _rejected(piece: Piece, reason: Unreadable) -> Rejected:
    raw = piece.content.decode("utf-8", "replace")
    return Rejected(line=piece.line, offset=piece.offset, reason=str(reason), raw=raw)

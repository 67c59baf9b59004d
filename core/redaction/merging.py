"""Which of several overlapping spans is the finding, and what an allow list takes away.

Detectors report independently. What a pattern proved beats what the model believes, then the
longer span wins; of a loser, what the winner leaves uncovered stays a finding of its own, so that
no part that some detector saw survives. Touching spans stay two findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

BELIEVED = 1_000
"""The rank from which on a detector is a model's belief; below it, patterns in order of trust."""

Span = tuple[int, int]


class Candidate(NamedTuple):
    """A span that a detector of `rank` reports as `type`."""

    start: int
    end: int
    type: str
    rank: int


def standing(text: str, literals: Iterable[str]) -> list[Span]:
    """Where `literals` stand in `text` as words of their own."""
    spans = []
    for literal in literals:
        position = text.find(literal)
        while position >= 0:
            end = position + len(literal)
            if not within_word(text, position, end):
                spans.append((position, end))
            position = text.find(literal, end)
    return spans


def within_word(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] is cut out of a longer run of letters and digits."""
    return (start > 0 and text[start - 1].isalnum() and text[start].isalnum()) or (
        end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    )


def merge(
    candidates: Iterable[Candidate],
    text: str,
    allowed: Sequence[Span],
    snap: Callable[[int, int], Span],
) -> list[tuple[int, int, str]]:
    """Disjoint spans with their types, sorted.

    allowed: what lies within one of these spans is dropped; a believed span yields to them.
    snap: widens a span so that it covers whole characters of the original text.
    """
    ordered = sorted(
        candidates, key=lambda c: (c.rank >= BELIEVED, c.start - c.end, c.rank, c.start)
    )
    taken = _Taken()
    for start, end, kind, rank in ordered:
        start, end = snap(start, end)
        if any(a <= start and end <= b for a, b in allowed):
            continue
        cuts = taken.over(start, end)
        if rank >= BELIEVED:
            cuts += [(a, b) for a, b in allowed if a < end and start < b]
        for piece in _without(start, end, cuts):
            if cuts:
                piece = _trim(text, *piece)
                if piece[1] - piece[0] < 2:
                    continue
            taken.add(*piece, kind)
    return sorted((start, end, kind) for start, (end, kind) in taken.spans.items())


class _Taken:
    """Disjoint spans with a quick answer to what overlaps another; blocks of 256 characters."""

    def __init__(self) -> None:
        self.spans: dict[int, tuple[int, str]] = {}
        self._blocks: dict[int, list[Span]] = {}

    def add(self, start: int, end: int, kind: str) -> None:
        self.spans[start] = (end, kind)
        for block in range(start >> 8, ((end - 1) >> 8) + 1):
            self._blocks.setdefault(block, []).append((start, end))

    def over(self, start: int, end: int) -> list[Span]:
        found = {
            (a, b)
            for block in range(start >> 8, ((end - 1) >> 8) + 1)
            for a, b in self._blocks.get(block, ())
            if a < end and start < b
        }
        return sorted(found)


def _without(start: int, end: int, cuts: Iterable[Span]) -> list[Span]:
    pieces = []
    for a, b in sorted(cuts):
        if start < a:
            pieces.append((start, a))
        start = max(start, b)
    if start < end:
        pieces.append((start, end))
    return pieces


def _trim(text: str, start: int, end: int) -> Span:
    """The span without anything but letters and digits at its ends."""
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return start, end

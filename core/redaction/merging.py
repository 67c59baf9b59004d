"""Which of several overlapping spans is the finding, and what an allow list takes away.

Detectors report independently. What a pattern proved beats what the model believes, then the
longer span wins; of a loser, what the winner leaves uncovered stays a finding of its own, so that
no part that some detector saw survives. Touching spans stay two findings, and none reaches across
a hole, which is a placeholder or an earlier finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from core.redaction.normalise import HOLE

BELIEVED = 1_000
"""The rank from which on a detector is a model's belief; below it, patterns in order of trust."""

_HOLES = re.compile(HOLE + "+")

Span = tuple[int, int]


class Candidate(NamedTuple):
    """A span that a detector of `rank` reports as `type`."""

    start: int
    end: int
    type: str
    rank: int


class Spans:
    """A set of spans with a quick answer to which of them overlap another."""

    def __init__(self) -> None:
        self._blocks: dict[int, list[Span]] = {}  # by 256 characters

    def add(self, start: int, end: int) -> None:
        for block in range(start >> 8, ((end - 1) >> 8) + 1):
            self._blocks.setdefault(block, []).append((start, end))

    def over(self, start: int, end: int) -> set[Span]:
        return {
            (a, b)
            for block in range(start >> 8, ((end - 1) >> 8) + 1)
            for a, b in self._blocks.get(block, ())
            if a < end and start < b
        }


def standing(text: str, literals: Iterable[str]) -> Spans:
    """Where `literals` stand in `text` as words of their own."""
    spans = Spans()
    for literal in literals:
        position = text.find(literal)
        while position >= 0:
            end = position + len(literal)
            if not within_word(text, position, end):
                spans.add(position, end)
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
    allowed: Spans,
    snap: Callable[[int, int], Span],
) -> list[tuple[int, int, str]]:
    """Disjoint spans with their types, sorted.

    allowed: what lies within one of these spans is dropped; a believed span yields to them.
    snap: widens a span so that it covers whole characters of the original text.
    """
    ordered = sorted(
        candidates, key=lambda c: (c.rank >= BELIEVED, c.start - c.end, c.rank, c.start)
    )
    taken = Spans()
    result: list[tuple[int, int, str]] = []
    for start, end, kind, rank in ordered:
        start, end = snap(start, end)
        yielding = allowed.over(start, end)
        if any(a <= start and end <= b for a, b in yielding):
            continue
        cuts = taken.over(start, end)
        cuts |= {(start + a, start + b) for a, b in _holes(text[start:end])}
        if rank >= BELIEVED:
            cuts |= yielding
        for first, last in _without(start, end, cuts):
            if cuts:
                first, last = _trim(text, first, last)
                if last - first < 2:
                    continue
            taken.add(first, last)
            result.append((first, last, kind))
    return sorted(result)


def _holes(text: str) -> list[Span]:
    return [match.span() for match in _HOLES.finditer(text)] if HOLE in text else []


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

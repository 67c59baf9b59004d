"""The difference of two texts word by word, as data: how it looks is the page's business.

difflib is cubic at worst, and its own cure (`autojunk`) takes the spaces of a long text for noise,
so that one changed word makes all that follows look replaced. So a long text is first cut at runs
of words that stand exactly once in either version (the idea of Bram Cohen's patience diff), and
difflib sees what lies between.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

import msgspec

_WORDS = re.compile(r"\s+|\d+(?:[.,]\d+)*\w*|\w+|[^\w\s]")
_SHORT = 1_000
"""Words of both versions up to which difflib sees them whole."""

_RUN = 7
_GAP = 400_000
"""Pairs of words in a stretch between two runs, above which it counts as replaced."""


class Piece(msgspec.Struct, frozen=True):
    """A run of text that is in both versions, or in one of them only."""

    change: Literal["same", "removed", "added"]
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces that turn `before` into `after`.

    Without the added ones they spell `before`, without the removed ones `after`.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces: list[Piece] = []
    done = 0
    for i, j, k, m in changes(old, new):
        pieces.append(Piece("same", "".join(old[done:i])))
        pieces.append(Piece("removed", "".join(old[i:j])))
        pieces.append(Piece("added", "".join(new[k:m])))
        done = j
    pieces.append(Piece("same", "".join(old[done:])))
    return _joined([piece for piece in pieces if piece.text])


def words(text: str) -> list[str]:
    """The words, signs and blanks that a word diff compares."""
    return _WORDS.findall(text)


def changes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where two sequences differ: `old[i:j]` stands in the place of `new[k:m]`."""
    short = len(old) + len(new) <= _SHORT
    for i, j, k, m in [(0, len(old), 0, len(new))] if short else _gaps(old, new):
        if (j - i) * (m - k) > _GAP and j - i + m - k > _SHORT:
            yield i, j, k, m
            continue
        matcher = SequenceMatcher(None, old[i:j], new[k:m], autojunk=False)
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag != "equal":
                yield i + a, i + b, k + c, k + d


def _gaps(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where the versions differ between the runs that both have once, in the same order."""
    i = k = 0
    for a, b in [*_anchors(old, new), (len(old), len(new))]:
        if a < i or b < k:
            continue  # within what was the same after the anchor before
        while i < a and k < b and old[i] == new[k]:
            i, k = i + 1, k + 1
        j, m = a, b
        while j > i and m > k and old[j - 1] == new[m - 1]:
            j, m = j - 1, m - 1
        if (i, k) != (j, m):
            yield i, j, k, m
        i, k = a, b
        while i < len(old) and k < len(new) and old[i] == new[k]:
            i, k = i + 1, k + 1


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The longest rising sequence of places (in old, in new) of runs that both have once."""
    there = _once(new)
    last: list[int] = []  # per length of a sequence: the least place in new that ends one
    pairs: list[tuple[int, int]] = []  # the pair that does
    before: dict[tuple[int, int], tuple[int, int] | None] = {}
    for run, i in _once(old).items():
        if run in there:
            length = bisect_left(last, there[run])
            pair = (i, there[run])
            before[pair] = pairs[length - 1] if length else None
            last[length : length + 1] = [there[run]]
            pairs[length : length + 1] = [pair]
    chain = []
    step = pairs[-1] if pairs else None
    while step:
        chain.append(step)
        step = before[step]
    return chain[::-1]


def _once(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    """The runs of `_RUN` words that stand once, with their place."""
    runs = list(zip(*(words[shift:] for shift in range(_RUN)), strict=False))
    count = Counter(runs)
    return {run: place for place, run in enumerate(runs) if count[run] == 1}


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Melt changes that only white space keeps apart: -a -b +c +d reads, -a +c -b +d does not."""
    result: list[Piece] = []
    removed = added = ""
    for index, piece in enumerate(pieces):
        bridges = (
            piece.change == "same"
            and not piece.text.strip()
            and "\n" not in piece.text
            and 0 < index < len(pieces) - 1
            and (removed or added)
        )
        if piece.change == "same" and not bridges:
            result += _change(removed, added)
            removed = added = ""
            result.append(piece)
        else:
            removed += piece.text if piece.change != "added" else ""
            added += piece.text if piece.change != "removed" else ""
    return result + _change(removed, added)


def _change(removed: str, added: str) -> list[Piece]:
    pieces = [Piece("removed", removed), Piece("added", added)]
    return [piece for piece in pieces if piece.text]

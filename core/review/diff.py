"""The difference of two texts word by word, as data: how it looks is the page's business."""

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import Literal

import msgspec

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_PAIRS = 300_000
"""Pairs of equal words that may be weighed against each other; more would take minutes."""


class Piece(msgspec.Struct, frozen=True):
    """A run of text that is in both versions, or in one of them only."""

    change: Literal["same", "removed", "added"]
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces that turn `before` into `after`.

    Without the added ones they spell `before`, without the removed ones `after`. Texts too long to
    compare word by word are compared line by line, and what even so is too much counts as replaced.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    pieces = [Piece("same", "".join(old[:start]))]
    pieces += _compared(old[start : len(old) - end], new[start : len(new) - end])
    pieces.append(Piece("same", "".join(old[len(old) - end :])))
    return _joined([piece for piece in pieces if piece.text])


def _common(old: list[str], new: list[str]) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(old), len(new)))


def _compared(old: list[str], new: list[str]) -> list[Piece]:
    for parts in (lambda words: words, _lines):
        before, after = parts(old), parts(new)
        counts = Counter(after)
        if sum(counts[part] for part in before if not _is_blank(part)) <= _MOST_PAIRS:
            return _matched(before, after)
    return [Piece("removed", "".join(old)), Piece("added", "".join(new))]


def _lines(words: list[str]) -> list[str]:
    return "".join(words).splitlines(keepends=True)


def _is_blank(part: str) -> bool:
    # It follows the words around it, and there is too much of it to weigh; a new line is a mark.
    return part.isspace() and "\n" not in part


def _matched(before: list[str], after: list[str]) -> list[Piece]:
    pieces: list[Piece] = []
    matcher = SequenceMatcher(_is_blank, before, after, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(before[i:j])))
        else:
            pieces += [Piece("removed", "".join(before[i:j])), Piece("added", "".join(after[k:m]))]
    return pieces


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

"""The difference of two texts word by word, as data: how it looks is the page's business."""

import re
from difflib import SequenceMatcher
from typing import Literal

import msgspec

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_CAREFUL = 4_000
"""Words up to which every word counts; above, difflib may treat frequent ones as noise."""


class Piece(msgspec.Struct, frozen=True):
    """A run of text that is in both versions, or in one of them only."""

    change: Literal["same", "removed", "added"]
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces that turn `before` into `after`.

    Without the added ones they spell `before`, without the removed ones `after`.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > _CAREFUL)
    pieces: list[Piece] = []
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(old[i:j])))
            continue
        if j > i:
            pieces.append(Piece("removed", "".join(old[i:j])))
        if m > k:
            pieces.append(Piece("added", "".join(new[k:m])))
    return _joined(pieces)


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

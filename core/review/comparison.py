"""Two texts compared the way a reader looks at them: prose word by word, code line by line.

Prose is shown as one text with the changes inside. Lines of code and tables stay lines: the old
one above the new one, the changed words marked in both. What is the same for long is folded.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

import msgspec

from core.review.diff import Piece, changes, word_diff, words
from core.review.texts import keeps_columns, tidy

Change = Literal["same", "removed", "added", "changed"]

CONTEXT = 3
"""Unchanged lines that stay in sight beside a change."""

_FOLD_LINES = 4
_LONG_RUN = 300
"""Lines removed or added in one go, above which they are folded too."""

_NEAR = 240
_FOLD_LETTERS = 320
_PAIRS = 900
_ALIKE = 0.45
_EFFORT = 4_000_000
"""Pairs of words compared within lines; beyond it lines count as replaced."""


class Row(msgspec.Struct, frozen=True):
    """A line, or in prose a stretch of text; `changed` ones hold removed and added pieces.

    `fixed`: of code or a table, so it must not be wrapped.
    """

    change: Change
    pieces: tuple[Piece, ...]
    fixed: bool = False


class Fold(msgspec.Struct, frozen=True):
    """A text that is there and need not be read; `lines` is 0 within a line of prose."""

    change: Change
    text: str
    lines: int = 0
    fixed: bool = False


class Comparison(msgspec.Struct, frozen=True):
    """What is to be shown, in order; nothing when the texts are the same.

    `line_ends`: the one thing that differs is how lines end.
    """

    parts: tuple[Row | Fold, ...] = ()
    line_ends: bool = False


def compare(before: str, after: str) -> Comparison:
    """How `after` differs from `before`, but for blanks around them and for how lines end."""
    old, new = tidy(before), tidy(after)
    if old == new:
        return Comparison(line_ends=before.count("\r") != after.count("\r"))
    columns = keeps_columns(old), keeps_columns(new)
    if not any(map(any, columns)):
        return Comparison(tuple(_prose(old, new)))
    if any(map(all, columns)):  # a piece of code may be too short to be known for it
        columns = [True] * len(columns[0]), [True] * len(columns[1])
    rows = list(_rows(old.split("\n"), new.split("\n"), *columns))
    return Comparison(tuple(_folded(rows)))


def _prose(old: str, new: str) -> Iterator[Row | Fold]:
    held: list[Piece] = []
    pieces = word_diff(old, new)
    for place, piece in enumerate(pieces):
        start = _NEAR if place else 0
        end = len(piece.text) - (_NEAR if place + 1 < len(pieces) else 0)
        if piece.change != "same" or end - start < _FOLD_LETTERS:
            held.append(piece)
            continue
        # Fold whole words only.
        start = piece.text.find(" ", start, start + 40) + 1 or start
        if end < len(piece.text):
            end = piece.text.rfind(" ", end - 40, end) + 1 or end
        if place:
            held.append(Piece("same", piece.text[:start]))
            yield _row(held)
        else:
            start = 0
        yield Fold("same", piece.text[start:end], piece.text.count("\n", start, end))
        held = [Piece("same", piece.text[end:])] if end < len(piece.text) else []
    if held:
        yield _row(held)


def _row(pieces: list[Piece]) -> Row:
    kinds = {piece.change for piece in pieces}
    return Row(kinds.pop() if len(kinds) == 1 else "changed", tuple(pieces))


def _rows(
    old: list[str], new: list[str], old_fixed: list[bool], new_fixed: list[bool]
) -> Iterator[Row]:
    done = 0
    effort = [_EFFORT]
    for i, j, k, m in changes(old, new):
        yield from _same(old[done:i], old_fixed[done:i])
        removed: list[Row] = []
        added: list[Row] = []
        for a, b in _pairs(old[i:j], new[k:m]):
            if a is None or b is None:
                if a is not None:
                    removed.append(_whole("removed", old[i + a], old_fixed[i + a]))
                if b is not None:
                    added.append(_whole("added", new[k + b], new_fixed[k + b]))
                continue
            pieces = _within(old[i + a], new[k + b], effort)
            if old_fixed[i + a] or new_fixed[k + b]:
                removed.append(_side("removed", pieces, old_fixed[i + a]))
                added.append(_side("added", pieces, new_fixed[k + b]))
            else:
                yield from [*removed, *added, Row("changed", tuple(pieces))]
                removed, added = [], []
        yield from [*removed, *added]
        done = j
    yield from _same(old[done:], old_fixed[done:])


def _same(lines: list[str], fixed: list[bool]) -> Iterator[Row]:
    return (_whole("same", *line) for line in zip(lines, fixed, strict=True))


def _whole(change: Literal["same", "removed", "added"], line: str, fixed: bool) -> Row:
    return Row(change, (Piece("same", line),), fixed)


def _side(change: Literal["removed", "added"], pieces: list[Piece], fixed: bool) -> Row:
    return Row(change, tuple(p for p in pieces if p.change in ("same", change)), fixed)


def _within(old: str, new: str, effort: list[int]) -> list[Piece]:
    """The word diff of two lines, as long as there is effort left for one."""
    effort[0] -= (len(old) + len(new)) ** 2 // 4
    if effort[0] < 0:
        return [Piece("removed", old), Piece("added", new)]
    return word_diff(old, new)


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Which line became which, in order; None: a line went, or came."""
    if not old or not new or len(old) * len(new) > _PAIRS:
        return [*((a, None) for a in range(len(old))), *((None, b) for b in range(len(new)))]
    bags = [
        [Counter(w for w in words(line[:2_000]) if w.strip()) for line in side]
        for side in (old, new)
    ]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    alike = [[_alike(a, b) for b in bags[1]] for a in bags[0]]
    for a in reversed(range(len(old))):
        for b in reversed(range(len(new))):
            both = best[a + 1][b + 1] + alike[a][b]
            best[a][b] = max(best[a + 1][b], best[a][b + 1], both)
    pairs: list[tuple[int | None, int | None]] = []
    a = b = 0
    while a < len(old) and b < len(new):
        if alike[a][b] and best[a][b] == best[a + 1][b + 1] + alike[a][b]:
            pairs.append((a, b))
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            pairs.append((a, None))
            a += 1
        else:
            pairs.append((None, b))
            b += 1
    pairs += [(rest, None) for rest in range(a, len(old))]
    return pairs + [(None, rest) for rest in range(b, len(new))]


def _alike(old: Counter[str], new: Counter[str]) -> float:
    """The share of words that both have; 0 below what makes them versions of one line."""
    total = old.total() + new.total()
    share = 2 * (old & new).total() / total if total else 0.0
    return share if share >= _ALIKE else 0.0


def _folded(rows: list[Row]) -> Iterator[Row | Fold]:
    runs = [(change, list(run)) for change, run in groupby(rows, key=lambda row: row.change)]
    for place, (change, run) in enumerate(runs):
        first, last = 0, len(run)
        if change == "same":
            first = CONTEXT if place else 0
            last -= CONTEXT if place + 1 < len(runs) else 0
        elif change != "changed" and len(run) > _LONG_RUN:
            first = _LONG_RUN // 2
        else:
            last = first
        if last - first < _FOLD_LINES:
            yield from run
            continue
        yield from run[:first]
        text = "\n".join("".join(p.text for p in row.pieces) for row in run[first:last])
        yield Fold(change, text, last - first, fixed=any(row.fixed for row in run[first:last]))
        yield from run[last:]

"""Words instead of sub-words: what the model says of each, and runs of them that belong together.

Kept apart from `names`, which knows what persons and addresses are; nothing here does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from core.redaction.detectors.base import Span
from core.redaction.model import Tokens

WORD = re.compile(r"\w+(?:['’.-](?!s\b)\w+)*")
"""A word with its inner apostrophes, dots and dashes, without a possessive's."""

Table = npt.NDArray[np.float64]  # (words, kinds): probabilities
Marks = npt.NDArray[np.bool_]  # (words,)


def read(text: str, tokens: Tokens) -> tuple[list[Span], Table]:
    """All words, each with the mean of its tokens' probabilities: zero where nothing was read."""
    words: list[Span] = []
    firsts: list[int] = []
    lasts: list[int] = []
    offsets = tokens.offsets
    index, count = 0, len(offsets)
    for match in WORD.finditer(text):
        while index < count and offsets[index][1] <= match.start():
            index += 1
        first = index
        while index < count and offsets[index][0] < match.end():
            index += 1
        words.append(match.span())
        firsts.append(first)
        lasts.append(index)
    sums = np.zeros((count + 1, tokens.scores.shape[1]))
    np.cumsum(tokens.scores, axis=0, out=sums[1:])
    sizes = np.maximum(np.subtract(lasts, firsts), 1)[:, None]
    table: Table = (sums[np.array(lasts, int)] - sums[np.array(firsts, int)]) / sizes
    return words, table


def grow(
    text: str, words: Sequence[Span], sure: Marks, beside: Marks, gap: re.Pattern[str]
) -> None:
    """Make `sure` (in place) of words that are `beside` one of which we are, on either side."""
    for step in (1, -1):
        order = range(1, len(words)) if step == 1 else range(len(words) - 2, -1, -1)
        for index in order:
            other = index - step
            if beside[index] and not sure[index] and sure[other]:
                left, right = min(index, other), max(index, other)
                if gap.fullmatch(text, words[left][1], words[right][0]):
                    sure[index] = True


def runs(text: str, words: Sequence[Span], marked: Marks, gap: re.Pattern[str]) -> Iterator[Span]:
    """First and last index of each run of marked words with nothing but `gap` between them."""
    first = last = -1
    for index in np.flatnonzero(marked).tolist():
        if last >= 0 and gap.fullmatch(text, words[last][1], words[index][0]):
            last = index
            continue
        if last >= 0:
            yield first, last
        first = last = index
    if last >= 0:
        yield first, last

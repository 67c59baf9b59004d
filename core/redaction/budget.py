"""How much one text may cost: whoever can send a text must not be able to stop everything.

The patterns take time in proportion to a text's length; the model takes a hundred times as long.
So of one text it reads a bounded number of tokens, the same on every machine, and a deadline is
kept besides. A text that would need more is not passed on in part: it fails, and is replaced.
"""

from __future__ import annotations

import time

SECONDS = 20.0
"""For one text, all rounds together, unless the settings say otherwise."""

TOKENS = 8_000
"""Of one text that the model reads, all rounds together: some 32,000 characters of sentences that
can hold a name, which are seldom half of a text."""

_CHARACTERS = 8  # of a token at most, but in texts of very long words
_JUDGING = 5  # tokens judged take as long as one read


class OverBudget(Exception):
    """A text takes too much time; the words of this error hold nothing of it."""


class Budget:
    """What is left for a number of texts that are scanned together."""

    def __init__(self, seconds: float = SECONDS, texts: int = 1) -> None:
        self._deadline = time.monotonic() + seconds * texts
        self._tokens = TOKENS * texts

    def allow(self, characters: int, known: int = 0) -> None:
        """Raises `OverBudget` when so many cannot have few enough tokens for `spend`."""
        if characters + known // _JUDGING > self._tokens * _CHARACTERS:
            raise OverBudget("The text has more to read than one text may have.")

    def spend(self, tokens: int, known: int) -> None:
        """Take `tokens` that are to be read, and `known` ones that are only judged once more.

        Raises `OverBudget` when there are not so many left.
        """
        self._tokens -= tokens + known // _JUDGING
        if self._tokens < 0:
            raise OverBudget("The text has more to read than one text may have.")

    def check(self) -> None:
        """Raises `OverBudget` when the time is up."""
        if time.monotonic() > self._deadline:
            raise OverBudget("The text takes longer than one text may take.")

"""What counts as thumbs up and down in a log.

A rule lists the values that are up, down or no vote at all, because the same `0` is thumbs down in
one tool and "has not voted" in another. A value that the rule does not know is never guessed at:
its record is rejected with a reason, and read once the rule says what it is.
"""

import re
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from core.load.unreadable import Unreadable
from core.records import SIGNALS, Signal

Vote = Literal["up", "down", "none"]

UP = """
    up upvote upvoted thumbsup thumbs_up thumb_up like liked good great excellent perfect acceptable
    positive helpful very_helpful useful yes y true correct satisfied happy 👍 👍🏻 👍🏼 👍🏽
    👍🏾 👍🏿 😀 🙂 😊 ❤️ ✅ +1
""".split()
DOWN = """
    down downvote downvoted thumbsdown thumbs_down thumb_down dislike disliked bad poor terrible
    awful negative unhelpful not_helpful useless no n false wrong incorrect unsatisfied dissatisfied
    could_be_improved needs_improvement unhappy 👎 👎🏻 👎🏼 👎🏽 👎🏾 👎🏿 🙁 😞 😡 ❌ -1
""".split()
NONE = "none null nan n/a na -- - no_vote not_rated unrated neutral mixed skip skipped".split()


class VoteRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which values are thumbs up, down, and no vote; compared as words, in any case.

    A value may be a bound: `">=4"`. `always` is for logs that hold votes of one kind only,
    `down_if_any` for logs that say it by a list of faults: down when one of these paths holds
    something, else up.
    """

    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    always: Signal | None = None
    down_if_any: tuple[str, ...] = ()

    def read(self, value: Any) -> Signal | None:
        """The signal that a value is; None is no vote. Raises `Unreadable`."""
        if value is None or value == "":
            return None
        if not isinstance(value, str | int | float):
            raise Unreadable("the vote is a list or an object, not one value")
        word = as_word(value)
        if not (self.up or self.down or self.none) and word in SIGNALS:
            return word
        meaning = self.meaning(word)
        if meaning:
            return meaning if meaning != "none" else None
        raise Unreadable("the vote is a value of which the mapping does not say whether it is up")

    def meaning(self, word: str) -> Vote | None:
        """What a word (`as_word`) is by this rule; None when the rule does not say."""
        listed: tuple[tuple[Vote, tuple[str, ...]], ...]
        listed = (("up", self.up), ("down", self.down), ("none", self.none))
        for meant, words in listed:
            if any(_meets(word, each) for each in words):
                return meant
        return None if self.up or self.down or self.none else by_words([word])[word]


def as_word(value: Any) -> str:
    """A vote's value as one word: `True` is true, 1.0 is 1, `Thumbs Up` is thumbs_up."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}"
    text = value.strip().casefold()
    number = re.fullmatch(r"[+-]?\d+(\.\d+)?", text)
    return f"{float(text):g}" if number else re.sub(r"[\s-]+", "_", text) if len(text) > 2 else text


def by_words(values: Iterable[str]) -> dict[str, Vote | None]:
    """What each of a log's vote values means, looked at together; None where that is unclear.

    Numbers are a scale: 0/1 and -1/0/1 are thumbs, up to 5 are stars (4 up, 2 down), up to 10
    likewise (7, 4). A fraction is a score, never a thumb.
    """
    words = list(values)
    numbers = [number for word in words if (number := _number(word)) is not None]
    meanings: dict[str, Vote | None] = {}
    for word in words:
        number = _number(word)
        if number is not None:
            meanings[word] = _on_scale(number, numbers)
        elif word in UP:
            meanings[word] = "up"
        elif word in DOWN:
            meanings[word] = "down"
        else:
            meanings[word] = "none" if word in NONE else None
    return meanings


def _on_scale(number: float, numbers: list[float]) -> Vote | None:
    low, high = min(numbers), max(numbers)
    if any(each != int(each) for each in numbers) or low < -1 or high > 10:
        return None
    if high <= 1:
        if number == 0:
            return "none" if low < 0 else "down"
        return "up" if number == 1 else "down"
    if low < 0:
        return None
    up, down = (4, 2) if high <= 5 else (7, 4)
    return "up" if number >= up else "down" if number <= down else "none"


def _meets(word: str, listed: str) -> bool:
    bound = re.fullmatch(r"\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*", listed)
    number = _number(word)
    if not bound or number is None:
        return word == as_word(listed)
    limit = float(bound[2])
    return {
        ">=": number >= limit,
        "<=": number <= limit,
        ">": number > limit,
        "<": number < limit,
    }[bound[1]]


def _number(word: str) -> float | None:
    return float(word) if re.fullmatch(r"[+-]?\d+(\.\d+)?", word) else None

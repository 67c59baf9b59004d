"""What counts as thumbs up and down in a log.

A rule lists the values that are up, down or no vote at all, because the same `0` is thumbs down in
one tool and "has not voted" in another. A value that the rule does not know is never guessed at:
its record is rejected with a reason, and read once the rule says what it is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
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


RARE = 50
"""One in so many votes may be a slip."""


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
        return None if self.up or self.down or self.none else _WORDS.get(word)


def as_word(value: Any) -> str:
    """A vote's value as one word: `True` is true, 1.0 is 1, `Thumbs Up` is thumbs_up."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value) if isinstance(value, int) else f"{value:g}"
    text = value.strip().casefold()
    number = re.fullmatch(r"[+-]?\d+(\.\d+)?", text)
    return f"{float(text):g}" if number else re.sub(r"[\s-]+", "_", text) if len(text) > 2 else text


def by_words(values: Iterable[str]) -> dict[str, Vote | None]:
    """What each of a log's vote values means, looked at together; None where that is unclear.

    Numbers are of the scale that the usual ones are of: a slip among thousands changes nothing.
    """
    counts = Counter(values)
    scale = _scale_of(counts)
    return {
        word: scale.get(number) if (number := number_in(word)) is not None else _WORDS.get(word)
        for word in counts
    }


def rule_for(values: Iterable[str]) -> VoteRule:
    """The rule that these values of a log suggest; what is unclear is left to be told.

    Of a scale it has every step, also those that were not seen.
    """
    counts = Counter(values)
    if all(word in SIGNALS for word in counts):
        return VoteRule()
    meanings = by_words(counts.elements())
    seen = {number_in(word) for word in counts}
    unseen = {step: meant for step, meant in _scale_of(counts).items() if step not in seen}
    meanings |= {f"{step}": meant for step, meant in unseen.items()}
    return VoteRule(
        up=tuple(word for word, meant in meanings.items() if meant == "up"),
        down=tuple(word for word, meant in meanings.items() if meant == "down"),
        none=tuple(word for word, meant in meanings.items() if meant == "none"),
    )


_WORDS: dict[str, Vote] = dict.fromkeys(UP, "up")
_WORDS |= dict.fromkeys(DOWN, "down")
_WORDS |= dict.fromkeys(NONE, "none")


def _scale_of(counts: Counter[str]) -> Mapping[float, Vote]:
    usual = (word for word, count in counts.items() if count * RARE >= counts.total())
    return _scale({number for word in usual if (number := number_in(word)) is not None})


def _scale(numbers: set[float]) -> dict[float, Vote]:
    """The steps of the scale that these numbers are of: thumbs as 0/1 or -1/0/1, 1 to 5 stars, or 1
    to 10; nothing when they are of none.

    A fraction is a score, never a thumb. Nothing but zeros may be all down or all without a vote;
    a zero among stars likewise.
    """
    whole = all(number.is_integer() and -1 <= number <= 10 for number in numbers)
    if not whole or not numbers - {0}:
        return {}
    low, high = min(numbers), max(numbers)
    if high <= 1:
        if low < 0:
            return {1: "up", 0: "none", -1: "down"}
        return {1: "up", 0: "down"} if low == 0 else {1: "up"}
    if low < 0:
        return {}
    top, up, down = (5, 4, 2) if high <= 5 else (10, 7, 4)
    return {
        step: "up" if step >= up else "down" if step <= down else "none"
        for step in range(1, top + 1)
    }


def _meets(word: str, listed: str) -> bool:
    bound = re.fullmatch(r"\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*", listed)
    number = number_in(word)
    if not bound or number is None:
        return word == as_word(listed)
    limit = float(bound[2])
    return {
        ">=": number >= limit,
        "<=": number <= limit,
        ">": number > limit,
        "<": number < limit,
    }[bound[1]]


def number_in(word: str) -> float | None:
    """The number that a word is."""
    return float(word) if re.fullmatch(r"[+-]?\d+(\.\d+)?", word) else None

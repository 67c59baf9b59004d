"""What is a thumb in the record of a tool, and what is a mere number beside it.

The same 0 is thumbs down in one tool and no vote in another, and a judge's 0.8 may be bad: each
reader says what its tool means, and what is no thumb is never made into one.
"""

import re
from typing import Any

from core.load.votes import DOWN, UP, as_word
from core.records import Signal

JUDGE = "a judge's score (EVAL), not a person's vote"

_NAMES = {
    *"thumb thumbs thumbsup thumbsdown feedback rating vote votes upvote downvote".split(),
    *"like liked likes dislike disliked helpful unhelpful satisfaction reaction".split(),
}
_AGAINST = {"down", "downvote", "thumbsdown", "dislike", "disliked", "unhelpful"}
_CLEAR = re.compile(r"thumbs?_?(up|down)|(up|down)voted?|(dis)?liked?|👍.?|👎.?")


def thumb(value: Any, *, zero: Signal | None = None) -> Signal | None:
    """The thumb that a value is: true, 1, "thumbsUp", "not_helpful"; None when it is none.

    `zero` is what a 0 means in this tool.
    """
    if not isinstance(value, str | int | float):
        return None
    try:
        word = as_word(value)
    except OverflowError:
        return None
    if word in ("0", "-0"):
        return zero
    if word == "1" or word in UP:
        return "up"
    return "down" if word in DOWN else None


def named_thumb(name: Any, value: Any) -> Signal | None:
    """The thumb that a score is, by its name and value, in tools whose scores may be anything.

    `user-feedback`, `thumbs` or `rating` with 1, 0 or -1 or such a word; under another name only a
    word that is nothing else, such as `thumbs_up`. `thumbs_down` is down when it is 1.
    """
    words = _words(name)
    if words & _NAMES or ("score" in words and words & {"user", "human"}):
        if words & _AGAINST:
            return "down" if thumb(value) == "up" else None
        return thumb(value, zero="down")
    return thumb(value) if isinstance(value, str) and _CLEAR.fullmatch(as_word(value)) else None


def without_empty(line: dict[str, Any]) -> dict[str, Any]:
    """The line without what is None, blank or empty."""
    return {key: value for key, value in line.items() if not is_empty(value)}


def is_empty(value: Any) -> bool:
    """Whether a value says nothing: tools write None, "", [] or {} for one and the same."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _words(name: Any) -> set[str]:
    if not isinstance(name, str):
        return set()
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return set(re.findall(r"[a-z]+", apart))

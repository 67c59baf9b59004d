"""Whether what stands at a path can be what the path's name says.

A name alone says little: `time` may be how long it took, `source` where a question came from,
`flag` a complaint, `id` that of the user, and a judge's `helpful` is nobody's thumb.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from core.load.names import plain, rank_of
from core.load.native import AHEAD, EARLIEST, read_time
from core.load.paths import MISSING, find
from core.load.sources import read_sources
from core.load.tools.messages import last_exchange, text_of
from core.load.unreadable import Unreadable
from core.load.votes import RARE, as_word, by_words, number_in

LOOKED_AT = 50
MOST_VOTES = 24
ALWAYS_VOTES = ("rating", "userrating", "feedbackrating", "thumb", "thumbs", "vote")
"""Names of votes also where nobody knows what the words say: that is asked, and not passed over."""

_JUDGE = re.compile(r"judge|eval|grader|grading|critic|metric|scores|ragas|guardrail|classifier")
_PERSON = re.compile(r"user|human|customer|feedback|annotat")


def suits(field: str, path: str, records: Sequence[dict[str, Any]], taken: dict[str, str]) -> bool:
    """Whether what stands at a path can be this field: nearly all of it, as logs are dirty."""
    values = [v for record in records if (v := find(record, path)) not in (MISSING, None, "")]
    if not values:
        return False
    if field == "signal":
        return _is_vote(path, values)
    if field == "comment":
        texts = [each for v in values for each in (v if isinstance(v, list) else [v])]
        return _nearly_all(lambda text: isinstance(text, str | None), texts) and (
            rank_of("signal", path) is None or not _is_vote(path, values)
        )
    if field == "sources" and _is_channel(path, values):
        return False
    if field == "rater":
        values = [each for v in values for each in (v if isinstance(v, list) else [v])]
    if not _nearly_all(_FITS.get(field, _is_label), values):
        return False
    return field != "id" or _identifies(path, records, taken)


def _nearly_all(fits: Callable[[Any], bool], values: Sequence[Any]) -> bool:
    some = values[:LOOKED_AT]
    return sum(map(fits, some)) * 5 >= len(some) * 4


def _is_vote(path: str, values: list[Any]) -> bool:
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    flat = [each for each in flat if each is not None]
    scalars = [value for value in flat if isinstance(value, str | int | float)]
    if len(scalars) * 5 < len(flat) * 4 or not flat:
        return False
    name = plain(path.rpartition(".")[2])
    above = path.casefold().rpartition(".")[0]
    if _JUDGE.search(above) and not _PERSON.search(above):
        return False  # a judge's score is never a thumb
    if name in ("flag", "label") and not all(isinstance(value, str) for value in scalars):
        return False  # what is flagged may be good or bad
    counts = Counter(as_word(value) for value in scalars)
    # Words that are said but once among many are a slip, or somebody's own words.
    words = [word for word, count in counts.items() if count * RARE >= counts.total()]
    if len(words) > MOST_VOTES or any(len(word) > 40 for word in words):
        return False
    if name in ALWAYS_VOTES and (words == ["0"] or not any(map(number_in, words))):
        return True
    known = [by_words(counts.elements())[word] for word in words]
    # One word that says nothing may stand among them; the mapping asks what it means.
    return ("up" in known or "down" in known) and known.count(None) * 2 <= len(words)


def _is_channel(path: str, values: list[Any]) -> bool:
    """Whether a `source` is "web" or "api", where a question came from, or a `context` an app's."""
    name = plain(path.rpartition(".")[2])
    if name == "source":
        return all(isinstance(value, str) and re.fullmatch(r"\w+", value) for value in values)
    return name.startswith("context") and any(isinstance(value, dict) for value in values)


def _is_source(value: Any) -> bool:
    try:
        return isinstance(value, str | dict | list) and bool(read_sources(value))
    except Unreadable:
        return False


def _is_time(value: Any) -> bool:
    each = value[0] if isinstance(value, list) and value else value
    try:
        moment = read_time(each)
    except ValueError:
        return False
    return moment is not None and EARLIEST < moment < datetime.now(UTC) + AHEAD


def _identifies(path: str, records: Sequence[dict[str, Any]], taken: dict[str, str]) -> bool:
    """Whether an id is of one answer, and not of the conversation, the user or the like."""
    if plain(path) in ("id", "interactionid") or "question" not in taken:
        return True
    pairs = {
        (str(id_), str(find(record, taken["question"])))
        for record in records
        if (id_ := find(record, path)) not in (MISSING, None, "")
        and find(record, taken["question"]) is not MISSING
    }
    ids = {id_ for id_, _ in pairs}
    return len(pairs) - len(ids) <= len(ids) / 2


def _has_words(value: Any) -> bool:
    if isinstance(value, str):
        return True
    return isinstance(value, dict | list) and (
        text_of(value) is not None or last_exchange(value) is not None
    )


def _is_label(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _are_tags(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    )


_FITS: dict[str, Callable[[Any], bool]] = {
    "question": _has_words,
    "answer": _has_words,
    "correction": lambda value: isinstance(value, str | dict | list),
    "sources": _is_source,
    "tags": _are_tags,
    "reasons": _are_tags,
    "history": lambda value: isinstance(value, list | str),
    "consent": lambda value: isinstance(value, bool),
    "logged_at": _is_time,
    "voted_at": _is_time,
}

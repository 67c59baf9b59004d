"""Guesses how a log is to be read, from the names of its keys and what stands there.

A guess is a `Shape` like any other: it is shown, confirmed or changed, and remembered.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from core.load.fitting import suits
from core.load.names import NAMES, SPEAKERS, names_text, plain, rank_of
from core.load.paths import MISSING, find, root
from core.load.shapes import NATIVE, VOTE_FIELDS, Shape
from core.load.tools import recognise
from core.load.tools.messages import last_exchange
from core.load.votes import VoteRule, as_word, rule_for
from core.records import SIGNALS

DEEPEST = 3
TEXTS = ("question", "answer")
BESIDE_A_VOTE = set(VOTE_FIELDS) - {"signal", "correction"}


def has_text(record: dict[str, Any]) -> bool:
    """Whether a question or an answer is named in a record, however deep, or it is a vote."""
    deep = any(names_text(path.rpartition(".")[2]) for path in paths_of([record]))
    return deep or "interaction_id" in record


def paths_of(records: Iterable[dict[str, Any]]) -> list[str]:
    """Every path to a value in these records, in order of appearance, lists not entered."""
    found: dict[str, None] = {}
    for record in records:
        _collect(record, "", found, 1)
    return list(found)


def values_at(records: Iterable[dict[str, Any]], path: str) -> list[Any]:
    """What stands at a path, lists taken apart; records without it give nothing."""
    values: list[Any] = []
    for record in records:
        value = find(record, path)
        if isinstance(value, list):
            values += value
        elif value is not MISSING:
            values.append(value)
    return [value for value in values if value is not None and value != ""]


def guess(records: Sequence[dict[str, Any]], name: str = "guessed") -> Shape:
    """The shape that fits these records best; the native one where they are native already."""
    readers = [recognise(record) for record in records]
    known = [reader for reader in readers if reader]
    if known and len(known) * 2 >= len(records):
        reader = max(set(known), key=known.count)
        return Shape(name=reader, reader=reader)
    if is_native(records):
        return Shape(name=NATIVE)
    taken = _taken(records)
    if not taken.keys() & {"answer", "question", "signal"}:
        return Shape(name=NATIVE)
    # A `feedback` that is somebody's words is no vote of ours.
    spoken = any(isinstance(v, str) and " " in v for v in values_at(records, "feedback"))
    ours = all(ours == theirs for ours, theirs in taken.items()) and "signal" not in taken
    if ours and not spoken:
        return Shape(name=NATIVE)
    votes = vote_rule(records, taken["signal"]) if "signal" in taken else VoteRule()
    return Shape(name=name, recognise=recognised_by(taken, records), fields=taken, votes=votes)


def recognised_by(taken: dict[str, str], records: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The keys that every record of this kind has, of those that mean something.

    Votes that stand alone have fewer, and say less of what a log is.
    """
    texts = [taken[name] for name in TEXTS if name in taken]
    whole = [r for r in records if any(find(r, path) is not MISSING for path in texts)] or records
    keys = dict.fromkeys(root(path, whole[0]) for path in taken.values()) if whole else {}
    return tuple(key for key in keys if all(key in record for record in whole))


def vote_rule(records: Sequence[dict[str, Any]], path: str) -> VoteRule:
    """What the values at a path most likely say; those that are unclear are left to be told."""
    return rule_for(vote_words(records, path))


def vote_words(records: Sequence[dict[str, Any]], path: str) -> list[str]:
    """The values at a path as the words that a vote rule compares."""
    return [as_word(v) for v in values_at(records, path) if isinstance(v, str | int | float)]


def is_native(records: Sequence[dict[str, Any]]) -> bool:
    """Whether these are lines as our own capture writes them, with nothing left to guess."""
    for record in records:
        if "question" in record and "answer" in record:
            votes = record.get("feedback")
            votes = votes if isinstance(votes, list) else [votes]
            if record.get("redaction") is not None:
                return True
            if any(isinstance(vote, dict) and "signal" in vote for vote in votes):
                return True
            if any(isinstance(vote, str) and vote in SIGNALS for vote in votes):
                return True
        elif "signal" in record and (
            record.get("type") == "feedback" or "interaction_id" in record
        ):
            return True
    return False


def _taken(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Our fields and the paths that suit them best."""
    paths = paths_of(records)
    taken: dict[str, str] = {}
    for field in NAMES:
        if field != "interaction_id":
            candidates = (path for path in _ranked(field, paths) if path not in taken.values())
            for path in candidates:
                if suits(field, path, records, taken):
                    taken[field] = _leaf(field, path, records)
                    break
    _take_speakers(taken, records)
    # A log of whole conversations has one list for both.
    asked = taken.get("question")
    if asked and "answer" not in taken and _is_conversation(asked, records):
        taken["answer"] = asked
    _take_target(taken, records)
    if not taken.keys() & {"signal", "correction"}:
        # What is said beside no vote is not said of the answer.
        taken = {ours: path for ours, path in taken.items() if ours not in BESIDE_A_VOTE}
    return taken


def _take_speakers(taken: dict[str, str], records: Sequence[dict[str, Any]]) -> None:
    """`{"user": "How ...?", "bot": "So ..."}`, where nothing else is a question or an answer."""
    missing = [field for field in TEXTS if field not in taken]
    keys = {plain(key): key for record in records for key in record}
    found = {}
    for field in missing:
        for name in SPEAKERS[field]:
            values = values_at(records, keys[name]) if name in keys else []
            if values and all(isinstance(v, str) for v in values) and " " in "".join(values):
                found[field] = keys[name]
                break
    if missing and len(found) == len(missing):
        for ours in [ours for ours, path in taken.items() if path in found.values()]:
            del taken[ours]
        taken |= found


def _take_target(taken: dict[str, str], records: Sequence[dict[str, Any]]) -> None:
    """What votes alone point by: a key of lines that hold no question and no answer."""
    texts = [taken[name] for name in TEXTS if name in taken]
    alone = [r for r in records if all(find(r, path) in (MISSING, None, "") for path in texts)]
    for path in _ranked("interaction_id", paths_of(alone)):
        if taken.get("id") == path and not texts:
            del taken["id"]
        if path not in taken.values() and suits("interaction_id", path, alone, taken):
            taken["interaction_id"] = path
            break


def _collect(value: dict[str, Any], before: str, found: dict[str, None], depth: int) -> None:
    for key, item in value.items():
        if not isinstance(key, str) or not key:
            continue
        found[before + key] = None
        if isinstance(item, dict) and depth < DEEPEST:
            _collect(item, f"{before}{key}.", found, depth + 1)
        elif isinstance(item, list) and plain(key).rstrip("s") in NAMES["signal"]:
            # One vote an element, by several raters.
            for each in item:
                if isinstance(each, dict):
                    _collect(each, f"{before}{key}[].", found, DEEPEST)


def _ranked(field: str, paths: list[str]) -> list[str]:
    ranked = [
        (path.count("."), rank, place, path)
        for place, path in enumerate(paths)
        if (rank := rank_of(field, path)) is not None
    ]
    # What stands at the top is meant before what stands deep inside.
    return [path for *_, path in sorted(ranked)]


def _leaf(field: str, path: str, records: Sequence[dict[str, Any]]) -> str:
    """The text itself where it stands in an object, so that the rest of the object is kept."""
    values = [v for record in records if (v := find(record, path)) not in (MISSING, None, "")]
    if field in TEXTS and all(isinstance(value, dict) for value in values):
        for name in ("text", "content", "value", "message"):
            if all(isinstance(value.get(name), str) for value in values):
                return f"{path}.{name}"
    return path


def _is_conversation(path: str, records: Sequence[dict[str, Any]]) -> bool:
    return any(last_exchange(find(record, path)) is not None for record in records[:20])

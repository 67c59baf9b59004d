"""Reads one record of a log by its shape: as our own lines, which `core.load.native` reads."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from core.load.native import read_time
from core.load.paths import MISSING, find, without
from core.load.shapes import VOTE_FIELDS, Shape
from core.load.tools import READERS
from core.load.tools.messages import exchange_in, read_messages, text_of
from core.load.tools.unwrap import decoded
from core.load.unreadable import Unreadable
from core.records import Turn

TEXTS = ("question", "answer")
BESIDE_A_VOTE = set(VOTE_FIELDS) - {"signal"}
NOWHERE = "the vote does not say which answer it is for"


def native_records(shape: Shape, record: dict[str, Any]) -> list[dict[str, Any]]:
    """One record of a log as our own lines: one, or one an answer of a conversation.

    Raises `Unreadable`.
    """
    if shape.reader:
        lines = READERS[shape.reader](record)
        if not lines:
            raise Unreadable("there is neither an answer nor a vote in the record")
        return lines
    if shape.is_native:
        return [record]
    found = {
        ours: value
        for ours, path in shape.fields.items()
        if (value := find(record, path)) is not MISSING
    }
    votes = _votes(shape, record, found)
    about = found.pop("interaction_id", record.get("interaction_id"))
    if all(found.get(name) in (None, "") for name in TEXTS) and votes:
        return _votes_alone(shape, found, votes, about)
    _dig_out(found)
    _add_source(shape, record, found)
    if "logged_at" in found:
        found["logged_at"] = _zoned(found["logged_at"], shape.zone)
    # What was said beside no vote stays where nothing is dropped, in the metadata.
    used = {
        path
        for ours, path in shape.fields.items()
        if ours in found and (votes or ours not in BESIDE_A_VOTE)
    }
    used |= {*shape.source.values(), *shape.leave_out, *shape.votes.down_if_any}
    rest = without(record, used)
    metadata = found.pop("metadata", rest.pop("metadata", None))
    if isinstance(metadata, dict):
        rest = {**metadata, **rest}
    elif metadata not in (None, ""):
        rest["metadata"] = metadata
    line = {ours: value for ours, value in found.items() if ours not in VOTE_FIELDS}
    return [{**line, "feedback": [*_listed(line.get("feedback")), *votes], "metadata": rest}]


def _votes_alone(
    shape: Shape, found: dict[str, Any], votes: list[dict[str, Any]], about: Any
) -> list[dict[str, Any]]:
    target = about if about is not None else found.get("id")
    if target in (None, ""):
        raise Unreadable(NOWHERE)
    alone = {"type": "feedback", "interaction_id": target, "user": found.get("user")}
    at = _zoned(found.get("logged_at"), shape.zone)
    return [{**vote, **alone, "at": vote["at"] or at} for vote in votes]


def _votes(shape: Shape, record: dict[str, Any], found: dict[str, Any]) -> list[dict[str, Any]]:
    rule = shape.votes
    given = {name: found.get(name) for name in VOTE_FIELDS}
    times = given["voted_at"]
    given["voted_at"] = (
        [_zoned(each, shape.zone) for each in times]
        if isinstance(times, list)
        else _zoned(times, shape.zone)
    )
    if rule.down_if_any:
        faults = [find(record, path) for path in rule.down_if_any]
        given["signal"] = (
            "down" if any(each not in (MISSING, None) and each for each in faults) else "up"
        )
        return _with_text(given, given["signal"])
    raw = given["signal"]
    if isinstance(raw, list):
        if any(isinstance(each, list) and len(each) != len(raw) for each in given.values()):
            raise Unreadable("there are not as many votes as there are texts beside them")
        votes = []
        for place, each in enumerate(raw):
            one = {name: _at(value, place) for name, value in given.items()}
            # Lists beside each other have no names: a rater is a place.
            one["rater"] = one["rater"] if one["rater"] is not None else str(place + 1)
            signal = rule.always or rule.read(each)
            votes += _with_text(one, signal)
        return votes
    return _with_text(given, rule.always or rule.read(raw))


def _with_text(given: dict[str, Any], signal: str | None) -> list[dict[str, Any]]:
    """The vote with what was said beside it; a correction without any vote is an edit."""
    vote = {
        "correction": _words(given["correction"]),
        "comment": _words(given["comment"], "\n"),
        "rater": given["rater"],
        "at": given["voted_at"],
        "tags": _tags(given["reasons"]),
    }
    signal = signal or ("edit" if vote["correction"] else None)
    return [{**vote, "signal": signal}] if signal else []


def _at(value: Any, place: int) -> Any:
    return value[place] if isinstance(value, list) else value


def _words(value: Any, joint: str | None = None) -> Any:
    """A text out of what stands there: a list of texts joined, an object's text dug out."""
    if isinstance(value, list) and joint is not None:
        value = [each for each in value if each is not None]
        if all(isinstance(each, str) for each in value):
            texts = dict.fromkeys(each.strip() for each in value if each.strip())
            return joint.join(texts) or None
    if isinstance(value, dict | list):
        dug = text_of(value)
        if dug is None and isinstance(value, dict) and len(value) == 1:
            only = next(iter(value.values()))
            dug = only if isinstance(only, str) else None
        return dug if dug is not None else value
    return value


def _tags(value: Any) -> Any:
    if isinstance(value, list):
        return list(dict.fromkeys(tag for tag in value if isinstance(tag, str)))
    return value


def _dig_out(found: dict[str, Any]) -> None:
    """Question, answer, history and tags where a log keeps messages, or JSON, in their place."""
    question, answer = found.get("question"), found.get("answer")
    turns = _turns(question)
    if turns and (answer is None or question == answer) and (exchange := exchange_in(turns)):
        _set(found, exchange.history, exchange.question, exchange.answer)
        return
    asked = [place for place, turn in enumerate(turns) if turn.role == "user"]
    if asked:
        _set(found, turns[: asked[-1]], turns[asked[-1]].content, answer)
    for name in TEXTS:
        value = found.get(name)
        if (isinstance(value, dict | list) or _turns(value)) and (dug := text_of(value)):
            found[name] = dug
    if turns := _turns(found.get("history")):
        found["history"] = [msgspec.to_builtins(turn) for turn in turns]
    else:
        found.pop("history", None)
    if isinstance(found.get("tags"), str):
        found["tags"] = decoded(found["tags"])


def _turns(value: Any) -> list[Turn]:
    """The messages in a value, or in the JSON that it is the text of."""
    if isinstance(value, str) and value.lstrip()[:1] not in ("[", "{", "H"):
        return []
    return read_messages(value)


def _set(found: dict[str, Any], history: Sequence[Turn], question: str, answer: Any) -> None:
    found["question"], found["answer"] = question, answer
    found.setdefault("history", [msgspec.to_builtins(turn) for turn in history])


def _add_source(shape: Shape, record: dict[str, Any], found: dict[str, Any]) -> None:
    parts = {
        name: value
        for name, path in shape.source.items()
        if isinstance(value := find(record, path), str) and value.strip()
    }
    if parts:
        found["sources"] = [*_listed(found.get("sources")), parts]


def _zoned(value: Any, zone: str) -> Any:
    """A time that names no zone, in the zone of its log; what is no time is left to be rejected."""
    try:
        moment = read_time(value, ZoneInfo(zone))
    except ValueError:
        return value
    return moment.isoformat() if moment else None


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

"""Shapes of logs: which of a log's keys is which of our fields, and what counts as up and down.

A shape is a small TOML file (see `data/shapes/`), the same whether it ships with the product, was
guessed, was edited on the screen, or is given on the command line:

    name = "bristol"
    recognise = ["Query", "Response", "Helpful"]   # keys that tell such a log from others
    zone = "Europe/London"                         # of times that name none

    [fields]                                       # our field = their key or path
    question = "Query"
    answer = "Response"
    signal = "Helpful"

    [votes]
    up = ["Yes"]
    down = ["No"]
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import tomli_w

from core.load.native import INTERACTION_FIELDS, read_time
from core.load.paths import MISSING, find, without
from core.load.tools import READERS
from core.load.tools.messages import last_exchange, text_of
from core.load.votes import VoteRule
from core.settings import SHAPES_FOLDER

VOTE_FIELDS = ("signal", "correction", "comment", "reasons", "rater", "voted_at")
"""Where a vote's parts stand; with lists in the place of values each place is one rater's vote."""

FIELDS = (*INTERACTION_FIELDS, *VOTE_FIELDS, "interaction_id")
NATIVE = "native"
SELF_NAMED = {name: name for name in FIELDS if name not in ("voted_at", "reasons")}
SELF_NAMED |= {"voted_at": "at"}
"""Our fields under the names that our own lines have."""


class ShapeError(ValueError):
    """A shape, or a mapping, that cannot be used; says why."""


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How to read one kind of log. Paths are those of `core.load.paths`."""

    name: str
    about: str = ""
    reader: str = ""
    """A tool whose records need code to be understood (`core.load.tools`); nothing else counts."""
    recognise: tuple[str, ...] = ()
    """Paths that a record of such a log has, all of them."""
    zone: str = "UTC"
    fields: dict[str, str] = {}
    source: dict[str, str] = {}
    """One source put together from title, uri and text that stand in different places."""
    votes: VoteRule = VoteRule()
    leave_out: tuple[str, ...] = ()
    """Paths that are not even kept as metadata."""

    def __post_init__(self) -> None:
        if unknown := set(self.fields) - set(FIELDS):
            raise ValueError(
                f"{', '.join(sorted(unknown))} is no field; the fields are {', '.join(FIELDS)}"
            )
        if unknown := set(self.source) - {"title", "uri", "text"}:
            raise ValueError(f"a source has title, uri and text, not {', '.join(sorted(unknown))}")
        if self.reader and self.reader not in READERS:
            raise ValueError(f"there is no reader {self.reader}: {', '.join(READERS)}")
        if self.zone not in available_timezones():
            raise ValueError(f"{self.zone} is no time zone such as Europe/London")

    @property
    def is_native(self) -> bool:
        """Whether lines are read as our own capture writes them."""
        return not self.reader and not self.fields and not self.votes.always

    def fits(self, record: Mapping[str, Any]) -> bool:
        """Whether a record has everything by which such a log is recognised."""
        return bool(self.recognise) and all(
            find(record, path) is not MISSING for path in self.recognise
        )


def parse_shape(text: str) -> Shape:
    """Read a shape from TOML. Raises `ShapeError`."""
    try:
        return msgspec.convert(tomllib.loads(text), Shape)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as error:
        raise ShapeError(str(error)) from None


def as_toml(shape: Shape) -> str:
    """Write a shape as TOML; `parse_shape` reads it back."""
    return tomli_w.dumps(msgspec.to_builtins(shape))


@lru_cache(maxsize=1)
def presets() -> dict[str, Shape]:
    """The shapes that ship with the product, by name. Raises `ShapeError` naming the file."""
    found = {NATIVE: Shape(NATIVE, about="What core.capture writes.")}
    for path in sorted(SHAPES_FOLDER.glob("*.toml")):
        found[path.stem] = shape_file(path)
    return found


def shape_file(path: Path) -> Shape:
    """Read a shape from a file. Raises `ShapeError`."""
    try:
        return parse_shape(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ShapeError(f"{path} cannot be read: {error}") from None
    except ShapeError as error:
        raise ShapeError(f"{path}: {error}") from None


def parse_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """Read `question=Query` pairs; an empty key says that the log has no such field.

    Raises `ShapeError`.
    """
    mapping = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals:
            raise ShapeError(f"{pair} is not of the form question=Query")
        if ours not in FIELDS:
            raise ShapeError(f"{ours} is no field; the fields are {', '.join(FIELDS)}")
        mapping[ours] = theirs
    return mapping


def native_records(shape: Shape, record: dict[str, Any]) -> list[dict[str, Any]]:
    """One record of a log as our own lines: one, or one an answer of a conversation.

    Raises `Unreadable`.
    """
    if shape.reader:
        return READERS[shape.reader](record)
    if shape.is_native:
        return [record]
    found = {
        ours: value
        for ours, path in shape.fields.items()
        if (value := find(record, path)) is not MISSING
    }
    votes = _votes(shape, record, found)
    for name in VOTE_FIELDS:
        found.pop(name, None)
    about = found.pop("interaction_id", record.get("interaction_id"))
    if "question" not in found and "answer" not in found:
        target = about if about is not None else found.get("id")
        if target is not None and votes:
            at = _zoned(found.get("logged_at"), shape.zone)
            alone = {"type": "feedback", "interaction_id": target}
            return [{**vote, **alone, "at": vote["at"] or at} for vote in votes]
    _dig_out(found)
    _add_source(shape, record, found)
    if "logged_at" in found:
        found["logged_at"] = _zoned(found["logged_at"], shape.zone)
    used = {*shape.fields.values(), *shape.source.values(), *shape.leave_out}
    used |= set(shape.votes.down_if_any)
    rest = without(record, used)
    metadata = found.pop("metadata", rest.pop("metadata", None))
    if isinstance(metadata, dict):
        rest = {**metadata, **rest}
    elif metadata not in (None, ""):
        rest["metadata"] = metadata
    return [{**found, "feedback": [*_listed(found.get("feedback")), *votes], "metadata": rest}]


def _votes(shape: Shape, record: dict[str, Any], found: dict[str, Any]) -> list[dict[str, Any]]:
    rule = shape.votes
    given = {name: found.get(name) for name in VOTE_FIELDS}
    if given["voted_at"] is not None and not isinstance(given["voted_at"], list):
        given["voted_at"] = _zoned(given["voted_at"], shape.zone)
    if rule.down_if_any:
        faults = [find(record, path) for path in rule.down_if_any]
        given["signal"] = (
            "down" if any(each not in (MISSING, None) and each for each in faults) else "up"
        )
        return _with_text(given, given["signal"])
    raw = given["signal"]
    if isinstance(raw, list):
        votes = []
        for place, each in enumerate(raw):
            one = {name: _at(value, place, len(raw)) for name, value in given.items()}
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


def _at(value: Any, place: int, count: int) -> Any:
    if isinstance(value, list):
        return value[place] if len(value) == count else None
    return value


def _words(value: Any, joint: str | None = None) -> Any:
    """A text out of what stands there: a list of texts joined, an object's text dug out."""
    if isinstance(value, list) and joint is not None and all(isinstance(v, str) for v in value):
        return joint.join(dict.fromkeys(v.strip() for v in value if v.strip())) or None
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
    """Question and answer where a log keeps messages, or JSON, in the place of texts."""
    question, answer = found.get("question"), found.get("answer")
    if question is not None and (answer is None or question == answer):
        exchange = last_exchange(question)
        if exchange:
            found["question"], found["answer"] = exchange.question, exchange.answer
            found.setdefault("history", [msgspec.to_builtins(turn) for turn in exchange.history])
            return
    for name in ("question", "answer"):
        value = found.get(name)
        if isinstance(value, dict | list) and (dug := text_of(value)) is not None:
            found[name] = dug


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

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
from zoneinfo import available_timezones

import msgspec
import tomli_w

from core.load.native import INTERACTION_FIELDS
from core.load.paths import MISSING, find
from core.load.tools import READERS
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


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """The time zones there are; found once, as that reads hundreds of files."""
    return frozenset(available_timezones())


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
        if self.zone not in zones():
            raise ValueError(f"{self.zone} is no time zone such as Europe/London")

    @property
    def is_native(self) -> bool:
        """Whether lines are read as our own capture writes them."""
        return not self.reader and not self.fields and not self.votes.always

    def is_told_by(self, record: Mapping[str, Any]) -> bool:
        """Whether a record can tell if a log is of this shape: votes alone have too few keys."""
        texts = [self.fields[name] for name in ("question", "answer") if name in self.fields]
        return not texts or any(find(record, path) is not MISSING for path in texts)

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

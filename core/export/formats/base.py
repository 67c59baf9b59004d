"""What a format is: the cases it takes, how they become rows, and what stands beside the rows."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pyarrow as pa

from core.curate import KINDS, Case, Purpose
from core.records import Kind

Row = dict[str, Any]


class Parquet(msgspec.Struct, frozen=True):
    """The rows once more, as a table of this schema in this file."""

    file: str
    schema: pa.Schema


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A file format.

    `rows` gives the JSON objects of a case, one a line, their keys in the order written. `kinds`
    are the cases that it takes. `alternates`: in a conversation user and assistant must take turns.
    `objection` says why the reader of this format must not get a case (a key of `EXCLUSIONS`), or
    None. `parquet` has the rows once more. `beside` are further files, the same for every export.
    `header` stands before the card. `exempt` are the keys whose values are ids, times or fixed
    words and are not scanned. Fewer than `least_rows` are of little use. `warning`
    says of rows by kind what is wrong with them as a whole. `use` is a command that uses the file.
    """

    name: str
    title: str
    purpose: Purpose
    about: str
    use: str
    file: str
    rows: Callable[[Case], list[Row]]
    kinds: tuple[Kind, ...] = KINDS
    alternates: bool = False
    objection: Callable[[Case], str | None] = lambda case: None
    parquet: Parquet | None = None
    beside: dict[str, bytes] = {}
    header: str = ""
    exempt: frozenset[str] = frozenset()
    least_rows: int = 1
    warning: Callable[[Mapping[str, int]], str | None] = lambda counts: None

"""What a format is: the cases it takes, and how one of them becomes a row."""

from collections.abc import Callable
from typing import Any

import msgspec

from core.curate import Case, Purpose


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A file format. `row` returns the JSON object of one line, its keys in the order written.

    `exempt` are the keys whose values are ids, times or fixed words and are not scanned.
    `use` is a command that uses the file.
    """

    name: str
    title: str
    purpose: Purpose
    about: str
    use: str
    file: str
    row: Callable[[Case], dict[str, Any]]
    exempt: frozenset[str] = frozenset()

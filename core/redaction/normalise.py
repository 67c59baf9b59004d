"""The text as the detectors read it, with the way back to the text as it was written.

Full-width letters, zero-width characters, odd dashes and digits of other scripts hide an address
from a pattern but not from a reader. So detectors see a plain form, character by character (no
composition across characters, which would blur the map), and every span is mapped back.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

HOLE = "\ue000"
"""Stands where a placeholder or an earlier finding is; no detector matches it or looks across it.

A private-use code point; where the text itself has it, the plain form has U+FFFD.
"""

_LONGEST = 8  # of what one character may become: "ﷺ" is a sentence of eighteen
_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d")


class _Table(dict[int, str]):
    """A translation table for `str.translate` that fills itself as characters occur."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if char.isspace() and char not in "\t\n\f\r":  # what RE2 takes for no space
            plain = " "
        elif code < 0x80:
            plain = char
        elif category == "Cf" or 0xFE00 <= code <= 0xFE0F:  # zero-width, bidi, variation selectors
            plain = ""
        elif category == "Cs" or char == HOLE:  # lone surrogates cannot be encoded for RE2
            plain = "\ufffd"
        elif char in _DASHES:
            plain = "-"
        elif char in "ıİ":  # Python's patterns take these for an i, RE2's do not
            plain = "i"
        elif category == "Nd":
            plain = str(unicodedata.digit(char))
        else:
            plain = unicodedata.normalize("NFKC", char)
            if len(plain) > _LONGEST:
                plain = char
        self[code] = plain
        return plain


_TABLE = _Table()
_LATIN = map(chr, (*range(0x250), *range(0x2018, 0x2020), 0x20AC))  # with quotation marks, euro
_USUAL = re.compile(f"[{re.escape(''.join(c for c in _LATIN if _TABLE[ord(c)] == c))}]*+")
"""Texts that are their own plain form; the others are looked at character by character."""
_SINGLE: set[str] = set()
"""Characters met so far whose plain form is one character."""


class Plain(NamedTuple):
    """`text` for detectors; `origin[i]` is the original index of plain character i (None: same)."""

    text: str
    origin: tuple[int, ...] | None

    def snap(self, start: int, end: int) -> tuple[int, int]:
        """Widen a plain span so that it covers original characters wholly."""
        if self.origin is not None:
            while start > 0 and self.origin[start - 1] == self.origin[start]:
                start -= 1
            while end < len(self.text) and self.origin[end] == self.origin[end - 1]:
                end += 1
        return start, end

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The original offsets of a snapped plain span."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end - 1] + 1


def plain(text: str) -> Plain:
    """The plain form of any text, lone surrogates included."""
    if _USUAL.fullmatch(text):
        return Plain(text, None)
    unknown = set(text) - _SINGLE
    _SINGLE.update(char for char in unknown if len(_TABLE[ord(char)]) == 1)
    if unknown <= _SINGLE:
        return Plain(text.translate(_TABLE), None)
    parts: list[str] = []
    origin: list[int] = []
    for index, char in enumerate(text):
        part = _TABLE[ord(char)]
        parts.append(part)
        origin.extend([index] * len(part))
    return Plain("".join(parts), tuple(origin))

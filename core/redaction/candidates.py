"""Which parts of a text can hold a name, an address or a telephone number at all.

The model costs a hundred times as much as everything else, and most sentences consist of words
that are nobody's name. So a text is cut into sentences, and only those that hold something which
may be personal are read: a capitalised word that is a known name or no English word; in text
without capitals any such word; a house number beside a word of addresses; grouped digits; a word
that introduces a name. On labelled text these sentences hold more than 99.5 % of the persons and
addresses that the model finds when it reads everything (`tests/benchmarks/redaction_speed.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.redaction.detectors.base import Span
from core.redaction.detectors.lexicon import NO_NAMES, TERMS, is_given, is_name, is_word
from core.redaction.masking import HOLE_SIGN

SHORT = 40
"""A shorter sentence is read together with the next: "Jane Doe", then "12 Main Street" below."""

LONG = 600
"""A longer one is cut: the model reads 160 tokens at once, which are some 650 characters."""

ACRONYM = 4
"""Letters up to which capitals that are no known name are an abbreviation."""

LONGEST = 40
"""Letters from which on a word is nobody's name."""

_ABBREVIATIONS = (
    r"\b[A-Z]",
    "Mr",
    "Mrs",
    "Ms",
    "Dr",
    "Prof",
    "St",
    "Ave",
    "Rd",
    "Apt",
    "Ste",
    "No",
    "ul",
)
_END = re.compile(
    "[.!?…]"
    + "".join(rf"(?<!{each}\.)" for each in _ABBREVIATIONS)
    + r"[\"')\]*]{0,3}\s+(?=[\"'(\[*]{0,3}[^\Wa-z])|\n[ \t>]*\n"
)
# Where a long sentence is cut, the best place first: not within "Jane Doe".
_CUTS = tuple(map(re.compile, (r"\s*\n\s*", r"(?<=[a-z,;:])\s+(?=[a-z])", r"\s+")))
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_CAPITALISED = re.compile(rf"\b[A-Z][a-z]|{HOLE_SIGN}")
_CODE = re.compile(r"[a-z]{2}[A-Z]|[A-Z]{2,}[a-z]{2}")
_CONTRACTION = re.compile(r"['’](?:m|s|ll|ve|re|d|t)\Z", re.IGNORECASE)
_INTRODUCTION = re.compile(
    r"(?i:\bname(?:'s| is|:)|\b(?:call(?:s|ed)?|named) (?:me|him|her|them)|\bm(?:r|rs|s|x)\b\.?)"
    r"\s\w|\b[A-Z]\. ?[A-Za-z]{2}"
)
_NUMBER = re.compile(r"(?<![\w.,-])[0-9]{1,6}[A-Za-z]?(?![\w-]|[.,][0-9])")
_PLACE = re.compile(
    r"(?i)\b(?:ap(?:artmen)?t|av(?:e|enue)?|b(?:ou)?le?va?r?d|box|city|corner|c(?:our)?t|dr(?:ive)?"
    r"|flat|floor|highway|hwy|la?ne?|place|plaza|rd|road|route|rue|square|st|street|suite|town|ul"
    r"|unit|via|way|zip)\b"
)
_POSTAL = re.compile(r"\b[A-Z]\w+,?\s{1,2}[0-9]{5}(?![\w.,-])")
_PHONE = re.compile(
    r"(?<![\w.])(?<![0-9][ /(+-])"
    r"(?!(?:19|20)[0-9]{2}[-/.][0-9]|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:19|20))"  # but no date
    r"[+(]{0,2}[0-9](?:[ ()/+-]{0,2}[0-9]|\.[0-9]{2,4}(?=\.)){5,14}(?![ ()/+-]{0,2}[0-9])"
)

_PLAIN = {*NO_NAMES, *(word.capitalize() for word in NO_NAMES), "True", "False", "None"}
"""Words that make no sentence worth reading; grows by what is found out about others."""


def passages(text: str) -> Iterator[Span]:
    """The parts of `text` (masked, see `masking.view`) that the model has to read."""
    cased = bool(_CAPITALISED.search(text))
    for start, end in _sentences(text):
        if _may_hold(text[start:end], cased):
            yield start, end


def _sentences(text: str) -> Iterator[Span]:
    start = 0
    for end in (*(match.end() for match in _END.finditer(text)), len(text)):
        if end - start < SHORT and end < len(text):
            continue
        while end - start > LONG:
            cut = _cut(text, start + LONG // 2, start + LONG)
            yield start, cut
            start = cut
        if start < end:
            yield start, end
        start = end


def _cut(text: str, first: int, last: int) -> int:
    """The best place in text[first:last] to cut a sentence."""
    for pattern in _CUTS:
        places = [match.end() for match in pattern.finditer(text, first, last)]
        if places:
            return places[-1]
    return last


def _may_hold(sentence: str, cased: bool) -> bool:
    unknown = {*_WORD.findall(sentence)} - _PLAIN
    return (
        any(_may_name(word, cased) for word in unknown)
        or bool(_INTRODUCTION.search(sentence))
        or bool(_NUMBER.search(sentence) and _PLACE.search(sentence))
        or bool(_POSTAL.search(sentence) or _PHONE.search(sentence))
    )


def _may_name(word: str, cased: bool) -> bool:
    """Whether a word can be part of a name in text that is `cased`, has capitals where they go."""
    bare = _CONTRACTION.sub("", word)
    lower = bare.lower()
    if not 1 < len(bare) < LONGEST or lower in _PLAIN or lower in TERMS or _CODE.search(bare):
        return False
    known, english = is_name(lower), is_word(lower)
    if english and not known:
        if word == lower or word.istitle():
            _PLAIN.add(word)
        return False
    if word.islower() and cased:
        return known and not english
    if bare.isupper() and len(bare) <= ACRONYM and not known:
        return False
    return not english or is_given(lower) or (word[0].isupper() and known)

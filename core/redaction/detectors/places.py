"""Which words are a street or postal address: parts the model saw, joined when they prove one.

A city is nobody's address ("the capital is Paris"), nor is a number: a street, a flat or a postal
code with its place has to be among the parts, and a number, unless somebody says that they live
there. "Page 12" and "issue 2815" are numbers of other things.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from phonenumbers.geodata.locale import LOCALE_DATA

from core.redaction.detectors.base import Span
from core.redaction.detectors.technical import Register
from core.redaction.detectors.wordwise import Marks, Table, grow, runs

LEAST = 0.4
"""The least mean probability of a word that is part of an address."""

PARTS = ("BUILDING_NUMBER", "STREET_NAME", "SECONDARY_ADDRESS", "ZIP_CODE", "CITY", "STATE")
_STREET, _SECONDARY, _ZIP, _CITY, _STATE = 1, 2, 3, 4, 5
_BESIDE = 0.05  # beside a part of an address

_GAP = re.compile(r"[\s,.;:/#()'’-]{0,12}|[\s.]{1,3}(?:and|&)\s{1,3}")
_LEAD = re.compile(
    r"(?:(?:p\.? ?o\.? box|box|apt|apartment|suite|ste|unit|flat|floor|psc|cmr|room|no|nr"
    r"|(?:the )?corner of)\b[.:#]?[ \t]{1,2})+\Z",
    re.IGNORECASE,
)


def _countries() -> list[str]:
    """English names of countries; "*aa" in the data means: as in language aa."""
    names = (
        each[alias[1:]] if (alias := each.get("en", "")).startswith("*") else alias
        for each in LOCALE_DATA.values()
    )
    return sorted({*names} - {""}, key=len, reverse=True)


_COUNTRY = re.compile(
    r"[,\s]{1,4}(?:"
    + "|".join(re.escape(name) for name in _countries())
    + r"|USA?|UK)\b(?:[ ]?\([A-Z][a-z]{2,20}\))?(?:[,\s]{1,3}[A-Z0-9-]{3,10}\b)?"
)
_CODE = re.compile(  # of Canada, and those of digits alone, which the model often leaves behind
    r",?[ ]{1,2}(?:[A-Z]{2,3},?[ ])?(?:[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]|[0-9]{4,5}-?[0-9]{3})\b"
)
_HOME = re.compile(
    r"\b(?:address|addresses|live|lives|living|lived|moved|residing|resides?|located|deliver(?:ed|y)?"
    r"|ship(?:ped|ping)?|mail(?:ed|ing)?|send|sent|home|house|office|return)\b[^.\n■]{0,30}\Z",
    re.IGNORECASE,
)
_STREET_ENDS = re.compile(
    r"(?<=street)|(?<=road)|(?<=avenue)|(?<=lane)|[ ](?:street|road|avenue|lane)\b", re.IGNORECASE
)
_STREET_WORD = re.compile(
    r"(?i)\b(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|square|rue|via|calle"
    r"|ulica|ul)\b|stra(?:ß|ss)e\b|weg\b|straat\b|gatan\b"
)
_COUNTED = re.compile(
    r"\b(?:act|appendix|article|batch|case|chapter|col|column|day|episode|eq|equation|error|example"
    r"|exercise|fig|figure|grade|invoice|issue|item|lecture|lesson|level|line|lines|listing|module"
    r"|option|order|page|pages|par|paragraph|part|phase|pp|problem|question|release|row"
    r"|rule|scene|season|section|sections|slide|stage|step|table|task|test|ticket|tip|type|verse"
    r"|version|vol|volume|week|year)s?\b\.?[ \t]{0,2}[#:]?[ \t]{0,2}\Z",
    re.IGNORECASE,
)
_NEIGHBOUR = 60  # characters from a proved address within which a bare number is part of it


def addresses(
    text: str, words: Sequence[Span], place: Table, register: Register, least: float
) -> Iterator[Span]:
    total = place.sum(axis=1)
    sure: Marks = total >= least
    if not sure.any():
        return
    beside: Marks = total >= _BESIDE
    for index, (start, _) in enumerate(words):
        if (sure[index] or beside[index]) and text[start].isdigit():
            counted = _COUNTED.search(text, max(0, start - 16), start)
            if counted:
                sure[index] = beside[index] = False
                # the noun itself, which the model took for a part of the address
                first = index - 1
                if first >= 0 and words[first][0] >= counted.start():
                    sure[first] = beside[first] = False
    grow(text, words, sure, beside, _GAP)
    kinds = place.argmax(axis=1)
    spans: list[Span] = []
    proved: list[Span] = []
    for first, last in runs(text, words, sure, _GAP):
        start, end = words[first][0], words[last][1]
        spans.append((start, end))
        if (
            _proves(kinds[first : last + 1])
            and any(map(str.isalpha, text[start:end]))
            and not register.cited(start, end)
            and (
                _is_home(text, start, end)
                or (any(map(str.isdigit, text[start:end])) and not register.technical(start))
            )
        ):
            proved.append((start, end))
    for start, end in spans:
        # Spans are sorted and disjoint, so of those that begin early enough the last is nearest.
        nearest = bisect_left(proved, (end + _NEIGHBOUR,)) - 1
        if nearest >= 0 and proved[nearest][1] > start - _NEIGHBOUR:
            lead = _LEAD.search(text, max(0, start - 24), start)
            for pattern in (_CODE, _COUNTRY):
                if more := pattern.match(text, end):
                    end = more.end()
            yield lead.start() if lead else start, end


def _is_home(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] is said to be where somebody is found, or to be a street."""
    return bool(
        _HOME.search(text, max(0, start - 44), start)
        or _STREET_ENDS.match(text, end)
        or (any(map(str.isdigit, text[start:end])) and _STREET_WORD.search(text, start, end))
    )


def _proves(kinds: npt.NDArray[np.int64]) -> bool:
    """Whether parts make an address: a street or a flat, or a postal code with its place."""
    present = set(kinds.tolist())
    return len(kinds) > 1 and (
        _STREET in present
        or _SECONDARY in present
        or (_ZIP in present and bool(present & {_CITY, _STATE}))
    )

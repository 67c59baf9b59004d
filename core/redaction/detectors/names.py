"""Persons, addresses and telephone numbers by the model, judged word by word.

Raw sub-word output is unusable (half a surname, a comma), so a word gets the mean of its
sub-words. Neighbouring name words are one person; parts of an address are joined over short gaps
and need more than a city: "the capital is Paris" is nobody's address. Code is masked before the
model reads a text, since identifiers look like names to it.
"""

from __future__ import annotations

import builtins
import keyword
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from phonenumbers.geodata.locale import LOCALE_DATA
from scrubadub.detectors import Detector
from scrubadub.filth import Filth, PhoneFilth

from core.redaction import model
from core.redaction.detectors.base import Span
from core.redaction.detectors.postal import AddressFilth
from core.redaction.detectors.wordwise import WORD, Marks, Table, grow, read, runs
from core.redaction.masking import HOLE_SIGN, back, view

# Thresholds of the mean probability of a word, tuned on labelled text (half of its frames; the
# other half confirmed them). The model reads everything in lower case, so case is weighed here.
PERSON_CASED = 0.35
PERSON_LOWER = 0.7  # in a text without any capitalised word
PERSON_LOWER_AMID = 0.9  # in one where names would have a capital
PERSON_UPPER = 0.6
PERSON_BESIDE = 0.05  # a capitalised word beside a name: the surname the model has never seen
ADDRESS = 0.4
ADDRESS_BESIDE = 0.05  # beside a part of an address
PHONE = 0.4

_NAME = ("GIVEN_NAME", "SURNAME")
_PLACE = ("BUILDING_NUMBER", "STREET_NAME", "SECONDARY_ADDRESS", "ZIP_CODE", "CITY", "STATE")
_STREET, _SECONDARY, _ZIP, _CITY, _STATE = 1, 2, 3, 4, 5

_NAME_GAP = re.compile(r"[ \t\xa0]{0,3}\.?[ \t\xa0]{0,3}")
_CAPITALISED = re.compile(rf"\b[A-Z][a-z]|{HOLE_SIGN}")
_INITIAL = re.compile(r"[^\W\d_]\Z")
_PLACE_GAP = re.compile(r"[\s,.;:/#()-]{0,12}|[\s.]{1,3}(?:and|&)\s{1,3}")
_PHONE_GAP = re.compile(r"[ ()./+-]{0,3}")
_CODE_WORDS = frozenset({*keyword.kwlist, *dir(builtins), "param", "meth", "args", "kwargs"})
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
_NEIGHBOUR = 60  # characters from a proved address within which a bare number is part of it


class PersonFilth(Filth):  # type: ignore[misc]
    type = "person"


class Names(Detector):  # type: ignore[misc]
    """Reads all documents in one go; the only detector that needs the model."""

    name = "rampart"

    def iter_filth_documents(
        self, document_list: Sequence[str], document_names: Sequence[str | None]
    ) -> Iterator[Filth]:
        views = [view(text) for text in document_list]
        reader = model.rampart()
        readings = reader.read([each.text for each in views])
        for text, name, seen, tokens in zip(
            document_list, document_names, views, readings, strict=True
        ):
            words, table = read(seen.text, tokens)
            for cls, first, last in _judge(seen.text, words, table, reader.kinds):
                start, end = back(seen, first), back(seen, last - 1) + 1
                yield cls(
                    beg=start,
                    end=end,
                    text=text[start:end],
                    detector_name=self.name,
                    document_name=name,
                    locale=self.locale,
                )


def _judge(
    text: str, words: Sequence[Span], table: Table, kinds: Sequence[str]
) -> Iterator[tuple[type[Filth], int, int]]:
    if not words:
        return
    columns = [kinds.index(kind) for kind in _PLACE]
    for start, end in _persons(text, words, table[:, [kinds.index(k) for k in _NAME]].sum(axis=1)):
        yield PersonFilth, start, end
    for start, end in _addresses(text, words, table[:, columns]):
        yield AddressFilth, start, end
    phone = table[:, kinds.index("PHONE")] >= PHONE
    for first, last in runs(text, words, phone, _PHONE_GAP):
        start, end = words[first][0], words[last][1]
        digits = sum(map(str.isdigit, text[start:end]))
        least = 9 if text[start:end].isdigit() else 6
        if least <= digits <= 15:  # ITU-T E.164
            while not text[end - 1].isdigit():
                end -= 1
            while start and text[start - 1] in "+(":
                start -= 1
            yield PhoneFilth, start, end


def _persons(text: str, words: Sequence[Span], name: Table) -> Iterator[Span]:
    sure = np.zeros(len(words), bool)
    beside = np.zeros(len(words), bool)
    cased_text = _CAPITALISED.search(text)
    lower = PERSON_LOWER_AMID if cased_text else PERSON_LOWER
    for index in np.flatnonzero(name >= PERSON_BESIDE).tolist():
        start, end = words[index]
        word = text[start:end]
        if _is_code(text, start, end):
            continue
        cased = word[0].isupper()
        limit = PERSON_UPPER if len(word) > 1 and word.isupper() else PERSON_CASED
        sure[index] = name[index] >= (limit if cased else lower)
        beside[index] = cased
    beside |= [bool(_INITIAL.match(text[start:end])) for start, end in words]
    grow(text, words, sure, beside, _NAME_GAP)
    spans = []
    for first, last in runs(text, words, sure, _NAME_GAP):
        spans.append((words[first][0], words[last][1]))
    yield from spans
    yield from _again(text, words, sure, spans)


def _again(text: str, words: Sequence[Span], sure: Marks, spans: Iterable[Span]) -> Iterator[Span]:
    """Other places where a word of a person's full name stands by itself, capitalised."""
    known = {
        word
        for start, end in spans
        if len(parts := WORD.findall(text, start, end)) > 1
        for word in parts
        if len(word) > 2 and word[0].isupper()
    }
    for index, (start, end) in enumerate(words):
        if not sure[index] and text[start:end] in known:
            yield start, end


def _is_code(text: str, start: int, end: int) -> bool:
    word = text[start:end]
    return (
        any(c.isdigit() or c == "_" for c in word)
        or word in _CODE_WORDS
        or text[end : end + 1] in tuple("(=[")
        or text[start - 1 : start] in tuple("@\\$")
        or bool(re.search(r"[a-z]{2}[A-Z]|^[A-Z]{2,}[a-z]{2}|\.[a-z]", word))
    )


def _addresses(text: str, words: Sequence[Span], place: Table) -> Iterator[Span]:
    total = place.sum(axis=1)
    sure: Marks = total >= ADDRESS
    if not sure.any():
        return
    beside: Marks = total >= ADDRESS_BESIDE
    grow(text, words, sure, beside, _PLACE_GAP)
    kinds = place.argmax(axis=1)
    spans: list[Span] = []
    proved: list[Span] = []
    for first, last in runs(text, words, sure, _PLACE_GAP):
        start, end = words[first][0], words[last][1]
        spans.append((start, end))
        if _proves(kinds[first : last + 1]) and any(map(str.isalpha, text[start:end])):
            proved.append((start, end))
    for start, end in spans:
        # Spans are sorted and disjoint, so of those that begin early enough the last is nearest.
        nearest = bisect_left(proved, (end + _NEIGHBOUR,)) - 1
        if nearest >= 0 and proved[nearest][1] > start - _NEIGHBOUR:
            lead = _LEAD.search(text, max(0, start - 24), start)
            country = _COUNTRY.match(text, end)
            yield lead.start() if lead else start, country.end() if country else end


def _proves(kinds: npt.NDArray[np.int64]) -> bool:
    """Whether parts make an address: a street or a flat, or a postal code with its place."""
    present = set(kinds.tolist())
    return len(kinds) > 1 and (
        _STREET in present
        or _SECONDARY in present
        or (_ZIP in present and bool(present & {_CITY, _STATE}))
    )

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
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from phonenumbers.geodata.locale import LOCALE_DATA
from scrubadub.detectors import Detector
from scrubadub.filth import Filth, PhoneFilth

from core.redaction import model
from core.redaction.detectors.base import Span
from core.redaction.detectors.postal import AddressFilth
from core.redaction.masking import back, view

# Thresholds of the mean probability of a word, tuned on labelled text (half of its frames; the
# other half confirmed them). The model reads everything in lower case, so case is weighed here.
PERSON_CASED = 0.35
PERSON_LOWER = 0.7
PERSON_UPPER = 0.6
PERSON_BESIDE = 0.05  # a capitalised word beside a name: the surname the model has never seen
ADDRESS = 0.4
ADDRESS_BESIDE = 0.05  # beside a part of an address
PHONE = 0.4

_NAME = ("GIVEN_NAME", "SURNAME")
_PLACE = ("BUILDING_NUMBER", "STREET_NAME", "SECONDARY_ADDRESS", "ZIP_CODE", "CITY", "STATE")
_STREET, _SECONDARY, _ZIP = 1, 2, 3

_WORD = re.compile(r"\w+(?:['’.-](?!s\b)\w+)*")
_NAME_GAP = re.compile(r"[ \t\xa0]{0,3}\.?[ \t\xa0]{0,3}")
_INITIAL = re.compile(r"[^\W\d_]\Z")
_PLACE_GAP = re.compile(r"[\s,.;:/#()-]{0,12}|[\s.]{1,3}(?:and|&)\s{1,3}")
_CODE_WORDS = frozenset({*keyword.kwlist, *dir(builtins), "param", "meth", "args", "kwargs"})
_LEAD = re.compile(
    r"(?:(?:p\.? ?o\.? box|box|apt|apartment|suite|ste|unit|flat|floor|psc|cmr|room|no|nr"
    r"|(?:the )?corner of)\b[.:#]?[ \t]{1,2})+\Z",
    re.IGNORECASE,
)
_COUNTRY = re.compile(
    r"[,\s]{1,4}(?:"
    + "|".join(sorted({re.escape(each["en"]) for each in LOCALE_DATA.values() if "en" in each}))
    + r"|USA?|UK)\b(?:[ ]?\([A-Z][a-z]{2,20}\))?(?:[,\s]{1,3}[A-Z0-9-]{3,10}\b)?"
)
_NEIGHBOUR = 60  # characters from a proved address within which a bare number is part of it

Table = npt.NDArray[np.float32]
Marks = npt.NDArray[np.bool_]


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
            words, table = _words(seen.text, tokens)
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


def _words(text: str, tokens: model.Tokens) -> tuple[list[Span], Table]:
    """Words that have tokens, each with the mean of its tokens' probabilities."""
    words: list[Span] = []
    rows: list[Table] = []
    offsets = tokens.offsets
    index, count = 0, len(offsets)
    for match in _WORD.finditer(text):
        while index < count and offsets[index][1] <= match.start():
            index += 1
        first = index
        while index < count and offsets[index][0] < match.end():
            index += 1
        if index > first:
            words.append(match.span())
            rows.append(tokens.scores[first:index].mean(axis=0))
    return words, np.stack(rows) if rows else np.zeros((0, tokens.scores.shape[1]), np.float32)


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
    for first, last in _runs(text, words, phone, re.compile(r"[ ()./+-]{0,3}")):
        start, end = words[first][0], words[last][1]
        if 6 <= sum(map(str.isdigit, text[start:end])) <= 17:
            while start and text[start - 1] in "+(":
                start -= 1
            yield PhoneFilth, start, end


def _persons(text: str, words: Sequence[Span], name: Table) -> Iterator[Span]:
    sure = np.zeros(len(words), bool)
    beside = np.zeros(len(words), bool)
    for index in np.flatnonzero(name >= PERSON_BESIDE):
        start, end = words[index]
        word = text[start:end]
        if _is_code(text, start, end):
            continue
        cased = word[0].isupper()
        limit = PERSON_UPPER if len(word) > 1 and word.isupper() else PERSON_CASED
        sure[index] = name[index] >= (limit if cased else PERSON_LOWER)
        beside[index] = cased
    beside |= [bool(_INITIAL.match(text[start:end])) for start, end in words]
    _grow(text, words, sure, beside, _NAME_GAP)
    spans = []
    for first, last in _runs(text, words, sure, _NAME_GAP):
        spans.append((words[first][0], words[last][1]))
    yield from spans
    yield from _again(text, words, sure, spans)


def _again(
    text: str, words: Sequence[Span], sure: Marks, spans: Iterable[Span]
) -> Iterator[Span]:
    """Other places where a word of a person's full name stands by itself, capitalised."""
    known = {
        word
        for start, end in spans
        if len(parts := _WORD.findall(text, start, end)) > 1
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
        or bool(re.search(r"[a-z]{2}[A-Z]|\.[a-z]", word))
    )


def _addresses(text: str, words: Sequence[Span], place: Table) -> Iterator[Span]:
    total = place.sum(axis=1)
    sure: Marks = total >= ADDRESS
    if not sure.any():
        return
    beside: Marks = total >= ADDRESS_BESIDE
    _grow(text, words, sure, beside, _PLACE_GAP)
    kinds = place.argmax(axis=1)
    runs = list(_runs(text, words, sure, _PLACE_GAP))
    proved = [_proves(kinds[first : last + 1]) for first, last in runs]
    for (first, last), proof in zip(runs, proved, strict=True):
        start, end = words[first][0], words[last][1]
        near = proof or any(
            words[a][0] - end < _NEIGHBOUR and start - words[b][1] < _NEIGHBOUR
            for (a, b), other in zip(runs, proved, strict=True)
            if other
        )
        if near:
            lead = _LEAD.search(text, max(0, start - 24), start)
            country = _COUNTRY.match(text, end)
            yield lead.start() if lead else start, country.end() if country else end


def _proves(kinds: npt.NDArray[np.int64]) -> bool:
    """Whether parts make an address: a street or a flat, or a code with a place or a number."""
    present = set(kinds.tolist())
    return len(kinds) > 1 and (
        _STREET in present or _SECONDARY in present or (_ZIP in present and len(present) > 1)
    )


def _grow(
    text: str, words: Sequence[Span], sure: Marks, beside: Marks, gap: re.Pattern[str]
) -> None:
    """Make `sure` (in place) of words that are `beside` one of which we are, on either side."""
    for step in (1, -1):
        order = range(1, len(words)) if step == 1 else range(len(words) - 2, -1, -1)
        for index in order:
            other = index - step
            if beside[index] and not sure[index] and sure[other]:
                left, right = min(index, other), max(index, other)
                if gap.fullmatch(text, words[left][1], words[right][0]):
                    sure[index] = True


def _runs(
    text: str, words: Sequence[Span], marked: Marks, gap: re.Pattern[str]
) -> Iterator[Span]:
    """First and last index of each run of marked words with nothing but `gap` between them."""
    first = last = -1
    for index in np.flatnonzero(marked).tolist():
        if last == index - 1 and last >= 0 and gap.fullmatch(
            text, words[last][1], words[index][0]
        ):
            last = index
            continue
        if last >= 0:
            yield first, last
        first = last = index
    if last >= 0:
        yield first, last

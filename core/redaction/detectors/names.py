"""Persons, addresses and telephone numbers by the model, judged word by word.

Raw sub-word output is unusable (half a surname, a comma), so a word gets the mean of its
sub-words, and `persons` and `places` decide what the words make. Code is masked before the model
reads a text, since identifiers look like names to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scrubadub.detectors import Detector
from scrubadub.filth import Filth, PhoneFilth

from core.redaction import model
from core.redaction.budget import Budget
from core.redaction.detectors import persons, places
from core.redaction.detectors.base import Span
from core.redaction.detectors.postal import AddressFilth
from core.redaction.detectors.technical import Register
from core.redaction.detectors.wordwise import Table, read, runs
from core.redaction.masking import back, view

PHONE = 0.4

_NAME = ("GIVEN_NAME", "SURNAME")
_RUNG = re.compile(r"(?i)\b(?:phone|call|mobile|cell|tel|fax|sms|contact)\b[^\n■]{0,24}\Z")
_DIGITS = re.compile(r"[0-9]+")
_PHONE_GAP = re.compile(r"[ ()./+-]{0,3}")


class PersonFilth(Filth):  # type: ignore[misc]
    type = "person"


class Names(Detector):  # type: ignore[misc]
    """Reads all documents in one go; the only detector that needs the model.

    person, address: the least probability of a word that is part of one.
    """

    name = "rampart"

    def __init__(self, person: float = persons.LEAST, address: float = places.LEAST) -> None:
        super().__init__()
        self._least_person = person
        self._least_address = address

    def iter_filth_documents(
        self,
        document_list: Sequence[str],
        document_names: Sequence[str | None],
        budget: Budget | None = None,
    ) -> Iterator[Filth]:
        views = [view(text) for text in document_list]
        reader = model.rampart()
        readings = reader.read([each.text for each in views], budget)
        for text, name, seen, tokens in zip(
            document_list, document_names, views, readings, strict=True
        ):
            if not tokens.offsets:
                continue  # no sentence of it can hold anything
            spans, table = read(seen.text, tokens)
            register = Register(text, seen.text)
            for cls, first, last in self._judge(seen.text, spans, table, reader.kinds, register):
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
        self,
        text: str,
        spans: Sequence[Span],
        table: Table,
        kinds: Sequence[str],
        register: Register,
    ) -> Iterator[tuple[type[Filth], int, int]]:
        if not spans:
            return
        name = table[:, [kinds.index(kind) for kind in _NAME]].sum(axis=1)
        parts = table[:, [kinds.index(kind) for kind in places.PARTS]]
        place = parts.sum(axis=1)
        for start, end in persons.persons(text, spans, name, place, register, self._least_person):
            yield PersonFilth, start, end
        for start, end in places.addresses(text, spans, parts, register, self._least_address):
            yield AddressFilth, start, end
        phone = table[:, kinds.index("PHONE")] >= PHONE
        for start, end in _phones(text, spans, phone):
            if not register.technical(start) or _RUNG.search(text, max(0, start - 40), start):
                yield PhoneFilth, start, end


def _phones(text: str, spans: Sequence[Span], marked: npt.NDArray[np.bool_]) -> Iterator[Span]:
    for first, last in runs(text, spans, marked, _PHONE_GAP):
        start, end = spans[first][0], spans[last][1]
        digits = sum(map(str.isdigit, text[start:end]))
        least = 9 if text[start:end].isdigit() else 6
        groups = len(_DIGITS.findall(text, start, end))
        if least <= digits <= 15 and digits >= 2 * groups:  # ITU-T E.164; "0-3 1-2" is no number
            while not text[end - 1].isdigit():
                end -= 1
            while start and text[start - 1] in "+(":
                start -= 1
            yield start, end

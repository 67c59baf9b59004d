"""Telephone numbers: scrubadub's library decides, on what a linear pattern proposes.

`phonenumbers.PhoneNumberMatcher` gives up silently after 65,535 tries in a text, is slow on tables
of figures, and takes any ten digits for a number of the United States. So patterns propose and
`phonenumbers` only validates; digits without any formatting count only beside a word like "call".
Beyond the numbers of the United States a country code after "+" or the usual grouping of a
national number ("0489 25 37 29") is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from scrubadub.detectors import PhoneDetector

from core.redaction.detectors.base import Span, SpanDetector

_RUN = re.compile(
    r"(?<![\w.+])(?:\+|\(\+?)?[0-9](?:[-./() ]{0,3}[0-9]){6,40}"
    r"(?:[ ,]{0,2}(?:x|ext\.?|extension|#)[ .:]{0,2}[0-9]{1,6})?(?![0-9])",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"(?:phone|call|cell|mobile|tel|fax|dial|text(?:ed|ing)?|sms|messages?|whatsapp|reach|contact"
    r"|ring|number|voicemail|hotline|helpline)\b[^\n0-9]{0,40}\Z",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[ -]{0,2}\(?(?:office|fax|cell|mobile|home|work)\b", re.IGNORECASE)
_EXTENSION = re.compile(
    r"[ ,]{0,2}(?:x|ext\.?|extension|#)[ .:]{0,2}[0-9]{1,6}(?![0-9])", re.IGNORECASE
)
_AMERICAN = re.compile(
    r"(?<![0-9])(?:\(?1\)?[-. ]{0,2})?\(?[2-9][0-9]{2}\)?[-./ ]{0,3}[2-9][0-9]{2}[-./ ]{0,3}"
    r"[0-9]{4}(?![0-9])"
)
_COUNTRY = re.compile(
    r"(?:\+[1-9]|(?<![\w.])(?:00[1-9]|011[- ])(?=[0-9]{0,4}[-./() ]))"
    r"(?:[-./() ]{0,3}[0-9]){7,14}(?![0-9])"
)
_NATIONAL = re.compile(
    r"(?<![\w.-])0[1-9][0-9]{0,3}(?:(?: [0-9]{2,4}){2,4}|(?:[-/][0-9]{2,4}){2,4}"
    r"|(?:\.[0-9]{2}){4})(?![\w-]|[./ ][0-9])"
)
_MOST_DIGITS = 17


@lru_cache(maxsize=8192)
def _valid(number: str, region: str) -> bool:
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(number, region)))
    except phonenumbers.NumberParseException:
        return False


class Phone(SpanDetector, PhoneDetector):  # type: ignore[misc]
    """Numbers valid in the United States, with a country code, or grouped; others by a cue."""

    needs = r"[0-9](?:[-./() ]{0,3}[0-9]){6}"

    def spans(self, text: str) -> Iterator[Span]:
        for run in _RUN.finditer(text):
            start, end = run.span()
            cued = bool(_CUE.search(text, max(0, start - 60), start) or _LABEL.match(text, end))
            if run.group().isdigit() and not cued:
                continue
            found = False
            for number in _AMERICAN.finditer(text, start, end):
                if (cued or not number.group().isdigit()) and _valid(number.group(), self.region):
                    extension = _EXTENSION.match(text, number.end())
                    yield number.start(), extension.end() if extension else number.end()
                    found = True
            if not found and cued and sum(map(str.isdigit, run.group())) <= _MOST_DIGITS:
                yield start, end
        for match in _COUNTRY.finditer(text):
            yield match.span()
        for match in _NATIONAL.finditer(text):
            if 9 <= sum(map(str.isdigit, match.group())) <= 11:
                yield match.span()

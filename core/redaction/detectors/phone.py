"""Telephone numbers: scrubadub's library decides, on what a linear pattern proposes.

`phonenumbers.PhoneNumberMatcher` gives up silently after 65,535 tries in a text, is slow on tables
of figures, and takes any ten digits for a number of the United States. So patterns propose and
`phonenumbers` only validates; digits without any formatting count only beside a word like "call".
Beyond the numbers of the United States a country code after "+" or the usual grouping of a
national number ("0489 25 37 29") is enough. Patterns begin with what they match and look behind
afterwards: Python then skips to the characters that one can begin with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from scrubadub.detectors import PhoneDetector

from core.redaction.detectors.base import Span, SpanDetector

_RUN = re.compile(
    r"[+(0-9](?<![\w.+][+(0-9])(?:(?<=[0-9])|(?<=\+)[0-9]|(?<=\()\+?[0-9])"
    r"(?:[-./() ]{0,3}[0-9]){6,40}"
    r"(?:[ ,]{0,2}(?:x|ext\.?|extension|#)[ .:]{0,2}[0-9]{1,6})?(?![0-9])",
    re.IGNORECASE,
)
_CUES = (
    r"\b(?:(?:tele|cell|smart)?phone|telefon|call|cell|mobile|tel|fax|dial|text(?:ed|ing)?|sms"
    r"|messages?|whatsapp|reach|contact|ring|number|voicemail|hotline|helpline|desk|direct|landline"
    r"|office)\b"
)
_CUE = re.compile(_CUES + r"[^\n0-9\ue000]{0,40}\Z", re.IGNORECASE)
_LABELS = (
    r"(?:[ -]{0,2}\(?(?:office|fax|cell|mobile|home|work)\b"
    r"|[ ]is[ ](?:my|our|his|her|the)[ ](?:[a-z]{2,10}[ ])?(?:number|phone|mobile|cell|landline)\b)"
)
_LABEL = re.compile(_LABELS, re.IGNORECASE)
_EXTENSIONS = r"[ ,]{0,2}(?:x|ext\.?|extension|#)[ .:]{0,2}[0-9]{1,6}"
_EXTENSION = re.compile(_EXTENSIONS + "(?![0-9])", re.IGNORECASE)
_AMERICAN = re.compile(
    r"(?<![0-9])(?:\(?1\)?[-. ]{0,2})?\(?[2-9][0-9]{2}\)?[-./ ]{0,3}[2-9][0-9]{2}[-./ ]{0,3}"
    r"[0-9]{4}(?![0-9])"
)
_COUNTRY = re.compile(
    r"[+0](?:(?<=\+)[1-9]|(?<=0)(?<![\w.]0)(?:0[1-9]|11[- ])(?=[0-9]{0,4}[-./() ]))"
    r"(?:[-./() ]{0,3}[0-9]){7,14}(?![0-9]|[eEjJ][-+0-9]|[jJ]\b)"  # "+1.00660462j" is a number
)
_NATIONAL = re.compile(
    r"0(?<![\w.-]0)[1-9][0-9]{0,3}(?:(?: [0-9]{2,4}){2,4}|(?:[-/][0-9]{2,4}){2,4}"
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

    _seven = r"[0-9](?:[-./() ]{0,3}[0-9]){6}"
    needs = (
        r"(?:^|[^0-9])[2-9][0-9]{2}\)?[-./ ]{0,3}[2-9][0-9]{2}[-./ ]{0,3}[0-9]{4}(?:[^0-9]|$)"
        r"|(?:^|[^0-9])1\)?[-. ]{0,2}\(?[2-9][0-9]{2}\)?[-./ ]{0,3}[2-9][0-9]{2}[-./ ]{0,3}[0-9]{4}"
        r"|\+[1-9](?:[-./() ]{0,3}[0-9]){7}"
        r"|(?:^|[^\w.])(?:00[1-9][0-9]{0,4}|011)[-./() ]{1,3}[0-9]"
        r"|(?:^|[^\w.-])0[1-9][0-9]{0,3}(?:(?: [0-9]{2,4}){2}|(?:[-/][0-9]{2,4}){2}"
        r"|(?:\.[0-9]{2}){4})"
        rf"|(?i:{_CUES})[^\n0-9\x{{e000}}]*{_seven}|{_seven}(?i:(?:{_EXTENSIONS})?{_LABELS})"
    )

    def spans(self, text: str) -> Iterator[Span]:
        for run in _RUN.finditer(text):
            start, end = run.span()
            cued = bool(_CUE.search(text, max(0, start - 60), start) or _LABEL.match(text, end))
            if run.group().isdigit() and not cued:
                continue
            found = False
            for number in _AMERICAN.finditer(text, start, end):
                if (cued or not number.group().isdigit()) and _valid(number.group(), self.region):
                    yield number.start(), _with_extension(text, number.end())
                    found = True
            if not found and cued and sum(map(str.isdigit, run.group())) <= _MOST_DIGITS:
                yield start, end
        for match in _COUNTRY.finditer(text):
            yield match.start(), _with_extension(text, match.end())
        for match in _NATIONAL.finditer(text):
            if 9 <= sum(map(str.isdigit, match.group())) <= 11:
                yield match.start(), _with_extension(text, match.end())


def _with_extension(text: str, end: int) -> int:
    extension = _EXTENSION.match(text, end)
    return extension.end() if extension else end

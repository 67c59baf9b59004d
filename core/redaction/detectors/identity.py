"""Numbers that mean a person only beside their name: accounts, medical records, dates of birth.

By itself "20304455" is any number. What stands before it says whose, so each detector is a list of
such words and the shape of a value after them; the words stay, the value is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scrubadub.filth import Filth

from core.redaction.detectors.base import Span, SpanDetector, linear

_NUMBER = r"(?:[ \t_-]{0,2}(?:numbers?|no\.?|nr\.?|num|id|code|reference|ref\.?|#))"
_IS = r"[\"'`*]{0,2}(?:[ \t]{0,3}(?:[:=#]|\bis\b|\bwas\b)){0,2}[ \t]{0,3}[\"'`*#]{0,3}"
_PREFIX = r"(?:[A-Z]{1,5}[-/ ]?|[a-z]{1,5}-)?"
_VALUE = rf"({_PREFIX}[0-9][0-9A-Z]*(?:[-/.][0-9A-Z]*[0-9][0-9A-Z]*|[ ][0-9]{{2,}})*)\b"
_SOLID = r"([A-Z0-9][A-Z0-9-]{3,24}[A-Z0-9])\b"
_DAY = re.compile(
    r"(?:19|20)[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:19|20)[0-9]{2}"
)


def _cues(*cues: str) -> str:
    """A pattern for any of `cues`; a space in one is any joint."""
    return r"(?i:\b(?:" + "|".join(cue.replace(" ", "[ _-]?") for cue in cues) + r")(?:\b|_))"


def _form(cue: str, value: str) -> re.Pattern[str]:
    pattern: re.Pattern[str] = linear(f"{cue}\\.?(?i:{_NUMBER}{{0,2}}{_IS}){value}")
    return pattern


class _Cued(SpanDetector):
    """A value after a cue, with at least `least` digits in it."""

    least = 5
    most = 24
    form: re.Pattern[str]

    def spans(self, text: str) -> Iterator[Span]:
        for match in self.form.finditer(text):
            if text[max(0, match.start() - 5) : match.start()].lower() == "into ":
                continue  # to take something into account
            digits = sum(map(str.isdigit, match.group(1)))
            if self.least <= digits <= self.most and not _DAY.fullmatch(match.group(1)):
                yield match.span(1)


class MedicalRecordFilth(Filth):  # type: ignore[misc]
    type = "medical_record"


class MedicalRecord(_Cued):
    """`MRN 00482913`, `patient id: A-48213`, `NHS number 943 476 5919`."""

    name = "medical_record"
    filth_cls = MedicalRecordFilth
    least = 4
    _cue = _cues(
        "mrn",
        "medical record",
        "patient (?:id|no|number|record)",
        "chart (?:no|number|id)",
        "hospital (?:no|number|id)",
        "nhs (?:no|number)",
        "health (?:card|insurance|plan)",
        "medicare",
        "medicaid",
        "mbi",
        "hicn",
    )
    form = _form(_cue, _VALUE)
    needs = form.pattern


class AccountFilth(Filth):  # type: ignore[misc]
    type = "account"


class Account(_Cued):
    """`account number: 31926819`, `sort code 04-00-04`, `customer no. 4711-0815`."""

    name = "account"
    filth_cls = AccountFilth
    _cue = _cues(
        "account",
        "acct",
        "a/c",
        "routing",
        "aba",
        "sort code",
        "bsb",
        "bank details",
        "customer (?:id|no|number)",
        "client (?:id|no|number)",
        "member(?:ship)? (?:id|no|number)",
        "policy (?:id|no|number)",
        "loan (?:id|no|number)",
        "konto(?:nummer)?",
        "kundennummer",
    )
    form = _form(_cue, _VALUE)
    needs = form.pattern


class IdNumberFilth(Filth):  # type: ignore[misc]
    type = "id_number"


class IdNumber(_Cued):
    """`passport no. C01X00T47`, `driver's license D1234567`, `VAT id`, `national insurance`."""

    name = "id_number"
    filth_cls = IdNumberFilth
    least = 4
    _cue = _cues(
        "passport",
        "driv(?:er'?s?|ing) licen[cs]e",
        "tax(?:payer)? (?:id|number|no)",
        "itin",
        "national (?:id|insurance|identity)",
        "ni number",
        "identity card",
        "id card",
        "residen(?:ce|t) permit",
        "social insurance",
        "visa (?:no|number)",
        "licen[cs]e plate",
        "steuer id",
        "personalausweis",
    )
    form = _form(_cue, _SOLID)
    needs = form.pattern


_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|januar|februar|märz|mai|juni|juli|oktober|dezember)"
)
_DATE = (
    r"([0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{2,4}"
    r"|[0-9]{1,2}(?:st|nd|rd|th|\.)?[ ](?:of[ ])?" + _MONTH + r"\.?,?[ ][0-9]{2,4}"
    r"|" + _MONTH + r"\.?[ ][0-9]{1,2}(?:st|nd|rd|th)?,?[ ][0-9]{2,4})\b"
)


class DateOfBirthFilth(Filth):  # type: ignore[misc]
    # Not scrubadub's own, which holds nobody under 18 for a person.
    type = "date_of_birth"


class DateOfBirth(SpanDetector):
    """The date after "born", "DOB", "date of birth", "birthday"; not a year alone."""

    name = "date_of_birth"
    filth_cls = DateOfBirthFilth
    _form = linear(
        r"(?i:(?:\bborn|\bd\.?o\.?b\.?|\bbirth[ -]?(?:date|day)|\bdate[ ]of[ ]birth|\bgeboren"
        r"|\bgeb\.|\bgeburts(?:datum|tag))[\"'`*]{0,2}(?:[ ]\([^()\n\x{e000}]{0,20}\))?"
        r"[ \t]{0,2}(?:(?:is|was|on|am|the|[:=,-])[ \t]{0,2}){0,3}[\"'`*]{0,2}" + _DATE + ")"
    )
    needs = _form.pattern

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._form.finditer(text):
            yield match.span(1)

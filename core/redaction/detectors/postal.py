"""Addresses by their form alone: military mail, post boxes, and a postal code that is named so.

The model knows streets but hardly these, and by itself a number is no address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scrubadub.filth import Filth

from core.redaction.detectors.base import Span, SpanDetector


class AddressFilth(Filth):  # type: ignore[misc]
    type = "address"


class MilitaryMail(SpanDetector):
    """`PSC 0413, Box 8144 APO AA 42323` and its kin (USPS Publication 28, section 22)."""

    name = "military_mail"
    filth_cls = AddressFilth
    needs = r"(?i)\ba[aep]\s+[0-9]{5}"
    _form = re.compile(
        r"\b(?:(?:PSC|Unit|CMR|OPC)\s{1,3}[0-9]{1,6}(?:[,\s]{1,3}Box\s{1,3}[0-9]{1,6})?"
        r"|US(?:S|NS|NV|CGC)\s{1,3}\w{2,30})[,\s]{1,4}"
        r"(?:APO|DPO|FPO)[,\s]{1,3}A[AEP]\s{1,3}[0-9]{5}(?:-[0-9]{4})?\b",
        re.IGNORECASE,
    )

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._form.finditer(text):
            yield match.span()


class PostalCode(SpanDetector):
    """The code after "zip code", "postcode" and the like; not the words themselves."""

    name = "postal_code"
    filth_cls = AddressFilth
    needs = (
        r"(?i)\b(?:zip(?:[ -]?code)?|post(?:al)?[ -]?code|PLZ|CEP)[ \t]*(?:number[ \t]+)?"
        r"(?:is[ \t]+|[:=#][ \t]*)?[A-Z]{0,2}[0-9]"
    )
    _named = re.compile(
        r"\b(?:zip(?:[ -]?code)?|post(?:al)?[ -]?code|PLZ|CEP)\b[ \t]{0,3}"
        r"(?:number[ \t]{1,3})?(?:is[ \t]{1,3}|[:=#][ \t]{0,3})?"
        r"([A-Z]{0,2}[0-9][A-Z0-9]{0,7}(?:[- ](?=[A-Z0-9]*[0-9])[A-Z0-9]{2,5}|[ ][A-Z]{2}\b)?)\b",
        re.IGNORECASE,
    )

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._named.finditer(text):
            if sum(map(str.isdigit, match.group(1))) >= 2:
                yield match.span(1)


class PostBox(SpanDetector):
    """`P.O. Box 211`."""

    name = "post_box"
    filth_cls = AddressFilth
    needs = r"(?i)box\s+[0-9]"
    _form = re.compile(r"\b(?:P\.? ?O\.? ?|Post(?:al)? (?:Office )?)Box\s{1,3}[0-9]{1,7}\b", re.I)

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._form.finditer(text):
            yield match.span()

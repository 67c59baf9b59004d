"""Numbers that prove themselves: payment cards, IBANs, social security numbers, IP addresses.

A linear pattern proposes, a checksum or a parser decides. That keeps the patterns loose about
separators and the findings few.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

import stdnum.iban
import stdnum.luhn
import stdnum.us.ssn
from scrubadub.detectors import CreditCardDetector
from scrubadub.detectors.en_US import SocialSecurityNumberDetector
from scrubadub.filth import Filth

from core.redaction.detectors.base import Span, SpanDetector, loose

_GROUP = re.compile(r"[0-9]+")


class Card(SpanDetector, CreditCardDetector):  # type: ignore[misc]
    """12 to 19 digits, also in groups split by one space or dash, of a known issuer; Luhn."""

    _run = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){11,}")
    # Issuer ranges: Visa, Mastercard, American Express, Diners, JCB, Discover, UnionPay, Maestro
    # (ISO/IEC 7812 issuer identification numbers as the networks publish them).
    _issuer = re.compile(
        r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)\d*(?<=\A\d{16})"
        r"|3[47]\d{13}|3(?:0[0-59]|[689])\d{11,16}|(?:2131|1800)\d{11}|35\d{13,17}"
        r"|(?:6|5[0678])\d{10,17}"
    )

    def spans(self, text: str) -> Iterator[Span]:
        for run in self._run.finditer(text):
            groups = [m.span() for m in _GROUP.finditer(text, run.start(), run.end())]
            index = 0
            while index < len(groups):
                last = self._card(text, groups, index)
                if last is None:
                    index += 1
                else:
                    yield groups[index][0], groups[last][1]
                    index = last + 1

    def _card(self, text: str, groups: list[Span], first: int) -> int | None:
        """The index of the last group of the longest card that begins at `first`."""
        digits, found = "", None
        for last in range(first, min(first + 6, len(groups))):
            start, end = groups[last]
            if end - start > 19:
                break
            digits += text[start:end]
            if len(digits) > 19:
                break
            if last > first and groups[first][1] - groups[first][0] not in (4, 6):
                break
            if len(digits) >= 12 and self._issuer.fullmatch(digits) and stdnum.luhn.is_valid(digits):
                found = last
        if found is not None and not loose(text, groups[first][0], groups[found][1], "_"):
            return None
        return found


class IbanFilth(Filth):  # type: ignore[misc]
    type = "iban"


class Iban(SpanDetector):
    """Country, check digits and account, also in groups; the country's format and mod 97."""

    name = "iban"
    filth_cls = IbanFilth
    _head = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}")

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._head.finditer(text):
            start, compact, found = match.start(), "", None
            for position in range(start, match.end()):
                char = text[position]
                if char in " -":
                    continue
                compact += char
                ends = not text[position + 1 : position + 2].isalnum()
                if ends and len(compact) >= 15:
                    if stdnum.iban.is_valid(compact, check_country=False):
                        found = position + 1
            if found:
                yield start, found


class Ssn(SpanDetector, SocialSecurityNumberDetector):  # type: ignore[misc]
    """`123-45-6789` with dashes, dots or spaces; bare digits only after "SSN" or its long name."""

    _split = re.compile(r"(?<![\w.-])[0-9]{3}([-. ])[0-9]{2}\1[0-9]{4}(?![\w-]|\.[0-9])")
    _bare = re.compile(
        r"\b(?:ssn|social\s{1,3}security(?:\s{1,3}(?:number|no\.?|#))?)[^\w\n]{0,4}"
        r"(?:(?:is|number|no|num)[^\w\n]{1,4})?([0-9]{9})(?![\w])",
        re.IGNORECASE,
    )

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._split.finditer(text):
            if stdnum.us.ssn.is_valid(re.sub(r"\D", "", match.group())):
                yield match.span()
        for match in self._bare.finditer(text):
            yield match.span(1)


class IpFilth(Filth):  # type: ignore[misc]
    type = "ip"


class Ip(SpanDetector):
    """IPv4 and IPv6 as `ipaddress` reads them; loopback, wildcard and masks name nobody."""

    name = "ip"
    filth_cls = IpFilth
    _four = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w]|\.[0-9])")
    _six = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{2,39}(?:(?<=:)[0-9]{1,3}(?:\.[0-9]{1,3}){3})?(?![\w:])")
    _version = re.compile(r"(?:\bv|\bver\.?|\bversions?|\brelease|==|>=|<=|~=)\s*\Z", re.IGNORECASE)

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._four.finditer(text):
            if self._names(match.group()) and not self._version.search(
                text, max(0, match.start() - 12), match.start()
            ):
                yield match.span()
        if "::" in text or text.count(":") >= 7:
            for match in self._six.finditer(text):
                value = match.group()
                filled = [group for group in value.split(":") if group]
                # "1::2" is a slice and "a::b" a scope; an address has more to it.
                if value.count(":") < 2 or not (len(filled) > 2 or len(filled[:1][0:1]) and len(
                    filled[0]
                ) == 4 and len(filled) == 2):
                    continue
                if self._names(value):
                    yield match.span()

    @staticmethod
    def _names(value: str) -> bool:
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            return False
        return not (
            address.is_loopback
            or address.is_unspecified
            or value.startswith("255.")
            or value.startswith("0.")
        )

"""Numbers that prove themselves: cards, IBANs, social security numbers, IP and MAC addresses.

A linear pattern proposes, a checksum or a parser decides. That keeps the patterns loose about
separators and the findings few. Patterns begin with what they match and look behind afterwards:
Python then skips to the characters that one can begin with.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

import stdnum.iban
import stdnum.luhn
from scrubadub.detectors import CreditCardDetector
from scrubadub.detectors.en_US import SocialSecurityNumberDetector
from scrubadub.filth import Filth, SocialSecurityNumberFilth

from core.redaction.detectors.base import Span, SpanDetector, linear

_GROUP = re.compile(r"[0-9]+")


class Card(SpanDetector, CreditCardDetector):  # type: ignore[misc]
    """12 to 19 digits, also in groups split by one space or dash, of a known issuer; Luhn."""

    needs = (
        r"[0-9]{12}|(?:^|[^0-9])(?:[0-9]{6}|[0-9]{4}[ -][0-9][ -]?[0-9])[ -]?[0-9](?:[ -]?[0-9]){5}"
    )
    _run = re.compile(r"[0-9](?<!\w[0-9])(?<![0-9]\.[0-9])(?:[ -]?[0-9]){11,}(?![\w])")
    # Issuer ranges: Visa; Mastercard; American Express; Diners; JCB; UnionPay, Discover, Maestro
    # (ISO/IEC 7812 issuer identification numbers as the networks publish them).
    _issuer = re.compile(
        r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
        r"|3[47]\d{13}|3(?:0[0-59]|[689]\d)\d{11,16}|(?:2131|1800)\d{11}|35\d{13,17}"
        r"|(?:6|5[0678])\d{10,18}"
    )

    _any = re.compile(r"[0-9]{12,19}")
    _cue = re.compile(r"(?i)\b(?:card|visa|mastercard|maestro|amex)\b[^\n0-9\ue000]{0,40}\Z")

    def spans(self, text: str) -> Iterator[Span]:
        for run in self._run.finditer(text):
            groups = [match.span() for match in _GROUP.finditer(text, *run.span())]
            # Where a card is spoken of, the checksum alone proves it: cards of shops, of fleets.
            cued = self._cue.search(text, max(0, run.start() - 60), run.start())
            shape = self._any if cued else self._issuer
            index = 0
            while index < len(groups):
                last = self._last(text, groups, index, shape)
                if last is None:
                    index += 1
                else:
                    yield groups[index][0], groups[last][1]
                    index = last + 1

    def _last(
        self, text: str, groups: list[Span], first: int, shape: re.Pattern[str]
    ) -> int | None:
        """The index of the last group of the longest card that begins with group `first`."""
        size = groups[first][1] - groups[first][0]
        if size < 11 and size not in (4, 6):
            return None
        digits, found = "", None
        for last, (start, end) in enumerate(groups[first : first + 6], first):
            digits += text[start:end]
            if len(digits) > 19 or (last > first and size not in (4, 6)):
                break
            if shape.fullmatch(digits) and stdnum.luhn.is_valid(digits):
                found = last
        return found


class IbanFilth(Filth):  # type: ignore[misc]
    type = "iban"


class Iban(SpanDetector):
    """Country, check digits and account, also in groups; the country's format and mod 97."""

    name = "iban"
    filth_cls = IbanFilth
    needs = (
        r"(?:^|[^A-Za-z0-9])(?i:A[DELTZ]|B[AEGHIRY]|C[HRYZ]|D[EJKO]|E[EGS]|F[IKOR]|G[BEILRT]|H[NRU]"
        r"|I[ELQST]|JO|K[WZ]|L[BCITUVY]|M[CDEKNRTU]|N[ILO]|OM|P[KLST]|QA|R[OSU]|S[ACDEIKMOTV]"
        r"|T[LNR]|UA|V[AG]|XK|YE)[0-9]{2}(?:[ -]?[A-Za-z0-9]){11}"
    )
    _run = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}")

    def spans(self, text: str) -> Iterator[Span]:
        for run in self._run.finditer(text):
            # The words that follow an account look like more groups of it, so each end counts.
            compact, rest, found = "", 0, None
            for position, char in enumerate(run.group(), run.start()):
                if char in " -":
                    continue
                compact += char
                if len(compact) > 4:
                    value = int(char, 36)
                    rest = (rest * (10 if value < 10 else 100) + value) % 97
                ends = len(compact) >= 15 and not text[position + 1 : position + 2].isalnum()
                if ends and self._valid(compact, rest):
                    found = position + 1
            if found:
                yield run.start(), found

    @staticmethod
    def _valid(compact: str, rest: int) -> bool:
        """Whether an account is one; `rest` is what modulo 97 leaves of it but for its head."""
        head = int("".join(str(int(char, 36)) for char in compact[:4]))
        proved = (rest * 1_000_000 + head) % 97 == 1
        return proved and bool(stdnum.iban.is_valid(compact, check_country=False))


class SsnFilth(SocialSecurityNumberFilth):  # type: ignore[misc]
    def is_valid(self) -> bool:
        # scrubadub asks python-stdnum, which rejects numbers that were printed in advertisements
        # and taxpayer numbers (9xx). Neither is a reason to let one stand.
        return True


class Ssn(SpanDetector, SocialSecurityNumberDetector):  # type: ignore[misc]
    """`123-45-6789` with dashes, dots or spaces; bare digits only after "SSN" or its long name."""

    filth_cls = SsnFilth
    needs = r"[0-9]{3}[-. ][0-9]{2}[-. ][0-9]{4}|(?i)ssn|(?i)social\s+security"
    _split = re.compile(
        r"[0-9](?<![\w.-][0-9])(?<!0(?=00))(?<!6(?=66))[0-9]{2}"
        r"([-. ])(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![\w-]|\.[0-9])"
    )
    _bare = re.compile(
        r"\b(?:ssn|social\s{1,3}security(?:\s{1,3}(?:number|no\.?|#))?)[^\w\n\ue000]{0,4}"
        r"(?:(?:is|number|no|num)[^\w\n\ue000]{1,4})?([0-9]{9})(?![\w])",
        re.IGNORECASE,
    )

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._split.finditer(text):
            yield match.span()
        for match in self._bare.finditer(text):
            yield match.span(1)


class IpFilth(Filth):  # type: ignore[misc]
    type = "ip"


class Ip(SpanDetector):
    """IPv4 and IPv6 as `ipaddress` reads them; loopback, wildcard and masks name nobody."""

    name = "ip"
    filth_cls = IpFilth
    _colons = (
        r"[0-9A-Fa-f]:{1,2}[0-9A-Fa-f]{1,4}:{1,2}[0-9A-Fa-f]"
        r"|[0-9A-Fa-f]{4}:(?::[0-9A-Fa-f]|[0-9A-Fa-f]{1,4}::)|::[0-9A-Fa-f]{4}:[0-9A-Fa-f]"
    )
    needs = r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|" + _colons
    _coloned = linear(_colons)
    _four = re.compile(
        r"[0-9](?<![\w.][0-9])[0-9]{0,2}\.(?:[0-9]{1,3}\.){2}[0-9]{1,3}(?![\w]|\.[0-9])"
    )
    _six = re.compile(
        r"(?<![\w:.])(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:])"
        r"(?:[0-9A-Fa-f:]{1,38}:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f:]{2,39})(?![\w:])"
    )
    _version = re.compile(r"(?:\bv|\bver\.?|\bversions?|\brelease|[=<>~]=)\s{0,3}\Z", re.IGNORECASE)

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._four.finditer(text):
            start = match.start()
            if self._is_host(match.group()) and not self._version.search(
                text, max(0, start - 12), start
            ):
                yield match.span()
        for match in self._six.finditer(text) if self._coloned.search(text) else ():
            groups = [group for group in match.group().split(":") if group]
            # "1::2" is a slice and "a::b" a scope; an address has more to it.
            long = len(groups) > 2 or (len(groups) == 2 and len(groups[0]) == 4)
            if long and self._is_host(match.group()):
                yield match.span()

    @staticmethod
    def _is_host(value: str) -> bool:
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            return False
        return not (
            address.is_loopback or address.is_unspecified or value.startswith(("255.", "0."))
        )


class MacFilth(Filth):  # type: ignore[misc]
    type = "mac"


class Mac(SpanDetector):
    """`00:1B:44:11:3A:B7`, with dashes too, or `001b.4411.3ab7`; broadcast names nobody."""

    name = "mac"
    filth_cls = MacFilth
    needs = (
        r"[0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-]|[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\."
    )
    _form = re.compile(
        r"(?<![\w:.-])(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}"
        r"|(?=[0-9.]{0,12}[A-Fa-f])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![\w:-]|\.\w)"
    )

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._form.finditer(text):
            if len(set(match.group().lower()) - set(":-.")) > 1:
                yield match.span()

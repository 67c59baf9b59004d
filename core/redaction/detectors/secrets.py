"""Passwords, keys and tokens, by the shape of the issuer or by the name before the value.

Only the value is replaced: "password: [SECRET-1]" still says what stood there. A named value must
look like one, because documentation is full of "password: the password to use".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2
from scrubadub.detectors import CredentialDetector
from scrubadub.filth import Filth

from core.redaction.detectors.base import Span, SpanDetector

_VALUE = r"[^\s\"'`<>,;(){}\[\]\x{e000}]{1,500}"
_WORDS = frozenset(
    "str string strings bool boolean int integer float bytes object any none null nil true false "
    "optional required the a an your my is are was must may can will should not no yes and or of "
    "for to in on with if when that this it as be by from type value field password passwords "
    "passphrase username user login name token key secret hash hashed encrypted plain text plaintext "
    "file path url default example invalid incorrect wrong expired reset changed missing empty "
    "disabled enabled unknown unset set provided given self list dict callable char varchar "
    "sequence pathlib path-like please enter here see protected policy manager hint prompt".split()
)


def _strong(value: str) -> bool:
    """Whether a value looks chosen rather than written: a letter, and a digit or an odd sign."""
    letters = any(map(str.isalpha, value))
    odd = any(c.isdigit() or c in "!@#$%^&*?~+=" for c in value)
    return letters and odd and not re.fullmatch(r"[A-Za-z_]+(?:\.[A-Za-z_]+)+", value)


def _trim(text: str, start: int, end: int) -> Span:
    while end > start and text[end - 1] in ".,;:!?":
        end -= 1
    return start, end


class SecretFilth(Filth):  # type: ignore[misc]
    type = "secret"


class Issued(SpanDetector):
    """Keys that carry their issuer's prefix, as the issuers and secret scanners document them."""

    name = "issued_secret"
    filth_cls = SecretFilth
    _shapes = re2.compile(
        r"\b(?:(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}"
        r"|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[\w-]{20,64}"
        r"|xox[abeprs]-[A-Za-z0-9-]{10,255}|xapp-[A-Za-z0-9-]{10,255}"
        r"|[rsp]k_(?:live|test)_[A-Za-z0-9]{10,255}|whsec_[A-Za-z0-9]{16,255}"
        r"|AIza[\w-]{30,60}|ya29\.[\w.-]{20,500}|GOCSPX-[\w-]{20,60}"
        r"|eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?"
        r"|sk-[A-Za-z0-9_-]{16,255}|hf_[A-Za-z0-9]{20,255}|npm_[A-Za-z0-9]{36}"
        r"|pypi-[\w-]{40,500}|SG\.[\w-]{16,64}\.[\w-]{16,64}|dop_v1_[a-f0-9]{64}"
        r"|(?:AC|SK)[0-9a-f]{32}|[0-9]{8,10}:AA[\w-]{33}|key-[0-9a-f]{32})"
    )

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._shapes.finditer(text):
            yield match.span()


class Pem(SpanDetector):
    """A private key block, also one whose end is missing."""

    name = "pem"
    filth_cls = SecretFilth
    _begin = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
    _end = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
    _body = re.compile(r"(?:\s{0,9}[\w+/=:,.-]{1,200})*")

    def spans(self, text: str) -> Iterator[Span]:
        position = 0
        ends = [match.end() for match in self._end.finditer(text)]
        for match in self._begin.finditer(text):
            if match.start() < position:
                continue
            while ends and ends[0] <= match.end():
                ends.pop(0)
            if ends:
                position = ends[0]
            else:
                body = self._body.match(text, match.end())
                position = body.end() if body else match.end()
            yield match.start(), position


class Named(SpanDetector):
    """`password: x`, `api_key=…`, `Authorization: Bearer …`, `scheme://user:password@host`."""

    name = "named_secret"
    filth_cls = SecretFilth
    _password = re2.compile(
        r"(?i)(?:password|passwd|passphrase|passcode|pwd|\bpass|\bpw|\bpin)[\"'`*]{0,2}"
        r"[ \t]{0,8}(?:=>|:=|==|=|:|\bis\b[ \t]{0,3}:?)[ \t]{0,8}[\"'`*]{0,2}(" + _VALUE + ")"
    )
    _key = re2.compile(
        r"(?i)(?:api|access|secret|private|auth|client|encryption|signing|session|account|aws)?"
        r"[_. -]{0,1}(?:key|token|secret|credential)s?(?:[_ -]id)?[\"'`*]{0,2}"
        r"[ \t]{0,8}(?:=>|:=|=|:|\bis\b[ \t]{0,3}:?)[ \t]{0,8}[\"'`*]{0,2}(" + _VALUE + ")"
    )
    _header = re2.compile(r"(?i)\b(?:bearer|basic)[ \t]{1,8}([A-Za-z0-9._~+/=-]{12,})")
    _userinfo = re2.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\x{e000}]{0,100}:([^\s/@\x{e000}]{1,200})@")

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._password.finditer(text):
            start, end = _trim(text, *match.span(1))
            value = text[start:end]
            said = " is" in match.group()[: start - match.start()].lower()
            after = text[end : end + 40].lstrip(" \t\"'`*")
            last = not after or after[0] in ".,;\r\n)|"
            if text[end : end + 1] in "([{" and text[end : end + 1]:
                continue  # a call or an index: code
            word = value.lower() in _WORDS or not any(map(str.isalnum, value))
            if _strong(value) or value.isdigit() or (last and not word and not said and (
                "." not in value
            )):
                yield start, end
        for match in self._key.finditer(text):
            start, end = _trim(text, *match.span(1))
            value = text[start:end]
            mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
            if len(value) >= 8 and mixed and not text[end : end + 1] in tuple("(["):
                yield start, end
        for match in self._header.finditer(text):
            if any(map(str.isdigit, match.group(1))) or len(match.group(1)) > 24:
                yield match.span(1)
        for match in self._userinfo.finditer(text):
            yield match.span(1)


class Login(SpanDetector, CredentialDetector):  # type: ignore[misc]
    """`username: root password: toor`: the name and the password, each by itself.

    scrubadub's pattern is cubic in white space and takes "To login your password must be reset."
    for a pair; here the space is bounded and the password needs its colon, or a strong value.
    """

    _pair = re2.compile(
        r"(?i)\b(?:user ?name|user|login|u)[\"'`*]{0,2}[ \t]{0,8}([:=]?)[ \t]{0,8}[\"'`]?"
        r"([\w.@+-]{1,100})[\"'`]?[\s,;/&|]{1,12}(?:and[ \t])?"
        r"[\"'`*]{0,2}(?:password|passwd|pass|pwd|pw|p)[\"'`*]{0,2}[ \t]{0,8}([:=]?)[ \t]{0,8}"
        r"[\"'`]?(" + _VALUE + ")"
    )

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._pair.finditer(text):
            start, end = _trim(text, *match.span(4))
            value, user = text[start:end], match.group(2)
            if value.lower() in _WORDS or user.lower() in _WORDS:
                continue
            if (match.group(1) and match.group(3)) or _strong(value):
                yield match.span(2)
                yield start, end

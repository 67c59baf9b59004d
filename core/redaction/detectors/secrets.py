"""Passwords, keys and tokens, by the name before the value or by what surrounds it.

Only the value is replaced: "password: [SECRET-1]" still says what stood there. A named value must
look like one, because documentation is full of "password: the password to use".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scrubadub.detectors import CredentialDetector

from core.redaction.detectors.base import Span, SpanDetector, linear, words
from core.redaction.detectors.issued import SecretFilth

_BARE = r"[^\s\"'`<>,;(){}\[\]\x{e000}]+"
_QUOTED = r"\"[^\"\n\x{e000}]{1,200}\"|'[^'\n\x{e000}]{1,200}'"
_IS = r"[\"'`*]{0,2}[ \t]{0,8}(?:=>|:=|==|=|:|\bis\b[ \t]{0,3}:?)[ \t]{0,8}[`*]{0,2}"

# What documentation writes where a value would stand: types, defaults, beginnings of sentences.
_WORDS = words(
    "str string strings bool boolean int integer float bytes object any none null nil true false "
    "optional required the a an your my is are was must may can will should not no yes and or of "
    "for to in on with if when that this it as be by from type value field password passwords "
    "passphrase username user login name token key secret hash hashed encrypted plain text "
    "plaintext file path url default example invalid incorrect wrong expired reset changed "
    "missing empty disabled enabled unknown unset set provided given self list dict callable char "
    "varchar sequence please enter here see protected policy manager hint prompt secretstr "
    "correct valid strong weak safe secure secured lost"
)


class Pem(SpanDetector):
    """A private key block, also one whose end is missing."""

    name = "pem"
    filth_cls = SecretFilth
    needs = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"
    _begin = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
    _end = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
    _body = re.compile(r"(?:\s{0,9}[\w+/=:,.-]{1,200})*")

    def spans(self, text: str) -> Iterator[Span]:
        done = 0
        end = self._end.search(text)
        for begin in self._begin.finditer(text):
            if begin.start() < done:
                continue
            while end and end.start() < begin.end():
                end = self._end.search(text, end.end())
            body = self._body.match(text, begin.end())
            done = end.end() if end else body.end() if body else begin.end()
            yield begin.start(), done


class Password(SpanDetector):
    """The value in `password: x`, `"pwd": "x y"`, `my password is x`."""

    name = "named_password"
    filth_cls = SecretFilth
    _name = (
        r"(?i)(my |new |temporary |current )?"
        r"(password|passwd|passphrase|passcode|pwd|\bpass|\bpw|\bpin)"
    )
    needs = _name + _IS
    _form = linear(f"{needs}({_QUOTED}|[\"']?{_BARE})")

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._form.finditer(text):
            start, end, quoted = _value(text, *match.span(3))
            told = bool(match.group(1)) and " is" in text[match.end(2) : start]
            if self._is_value(text, start, end, told=told, quoted=quoted):
                yield start, end

    @staticmethod
    def _is_value(text: str, start: int, end: int, *, told: bool, quoted: bool) -> bool:
        value = text[start:end]
        if value.isdigit():
            return len(value) >= 4
        if not _is_literal(text, start, end, quoted=quoted):
            return False
        if _mixed(value) or quoted:
            return True
        if text[start - 1] == ":" and text[start - 4 : start - 3] in ("=", ","):
            return False  # DEBUG=pw:api,pw:channel
        # One plain word: a password if nothing follows it, unless it says how a password is.
        line = text[end : end + 40].lstrip(" \t\"'`*")
        stated = " is" in text[max(0, start - 8) : start].lower()
        return (not line or line[0] in ".,;\r\n)|") and (
            not stated or (told and not value.endswith(("ed", "ing", "en", "ble", "t")))
        )


class Key(SpanDetector):
    """The value in `api_key=…`, `client secret: …`, `token is …`."""

    name = "named_key"
    filth_cls = SecretFilth
    _name = (
        r"(?i)((?:api|access|secret|private|auth|client|encryption|signing|session|account|aws)"
        r"[_. -]?)?(?:access[_. -]?)?(key|token|secret|credential)s?(?:[_ -]id)?"
    )
    needs = _name + _IS
    _form = linear(f"{needs}({_QUOTED}|[\"']?{_BARE})")

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._form.finditer(text):
            start, end, quoted = _value(text, *match.span(3))
            value = text[start:end]
            # "key" alone also names what opens a dictionary or sorts a table.
            least = 8 if match.group(1) or match.group(2).lower() != "key" else 20
            mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
            if len(value) >= least and mixed and _is_literal(text, start, end, quoted=quoted):
                yield start, end


class Header(SpanDetector):
    """`Bearer …` and `Basic …` as in an Authorization header; `scheme://user:password@host`."""

    name = "authorization"
    filth_cls = SecretFilth
    needs = r"(?i)\bbearer[ \t]|(?i)\bbasic[ \t]|://[^\s/@]*:[^\s/@]*@"
    _header = linear(r"(?i)\b(?:bearer|basic)[ \t]{1,8}([A-Za-z0-9._~+/=-]{12,})")
    _userinfo = linear(
        r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@<>{}$\x{e000}]{0,100}:([^\s/@<>{}$*\x{e000}]{1,200})@"
    )

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._header.finditer(text):
            if any(map(str.isdigit, match.group(1))) or len(match.group(1)) > 24:
                yield match.span(1)
        for match in self._userinfo.finditer(text):
            if match.group(1).lower() not in _WORDS | {"pass", "pw", "pwd"}:
                yield match.span(1)


class Login(SpanDetector, CredentialDetector):  # type: ignore[misc]
    """`username: root password: toor`: the name and the password, each by itself.

    scrubadub's pattern is cubic in white space and takes "To login your password must be reset."
    for a pair; here the space is bounded and the password needs its colon, or a mixed value.
    """

    needs = (
        r"(?i)\b(?:(?:user ?name|user|login)[\"'`*]{0,2}[ \t:=]+|u[ \t]?[:=][ \t]*)[\"'`]?[\w.@+-]+"
        r"[\"'`]?[\s,;/&|]+(?:and[ \t])?[\"'`*]{0,2}p(?:assword|asswd|ass|wd|w)?[\"'`*]{0,2}[ \t:=]"
    )
    _pair = linear(
        r"(?i)\b(?:(?:user ?name|user|login)[\"'`*]{0,2}(?:[ \t]{0,8}([:=])[ \t]{0,8}|[ \t]{1,8})"
        r"|u[ \t]?([:=])[ \t]{0,8})[\"'`]?([\w.@+-]{1,100})[\"'`]?[\s,;/&|]{1,40}(?:and[ \t])?"
        r"[\"'`*]{0,2}(?:password|passwd|pass|pwd|pw|p)[\"'`*]{0,2}"
        rf"(?:[ \t]{{0,8}}([:=])[ \t]{{0,8}}|[ \t]{{1,8}})({_QUOTED}|[\"']?{_BARE})"
    )

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._pair.finditer(text):
            start, end, quoted = _value(text, *match.span(5))
            if match.group(3).lower() in _WORDS or not _is_literal(text, start, end, quoted=quoted):
                continue
            marked = (match.group(1) or match.group(2)) and match.group(4)
            if marked or _mixed(text[start:end]):
                yield match.span(3)
                yield start, end


def _value(text: str, start: int, end: int) -> tuple[int, int, bool]:
    """The span of a value without quotes or, unquoted, the stop of the sentence; was it quoted."""
    quoted = end - start > 2 and text[start] in "\"'" and text[end - 1] == text[start]
    if quoted:
        return start + 1, end - 1, True
    if text[start] in "\"'":
        start += 1
    while end > start and text[end - 1] in ".,;:!?*":
        end -= 1
    return start, end, False


def _mixed(value: str) -> bool:
    """Whether a value looks chosen rather than written: letters, and a digit or an odd sign."""
    return any(map(str.isalpha, value)) and any(c.isdigit() or c in "!@#$%^&*?~+=" for c in value)


def _is_literal(text: str, start: int, end: int, *, quoted: bool) -> bool:
    """Whether a value is none of: a word of documentation, a variable, a call, a gap to fill."""
    value = text[start:end]
    return (
        any(map(str.isalnum, value))
        and value.lower() not in _WORDS
        and value[0] not in "/~$%*\\"
        and (quoted or text[end : end + 1] not in tuple("([{<"))
        and not re.fullmatch(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", value)
        and not (quoted and re.match(r"[<{$%*.]", value))
    )

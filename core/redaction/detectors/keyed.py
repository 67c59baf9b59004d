"""Names and addresses beside a key that says so, as in `{"customer_name": "Ann Lee"}`.

Records inside a text (a tool's result, a fenced example, a query) are no sentences, so the model
says little about them; their keys do. `name = 'Jane Doe'` is an example of a program, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.redaction.detectors.base import Span, SpanDetector, linear
from core.redaction.detectors.lexicon import is_given, is_name, is_word
from core.redaction.detectors.names import PersonFilth
from core.redaction.detectors.postal import AddressFilth

# Quotes may be escaped, where a record stands inside another one.
_IS = r"\\{0,3}[\"'`]?[ \t]{0,3}(?:=>|==?|:)[ \t\n]{0,3}\\{0,3}"
_VALUE = r"(?:\"([^\"\\\n\x{e000}]{2,80})\\{0,3}\"|'([^'\\\n\x{e000}]{2,80})\\{0,3}')"
_WORD = re.compile(r"[^\W\d_]+(?:[-'’.][^\W\d_]*)*")
_NAME = re.compile(r"[^\W\d_][^\W\d_ .'’-]*(?:[ .'’-]{1,2}[^\W\d_]+){0,4}\.?")


class KeyedName(SpanDetector):
    """`"first_name": "Ann"`; under `name` or `customer` only a first and a last name."""

    name = "keyed_name"
    filth_cls = PersonFilth
    _form = linear(
        r"(?i)([\"']|\b|_)([a-z]{0,20}[_ -]?name|(?:account|card)[_ -]?holder|assignee|client"
        rf"|contact|customer|employee|owner|patient|recipient|reporter|user){_IS}{_VALUE}"
    )
    _persons = re.compile(
        r"(?i)(?:client|contact|customer|employee|family|first|full|given|last|maiden|middle|patient"
        r"|recipient|sender|sur)[_ -]?name|(?:account|card)[_ -]?holder"
    )
    needs = _form.pattern

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._form.finditer(text):
            group = 3 if match.group(3) else 4
            value = match.group(group)
            parts = _WORD.findall(value)
            if not parts or not _NAME.fullmatch(value):
                continue
            if self._persons.fullmatch(match.group(2)):
                meant = not all(map(is_word, parts)) or any(map(is_given, parts))
            else:
                whole = len(parts) > 1 and is_given(parts[0]) and value[0].isupper()
                quoted = match.group(1) in ("'", '"')
                meant = quoted and whole and (is_name(parts[-1]) or not is_word(parts[-1]))
            if meant:
                yield match.span(group)


class KeyedAddress(SpanDetector):
    """`"street": "4 Mill Row"`, `"zip": "62704"`."""

    name = "keyed_address"
    filth_cls = AddressFilth
    _form = linear(
        r"(?i)(?:\b|_)(?:(zip(?:[_ -]?code)?|post(?:al)?[_ -]?code)"
        r"|(?:address|street)(?:[_ -]?(?:line|name))?[_ -]?[12]?)"
        rf"{_IS}{_VALUE}"
    )
    needs = _form.pattern

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._form.finditer(text):
            group = 2 if match.group(2) else 3
            value = match.group(group)
            code = bool(match.group(1)) and len(value) <= 10
            if any(map(str.isdigit, value)) and (
                code or (" " in value.strip() and any(map(str.isalpha, value)))
            ):
                yield match.span(group)

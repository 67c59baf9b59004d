"""What a scan says: spans with a type, and nothing of the text itself.

The vocabulary lives apart from the machinery, so that other rooms can name types and pass
findings around without importing scrubadub or the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

VERSION = "2"
"""Raised whenever the same text may redact differently; stored beside every redacted text."""

FAILED = "[REDACTION-FAILED]"
"""Stands for a text that could not be scanned. The text itself is gone: fail closed."""

VALUE = "[VALUE]"
"""Stands for the value of a query parameter in a redacted source URI."""

TYPES: dict[str, str] = {
    "EMAIL": "e-mail address, also spelled out (jane at example dot com)",
    "PHONE": "telephone number",
    "URL": "web address inside a text",
    "CREDIT_CARD": "payment card number that passes its checksum",
    "CREDENTIAL": "user name or password of a login pair",
    "TWITTER": "@handle of a person on a social network",
    "SSN": "United States social security number",
    "IBAN": "bank account number that passes its checksum",
    "IP": "IPv4 or IPv6 address of a machine",
    "MAC": "hardware address of a network card",
    "SECRET": "password, API key, token or private key",
    "PERSON": "name of a person",
    "ADDRESS": "street or postal address",
    "DATE_OF_BIRTH": "date of birth",
    "MEDICAL_RECORD": "medical record, patient or health insurance number",
    "ACCOUNT": "bank, customer or policy number beside such a word",
    "ID_NUMBER": "passport, driving licence, tax or national identity number",
    "DENIED": "a literal string on the deny list",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`text[start:end]` (code points, end exclusive) is personal data of `type` (see `TYPES`)."""

    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text with placeholders, and what was found at which place of the text given."""

    text: str
    findings: tuple[Finding, ...]
    failed: bool = False


def placeholder_pattern(types: Iterable[str]) -> re.Pattern[str]:
    """Every placeholder of findings of `types`; groups 1 and 2 are type and number, if any."""
    names = "|".join(sorted(types))
    return re.compile(rf"\[(?:({names})-([1-9][0-9]{{0,8}})|REDACTION-FAILED|VALUE)\]")


PLACEHOLDER = placeholder_pattern(TYPES)
"""The placeholders of the product's own types; a `Redactor` knows those of its patterns too."""

NUMBERED = re.compile(r"\[([A-Z][A-Z0-9_]{1,39})-([1-9][0-9]{0,8})\]")
"""Whatever may be a placeholder, of any deployment's pattern: a number that stays taken."""

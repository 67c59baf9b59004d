"""What a scan says: spans with a type, and nothing of the text itself.

The vocabulary lives apart from the machinery, so that other rooms can name types and pass
findings around without importing scrubadub or the model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

VERSION = "1"
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
    "SECRET": "password, API key, token or private key",
    "PERSON": "name of a person",
    "ADDRESS": "street or postal address",
    "DATE_OF_BIRTH": "date of birth, under such a key of the metadata",
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


PLACEHOLDER = re.compile(
    r"\[(?:(" + "|".join(TYPES) + r")-([1-9][0-9]{0,8})|REDACTION-FAILED|VALUE)\]"
)
"""Every placeholder this package writes; groups 1 and 2 are type and number, where it has them."""

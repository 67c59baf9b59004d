"""The list of detectors. A new one is a small class in a module beside this, and a line here."""

from __future__ import annotations

from core.redaction.detectors.base import SpanDetector
from core.redaction.detectors.contact import Email, Handle, Url
from core.redaction.detectors.numbers import Card, Iban, Ip, Ssn
from core.redaction.detectors.phone import Phone
from core.redaction.detectors.postal import MilitaryMail, PostalCode, PostBox
from core.redaction.detectors.secrets import Header, Issued, Key, Login, Password, Pem

# In order of trust: where two findings of one length overlap, the earlier detector wins.
STRUCTURED: tuple[type[SpanDetector], ...] = (
    Email,
    Url,
    Card,
    Iban,
    Ssn,
    Ip,
    Pem,
    Issued,
    Login,
    Password,
    Key,
    Header,
    MilitaryMail,
    PostalCode,
    PostBox,
    Phone,
    Handle,
)

__all__ = ["STRUCTURED", "SpanDetector"]

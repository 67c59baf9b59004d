"""The list of detectors. A new one is a small class in a module beside this, and a line here."""

from __future__ import annotations

from core.redaction.detectors.base import SpanDetector
from core.redaction.detectors.contact import Email, Handle, Url
from core.redaction.detectors.identity import Account, DateOfBirth, IdNumber, MedicalRecord
from core.redaction.detectors.issued import Issued
from core.redaction.detectors.keyed import KeyedAddress, KeyedName
from core.redaction.detectors.numbers import Card, Iban, Ip, Mac, Ssn
from core.redaction.detectors.phone import Phone
from core.redaction.detectors.postal import MilitaryMail, PostalCode, PostBox
from core.redaction.detectors.secrets import Header, Key, Login, Password, Pem

# In order of trust: where two findings of one length overlap, the earlier detector wins.
STRUCTURED: tuple[type[SpanDetector], ...] = (
    Email,
    Url,
    Card,
    Iban,
    Ssn,
    Ip,
    Mac,
    Pem,
    Issued,
    Login,
    Password,
    Key,
    Header,
    MilitaryMail,
    PostalCode,
    PostBox,
    MedicalRecord,
    Account,
    IdNumber,
    DateOfBirth,
    KeyedName,
    KeyedAddress,
    Phone,
    Handle,
)

__all__ = ["STRUCTURED", "SpanDetector"]

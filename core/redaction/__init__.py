"""The redaction room: raw text comes in, redacted text and findings go out, nothing else does.

The only room that sees raw text twice. It logs nothing, stores nothing and opens no connection;
what it cannot scan it replaces wholly by `FAILED`.
"""

from core.redaction.finding import FAILED, TYPES, VALUE, VERSION, Finding, Redacted
from core.redaction.numbering import Numbering
from core.redaction.redactor import Redactor
from core.redaction.uri import redact_uri

__all__ = [
    "FAILED",
    "TYPES",
    "VALUE",
    "VERSION",
    "Finding",
    "Numbering",
    "Redacted",
    "Redactor",
    "redact_uri",
]

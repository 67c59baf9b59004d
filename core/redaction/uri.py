"""Source URIs are evidence: which document an answer stood on must stay readable.

So scheme, host and path are kept, user info and fragment dropped, query keys kept and their values
replaced, and the detectors run on the decoded path alone, where people's names and addresses do
turn up.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from core.redaction.finding import FAILED, PLACEHOLDER, VALUE, Redacted
from core.redaction.numbering import Numbering
from core.redaction.redactor import Redactor, replace

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# A page number or a flag says where in a document, not who: up to four digits, or a boolean.
_CLEAN = re.compile(r"[0-9]{1,4}|true|false|yes|no|on|off", re.IGNORECASE)
_SAFE = "/:@!$&'()*+,;=-._~[]"


def redact_uri(redactor: Redactor, uri: str, numbering: Numbering) -> Redacted:
    """`uri` without what may identify a person; a file name or plain text is redacted as text.

    The query keeps its keys, numbers of up to four digits and booleans; other values become
    `[VALUE]`. Findings have offsets into the decoded path (for text: into the text given). Fails
    closed like `Redactor.redact`.
    """
    try:
        if not _SCHEME.match(uri):
            return redactor.redact(uri, numbering)
        parts = urlsplit(uri)
        host = parts.netloc.rpartition("@")[2]
        decoded = unquote(parts.path)
        path = replace(decoded, redactor.find(decoded), numbering)
        text = f"{parts.scheme}://{host}"
        done = 0
        for match in PLACEHOLDER.finditer(path.text):
            text += quote(path.text[done : match.start()], safe=_SAFE) + match.group()
            done = match.end()
        text += quote(path.text[done:], safe=_SAFE)
        if parts.query:
            text += "?" + "&".join(map(_parameter, parts.query.split("&")))
        return Redacted(text, path.findings)
    except Exception:
        return Redacted(FAILED, (), True)


def _parameter(pair: str) -> str:
    key, equals, value = pair.partition("=")
    if not equals:
        return key if _CLEAN.fullmatch(key) or not key else VALUE
    return f"{key}={value if not value or _CLEAN.fullmatch(value) else VALUE}"

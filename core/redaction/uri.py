"""Source URIs are evidence: which document an answer stood on must stay readable.

So scheme, host and path are kept, user info and fragment dropped, query keys kept and their values
replaced, and the detectors run on the decoded path. The model reads a path badly (it took
"issues/2815" for an address and "/wiki/Pi" for a person), so from it only full names count, within
one segment and with the dashes of "jane-doe" read as spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit

from core.redaction.finding import FAILED, VALUE, Finding, Redacted
from core.redaction.numbering import Numbering
from core.redaction.redactor import Redactor, replace

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# A page number or a flag says where in a document, not who: up to four digits, or a boolean.
_CLEAN = re.compile(r"[0-9]{1,4}|true|false|yes|no|on|off", re.IGNORECASE)
_SAFE = "/:@!$&'()*+,;=-._~[]"
_SEGMENT = re.compile(r"[^/]+")
_JOINT = re.compile(r"[-_+.]")
_TWO_WORDS = re.compile(r"[^\W\d_]{2,}[-_+. ]+[^\W\d_]{2,}")


def redact_uri(
    redactor: Redactor, uri: str, numbering: Numbering, *, models: bool = True
) -> Redacted:
    """`uri` without what may identify a person; a file name or plain text is redacted as text.

    The query keeps its keys, numbers of up to four digits and booleans; other values become
    `[VALUE]`. Findings have offsets into the decoded path (for text: into the text given). Fails
    closed like `Redactor.redact`.
    """
    try:
        if not _SCHEME.match(uri):
            return redactor.redact(uri, numbering, models=models)
        parts = urlsplit(uri)
        host = parts.netloc.rpartition("@")[2]
        decoded = _decoded(parts.path)
        path = replace(decoded, _in_path(redactor, decoded, models), numbering)
        # Decoding and encoding again may not give the same path: only do it for cause.
        kept = _quoted(redactor, path.text) if path.findings else parts.path
        text = f"{parts.scheme}://{host}{kept}"
        if parts.query:
            text += "?" + "&".join(_parameter(redactor, pair) for pair in parts.query.split("&"))
        return Redacted(text, path.findings)
    except Exception:
        return Redacted(FAILED, (), True)


def _in_path(redactor: Redactor, path: str, models: bool) -> list[Finding]:
    # A path may hold another URL (web archives do): that is evidence too.
    found = [each for each in redactor.find(path, models=False) if each.type != "URL"]
    while models and (new := list(_names(redactor, path, found))):
        found += new
    return sorted(found, key=lambda finding: finding.start)


def _names(redactor: Redactor, path: str, found: list[Finding]) -> Iterator[Finding]:
    """Full names in what placeholders and earlier findings leave of each segment."""
    taken = [match.span() for match in redactor.placeholder.finditer(path)]
    taken += [(finding.start, finding.end) for finding in found]
    rest = path
    for start, end in taken:
        rest = rest[:start] + "/" * (end - start) + rest[end:]
    for segment in _SEGMENT.finditer(rest):
        if _TWO_WORDS.search(segment.group()):
            for finding in redactor.find(_JOINT.sub(" ", segment.group())):
                start, end = segment.start() + finding.start, segment.start() + finding.end
                if finding.type == "PERSON" and _TWO_WORDS.search(path, start, end):
                    yield Finding(start, end, "PERSON")


def _quoted(redactor: Redactor, path: str) -> str:
    """The path percent-encoded, but for its placeholders."""
    parts: list[str] = []
    done = 0
    for match in redactor.placeholder.finditer(path):
        parts += (quote(path[done : match.start()], safe=_SAFE), match.group())
        done = match.end()
    return "".join((*parts, quote(path[done:], safe=_SAFE)))


def _decoded(text: str) -> str:
    """The text with percent-encoding undone until nothing is left to undo."""
    while (plain := unquote(text)) != text:
        text = plain
    return text


def _parameter(redactor: Redactor, pair: str) -> str:
    key, equals, value = pair.partition("=")
    if redactor.find(_decoded(key), models=False):
        key = VALUE
    if not equals:
        return key if not key or _CLEAN.fullmatch(key) else VALUE
    return f"{key}={value if not value or _CLEAN.fullmatch(value) else VALUE}"

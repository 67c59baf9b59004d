"""The texts of one record on their way through the redactor: which field gets which treatment."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeGuard

import msgspec

from core.records import Source, Turn
from core.redaction import FAILED, Numbering, Redacted, Redactor, redact_uri

FAILURES = FAILED.strip("[]")
"""Under which the counts of a record tell how many of its texts could not be looked through."""

_VERSION_LIKE = re.compile(r"v?\d+([.-]\d+){1,5}([-+.][\w.]+)?")
_PLAIN_TAG = re.compile(r"[a-z0-9_-]+")

# A metadata value is often meaningless without its key: {"password": "tulip"} shows nothing that
# a detector of texts could see.
_KEY_CUES = (
    ("SECRET", re.compile(r"(?i)passw|pwd$|secret|token$|api_?-?key|authorization|cookie|^pin$")),
    ("SSN", re.compile(r"(?i)^(ssn|social_?security.*)$")),
    ("IBAN", re.compile(r"(?i)^iban$")),
    ("CREDIT_CARD", re.compile(r"(?i)^(credit_?)?card(_?(no|number))?$")),
    (
        "MEDICAL_RECORD",
        re.compile(r"(?i)^(mrn|medical_?record.*|patient_?(id|no|number)|nhs_?number)$"),
    ),
    (
        "ACCOUNT",
        re.compile(r"(?i)^(account|acct|routing|policy|customer)_?(no|number)$|^sort_?code$"),
    ),
    (
        "ID_NUMBER",
        re.compile(r"(?i)^(passport|driv\w*_?licen[cs]e|tax_?id|national_?id)(_?(no|number))?$"),
    ),
    ("DATE_OF_BIRTH", re.compile(r"(?i)^(dob|birth_?(day|date)|date_?of_?birth)$")),
    ("PERSON", re.compile(r"(?i)^(user|customer|client|full|first|last|sur|given)_?-?names?$")),
    ("ADDRESS", re.compile(r"(?i)(^|_)(street|postal|home|shipping|billing)_?address$|postcode")),
    ("PHONE", re.compile(r"(?i)^(phone|mobile|telephone)(_?number)?$")),
)
_LONG_NUMBER = 7


class Page:
    """The texts of one record: one numbering, one count of what was found."""

    def __init__(self, redactor: Redactor, numbering: Numbering, *, models: bool) -> None:
        self._redactor = redactor
        self._numbering = numbering
        self._models = models
        self.counts: Counter[str] = Counter()

    def reserve(self, texts: Iterable[str]) -> None:
        for text in texts:
            self._numbering.reserve(text)

    def text(self, text: str) -> str:
        return self._kept(self._redactor.redact(text, self._numbering, models=self._models))

    def label(self, text: str) -> str:
        redacted = self._redactor.redact(text, self._numbering, models=False)
        # "2.14.0.1" is a version here, whatever it looks like.
        only_ip = all(finding.type == "IP" for finding in redacted.findings)
        if only_ip and not redacted.failed and _VERSION_LIKE.fullmatch(text):
            return text
        return self._kept(redacted)

    def tag(self, text: str) -> str:
        # The name models want a sentence: of "boiler" alone they make a person.
        return self.word(text) if _PLAIN_TAG.fullmatch(text) else self.text(text)

    def word(self, text: str) -> str:
        return self._kept(self._redactor.redact(text, self._numbering, models=False))

    def key(self, text: str) -> str:
        return self.text(text) if " " in text else self.word(text)

    def source(self, source: Source) -> Source:
        return Source(
            title=self.text(source.title) if source.title else None,
            uri=self._kept(
                redact_uri(self._redactor, source.uri, self._numbering, models=self._models)
            )
            if source.uri
            else None,
            text=self.text(source.text) if source.text else None,
        )

    def stored_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """A stored row, redacted again, its counts raised by what was found."""
        before = self.counts.copy()
        after = {column: self.stored(column, value) for column, value in row.items()}
        new = self.counts - before
        if new and "redaction_counts" in row:
            counted = Counter(msgspec.json.decode(row["redaction_counts"]))
            after["redaction_counts"] = json_text(dict(sorted((counted + new).items())))
        return after

    def stored(self, column: str, value: Any) -> Any:
        """One column of a stored row, redacted again."""
        if column == "tags":
            return [self.tag(tag) for tag in value or ()]
        if column in ("key", "redaction_counts") or not is_text(value):
            return value
        match column:
            case "agent_version" | "model":
                return self.label(value)
            case "history":
                turns = msgspec.json.decode(value, type=list[Turn])
                return json_text([Turn(turn.role, self.text(turn.content)) for turn in turns])
            case "sources":
                sources = msgspec.json.decode(value, type=list[Source])
                return json_text([self.source(source) for source in sources])
            case "metadata":
                return json_text(self.tree(msgspec.json.decode(value)))
        return self.text(value)

    def tree(self, value: Any, cue: str | None = None) -> Any:
        """A JSON value; `cue` is the type that the key it stands under speaks of."""
        match value:
            case dict():
                return {
                    self.key(name): self.tree(item, cue or _cue(name))
                    for name, item in value.items()
                }
            case list():
                return [self.tree(item, cue) for item in value]
            case bool() | None:
                return value
            case _ if cue and str(value).strip():
                if self._redactor.placeholder.fullmatch(str(value)):
                    return value
                self.counts[cue] += 1
                return self._numbering.placeholder(cue, str(value))
            case str() if value.strip():
                return self.tag(value)
            case int() | float() if len(str(value)) >= _LONG_NUMBER:
                redacted = self.label(str(value))
                return value if redacted == str(value) else redacted
        return value

    def _kept(self, redacted: Redacted) -> str:
        self.counts.update(finding.type for finding in redacted.findings)
        if redacted.failed:
            self.counts[FAILURES] += 1
        return redacted.text


def is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value)


def json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _cue(key: str) -> str | None:
    return next((type_ for type_, cue in _KEY_CUES if cue.search(key)), None)

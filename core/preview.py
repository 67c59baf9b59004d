"""How a log would be read, shown before anything of it is loaded.

The same reading and the same redaction as a load, for a few records only. What comes out is safe
to show; the records themselves stay in memory.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from core.load import How, Reading, Shape, Unreadable, native_records, read_native
from core.load.guess import paths_of, recognised_by, vote_rule, vote_words
from core.load.shapes import SELF_NAMED
from core.load.votes import VoteRule
from core.pipeline import record_redactor
from core.records import Feedback, Interaction

EXAMPLES = 3
LONGEST = 400
MOST_KEYS = 12
SCANNED = 2_000


class Example(msgspec.Struct, frozen=True):
    """One record as it would be read, redacted: our field -> text.

    With a problem it would be rejected: then these are its own keys.
    """

    fields: dict[str, str]
    problem: str = ""


class Offer:
    """A log that waits for somebody to say that it is read rightly."""

    def __init__(self, name: str, content: Path | bytes, reading: Reading) -> None:
        self.name = name
        self.content = content
        self.shape = reading.shape
        self.how: How = reading.how
        self.sample = reading.sample

    def changed(self, fields: dict[str, str], votes: VoteRule, zone: str) -> Shape:
        """The shape of this log with fields, votes and zone as somebody chose them."""
        return msgspec.structs.replace(
            self.shape,
            name="own" if self.shape.is_native else self.shape.name,
            recognise=recognised_by(fields, self.sample),
            fields=fields,
            votes=votes,
            zone=zone,
        )

    def fields(self) -> dict[str, str]:
        """Our fields and where they stand now; of a native log, under our own names."""
        if not self.shape.is_native:
            return dict(self.shape.fields)
        keys = {key for record in self.sample for key in record}
        return {ours: theirs for ours, theirs in SELF_NAMED.items() if theirs in keys}

    def paths(self) -> list[str]:
        """The keys and paths of the log that can be mapped, but those that hold personal data."""
        redactor = record_redactor()
        return [path for path in paths_of(self.sample) if not redactor.key(path).findings]

    def examples(self, shape: Shape, count: int = EXAMPLES) -> list[Example]:
        """The first records as this shape reads them: first of all some that hold feedback."""
        read = [(_read(shape, record), record) for record in self.sample[:100]]
        read.sort(
            key=lambda each: 0 if isinstance(each[0], Interaction) and each[0].feedback else 1
        )
        return [
            Example(_as_it_stands(record), each) if isinstance(each, str) else _shown(each)
            for each, record in read[:count]
        ]

    def vote_rule(self, path: str) -> VoteRule:
        """What the values at a path most likely say."""
        return vote_rule(self.sample, path)

    def votes(self, path: str) -> list[tuple[str, str, int]]:
        """Each value at a path: the word, the word as it may be shown, how often it was seen."""
        redactor = record_redactor().redactor
        words = Counter(vote_words(self.sample, path))
        return [(word, redactor.redact(word[:40]).text, n) for word, n in words.most_common(24)]

    def readable(self, shape: Shape) -> tuple[int, int]:
        """How many of the records looked at this shape can read, and how many there were."""
        read = [_read(shape, record) for record in self.sample]
        return sum(not isinstance(each, str) for each in read), len(read)


def _read(shape: Shape, record: dict[str, Any]) -> Interaction | Feedback | str:
    try:
        return read_native(native_records(shape, record)[0])
    except Unreadable as reason:
        return str(reason)


def _as_it_stands(record: dict[str, Any]) -> dict[str, str]:
    records = record_redactor()
    redactor = records.redactor
    fields = {}
    for key, value in list(record.items())[:MOST_KEYS]:
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        fields[records.key(key[:LONGEST]).text] = _short(redactor.redact(text[:SCANNED]).text)
    return fields


def _shown(read: Interaction | Feedback) -> Example:
    redactor = record_redactor()
    fields: dict[str, str] = {}
    votes: Sequence[Feedback] = read.feedback if isinstance(read, Interaction) else [read]
    if isinstance(read, Interaction):
        safe = redactor.interaction(msgspec.structs.replace(read, metadata={}))
        if safe.logged_at:
            fields["time"] = f"{safe.logged_at:%Y-%m-%d %H:%M} UTC"
        fields |= {"question": safe.question, "answer": safe.answer}
        if safe.history:
            fields["history"] = f"{len(safe.history)} earlier turns"
    for _, vote in redactor.identify_votes(read):
        said = redactor.feedback(vote)
        more = {"correction": said.correction, "comment": said.comment}
        fields["vote"] = ", ".join(filter(None, (fields.get("vote"), said.signal)))
        fields |= {
            name: "\n".join(filter(None, (fields.get(name), text)))
            for name, text in more.items()
            if text
        }
    if not votes:
        fields["vote"] = "none"
    if isinstance(read, Interaction) and safe.sources:
        named = [source.title or source.uri or "a text" for source in safe.sources]
        fields["sources"] = "\n".join(named)
    return Example({name: _short(text) for name, text in fields.items()})


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} …"

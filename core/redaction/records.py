"""Which field of a record gets which treatment.

The room's other modules know texts; this one knows interactions and feedback. Texts go through
every detector. Labels (ids, versions) go through the structured ones and are replaced by a keyed
hash when they hold something, so that what belongs together stays together. Users are always
hashed.
"""

import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import Any, TypeGuard

import msgspec

from core.keys import keyed_hash
from core.records import (
    Feedback,
    Interaction,
    Rejected,
    SafeFeedback,
    SafeInteraction,
    Source,
    Turn,
)
from core.redaction import FAILED, VERSION, Numbering, Redacted, Redactor, redact_uri
from core.redaction.finding import PLACEHOLDER

REMEMBERED = 20_000
"""Interactions whose numbering is kept in memory, for votes and edits that come later."""

EXCERPT = 200
_FAILED = FAILED.strip("[]")
_EXCERPT_SCANNED = 4_000

_VERSION_LIKE = re.compile(r"v?\d+([.-]\d+){1,5}([-+.][\w.]+)?")
_PLAIN_TAG = re.compile(r"[a-z0-9_-]+")
_USER_REF = re.compile(r"u-[0-9a-f]{16}")

# A metadata value is often meaningless without its key: {"password": "tulip"} shows nothing that
# a detector of texts could see.
_KEY_CUES = (
    ("SECRET", re.compile(r"(?i)passw|pwd$|secret|token$|api_?-?key|authorization|cookie")),
    ("PERSON", re.compile(r"(?i)^(user|customer|client|full|first|last|sur|given)_?-?names?$")),
    ("ADDRESS", re.compile(r"(?i)(^|_)(street|postal|home|shipping|billing)_?address$|postcode")),
    ("PHONE", re.compile(r"(?i)^(phone|mobile|telephone)(_?number)?$")),
)
_LONG_NUMBER = 7


class RecordRedactor:
    """Turns raw records into safe ones, numbering placeholders alike within an interaction.

    Numberings are kept in memory only, for the last `REMEMBERED` interactions; for older ones the
    caller passes the stored texts, and new values are numbered after those that stand there.
    """

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor
        self._numberings: OrderedDict[str, Numbering] = OrderedDict()
        self._lock = threading.Lock()

    def identify(self, raw: Interaction) -> tuple[str, str]:
        """The id under which an interaction is stored, and its content key.

        Both are known before the costly part, so a line seen before need not be redacted again.
        """
        content_key = keyed_hash("content", raw.question, raw.answer, length=32)
        if raw.id:
            return self.safe_id(raw.id), content_key
        time = raw.logged_at.isoformat() if raw.logged_at else None
        return f"i-{keyed_hash('id', content_key, time, raw.session_id)}", content_key

    def identify_votes(self, raw: Interaction | Feedback) -> list[tuple[str, Feedback]]:
        """The event key of each vote on a line, and the vote as one that could stand alone."""
        if isinstance(raw, Interaction):
            owner = self.identify(raw)[0]
            votes = [
                msgspec.structs.replace(
                    vote,
                    interaction_id=owner,
                    at=vote.at or raw.logged_at,
                    rater=vote.rater or raw.user,
                    sealed=raw.sealed,
                )
                for vote in raw.feedback
            ]
        else:
            owner = self.safe_id(raw.interaction_id or "")
            votes = [msgspec.structs.replace(raw, interaction_id=owner)]
        return [(self._event_key(vote), vote) for vote in votes]

    def interaction(self, raw: Interaction) -> SafeInteraction:
        """Redact an interaction; the votes on its line go through `feedback`."""
        interaction_id, content_key = self.identify(raw)
        page = _Page(self.redactor, self.numbering(interaction_id), models=not raw.sealed)
        page.reserve(_texts(raw))
        return SafeInteraction(
            id=interaction_id,
            content_key=content_key,
            logged_at=raw.logged_at,
            question=page.text(raw.question),
            answer=page.text(raw.answer),
            history=tuple(
                Turn(page.label(turn.role), page.text(turn.content)) for turn in raw.history
            ),
            sources=tuple(page.source(source) for source in raw.sources),
            agent_version=page.label(raw.agent_version) if raw.agent_version else None,
            model=page.label(raw.model) if raw.model else None,
            session_id=self.safe_id(raw.session_id) if raw.session_id else None,
            user_ref=self.user_ref(raw.user, sealed=raw.sealed),
            tags=tuple(page.tag(tag) for tag in raw.tags),
            consent=raw.consent,
            metadata=page.tree(raw.metadata),
            redaction_version=VERSION,
            counts=dict(page.counts),
        )

    def feedback(self, vote: Feedback, stored: Iterable[str] = ()) -> SafeFeedback:
        """Redact a vote as `identify_votes` gives it.

        `stored` are the texts its interaction holds so far.
        """
        page = _Page(
            self.redactor, self.numbering(vote.interaction_id or ""), models=not vote.sealed
        )
        page.reserve([*stored, *_texts(vote)])
        return SafeFeedback(
            interaction_id=vote.interaction_id or "",
            event_key=self._event_key(vote),
            signal=vote.signal,
            at=vote.at,
            correction=page.text(vote.correction) if vote.correction else None,
            comment=page.text(vote.comment) if vote.comment else None,
            tags=tuple(page.tag(tag) for tag in vote.tags),
            rater_ref=self.user_ref(vote.rater, sealed=vote.sealed),
            redaction_version=VERSION,
            counts=dict(page.counts),
        )

    def text(self, interaction_id: str, text: str, stored: Iterable[str] = ()) -> Redacted:
        """Redact a text that someone wrote about a stored interaction: a reviewer's edit or note.

        Raises `RedactionFailed`: a person can try again, a placeholder in the place of an answer
        helps nobody.
        """
        numbering = self.numbering(interaction_id)
        for known in stored:
            numbering.reserve(known)
        numbering.reserve(text)
        redacted = self.redactor.redact(text, numbering)
        if redacted.failed:
            raise RedactionFailed("The text could not be checked for personal data; not saved.")
        return redacted

    def again(
        self, interaction_id: str, rows: dict[str, list[dict[str, Any]]]
    ) -> dict[str, list[dict[str, Any]]]:
        """Redact stored rows of one interaction once more, as a newer version would have.

        `rows` as `store.rewrite.texts` gives them. Raises `RedactionFailed`: what an older version
        has made is better than nothing.
        """
        page = _Page(self.redactor, self.numbering(interaction_id), models=True)
        page.reserve(
            text for table in rows.values() for row in table for text in row.values() if _is(text)
        )
        redacted = {
            table: [
                {column: page.stored(column, value) for column, value in row.items()}
                for row in listed
            ]
            for table, listed in rows.items()
        }
        if page.counts[_FAILED]:
            raise RedactionFailed(f"The texts of {interaction_id} could not be checked again.")
        return redacted

    def excerpt(self, rejected: Rejected) -> str:
        """What of a rejected line may be shown: redacted first, cut afterwards.

        The other way round, a cut through an e-mail address would hide it from the detectors.
        """
        text = rejected.raw[:_EXCERPT_SCANNED]
        # JSON escapes glue to the words beside them (`\\nJane`) and hide signs (`\\u0040`).
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
        text = re.sub(r"\\[nrt]", " ", text).encode("utf-8", "replace").decode()
        redacted = self.redactor.redact(text).text
        return redacted if len(redacted) <= EXCERPT else f"{redacted[:EXCERPT]}…"

    def warm(self, records: Iterable[Interaction | Feedback]) -> None:
        """Look through the texts of many records at once, which is what the models are fast at.

        A failure is left for the text that causes it to meet again alone.
        """
        texts = [text for record in records if not record.sealed for text in _texts(record) if text]
        try:
            self.redactor.find_many(texts)
        except Exception:
            return

    def safe_id(self, raw: str) -> str:
        """The id itself, or a keyed hash of it when it holds personal data or is no id at all."""
        if len(raw) <= 200:
            try:
                if not self.redactor.find(raw, models=False):
                    return raw
            except Exception:
                pass
        return f"id-{keyed_hash('id', raw)}"

    def user_ref(self, raw: str | None, *, sealed: bool = False) -> str | None:
        """The keyed hash that stands for a user; a sealed line carries it already."""
        if raw is None or (sealed and _USER_REF.fullmatch(raw)):
            return raw
        return f"u-{keyed_hash('user', raw)}"

    def numbering(self, interaction_id: str) -> Numbering:
        """The placeholder numbers given so far for this interaction, as far as remembered."""
        with self._lock:
            numbering = self._numberings.setdefault(interaction_id, Numbering())
            self._numberings.move_to_end(interaction_id)
            while len(self._numberings) > REMEMBERED:
                self._numberings.popitem(last=False)
        return numbering

    def _event_key(self, vote: Feedback) -> str:
        return keyed_hash(
            "event",
            vote.interaction_id,
            self.user_ref(vote.rater, sealed=vote.sealed),
            vote.at.isoformat() if vote.at else None,
            vote.signal,
            vote.correction,
            vote.comment,
            *vote.tags,
            length=32,
        )


class RedactionFailed(Exception):
    """A text could not be looked through, so it was not kept."""


class _Page:
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
        # "2.14.0.1" is a version here, whatever it looks like.
        return text if _VERSION_LIKE.fullmatch(text) else self.word(text)

    def tag(self, text: str) -> str:
        # The name models want a sentence: of "boiler" alone they make a person.
        return self.word(text) if _PLAIN_TAG.fullmatch(text) else self.text(text)

    def word(self, text: str) -> str:
        return self._kept(self._redactor.redact(text, self._numbering, models=False))

    def source(self, source: Source) -> Source:
        return Source(
            title=self.text(source.title) if source.title else None,
            uri=self._kept(redact_uri(self._redactor, source.uri, self._numbering))
            if source.uri
            else None,
            text=self.text(source.text) if source.text else None,
        )

    def stored(self, column: str, value: Any) -> Any:
        """One column of a stored row, redacted again."""
        if column == "key" or not _is(value):
            return value
        match column:
            case "history":
                turns = msgspec.json.decode(value, type=list[Turn])
                return _json([Turn(turn.role, self.text(turn.content)) for turn in turns])
            case "sources":
                sources = msgspec.json.decode(value, type=list[Source])
                return _json([self.source(source) for source in sources])
            case "metadata":
                return _json(self.tree(msgspec.json.decode(value)))
        return self.text(value)

    def tree(self, value: Any, key: str = "") -> Any:
        match value:
            case dict():
                return {self.word(name): self.tree(item, name) for name, item in value.items()}
            case list():
                return [self.tree(item, key) for item in value]
            case str() if value.strip():
                for type_, cue in _KEY_CUES:
                    if cue.search(key) and not PLACEHOLDER.fullmatch(value):
                        self.counts[type_] += 1
                        return self._numbering.placeholder(type_, value)
                return self.text(value)
            case int() | float() if not isinstance(value, bool) and len(str(value)) >= _LONG_NUMBER:
                redacted = self.label(str(value))
                return value if redacted == str(value) else redacted
        return value

    def _kept(self, redacted: Redacted) -> str:
        self.counts.update(finding.type for finding in redacted.findings)
        if redacted.failed:
            self.counts[_FAILED] += 1
        return redacted.text


def _texts(record: Interaction | Feedback) -> list[str]:
    if isinstance(record, Feedback):
        return [text for text in (record.correction, record.comment) if text]
    texts = [record.question, record.answer, *(turn.content for turn in record.history)]
    for source in record.sources:
        texts += [text for text in (source.title, source.text) if text]
    for vote in record.feedback:
        texts += _texts(vote)
    return texts


def _is(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

"""Which field of a record gets which treatment.

The room's other modules know texts; this one knows interactions and feedback. Texts go through
every detector. Labels (ids, versions) go through the structured ones and are replaced by a keyed
hash when they hold something, so that what belongs together stays together. Users are always
hashed.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from core.keys import keyed_hash
from core.records import (
    Feedback,
    Interaction,
    Rejected,
    SafeFeedback,
    SafeInteraction,
    Turn,
)
from core.redaction import VERSION, Numbering, Redacted, Redactor
from core.redaction.page import FAILURES, Page, is_text, json_text
from core.settings import RedactionSettings, settings

REMEMBERED = 20_000
"""Interactions whose numbering is kept in memory, for votes and edits that come later."""

EXCERPT = 200
_EXCERPT_SCANNED = 4_000
_EXCERPT_MARGIN = 300

_REF = re.compile(r"[us]-[0-9a-f]{16}")
_ID = re.compile(r"[\w.:-]{1,200}")
_JOINT = re.compile(r"[\W\d_]+")
_ENDING = re.compile(r"(?i)\.(jsonl|ndjson|json|csv|tsv|log|txt)$")  # a second word to the model
_TWO_WORDS = re.compile(r"[^\W\d_]{2,}[-_. ]+[^\W\d_]{2,}")

_NAMED = re.compile(r'("(?:user|rater|session_id)"\s*:\s*)"[^"]*"?')


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

    def interaction(self, raw: Interaction, stored: Iterable[str] = ()) -> SafeInteraction:
        """Redact an interaction; the votes on its line go through `feedback`.

        `stored` are texts that are there before it: of votes that came first.
        """
        interaction_id, content_key = self.identify(raw)
        page = Page(self.redactor, self.numbering(interaction_id), models=not raw.sealed)
        page.counts.update(raw.found)
        page.reserve([*stored, *_texts(raw)])
        return SafeInteraction(
            id=interaction_id,
            content_key=content_key,
            logged_at=raw.logged_at,
            question=page.text(raw.question),
            answer=page.text(raw.answer),
            history=tuple(
                Turn(page.word(turn.role), page.text(turn.content)) for turn in raw.history
            ),
            sources=tuple(page.source(source) for source in raw.sources),
            agent_version=page.label(raw.agent_version) if raw.agent_version else None,
            model=page.label(raw.model) if raw.model else None,
            session_id=self.reference("s", raw.session_id, sealed=raw.sealed),
            user_ref=self.reference("u", raw.user, sealed=raw.sealed),
            tags=tuple(page.tag(tag) for tag in raw.tags),
            consent=raw.consent,
            metadata=page.tree(raw.metadata),
            redaction_version=version(),
            counts=dict(page.counts),
        )

    def feedback(self, vote: Feedback, stored: Iterable[str] = ()) -> SafeFeedback:
        """Redact a vote as `identify_votes` gives it.

        `stored` are the texts its interaction holds so far.
        """
        page = Page(
            self.redactor, self.numbering(vote.interaction_id or ""), models=not vote.sealed
        )
        page.counts.update(vote.found)
        page.reserve([*stored, *_texts(vote)])
        return SafeFeedback(
            interaction_id=vote.interaction_id or "",
            event_key=self._event_key(vote),
            signal=vote.signal,
            at=vote.at,
            correction=page.text(vote.correction) if vote.correction else None,
            comment=page.text(vote.comment) if vote.comment else None,
            tags=tuple(page.tag(tag) for tag in vote.tags),
            rater_ref=self.reference("u", vote.rater, sealed=vote.sealed),
            redaction_version=version(),
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

    def key(self, name: str) -> Redacted:
        """A key of records. The model is not asked about a single word: of "Frage", which is also
        somebody's surname, it would make a person."""
        return self.redactor.redact(name, models=" " in name)

    def looking_for(self, redactor: Redactor) -> "RecordRedactor":
        """One that finds other things, and numbers them as this one does."""
        other = RecordRedactor(redactor)
        other._numberings, other._lock = self._numberings, self._lock
        return other

    def again(
        self, interaction_id: str, rows: dict[str, list[dict[str, Any]]]
    ) -> tuple[dict[str, list[dict[str, Any]]], int]:
        """Redact stored rows of one interaction once more, as a newer version would have.

        `rows` as `store.rewrite.texts` gives them; what is found is added to their counts, and
        how much that is in all returned too. Raises `RedactionFailed`: what an older version has
        made is better than nothing.
        """
        page = Page(self.redactor, self.numbering(interaction_id), models=True)
        page.reserve(
            text
            for table in rows.values()
            for row in table
            for value in row.values()
            for text in (value if isinstance(value, list) else [value])
            if is_text(text)
        )
        redacted = {
            table: [page.stored_row(row) for row in listed] for table, listed in rows.items()
        }
        if page.counts[FAILURES]:
            raise RedactionFailed(f"The texts of {interaction_id} could not be checked again.")
        return redacted, page.counts.total()

    def excerpt(self, rejected: Rejected) -> str:
        """What of a rejected line may be shown: redacted first, cut to size afterwards."""
        if "\0" in rejected.raw or "\ufffd" in rejected.raw:
            return "(not UTF-8 text)"  # what detectors cannot read they cannot redact
        page = Page(self.redactor, Numbering(), models=True)
        try:
            value = msgspec.json.decode(rejected.raw)
            for key in ("user", "rater", "session_id"):
                if isinstance(value, dict) and key in value:
                    value[key] = self.reference("u", str(value[key]))
            text = json_text(page.tree(value))
        except (msgspec.MsgspecError, RecursionError):
            text = page.text(_unescaped(rejected.raw))
        return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"

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
        try:
            clean = _ID.fullmatch(raw) and not self.redactor.find(raw, models=False)
            if clean and not self._holds_name(raw):
                return raw
        except Exception:
            pass  # fail closed: hash it
        return f"id-{keyed_hash('id', raw)}"

    def safe_file_name(self, name: str) -> str:
        """A log's name or path as it may be stored: files are called after people too."""
        redacted = self.redactor.redact(name, models=False)
        stem = _ENDING.sub("", name.replace("\\", "/").rpartition("/")[2])
        try:
            named = self._holds_name(stem)
        except Exception:
            named = True  # fail closed: hash it
        unsafe = named or redacted.failed
        return f"log-{keyed_hash('file', name)}" if unsafe else redacted.text

    def _holds_name(self, text: str) -> bool:
        """Whether words such as `jane.doe` are a person's name to the model."""
        if not _TWO_WORDS.search(text):
            return False
        words = _JOINT.sub(" ", text).title()
        found = self.redactor.find(words)
        return any(f.type == "PERSON" and " " in words[f.start : f.end] for f in found)

    def reference(
        self, kind: Literal["u", "s"], raw: str | None, *, sealed: bool = False
    ) -> str | None:
        """The keyed hash that stands for a user or a session; a sealed line carries it already."""
        if raw is None or (sealed and _REF.fullmatch(raw)):
            return raw
        return f"{kind}-{keyed_hash(kind, raw)}"

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
            self.reference("u", vote.rater, sealed=vote.sealed),
            vote.at.isoformat() if vote.at else None,
            vote.signal,
            vote.correction,
            vote.comment,
            *vote.tags,
            length=32,
        )


def version() -> str:
    """What is stored beside a redacted text: by it, text that other settings made is told apart.

    With the settings as they ship it is the plain version of this package.
    """
    chosen = settings().redaction
    if chosen == RedactionSettings():
        return VERSION
    return f"{VERSION}+{keyed_hash('settings', json_text(chosen), length=8)}"


class RedactionFailed(Exception):
    """A text could not be looked through, so it was not kept."""


def _texts(record: Interaction | Feedback) -> list[str]:
    if isinstance(record, Feedback):
        return [text for text in (record.correction, record.comment) if text]
    texts = [record.question, record.answer, *(turn.content for turn in record.history)]
    for source in record.sources:
        texts += [text for text in (source.title, source.text) if text]
    for vote in record.feedback:
        texts += _texts(vote)
    return texts


def _unescaped(raw: str) -> str:
    """The head of a line that is not JSON, as detectors can read it."""
    text = raw[:_EXCERPT_SCANNED]
    if len(text) > EXCERPT + _EXCERPT_MARGIN:
        # It may end in the middle of an address, which no detector would know then.
        text = text[:-_EXCERPT_MARGIN]
    # JSON escapes glue to the words beside them (`\\nJane`) and hide signs (`\\u0040`).
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    text = re.sub(r"\\[nrt]", " ", text).encode("utf-8", "replace").decode()
    return _NAMED.sub(r"\1[…]", text)

"""The logger an agent imports: writes redacted interactions and feedback as they happen.

    from core.capture import FeedbackLog

    log = FeedbackLog("feedback.jsonl")
    id = log.log_interaction(question="...", answer="...", sources=[{"title": "...", "uri": "..."}])
    log.log_feedback(id, "down", correction="...")

The file is the log that `python -m core load` reads. Text is redacted before it is written, in the
calling thread; each line carries a seal, by which the loader knows that the costly detectors have
seen it already.
"""

import fcntl
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from core.keys import seal
from core.load.native import read_feedback, read_interaction
from core.load.unreadable import Unreadable
from core.pipeline import record_redactor
from core.records import Signal
from core.redaction import VERSION


class FeedbackLog:
    """An append-only log file, safe to share by threads and processes of one machine.

    Two logs may name the same file. Its folder must exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def log_interaction(
        self,
        *,
        question: str,
        answer: str,
        sources: Iterable[str | Mapping[str, str | None]] = (),
        history: Iterable[Mapping[str, str]] = (),
        id: str | None = None,
        agent_version: str | None = None,
        model: str | None = None,
        session_id: str | None = None,
        user: str | None = None,
        tags: Iterable[str] = (),
        consent: bool | None = None,
        metadata: Mapping[str, Any] | None = None,
        logged_at: datetime | None = None,
    ) -> str:
        """Append one interaction and return the id under which it was written.

        The id is a new one unless given, and a keyed hash of the one given when that holds
        personal data. `logged_at` is now unless given; without a zone it is UTC. Raises
        `ValueError` for an empty question or answer or a field of the wrong type, `OSError` when
        the file cannot be written.
        """
        raw = _checked(
            read_interaction,
            lambda: {
                "id": id or str(uuid.uuid4()),
                "logged_at": _iso("logged_at", logged_at or datetime.now(UTC)),
                "question": question,
                "answer": answer,
                "history": [dict(turn) for turn in history],
                "sources": [s if isinstance(s, str) else _plain("sources", s) for s in sources],
                "agent_version": agent_version,
                "model": model,
                "session_id": session_id,
                "user": user,
                "tags": list(tags),
                "consent": consent,
                "metadata": _plain("metadata", metadata or {}),
            },
        )
        safe = record_redactor().interaction(raw)
        self._append(
            {
                "id": safe.id,
                "logged_at": _iso("logged_at", safe.logged_at),
                "question": safe.question,
                "answer": safe.answer,
                "sources": msgspec.to_builtins(safe.sources),
                "history": msgspec.to_builtins(safe.history),
                "agent_version": safe.agent_version,
                "model": safe.model,
                "session_id": safe.session_id,
                "user": safe.user_ref,
                "tags": list(safe.tags),
                "consent": safe.consent,
                "metadata": safe.metadata,
            },
            safe.counts,
        )
        return safe.id

    def log_feedback(
        self,
        interaction_id: str,
        signal: Signal,
        *,
        correction: str | None = None,
        comment: str | None = None,
        tags: Iterable[str] = (),
        user: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """Append what a user said of an answer logged earlier.

        Placeholders are numbered as in the answer while this process remembers it; another process
        starts again, so that the same number may stand for another value there.

        Raises `ValueError` for an unknown signal or an edit without the edited text, `OSError`
        when the file cannot be written.
        """
        redactor = record_redactor()
        raw = _checked(
            lambda given: read_feedback(given, alone=True),
            lambda: {
                "interaction_id": interaction_id,
                "signal": signal,
                "at": _iso("at", at or datetime.now(UTC)),
                "correction": correction,
                "comment": comment,
                "tags": list(tags),
                "user": user,
            },
        )
        ((_, vote),) = redactor.identify_votes(raw)
        safe = redactor.feedback(vote)
        self._append(
            {
                "type": "feedback",
                "interaction_id": safe.interaction_id,
                "at": _iso("at", safe.at),
                "signal": safe.signal,
                "correction": safe.correction,
                "comment": safe.comment,
                "tags": list(safe.tags),
                "user": safe.rater_ref,
            },
            safe.counts,
        )

    def _append(self, record: dict[str, Any], counts: dict[str, int]) -> None:
        kept = {key: value for key, value in record.items() if value or value is False}
        redaction = {"version": VERSION, "counts": counts, "seal": seal(kept, VERSION)}
        line = msgspec.json.encode({**kept, "redaction": redaction}) + b"\n"
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # The lock keeps whole lines apart even where a write comes in pieces; O_APPEND alone
            # does not promise that.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            end = os.fstat(descriptor).st_size
            if end and os.pread(descriptor, 1, end - 1) != b"\n":
                # A writer died in the middle of a line: close it, so that it costs one line only.
                line = b"\n" + line
            written = 0
            while written < len(line):
                written += os.write(descriptor, line[written:])
        finally:
            os.close(descriptor)


def _checked(read: Callable[[dict[str, Any]], Any], value: Callable[[], dict[str, Any]]) -> Any:
    try:
        return read(value())
    except (Unreadable, TypeError) as reason:
        raise ValueError(str(reason)) from None


def _plain(field: str, value: Any) -> Any:
    """The value as its JSON says it: a log line can hold nothing else."""
    try:
        return msgspec.json.decode(msgspec.json.encode(dict(value)))
    except (TypeError, ValueError):
        raise ValueError(f"{field} holds something that JSON cannot") from None


def _iso(field: str, moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        raise ValueError(f"{field} is not a datetime")
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

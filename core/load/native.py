"""Reads the log line that `core.capture` writes, which is also the simplest line to write by hand.

A line is an interaction, or a vote alone (`{"type": "feedback", "interaction_id": ...}`). Unknown
keys of an interaction go to its metadata: nothing a team logged is dropped.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO

import msgspec

from core.keys import is_sealed
from core.load.lines import read_lines
from core.load.mapping import renamed
from core.records import SIGNALS, Feedback, Interaction, Record, Rejected, Source, Turn
from core.redaction import VERSION

SHAPES = ("auto", "native")
"""The shapes of logs that can be named; auto finds out which one it is."""

DEEPEST = 100
ROLES = {"developer": "system", "human": "user", "customer": "user", "ai": "assistant"}
ROLES |= {"bot": "assistant", "agent": "assistant", "model": "assistant", "function": "tool"}
ROLES |= {role: role for role in ("system", "user", "assistant", "tool")}

KNOWN = {*Interaction.__struct_fields__, "type", "redaction"} - {"sealed", "found"}


class Unreadable(Exception):
    """Why a record cannot be read, in words that never quote it."""


def read_records(
    stream: BinaryIO, max_line_bytes: int, mapping: Mapping[str, str] | None = None
) -> Iterator[Record | Rejected]:
    """Yield one `Record` or one `Rejected` for every line of the stream that is not blank.

    `mapping` says under which keys a log of another shape has our fields.
    """
    for line in read_lines(stream, max_line_bytes):
        try:
            if line.too_long:
                raise Unreadable(f"the line is longer than {max_line_bytes:,} bytes")
            yield Record(
                line=line.number,
                offset=line.offset,
                content=read_record(line.content, mapping or {}),
            )
        except Unreadable as reason:
            yield Rejected(
                line=line.number,
                offset=line.offset,
                reason=str(reason),
                raw=line.content.decode("utf-8", "replace"),
            )


def read_record(content: bytes, mapping: Mapping[str, str]) -> Interaction | Feedback:
    """Read one line. Raises `Unreadable`."""
    try:
        value = msgspec.json.decode(content.decode())
    except UnicodeDecodeError as error:
        raise Unreadable(f"not valid UTF-8 at byte {error.start + 1} of the line") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"not valid JSON: {error}") from None
    if _depth(value) > DEEPEST:
        raise Unreadable(f"objects and lists are nested more than {DEEPEST} deep")
    if not isinstance(value, dict):
        raise Unreadable(f"the line is {_kind(value)}, not an object in braces")
    if mapping:
        value = renamed(value, mapping)
    if value.get("type") == "feedback" or ("interaction_id" in value and "question" not in value):
        return read_feedback(value, alone=True)
    return read_interaction(value)


def read_interaction(value: dict[str, Any]) -> Interaction:
    """Read an interaction from its JSON object. Raises `Unreadable`."""
    metadata = _object(value, "metadata")
    metadata |= {key: value[key] for key in value if key not in KNOWN}
    return Interaction(
        id=_label(value, "id"),
        logged_at=_time(value, "logged_at"),
        question=_text(value, "question"),
        answer=_text(value, "answer"),
        history=tuple(_turn(turn) for turn in _list(value, "history")),
        sources=tuple(_source(source) for source in _list(value, "sources")),
        feedback=tuple(_votes(value)),
        agent_version=_label(value, "agent_version"),
        model=_label(value, "model"),
        session_id=_label(value, "session_id"),
        user=_label(value, "user"),
        tags=_labels(value, "tags"),
        consent=_flag(value, "consent"),
        metadata=metadata,
        sealed=(sealed := is_sealed(value, VERSION)),
        found=_found(value) if sealed else {},
    )


def read_feedback(value: dict[str, Any], *, alone: bool) -> Feedback:
    """Read a vote; one that stands alone must name its interaction. Raises `Unreadable`."""
    signal = value.get("signal")
    if signal not in SIGNALS:
        raise Unreadable(f"signal must be one of {', '.join(SIGNALS)}")
    interaction_id = _label(value, "interaction_id")
    if alone and interaction_id is None:
        raise Unreadable("interaction_id is missing: the vote does not say which answer it is for")
    correction = _optional_text(value, "correction")
    if signal == "edit" and not correction:
        raise Unreadable("an edit must carry the edited answer in correction")
    return Feedback(
        signal=signal,
        interaction_id=interaction_id,
        at=_time(value, "at"),
        correction=correction,
        comment=_optional_text(value, "comment"),
        tags=_labels(value, "tags"),
        rater=_label(value, "rater") or _label(value, "user"),
        sealed=(sealed := alone and is_sealed(value, VERSION)),
        found=_found(value) if sealed else {},
    )


def read_time(value: Any) -> datetime | None:
    """Read ISO 8601 (without a zone: UTC) or seconds or milliseconds since 1970; None stays None.

    Raises `ValueError`.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("not a time")
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        return datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("not a time") from error


def _votes(value: dict[str, Any]) -> Iterator[Feedback]:
    given = value.get("feedback")
    for vote in given if isinstance(given, list) else [given]:
        if vote is None or vote == "":
            continue
        if isinstance(vote, str):
            vote = {"signal": vote}
        if not isinstance(vote, dict):
            raise Unreadable(f"feedback is {_kind(vote)}, not a signal or an object")
        yield read_feedback(vote, alone=False)


def _turn(value: Any) -> Turn:
    try:
        turn = msgspec.convert(value, Turn)
    except msgspec.ValidationError:
        raise Unreadable("history must be a list of {role, content}") from None
    role = ROLES.get(turn.role.strip().lower())
    if role is None:
        raise Unreadable("a role in history must be system, user, assistant or tool")
    return Turn(role, turn.content)


def _source(value: Any) -> Source:
    if isinstance(value, str):
        return Source(uri=value) if "://" in value else Source(title=value)
    try:
        return msgspec.convert(value, Source)
    except msgspec.ValidationError:
        raise Unreadable("sources must be a list of texts or of {title, uri, text}") from None


def _text(value: dict[str, Any], key: str) -> str:
    text = _optional_text(value, key)
    if text is None:
        raise Unreadable(f"{key} is {'empty' if key in value else 'missing'}")
    return text


def _optional_text(value: dict[str, Any], key: str) -> str | None:
    text = value.get(key)
    if text is None:
        return None
    if not isinstance(text, str):
        raise Unreadable(f"{key} is {_kind(text)}, not a text")
    return text if text.strip() else None


def _label(value: dict[str, Any], key: str) -> str | None:
    label = value.get(key)
    if isinstance(label, bool) or not isinstance(label, str | int | float | None):
        raise Unreadable(f"{key} is {_kind(label)}, not a text or a number")
    return str(label).strip() or None if label is not None else None


def _labels(value: dict[str, Any], key: str) -> tuple[str, ...]:
    given = value.get(key)
    labels = given.split(",") if isinstance(given, str) else _list(value, key)
    if not all(isinstance(label, str) for label in labels):
        raise Unreadable(f"{key} must be a list of texts")
    return tuple(label.strip() for label in labels if label.strip())


def _list(value: dict[str, Any], key: str) -> list[Any]:
    given = value.get(key)
    if given is None:
        return []
    if not isinstance(given, list):
        raise Unreadable(f"{key} is {_kind(given)}, not a list")
    return given


def _object(value: dict[str, Any], key: str) -> dict[str, Any]:
    given = value.get(key)
    if given is None:
        return {}
    return dict(given) if isinstance(given, dict) else {key: given}


def _flag(value: dict[str, Any], key: str) -> bool | None:
    given = value.get(key)
    if given is not None and not isinstance(given, bool):
        raise Unreadable(f"{key} is {_kind(given)}, not true or false")
    return given


def _time(value: dict[str, Any], key: str) -> datetime | None:
    try:
        return read_time(value.get(key))
    except (ValueError, OverflowError):
        raise Unreadable(f"{key} is not a time such as 2026-11-23T10:00:00Z") from None


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", str: "a text", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")


def _found(value: dict[str, Any]) -> dict[str, int]:
    try:
        return msgspec.convert(value["redaction"].get("counts", {}), dict[str, int])
    except msgspec.ValidationError:
        return {}


def _depth(value: Any) -> int:
    # Without recursion: a line may be nested deeper than Python's stack.
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list) and item]:
        depth += 1
        level = [
            child for item in level for child in (item.values() if isinstance(item, dict) else item)
        ]
        if depth > DEEPEST:
            break
    return depth

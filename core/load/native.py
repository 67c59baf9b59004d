"""Reads the log line that `core.capture` writes, which is also the simplest line to write by hand.

A line is an interaction, or a vote alone (`{"type": "feedback", "interaction_id": ...}`). Unknown
keys of an interaction go to its metadata: nothing a team logged is dropped.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from core.keys import is_sealed
from core.load.sources import read_sources
from core.load.unreadable import Unreadable, kind_of
from core.records import SIGNALS, Feedback, Interaction, Turn
from core.redaction import VERSION

ROLES = {"developer": "system", "human": "user", "customer": "user", "ai": "assistant"}
ROLES |= {"bot": "assistant", "agent": "assistant", "model": "assistant", "function": "tool"}
ROLES |= {role: role for role in ("system", "user", "assistant", "tool")}

INTERACTION_FIELDS = tuple(
    name for name in Interaction.__struct_fields__ if name not in ("sealed", "found")
)
KNOWN = {*INTERACTION_FIELDS, "type", "redaction"}

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=2)
"""How far a clock may be wrong before a time counts as a mistake."""


def read_native(value: dict[str, Any]) -> Interaction | Feedback:
    """Read one line's object. Raises `Unreadable`."""
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
        sources=read_sources(value.get("sources")),
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


def read_time(value: Any, zone: tzinfo = UTC) -> datetime | None:
    """Read a time: ISO 8601 (with a space or a T), RFC 2822, or a number of seconds, milli-, micro-
    or nanoseconds since 1970, as a number or a text. Nothing stays None.

    A time that names no zone is of `zone`. Raises `ValueError`.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("not a time")
    try:
        if isinstance(value, str):
            text = value.strip()
            if not re.fullmatch(r"\d{9,19}(\.\d+)?", text):
                moment = _written(text)
                return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
            value = float(text)
        for limit, unit in ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3)):
            if abs(value) > limit:
                value = value / unit
                break
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, IndexError, TypeError) as error:
        raise ValueError("not a time") from error


def _written(text: str) -> datetime:
    plain = re.sub(r"\s*(UTC|GMT)$", "+00:00", re.sub(r"^(\d{4})/(\d\d?)/", r"\1-\2-", text))
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        return parsedate_to_datetime(text)


def _votes(value: dict[str, Any]) -> Iterator[Feedback]:
    given = value.get("feedback")
    for vote in given if isinstance(given, list) else [given]:
        if vote is None or vote == "":
            continue
        if isinstance(vote, str):
            vote = {"signal": vote}
        if not isinstance(vote, dict):
            raise Unreadable(f"feedback is {kind_of(vote)}, not a signal or an object")
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
        raise Unreadable(f"{key} is {kind_of(text)}, not a text")
    return text if text.strip() else None


def _label(value: dict[str, Any], key: str) -> str | None:
    label = value.get(key)
    if isinstance(label, bool) or not isinstance(label, str | int | float | None):
        raise Unreadable(f"{key} is {kind_of(label)}, not a text or a number")
    return str(label).strip() or None if label is not None else None


def _labels(value: dict[str, Any], key: str) -> tuple[str, ...]:
    given = value.get(key)
    split = isinstance(given, str) and given[:1] != "["
    labels = str(given).split(",") if split else _list(value, key)
    if not all(isinstance(label, str) for label in labels):
        raise Unreadable(f"{key} must be a list of texts")
    return tuple(label.strip() for label in labels if label.strip())


def _list(value: dict[str, Any], key: str) -> list[Any]:
    given = value.get(key)
    if isinstance(given, str) and given[:1] == "[":  # in the cell of a CSV
        with suppress(msgspec.DecodeError, RecursionError):
            given = msgspec.json.decode(given)
    if given is None or given == "":
        return []
    if not isinstance(given, list):
        raise Unreadable(f"{key} is {kind_of(given)}, not a list")
    return given


def _object(value: dict[str, Any], key: str) -> dict[str, Any]:
    given = value.get(key)
    if given is None:
        return {}
    return dict(given) if isinstance(given, dict) else {key: given}


def _flag(value: dict[str, Any], key: str) -> bool | None:
    given = value.get(key)
    if isinstance(given, str):
        given = {"": None, "true": True, "false": False}.get(given.lower(), given)
    if given is not None and not isinstance(given, bool):
        raise Unreadable(f"{key} is {kind_of(given)}, not true or false")
    return given


def _time(value: dict[str, Any], key: str) -> datetime | None:
    try:
        moment = read_time(value.get(key))
    except ValueError:
        raise Unreadable(f"{key} is not a time such as 2026-11-23T10:00:00Z") from None
    if moment and moment > datetime.now(UTC) + AHEAD:
        raise Unreadable(f"{key} lies in the future ({moment:%Y-%m-%d}): a wrong clock or unit?")
    if moment and moment < EARLIEST:
        raise Unreadable(f"{key} lies before {EARLIEST.year} ({moment.year}): a wrong unit?")
    return moment


def _found(value: dict[str, Any]) -> dict[str, int]:
    try:
        return msgspec.convert(value["redaction"].get("counts", {}), dict[str, int])
    except msgspec.ValidationError:
        return {}

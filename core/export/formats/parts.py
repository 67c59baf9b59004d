"""The parts that several formats are put together from."""

from collections.abc import Iterator
from typing import Any

from core.curate import Case

FIXED = frozenset(
    {"id", "kind", "agent_version", "model", "logged_at", "signal", "redaction_version"}
)
"""The keys of `facts` whose values are ids, times and fixed words."""


def history(case: Case) -> list[dict[str, str]]:
    """The turns before the question, without those that say nothing."""
    return [
        {"role": turn.role, "content": turn.content}
        for turn in case.history
        if turn.content.strip()
    ]


def prompt(case: Case) -> list[dict[str, str]]:
    """The conversation up to and with the question."""
    return [*history(case), {"role": "user", "content": case.question}]


def answer(text: str | None) -> list[dict[str, str | None]]:
    """An answer as a conversation goes on with it."""
    return [{"role": "assistant", "content": text}]


def inputs(case: Case) -> dict[str, Any]:
    """What an agent is asked."""
    return {"question": case.question, "history": history(case)}


def log_facts(case: Case) -> dict[str, Any]:
    """What is known of where a case comes from."""
    return {
        "agent_version": case.agent_version,
        "model": case.model,
        "logged_at": f"{case.logged_at.isoformat()}Z" if case.logged_at else None,
        "signal": case.signal,
        "implicit": case.implicit,
        "revision": case.revision,
        "tags": list(case.tags),
        "redaction_version": case.redaction_version,
    }


def facts(case: Case) -> dict[str, Any]:
    """Everything beside question and answer, for formats with one object for such things."""
    return {
        "id": case.id,
        "kind": case.kind,
        "rejected_answer": case.rejected_answer,
        "sources": sources(case),
        "seen_in_training": case.seen_in_training,
        **log_facts(case),
    }


def sources(case: Case) -> list[dict[str, str | None]]:
    """The documents that the agent leaned on."""
    return [
        {"title": source.title, "uri": source.uri, "text": source.text} for source in case.sources
    ]


def texts(value: Any) -> Iterator[str]:
    """Every text in a row, wherever it stands; its keys are ours."""
    match value:
        case dict():
            for item in value.values():
                yield from texts(item)
        case list():
            for item in value:
                yield from texts(item)
        case str():
            yield value

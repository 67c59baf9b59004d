"""Evaluation cases as plain JSONL, from which a line of code feeds any evaluation harness."""

from typing import Any

import msgspec

from core.curate import Case
from core.export.formats.base import Format


def _row(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "kind": case.kind,
        "question": case.question,
        "expected": case.expected,
        "rejected_answer": case.rejected_answer,
        "sources": [
            {"title": source.title, "uri": source.uri, "text": source.text}
            for source in case.sources
        ],
        "seen_in_training": case.seen_in_training,
        "metadata": {
            "agent_version": case.agent_version,
            "model": case.model,
            "logged_at": f"{case.logged_at.isoformat()}Z" if case.logged_at else None,
            "signal": case.signal,
            "implicit": case.implicit,
            "revision": case.revision,
            "tags": list(case.tags),
            "history": msgspec.to_builtins(case.history),
            "redaction_version": case.redaction_version,
        },
    }


FORMAT = Format(
    name="eval",
    title="Eval cases (JSONL)",
    purpose="eval",
    about="One test case a line. Golden cases worked and must keep working; regression cases "
    "failed once, and carry the answer that was wrong.",
    use="python -c \"import json; print(sum(1 for line in open('eval.jsonl')), 'cases')\"",
    file="eval.jsonl",
    row=_row,
    exempt=frozenset(
        {"id", "kind", "agent_version", "model", "logged_at", "signal", "redaction_version"}
    ),
)

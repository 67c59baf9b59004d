"""Evaluation cases as plain JSONL, from which a line of code feeds any evaluation harness."""

import msgspec

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format, Row


def rows(case: Case) -> list[Row]:
    """The case as one object."""
    known = parts.log_facts(case)
    version = known.pop("redaction_version")
    history = msgspec.to_builtins(case.history)
    return [
        {
            "id": case.id,
            "kind": case.kind,
            "question": case.question,
            "expected": case.expected,
            "rejected_answer": case.rejected_answer,
            "sources": parts.sources(case),
            "seen_in_training": case.seen_in_training,
            "metadata": {**known, "history": history, "redaction_version": version},
        }
    ]


FORMAT = Format(
    name="eval",
    title="Eval cases (JSONL)",
    purpose="eval",
    about="One test case a line. Golden cases worked and must keep working; regression cases "
    "failed once, and carry the answer that was wrong.",
    use="python -c \"import json; print(sum(1 for line in open('eval.jsonl')), 'cases')\"",
    file="eval.jsonl",
    rows=rows,
    exempt=parts.FIXED,
)

"""Pairs of answers as OpenAI-compatible services take them for preference fine-tuning.

One line: `{"input": {"messages": [...]}, "preferred_output": [message],
"non_preferred_output": [message]}`.
Source: https://developers.openai.com/api/docs/guides/direct-preference-optimization; Together
(https://docs.together.ai/docs/fine-tuning/preference-tuning) and Fireworks
(https://docs.fireworks.ai/fine-tuning/dpo-fine-tuning) take the same.
"""

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format, Row


def _rows(case: Case) -> list[Row]:
    return [
        {
            "input": {"messages": parts.prompt(case)},
            "preferred_output": parts.answer(case.expected),
            "non_preferred_output": parts.answer(case.rejected_answer),
        }
    ]


FORMAT = Format(
    name="preference",
    title="Preference pairs (OpenAI-compatible)",
    purpose="preference",
    about="One pair a line for services with OpenAI's format of preference fine-tuning: the fix "
    "that a reviewer approved, and the answer that was wrong. Only corrected answers have both; "
    "liked ones stay out.",
    use="python -c \"import json; print(sum(1 for line in open('preference.jsonl')), 'pairs')\"",
    file="preference.jsonl",
    rows=_rows,
    kinds=("regression",),
    exempt=frozenset({"role"}),
    least_rows=10,
)

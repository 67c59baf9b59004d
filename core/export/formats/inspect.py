"""Samples for Inspect AI.

One line: `{"id", "input", "target", "metadata"}`; the input is a text, or with turns before it a
list of messages. Source: `Sample` and `json_dataset` (https://inspect.aisi.org.uk/datasets.html).
"""

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format, Row


def _rows(case: Case) -> list[Row]:
    conversation = parts.prompt(case)
    return [
        {
            "id": case.id,
            "input": conversation if len(conversation) > 1 else case.question,
            "target": case.expected,
            "metadata": parts.facts(case),
        }
    ]


FORMAT = Format(
    name="inspect",
    title="Samples for Inspect AI",
    purpose="eval",
    about="One sample a line, for a task with a scorer such as model_graded_qa(): golden cases "
    "with the liked answer as target, regression cases with the approved one.",
    use='python -c "from inspect_ai.dataset import json_dataset; '
    "print(len(json_dataset('inspect.jsonl')))\"",
    file="inspect.jsonl",
    rows=_rows,
    exempt=parts.FIXED | {"role"},
)

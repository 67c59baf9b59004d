"""Examples for LangSmith.

One line: `{"inputs", "outputs", "metadata"}`, an element of `Client.create_examples(examples=...)`.
It has no id of its own, which would have to be a UUID; ours is in the metadata. The client's
version 0.15 calls `outputs` also `reference_outputs` and takes either.
Source: https://docs.langchain.com/langsmith/manage-datasets-programmatically.
"""

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format, Row


def _rows(case: Case) -> list[Row]:
    return [
        {
            "inputs": parts.inputs(case),
            "outputs": {"answer": case.expected},
            "metadata": parts.facts(case),
        }
    ]


FORMAT = Format(
    name="langsmith",
    title="Examples for LangSmith",
    purpose="eval",
    about="One example a line: golden cases expect the liked answer, regression cases the approved "
    "one. The command makes a dataset called flywheel and needs LangSmith's key in the "
    "environment.",
    use='python -c "import json, langsmith; client = langsmith.Client(); '
    "client.create_examples(dataset_id=client.create_dataset('flywheel').id, "
    "examples=[json.loads(line) for line in open('langsmith.jsonl', encoding='utf-8')])\"",
    file="langsmith.jsonl",
    rows=_rows,
    exempt=parts.FIXED | {"role"},
)

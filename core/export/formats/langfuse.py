"""Dataset items for Langfuse.

One line: `{"id", "input", "expectedOutput", "metadata"}`, a body of `POST
/api/public/dataset-items` without its `datasetName`. Langfuse replaces an item of the same id, so
that a second upload adds nothing; an id can be in one dataset of a project only.
Source: https://js.reference.langfuse.com/interfaces/_langfuse_core.CreateDatasetItemRequest.html.
"""

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format, Row


def _rows(case: Case) -> list[Row]:
    return [
        {
            "id": case.id,
            "input": parts.inputs(case),
            "expectedOutput": case.expected,
            "metadata": parts.facts(case),
        }
    ]


FORMAT = Format(
    name="langfuse",
    title="Dataset items for Langfuse",
    purpose="eval",
    about="One dataset item a line: golden cases expect the liked answer, regression cases the "
    "approved one. The command needs a dataset called flywheel and Langfuse's keys in the "
    "environment; a second upload replaces, as the ids are the same.",
    use='python -c "import json, langfuse; client = langfuse.get_client(); '
    "[client.create_dataset_item(dataset_name='flywheel', id=item['id'], input=item['input'], "
    "expected_output=item['expectedOutput'], metadata=item['metadata']) "
    "for item in map(json.loads, open('langfuse.jsonl', encoding='utf-8'))]\"",
    file="langfuse.jsonl",
    rows=_rows,
    exempt=parts.FIXED | {"role"},
)

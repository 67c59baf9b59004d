"""Goldens for DeepEval.

One line with the fields of `Golden`, in snake case: other keys are ignored. `actual_output` is
null, as the agent under test has to give it; the answer that was wrong stands in
`additional_metadata`. Source: `EvaluationDataset.add_goldens_from_jsonl_file`
(https://deepeval.com/docs/evaluation-datasets).
"""

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format, Row


def _rows(case: Case) -> list[Row]:
    return [
        {
            "name": case.id,
            "input": case.question,
            "actual_output": None,
            "expected_output": case.expected,
            "context": [source.text for source in case.sources if source.text] or None,
            "retrieval_context": None,
            "tools_called": None,
            "expected_tools": None,
            "comments": None,
            "source_file": None,
            "additional_metadata": {**parts.facts(case), "history": parts.history(case)},
        }
    ]


FORMAT = Format(
    name="deepeval",
    title="Goldens for DeepEval",
    purpose="eval",
    about="One golden a line: golden cases expect the liked answer, regression cases the approved "
    "one. Let your agent fill in actual_output. The turns before a question stand in "
    "additional_metadata.",
    use='python -c "from deepeval.dataset import EvaluationDataset; '
    "data = EvaluationDataset(); data.add_goldens_from_jsonl_file('deepeval.jsonl'); "
    'print(len(data.goldens))"',
    file="deepeval.jsonl",
    rows=_rows,
    exempt=parts.FIXED | {"name", "role"},
)

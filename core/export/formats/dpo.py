"""Pairs of answers for TRL's DPOTrainer.

One line: `{"prompt": [messages], "chosen": [message], "rejected": [message]}`.
Source: "Preference", conversational with explicit prompt, in TRL's dataset formats
(https://huggingface.co/docs/trl/dataset_formats). The chat templates of several models that TRL
applies (Mistral, Gemma) raise when user and assistant do not take turns.
"""

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format, Row


def _rows(case: Case) -> list[Row]:
    return [
        {
            "prompt": parts.prompt(case),
            "chosen": parts.answer(case.expected),
            "rejected": parts.answer(case.rejected_answer),
        }
    ]


FORMAT = Format(
    name="dpo",
    title="Pairs of answers for DPO (TRL)",
    purpose="preference",
    about="One pair a line: the fix that a reviewer approved, chosen over the answer that was "
    "wrong. Only corrected answers have both; liked ones stay out.",
    use='python -c "from datasets import load_dataset; '
    "print(load_dataset('json', data_files='dpo.jsonl'))\"",
    file="dpo.jsonl",
    rows=_rows,
    kinds=("regression",),
    exempt=frozenset({"role"}),
    alternates=True,
    least_rows=10,
)

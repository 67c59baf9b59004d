"""Single judged answers for TRL's KTOTrainer: a conversation, an answer, and whether it was good.

One line: `{"prompt": [messages], "completion": [message], "label": true}`.
Source: "Unpaired preference", conversational, in TRL's dataset formats
(https://huggingface.co/docs/trl/dataset_formats). The chat templates of several models that TRL
applies (Mistral, Gemma) raise when user and assistant do not take turns.
"""

from collections.abc import Mapping

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format, Row


def _rows(case: Case) -> list[Row]:
    judged = ((case.rejected_answer, False), (case.expected, True))
    return [
        {"prompt": parts.prompt(case), "completion": parts.answer(text), "label": label}
        for text, label in judged
        if text is not None
    ]


def _one_sided(counts: Mapping[str, int]) -> str | None:
    kinds = {kind for kind, rows in counts.items() if rows}
    side = {"golden": "good", "disliked": "bad"}.get(kinds.pop() if len(kinds) == 1 else "")
    if side is None:
        return None
    return f"Every answer in it is a {side} one: KTO learns from what tells good from bad."


FORMAT = Format(
    name="kto",
    title="Judged answers for KTO (TRL)",
    purpose="preference",
    about="One judged answer a line: a liked answer is true, an answer that was corrected is false "
    "and its fix true, and a disliked answer that nobody has fixed yet is false. The only format "
    "that learns from a thumbs down alone.",
    use='python -c "from datasets import load_dataset; '
    "print(load_dataset('json', data_files='kto.jsonl'))\"",
    file="kto.jsonl",
    rows=_rows,
    kinds=("golden", "regression", "disliked"),
    exempt=frozenset({"role"}),
    alternates=True,
    least_rows=10,
    warning=_one_sided,
)

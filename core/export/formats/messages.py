"""Chat fine-tuning examples: one `{"messages": [...]}` a line and no other key.

The shape that OpenAI-compatible services, TRL, Axolotl, Unsloth and LLaMA-Factory all take; some
of them refuse a line with anything beside it, so ids live in the manifest, in the same order.
Source: the chat format of the OpenAI fine-tuning guide.
"""

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format, Row


def _rows(case: Case) -> list[Row]:
    return [{"messages": [*parts.prompt(case), *parts.answer(case.expected)]}]


FORMAT = Format(
    name="messages",
    title="Fine-tuning chat (messages JSONL)",
    purpose="training",
    about="One conversation a line that ends in the good answer: the one a user liked, or the "
    "one a reviewer approved.",
    use='python -c "from datasets import load_dataset; '
    "print(load_dataset('json', data_files='messages.jsonl'))\"",
    file="messages.jsonl",
    rows=_rows,
    exempt=frozenset({"role"}),
    least_rows=10,
)

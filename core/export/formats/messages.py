"""Chat fine-tuning examples: one `{"messages": [...]}` a line and no other key.

The shape that OpenAI-compatible services, TRL, Axolotl, Unsloth and LLaMA-Factory all take; some
of them refuse a line with anything beside it, so ids live in the manifest, in the same order.
Source: the chat format of the OpenAI fine-tuning guide.
"""

from typing import Any

from core.curate import Case
from core.export.formats.base import Format


def _row(case: Case) -> dict[str, Any]:
    return {
        "messages": [
            *(
                {"role": turn.role, "content": turn.content}
                for turn in case.history
                if turn.content.strip()
            ),
            {"role": "user", "content": case.question},
            {"role": "assistant", "content": case.expected},
        ]
    }


FORMAT = Format(
    name="messages",
    title="Fine-tuning chat (messages JSONL)",
    purpose="training",
    about="One conversation a line that ends in the good answer: the one a user liked, or the "
    "one a reviewer approved.",
    use='python -c "from datasets import load_dataset; '
    "print(load_dataset('json', data_files='messages.jsonl'))\"",
    file="messages.jsonl",
    row=_row,
    exempt=frozenset({"role"}),
)

"""A dataset folder for Hugging Face's `datasets` and Hub.

`data/train.jsonl` with `{"id", "kind", "messages"}` a line, the same rows as `data/train.parquet`,
and a card whose YAML header says which file is which split.
Source: https://huggingface.co/docs/hub/datasets-manual-configuration.
"""

import pyarrow as pa

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format, Parquet, Row

_MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
_SCHEMA = pa.schema([("id", pa.string()), ("kind", pa.string()), ("messages", pa.list_(_MESSAGE))])


def _rows(case: Case) -> list[Row]:
    conversation = [*parts.prompt(case), *parts.answer(case.expected)]
    return [{"id": case.id, "kind": case.kind, "messages": conversation}]


FORMAT = Format(
    name="hf",
    title="Dataset folder for Hugging Face",
    purpose="training",
    about="A folder for `datasets` or the Hub, one conversation a row that ends in the good "
    "answer: the one a user liked, or the one a reviewer approved. `data/train.jsonl` is what "
    "counts; `data/train.parquet` has the same rows for tools that want it, and its bytes may "
    "differ from one version of the library that writes it to the next.",
    use='python -c "from datasets import load_dataset; '
    "print(load_dataset('json', data_files='data/train.jsonl'))\"",
    file="data/train.jsonl",
    rows=_rows,
    parquet=Parquet("data/train.parquet", _SCHEMA),
    header="""---
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train.jsonl
task_categories:
- text-generation
---

""",
    exempt=frozenset({"id", "kind", "role"}),
    least_rows=10,
)

"""Inspect AI runs the samples against a model that is right, and one that is wrong.

python check_inspect.py FOLDER

The model answers only to what is, letter by letter, in the file.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.dataset import json_dataset
from inspect_ai.model import ChatMessage, ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import Score, Target, accuracy, exact, scorer
from inspect_ai.solver import TaskState, generate

Messages = tuple[tuple[str, str], ...]


@scorer(metrics=[accuracy()])
def literal():
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=state.output.completion == target.text)

    return score


def asked(row: dict[str, Any]) -> Messages:
    given = row["input"]
    turns = [{"role": "user", "content": given}] if isinstance(given, str) else given
    return tuple((turn["role"], turn["content"]) for turn in turns)


def score(path: Path, rows: list[dict[str, Any]], logs: str, *, right: bool) -> list[float]:
    answers = {asked(row): row["target"] if right else "I do not know." for row in rows}
    assert len(answers) == len(rows)

    def answer(messages: list[ChatMessage], *_: Any) -> ModelOutput:
        said = answers[tuple((message.role, message.content) for message in messages)]
        output = ModelOutput.from_content("mockllm/model", said)
        output.usage = ModelUsage()  # else tokens are counted, for which a file is fetched
        return output

    (log,) = eval(
        Task(dataset=json_dataset(str(path)), solver=generate(), scorer=[literal(), exact()]),
        model=get_model("mockllm/model", custom_outputs=answer, memoize=False),
        log_dir=logs,
        display="none",
    )
    assert log.status == "success", log.error and log.error.message
    assert log.results is not None and log.samples is not None
    assert len(log.samples) == len(rows)
    return [float(next(iter(each.metrics.values())).value) for each in log.results.scores]


def main(folder: Path, logs: str) -> None:
    path = folder / "inspect" / "inspect.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    for sample, row in zip(json_dataset(str(path)), rows, strict=True):
        assert (sample.id, sample.target) == (row["id"], row["target"])
        assert sample.metadata == row["metadata"]
    right, wrong = (score(path, rows, logs, right=each) for each in (True, False))
    print("inspect", len(rows), "samples; right", right, "wrong", wrong)
    # What has no letters at all is never right by `exact`, which looks at nothing else.
    assert right[0] == 1.0 and right[1] > 0.9 and wrong == [0.0, 0.0]


if __name__ == "__main__":
    with TemporaryDirectory() as logs:
        main(Path(sys.argv[1]), logs)

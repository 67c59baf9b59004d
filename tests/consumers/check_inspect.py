"""Inspect AI runs the samples against a model that is right, and one that is wrong.

python check_inspect.py FOLDER
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from inspect_ai import Task, eval
from inspect_ai.dataset import json_dataset
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import exact
from inspect_ai.solver import generate

FEW = 20


def score(path: Path, logs: str, *, right: bool) -> float:
    dataset = json_dataset(str(path))[:FEW]
    said = [str(sample.target) if right else "I do not know." for sample in dataset]
    outputs = [ModelOutput.from_content("mockllm/model", text) for text in said]
    for output in outputs:
        output.usage = ModelUsage()  # else tokens are counted, for which a file is fetched
    (log,) = eval(
        Task(dataset=dataset, solver=generate(), scorer=exact()),
        model=get_model("mockllm/model", custom_outputs=outputs, memoize=False),
        log_dir=logs,
        display="none",
        max_samples=1,  # in the order of the samples, as the answers are
    )
    assert log.status == "success", log.error and log.error.message
    assert log.results is not None and log.samples is not None
    assert len(log.samples) == min(FEW, len(dataset))
    return float(log.results.scores[0].metrics["mean"].value)


def main(folder: Path, logs: str) -> None:
    path = folder / "inspect" / "inspect.jsonl"
    samples = list(json_dataset(str(path)))
    assert all(sample.id and sample.target and sample.metadata for sample in samples)
    right, wrong = score(path, logs, right=True), score(path, logs, right=False)
    assert (right, wrong) == (1.0, 0.0), (right, wrong)
    print("inspect", len(samples), "samples; right", right, "wrong", wrong)


if __name__ == "__main__":
    with TemporaryDirectory() as logs:
        main(Path(sys.argv[1]), logs)

"""DeepEval reads the goldens, and a metric in its interface tells right answers from wrong ones.

python check_deepeval.py FOLDER
"""

import json
import sys
from pathlib import Path

from deepeval.dataset import EvaluationDataset
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase


class SameText(BaseMetric):
    """A metric that needs no model to judge."""

    def __init__(self) -> None:
        self.threshold = 1.0

    def measure(self, test_case: LLMTestCase) -> float:
        self.score = float(test_case.actual_output == test_case.expected_output)
        self.success = self.score >= self.threshold
        return self.score

    def is_successful(self) -> bool:
        return bool(self.success)


def main(folder: Path) -> None:
    path = folder / "deepeval" / "deepeval.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    dataset = EvaluationDataset()
    dataset.add_goldens_from_jsonl_file(str(path))
    for golden, row in zip(dataset.goldens, rows, strict=True):
        assert {key: getattr(golden, key) for key in row} == row
    for golden in dataset.goldens:
        for answer, wanted in ((golden.expected_output, 1), ("I do not know.", 0)):
            metric = SameText()
            case = LLMTestCase(
                input=golden.input, actual_output=answer, expected_output=golden.expected_output
            )
            assert metric.measure(case) == wanted and metric.is_successful() == bool(wanted)
    print("deepeval", len(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""LangSmith's client sends each example as it is, by the command on the card.

python check_langsmith.py FOLDER
"""

import json
import sys
from pathlib import Path
from typing import Any

from listener import listening, run_its_command

DATASET = "00000000-0000-4000-8000-000000000001"


def main(folder: Path) -> None:
    lines = (folder / "langsmith.jsonl").read_text("utf-8").split("\n")
    rows = list(map(json.loads, filter(None, lines)))
    sent: list[dict[str, Any]] = []

    def answer(path: str, body: Any) -> Any:
        if path == "/datasets":
            return {**body, "id": DATASET, "created_at": "2026-11-23T12:00:00Z"}
        if path == "/examples/bulk":
            sent.extend(body)
        return {}

    with listening(answer) as address:
        run_its_command(folder, LANGSMITH_ENDPOINT=address, LANGSMITH_API_KEY="key")
    assert [{key: example[key] for key in rows[0]} for example in sent] == rows
    assert {example["dataset_id"] for example in sent} == {DATASET}
    print("langsmith", len(sent))


if __name__ == "__main__":
    main(Path(sys.argv[1]) / "langsmith")

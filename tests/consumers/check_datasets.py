"""Hugging Face `datasets` reads the JSONL files and the dataset folder, each row as it was written.

python check_datasets.py FOLDER        # FOLDER holds an export of each format
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from datasets import load_dataset

FILES = {
    "messages": "messages.jsonl",
    "kto": "kto.jsonl",
    "dpo": "dpo.jsonl",
    "preference": "preference.jsonl",
    "hf": "data/train.jsonl",
}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def main(folder: Path, cache: str) -> None:
    for name, file in FILES.items():
        path = folder / name / file
        given = load_dataset("json", data_files=str(path), split="train", cache_dir=cache)
        assert given.to_list() == lines(path) != [], name
        print(name, len(given))
    splits = load_dataset(str(folder / "hf"), cache_dir=cache)
    assert list(splits) == ["train"]
    parquet = folder / "hf" / "data" / "train.parquet"
    same = load_dataset("parquet", data_files=str(parquet), split="train", cache_dir=cache)
    assert splits["train"].to_list() == same.to_list() == lines(folder / "hf" / FILES["hf"])
    assert splits["train"][0]["messages"][-1]["role"] == "assistant"


if __name__ == "__main__":
    with TemporaryDirectory() as cache:
        main(Path(sys.argv[1]), cache)

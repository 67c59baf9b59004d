"""Hugging Face `datasets` reads the JSONL files and the dataset folder, each row as it was written.

python check_datasets.py FOLDER        # FOLDER holds an export of each format
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from datasets import load_dataset

FILES = {
    "messages": "messages.jsonl",
    "kto": "kto.jsonl",
    "dpo": "dpo.jsonl",
    "preference": "preference.jsonl",
    "langfuse": "langfuse.jsonl",
}


def main(folder: Path, cache: str) -> None:
    for name, file in FILES.items():
        path = folder / name / file
        wanted = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
        given = load_dataset("json", data_files=str(path), split="train", cache_dir=cache)
        for key in wanted[0] if name in ("messages", "kto", "dpo") else ():
            assert [row[key] for row in given] == [row[key] for row in wanted], (name, key)
        assert len(given) == len(wanted) > 0
        print(name, len(given))
    splits = load_dataset(str(folder / "hf"), cache_dir=cache)
    assert list(splits) == ["train"]
    parquet = folder / "hf" / "data" / "train.parquet"
    same = load_dataset("parquet", data_files=str(parquet), split="train", cache_dir=cache)
    assert splits["train"].to_list() == same.to_list() != []
    assert splits["train"][0]["messages"][-1]["role"] == "assistant"
    print("hf", len(same))


if __name__ == "__main__":
    with TemporaryDirectory() as cache:
        main(Path(sys.argv[1]), cache)

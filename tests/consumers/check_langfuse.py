"""Langfuse's client sends each item as it is, by the command on the card.

python check_langfuse.py FOLDER
"""

import json
import sys
from pathlib import Path
from typing import Any

from listener import listening, run_its_command

STORED = {
    "status": "ACTIVE",
    "datasetId": "flywheel",
    "createdAt": "2026-11-23T12:00:00Z",
    "updatedAt": "2026-11-23T12:00:00Z",
    "mediaReferences": [],
}


def main(folder: Path) -> None:
    lines = (folder / "langfuse.jsonl").read_text("utf-8").split("\n")
    rows = list(map(json.loads, filter(None, lines)))
    sent: list[dict[str, Any]] = []

    def answer(path: str, item: dict[str, Any]) -> dict[str, Any]:
        assert path == "/api/public/dataset-items"
        sent.append(item)
        return {**item, **STORED}

    with listening(answer) as address:
        keys = {"LANGFUSE_PUBLIC_KEY": "public", "LANGFUSE_SECRET_KEY": "secret"}
        run_its_command(folder, LANGFUSE_BASE_URL=address, LANGFUSE_TRACING_ENABLED="false", **keys)
    assert [{key: item[key] for key in rows[0]} for item in sent] == rows
    assert {item["datasetName"] for item in sent} == {"flywheel"}
    print("langfuse", len(sent))


if __name__ == "__main__":
    main(Path(sys.argv[1]) / "langfuse")

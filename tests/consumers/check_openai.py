"""The message types of the `openai` package accept every message of every chat file as it is.

python check_openai.py FOLDER
"""

import json
import sys
from pathlib import Path

from openai.types.chat import ChatCompletionMessageParam
from pydantic import TypeAdapter

CONVERSATION = TypeAdapter(list[ChatCompletionMessageParam])
# The keys under which a line of each format has messages.
FILES = {
    "messages": ("messages.jsonl", [("messages",)]),
    "kto": ("kto.jsonl", [("prompt", "completion")]),
    "dpo": ("dpo.jsonl", [("prompt", "chosen"), ("prompt", "rejected")]),
}


def main(folder: Path) -> None:
    for name, (file, ways) in FILES.items():
        lines = (folder / name / file).read_text("utf-8").split("\n")
        for row in map(json.loads, filter(None, lines)):
            for way in ways:
                conversation = [message for key in way for message in row[key]]
                assert CONVERSATION.validate_python(conversation) == conversation
                assert conversation[-1]["role"] == "assistant"
        print(name, len(lines) - 1)
    lines = (folder / "preference" / "preference.jsonl").read_text("utf-8").split("\n")
    for row in map(json.loads, filter(None, lines)):
        for side in ("preferred_output", "non_preferred_output"):
            conversation = [*row["input"]["messages"], *row[side]]
            assert CONVERSATION.validate_python(conversation) == conversation
            assert [message["role"] for message in row[side]] == ["assistant"]
        assert row["preferred_output"] != row["non_preferred_output"]
    print("preference", len(lines) - 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
